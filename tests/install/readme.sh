# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by units-guest.sh: README's commands, in its order and as they stand there.
# What runs on the machine that builds is looked after elsewhere: 'make' by
# test-docs.sh, 'apt' by booted-root.sh.
# shellcheck disable=SC2154 # sysfs is of who sources this

# Each of these has commands; the rest of README may have some.
readme_sections=("Install it" "Use it" "Watch it" "Write one" "Channels" "Stop it")

# readme_lines: "<section>|<command>": the lines of those indented blocks that begin
# with a command, without comments.
readme_lines()
{
	local line section='' inside=''

	while IFS= read -r line; do
		case $line in
		'#'*) section=${line##*# } ;;
		esac
		if [[ $line != '    '* ]]; then
			inside=
			continue
		fi
		line=${line#    }
		[[ $inside ]] || inside=$(type -P "${line%% *}") || inside=none
		[[ $inside == none ]] || echo "$section|$line"
	done < <(sed '/^    /s/  *#.*//' /src/README.md)
}

answers() { curl -s -o /dev/null "localhost:$1/api/v1/state"; }

# run_server PORT COMMAND: one that serves; ended again, but for what says '&'
run_server()
{
	local pid

	bash -c "exec ${2%&}" >/tmp/line.log 2>&1 &
	pid=$!
	servers+=("$pid")
	wait_for 60 answers "$1"
	ok $? "README: $2" || sed 's/^/# /' /tmp/line.log
	[[ $2 == *'&' ]] || kill "$pid"
}

# in_charge NAME: what 'mgxctl load' says it has done
in_charge()
{
	local name

	name=$(basename "$1" .bpf.o)
	is "$(cat "$sysfs/state" "$sysfs/ops" | xargs)" "active $name" "README: $name is in charge"
}

run_readme_line()
{
	local word

	case $1 in
	'mgxd '*) run_server 9465 "$1" ; return ;;
	'mgxctl replay '*) run_server "${1##* }" "$1" ; return ;;
	'mgxctl metrics '*) mkdir -p "$(dirname "${1##* }")" ;;
	esac
	bash -c "$1" >/tmp/line.log 2>&1
	ok $? "README: $1" || sed 's/^/# /' /tmp/line.log
	case $1 in
	'mgxctl load '*)
		read -ra word <<<"$1"
		in_charge "${word[2]}" ;;
	esac
}

test_readme()
{
	local lines line section servers=() pid

	# The engines that are spoken of; the module takes them when it is told.
	modprobe ioatdma
	cd "$(mktemp -d)" || return
	mapfile -t lines < <(readme_lines)
	for section in "${readme_sections[@]}"; do
		printf '%s\n' "${lines[@]}" | grep -q "^$section|"
		ok $? "README: '$section' has commands"
	done
	for line in "${lines[@]}"; do
		case ${line#*|} in
		make | 'make '[!-]* | 'apt '*) continue ;;
		esac
		run_readme_line "${line#*|}"
	done
	for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null; done
	[[ ! -d /sys/module/migrate_ext ]]
	ok $? "README: it ends without the module"
	is "$(systemctl is-enabled migrate-ext mgxd 2>/dev/null | xargs)" "disabled disabled" "README: nor at the next boot"
	cd / || return
}
