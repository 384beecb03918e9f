/* SPDX-License-Identifier: GPL-2.0-only */
/* patience.h - poll(), and what the linker puts in its place; see patience.c. */
#ifndef PATIENCE_H
#define PATIENCE_H

#include <poll.h>

int __real_poll(struct pollfd *fds, nfds_t nr, int ms);
int __wrap_poll(struct pollfd *fds, nfds_t nr, int ms);

#endif /* PATIENCE_H */
