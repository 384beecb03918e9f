// SPDX-License-Identifier: GPL-2.0-only
/*
 * patience.c - the harness waits for a test by poll(); with a debug kernel,
 * MGX_TIME_FACTOR times as long (see tests/lab/guest-tests.sh). The linker puts
 * this in between (--wrap=poll).
 */
#include <stdlib.h>

#include "patience.h"

int __wrap_poll(struct pollfd *fds, nfds_t nr, int ms)
{
	const char *factor = getenv("MGX_TIME_FACTOR");

	return __real_poll(fds, nr, factor && ms > 0 ? ms * atoi(factor) : ms);
}
