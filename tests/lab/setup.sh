#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# setup.sh [--update]: makes the lab, a Debian 13 root with a toolchain, two
# stock kernels and QEMU, in build/lab/root. Does nothing when there is one by
# the same recipe; --update makes a new one, with today's packages.
#
# MGX_MIRROR, MGX_SECURITY_MIRROR: other Debian mirrors than deb.debian.org.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

export MGX_MIRROR=${MGX_MIRROR:-http://deb.debian.org/debian}
export MGX_SECURITY_MIRROR=${MGX_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
NEED_MB=${MGX_LAB_MB:-3000}
TMP=

packages() { awk -v w="$1" '$1 == w { print $2 }' "$LAB_SRC/packages"; }

# What the root is made by: a change of these files makes a new one.
recipe() { cat "$LAB_SRC"/{packages,base.sh,root.sh} | sha256sum | cut -d ' ' -f 1; }

up_to_date()
{
	[[ -x $ROOT/bin/bash && -s $LAB/kernels ]] &&
		[[ $(cat "$LAB/recipe" 2>/dev/null) == "$(recipe)" ]]
}

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	local rc=$?

	trap '' PIPE INT TERM HUP
	trap - EXIT
	stop_step
	[[ -z $TMP ]] || as_lab_root rm -rf --one-file-system "$TMP"
	exit "$rc"
}

# --- this machine ------------------------------------------------------------

# The keys that sign trixie came to Debian 12 by an update of this package.
keyring_ok() { [[ -e /usr/share/keyrings/debian-archive-trixie-stable.gpg ]]; }

missing_packages()
{
	local pkg

	for pkg in $(packages host); do
		dpkg-query -W -f '${Status}\n' "$pkg" 2>/dev/null |
			grep -q ' installed$' || echo "$pkg"
	done
	keyring_ok || echo debian-archive-keyring
}

host_packages()
{
	local missing

	command -v apt-get >/dev/null ||
		die "this is not Debian: the lab is made with apt and mmdebstrap; use a Debian 12 or 13 machine"
	mapfile -t missing < <(missing_packages)
	((${#missing[@]})) || return 0
	((EUID == 0)) ||
		die "missing packages; run: apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
	run_step "updating package lists" "$LOGS/host-apt.log" apt-get -q update || true
	run_step "installing ${missing[*]}" "$LOGS/host-apt.log" \
		env DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
		--no-install-recommends "${missing[@]}" ||
		die "cannot install ${missing[*]}: $(why "$LOGS/host-apt.log")"
	keyring_ok || die "debian-archive-keyring lacks the keys of Debian 13; install its newest version"
}

namespaces()
{
	local me
	me=$(id -un)

	if ((EUID == 0)); then
		unshare --mount true 2>/dev/null ||
			die "root may not make mount namespaces here; use a machine or container that has CAP_SYS_ADMIN"
		return
	fi
	if ! grep -q "^$me:" /etc/subuid || ! grep -q "^$me:" /etc/subgid; then
		die "$me has no subordinate ids; as root run: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $me"
	fi
	unshare --user --map-root-user --map-auto --mount true 2>/dev/null ||
		die "no user namespaces for $me; as root run: sysctl user.max_user_namespaces=10000 kernel.unprivileged_userns_clone=1, or run make as root"
}

# --- the root ----------------------------------------------------------------

# why LOG: the cause of a failed step, with a remedy.
why()
{
	local errors

	errors=$(grep -aE '^(E|Err|W|error|dpkg|tar|xz|unshare|chroot|mount|[^ ]*\.sh)[: ]|rror:' "$1" |
		grep -avE '^(E: Can not write log|W: Download is performed|E: mmdebstrap failed|E: setup failed)') || true
	case $errors in
	*'No space left'* | *'Wrote only'*)
		echo "the disk is full; free some or set MGX_BUILD to a directory on a larger one (log: $1)" ;;
	*'not resolv'* | *onnect* | *nreachable* | *'Failed to fetch'* | *'Err:'*)
		echo "no packages from ${MGX_MIRROR#*://}; check the network or set MGX_MIRROR (log: $1)" ;;
	*) head -n 1 <<<"${errors:-no reason found} (log: $1)" ;;
	esac
}

# install_all: root.sh in the new root.
install_all()
{
	local stable backports

	mapfile -t stable < <(packages stable)
	mapfile -t backports < <(packages backports)
	MGX_LAB_ROOT=$TMP/root "$LAB_SRC/enter.sh" \
		/src/tests/lab/root.sh "${stable[@]}" -- "${backports[@]}"
}

remove_leftovers()
{
	local dir

	for dir in "$LAB"/new.* "$LAB"/old.*; do
		[[ ! -e $dir ]] || as_lab_root rm -rf --one-file-system "$dir"
	done
}

# publish: puts the finished parts in their places; the recipe comes last, so a
# lab that was interrupted here is made again.
publish()
{
	local old=$LAB/old.$$

	rm -f "$LAB/recipe"
	mkdir "$old"
	[[ ! -e $ROOT ]] || mv "$ROOT" "$old/root"
	[[ ! -e $LAB/kselftest-src ]] || mv "$LAB/kselftest-src" "$old/kselftest-src"
	as_lab_root cp -r --no-preserve=ownership "$TMP/root/lab/kselftest-src" "$LAB/kselftest-src"
	cp "$TMP/root/lab/kernels" "$LAB/kernels"
	as_lab_root rm -r "$TMP/root/lab"
	mv "$TMP/root" "$ROOT"
	rm -f "$LAB"/initramfs-* "$LAB/accel"
	as_lab_root rm -rf --one-file-system "$old"
	recipe >"$LAB/recipe"
}

make_lab()
{
	local start=$SECONDS base

	need_mb "$LAB" "$NEED_MB" "the lab"
	say "making the lab (Debian 13, two kernels, QEMU) in $LAB"
	TMP=$(mktemp -d "$LAB/new.XXXXXX")
	chmod 755 "$TMP"
	mkdir "$TMP/root"
	mapfile -t base < <(packages base)
	run_step "base system" "$LOGS/lab-base.log" "$LAB_SRC/base.sh" "$TMP" "${base[@]}" ||
		die "cannot make the base system: $(why "$LOGS/lab-base.log")"
	run_step "packages" "$LOGS/lab-install.log" install_all ||
		die "cannot install the lab's packages: $(why "$LOGS/lab-install.log")"
	publish
	say "the lab is ready after $((SECONDS - start)) s: kernels $(kernel_list)"
}

main()
{
	local update=
	[[ ${1:-} != --update ]] || update=1

	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir -p "$LAB" "$LOGS" 2>/dev/null ||
		die "cannot write to $BUILD; make it writable for $(id -un) or set MGX_BUILD"
	exec 9>"$LAB/lock"
	flock -n 9 || {
		say "another 'make lab' is at work in $LAB; waiting for it"
		flock 9
	}
	if [[ -z $update ]] && up_to_date; then
		return
	fi
	host_packages
	namespaces
	remove_leftovers
	make_lab
}

main "$@"
