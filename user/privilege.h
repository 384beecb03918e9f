/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * privilege.h - the capabilities that loading a policy takes.
 */
#ifndef _MGXCTL_PRIVILEGE_H
#define _MGXCTL_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the names of the missing ones. Returns true if none is missing. */
bool privilege_complete(char *missing, size_t size);

/* Records an error if one of them is missing. */
int privilege_require(void);

#endif /* _MGXCTL_PRIVILEGE_H */
