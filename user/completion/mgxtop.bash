# bash completion for mgxtop(8)			-*- shell-script -*-
# SPDX-License-Identifier: GPL-2.0-only

_mgxtop()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local options='-d --delay -n --samples -b --batch -s --sort -f --filter'
	options+=' -r --replay -h --help -V --version'
	local columns='id name kind node state mib/s p50 p99 inflight errors total'

	case $prev in
	-s | --sort)
		mapfile -t COMPREPLY < <(compgen -W "$columns" -- "$cur")
		return
		;;
	-r | --replay)
		compopt -o default
		return
		;;
	-d | --delay | -n | --samples | -f | --filter) return ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
} &&
	complete -F _mgxtop mgxtop
