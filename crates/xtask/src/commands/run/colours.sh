# What a terminal has to draw besides plain text, in one screen; part of the demonstration.
printf '\033[2J\033[H\033[1m256 colours\033[0m\n'
row=0
while [ $row -lt 6 ]; do
    column=0
    while [ $column -lt 36 ]; do
        printf '\033[48;5;%dm  ' $((16 + row * 36 + column))
        column=$((column + 1))
    done
    printf '\033[0m\n'
    row=$((row + 1))
done
printf '\n\033[1m16 million\033[0m\n'
column=0
while [ $column -lt 72 ]; do
    printf '\033[48;2;%d;%d;%dm ' $((40 + column * 3)) $((230 - column * 2)) $((120 + column))
    column=$((column + 1))
done
printf '\033[0m\n\n'
printf '\033[1mbold\033[0m \033[2mfaint\033[0m \033[3mitalic\033[0m \033[7m reverse \033[0m \033[9mstruck\033[0m '
printf '\033[4mline\033[0m \033[4:3m\033[58;2;244;122;118mcurl\033[0m \033[4:4mdots\033[0m \033[21mdouble\033[0m\n\n'
printf 'Grüße · Привет · Ελληνικά · 日本語 · 한국어 · עברית\n'
printf '→ ⇒ ≤ ≠ ∀ ∃ ∑ ✓ ✗ ★ ♞  👩‍💻 🦀 🚀 🇪🇺 👍🏽\n\n'
printf '┌──────────┬──────────┐  ╭──────╮  ▁▂▃▄▅▆▇█\n'
printf '│ light    ┃ heavy    │  │ ░▒▓█ │  ▏▎▍▌▋▊▉█\n'
printf '└──────────┴──────────┘  ╰──────╯  ⣀⣤⣶⣿⣷⣦⣄⡀\n\n'
# Stays, so that the session runs on.
exec sleep 2147483647
