/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * error.h - one error, one line: "mgxctl: what: cause; remedy".
 */
#ifndef _MGXCTL_ERROR_H
#define _MGXCTL_ERROR_H

#include <stdbool.h>

#include "util.h"

/* What the messages are about: a command and, perhaps, its object. */
void error_about(const char *command, const char *object);

/*
 * Records an error; the first one wins. @remedy may be NULL. Returns -1, so
 * that callers can write 'return fail(...)'.
 */
int fail(const char *remedy, const char *cause, ...) __printf(2, 3);

/* As fail(), with a remedy that is put together. */
int fail_with(const char *cause, const char *remedy, ...) __printf(2, 3);

bool error_recorded(void);
/* For programs that run on after an error. */
void error_forget(void);
void error_print(bool json);

#endif /* _MGXCTL_ERROR_H */
