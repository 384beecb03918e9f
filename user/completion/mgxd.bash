# bash completion for mgxd(8)			-*- shell-script -*-
# SPDX-License-Identifier: GPL-2.0-only

_mgxd()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local options='-r --replay -p --port -H --host -g --group -u --user -d --run-dir'
	options+=' -h --help -V --version'

	case $prev in
	-r | --replay | -d | --run-dir)
		compopt -o default
		return
		;;
	-u | --user)
		mapfile -t COMPREPLY < <(compgen -u -- "$cur")
		return
		;;
	-g | --group)
		mapfile -t COMPREPLY < <(compgen -g -- "$cur")
		return
		;;
	-p | --port | -H | --host) return ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
} &&
	complete -F _mgxd mgxd
