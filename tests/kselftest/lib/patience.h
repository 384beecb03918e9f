/* SPDX-License-Identifier: GPL-2.0-only */
/* patience.h - poll(), and what the linker puts in its place; how often to do
 * what is done again and again; see patience.c.
 */
#ifndef PATIENCE_H
#define PATIENCE_H

#include <poll.h>

int __real_poll(struct pollfd *fds, nfds_t nr, int ms);
int __wrap_poll(struct pollfd *fds, nfds_t nr, int ms);

/* @n, or MGX_TIME_FACTOR times less with a debug kernel, MGX_LESS among all tests. */
int patience_times(int n);

#endif /* PATIENCE_H */
