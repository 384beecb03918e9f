#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# layer.sh: makes the layer 'tools' over the lab's root, build/layer/tools, with
# the packages of packages-tools, if it is not there. MGX_LAB_LAYERS of enter.sh
# uses it. The lab must be there.
# layer.sh --new NAME: makes build/layer/NAME, empty; prints its path.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

TOOLS=$BUILD/layer/tools

recipe() { cat "$LAB/recipe" "$LAB_SRC"/{packages-tools,layer.sh} | sha256sum | cut -d ' ' -f 1; }

empty_layer()
{
	as_lab_root rm -rf --one-file-system "$BUILD/layer/$1"
	mkdir -p "$BUILD/layer/$1"/{upper,work,root}
}

install_tools()
{
	local packages

	mapfile -t packages < <(awk '$1 == "tools" { print $2 }' "$LAB_SRC/packages-tools")
	# shellcheck disable=SC2016 # the inner shell expands
	MGX_LAB_LAYERS=$TOOLS "$LAB_SRC/enter.sh" bash -c \
		'apt-get -q update && apt-get -q install -y --no-install-recommends "$@" && apt-get clean' \
		tools "${packages[@]}"
}

if [[ ${1:-} == --new ]]; then
	empty_layer "$2"
	echo "$BUILD/layer/$2"
	exit
fi
mkdir -p "$BUILD/layer" "$LOGS"
exec 9>"$BUILD/layer/lock"
flock 9
[[ $(cat "$TOOLS/recipe" 2>/dev/null) != "$(recipe)" ]] || exit 0
empty_layer tools
# shellcheck disable=SC2034 # lib.sh puts it before each message
LAB_TAG=tools
run_step "packages for checks and packaging" "$LOGS/layer-tools.log" install_tools ||
	die "cannot install the packages of tests/lab/packages-tools (log: $LOGS/layer-tools.log)"
recipe >"$TOOLS/recipe"
