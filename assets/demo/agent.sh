#!/bin/sh
# A stand-in for an agent, in the workspace that `agor demo` makes: it says what agents say (OSC 7501), asks what
# they ask, and takes answers. It does nothing to any file.
agent=${0##*/}
esc=$(printf '\033')
bold="$esc[1m" dim="$esc[2m" plain="$esc[0m" green="$esc[32m" red="$esc[31m" blue="$esc[34m" accent="$esc[36m"
case $agent in
    claude) name='Claude Code' sign='✻' accent="$esc[38;5;173m" ;;
    codex) name='Codex' sign='>_' ;;
    opencode) name='OpenCode' sign='▣' accent="$esc[35m" ;;
    gemini) name='Gemini' sign='✦' accent="$blue" ;;
    *) name=$agent sign='*' ;;
esac

# report STATE [KIND] [MESSAGE]
report() {
    body="state=$1:app=$agent"
    [ -z "$2" ] || body="$body:kind=$2"
    [ -z "$3" ] || body="$body:msg=$(printf %s "$3" | base64 | tr -d '\n')"
    printf '\033]7501;%s\007' "$body"
}
title() { printf '\033]0;%s\007' "$1"; }
head() {
    title "$1"
    branch=$(git branch --show-current 2>/dev/null)
    printf '%s %s%s %s%s  %sstand-in%s\n' "$accent" "$sign" "$plain$bold" "$name" "$plain" "$dim" "$plain"
    printf '   %s%s%s%s\n\n' "$dim" "${PWD##*/}" "${branch:+ on $branch}" "$plain"
    printf ' %s>%s %s%s%s\n\n' "$accent" "$plain" "$bold" "$1" "$plain"
}
say() { printf ' %s●%s %s\n' "$accent" "$plain" "$1"; }
did() { printf ' %s●%s %s%s%s%s\n   %s⎿ %s%s\n' "$green" "$plain" "$bold" "$1" "$plain" "$2" "$dim" "$3" "$plain"; }
minus() { printf '      %s%s - %s%s\n' "$red" "$1" "$2" "$plain"; }
plus() { printf '      %s%s + %s%s\n' "$green" "$1" "$2" "$plain"; }
# Reads a key; nothing for Enter.
key() {
    stty -icanon -echo min 1 time 0 2>/dev/null
    pressed=$(dd bs=8 count=1 2>/dev/null)
    stty icanon echo 2>/dev/null
}
turn() {
    report working
    for at in 1 2 3 4 5 6; do
        # Cut off, not wrapped, where the pane is narrow.
        printf '\r\033[?7l %s◐%s %s %s%ss%s \033[K\033[?7h' "$accent" "$plain" "$1" "$dim" "$at" "$plain"
        sleep 1
    done
    printf '\r\033[K'
}
# Waits for what is to be done next, as long as anybody types.
prompt() {
    printf '\n %s❯%s ' "$accent" "$plain"
    while read -r words; do
        [ -n "$words" ] || { printf ' %s❯%s ' "$accent" "$plain"; continue; }
        title "$words"
        turn 'Thinking'
        say "I am a stand-in: an agent would now do that."
        report 'done' '' "$words"
        printf '\n %s❯%s ' "$accent" "$plain"
    done
    exit 0
}

case ${AGOR_DEMO_SCENE:-new} in
permission)
    head 'Keep the cart over a reload'
    say 'The cart lives in memory alone. I will store it with the session.'
    did Read '(src/cart.rs)' '84 lines'
    did Update '(src/store.rs)' '6 lines added, 1 removed'
    minus 14 'let cart = Cart::default();'
    plus 14 'let cart = Cart::load(&store)?;'
    plus 15 'cart.on_change(|cart| store.put(cart));'
    printf '\n'
    say 'The tests have to say whether that holds.'
    printf ' %s●%s %sBash%s(cargo test --workspace)\n\n' "$accent" "$plain" "$bold" "$plain"
    printf ' Do you want to proceed?\n %s❯ 1. Yes%s\n' "$blue" "$plain"
    printf "   2. Yes, and don't ask again\n   3. No, and say why\n\n"
    printf ' %sEsc to cancel%s\n' "$dim" "$plain"
    report blocked permission 'Bash: cargo test --workspace'
    key
    case $pressed in
    3 | "$esc") say 'Not run.'; report idle; prompt ;;
    esac
    printf '\033[7A\033[J'
    turn 'cargo test --workspace'
    did Bash '(cargo test --workspace)' '42 passed'
    say 'The cart is there after a reload.'
    report 'done' '' 'The cart is there after a reload; 42 tests pass.'
    prompt
    ;;
question)
    head 'Offer more ways to pay'
    did Read '(src/checkout.ts, src/pay/card.ts)' '212 lines'
    say 'Two providers would do. They differ in what they ask of the shop:'
    printf '\n   %s1. Hosted page%s   least code, leaves the shop\n' "$bold" "$plain"
    printf '   %s2. Own form%s      more code, stays in the shop\n\n' "$bold" "$plain"
    printf ' Which one? '
    report blocked question 'Hosted page or own form for the payment?'
    read -r words || exit 0
    title 'Offer more ways to pay'
    turn 'Writing src/pay/provider.ts'
    say "Done, by your word: $words"
    report 'done' '' 'Payment goes through a provider now.'
    prompt
    ;;
working)
    head 'Round totals as the tax office wants it'
    did Read '(src/total.rs, docs/tax.md)' '131 lines'
    did Edit '(src/total.rs)' '19 lines added, 7 removed'
    minus 31 'let total = (net * 1.19 * 100.0).round() / 100.0;'
    plus 31 'let total = net.checked_mul(TAX)?.round_half_up(2);'
    did Edit '(src/total/tests.rs)' '24 lines added'
    did Run '(cargo test total)' '11 passed, 1 failed'
    say 'One case is off by a cent: the discount is taken after the tax.'
    printf '\n'
    report working '' 'Mending the order of discount and tax'
    at=0
    while :; do
        for mark in '◐' '◓' '◑' '◒'; do
            at=$((at + 1))
            printf '\r\033[?7l %s%s%s Mending the order of discount and tax %s%ss · esc to interrupt%s \033[K\033[?7h' \
                "$accent" "$mark" "$plain" "$dim" "$at" "$plain"
            sleep 1
        done
    done
    ;;
finished)
    head 'Make the page usable by keyboard alone'
    did Update '(src/nav.tsx)' '31 lines added, 12 removed'
    did Update '(src/dialog.tsx)' '18 lines added, 4 removed'
    did Bash '(npm test)' '128 passed'
    say 'Every control can be reached by Tab; Escape closes dialogs and gives the focus back.'
    report 'done' '' 'Every control can be reached by Tab; 128 tests pass.'
    prompt
    ;;
failed)
    head 'Import the new price list'
    did ReadFile '(import/2026.csv)' '18,204 rows'
    did Shell '(python import.py --dry-run)' '18,204 prices, 3 unknown currencies'
    printf ' %s✕ The model is overloaded; tried 5 times over 2 minutes.%s\n' "$red" "$plain"
    printf '   %sNothing was written. Press Enter to try again.%s\n' "$dim" "$plain"
    report error '' 'The model is overloaded; tried 5 times'
    read -r _ || exit 0
    turn 'Trying again'
    say 'The import is written: 18,201 prices; 3 wait for a currency.'
    report 'done' '' '18,201 prices imported, 3 wait for a currency.'
    prompt
    ;;
stalled)
    head 'Find out why the loss jumps at step 4,000'
    did Read '(train.log)' '4,120 lines'
    did Bash '(python probe.py --step 3990)' 'running for 11 minutes'
    report working '' 'python probe.py --step 3990'
    while :; do sleep 3600; done
    ;;
idle)
    head 'Explain the learning rate schedule'
    say 'It warms up over 500 steps, then falls as a cosine to a tenth.'
    say 'It is set in configs/base.yaml and read in train.py, line 57.'
    report idle
    prompt
    ;;
*)
    for words in "$@"; do :; done
    head "${words:-What is to be done?}"
    [ -z "$words" ] || turn 'Thinking'
    say 'I am a stand-in: the demo starts no agent of yours.'
    report 'done' '' 'A stand-in has nothing to do.'
    prompt
    ;;
esac
