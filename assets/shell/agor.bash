# What agor has bash read instead of ~/.bashrc, which it reads first. It tells the terminal where prompts and
# commands begin and end (OSC 133) and in which folder the shell is (OSC 7), and changes nothing else.

[ -r /etc/bash.bashrc ] && . /etc/bash.bashrc
[ -r ~/.bashrc ] && . ~/.bashrc

# The prompt string before commands, PS0, is there since bash 4.4.
if [[ $- == *i* && -z ${__agor_marks-} ]] && ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)); then
    __agor_marks=1
    __agor_ran=

    # A path as a URL has it, without a process for it.
    __agor_url() {
        local LC_ALL=C path=$1 char code at
        REPLY=
        for ((at = 0; at < ${#path}; at++)); do
            char=${path:at:1}
            case $char in
            [a-zA-Z0-9/._~-]) ;;
            *)
                printf -v code '%d' "'$char"
                printf -v char '%%%02X' $((code & 255))
                ;;
            esac
            REPLY+=$char
        done
    }

    # First of what runs before a prompt, so that the status is the command's.
    __agor_before_prompt() {
        local status=$? REPLY
        [[ -n $__agor_ran ]] && printf '\e]133;D;%s\a' "$status"
        __agor_ran=
        __agor_url "$PWD"
        printf '\e]7;file://%s%s\a' "$HOSTNAME" "$REPLY"
        return "$status"
    }

    # Last, since others make the prompt anew before each.
    __agor_mark_prompt() {
        local status=$?
        [[ $PS1 == *'133;A'* ]] || PS1='\[\e]133;A\a\]'$PS1'\[\e]133;B\a\]'
        # The arithmetic is done in this shell, and prints nothing.
        [[ $PS0 == *'133;C'* ]] || PS0=$PS0'\e]133;C\a${__agor_marks:$((__agor_ran = 1)):0}'
        return "$status"
    }

    if [[ $(declare -p PROMPT_COMMAND 2>/dev/null) == 'declare -a'* ]]; then
        PROMPT_COMMAND=(__agor_before_prompt "${PROMPT_COMMAND[@]}" __agor_mark_prompt)
    else
        PROMPT_COMMAND=__agor_before_prompt$'\n'${PROMPT_COMMAND-}$'\n'__agor_mark_prompt
    fi
fi
