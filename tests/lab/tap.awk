# SPDX-License-Identifier: GPL-2.0-only
# Reads the TAP of one program, prints "passed failed skipped planned bailed".
# Indented lines are subtests, their parent counts; several plans add up (make
# may run several programs).

{ sub(/\r$/, "") }

/^1\.\.[0-9]+/ {
	plans++
	n = substr($1, 4) + 0
	planned += n
	if (n == 0)
		skipped += /# *SKIP/
}
/^Bail out!/ { bailed = 1 }
/^not ok/ {
	if (/# *(TODO|SKIP)/)
		skipped++
	else
		failed++
}
/^ok/ {
	if (/# *(SKIP|XFAIL)/)
		skipped++
	else
		passed++
}

END {
	printf "%d %d %d %s %d\n", passed, failed, skipped,
		plans ? planned : "none", bailed
}
