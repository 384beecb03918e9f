#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# layer.sh [NAME]: makes the layer NAME (tools) over the lab's root, build/layer/NAME,
# with the packages that packages-tools lists for it, if it is not there. "package:arm64"
# is a package of another architecture. MGX_LAB_LAYERS of enter.sh uses it. The lab
# must be there.
# layer.sh --new NAME: makes build/layer/NAME, empty; prints its path.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# packages: of the layer
packages() { awk -v layer="$name" '$1 == layer { print $2 }' "$LAB_SRC/packages-tools"; }

recipe()
{
	{
		cat "$LAB/recipe" "$LAB_SRC/layer.sh"
		packages
	} | sha256sum | cut -d ' ' -f 1
}

empty_layer()
{
	as_lab_root rm -rf --one-file-system "$BUILD/layer/$1"
	mkdir -p "$BUILD/layer/$1"/{upper,work,root}
}

# inside PACKAGE...: runs in the layer.
inside()
{
	local arch

	for arch in $(printf '%s\n' "$@" | sed -n 's/.*:\([a-z0-9]*\).*/\1/p' | sort -u); do
		dpkg --add-architecture "$arch" || return
	done
	apt-get -q update && INITRD=No apt-get -q install -y --no-install-recommends "$@" &&
		apt-get clean
}

install_packages()
{
	local packages

	mapfile -t packages < <(packages)
	MGX_LAB_LAYERS=$LAYER "$LAB_SRC/enter.sh" bash -c \
		"$(declare -f inside); inside \"\$@\"" "$name" "${packages[@]}"
}

if [[ ${1:-} == --new ]]; then
	empty_layer "$2"
	echo "$BUILD/layer/$2"
	exit
fi
name=${1:-tools}
LAYER=$BUILD/layer/$name
mkdir -p "$BUILD/layer" "$LOGS"
exec 9>"$BUILD/layer/lock"
flock 9
[[ $(cat "$LAYER/recipe" 2>/dev/null) != "$(recipe)" ]] || exit 0
empty_layer "$name"
# shellcheck disable=SC2034 # lib.sh puts it before each message
LAB_TAG=$name
run_step "packages of the layer $name" "$LOGS/layer-$name.log" install_packages ||
	die "cannot install the packages of tests/lab/packages-tools (log: $LOGS/layer-$name.log)"
recipe >"$LAYER/recipe"
