/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * window.h - what the policy t_window and the tests share.
 */
#ifndef _MGX_WINDOW_H
#define _MGX_WINDOW_H

#include <linux/types.h>

#define WINDOW_MAP "window"
#define WINDOW_MS  30000 /* a test that forgets one does not hang */

/**
 * struct window - the time between the copy of a batch and its folios' turns
 * @tgid: of the process whose batches are held open
 * @opened: batches so far; the last one waits
 * @closed: set by the test: how many may go on
 * @expired: how many were not closed in time
 * @hold_exit: set by the test: exit() waits until it is 0
 * @exiting: exit() was called
 */
struct window {
	__s32 tgid;
	__u32 opened;
	__u32 closed;
	__u32 expired;
	__u32 hold_exit;
	__u32 exiting;
};

#endif /* _MGX_WINDOW_H */
