/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pick.h - the best few of the channels, by a score; free of BPF, so that the
 * unit tests run it on the host.
 */
#ifndef _MGX_PICK_H
#define _MGX_PICK_H

#include <linux/types.h>
#include <stdbool.h>

#define MGX_PICK_ROOM 8 /* a power of two */
#define MGX_PICK_MAX  7 /* MGX_MAX_SHARES, less one for the calling CPU */

/**
 * struct mgx_pick_one - a channel that was picked
 * @score: the less, the better
 * @id: which
 * @mbps: its bandwidth, bytes per microsecond, 0 for unknown
 */
struct mgx_pick_one {
	__u64 score;
	__u32 id;
	__u32 mbps;
};

/**
 * struct mgx_pick - the channels that were picked, best first
 * @one: they
 * @nr: how many
 * @pad: unused
 */
struct mgx_pick {
	struct mgx_pick_one one[MGX_PICK_ROOM];
	__u32 nr;
	__u32 pad;
};

/* One more: it pushes the worst out when there is no room. Equals keep order. */
static inline void mgx_pick_add(struct mgx_pick *p, __u32 width,
				struct mgx_pick_one new)
{
	struct mgx_pick_one old;
	__u32 i;

	if (width > MGX_PICK_MAX)
		width = MGX_PICK_MAX;
	for (i = 0; i < MGX_PICK_MAX; i++) {
		if (i >= width)
			return;
		if (i >= p->nr) {
			p->one[i] = new;
			p->nr = i + 1;
			return;
		}
		if (new.score >= p->one[i].score)
			continue;
		old = p->one[i];
		p->one[i] = new;
		new = old;
	}
}

/* Nearest: on the destination's node, then on the source's, then the others. */
static inline __u64 mgx_pick_distance(__s32 nid, __s32 src, __s32 dst)
{
	if (nid == dst)
		return 0;
	return nid == src ? 1 : 2;
}

/*
 * Nanoseconds until a channel would be through with what it has and with
 * @bytes more. One that has never copied is taken for fast: it must be tried
 * to be known.
 */
static inline __u64 mgx_pick_ready_ns(__u64 inflight, __u64 mbps, __u64 ewma_ns,
				      __u64 bytes)
{
	__u64 ns;

	if (!mbps)
		return inflight;
	ns = (inflight + bytes) * 1000 / mbps;
	return ns > ewma_ns ? ns : ewma_ns;
}

#endif /* _MGX_PICK_H */
