# bash completion for mgxbench(8)			-*- shell-script -*-
# SPDX-License-Identifier: GPL-2.0-only

_mgxbench_policies()
{
	mgxctl --json policies 2>/dev/null |
		sed -n 's/^ *"policy": *"\([^"]*\)".*/\1/p'
}

_mgxbench()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local commands='move latency access cpu app report help'
	local options='-v --verbose -h --help -V --version'
	local command='' word

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ $word == -* ]] && continue
		command=$word
		break
	done
	case $command in
	report) options+=' -o --output -s --svg' ;;
	move | latency | access | cpu | app)
		options+=' -p --policy -s --size -b --batch -t --threads -H --heat -n --nodes -m --bytes'
		options+=' -r --repeats -w --warmup -N --no-verify -P --prepare -j --json -c --csv -k --note'
		;;
	esac
	[[ $command == app ]] && options+=' -l --workload -d --seconds'

	case $prev in
	-p | --policy)
		mapfile -t COMPREPLY < <(compgen -W "$(_mgxbench_policies)" -- "$cur")
		((${#COMPREPLY[@]})) || compopt -o default
		return
		;;
	-s | --size)
		if [[ $command == report ]]; then
			compopt -o default
			return
		fi
		mapfile -t COMPREPLY < <(compgen -W '4K 16K 64K 256K 1M 2M huge2M huge1G mixed all' -- "$cur")
		return
		;;
	-H | --heat)
		mapfile -t COMPREPLY < <(compgen -W 'hot cold both' -- "$cur")
		return
		;;
	-l | --workload)
		mapfile -t COMPREPLY < <(compgen -W 'chase redis' -- "$cur")
		return
		;;
	-j | --json | -c | --csv | -o | --output | --svg)
		compopt -o default
		return
		;;
	-b | --batch | -t | --threads | -n | --nodes | -m | --bytes | -r | --repeats | -w | --warmup | -k | --note | -d | --seconds) return ;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		return
	fi
	case $command in
	'' | help) mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur") ;;
	report) compopt -o default ;;
	esac
} &&
	complete -F _mgxbench mgxbench
