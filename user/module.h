/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * module.h - migrate_ext.ko: loaded or not, where it is, what it has.
 */
#ifndef _MGXCTL_MODULE_H
#define _MGXCTL_MODULE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Finds the module for the running kernel. 0, or -1 if there is none. */
int module_find(char path[PATH_MAX]);

/* The command that loads it, or how to get it. */
void module_remedy(char *text, size_t size);

/* The file certainly has no BTF. */
bool module_file_lacks_btf(const char *path);

/* The loaded module is there and has BTF. Records an error. */
int module_require(void);

#endif /* _MGXCTL_MODULE_H */
