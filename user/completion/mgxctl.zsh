#compdef mgxctl mgxd mgxtop mgxbench
# SPDX-License-Identifier: GPL-2.0-only
#
# Asks the programs themselves: help prints their tables of commands and options,
# a row each, "  word  what it does".

_mgx_options()
{
	"$@" 2>/dev/null | sed -nE 's/^ +-., (--[a-z-]+).*  +([^ ].*)$/\1:\2/p'
}

_mgx_commands()
{
	"$1" help 2>/dev/null | sed -nE '/^commands:/,/^global/ s/^ +([a-z]+).*  +([^ ].*)$/\1:\2/p' |
		grep -v '^command:'
}

_mgx_policies()
{
	mgxctl --json policies 2>/dev/null | sed -n 's/^ *"policy": *"\([^"]*\)".*/\1/p'
}

_mgxctl()
{
	local -a rows
	local -a before=(${words[2,CURRENT-1]:#-*})

	if [[ $words[1] != *(mgxctl|mgxbench) ]]; then
		rows=(${(f)"$(_mgx_options $words[1] --help)"})
		_describe option rows
		return
	fi
	if [[ $words[CURRENT] == -* ]]; then
		rows=(${(f)"$(_mgx_options $words[1] help $before[1])"})
		_describe option rows
		return
	fi
	case $before[1] in
	'' | help)
		rows=(${(f)"$(_mgx_commands $words[1])"})
		_describe command rows
		;;
	load | policies)
		rows=(${(f)"$(_mgx_policies)"})
		_describe policy rows || _files
		;;
	record | replay | metrics | report) _files ;;
	esac
}

_mgxctl "$@"
