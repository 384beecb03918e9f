/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_tweak.h - settings of the machine that a measurement changes and puts
 * back.
 */
#ifndef _MGXBENCH_TWEAK_H
#define _MGXBENCH_TWEAK_H

/* Writes @value into @path unless it says so already. Returns 0 or -errno. */
int bench_tweak(const char *path, const char *value);

/* As they were, the latest first. */
void bench_tweak_undo(void);

#endif /* _MGXBENCH_TWEAK_H */
