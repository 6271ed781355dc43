# Tells the terminal where prompts and commands begin and end (OSC 133) and in which folder zsh is (OSC 7).

if [[ -z "${__agor_marks-}" ]]; then
    typeset -g __agor_marks=1 __agor_ran=
    typeset -ga precmd_functions preexec_functions

    # A path as a URL has it, byte for byte.
    __agor_url() {
        emulate -L zsh
        setopt no_multibyte
        local char
        REPLY=
        for char in ${(s::)1}; do
            [[ $char == [a-zA-Z0-9/._~-] ]] || printf -v char '%%%02X' "'$char"
            REPLY+=$char
        done
    }

    __agor_precmd() {
        local code=$? REPLY
        [[ -n $__agor_ran ]] && builtin print -rn -- $'\e]133;D;'$code$'\a'
        __agor_ran=
        __agor_url "$PWD"
        builtin print -rn -- $'\e]7;file://'"$HOST$REPLY"$'\a'
        # Others make the prompt anew before each.
        [[ $PS1 == *'133;A'* ]] || PS1=$'%{\e]133;A\a%}'$PS1$'%{\e]133;B\a%}'
        # Whoever comes after us makes the prompt after us, too: next time we are last.
        precmd_functions=(${precmd_functions:#__agor_precmd} __agor_precmd)
    }

    __agor_preexec() {
        __agor_ran=1
        builtin print -rn -- $'\e]133;C\a'
    }

    precmd_functions+=(__agor_precmd)
    preexec_functions+=(__agor_preexec)
fi
