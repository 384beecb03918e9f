#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# install.sh BUILD install|uninstall: puts what was built in BUILD, and all that
# goes with it, into its places below $DESTDIR, or takes it out again. It builds
# nothing, so that root need not.
#
# Environment: DESTDIR, prefix, and single directories: see below.
set -eu
src=$(cd "$(dirname "$0")/.." && pwd)
build=$1 do=$2

: "${DESTDIR:=}" "${prefix:=/usr/local}" "${sysconfdir:=/etc}"
: "${sbindir:=$prefix/sbin}" "${libdir:=$prefix/lib}" "${datarootdir:=$prefix/share}"
: "${includedir:=$prefix/include}" "${mandir:=$datarootdir/man}"
: "${unitdir:=$libdir/systemd/system}" "${sysusersdir:=$libdir/sysusers.d}"
: "${pkgconfigdir:=$datarootdir/pkgconfig}"
: "${bashdir:=$datarootdir/bash-completion/completions}"
: "${zshdir:=$datarootdir/zsh/site-functions}"
# mgxctl looks for these two beside itself, as ../lib and ../share.
policydir=$libdir/migrate_ext/bpf
datadir=$datarootdir/migrate_ext
version=$(sed -n 's/^#define MGX_VERSION_STR "\(.*\)"/\1/p' "$src/kernel/migrate_ext.h")
# DKMS looks nowhere else.
: "${modsrcdir:=/usr/src/migrate-ext-$version}"

die()
{
	echo "install: error: $*" >&2
	exit 1
}

# put_as MODE SOURCE TARGET
put_as()
{
	if [ "$do" = uninstall ]; then
		rm -f "$DESTDIR$3"
		return
	fi
	[ -e "$2" ] || die "$2 is not built; run 'make' first, as yourself"
	mkdir -p "$(dirname "$DESTDIR$3")"
	install -m "$1" "$2" "$DESTDIR$3"
}

# put MODE DIRECTORY SOURCE...
put()
{
	mode=$1 dir=$2
	shift 2
	for file; do
		put_as "$mode" "$file" "$dir/$(basename "$file")"
	done
}

# fill MODE SOURCE TARGET: a template
fill()
{
	filled=$(mktemp)
	sed -e "s|@version@|$version|g" -e "s|@sbindir@|$sbindir|g" \
		-e "s|@sysconfdir@|$sysconfdir|g" -e "s|@up@|$up|g" \
		-e "s|@includedir@|$includedir|g" -e "s|@prefix@|$prefix|g" "$2" >"$filled"
	put_as "$1" "$filled" "$3"
	rm -f "$filled"
}

# conf SOURCE TARGET: what the operator changes stays as he left it.
conf()
{
	if [ "$do" = install ] && [ -e "$DESTDIR$2" ]; then
		return
	fi
	if [ "$do" = uninstall ] && [ -e "$DESTDIR$2" ] && ! cmp -s "$1" "$DESTDIR$2"; then
		echo "install: $DESTDIR$2 was changed and stays"
		return
	fi
	put_as 644 "$1" "$2"
}

tools()
{
	# Each tool has a page of section 8.
	for page in "$src"/user/*.8; do
		put 755 "$sbindir" "$build/bin/$(basename "$page" .8)"
	done
	for source in "$src"/bpf/*.bpf.c; do
		name=$(basename "$source" .bpf.c)
		# This one is a part of mgxd.
		[ "$name" = mgx_monitor ] || put 644 "$policydir" "$build/bpf/$name.bpf.o"
	done
	put 644 "$datadir" "$src/user/grafana.json" "$src/user/alerts.yml"
}

documents()
{
	for page in "$src"/user/*.[578]; do
		put 644 "$mandir/man${page##*.}" "$page"
	done
	for file in "$src"/user/completion/*.bash; do
		put_as 644 "$file" "$bashdir/$(basename "$file" .bash)"
	done
	for file in "$src"/user/completion/*.zsh; do
		put_as 644 "$file" "$zshdir/_$(basename "$file" .zsh)"
	done
}

# For who writes policies.
headers()
{
	put 644 "$includedir/migrate_ext" "$src/kernel/migrate_ext.h" \
		"$src/bpf/mgx_policy.h" "$src/bpf/mgx_common.bpf.h" "$src/bpf/mgx_compat.bpf.h"
	# Relative, so that it also serves from below DESTDIR.
	up=$(echo "${pkgconfigdir#"$prefix/"}" | sed 's|[^/][^/]*|..|g')
	fill 644 "$src/user/migrate_ext.pc.in" "$pkgconfigdir/migrate_ext.pc"
	put 644 "$datadir/skeleton" "$src"/user/skeleton/*
}

units()
{
	up=
	for file in "$src"/user/systemd/*.service.in; do
		fill 644 "$file" "$unitdir/$(basename "$file" .in)"
	done
	put_as 644 "$src/user/systemd/sysusers.conf" "$sysusersdir/migrate-ext.conf"
	conf "$src/user/systemd/migrate-ext.default" "$sysconfdir/default/migrate-ext"
	conf "$src/user/systemd/mgxd.default" "$sysconfdir/default/mgxd"
}

module_source()
{
	up=
	put 644 "$modsrcdir" "$src/kernel/Kbuild" "$src"/kernel/*.[ch] "$src/LICENSE"
	put 755 "$modsrcdir" "$src/user/dkms/check.sh"
	fill 644 "$src/user/dkms/dkms.conf.in" "$modsrcdir/dkms.conf"
}

# Directories that nobody else has anything in.
own_directories()
{
	[ "$do" = uninstall ] || return 0
	for dir in "$policydir" "$libdir/migrate_ext" "$datadir/skeleton" "$datadir" \
		"$includedir/migrate_ext" "$modsrcdir"; do
		rmdir "$DESTDIR$dir" 2>/dev/null || true
	done
}

case $do in
install | uninstall) ;;
*) die "usage: install.sh BUILD install|uninstall" ;;
esac
for part in ${parts:-tools documents headers units module_source}; do
	"$part"
done
own_directories
