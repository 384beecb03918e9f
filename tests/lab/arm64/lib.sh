# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the scripts for arm64 share: paths, and commands in the lab's root with
# the layer that has the cross compiler, the kernel and QEMU for arm64.

# shellcheck source=../lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

# Read by the scripts that source this file.
# shellcheck disable=SC2034
ARM_SRC=$LAB_SRC/arm64 ARM=$BUILD/arm64 ARM_LAYER=$BUILD/layer/arm64

# in_arm CMD...: CMD in the lab's root with the layer.
in_arm() { MGX_LAB_LAYERS=$ARM_LAYER "$LAB_SRC/enter.sh" "$@"; }

# arm_release: the release of the kernel that the layer has.
arm_release()
{
	local image

	for image in "$ARM_LAYER"/upper/boot/vmlinuz-*; do
		[[ -e $image ]] || die "there is no kernel for arm64 in $ARM_LAYER; run 'make lab-arm64'"
		echo "${image##*/vmlinuz-}"
		return
	done
}
