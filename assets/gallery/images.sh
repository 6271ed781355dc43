#!/bin/sh
# Images in the terminal: one by the kitty graphics protocol, one as sixels, with text over and under them. The
# argument is a PNG.
picture=$1
esc=$(printf '\033')
kitty() { # the columns, the rows, more keys
    first=1
    base64 -w 0 "$picture" | fold -w 4096 | {
        held=
        while IFS= read -r piece || [ -n "$piece" ]; do
            if [ -n "$held" ]; then
                send 1 "$held" "$@"
                first=0
            fi
            held=$piece
        done
        send 0 "$held" "$@"
    }
}
send() { # whether more follows, the piece, the columns, the rows, more keys
    if [ "$first" = 1 ]; then
        printf '%s_Ga=T,f=100,q=2,C=1,c=%s,r=%s%s,m=%s;%s%s\\' "$esc" "$3" "$4" "$5" "$1" "$2" "$esc"
    else
        printf '%s_Gm=%s;%s%s\\' "$esc" "$1" "$2" "$esc"
    fi
}
sixel() {
    printf '%sP0;1q"1;1;256;96' "$esc"
    awk 'BEGIN {
        for (n = 0; n < 64; n++)
            printf "#%d;2;%d;%d;%d", n, 100 - n * 100 / 63, 45 + 40 * sin(n / 10), n * 100 / 63
        for (band = 0; band < 16; band++) {
            for (n = 0; n < 64; n++) {
                # A wave: so many pixels of each column of this colour in this band.
                height = 48 + 40 * sin(n / 63 * 6.283)
                bits = 0
                for (y = 0; y < 6; y++)
                    if (band * 6 + y >= 96 - height) bits += 2 ^ y
                if (bits > 0) printf "#%d!%d?!4%c$", n, n * 4, 63 + bits
            }
            printf "-"
        }
    }'
    printf '%s\\' "$esc"
}
draw() {
    printf '%s[H%s[2J%s[3J%s_Ga=d,d=A,q=2%s\\' "$esc" "$esc" "$esc" "$esc" "$esc"
    printf ' kitty graphics protocol: a PNG over 42 x 12 cells\n\n '
    kitty 42 12 ''
    printf '%s[16;1H under the text, and under the cells:\n\n ' "$esc"
    kitty 24 6 ',z=-1'
    printf '%s[18;28H' "$esc"
    kitty 24 6 ',z=-1073741825'
    printf '%s[20;4H%s[1;30mdark on the picture%s[0m' "$esc" "$esc" "$esc"
    printf '%s[20;30H%s[97;44m hides the picture %s[0m' "$esc" "$esc" "$esc"
    printf '%s[25;1H sixels: 256 x 96 pixels in 64 colours\n\n ' "$esc"
    sixel
    printf '\n images drawn%s[?25l' "$esc"
}
trap draw WINCH
draw
while :; do sleep 60 & wait $!; done
