// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_cpulist.c - the kernel's lists of numbers.
 */
#include "cpulist.h"
#include "tap.h"

int main(void)
{
	is(cpulist_count(""), 0, "an empty list");
	is(cpulist_count("\n"), 0, "an empty line");
	is(cpulist_count("0\n"), 1, "one");
	is(cpulist_count("0-1"), 2, "a range");
	is(cpulist_count("0,2-3,8\n"), 4, "ranges and numbers");
	is(cpulist_count("0-"), -1, "half a range");
	is(cpulist_count("3-1"), -1, "a range backwards");
	is(cpulist_count("x"), -1, "no number");
	is(cpulist_count("1 2"), -1, "no comma");
	is(cpulist_count("-1"), -1, "negative");
	return tap_done();
}
