/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * capture.h - keeps libbpf's messages, out of which errors are made.
 */
#ifndef _MGXCTL_CAPTURE_H
#define _MGXCTL_CAPTURE_H

#include <stdbool.h>

/* @verbose: print them to standard error as well */
void capture_start(bool verbose);
bool capture_verbose(void);

/* Warnings since capture_clear(). */
const char *capture_text(void);
void capture_clear(void);

#endif /* _MGXCTL_CAPTURE_H */
