#!/bin/sh
# What runs beside the agents of the workspace that `agor demo` makes.
esc=$(printf '\033')
bold="$esc[1m" dim="$esc[2m" plain="$esc[0m" green="$esc[32m" blue="$esc[34m" yellow="$esc[33m" cyan="$esc[36m"

case $AGOR_DEMO_SCENE in
history)
    git --no-pager log --color=always --graph --all --decorate \
        --format='%C(yellow)%h%C(reset) %s%C(auto)%d'
    git --no-pager -c color.status=always status --short --branch
    PS1="$green~/${PWD##*/}$plain \$ "
    export PS1
    unset AGOR_DEMO_SCENE ENV
    exec sh
    ;;
tests)
    printf '   %sCompiling%s cart v0.4.0\n    %sFinished%s in 3.1s\n\n' "$green$bold" "$plain" "$green$bold" "$plain"
    for name in add_a_line count_a_line_once empty_costs_nothing two_decimals; do
        printf 'test cart::%s ... %sok%s\n' "$name" "$green" "$plain"
    done
    printf '\ntest result: %sok%s. 4 passed; 0 failed\n' "$green" "$plain"
    ;;
server)
    printf '  %sstorefront%s ready in 412 ms\n\n  %s➜%s  Local:   %shttp://localhost:5173/%s\n\n' \
        "$bold" "$plain" "$green" "$plain" "$cyan" "$plain"
    while :; do
        for page in / /cart /search?q=kettle /assets/nav.js /checkout; do
            printf '%s%s%s %sGET%s %s %s200%s\n' "$dim" "$(date +%H:%M:%S)" "$plain" "$blue" "$plain" "$page" "$green" "$plain"
            sleep 4
        done
    done
    ;;
training)
    printf '%smodel%s longer-warmup · 20,000 steps\n\n' "$bold" "$plain"
    step=4000
    while :; do
        step=$((step + 10))
        printf 'step %s%5d%s  loss %s2.%03d%s  rate 2.%de-4\n' "$yellow" "$step" "$plain" "$green" \
            "$((914 - step / 20 % 400))" "$plain" "$((step / 100 % 10))"
        sleep 5
    done
    ;;
build)
    printf 'latexmk: all targets are up to date\n%sOutput written on paper.pdf%s (9 pages).\n' "$green" "$plain"
    ;;
*)
    exec "${SHELL:-sh}"
    ;;
esac
