# Ends what a step started: $1 is its process group; $2, unless empty, its folder, whose path stands in the
# environment of every process that its tests start, in whatever group or session. Begins when its
# standard input ends: the step did, or whoever ran it died. Prints each process that it had to end.
trap '' HUP INT TERM
cat > /dev/null
kill -s KILL -- "-$1" 2> /dev/null
[ -n "$2" ] || exit 0
round=0
while [ $round -lt 50 ]; do
    found=
    for file in $(grep -lsF -- "$2" /proc/[0-9]*/environ); do
        pid=${file#/proc/}
        pid=${pid%/environ}
        # One that just ended has nothing left to read.
        words=$(tr '\0' ' ' < "/proc/$pid/cmdline" 2> /dev/null)
        kill -s KILL "$pid" 2> /dev/null && found=yes && printf '%s\n' "$pid $words"
    done
    [ -n "$found" ] || break
    round=$((round + 1))
    sleep 0.1
done
rm -rf -- "$2"
