# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by tests: TAP from bash.

tap_count=0 tap_failures=0

point()
{
	local passed=$1
	shift

	if ((passed)); then
		echo "ok $((++tap_count)) - $*"
	else
		echo "not ok $((++tap_count)) - $*"
		((++tap_failures))
	fi
}

# ok NAME CMD...: CMD succeeds.
ok()
{
	local name=$1 passed=0
	shift

	! "$@" || passed=1
	point $passed "$name"
}

# is GOT WANT NAME
is()
{
	[[ $1 == "$2" ]] && { point 1 "$3"; return; }
	point 0 "$3"
	printf '# got %s\n# want %s\n' "$1" "$2"
}

done_testing()
{
	echo "1..$tap_count"
	exit $((tap_failures > 0))
}
