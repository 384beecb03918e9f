#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# monitor.sh: mgxd, its monitor, and bpftool: what the monitor counts is what
# the module counts; all maps can be read by anybody; commands are taken from
# those who may only; the module and policies come and go.
# kselftest-timeout: 600
# shellcheck disable=SC2016,SC2317 # Perl; functions are called by name
set -u

here=$(cd "$(dirname "$0")" && pwd)
sysfs=/sys/kernel/migrate_ext
pins=/sys/fs/bpf/migrate_ext
tmp=$(mktemp -d)
chmod 755 "$tmp"
url=http://localhost:9465
n=0 failed=0 mgxd=

cleanup()
{
	[[ -z $mgxd ]] || kill "$mgxd" 2>/dev/null
	wait
	mgxctl unload >/dev/null 2>&1
	rm -rf "$tmp"
}
trap cleanup EXIT

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

# like GOT PATTERN NAME
like()
{
	[[ $1 =~ $2 ]]
	ok $? "$3" || printf '# got: %s\n# want: %s\n' "${1//$'\n'/$'\n'# }" "$2"
}

# until_true COMMAND...: for as long as a slow machine may need
until_true()
{
	local i

	for ((i = 0; i < 300; i++)); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

state() { curl -s "$url/api/v1/state"; }
# has PATTERN: the latest sample matches
has() { [[ $(state) =~ $1 ]]; }
# total KEY: sum of the numbers of that name in the latest sample's choices
total()
{
	state | sed 's/.*"choices":\[//; s/"flows":.*//' |
		grep -oE "\"$1\":[0-9]+" | cut -d: -f2 | awk '{ s += $1 } END { print s + 0 }'
}
flow_bytes()
{
	state | sed 's/.*"flows"://' | grep -oE '"bytes":[0-9]+' | cut -d: -f2 | awk '{ s += $1 } END { print s + 0 }'
}
event() { cat "$sysfs/events/$1"; }

# command JSON [UID GID]: sends a command as that user
command_as()
{
	perl -MSocket -e '
		# Who is refused may be so before having said a word.
		$SIG{PIPE} = "IGNORE";
		my ($line, $uid, $gid) = @ARGV;
		if ($uid) { $) = "$gid $gid"; $( = $gid; $< = $> = $uid; }
		socket(my $s, PF_UNIX, SOCK_STREAM, 0);
		connect($s, sockaddr_un("/run/mgxd/control")) or die "connect: $!";
		syswrite($s, "$line\n");
		alarm 40;
		print scalar <$s> // "";' -- "$@" 2>&1
}

# nobody COMMAND...: without any privilege
nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all "$@"; }

MGX_POLICY_PATH=$here/bpf mgxd --group daemon >"$tmp/log" 2>&1 &
mgxd=$!
until_true has '"state":"none"'
ok $? "mgxd serves, without a policy"

# --- the monitor counts what the module counts ---------------------------------

mgxctl load mgx_cpu >"$tmp/out"
until_true has '"monitor":true'
ok $? "the monitor is attached soon after the policy" || sed 's/^/# /' "$tmp/log"
# From here on both count: what was before is left out.
before=$(event pages_batched)
until_true has '"state":"active"'
was=$(total bytes)
for _ in 1 2 3; do migspeed -p 2000 0 1 >/dev/null 2>&1; done
pages=$(($(event pages_batched) - before))
# Other migrations may come in between two looks: 1 %.
near()
{
	local got=$(($(total "$1") - ${2:-0})) want=$3

	((got > want * 99 / 100 && got < want * 101 / 100 + 65536))
}
((pages >= 3000))
ok $? "the workload moved pages ($pages)"
until_true near bytes "${was:-0}" $((pages * 4096))
ok $? "bytes in batches are the module's, within 1 %" ||
	echo "# got $(total bytes) - ${was:-0}, want $((pages * 4096))"
until_true near copied 0 "$(total bytes)"
ok $? "bytes copied as decided are all of them"
[[ $(flow_bytes) -gt $((pages * 4096 * 99 / 100)) ]]
ok $? "bytes of the channels' shares as well"
like "$(state)" '"first":\[\[[0-9]+,[0-9]+\]' "there are times to the first folio"
is "$(total fallback)" 0 "nothing was left to the kernel"
like "$(curl -s "$url/metrics")" "mgx_batches_total\{reason=\"[a-z_]+\",size=\"4K\",src=\"[0-9]\",dst=\"[0-9]\"\}" \
	"metrics have them, too"

# --- bpftool ---------------------------------------------------------------------

for map in "$pins"/monitor/* "$pins"/maps/*; do
	bpftool map dump pinned "$map" >"$tmp/dump" 2>&1
	ok $? "bpftool map dump pinned ${map#"$pins"/}" || sed 's/^/# /' "$tmp/dump" | head -n 3
done
bpftool map dump pinned "$pins/monitor/choices" >"$tmp/dump"
like "$(cat "$tmp/dump")" '"src_nid": .*"batches": .*"latency": ' "and prints names"
like "$(nobody bpftool map show pinned "$pins/monitor/choices" 2>&1; stat -c %a "$pins"/monitor/choices)" \
	'444' "pins are 0444"
for words in "prog show" "link show" "map show"; do
	# shellcheck disable=SC2086 # several words
	out=$(bpftool $words 2>&1)
	ok $? "bpftool $words"
	case $words in
	prog*) like "$out" 'name (dispatch|on_batch)' "and names programs" ;;
	map*) like "$out" 'name choices' "and names maps" ;;
	esac
done
out=$(mgxctl bpftool -- struct_ops show 2>&1)
ok $? "mgxctl bpftool -- struct_ops show" || echo "# ${out//$'\n'/$'\n'# }"
like "$out" 'mgx_ops' "and names the type"
out=$(mgxctl bpftool -- struct_ops dump 2>&1)
ok $? "mgxctl bpftool -- struct_ops dump" || echo "# ${out//$'\n'/$'\n'# }"
like "$out" '"dispatch": ' "and names the members"
id=$(bpftool map show | sed -n 's/^\([0-9]*\): struct_ops .*/\1/p' | head -n 1)
out=$(mgxctl bpftool -- map dump id "$id" 2>&1)
ok $? "mgxctl bpftool -- map dump of the policy" || echo "# ${out//$'\n'/$'\n'# }"
like "$out" '"name": ' "and names the members"

# --- who may see and do ------------------------------------------------------------

like "$(nobody mgxctl sample 2>&1)" '"monitor": true' "a user without capabilities sees all"
like "$(nobody mgxctl channels 2>&1)" 'caller' "and the channels"
like "$(nobody curl -s "$url/api/v1/state")" '"choices":\[\{' "and what mgxd serves"
like "$(command_as '{"op":"unload"}' 65534 65534)" '"ok":false' "who is not in the group is refused"
is "$(cat $sysfs/state)" active "and nothing happened"
like "$(command_as '{"op":"load","policy":"../mgx_cpu"}')" 'malformed name' "a path is no policy"
like "$(command_as '{"op":"switch","policy":"mgx_noop","set":{"x":"$(id)"}}')" '"ok":false' "a command is no setting"
like "$(command_as '{"op":"switch","policy":"mgx_reason","set":{"min_bytes.syscall":8192}}' 65533 1)" \
	'"ok":true' "a member of the group switches the policy"
is "$(cat $sysfs/ops)" mgx_reason "and it is in charge"
until_true has '"key":"min_bytes.syscall","value":"8192"'
ok $? "its settings are known"
# The next one is in charge for seconds while the maps of the one before are there.
mgxctl load -r "$here/bpf/t_slow.bpf.o" --set exit_ms=3000 >"$tmp/out"
until_true has '"key":"exit_ms","value":"3000"'
ok $? "the settings of the next one"
mgxctl load -r "$here/bpf/t_slow.bpf.o" --set exit_ms=1 >"$tmp/out"
until_true has '"key":"exit_ms","value":"1"'
ok $? "and of one that waited for it to go"
tells() { [[ $(curl -s "$url/api/v1/rare") =~ $1 ]]; }
mgxctl load -r "$here/bpf/t_slow.bpf.o" --set exit_ms=3000 >"$tmp/out"
until_true has '"key":"exit_ms","value":"3000"'
mgxctl off >"$tmp/out"
until_true tells 'policy t_slow ended: operator'
ok $? "its end is told when it is over"
mgxctl load mgx_noop >"$tmp/out"
like "$(command_as '{"op":"unload"}')" '"ok":true' "root takes it out"

# --- the module comes and goes ------------------------------------------------------

until_true rmmod migrate_ext 2>/dev/null
ok $? "the module can be removed while mgxd runs"
until_true has '"state":"absent"'
ok $? "mgxd says so"
insmod "$here/../$(uname -r)/migrate_ext.ko"
mgxctl load mgx_noop >"$tmp/out"
until_true has '"monitor":true.*"name":"mgx_noop"'
ok $? "it is back, and so is the monitor"
like "$(curl -s "$url/api/v1/rare")" 'module_gone.*module_loaded' "both were told"

mgxctl record -n 2 "$tmp/recording" >"$tmp/out"
is "$(wc -l <"$tmp/recording")" 3 "a recording has a line a sample"
kill "$mgxd"
wait "$mgxd"
is $? 0 "mgxd ends in good order"
mgxd=
gone() { [[ ! -e $pins/monitor && ! -e /run/mgxd ]]; }
until_true gone
ok $? "and leaves nothing behind"
mgxd --replay "$tmp/recording" --user nobody >"$tmp/log" 2>&1 &
mgxd=$!
until_true has '"replay":true'
ok $? "it serves the recording"

echo "1..$n"
exit $((failed > 0))
