#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mgxctl.sh: mgxctl from outside: what it does, and what it says and leaves
# behind when it cannot. Runs as root in the guest, module loaded.
# kselftest-timeout: 900
# shellcheck disable=SC2016 # Perl
set -u

here=$(cd "$(dirname "$0")" && pwd)
bad=$here/bpf
sysfs=/sys/kernel/migrate_ext
pins=/sys/fs/bpf/migrate_ext
tmp=$(mktemp -d)
n=0 failed=0
jobs=()

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	local job

	for job in ${jobs[@]+"${jobs[@]}"}; do
		kill -KILL "$job" 2>/dev/null
		wait "$job" 2>/dev/null
	done
	mgxctl unload >/dev/null 2>&1
	rm -rf "$tmp"
}
trap cleanup EXIT

# --- test points ---------------------------------------------------------------

# ok STATUS NAME
ok()
{
	n=$((n + 1))
	if (($1 == 0)); then
		echo "ok $n $2"
	else
		echo "not ok $n $2"
		failed=$((failed + 1))
	fi
	return "$1"
}

# is GOT WANT NAME
is()
{
	[[ $1 == "$2" ]]
	ok $? "$3" || echo "# got '$1', want '$2'"
}

# like GOT PATTERN NAME: an extended regular expression
like()
{
	[[ $1 =~ $2 ]]
	ok $? "$3" || printf '# got: %s\n# want: %s\n' "${1//$'\n'/$'\n'# }" "$2"
}

state() { cat $sysfs/state; }
ops() { cat $sysfs/ops; }

# refused NAME PATTERN ARGUMENT...: mgxctl fails with one line, its last, that
# has the form of an error and matches.
refused()
{
	local name=$1 pattern=$2 status=0 last
	shift 2

	mgxctl "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	last=$(tail -n 1 "$tmp/err")
	[[ $status -ne 0 && ! -s $tmp/out && $last =~ ^"mgxctl: " && $last =~ $pattern ]] &&
		[[ $(grep -c '^mgxctl: ' "$tmp/err") == 1 ]] &&
		! grep -q '^libbpf:' "$tmp/err"
	ok $? "$name" && return
	echo "# status $status, want: $pattern"
	sed 's/^/# out: /' "$tmp/out"
	sed 's/^/# err: /' "$tmp/err"
}

# one_line NAME: the error of the last refused() was nothing but that line.
one_line() { is "$(wc -l <"$tmp/err")" 1 "$1: one line"; }

nothing_left()
{
	is "$(state) $(cat $sysfs/hooks)" "none idle" "$1: no policy, hooks idle"
	[[ ! -e $pins ]]
	ok $? "$1: nothing pinned"
}

# json FILTER: reads JSON, fails if it is none; prints the Perl expression FILTER
# of $_, the document.
json()
{
	perl -MJSON::PP -e 'local $/; $_ = JSON::PP->new->decode(<STDIN>); print eval $ARGV[0]' "$1"
}

# copied: bytes copied for move_pages() and the like, of 'status --json' on stdin
copied()
{
	json 'my ($r) = grep { $_->{reason} eq "syscall" } @{$_->{reasons}};
		$r->{copied_bytes} // "unknown"'
}

# wait_for SECONDS COMMAND...
wait_for()
{
	local tries=$(($1 * 10))
	shift

	while ((tries--)); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

# start_victim: a process with memory to migrate; sets $victim.
start_victim()
{
	perl -e '$m = "x" x (8 << 20); print "up\n"; close STDOUT; sleep 3600' >"$tmp/victim" &
	victim=$!
	jobs+=("$victim")
	wait_for 20 test -s "$tmp/victim"
}

migrate()
{
	migratepages "$victim" 0 1
	migratepages "$victim" 1 0
}

# --- command line ----------------------------------------------------------------

test_usage()
{
	refused "no command" "a command is missing; see"
	refused "unknown command" "mgxctl: frobnicate: no such command" frobnicate
	refused "unknown option" "load: unknown option '--force'" load --force mgx_noop
	refused "option without its argument" "'--set' needs an argument" load mgx_noop --set
	refused "argument missing" "load: an argument is missing; usage: mgxctl load NAME" load
	refused "too many arguments" "status: too many arguments" status now
	refused "options that exclude each other" "exclude each other" load -r -f mgx_noop
	mgxctl frobnicate >/dev/null 2>&1
	is $? 2 "a wrong command line is status 2"
	like "$(mgxctl --version)" "interface: +[0-9]" "--version"
	like "$(mgxctl help)" "unload " "help lists commands"
	like "$(mgxctl help load)" "--replace" "help of a command"
	like "$(mgxctl load --help)" "--replace" "--help of a command"
	is "$(NO_COLOR=1 mgxctl check | grep -c $'\033')" 0 "no colours in a pipe"
}

test_json()
{
	local command

	for command in help "help load" --version policies events status check; do
		# shellcheck disable=SC2086 # words
		mgxctl --json $command | json 1 >/dev/null
		ok $? "--json $command is JSON"
	done
	is "$(mgxctl load nonesuch --json 2>/dev/null | json '$_->{error}{what}')" \
		"load nonesuch" "an error is JSON, too"
}

# --- files -------------------------------------------------------------------------

test_files()
{
	local empty=$tmp/empty.o

	: >"$empty"
	refused "unknown name" "no policy is called 'nonesuch'; there are .*mgx_noop" load nonesuch
	one_line "unknown name"
	refused "no such file" "No such file" load ./nonesuch.bpf.o
	refused "a directory" "not a regular file" load /tmp/
	refused "an empty file" "not a BPF object file; give" load "$empty"
	refused "not a BPF file" "not a BPF object file; give" load /etc/passwd
	refused "a program of this machine" "not a BPF object file" load /bin/true
	head -c 1000 "$here/../bpf/mgx_noop.bpf.o" >"$tmp/short.o"
	refused "a truncated file" "mgxctl: load .*short.o: " load "$tmp/short.o"
	one_line "a truncated file"
	refused "no policy in it" "no struct mgx_ops in it" load "$bad/bad_none.bpf.o"
	refused "two policies in it" "more than one struct mgx_ops .*first_ops.*second_ops" \
		load "$bad/bad_two.bpf.o"
	refused "not for a link" "cannot be attached with a link; put it into" \
		load "$bad/bad_nolink.bpf.o"
	nothing_left "files"
	MGX_POLICY_PATH=$bad refused "names in MGX_POLICY_PATH" "bad_chars.*mgx_cpu" load nonesuch
}

test_settings()
{
	refused "unknown setting" "no setting 'colour'; .*chunk_bytes=0" \
		load mgx_reason --set colour=1
	refused "a policy without settings" "it has no settings at all" load mgx_noop --set a=1
	refused "no value" "malformed setting 'chunk_bytes'" load mgx_reason --set chunk_bytes
	refused "not a number" "malformed value; 'chunk_bytes' is a u32" \
		load mgx_reason --set chunk_bytes=many
	refused "too large" "value out of range; 'chunk_bytes' is a u32: 0 to 4294967295" \
		load mgx_reason --set chunk_bytes=4G
	refused "negative" "value out of range" load mgx_reason --set chunk_bytes=-1
	refused "not a bool" "'skip' is a bool: yes or no" load mgx_reason --set skip.mbind=2
	refused "no such element" "setting 'min_bytes' has no element 'lunch'; use 0 to 9" \
		load mgx_reason --set min_bytes.lunch=1
	refused "index of a single value" "leave the index out" load mgx_reason --set chunk_bytes.0=1
	one_line "index of a single value"
	nothing_left "settings"
}

# --- the kernel's part ----------------------------------------------------------------

# refused_policy FILE PATTERN ONE-LINE
refused_policy()
{
	refused "$1" "$2" load "$bad/$1.bpf.o"
	[[ -z ${3:-} ]] || one_line "$1"
	nothing_left "$1"
}

test_versions()
{
	refused_policy bad_version "the module refused it: .*version.*; build it with" one
	refused_policy bad_member "has no member 'timeout_fortnights'; it was built for another" one
	refused_policy bad_layout "member 'name' of struct mgx_ops has another size" one
	refused_policy bad_kfunc "no kfunc 'mgx_bpf_teleport'; it was built for another" one
	refused_policy bad_proto "kfunc 'mgx_bpf_skip' of the loaded module takes other" one
	refused_policy bad_field "program 'bad_dispatch': .*mgx_batch"
}

test_refusals()
{
	local refusals

	refusals=$(cat $sysfs/nr_rejected)
	refused_policy bad_name "the module refused it: .*name.*; correct" one
	refused_policy bad_chars "the module refused it: .*name" one
	refused_policy bad_flag "the module refused it: .*flag" one
	is "$(($(cat $sysfs/nr_rejected) - refusals))" 3 "the module counted them"
	refused_policy bad_verifier "verifier refused program 'bad_dispatch': [^;]+; correct the program"
	like "$(cat "$tmp/err")" "BPF_PROG|struct_ops|r[0-9]" "the end of the verifier's log"
	is "$(($(wc -l <"$tmp/err") < 12))" 1 "not the whole of it"
	mgxctl -v load "$bad/bad_verifier.bpf.o" >/dev/null 2>"$tmp/err"
	like "$(cat "$tmp/err")" "libbpf: .*processed [0-9]+ insns" "--verbose: all of it, and libbpf"
	refused_policy bad_sleep "verifier refused program 'bad_dispatch'"
}

test_init()
{
	refused_policy bad_init "the module refused it: .*init.*Operation not permitted" one
	is "$(cat $sysfs/exit/kind) $(cat $sysfs/exit/code)" "error_init -1" "its exit is on record"
	refused "init() returns another error" "init.*Cannot allocate memory" \
		load "$bad/bad_init.bpf.o" --set result=-12
	refused "init() returns nonsense" "init.*Invalid argument" \
		load "$bad/bad_init.bpf.o" --set result=5
	refused "init() ends the policy" "ended itself in init\(\): not in the mood" \
		load "$bad/bad_init.bpf.o" --set leave=1 --set result=0
	nothing_left "init"
	mgxctl load "$bad/bad_init.bpf.o" --set result=0 >/dev/null
	ok $? "init() returns 0" && mgxctl unload >/dev/null
}

# --- in order ----------------------------------------------------------------------------

test_load()
{
	is "$(mgxctl load mgx_cpu --json | json '$_->{policy}')" mgx_cpu "load"
	is "$(state) $(ops) $(cat $sysfs/hooks)" "active mgx_cpu armed" "it is in charge"
	is "$(stat -c %a $pins)" 755 "anyone may enter the directory"
	is "$(stat -c %a $pins/maps/mgx_stats)" 444 "anyone may read the map"
	bpftool map dump pinned $pins/maps/mgx_stats >/dev/null
	ok $? "bpftool prints the map"
	refused "a second load" "policy 'mgx_cpu' is in charge; swap it with --replace" load mgx_noop
	is "$(ops)" mgx_cpu "the first one stays"
	migrate
	mgxctl status --json >"$tmp/status"
	is "$(json '$_->{policy}' <"$tmp/status")" mgx_cpu "status: policy"
	is "$(($(copied <"$tmp/status") > 4 << 20))" 1 "status: bytes of the reason 'syscall'"
	is "$(json '$_->{channels}[0]{bytes} > 4 << 20' <"$tmp/status")" 1 \
		"status: bytes of the channel"
	like "$(mgxctl status)" "policy: +mgx_cpu" "status in plain text"
	is "$(mgxctl events --json | json '(grep { $_->{event} eq "batches" && $_->{count} } @$_) + 0')" \
		1 "events"
	like "$(mgxctl unload)" "unloaded: mgx_cpu.*unreg" "unload says what ended"
	nothing_left "unload"
	refused "a second unload" "no policy is loaded" unload
	one_line "a second unload"
}

test_replace()
{
	mgxctl load --replace mgx_noop >/dev/null
	is "$? $(ops)" "0 mgx_noop" "--replace without a policy loads"
	is "$(mgxctl load -r mgx_reason --set min_bytes=0 --set skip.syscall=0 --json | json '$_->{replaced}')" \
		mgx_noop "--replace says what it replaced"
	is "$(ops) $(cat $sysfs/exit/kind)" "mgx_reason replaced" "the new one is in charge"
	migrate
	is "$(($(mgxctl status --json | copied) > 4 << 20))" 1 "and works, with its own map"
	[[ -e $pins/maps/rodata && ! -e $pins/maps-staged ]]
	ok $? "its maps are pinned, and no others"
	like "$(bpftool map dump pinned $pins/maps/rodata)" '"min_bytes": \[0,0,0,0,0,0,0,0,0,0' \
		"--set of a whole array"
	refused "a bad replacement" "the module refused it: .*name" load -r "$bad/bad_name.bpf.o"
	refused "a replacement that refuses in init()" "init.*Operation not permitted" \
		load -r "$bad/bad_init.bpf.o"
	refused "a replacement that the verifier refuses" "verifier refused" \
		load -r "$bad/bad_verifier.bpf.o"
	is "$(state) $(ops)" "active mgx_reason" "the old one stays"
	[[ -e $pins/maps/rodata && ! -e $pins/maps-staged ]]
	ok $? "with its maps"
	mgxctl unload >/dev/null
	nothing_left "replace"
}

# foreground ARGUMENT...: in the background, so to speak; sets $loader.
foreground()
{
	rm -f "$tmp/fg"
	mgxctl load --foreground --json "$@" >"$tmp/fg" 2>"$tmp/fg.err" &
	loader=$!
	jobs+=("$loader")
	wait_for 20 test -s "$tmp/fg"
}

test_foreground()
{
	local signal

	for signal in INT TERM HUP; do
		foreground mgx_noop
		is "$(state) $(ops)" "active mgx_noop" "foreground: in charge"
		kill -$signal "$loader"
		wait "$loader"
		is $? 0 "foreground: SIG$signal ends it in good order"
		is "$(tail -n 1 "$tmp/fg" | json '$_->{exit}{kind}')" unreg "foreground: prints how it ended"
		nothing_left "foreground, SIG$signal"
	done
	foreground mgx_noop
	refused "load beside it" "held by process $loader \(mgxctl\); end that process" load mgx_cpu
	refused "replace it" "held by process $loader" load -r mgx_cpu
	refused "unload it" "'mgx_noop' is held by process $loader" unload
	like "$(mgxctl status)" "policy: +mgx_noop" "status of a policy in the foreground"
	kill -KILL "$loader"
	wait "$loader" 2>/dev/null
	wait_for 10 grep -q idle $sysfs/hooks
	nothing_left "foreground, SIGKILL"
}

# --- policies that misbehave ------------------------------------------------------------------

test_ended()
{
	foreground "$bad/bad_end.bpf.o"
	migrate
	wait "$loader"
	is $? 0 "a policy that ends itself: status 0"
	is "$(tail -n 1 "$tmp/fg" | json 'join " ", @{$_->{exit}}{qw(kind code message)}')" \
		"self 42 had enough" "and its words"
	nothing_left "ended"
	foreground "$bad/bad_end.bpf.o" --set error=1
	migrate
	wait "$loader"
	is $? 1 "a policy that ends with an error: status 1"
	is "$(tail -n 1 "$tmp/fg" | json 'join " ", @{$_->{exit}}{qw(kind message)}')" \
		"error_bpf something is wrong" "and its words"
	nothing_left "ended with an error"
}

test_ended_pinned()
{
	mgxctl load "$bad/bad_end.bpf.o" >/dev/null
	migrate
	wait_for 10 grep -q ejected $sysfs/state
	like "$(mgxctl status)" "state: +ejected" "status of a pinned policy that ended itself"
	like "$(mgxctl unload)" "unloaded: bad_end.*kind: +self.*had enough" "unload says how"
	nothing_left "unload of one that ended"
	mgxctl load "$bad/bad_end.bpf.o" >/dev/null
	migrate
	wait_for 10 grep -q ejected $sysfs/state
	mgxctl load mgx_noop >/dev/null
	is "$? $(state) $(ops)" "0 active mgx_noop" "load takes the place of one that ended"
	mgxctl unload >/dev/null
	nothing_left "load after one that ended"
}

# The dump of a policy that failed, in every place where one looks for it.
test_dump()
{
	like "$(mgxctl dump)" "policy -: none" "dump without a policy"
	foreground "$bad/t_members.bpf.o" --set fail_in=4
	like "$(mgxctl dump)" "policy t_members: none.*t_members dumps, in all" "dump of the one in charge"
	like "$(mgxctl dump --json | json 'join "+", @{$_->{dump}}')" "\+t_members dumps, in all\+" \
		"the same as JSON"
	[[ $(stat -c %a $sysfs/dump) == 400 ]]
	ok $? "only root has it run"
	migrate
	wait "$loader"
	is $? 1 "a policy that ends with an error: status 1"
	like "$(tail -n 1 "$tmp/fg" | json 'join "+", @{$_->{exit}{dump}}')" \
		"t_members: error_bpf.*t_members dumps, in all" "the loader prints its dump"
	like "$(mgxctl dump --last)" "kind: +error_bpf.*t_members dumps, in all" "so does dump --last"
	nothing_left "dump"
}

# load --guard goes by the text; members.c has what it then does.
test_guard()
{
	local text

	for text in 0.5 1e9 x 2: 2:0 2:x 2:-1 2:3:4 nan; do
		refused "load --guard=$text" "--guard=$text is not understood; give FACTOR" \
			load mgx_noop --guard="$text"
	done
	refused "load --guard of an old policy" "has no member 'guard_percent'; rebuild" \
		load "$bad/t_older.bpf.o" --guard
	mgxctl load mgx_noop --guard >/dev/null
	is "$(cat $sysfs/guard/percent $sysfs/guard/run $sysfs/guard/ejects | xargs)" "200 64 1" \
		"--guard is a factor of 2"
	mgxctl load -r mgx_cpu --guard=1.25:7 >/dev/null
	is "$(cat $sysfs/guard/percent $sysfs/guard/run $sysfs/guard/ejects | xargs)" "125 7 1" \
		"--guard=1.25:7, swapped in"
	like "$(mgxctl status)" "percent: +125" "status shows it"
	mgxctl unload >/dev/null
	mgxctl load mgx_noop >/dev/null
	is "$(cat $sysfs/guard/ejects)" 0 "without --guard nothing is ended"
	mgxctl unload >/dev/null
	nothing_left "guard"
}

# Somebody else holds it, and it has to go all the same.
test_force()
{
	foreground mgx_noop
	like "$(mgxctl unload --force)" "unloaded: mgx_noop.*kind: +unreg" "unload --force of a process's"
	wait "$loader"
	is $? 0 "the process notices"
	nothing_left "force"
	mgxctl load mgx_noop >/dev/null
	mv $pins/link /sys/fs/bpf/elsewhere
	like "$(mgxctl unload --force)" "unloaded: mgx_noop" "unload --force of somebody's pin"
	rm /sys/fs/bpf/elsewhere
	nothing_left "force, pin"
	refused "unload --force of nothing" "no policy is loaded" unload --force
}

# Policies that were built with an older and with a newer migrate_ext.h.
test_ages()
{
	mgxctl load "$bad/t_older.bpf.o" >/dev/null
	is "$? $(ops)" "0 t_older" "an older policy is loaded"
	mgxctl load -r "$bad/t_newer.bpf.o" >/dev/null
	is "$? $(ops)" "0 t_newer" "a newer one that asks for nothing new takes over"
	refused "a newer one that does" "has no member 'patience'; it was built for another version" \
		load -r "$bad/bad_newer.bpf.o"
	is "$(state) $(ops)" "active t_newer" "the one in charge stays"
	mgxctl unload >/dev/null
}

test_misuse()
{
	local before

	before=$(cat $sysfs/events/kfunc_misuse)
	mgxctl load "$bad/bad_phase.bpf.o" >/dev/null
	migrate
	is "$(($(cat $sysfs/events/kfunc_misuse) > before))" 1 "submit in complete() is counted"
	like "$(bpftool map dump pinned $pins/maps/bss)" '"bad_answer": -1' "and answered with -EPERM"
	mgxctl unload >/dev/null
}

# --- the machine -----------------------------------------------------------------------------

# nobody COMMAND...: without root and without capabilities
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all -- "$@"; }

# Like refused(), for a shell command that calls mgxctl.
refused_in()
{
	local name=$1 pattern=$2
	shift 2

	"$@" >"$tmp/out" 2>"$tmp/err"
	[[ $? -ne 0 && $(cat "$tmp/err") =~ $pattern && $(wc -l <"$tmp/err") == 1 ]]
	ok $? "$name" || sed 's/^/# err: /' "$tmp/err"
}

# stat_of DIR FILE...: what DIR/stat says, made of the files.
stat_of()
{
	local dir=$1 file
	shift

	for file in "$@"; do
		printf '%s %s\n' "$file" "$(head -n 1 "$dir/$file")"
	done
}

# stat_is NAME DIR DEPTH: there is nothing in the one file but what is in the others.
# Counters may count meanwhile: what was the same before and after is compared.
stat_is()
{
	local i before want after files

	mapfile -t files < <(cut -d ' ' -f 1 "$2/stat")
	for ((i = 0; i < 50; i++)); do
		before=$(cat "$2/stat")
		want=$(stat_of "$2" "${files[@]}")
		after=$(cat "$2/stat")
		[[ $before == "$after" ]] && break
	done
	is "$before" "$want" "$1/stat says what the files say"
	# All but tables, what is for root, guard/, and stat itself.
	want=$(cd "$2" && find . -maxdepth "$3" -type f -perm -444 ! -path './guard/*' ! -path './channels/*' ! -name dump ! -name stat \
		! -name latency ! -name initiators | sed 's,^\./,,' | sort)
	is "$(printf '%s\n' "${files[@]}" | sort)" "$want" "$1/stat says them all"
}

test_stat()
{
	local id

	stat_is migrate_ext "$sysfs" 2
	for id in 0 1; do
		stat_is "channels/$id" "$sysfs/channels/$id" 1
	done
}

test_nobody()
{
	refused_in "load without root" \
		"loading a policy takes CAP_SYS_ADMIN, CAP_BPF, CAP_PERFMON; run it as root" \
		nobody mgxctl load mgx_noop
	nobody mgxctl check >"$tmp/out"
	is $? 1 "check without root fails"
	like "$(cat "$tmp/out")" "fail +capabilities" "and says why"
	mgxctl load mgx_cpu >/dev/null
	migrate
	is "$(($(nobody mgxctl status --json | copied) > 4 << 20))" 1 \
		"status without root, with the policy's counters"
	nobody mgxctl events >/dev/null
	ok $? "events without root"
	nobody mgxctl policies >/dev/null
	ok $? "policies without root"
	mgxctl unload >/dev/null
}

test_bpffs()
{
	refused_in "no BPF file system" "no BPF file system at /sys/fs/bpf; mount -t bpf" \
		unshare -m sh -c 'umount /sys/fs/bpf && mgxctl load mgx_noop'
	nothing_left "no BPF file system"
}

test_check()
{
	mgxctl check >"$tmp/out"
	ok $? "check: this machine is fine" || sed 's/^/# /' "$tmp/out"
	is "$(grep -cE '^ok +(kernel|kernel-btf|functions|ftrace|hookable|module|module-btf|numa) ' "$tmp/out")" \
		8 "check: all that is needed is looked at"
	check_other 0 /proc/sys/kernel/ftrace_enabled \
		"fail +ftrace +.*; sysctl kernel.ftrace_enabled=1"
	check_other 0 /proc/sys/net/core/bpf_jit_enable "fail +bpf-jit +.* is off; sysctl"
	check_other "none integrity [confidentiality]" /sys/kernel/security/lockdown \
		"fail +lockdown +.*; boot with"
	check_other "none [integrity] confidentiality" /sys/kernel/security/lockdown \
		"warn +lockdown +.*; sign"
	check_other "0 T migrate_pages" /proc/kallsyms "fail +functions +.*no function folio_mc_copy"
	check_other "migrate_pages" /sys/kernel/tracing/available_filter_functions \
		"fail +hookable +.*cannot hook folio_mc_copy"
	check_lingering
	wait_for 30 hooked_is 0
	check_other "migrate_pages (1) R I     	tramp: 0x0" /sys/kernel/tracing/enabled_functions \
		"fail +livepatch +.*; remove"
	check_other 0 /sys/devices/system/node/has_memory "warn +numa +one node"
}

# For a second after a policy has gone its hooks are there: nobody else's.
check_lingering()
{
	echo 3 >"$tmp/hooked"
	echo "migrate_pages (1) R I     	tramp: 0x0" >"$tmp/other"
	like "$(unshare -m sh -c "mount --bind $tmp/hooked $sysfs/hooked &&
		mount --bind $tmp/other /sys/kernel/tracing/enabled_functions && cat $sysfs/hooks && mgxctl check")" \
		"^idle.*ok +livepatch" "check: hooks that linger are not somebody else's"
}

hooked_is() { [[ $(cat $sysfs/hooked) == "$1" ]]; }

# check_other TEXT FILE PATTERN: check on a machine where FILE reads TEXT. A debug
# kernel may have none, but its directory.
check_other()
{
	local make

	make="[ -e $2 ] || { mount -t tmpfs other $(dirname "$2") && : >$2; }"
	echo "$1" >"$tmp/other"
	like "$(unshare -m sh -c "$make; mount --bind $tmp/other $2 && mgxctl check")" "$3" \
		"check: $(basename "$2") is '$1'"
}

# The remedies that check and load print are commands that help.
test_no_module()
{
	local remedy

	# The programs of the last policy hold it for a grace period or two.
	wait_for 60 rmmod migrate_ext 2>/dev/null || ok 1 "rmmod"
	refused "load without the module" "the module migrate_ext is not loaded; (insmod|modprobe) " \
		load mgx_noop
	one_line "load without the module"
	refused "unload without the module" "is not loaded" unload
	refused "status without the module" "is not loaded" status
	refused "events without the module" "is not loaded" events
	mgxctl check >"$tmp/out"
	is $? 1 "check without the module fails"
	remedy=$(sed -n 's/^fail *module .*; //p' "$tmp/out")
	$remedy
	is "$(state)" none "the remedy, '$remedy', helps"
}

# A copy of the tree with a module that has no BTF.
test_no_btf()
{
	local release ko

	release=$(uname -r)
	ko=$here/../$release/migrate_ext.ko
	if ! command -v objcopy >/dev/null || [[ ! -e $ko ]]; then
		echo "ok $((++n)) # SKIP no objcopy, or no $ko"
		return
	fi
	wait_for 60 rmmod migrate_ext 2>/dev/null
	mkdir -p "$tmp/tree/bin" "$tmp/tree/$release"
	cp "$(command -v mgxctl)" "$tmp/tree/bin/"
	objcopy -R .BTF -R .BTF.base "$ko" "$tmp/tree/$release/migrate_ext.ko"
	like "$("$tmp/tree/bin/mgxctl" check)" "fail +module +.*/migrate_ext.ko has no BTF; install pahole" \
		"check: a module without BTF"
	insmod "$ko"
}

# --- all at once ----------------------------------------------------------------------------------

test_race()
{
	local i pids=()

	for i in 1 2 3 4; do
		mgxctl load mgx_noop >"$tmp/race.$i" 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}"
	is "$(grep -l 'state: *active' "$tmp"/race.* | wc -l)" 1 "of four loads at once, one wins"
	is "$(grep -l "'mgx_noop' is in charge" "$tmp"/race.* | wc -l)" 3 "the others are told"
	mgxctl unload >/dev/null
	nothing_left "race"
}

# Somebody has pinned the link where mgxctl does not look.
test_elsewhere()
{
	mgxctl load mgx_noop >/dev/null
	mv $pins/link /sys/fs/bpf/elsewhere
	refused "a link of somebody else" "held by a link that mgxctl did not make; find it" unload
	refused "load beside it" "held by a link that mgxctl did not make" load -r mgx_cpu
	is "$(state) $(ops)" "active mgx_noop" "it stays"
	rm /sys/fs/bpf/elsewhere
	wait_for 10 grep -q none $sysfs/state
	mgxctl load mgx_cpu >/dev/null
	is "$? $(ops)" "0 mgx_cpu" "load over the pins it left"
	mgxctl unload >/dev/null
	nothing_left "elsewhere"
}

# Wherever a load is killed, the next command finds its way.
test_killed()
{
	local i

	for i in 05 1 15 2 25 3 35 4 45 5 6 7; do
		mgxctl load mgx_cpu >/dev/null 2>&1 &
		sleep 0.$i
		kill -KILL $! 2>/dev/null
		wait $! 2>/dev/null
	done
	wait_for 10 sh -c "mgxctl load -r mgx_noop >/dev/null"
	is "$(state) $(ops)" "active mgx_noop" "load after loads that were killed"
	[[ ! -e $pins/maps-staged ]]
	ok $? "nothing half pinned"
	mgxctl unload >/dev/null
	nothing_left "killed"
}

test_documents()
{
	"$here/../../user/check-options.sh" "$(command -v mgxctl)" "$here/../../user/mgxctl.8" \
		"$here/../../user/completion/mgxctl.bash" >"$tmp/out"
	ok $? "man page and completion have the program's options" || grep '^not' "$tmp/out"
}

main()
{
	local victim loader

	echo "TAP version 13"
	mgxctl unload >/dev/null 2>&1
	start_victim
	test_usage
	test_json
	test_files
	test_settings
	test_versions
	test_refusals
	test_init
	test_load
	test_replace
	test_foreground
	test_ended
	test_ended_pinned
	test_dump
	test_guard
	test_force
	test_ages
	test_misuse
	test_stat
	test_nobody
	test_bpffs
	test_check
	test_race
	test_elsewhere
	test_killed
	test_documents
	test_no_btf
	test_no_module
	echo "1..$n"
	((failed == 0))
}

main
