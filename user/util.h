/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * util.h - two things that the kernel's sources have and libc has not.
 */
#ifndef _MGXCTL_UTIL_H
#define _MGXCTL_UTIL_H

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define __printf(text, args) __attribute((format(printf, text, args)))

#endif /* _MGXCTL_UTIL_H */
