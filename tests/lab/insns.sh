#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# insns.sh: writes tests/kselftest/insns.table anew, from what the verifiers of
# the lab's kernels look at. The kselftest 'insns' compares with it.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034 # lib.sh puts it before each message
LAB_TAG=insns
TABLE=$REPO/tests/kselftest/insns.table
ROWS=$BUILD/insns.rows

head_of_table()
{
	cat <<-'EOF'
		# SPDX-License-Identifier: GPL-2.0-only
		#
		# Instructions that the verifier looks at, by series of the kernel, object and
		# program: written by 'make insns', compared by the kselftest 'insns'.
	EOF
}

main()
{
	local release

	rm -f "$ROWS"
	while read -r _ release <&3; do
		say "$release: loading each program"
		"$LAB_SRC/vm.sh" -k "$release" -n insns -t 300 \
			". /src/tests/lab/lib.sh; . /src/tests/lab/guest-prepare.sh
			load_module && MGX_INSNS_TO=/src/build/insns.rows /src/build/kselftest/insns"
	done 3< <(kernels)
	{
		head_of_table
		LC_ALL=C sort "$ROWS"
	} >"$TABLE"
	say "$(wc -l <"$ROWS") rows in ${TABLE#"$REPO"/}"
}

main "$@"
