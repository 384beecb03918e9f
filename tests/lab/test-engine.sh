#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# test-engine.sh: tests of the lab's engine that need no guest: its parts under
# sanitizers with a client that plays QEMU, and the program itself with its
# control socket. TAP.
# shellcheck disable=SC2317 # some functions are called by ok()
# shellcheck disable=SC2016 # Perl's variables
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=engine/guest/tap.sh
. "$LAB_SRC/engine/guest/tap.sh"

OUT=$BUILD/engine
ENGINE=$OUT/mgx-engine
DIR=
PID=

cleanup()
{
	[[ -z $PID ]] || kill -TERM "$PID" 2>/dev/null
	wait
	[[ -z $DIR ]] || rm -rf "$DIR"
}

in_lab() { "$LAB_SRC/enter.sh" "$@"; }

# --- the parts ---------------------------------------------------------------------

# unit SANITIZER: its programs' points become points of this program
unit()
{
	local line name

	while IFS= read -r line; do
		case $line in
		'# '*:\ test_*) name=${line#\# } ;;
		'ok '* | 'not ok '*)
			point "$([[ $line == ok* ]] && echo 1 || echo 0)" \
				"$name: ${line#* - }" ;;
		*) [[ $line == 1..* ]] || echo "# $line" ;;
		esac
	done < <(in_lab make --no-print-directory -s -C /src/tests/lab/engine \
		O=/src/build/engine "check-$1" 2>&1)
	is "$name" "$1: test_ring" "$1: all programs ran"
}

# --- the program --------------------------------------------------------------------

ctl() { "$ENGINE" ctl "$DIR/ctl" "$@" 2>&1; }
quiet() { "$@" >/dev/null; }

# refused NAME STATUS WORDS COMMAND...: it fails, and says so
refused()
{
	local name=$1 want=$2 words=$3 status=0 said
	shift 3

	said=$("$@" 2>&1) || status=$?
	if [[ $status == "$want" && $said == *"$words"* ]]; then
		point 1 "$name: $words"
	else
		point 0 "$name: $words"
		printf '# got %d, %s\n# want %d\n' "$status" "$said" "$want"
	fi
}

start()
{
	"$ENGINE" serve --control "$DIR/ctl" --save "$DIR/saved" "$DIR/fn0" "$DIR/fn1" &
	PID=$!
	for ((i = 0; i < 100; i++)); do
		[[ ! -S $DIR/ctl ]] || return 0
		sleep 0.05
	done
	return 1
}

stop()
{
	kill -TERM "$PID"
	wait "$PID"
}

json() { in_lab perl -MJSON::PP -0 -e 'print decode_json(<STDIN>)->'"$1"'' <"$2"; }

test_program()
{
	ok "the engine starts" start
	is "$(ctl set chan 0.0 mbps 5)" "" "a command that has nothing to say"
	is "$(ctl "set chan 0.1 mbps 6")" "" "a command in one word"
	ok "settings are shown" grep -q 'mbps 6 ' <<<"$(ctl stat)"
	refused "an absurd number" 1 "mbps must be 0 to 1000000" ctl set chan 0.0 mbps 1000001
	refused "an empty command" 1 "no command" ctl ""
	refused "an unknown command" 1 "there is no command" ctl dance
	refused "a long command" 1 "the command is too long" ctl "$(printf '%2000s' x)"
	refused "two lines" 1 "one line" ctl $'stat\nstat'
	refused "another socket" 2 "no engine answers" "$ENGINE" ctl "$DIR/nothing" stat
	refused "ctl alone" 2 "needs SOCKET" "$ENGINE" ctl
	refused "serve alone" 1 "needs --control" "$ENGINE" serve
	refused "a directory that is not there" 1 "cannot listen" \
		"$ENGINE" serve --control "$DIR/x" "$DIR/no/such/fn"
	refused "nothing" 1 "usage:" "$ENGINE"
	ok "there is help" quiet "$ENGINE" --help
}

# Two clients that do not play by the rules, and what comes after them
test_bad_clients()
{
	in_lab perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Peer => shift) or die;
		print $s "x" x 5000, "\n"; shutdown $s, 1; print <$s>;' \
		"/src/build/${DIR#"$BUILD"/}/ctl" >"$DIR/said"
	is "$(cat "$DIR/said")" "error the line is too long" "a line that is too long"
	in_lab perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Peer => shift) or die;
		print $s "sta"; sleep 3;' "/src/build/${DIR#"$BUILD"/}/ctl" &
	sleep 0.3
	ok "a client that falls silent keeps nobody out for long" \
		quiet timeout 20 "$ENGINE" ctl "$DIR/ctl" stat
}

test_end()
{
	ctl stat json >"$DIR/json"
	is "$(json '{total}->{copies}' "$DIR/json")" 0 "counters as JSON"
	is "$(json '{functions}->[0]->{channels}->[1]->{timing}->{mbps}' "$DIR/json")" 6 "settings as JSON"
	ok "SIGTERM ends it" stop
	PID=
	is "$(json '{total}->{bytes}' "$DIR/saved")" 0 "it has saved its counters"
	is "$(cd "$DIR" && ls -- *ctl fn* 2>/dev/null)" "" "and removed its sockets"
}

# A path that does not fit into a socket's address
test_long_path()
{
	local long

	long=$(printf '%0120d' 0)
	mkdir "$DIR/$long"
	DIR=$DIR/$long
	ok "it starts in a directory with a long name" start
	ok "and answers there" quiet ctl stat
	stop
	PID=
	DIR=${DIR%/*}
}

trap cleanup EXIT
mkdir -p "$BUILD/run" "$LOGS"
in_lab make --no-print-directory -s -C /src/tests/lab/engine O=/src/build/engine \
	>"$LOGS/build-engine.log" 2>&1 || {
	echo "Bail out! the engine does not build; see $LOGS/build-engine.log"
	exit 1
}
DIR=$(mktemp -d "$BUILD/run/engine.XXXXXX")
unit asan
unit tsan
test_program
test_bad_clients
test_end
test_long_path
done_testing
