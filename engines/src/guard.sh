# Runs a program in separate namespaces until the process that started it ends.
#
#     sh -c "$(cat guard.sh)" guard.sh DIRECTORY CGROUP PROGRAM [ARGUMENT…]
#
# Standard input is a pipe from the process that started this script. When it closes, because that process stops the
# program or has ended, the program is killed and DIRECTORY is removed. All processes that the program started end with it,
# because it runs in a process namespace; its mounts end with the mount namespace. The output of the program is written to
# DIRECTORY/log. DIRECTORY/lock is locked while this script runs, so that directories of killed scripts can be recognized.
directory=$1 cgroup=$2
shift 2
exec 9>"$directory/lock"
flock 9

# If this shell is killed, the kernel kills unshare, and with it the namespace. A shell's background commands
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
