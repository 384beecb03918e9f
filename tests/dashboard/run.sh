#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [page] [live] [picture]: the tests of the dashboard, the first two without an
# argument:
#   page  mgxd with the recording that is shipped
#   live  mgxd in a guest of the lab that migrates, on each kernel; MGX_KERNEL: on
#         this one only
#   picture  makes README's picture anew, user/dashboard.png, from such a guest that
#         has engines: 'make test-dashboard TESTS=picture'
# Sets up what they need (see setup.sh). TAP; screenshots are in build/dashboard.
set -euo pipefail
# shellcheck source=../lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"

LAB_TAG='# dashboard'
BOOT=180 # seconds until the guest serves
tests=("$@")
((${#tests[@]})) || tests=(page live)
GUEST=
rc=0

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	local rc=$?

	trap - EXIT
	stop_children
	[[ -z $GUEST ]] || rm -rf "$GUEST"
	exit "$rc"
}

# node_test NAME [VARIABLE=VALUE...]: Chromium dies with the pid namespace,
# whatever becomes of the test.
node_test()
{
	local name=$1
	shift

	MGX_LAB_ROOT=$BUILD/browser/root unshare --pid --fork --kill-child \
		"$LAB_SRC/enter.sh" env MGX_NODE=/src/build/browser/node \
		MGX_SHOTS=/src/build/dashboard "$@" \
		node --test --test-reporter=tap "/src/tests/dashboard/$name.test.mjs"
}

page() { node_test page MGX_RECORDING="${MGX_RECORDING:-/src/user/recording/sample.jsonl}"; }

free_port()
{
	MGX_LAB_ROOT=$BUILD/browser/root "$LAB_SRC/enter.sh" node -e \
		's = require("net").createServer().listen(0, "127.0.0.1", () => {
			console.log(s.address().port); s.close(); })'
}

serves() { curl -s -o /dev/null -m 5 "$1/api/v1/state"; }

# live KERNEL [TEST]
live()
{
	local port url i test=${2:-live}

	port=$(free_port)
	url=http://127.0.0.1:$port
	GUEST=$(mktemp -d "$BUILD/dashboard/guest.XXXXXX")
	chmod 777 "$GUEST"
	MGX_QEMU_ARGS="-netdev user,id=net,hostfwd=tcp:127.0.0.1:$port-:8080 -device virtio-net-pci,netdev=net,bus=pcie.0" \
		spawn "$LAB_SRC/vm.sh" -k "$1" -n "dashboard-$1" -t 900 \
		"/src/tests/dashboard/guest.sh /src/build/dashboard/${GUEST##*/}"
	for ((i = 0; i < BOOT; i++)); do
		! serves "$url" || break
		sleep 1
	done
	serves "$url" || die "mgxd in the guest does not serve; see build/logs/dashboard-$1.console"
	say "$test, kernel $1"
	mkdir -p "$BUILD/dashboard/$1"
	node_test "$test" MGX_URL="$url" MGX_GUEST="/src/build/dashboard/${GUEST##*/}" \
		MGX_SHOTS="/src/build/dashboard/$1" || {
		stop_children
		return 1
	}
	join_children
	rm -rf "$GUEST"
	GUEST=
}

picture()
{
	local release

	release=$(kernel_release "${MGX_KERNEL:-}")
	MGX_ENGINE=1 live "$release" picture || return
	mv "$BUILD/dashboard/$release/picture.png" "$REPO/user/dashboard.png"
	say "picture: user/dashboard.png, $(stat -c %s "$REPO/user/dashboard.png") bytes"
}

# The kernels that live is for.
series()
{
	if [[ -n ${MGX_KERNEL:-} ]]; then
		echo "$MGX_KERNEL"
	else
		cut -d ' ' -f 1 "$LAB/kernels"
	fi
}

trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
"$REPO/tests/dashboard/setup.sh"
[[ -x $BUILD/bin/mgxd ]] || die "build/bin/mgxd is missing; run 'make lab-build'"
mkdir -p "$BUILD/dashboard"
for name in "${tests[@]}"; do
	case $name in
	page) page || rc=$? ;;
	picture) picture || rc=$? ;;
	live)
		for kernel in $(series); do
			live "$kernel" || rc=$?
		done
		;;
	*) die "there is no test '$name'; give page, live or picture, or none for the first two" ;;
	esac
done
exit "$rc"
