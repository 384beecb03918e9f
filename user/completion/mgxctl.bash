# bash completion for mgxctl(8)			-*- shell-script -*-
# SPDX-License-Identifier: GPL-2.0-only

_mgxctl_policies()
{
	mgxctl --json policies 2>/dev/null |
		sed -n 's/^ *"policy": *"\([^"]*\)".*/\1/p'
}

# Settings of the policy that is already on the command line.
_mgxctl_settings()
{
	local word

	for word in "${COMP_WORDS[@]:2}"; do
		[[ $word == -* || $word == *=* ]] && continue
		mgxctl --json policies "$word" 2>/dev/null |
			sed -n 's/^ *"key": *"\([^"]*\)".*/\1=/p'
	done
}

_mgxctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local commands='load unload off restore status policies channels events dump sample metrics record replay new bpftool check help'
	local options='-j --json -v --verbose -h --help -V --version'
	local command='' word

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ $word == -* ]] && continue
		command=$word
		break
	done
	[[ $command == record ]] && options+=' -n --seconds'
	[[ $command == replay ]] && options+=' -p --port'
	[[ $command == load ]] && options+=' -s --set -r --replace -f --foreground -w --wait -g --guard'
	[[ $command == unload ]] && options+=' -f --force'
	[[ $command == dump ]] && options+=' -l --last'

	case $prev in
	-s | --set)
		mapfile -t COMPREPLY < <(compgen -W "$(_mgxctl_settings)" -- "$cur")
		compopt -o nospace
		return
		;;
	esac
	case $cur in
	-*)
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		return
		;;
	esac
	case $command in
	'' | help) mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur") ;;
	record | replay | metrics) compopt -o default ;;
	load | policies)
		mapfile -t COMPREPLY < <(compgen -W "$(_mgxctl_policies)" -- "$cur")
		((${#COMPREPLY[@]})) || compopt -o default
		;;
	esac
} &&
	complete -F _mgxctl mgxctl
