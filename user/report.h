/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h - parts of the output that several commands have in common.
 */
#ifndef _MGXCTL_REPORT_H
#define _MGXCTL_REPORT_H

#include "output.h"

/* The policy that ended last: how and why. */
void report_exit(struct json_object *tree, const char *key);
/* The same, and the dump if there is one. */
void report_exit_dump(struct json_object *tree, const char *key);
/* A dump, line by line; false and errno if it cannot be read. */
bool report_dump(struct json_object *tree, const char *key, const char *name);

/* A text of the module's sysfs; null if it is empty or cannot be read. */
void report_sysfs(struct json_object *tree, const char *key, const char *name);

#endif /* _MGXCTL_REPORT_H */
