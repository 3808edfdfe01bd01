# Runs a program in namespaces of its own for as long as its starter lives.
#
#     sh -c "$(cat guard.sh)" guard.sh DIRECTORY CGROUP PROGRAM [ARGUMENT…]
#
# Standard input is a pipe from the starter: when it closes, because the starter stops the program or because it
# died, the program is killed and DIRECTORY is removed, for nothing in it is kept. All that the program started dies
# with it, because its first process is the first one of a process namespace; all that it mounted goes with the
# mount namespace. DIRECTORY/log gets what the program writes. DIRECTORY/lock is held for as long as this runs, so that a
# directory whose guard was killed can be told.
directory=$1 cgroup=$2
shift 2
exec 9>"$directory/lock"
flock 9

# Should this shell be killed, the kernel kills unshare, and with it the namespace. A shell's background commands
# ignore the interrupt signal, and containers would inherit that.
# In the namespace, /sys is mounted again to show the program's own network; the control groups are kept.
setpriv --pdeathsig KILL env --default-signal=INT,QUIT \
    unshare --mount --pid --fork --kill-child --mount-proc \
    sh -c '
        mkdir -p "$1/cgroup"
        if [ -z "$(ls /sys/fs/cgroup)" ]; then
            mount -t cgroup2 cgroup2 "$1/cgroup"
        else
            mount --rbind /sys/fs/cgroup "$1/cgroup"
        fi
        mount -t sysfs sysfs /sys
        mount --move "$1/cgroup" /sys/fs/cgroup
        rmdir "$1/cgroup"
        shift
        exec "$@"
    ' sh "$directory" "$@" </dev/null >>"$directory/log" 2>&1 9>&- &
namespace=$!

cat >/dev/null

kill -KILL $(cat "/proc/$namespace/task/$namespace/children") 2>/dev/null
wait "$namespace" 2>/dev/null
find /sys/fs/cgroup -depth -type d -path "*/$cgroup*" -exec rmdir {} + 2>/dev/null
rm -rf "$directory"
