// SPDX-License-Identifier: GPL-2.0-only
/*
 * patience.c - the harness waits for a test by poll(); with a debug kernel,
 * MGX_TIME_FACTOR times as long (see tests/lab/guest-tests.sh). The linker puts
 * this in between (--wrap=poll). What shows by doing it often is done less often
 * then, as it is where all tests run, and MGX_LESS says how much (tests/lab/test.sh).
 */
#include <stdlib.h>

#include "patience.h"

static int factor(const char *name)
{
	const char *value = getenv(name);
	int n = value ? atoi(value) : 1;

	return n > 0 ? n : 1;
}

int __wrap_poll(struct pollfd *fds, nfds_t nr, int ms)
{
	return __real_poll(fds, nr,
			   ms > 0 ? ms * factor("MGX_TIME_FACTOR") : ms);
}

int patience_times(int n)
{
	int less = factor("MGX_LESS"), slow = factor("MGX_TIME_FACTOR");

	less = less > slow ? less : slow;
	return (n + less - 1) / less;
}
