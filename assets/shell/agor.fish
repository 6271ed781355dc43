# What fish finds because agor put its folder before those of XDG_DATA_DIRS. It tells the terminal where prompts and
# commands begin and end (OSC 133) and in which folder the shell is (OSC 7).

if set -q AGOR_XDG_DATA_DIRS
    set -gx XDG_DATA_DIRS $AGOR_XDG_DATA_DIRS
    set -e AGOR_XDG_DATA_DIRS
else
    set -e XDG_DATA_DIRS
end

if status is-interactive; and not functions -q __agor_prompt
    function __agor_prompt --on-event fish_prompt
        printf '\e]7;file://%s%s\a' $hostname (string escape --style=url -- $PWD)
    end

    # From version 4 on fish marks them itself.
    if test (string split -f 1 . -- $version) -lt 4
        function __agor_mark_prompt --on-event fish_prompt
            # Once there is a prompt to be marked: a person's own is read after this file.
            if not functions -q __agor_prompt_itself
                functions -c fish_prompt __agor_prompt_itself
                function fish_prompt
                    printf '\e]133;A\a'
                    __agor_prompt_itself
                    printf '\e]133;B\a'
                end
            end
        end

        function __agor_mark_command --on-event fish_preexec
            printf '\e]133;C\a'
        end

        function __agor_mark_end --on-event fish_postexec
            printf '\e]133;D;%s\a' $status
        end
    end
end
