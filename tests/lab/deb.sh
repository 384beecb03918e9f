#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# deb.sh: builds the Debian packages migrate-ext and migrate-ext-dkms in the lab,
# from the tree as it is, into build/deb, and asks lintian about them.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

LAB_TAG=deb
DEB=$BUILD/deb

# The tree without what git does not know, debian/ where dpkg wants it.
stage()
{
	as_lab_root rm -rf --one-file-system "$DEB"
	mkdir -p "$DEB/source"
	git -C "$REPO" ls-files -z --cached --others --exclude-standard -- kernel bpf user LICENSE README.md |
		tar -c -C "$REPO" --null -T - | tar -x -C "$DEB/source"
	mv "$DEB/source/user/debian" "$DEB/source/debian"
}

packages()
{
	MGX_LAB_LAYERS=$BUILD/layer/tools "$LAB_SRC/enter.sh" bash -c \
		"cd /src/build/deb/source && DEB_BUILD_OPTIONS=parallel=$(nproc) dpkg-buildpackage -b -us -uc"
}

# Root's lab belongs to root, another's to an id of his.
lint()
{
	MGX_LAB_LAYERS=$BUILD/layer/tools "$LAB_SRC/enter.sh" bash -c \
		'cd /src/build/deb && lintian --allow-root --fail-on error,warning --tag-display-limit 0 ./*.changes'
}

main()
{
	trap stop_step EXIT
	"$LAB_SRC/layer.sh"
	stage
	run_step "packages" "$LOGS/deb.log" packages ||
		die "the packages cannot be built; $LOGS/deb.log ends with: $(tail -n 3 "$LOGS/deb.log")"
	lint || die "lintian complains"
	say "lintian: clean"
	(cd "$BUILD" && ls -l deb/*.deb)
}

main "$@"
