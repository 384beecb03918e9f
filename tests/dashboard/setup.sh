#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# setup.sh: what the tests of the dashboard need, once: a Debian 13 root with
# Chromium and node in build/browser/root, and, by npm in there, the packages of
# package-lock.json in build/browser/node. It is a root of its own, since the lab
# would be twice as large with a browser.
#
# MGX_MIRROR, MGX_SECURITY_MIRROR: see tests/lab/setup.sh.
set -euo pipefail
# shellcheck source=../lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"

export MGX_MIRROR=${MGX_MIRROR:-http://deb.debian.org/debian}
export MGX_SECURITY_MIRROR=${MGX_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
LAB_TAG=browser
HERE=$REPO/tests/dashboard
BROWSER=$BUILD/browser
NEED_MB=2200
TMP=

# The last three are what mgxd is linked with.
PACKAGES=(ca-certificates chromium nodejs npm fonts-dejavu-core curl
	libmicrohttpd12t64 libbpf1 libjson-c5)

# stamp WHAT, and what it is made by on standard input: 0 if it is there already.
# Else sets $new, to be put into the file once it is made.
stamp()
{
	new=$(sha256sum | cut -d ' ' -f 1)
	[[ $(cat "$BROWSER/$1.recipe" 2>/dev/null) == "$new" ]]
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

make_root()
{
	stamp root < <(printf '%s\n' "${PACKAGES[@]}" | cat - "$LAB_SRC/base.sh") && return
	need_mb "$BROWSER" "$NEED_MB" "Chromium's root"
	say "making a root with Chromium in $BROWSER"
	TMP=$(mktemp -d "$BROWSER/new.XXXXXX")
	chmod 755 "$TMP"
	mkdir "$TMP/root"
	run_step "Chromium and node" "$LOGS/browser-root.log" \
		"$LAB_SRC/base.sh" "$TMP" "${PACKAGES[@]}" ||
		die "cannot make the browser's root; see $LOGS/browser-root.log"
	[[ ! -e $BROWSER/root ]] || as_lab_root rm -rf --one-file-system "$BROWSER/root"
	mv "$TMP/root" "$BROWSER/root"
	echo "$new" >"$BROWSER/root.recipe"
}

# Whom this machine trusts, npm trusts in there as well: there may be a proxy.
authorities()
{
	local bundle=/etc/ssl/certs/ca-certificates.crt

	[[ ! -r $bundle ]] || cp "$bundle" "$BROWSER/node/authorities.pem"
}

npm_packages()
{
	stamp node < <(cat "$HERE/package.json" "$HERE/package-lock.json") && return
	rm -rf "$BROWSER/node"
	mkdir "$BROWSER/node"
	cp "$HERE/package.json" "$HERE/package-lock.json" "$BROWSER/node"
	authorities
	run_step "npm packages" "$LOGS/browser-npm.log" \
		env MGX_LAB_ROOT="$BROWSER/root" "$LAB_SRC/enter.sh" env \
		NODE_EXTRA_CA_CERTS=/src/build/browser/node/authorities.pem \
		npm ci --prefix /src/build/browser/node --ignore-scripts --no-audit --no-fund ||
		die "npm does not install playwright-core and axe-core; see $LOGS/browser-npm.log"
	echo "$new" >"$BROWSER/node.recipe"
}

main()
{
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir -p "$BROWSER" "$LOGS"
	exec 9>"$BROWSER/lock"
	flock 9
	make_root
	npm_packages
}

main "$@"
