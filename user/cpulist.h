/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpulist.h - the kernel's lists of numbers, such as "0-1,4".
 */
#ifndef _MGXCTL_CPULIST_H
#define _MGXCTL_CPULIST_H

#include <stdlib.h>

/* How many numbers are in the list; -1 if it is malformed. */
static inline int cpulist_count(const char *text)
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
		n += last - first + 1;
		if (*end == ',')
			end++;
		else if (*end && *end != '\n')
			return -1;
		text = end;
	}
	return n;
}

#endif /* _MGXCTL_CPULIST_H */
