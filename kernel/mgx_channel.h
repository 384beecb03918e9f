/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mgx_channel.h - for drivers of copy engines: native channels.
 *
 * A driver registers a channel and gets jobs: arrays of {src, dst, len} as they
 * come from the batch, without scatterlists or dmaengine descriptors. See
 * sim_native.c for a driver to start from.
 */
#ifndef _MGX_CHANNEL_H
#define _MGX_CHANNEL_H

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/types.h>

#include "migrate_ext.h"

#define MGX_JOB_SEGS	128 /* pieces per job at most */
#define MGX_MAX_CREDITS 32  /* jobs per channel at most */

struct mgx_channel;
struct mgx_ctx;
struct mgx_share;

/**
 * struct mgx_seg - one piece to copy
 * @src: first page of the source
 * @dst: first page of the destination
 * @len: bytes, a multiple of PAGE_SIZE; both sides are physically contiguous
 */
struct mgx_seg {
	struct page *src;
	struct page *dst;
	u32 len;
};

/**
 * struct mgx_job - pieces that a channel copies
 * @seg: the pieces
 * @nr: how many
 * @bytes: sum of their lengths
 * @index: its number among the channel's jobs, below &mgx_channel_desc.credits
 * @node: private to migrate_ext, like all that follows
 * @channel: who copies
 * @ctx: call the job belongs to; NULL when the call went on without it
 * @share: submission it was pulled for
 * @tgid: process the call belongs to
 * @start_ns: when it was started
 * @done_ns: how long it took
 * @cpu_ns: processor time it took, when it was copied by a thread
 * @copied: bytes that the driver reported
 * @status: and its status
 * @check: it waits for being compared
 * @failed: pieces that were not copied
 * @pair: index of each piece's pair
 * @active: started and not done
 */
struct mgx_job {
	struct mgx_seg seg[MGX_JOB_SEGS];
	u32 nr;
	u64 bytes;
	u32 index;

	struct list_head node;
	struct mgx_channel *channel;
	struct mgx_ctx *ctx;
	struct mgx_share *share;
	s32 tgid;
	u64 start_ns;
	u64 done_ns;
	u64 cpu_ns;
	u64 copied;
	int status;
	bool check;
	DECLARE_BITMAP(failed, MGX_JOB_SEGS);
	u16 pair[MGX_JOB_SEGS];
	bool active;
};

/**
 * struct mgx_channel_ops - what a channel's driver does
 */
struct mgx_channel_ops {
	/**
	 * @start: Begin to copy @job.
	 *
	 * For each job that is accepted the driver calls mgx_job_done() once,
	 * later, not from within @start. Mandatory.
	 *
	 * Context: any, also softirq. Must not sleep or allocate.
	 * Return: 0, -EAGAIN when there is no room now, -ERANGE when the
	 * engine cannot reach this memory, which is no fault, or another errno.
	 */
	int (*start)(struct mgx_channel *channel, struct mgx_job *job);

	/**
	 * @poll: Look for completions; may call mgx_job_done(). Optional.
	 *
	 * Context: process.
	 */
	void (*poll)(struct mgx_channel *channel);

	/**
	 * @quiesce: Stop the engine, so that it reads and writes no job any more.
	 *
	 * Called after a job missed its deadline, when no @start is under
	 * way. Optional; without it, the jobs' sources and destinations are
	 * kept until mgx_job_done() comes. When it is proven that no job that
	 * was started is read or written any more, the driver ends each of
	 * them by mgx_job_done(job, 0, -EIO).
	 *
	 * Context: process, may sleep.
	 * Return: 0 when it did so, otherwise a negative errno.
	 */
	int (*quiesce)(struct mgx_channel *channel);

	/**
	 * @release: Give the engine back to whom it was taken from.
	 *
	 * When an operator takes the channel offline; no job is with the
	 * driver. Optional, together with @acquire.
	 *
	 * Context: process, may sleep.
	 */
	void (*release)(struct mgx_channel *channel);

	/**
	 * @acquire: Take the engine again that was given back.
	 *
	 * Context: process, may sleep.
	 * Return: 0, or a negative errno: it stays offline.
	 */
	int (*acquire)(struct mgx_channel *channel);
};

/**
 * struct mgx_channel_desc - a channel to register
 * @name: for people; letters, digits, '_', '-', '.' and ':'
 * @kind: &enum mgx_channel_kind
 * @nid: node it is on, or NUMA_NO_NODE
 * @credits: jobs it takes at once, of all calls, 1 to MGX_MAX_CREDITS
 * @depth: of these, jobs of one call; what is queued behind a slow job cannot
 *	be pulled by others, so as few as keep the engine busy; 0 for 2
 * @max_nr: most pieces per job, 0 for MGX_JOB_SEGS
 * @max_seg: most bytes per piece, a multiple of PAGE_SIZE, 0 for no limit
 * @ops: the driver
 * @priv: for the driver, see mgx_channel_priv()
 */
struct mgx_channel_desc {
	const char *name;
	u32 kind;
	int nid;
	u32 credits;
	u32 depth;
	u32 max_nr;
	u32 max_seg;
	const struct mgx_channel_ops *ops;
	void *priv;
};

void mgx_channel_limit(struct mgx_channel *channel, u32 max_seg);
struct mgx_channel *mgx_channel_register(const struct mgx_channel_desc *desc);
void mgx_channel_unregister(struct mgx_channel *channel);
void *mgx_channel_priv(const struct mgx_channel *channel);
void mgx_job_fail_seg(struct mgx_job *job, u32 seg);
void mgx_job_done(struct mgx_job *job, u64 bytes, int status);

#endif /* _MGX_CHANNEL_H */
