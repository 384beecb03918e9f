// SPDX-License-Identifier: GPL-2.0-only
/*
 * patience.c - the harness waits for a test by poll(); with a debug kernel,
 * MGX_TIME_FACTOR times as long (see tests/lab/guest-tests.sh). The linker puts
 * this in between (--wrap=poll). What shows by doing it often is done less often.
 */
#include <stdlib.h>

#include "patience.h"

static int time_factor(void)
{
	const char *factor = getenv("MGX_TIME_FACTOR");
	int n = factor ? atoi(factor) : 1;

	return n > 0 ? n : 1;
}

int __wrap_poll(struct pollfd *fds, nfds_t nr, int ms)
{
	return __real_poll(fds, nr, ms > 0 ? ms * time_factor() : ms);
}

int patience_times(int n)
{
	return (n + time_factor() - 1) / time_factor();
}
