#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# files.sh: 'make install' and 'make uninstall', in a fresh copy of the lab's root:
# into a directory, used from there, and taken out again; the module's source by
# DKMS. TAP. Leaves a directory with all of it for units-guest.sh, in build/install.
set -uo pipefail
# shellcheck source=../lab/points.sh
. "$(dirname "$0")/../lab/points.sh"

dest=/tmp/dest
unset MGX_POLICY_PATH
# Only what was installed.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# contents DIRECTORY: all files with their sizes; modules have a list of their own
contents() { find "$1" -path /usr/lib/modules -prune -o \( -type f -o -type l \) -printf "%p %s %l\n" 2>/dev/null | sort; }

# The tree is bare: what works below it does so by what was installed there.
tools()
{
	local bin=$1/sbin

	like "$("$bin/mgxctl" --version 2>&1)" "mgxctl: +$version" "$2: mgxctl runs"
	is "$("$bin/mgxctl" --json policies | grep -c '"policy"')" \
		"$(find /src/bpf -name '*.bpf.c' ! -name mgx_monitor.bpf.c | wc -l)" "$2: all policies are found"
	like "$("$bin/mgxctl" policies mgx_noop | head -n 5)" "$1/lib/migrate_ext/bpf/mgx_noop" "$2: they are its own"
	like "$("$bin/mgxd" --version 2>&1)" "mgxd: +$version" "$2: mgxd runs"
	like "$("$bin/mgxtop" --version 2>&1)" "mgxtop: +$version" "$2: mgxtop runs"
	like "$("$bin/mgxbench" --version 2>&1)" "mgxbench: +$version" "$2: mgxbench runs"
}

policy()
{
	local work

	work=$(mktemp -d)
	(cd "$work" && "$1/sbin/mgxctl" new mine >new.log 2>&1)
	ok $? "$2: mgxctl new"
	PKG_CONFIG_PATH=$1/share/pkgconfig make -s -C "$work/mine" >"$work/log" 2>&1
	ok $? "$2: the new policy is built outside the tree" || sed 's/^/# /' "$work/log"
	like "$("$1/sbin/mgxctl" policies "$work/mine/mine.bpf.o" 2>&1)" "min_bytes" "$2: mgxctl knows its setting"
	! make -s -C "$work/mine" PKG_CONFIG=false -B >"$work/log" 2>&1
	ok $? "$2: without the headers it is not"
	like "$(cat "$work/log")" "no migrate_ext.pc: install migrate_ext" "$2: which says why"
	(cd "$work" && ! "$1/sbin/mgxctl" new mine >/dev/null 2>log)
	ok $? "$2: mgxctl new does not write over what is there"
	(cd "$work" && ! "$1/sbin/mgxctl" new ../other >/dev/null 2>log)
	ok $? "$2: mgxctl new takes a name, no path" || sed 's/^/# /' "$work/log"
}

# complete PROGRAM WORD...: what bash offers for the last word, by the function that
# the program's file registers.
complete_bash()
{
	# shellcheck disable=SC2016 # the inner shell expands
	PATH=$bin:$PATH bash -c '. "$1/$2" || exit
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		compopt() { :; } # is for a shell that completes
		function=$(complete -p "$1" | sed "s/.*-F \([^ ]*\) .*/\1/")
		"$function" "$1" "${!#}" "${*: -2:1}"
		echo "${COMPREPLY[*]}"' bash "$files" "$@" 2>&1
}

completion()
{
	local bin=$1/sbin files=$1/share/bash-completion/completions

	is "$(complete_bash mgxctl lo)" load "$2: bash completes commands"
	is "$(complete_bash mgxctl load mgx_noo)" mgx_noop "$2: and policies"
	is "$(complete_bash mgxctl --json load mgx_th)" mgx_threshold "$2: also behind an option"
	like "$(complete_bash mgxctl load mgx_reason --set min)" "^min_bytes=" "$2: and settings"
	like "$(complete_bash mgxctl load --)" "--replace .*--guard" "$2: and options of a command"
	is "$(complete_bash mgxctl status --re)" "" "$2: but not of another"
	is "$(complete_bash mgxctl help unl)" unload "$2: and what there is help for"
	is "$(complete_bash mgxd --repl)" --replay "$2: and options of mgxd"
	is "$(complete_bash mgxd --user roo)" root "$2: and users"
	is "$(complete_bash mgxtop --sort infl)" inflight "$2: and columns of mgxtop"
}

# Zsh is not in the lab; where it is, its completion is asked the same.
completion_zsh()
{
	local got

	if ! command -v zsh >/dev/null; then
		echo "ok $((++n)) - $2: zsh # SKIP no zsh"
		return
	fi
	got=$(PATH=$1/sbin:$PATH zsh -f -c '_describe() { print -r -- "$1: ${(P@)2}"; }; _files() { print files; }
		complete() { words=("$@") CURRENT=$#; . $file; }
		file=$0
		complete mgxctl ""; complete mgxctl unload -; complete mgxctl load ""; complete mgxd -; complete mgxctl record ""; complete mgxbench lat; complete mgxbench cpu -' \
		"$1/share/zsh/site-functions/_mgxctl" 2>&1 | paste -sd '|')
	like "$got" "^command: load:load a policy.* unload:take the policy.* help:print help\|option: --force:detach" "$2: zsh completes commands and options"
	like "$got" "\|policy: mgx_adaptive .*\|option: --replay:serve .*\|files\|command: move:throughput.*\|option: --policy:measure this policy" "$2: and policies, mgxd's options, files"
}

module()
{
	local src=$1 release

	release=$(sed -n '$s/.* //p' /src/build/lab/kernels)
	"$src/check.sh" "$release" "/lib/modules/$release/build" >/tmp/log 2>&1
	ok $? "module source: $release is taken" || cat /tmp/log
	[[ -e $src/dkms.conf && -e $src/Kbuild && ! -e $src/dkms.conf.in ]] && grep -q "$version" "$src/dkms.conf"
	ok $? "module source: dkms.conf and Kbuild"
}

# 'dkms install' as README has it; there it is for the kernel that runs.
by_dkms()
{
	local release dir
	release=$(sed -n '$s/.* //p' /src/build/lab/kernels)
	dir=/lib/modules/$release/updates/dkms

	dkms install "migrate-ext/$version" -k "$release" >/tmp/log 2>&1
	ok $? "dkms install migrate-ext/$version" || tail -n 5 /tmp/log | sed 's/^/# /'
	is "$(find "$dir" -name '*.ko*' | sed 's,.*/,,; s,\.ko.*,,' | sort | xargs)" "mgx_sim migrate_ext" "it builds and installs both modules"
	dkms remove "migrate-ext/$version" --all >/tmp/log 2>&1
	ok $? "dkms remove" || sed 's/^/# /' /tmp/log
	is "$(find "$dir" -name '*.ko*' 2>/dev/null)" "" "leaves no module"
}

# refused NAME PATTERN SED: a kernel whose headers are those of the newest, changed
refused()
{
	local release dir got rc
	release=$(sed -n '$s/.* //p' /src/build/lab/kernels)

	dir=$(mktemp -d)
	cp "/lib/modules/$release/build/.config" "/lib/modules/$release/build/Module.symvers" "$dir"
	cp -L "/lib/modules/$release/build/vmlinux" "$dir"
	sed -i "$3" "$dir/.config" "$dir/Module.symvers"
	[[ $4 != no-btf ]] || objcopy --remove-section .BTF "$dir/vmlinux"
	got=$("/usr/src/migrate-ext-$version/check.sh" "${5:-$release}" "$dir" 2>&1)
	rc=$?
	rm -r "$dir"
	is "$rc" 77 "module source: $1 is refused"
	like "$got" "$2" "module source: $1: it says why"
}

refusals()
{
	refused "a kernel without BTF" "CONFIG_DEBUG_INFO_BTF, .*; boot another" '/^CONFIG_DEBUG_INFO_BTF=/d' -
	refused "a vmlinux without BTF" "no vmlinux with BTF" '' no-btf
	refused "a kernel without the hook" "folio_mc_copy" '/folio_mc_copy/d' -
	refused "an old kernel" "too old; boot 6.12" '' - 6.1.0-9-amd64
	refused "a kernel without ftrace" "cannot be hooked" '/^CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS/d' -
}

cd /src || exit
before=$(contents /usr/local)$(contents /etc)
out=$(make install DESTDIR=$dest prefix=/usr 2>&1)
ok $? "make install DESTDIR= prefix=/usr" || echo "# $out"
is "$(contents /usr/local)$(contents /etc)" "$before" "nothing beside DESTDIR was touched"
tools $dest/usr "DESTDIR"
policy $dest/usr "DESTDIR"
completion $dest/usr "DESTDIR"
completion_zsh $dest/usr "DESTDIR"
for unit in migrate-ext mgxd; do
	grep -q "^ExecStart=/usr/sbin/mgx" $dest/usr/lib/systemd/system/$unit.service
	ok $? "$unit.service: names the program's place"
done
! grep -rlE '@(version|sbindir|sysconfdir|prefix|up|includedir)@' $dest
ok $? "no template is left unfilled"
echo MIGRATE_EXT_POLICY=mgx_cpu >>$dest/etc/default/migrate-ext
make install DESTDIR=$dest prefix=/usr
is "$(tail -n 1 $dest/etc/default/migrate-ext)" MIGRATE_EXT_POLICY=mgx_cpu "a second installation keeps the operator's settings"
make uninstall DESTDIR=$dest prefix=/usr >/dev/null
is "$(cd $dest && find . -type f | paste -sd ' ')" ./etc/default/migrate-ext "make uninstall leaves those, and nothing else"

before=$(contents /usr; contents /etc)
make install
ok $? "make install"
tools /usr/local "/usr/local"
policy /usr/local "/usr/local"
module "/usr/src/migrate-ext-$version"
by_dkms
refusals
make uninstall
is "$(contents /usr; contents /etc)" "$before" "make uninstall leaves nothing"

mkdir -p /src/build/install
rm -rf /src/build/install/dest
make install DESTDIR=/src/build/install/dest prefix=/usr
ok $? "make install for the guest"

mkdir /tmp/empty
! MGX_BUILD=/tmp/empty make install DESTDIR=/tmp/none >/tmp/log 2>&1
ok $? "make install without a build fails"
like "$(cat /tmp/log)" "is not built; run 'make' first" "and says what to do"
done_testing
