/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpulist.h - the kernel's lists of numbers, such as "0-1,4".
 */
#ifndef _MGXCTL_CPULIST_H
#define _MGXCTL_CPULIST_H

#include <stdlib.h>

/* The numbers of a list, @max at most; how many, or -1 if it is malformed. */
static inline int cpulist_read(const char *text, int *number, int max)
{
	int n = 0;

	while (*text && *text != '\n') {
		char *end;
		long first = strtol(text, &end, 10), last = first;

		if (end == text || first < 0)
			return -1;
		if (*end == '-') {
			text = end + 1;
			last = strtol(text, &end, 10);
			if (end == text || last < first)
				return -1;
		}
		for (; first <= last; first++, n++)
			if (n < max)
				number[n] = first;
		if (*end == ',')
			end++;
		else if (*end && *end != '\n')
			return -1;
		text = end;
	}
	return n < max || !number ? n : max;
}

/* How many numbers are in the list; -1 if it is malformed. */
static inline int cpulist_count(const char *text)
{
	return cpulist_read(text, NULL, 0);
}

#endif /* _MGXCTL_CPULIST_H */
