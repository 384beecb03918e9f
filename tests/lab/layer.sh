#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# layer.sh [NAME]: makes the layer NAME ('tools' without) over the lab's root,
# build/layer/NAME, with the packages that packages-tools has for it, if it is not
# there. MGX_LAB_LAYERS of enter.sh uses it. The lab must be there.
# layer.sh --new NAME: makes build/layer/NAME, empty; prints its path.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

packages() { awk -v w="$1" '$1 == w { print $2 }' "$LAB_SRC/packages-tools"; }

recipe()
{
	{
		cat "$LAB/recipe" "$LAB_SRC/layer.sh"
		packages "$1"
	} | sha256sum | cut -d ' ' -f 1
}

empty_layer()
{
	as_lab_root rm -rf --one-file-system "$BUILD/layer/$1"
	mkdir -p "$BUILD/layer/$1"/{upper,work,root}
}

# install_packages NAME
install_packages()
{
	local list

	mapfile -t list < <(packages "$1")
	# shellcheck disable=SC2016 # the inner shell expands
	MGX_LAB_LAYERS=$BUILD/layer/$1 "$LAB_SRC/enter.sh" bash -c \
		'apt-get -q update && apt-get -q install -y --no-install-recommends "$@" && apt-get clean' \
		"$1" "${list[@]}"
}

if [[ ${1:-} == --new ]]; then
	empty_layer "$2"
	echo "$BUILD/layer/$2"
	exit
fi
name=${1:-tools}
mkdir -p "$BUILD/layer" "$LOGS"
exec 9>"$BUILD/layer/lock"
flock 9
[[ $(cat "$BUILD/layer/$name/recipe" 2>/dev/null) != "$(recipe "$name")" ]] || exit 0
empty_layer "$name"
# shellcheck disable=SC2034 # lib.sh puts it before each message
LAB_TAG=$name
run_step "packages of the layer '$name'" "$LOGS/layer-$name.log" install_packages "$name" ||
	die "cannot install the packages of tests/lab/packages-tools (log: $LOGS/layer-$name.log)"
recipe "$name" >"$BUILD/layer/$name/recipe"
