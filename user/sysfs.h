/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysfs.h - what the module says about itself, and other one-line files.
 */
#ifndef _MGXCTL_SYSFS_H
#define _MGXCTL_SYSFS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define MGX_SYSFS      "/sys/kernel/migrate_ext"
#define MGX_MODULE_BTF "/sys/kernel/btf/migrate_ext"

/* First line of a file, without its newline. Returns 0 or -errno. */
int file_read(const char *path, char *text, size_t size);

/* As file_read(), of a file below MGX_SYSFS; @text is empty after an error. */
int sysfs_read(const char *name, char *text, size_t size);

/* Returns 0 or -errno. */
int sysfs_write(const char *name, const char *text);

/* A file of several lines, to be freed; NULL and errno after an error. */
char *sysfs_text(const char *name);

/* 0 if it cannot be read */
__u64 sysfs_u64(const char *name);
__s64 sysfs_s64(const char *name);

bool sysfs_present(void);

/* A policy is in charge. */
bool sysfs_active(void);

/*
 * Waits until what exit/ says is of the policy that is just ending: somebody else
 * may be about to end it. Not longer than a batch and its exit() can take.
 */
void sysfs_wait_ended(void);

#endif /* _MGXCTL_SYSFS_H */
