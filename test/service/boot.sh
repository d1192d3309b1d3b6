#!/usr/bin/env bash
# Becomes a real systemd in private PID, mount, UTS, IPC and cgroup namespaces, with an app, a box and a unit directory of its own:
#   unshare --pid --fork --mount --uts --ipc --cgroup --mount-proc --kill-child -- boot.sh DIST PACKAGE_JSON NODE_MODULES BOX
# Inside, the app is /run/app and the box /run/box. The network is the one outside, so that a server of the test is reached.
set -euo pipefail
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/app/node_modules /run/box
cp -r "$1" /run/app/dist
cp "$2" /run/app/package.json
mount --bind "$3" /run/app/node_modules
mount --bind "$4" /run/box
# What a booting system would tidy up or write to is its own.
for directory in /tmp /var/tmp /var/log /var/lib/systemd /etc/systemd/system; do
  if [ -d "$directory" ]; then mount -t tmpfs -o mode=1777 tmpfs "$directory"; fi
done
chmod 755 /run /run/app /etc/systemd/system
printf '[Unit]\nDefaultDependencies=no\nAllowIsolate=yes\n' > /etc/systemd/system/mini.target
# Nothing of the machine is started with it, but for the journal.
for unit in /lib/systemd/system/{sysinit,local-fs,basic,sockets,multi-user,timers}.target.wants/*; do
  case ${unit##*/} in systemd-journald* | '*' | *.target) ;; *) ln -sf /dev/null "/etc/systemd/system/${unit##*/}" ;; esac
done
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# Shared again, within the namespace, as systemd leaves it on a machine: credentials are mounted from a namespace below.
mount --make-rshared /
container=private exec /lib/systemd/systemd --system --unit=mini.target --show-status=0 --log-target=null --log-level=warning
