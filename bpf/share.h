/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * share.h - the arithmetic of mgx_fair.bpf.c, free of BPF, so that the unit
 * tests run it on the host.
 *
 * Time is cut into windows. In each of them the engines can copy so many bytes;
 * who is active may have an equal part of that, and what it left over in the
 * last window besides, up to one part more. Alone, it may have all: nobody is
 * kept from engines that would idle. Deficit round robin (Shreedhar, Varghese,
 * SIGCOMM 1995) is the model, with windows for rounds, since nobody waits in a
 * queue here: what is over a part is copied by the CPU.
 */
#ifndef _MGX_SHARE_H
#define _MGX_SHARE_H

#include <linux/types.h>
#include <stdbool.h>

/**
 * struct mgx_share_group - how many are active: cgroups, or processes of one
 * @window: number of the latest window
 * @now: members seen in it so far
 * @before: members seen in the window before
 */
struct mgx_share_group {
	__u64 window;
	__u32 now;
	__u32 before;
};

/**
 * struct mgx_share_user - a cgroup or a process
 * @window: number of the latest window in which it was active
 * @used: bytes it was granted in it
 * @left: bytes it may have more, from the window before
 */
struct mgx_share_user {
	__u64 window;
	__u64 used;
	__u64 left;
};

/* A member is seen; @first: for the first time in this window. */
static inline void mgx_share_seen(struct mgx_share_group *g, __u64 window,
				  bool first)
{
	if (g->window != window) {
		g->before = g->window + 1 == window ? g->now : 0;
		g->now = 0;
		g->window = window;
	}
	if (first)
		g->now++;
}

/* Who was active in the last window counts in this one: it may come back. */
static inline __u64 mgx_share_part(const struct mgx_share_group *g,
				   __u64 capacity)
{
	__u32 active = g->now > g->before ? g->now : g->before;

	return active > 1 ? capacity / active : capacity;
}

/* The window of @u becomes @window. True: it was another. */
static inline bool mgx_share_turn(struct mgx_share_user *u, __u64 window,
				  __u64 part)
{
	if (u->window == window)
		return false;
	u->left = 0;
	if (u->window + 1 == window && u->used < part)
		u->left = part - u->used;
	u->window = window;
	u->used = 0;
	return true;
}

/* Bytes that @u may still have of its part. */
static inline __u64 mgx_share_room(const struct mgx_share_user *u, __u64 part)
{
	__u64 most = part + u->left;

	return u->used < most ? most - u->used : 0;
}

/* Whole pages, and rather nothing than less than @least. */
static inline __u64 mgx_share_grant(__u64 room, __u64 bytes, __u64 least)
{
	__u64 grant = (room < bytes ? room : bytes) & ~4095ULL;

	return grant < least && grant < bytes ? 0 : grant;
}

#endif /* _MGX_SHARE_H */
