#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# base.sh DIR PACKAGES: first step of the lab's root, see setup.sh: a minimal
# Debian 13 in DIR/root.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

dir=$1
shift

sources()
{
	local opt="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"

	echo "deb $opt $MGX_MIRROR trixie main"
	echo "deb $opt $MGX_MIRROR trixie-updates main"
	echo "deb $opt $MGX_MIRROR trixie-backports main"
	echo "deb $opt $MGX_SECURITY_MIRROR trixie-security main"
}

# The archive is unpacked by whoever owns the lab. Paths that nobody reads in a
# lab are left out, here and in later installs.
base_root()
{
	local how=()

	if ((EUID == 0)); then
		# Its mounts end with it, even if it is killed.
		how=(unshare --mount --propagation private
			mmdebstrap --mode=root)
		export TMPDIR=$dir
	else
		# Other ids work in there, and a home directory is closed to them.
		how=(mmdebstrap --mode=unshare)
		export TMPDIR=/tmp
	fi
	"${how[@]}" --variant=apt --format=tar \
		--include="$(IFS=,; echo "$*")" \
		--aptopt='APT::Sandbox::User "root"' \
		--aptopt='Acquire::Languages "none"' \
		--aptopt='Acquire::Retries "3"' \
		--dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/info/*' \
		--skip=cleanup/apt/lists \
		trixie "$dir/base.tar" "$dir/sources.list"
}

sources >"$dir/sources.list"
base_root "$@"
as_lab_root tar -x -p --numeric-owner --exclude './dev/*' -C "$dir/root" -f "$dir/base.tar"
rm "$dir/base.tar"
