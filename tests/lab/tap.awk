# SPDX-License-Identifier: GPL-2.0-only
# Reads the TAP of one program, prints "passed failed skipped planned bailed".
# Indented lines are subtests, their parent counts; several plans add up (make
# may run several programs). On a second line: which failed, and the first of
# what each had to say about it, so that nobody has to search for that.

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
	else if (++failed <= 3)
		which = which (which ? "; " : "") named($0) said
	said = ""
}
/^# .*Expected / && !said { said = " (" substr($0, 3) ")" }
/^ok/ {
	said = ""
	if (/# *(SKIP|XFAIL)/)
		skipped++
	else
		passed++
}

function named(line)
{
	sub(/^not ok( [0-9]+)?( -)? */, "", line)
	return line
}

END {
	printf "%d %d %d %s %d\n", passed, failed, skipped,
		plans ? planned : "none", bailed
	print which (failed > 3 ? "; ..." : "")
}
