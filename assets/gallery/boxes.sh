#!/bin/sh
# Boxes, blocks, plots and separators, which have to meet without a seam.
esc=$(printf '\033')
plain="$esc[0m" blue="$esc[34m" green="$esc[32m" red="$esc[31m" yellow="$esc[33m"
# Separators of powerline, U+E0B0 and on.
right=$(printf '\356\202\260') left=$(printf '\356\202\262')
round_right=$(printf '\356\202\264') round_left=$(printf '\356\202\266')
slant_left=$(printf '\356\202\272') slant_right=$(printf '\356\202\274')
draw() {
    printf '%s[H%s[2J%s[3J' "$esc" "$esc" "$esc"
    cat <<END
 ┌─┬┐ ╔═╦╗ ╓─╥╖ ╒═╤╕ ┏━┳┓ ╭──╮ ┍━┯┑  ╲   ╱ ╲╱╲╱  ┌┄┄┐ ╎╌╌╎
 │ ││ ║ ║║ ║ ║║ │ ││ ┃ ┃┃ │╱╲│ │ ││   ╲ ╱  ╱╲╱╲  ┆  ┆ ┊┈┈┊
 ├─┼┤ ╠═╬╣ ╟─╫╢ ╞═╪╡ ┣━╋┫ │╲╱│ ┝━┿┥    ╳   ╲╱╲╱  ┆  ┆ ┋┉┉┋
 └─┴┘ ╚═╩╝ ╙─╨╜ ╘═╧╛ ┗━┻┛ ╰──╯ ┕━┷┙   ╱ ╲  ╱╲╱╲  └┄┄┘ ╏╍╍╏

 ${blue}▁▂▃▄▅▆▇█${plain} ${green}▉▊▋▌▍▎▏${plain} ▕▐ ${yellow}▖▗▘▙▚▛▜▝▞▟${plain} ░░▒▒▓▓██ ▀▄▀▄ ${red}🮂🮃🮄🮅🮆${plain} 🮇🮈🮉🮊🮋
 ${blue}⣀⣠⣤⣴⣶⣾⣿⣷⣦⣄⡀⢀⣠⣴⣾⣿⡿⠟⠛⠉${plain} ⠁⠃⠇⡇⣇⣧⣷⣿ ${green}⢎⡱⢎⡱⢎⡱⢎⡱${plain} ⣿⣿⣿⣿
 🬀🬁🬂🬃🬄🬅🬆🬇🬈🬉🬊🬋🬌🬍🬎🬏🬐🬑🬒🬓 🬼🬽🬾🬿🭀🭁🭂🭃🭄🭅 🭆🭇🭈🭉🭊🭋🭌🭍🭎🭏
 🭨🭩🭪🭫🭬🭭🭮🭯 🮌🮍🮎🮏🮐🮑🮒 🮕🮕🮖🮖🮗🮗 🮘🮘🮙🮙 🮚🮛🮚🮛 🮜🮝🮞🮟 🮣🮧🮢🮮🮮🮠🮦🮡
 𜴀𜴁𜴂𜴃𜴄𜴅𜴆𜴇𜴈𜴉𜴊𜴋𜴌𜴍𜴎𜴏𜴐𜴑𜴒𜴓

 $esc[44;97m  main $esc[42;34m$right$esc[42;30m ✓ 128 $esc[43;32m$right$esc[43;30m ⚡2 $plain$yellow$right$plain  $blue$round_left$esc[44;97mrounded$plain$blue$round_right$plain  $green$slant_left$esc[42;30m slant $plain$green$slant_right$plain  $red$left$esc[41;97m left $plain

END
    # A curve of dots, a hill of eighths, and cells side by side in one colour.
    printf ' %s' "$green"
    at=0
    while [ "$at" -lt 76 ]; do
        for block in ▁ ▂ ▃ ▄ ▅ ▆ ▇ █ ▇ ▆ ▅ ▄ ▃ ▂; do
            [ "$at" -lt 76 ] && printf '%s' "$block"
            at=$((at + 1))
        done
    done
    printf '%s\n ' "$plain"
    for line in 1 2 3; do
        printf '%s%s[48;5;236m████▓▓▓▓▒▒▒▒░░░░    ░░░░▒▒▒▓▓▓▓████▚▚▚▚▞▞▞▞▀▀▀▀▄▄▄▄%s\n ' "$yellow" "$esc" "$plain"
    done
    printf '\n shapes drawn%s[?25l\n' "$esc"
}
trap draw WINCH
draw
while :; do sleep 60 & wait $!; done
