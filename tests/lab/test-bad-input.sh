#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Test of the lab's scripts with bad input and bad machines: each ends with one
# line that says what and what to do, a status that is not 0, and nothing half
# made. Needs a lab for the last ones.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0

result()
{
	n=$((n + 1))
	echo "$1 $n $2"
}

skip() { result ok "$1 # SKIP $2"; }

# refuses NAME PATTERN CMD...: CMD fails with one error line that fits PATTERN.
refuses()
{
	local name=$1 pattern=$2 rc=0 errors
	shift 2

	"$@" </dev/null >"$dir/out" 2>&1 || rc=$?
	errors=$(grep -a 'error: ' "$dir/out")
	if ((rc != 0)) && [[ $(wc -l <<<"$errors") == 1 ]] && grep -qE "$pattern" <<<"$errors"; then
		result ok "$name"
	else
		result "not ok" "$name"
		sed "s/^/# status $rc: /" "$dir/out"
	fi
}

# nothing_left NAME: no part of a lab is in $dir/build.
nothing_left()
{
	local left
	left=$(find "$dir/build/lab" -mindepth 1 ! -name lock 2>/dev/null)
	if [[ -z $left ]]; then
		result ok "$1"
	else
		result "not ok" "$1: $left"
	fi
}

in_empty_build() { MGX_BUILD=$dir/build "$@"; }

# On a file system of 50 MiB.
on_small_disk()
{
	mkdir -p "$dir/build"
	# shellcheck disable=SC2016 # the inner shell expands
	unshare --mount sh -c 'mount -t tmpfs -o size=50m small "$1/build" && shift &&
		exec "$@"' sh "$dir" "$@"
}

# As a user who is nobody; the scripts must be where he can read them.
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
as_nobody() { "${nobody[@]}" "$@"; }

# CMD where root has subordinate ids.
with_subids()
{
	echo root:100000:65536 >"$dir/subid"
	# shellcheck disable=SC2016 # the inner shell expands
	unshare --mount sh -c 'mount --bind "$1" /etc/subuid && mount --bind "$1" /etc/subgid &&
		shift && exec "$@"' sh "$dir/subid" "$@"
}

no_lab()
{
	refuses "enter without a lab" "there is no lab in .*'make lab'" \
		in_empty_build "$here/enter.sh" true
	refuses "guest without a lab" "there is no lab in .*'make lab'" \
		in_empty_build "$here/vm.sh" true
	refuses "build without a lab" "there is no lab in .*'make lab'" \
		in_empty_build "$here/build.sh"
}

set_up()
{
	refuses "set-up with too little space" 'needs [0-9]* MiB .*MGX_BUILD' \
		env MGX_LAB_MB=999999999 MGX_BUILD="$dir/build" "$here/setup.sh"
	nothing_left "nothing is left of it"
	refuses "set-up where one may not write" 'cannot write to .*MGX_BUILD' \
		env MGX_BUILD=/proc/build "$here/setup.sh"
}

set_up_as_root()
{
	if ((EUID != 0)) || ! unshare --net --mount true 2>/dev/null; then
		skip "set-up on a small disk" "not root"
		skip "set-up without a network" "not root"
		return
	fi
	refuses "set-up on a small disk" 'needs [0-9]* MiB .*MGX_BUILD' \
		on_small_disk env MGX_BUILD="$dir/build" "$here/setup.sh"
	refuses "set-up without a network" 'no packages from .*check the network' \
		in_empty_build unshare --net "$here/setup.sh"
	nothing_left "nothing is left of it"
}

set_up_as_nobody()
{
	if ((EUID != 0)) || ! as_nobody test -r "$here/setup.sh"; then
		skip "set-up without packages" "cannot become another user here"
		skip "set-up without subordinate ids" "cannot become another user here"
		skip "set-up without user namespaces" "cannot become another user here"
		return
	fi
	mkdir -p "$dir/bin" "$dir/user"
	chmod 755 "$dir"
	chmod 777 "$dir/user"
	printf '#!/bin/sh\nexit 1\n' >"$dir/bin/dpkg-query"
	chmod 755 "$dir/bin/dpkg-query"
	refuses "set-up without packages" 'run: apt-get .*install .*mmdebstrap' \
		as_nobody env MGX_BUILD="$dir/user" "PATH=$dir/bin:$PATH" "$here/setup.sh"
	printf '#!/bin/sh\necho install ok installed\n' >"$dir/bin/dpkg-query"
	refuses "set-up without subordinate ids" 'usermod --add-subuids' \
		as_nobody env MGX_BUILD="$dir/user" "PATH=$dir/bin:$PATH" "$here/setup.sh"
	printf '#!/bin/sh\necho root\n' >"$dir/bin/id" # has subordinate ids, or we give him some
	printf '#!/bin/sh\nexit 1\n' >"$dir/bin/unshare"
	chmod 755 "$dir/bin/id" "$dir/bin/unshare"
	refuses "set-up without user namespaces" 'sysctl user.max_user_namespaces' \
		with_subids "${nobody[@]}" env MGX_BUILD="$dir/user" "PATH=$dir/bin:$PATH" "$here/setup.sh"
}

guests()
{
	refuses "unknown kernel" "no kernel '6.1' in the lab; there is: 6.12" \
		"$here/vm.sh" -k 6.1 true
	refuses "no command" "no command; usage" "$here/vm.sh"
	refuses "lab-run without a command" "no command; use: make lab-run" "$here/run.sh" ""
	refuses "lab-shell without a terminal" "no terminal; use: make lab-run" \
		"$here/run.sh" --shell
	refuses "a guest that hangs" 'did not reach init in 1 s and was ended' \
		env MGX_BOOT_TIMEOUT=1 MGX_ACCEL=tcg "$here/vm.sh" -n test-hang true
	refuses "a guest that dies" 'the guest died' \
		env MGX_APPEND=rdinit=/none MGX_ACCEL=tcg "$here/vm.sh" -n test-death true
	refuses "no space for a guest" 'needs [0-9]* MiB' \
		env MGX_RUN_MB=999999999 MGX_ACCEL=tcg "$here/vm.sh" -n test-space true
}

no_lab
set_up
set_up_as_root
set_up_as_nobody
guests
echo "1..$n"
