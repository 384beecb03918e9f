/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * notify.h - words to the supervisor that started this program, sd_notify(3)'s
 * protocol; without one, nothing.
 */
#ifndef _MGXCTL_NOTIFY_H
#define _MGXCTL_NOTIFY_H

/* "READY=1", "WATCHDOG=1", "STOPPING=1" ... */
void notify(const char *text);

#endif /* _MGXCTL_NOTIFY_H */
