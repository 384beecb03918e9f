#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# enter-inner.sh ROOT REPO BUILD CMD...: second half of enter.sh, inside the
# new mount namespace: makes the mounts and changes root. The layers are in
# MGX_LAB_LAYERS.
set -euo pipefail

root=$1 repo=$2 build=$3
shift 3

# mount_layers DIRECTORY...: from the lowest up, over the root, which is then theirs.
mount_layers()
{
	local lower=$root options

	while (($# > 1)); do
		lower=$1/upper:$lower
		shift
	done
	options=lowerdir=$lower,upperdir=$1/upper,workdir=$1/work
	root=$1/root
	mount -t overlay -o "$options" lab-layers "$root" 2>/dev/null ||
		mount -t overlay -o "$options,userxattr" lab-layers "$root" || {
		echo "lab: error: no overlay in $1; set MGX_BUILD to a directory on ext4, XFS or Btrfs" >&2
		exit 1
	}
}

# A file system of its own for /dev: the machine's other devices stay outside.
mount_dev()
{
	local node

	mount -t tmpfs -o mode=755,size=1m lab-dev "$root/dev"
	for node in null zero full random urandom tty kvm; do
		[[ -c /dev/$node ]] || continue
		touch "$root/dev/$node"
		mount --bind "/dev/$node" "$root/dev/$node"
	done
	mkdir "$root/dev/shm" "$root/dev/pts"
	mount -t tmpfs -o mode=1777 lab-shm "$root/dev/shm"
	mount --rbind /dev/pts "$root/dev/pts"
	ln -s pts/ptmx "$root/dev/ptmx"
	ln -s /proc/self/fd "$root/dev/fd"
	ln -s /proc/self/fd/0 "$root/dev/stdin"
	ln -s /proc/self/fd/1 "$root/dev/stdout"
	ln -s /proc/self/fd/2 "$root/dev/stderr"
}

if [[ $MGX_LAB_LAYERS ]]; then
	IFS=: read -ra layers <<<"$MGX_LAB_LAYERS"
	mount_layers "${layers[@]}"
fi
mkdir -p "$root/src" "$root/lower"
# The guest's root file system: the lab's root as it is, without the mounts below.
mount --bind "$root" "$root/lower"
mount --rbind /proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs -o mode=1777 lab-tmp "$root/tmp"
mount_dev
mount --bind "$repo" "$root/src"
# On its own even if it is inside the repository: it may be a mount of its own.
mount --rbind "$build" "$root/src/build"

dir=/
case $PWD/ in
"$repo"/*) dir=/src${PWD#"$repo"} ;;
esac
# The command dies with the script that asked for it.
exec setpriv --pdeathsig KILL -- chroot "$root" /usr/bin/env -i \
	PATH=/src/build/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" DEBIAN_FRONTEND=noninteractive \
	/bin/bash /src/tests/lab/enter-cd.sh "$dir" "$@"
