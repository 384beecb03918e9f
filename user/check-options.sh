#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-options.sh MGXCTL MAN-PAGE COMPLETION
# check-options.sh --program PROGRAM MAN-PAGE COMPLETION: one without commands
#
# The man page and the completion know the commands and options of the program's
# own tables, and no others. Prints TAP.
set -u

program=
if [ "$1" = --program ]; then
	program=$2
	shift
fi
mgxctl=$1 man=$2 completion=$3
n=0 failed=0

# ok STATUS NAME
ok()
{
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

# The lists of the tables: "load [OPTION]... NAME|FILE  what it does" -> load
if [ -z "$program" ]; then
	commands=$("$mgxctl" help | sed -n '/^commands:/,/^global/ s/^ \+\([a-z]*\).*/\1/p' | sed 1d)
else
	commands=
fi

# What help says of each option: "-s, --set KEY=VALUE".
option_rows()
{
	if [ -n "$program" ]; then
		"$program" --help | sed -n 's/^ *\(-., --.*\)/\1/p'
		return
	fi
	{
		"$mgxctl" help
		for c in $commands; do "$mgxctl" help "$c"; done
	} | sed -n 's/^ *\(-., --.*\)/\1/p'
}

# "-s, --set KEY=VALUE" -> -s --set
options=$(option_rows | sed -n 's/^\(-.\), \(--[a-z-]*\).*/\1 \2/p' | tr ' ' '\n' | sort -u)

# Options that a text mentions; man pages write \- for a dash.
mentioned() { sed 's/\\-/-/g' "$1" | grep -oE '(^|[ "(])--?[a-zA-Z][a-z-]*' | tr -d ' "(' | sort -u; }

# in_text FILE WORD
in_text() { sed 's/\\-/-/g' "$1" | grep -qE "(^|[^a-z-])$2([^a-z-]|\$)"; }

is_option() { echo "$options" | grep -qx -- "$1"; }

for file in "$man" "$completion"; do
	for word in $commands $options; do
		in_text "$file" "$word"
		ok $? "$(basename "$file") knows $word"
	done
done

for word in $(mentioned "$man" | grep '^--'); do
	is_option "$word"
	ok $? "the program knows $word of $(basename "$man")"
done
words=$(sed -n "s/.*options+\?=' *\(-[^']*\)'.*/\1/p" "$completion")
for word in $words; do
	is_option "$word"
	ok $? "the program knows $word of $(basename "$completion")"
done

echo "1..$n"
exit $failed
