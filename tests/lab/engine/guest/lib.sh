# shellcheck shell=bash
# shellcheck disable=SC2034 # variables are for who sources this
# SPDX-License-Identifier: GPL-2.0-only
# Sourced in the guest by what talks to the engine, through the directory that
# relay.sh watches on the other side. A process is dear in an emulated guest:
# what is asked often is asked once and kept in variables.

mailbox=/src/build/run/$(tr ' ' '\n' </proc/cmdline | sed -n 's/^mgx.run=//p')/mail
modules=/src/build/engine/$(uname -r)
asked=0 marks=0
# Nobody ever writes there: read -t waits without a process.
exec {nothing}<> <(:)

pause() { read -rt "$1" -u "$nothing" || true; }

# ask COMMAND...: tells the engine something; what it says is in $reply.
ask()
{
	local base=$mailbox/$BASHPID.$((++asked)) status

	echo "$*" >"$base.new"
	mv "$base.new" "$base.ask"
	while [[ ! -e $base.answer ]]; do
		pause 0.05
	done
	{
		read -r status
		IFS= read -rd '' reply || true
	} <"$base.answer"
	rm "$base.answer"
	return "$status"
}

# find_functions: the engine's name of each channel of the guest that is one of
# its: function 0 is on the bus that begins at 64, function 1 at 128.
declare -A engine_name
find_functions()
{
	local dir bus

	for dir in /sys/class/dma/*; do
		[[ $(readlink -f "$dir/device/driver") == */ioatdma ]] || continue
		bus=$(readlink -f "$dir/device")
		bus=${bus##*/0000:}
		engine_name[${dir##*/}]=$(((0x${bus%%:*} - 64) / 64)).${dir##*chan}
	done
}

# read_counters: what the engine has counted, for counter()
read_counters() { ask stat && counters=$reply; }

# counter CHANNEL NAME: result in $count, 0 if it is not mentioned
counter()
{
	local line name=${engine_name[$1]}

	count=0
	while read -r line; do
		[[ $line == "$name "* && $line =~ \ $2\ ([0-9]+) ]] || continue
		count=${BASH_REMATCH[1]}
	done <<<"$counters"
}

load_driver()
{
	modprobe dca && modprobe ioatdma && find_functions
}

# load MODULE [PARAMETER=VALUE...]
load() { insmod "$modules/$1.ko" "${@:2}"; }

# mark: read_log() gives what the kernel says from now on
mark()
{
	marked=mgx-engine:$((++marks))
	echo "$marked${1:+ $1}" >/dev/kmsg
}

read_log()
{
	log=$(dmesg)
	log=${log##*"$marked"}
}

# probe CHANNEL [PARAMETER=VALUE...]: a row of copies on a channel
probe()
{
	load mgx_dmaprobe channel="$1" "${@:2}"
	rmmod mgx_dmaprobe
}
