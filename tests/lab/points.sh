# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by tests that are scripts: TAP, one point at a time.

n=0 failed=0

# ok STATUS NAME
ok()
{
	n=$((n + 1))
	if (($1 == 0)); then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=$((failed + 1))
	fi
	return "$1"
}

# is GOT WANT NAME
is()
{
	[[ $1 == "$2" ]]
	ok $? "$3" || printf '# got: %s\n# want: %s\n' "${1//$'\n'/$'\n'# }" "$2"
}

# like GOT PATTERN NAME: an extended regular expression
like()
{
	[[ $1 =~ $2 ]]
	ok $? "$3" || printf '# got: %s\n# want: %s\n' "${1//$'\n'/$'\n'# }" "$2"
}

# done_testing: the plan, and the exit status
done_testing()
{
	echo "1..$n"
	((failed == 0))
}

# shellcheck disable=SC2034 # for who sources this
version=$(sed -n 's/^#define MGX_VERSION_STR "\(.*\)"/\1/p' \
	"$(dirname "${BASH_SOURCE[0]}")/../../kernel/migrate_ext.h")
