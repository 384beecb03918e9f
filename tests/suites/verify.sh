# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by guest.sh: verifiers by others, while their memory is moved to and fro
# between the nodes, and while memory is compacted.

# family PID: it and what it started
family()
{
	local pid=$1 child

	echo "$pid"
	for child in $(<"/proc/$pid/task/$pid/children"); do
		family "$child"
	done
}

# pingpong PID: until it has ended
pingpong()
{
	local from=0 pid

	while kill -0 "$1" 2>/dev/null; do
		for pid in $(family "$1"); do
			migratepages "$pid" "$from" $((1 - from)) 2>/dev/null
		done
		from=$((1 - from))
	done
}

# moved SECONDS CMD...: CMD while its memory is moved; its status
moved()
{
	local limit=$1 pid mover rc=0
	shift

	timeout -k 10 "$limit" "$@" </dev/null &
	pid=$!
	pingpong "$pid" &
	mover=$!
	wait "$pid" || rc=$?
	kill "$mover" 2>/dev/null
	wait "$mover" 2>/dev/null
	return "$rc"
}

# compacting CMD...: CMD while all memory is compacted
compacting()
{
	local job rc=0

	while :; do
		echo 1 >/proc/sys/vm/compact_memory
		sleep 0.1
	done &
	job=$!
	"$@" || rc=$?
	kill "$job"
	wait "$job" 2>/dev/null
	return "$rc"
}

SATURATION=25 # seconds of each verifier that has no end of its own

# fio_job DIR NAME OPTION...
fio_job()
{
	compacting moved 400 fio --name="$2" --directory="$1" --size=32m --bsrange=4k-64k \
		--rw=randrw --verify=crc32c --verify_fatal=1 --do_verify=1 --randseed=7 \
		--fallocate=none --allow_file_create=1 --verify_state_save=0 "${@:3}"
}

stress() { stress-ng --oomable --timeout 300 --verify "$@"; }

# numactl's own; one that is not there was not built
NUMACTL_TESTS=/src/build/suites/numactl/test

numactl_cases()
{
	local test

	cd "$NUMACTL_TESTS" || die "numactl's tests are not built"
	for test in distance ftok mbind_mig_pages migrate_pages move_pages node-parse \
		nodemap pagesize realloc_test tbitmap; do
		check "numactl $test" timeout 60 "./$test"
	done
	cd / || exit
}

suite_verify()
{
	check stressapptest moved 200 stressapptest -M 128 -m 2 -C 1 -s "$SATURATION"
	check memtester moved 400 memtester 12M 1
	check "stress-ng vm" moved 400 stress-ng --oomable --vm 2 --vm-bytes 64m \
		--vm-method all --verify -t "$SATURATION"
	check "stress-ng numa" stress --numa 2 --numa-bytes 16m --numa-ops 40
	check "stress-ng userfaultfd" moved 400 stress-ng --oomable --userfaultfd 1 \
		--userfaultfd-ops 4000 --verify -t 300
	check "stress-ng mremap" moved 400 stress-ng --oomable --mremap 1 --mremap-bytes 16m \
		--mremap-ops 200 --verify -t 300
	check "stress-ng memhotplug" stress --memhotplug 1 --memhotplug-ops 4
	check "fio shmem" fio_job /dev/shm shmem --ioengine=mmap
	check "fio ext4 direct" fio_job /mnt/disk direct --ioengine=psync --direct=1
	check "fio ext4 mmap" fio_job /mnt/disk mmap --ioengine=mmap
	! wanted numactl || numactl_cases
}
