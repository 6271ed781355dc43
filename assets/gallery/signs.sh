#!/bin/sh
# A table of what stands in two cells, in one, and in none of its own.
esc=$(printf '\033')
bold="$esc[1m" dim="$esc[2m" plain="$esc[0m" under="$esc[4m" curly="$esc[4:3;58:5:9m"
draw() {
    printf '%s[H%s[2J%s[3J' "$esc" "$esc" "$esc"
    cat <<END
┌──────────┬──────────────────────────┬────────────────┐
│ ${bold}script${plain}   │ ${bold}text${plain}                     │ ${bold}pictures${plain}       │
├──────────┼──────────────────────────┼────────────────┤
│ Latin    │ Hamburgefonstiv gjpqy ß  │ 🦀 🐧 🐙 🦉 🐌 │
│ accents  │ ÄÖÜ ÅÇÉÑ ŠŽ ąęłżź đħøþ   │ 🍎 🍋 🥝 🍇 🥐 │
│ Greek    │ Ελληνικά, ἄλφα καὶ ὦ     │ 🚀 🚲 ⛵ 🚂 🛰️ │
│ Cyrillic │ Кириллица ЖЩЫ ёй         │ 👩‍💻 👨‍🌾 🧑‍🚀 👩‍🔬 🧑‍🎨 │
│ Japanese │ 日本語の文字とカタカナ   │ 👍 👍🏻 👍🏽 👍🏿 ✊🏾 │
│ Chinese  │ 中文字「漢字」，鬱龍     │ 🇩🇪 🇯🇵 🇧🇷 🇰🇪 🇺🇦 │
│ Korean   │ 한글 조합 문자           │ ❤️ ☀️ ✔️ ☎️ ✈️ │
│ marks    │ é ä ô ů ñ x̶ ạ̀ ǧ ȯ̈        │ 🔴 🟠 🟡 🟢 🔵 │
│ maths    │ ∀x∈ℝ ∃y: x²≤y ∑∫√∞≠≈⇒∂   │ 🟥 🟧 🟨 🟩 🟦 │
│ signs    │ ✓✗★☆♠♥♦♣ ←↑→↓ ⏎⌘⌥ €£¥₿   │ 1️⃣ 2️⃣ 3️⃣ #️⃣ *️⃣ │
└──────────┴──────────────────────────┴────────────────┘

 plain ${bold}bold${plain} ${esc}[3mitalic${plain} ${esc}[1;3mboth${plain} ${dim}dim${plain} ${esc}[7mreversed${plain} ${esc}[9mstruck${plain} ${esc}[53moverlined${plain}
 ${under}single gjpqy${plain} ${esc}[4:2mdouble gjpqy${plain} ${curly}curly gjpqy${plain} ${esc}[4:4mdotted gjpqy${plain} ${esc}[4:5mdashed gjpqy${plain}
 -> => == != <= >= |> || && :: ... /* */ // ### www   0O 1lI| {}[]()

END
    for row in 0 1 2; do
        printf ' '
        at=0
        while [ "$at" -lt 72 ]; do
            case $row in
            0) printf '%s[48;2;%d;%d;%dm ' "$esc" "$((at * 255 / 71))" "$((255 - at * 255 / 71))" 160 ;;
            1) printf '%s[48;5;%dm ' "$esc" "$((16 + at))" ;;
            2) printf '%s[48;5;%dm ' "$esc" "$((232 + at / 3))" ;;
            esac
            at=$((at + 1))
        done
        printf '%s\n' "$plain"
    done
    printf '\n signs drawn%s[?25l\n' "$esc"
}
trap draw WINCH
draw
while :; do sleep 60 & wait $!; done
