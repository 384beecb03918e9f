// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec.c - channels pull pieces from what is left of a batch.
 *
 * Nobody deals the work out. Each channel takes the next piece when it has
 * room, the calling CPU too if the policy asked for it: greedy list
 * scheduling, whose finish time is within one piece of the best, whatever the
 * channels' speeds are and however they change. A slow or dead channel costs
 * its own piece, never the batch. Beside a calling CPU that copies too, pieces
 * get smaller towards the end, each channel's by its speed (see piece.h), or the
 * CPU would wait for the last piece of a slow one. When it is free, an engine
 * has one more piece in advance, so that it need not wait for the next.
 *
 * A job that is not done by its deadline is given up. Its destination may
 * still be written and its source be read (rule 4), so both folios are held
 * until the channel proves that it stopped, and their migration fails cleanly.
 * A source that is held can be used as ever, but not move: who asks again
 * meanwhile is told so, as of a pinned one.
 *
 * A batch that takes longer than its policy said is the policy's fault, not
 * that of the channels that work for it: they start no more jobs for it, and
 * those that are started have the time that a job has.
 *
 * Locks: channel->lock, then exec->lock; both with interrupts off. A job's ctx
 * is changed under its channel's lock. A call waits until no job refers to it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/highmem.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "mgx.h"
#include "piece.h"
#include "trace.h"

#define MGX_RESCHED_PAGES 16
#define MGX_REFUSALS	  64 /* full rings in a row until a channel is suspect */

static unsigned int deadline_ms = 500;
module_param(deadline_ms, uint, 0644);
MODULE_PARM_DESC(
	deadline_ms,
	"a channel that does not finish a piece in that time is given up (default 500 ms)");

/* Copy @seg by this CPU. -EHWPOISON: the source has bad memory. */
static int mgx_seg_copy(const struct mgx_seg *seg)
{
	u32 i;

	for (i = 0; i < seg->len >> PAGE_SHIFT; i++) {
		if (copy_mc_highpage(seg->dst + i, seg->src + i))
			return -EHWPOISON;
		if (i % MGX_RESCHED_PAGES == MGX_RESCHED_PAGES - 1)
			cond_resched();
	}
	return 0;
}

static void mgx_exec_taken(struct mgx_exec *exec, u64 bytes)
{
	exec->remain -= min(exec->remain, bytes);
}

/* A job while pieces are cut for it from the remainder. */
struct mgx_cut {
	const struct mgx_pair *pair;
	struct mgx_seg *seg;
	u16 *index;
	u64 room;
	u32 pos;
	u32 off;
	u32 nr; /* pieces that it still takes */
};

/* A piece, which ends the pair or not. */
static __always_inline void mgx_cut_seg(struct mgx_cut *cut, u32 off, u32 len)
{
	const struct mgx_pair *pair = cut->pair;

	cut->seg->src = folio_page(pair->src, off >> PAGE_SHIFT);
	cut->seg->dst = folio_page(pair->dst, off >> PAGE_SHIFT);
	cut->seg->len = len;
	*cut->index = cut->pos;
	cut->seg++;
	cut->index++;
	cut->nr--;
	cut->room -= len;
}

static __always_inline void mgx_cut_next(struct mgx_cut *cut)
{
	cut->pair++;
	cut->pos++;
	cut->off = 0;
}

static __always_inline bool mgx_cut_more(const struct mgx_cut *cut, u32 end)
{
	return cut->pos < end && cut->nr && cut->room;
}

/* Whole folios, as long as they fit: this runs for each page of a batch. */
static __always_inline void mgx_cut_whole(struct mgx_cut *cut, u32 end, u32 max)
{
	while (cut->pos < end && cut->nr &&
	       cut->pair->state == MGX_PAIR_READY && cut->pair->size <= max &&
	       cut->pair->size <= cut->room) {
		mgx_cut_seg(cut, 0, cut->pair->size);
		mgx_cut_next(cut);
	}
}

/* A piece of a folio, or none if the CPU copies what is left of it. */
static void mgx_cut_part(struct mgx_cut *cut, struct mgx_exec *exec, u32 max)
{
	u32 rest = cut->pair->size - cut->off;
	u32 len = min3((u64)rest, cut->room, (u64)max);

	if (cut->pair->state == MGX_PAIR_READY) {
		mgx_cut_seg(cut, cut->off, len);
		cut->off += len;
	} else {
		mgx_exec_taken(exec, rest);
		len = rest;
	}
	if (len == rest)
		mgx_cut_next(cut);
}

/* Pieces from the remainder into @job, under exec->lock. */
static bool mgx_job_pull(struct mgx_ctx *ctx, struct mgx_share *share,
			 struct mgx_job *job, u32 max_nr, u32 max_seg)
{
	bool first = !share->to || !share->start_ns;
	struct mgx_exec *exec = &ctx->exec;
	u32 end = ctx->pairs.nr;
	struct mgx_cut cut = {
		.pair = ctx->pairs.pair + exec->pos,
		.seg = job->seg,
		.index = job->pair,
		.room = min_t(u64, share->chunk, share->left),
		.pos = exec->pos,
		.off = exec->off,
		.nr = max_nr,
	};

	cut.room = min(cut.room, mgx_piece(exec->remain, share->part, PAGE_SIZE,
					   share->chunk, first));
	job->bytes = cut.room;
	while (mgx_cut_more(&cut, end)) {
		if (!cut.off)
			mgx_cut_whole(&cut, end, max_seg);
		if (mgx_cut_more(&cut, end))
			mgx_cut_part(&cut, exec, max_seg);
	}
	exec->pos = cut.pos;
	exec->off = cut.off;
	job->nr = cut.seg - job->seg;
	job->bytes -= cut.room;
	share->left -= job->bytes;
	mgx_exec_taken(exec, job->bytes);
	bitmap_zero(job->failed, MGX_JOB_SEGS);
	return job->nr;
}

/* Copied are @len bytes more: those of the folio if it is whole now. */
static u32 mgx_pair_confirm(struct mgx_pair *pair, u32 len)
{
	if (pair->state != MGX_PAIR_READY)
		return 0;
	pair->left -= len;
	if (pair->left)
		return 0;
	pair->state = MGX_PAIR_COPIED;
	return pair->size;
}

/* As nearly always: all of it was copied. */
static u64 mgx_job_confirm(struct mgx_ctx *ctx, const struct mgx_job *job)
{
	const struct mgx_seg *seg = job->seg, *end = seg + job->nr;
	struct mgx_pair *pairs = ctx->pairs.pair;
	const u16 *index = job->pair;
	u64 bytes = 0;

	for (; seg < end; seg++, index++)
		bytes += mgx_pair_confirm(pairs + *index, seg->len);
	mgx_count_add(ctx, pages_copied, bytes >> PAGE_SHIFT);
	return job->bytes;
}

/*
 * What became of one piece that was not copied. Anything but bad memory in the
 * source is only a reason to copy the whole folio by CPU, at its turn (rule 7).
 */
static void mgx_pair_deny(struct mgx_ctx *ctx, struct mgx_pair *pair,
			  bool poison)
{
	if (pair->state != MGX_PAIR_READY)
		return;
	if (poison) {
		pair->state = MGX_PAIR_COPIED;
		pair->rc = -EHWPOISON;
		mgx_count(ctx, poison);
	} else {
		pair->state = MGX_PAIR_HELD;
		mgx_count(ctx, folios_redone);
	}
}

/* One by one. */
static u64 mgx_job_sort(struct mgx_ctx *ctx, const struct mgx_job *job,
			u64 bytes, int status)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < job->nr; i++) {
		struct mgx_pair *pair = ctx->pairs.pair + job->pair[i];
		bool failed = test_bit(i, job->failed);
		u32 len = job->seg[i].len;

		if (bytes >= len && !failed) {
			mgx_count_add(ctx, pages_copied,
				      mgx_pair_confirm(pair, len) >>
					      PAGE_SHIFT);
			sum += len;
		} else {
			mgx_pair_deny(ctx, pair,
				      failed && status == -EHWPOISON);
		}
		bytes -= min_t(u64, bytes, len);
	}
	return sum;
}

/*
 * What became of a job's pieces, under exec->lock (rule 3). Of @bytes from the
 * first piece on, those count that were not told to have failed. Returns what
 * was copied.
 */
static u64 mgx_job_account(struct mgx_ctx *ctx, struct mgx_job *job, u64 bytes,
			   int status, struct mgx_done *done)
{
	u64 sum;

	if (bytes >= job->bytes && bitmap_empty(job->failed, job->nr))
		sum = mgx_job_confirm(ctx, job);
	else
		sum = mgx_job_sort(ctx, job, bytes, status);
	if (sum < job->bytes && !done->status)
		done->status = status ?: -EIO;
	done->bytes += sum;
	return sum;
}

/**
 * mgx_job_copy() - copy a job by this CPU
 * @job: the job; pieces that cannot be copied are marked in it
 *
 * Context: process, may be rescheduled; the job's call is under way.
 * Return: 0 or -EHWPOISON.
 */
int mgx_job_copy(struct mgx_job *job)
{
	int rc = 0;
	u32 i;

	for (i = 0; i < job->nr; i++) {
		if (!mgx_seg_copy(&job->seg[i]))
			continue;
		__set_bit(i, job->failed);
		rc = -EHWPOISON;
	}
	return rc;
}

/* Whether the copy of a page is there: 0, -EIO, or -EHWPOISON: who knows. */
static int mgx_page_compare(struct mgx_ctx *ctx, struct page *src,
			    struct page *dst)
{
	void *from = kmap_local_page(src), *to = kmap_local_page(dst);
	int rc = 0;

	if (copy_mc_to_kernel(ctx->scratch, from, PAGE_SIZE))
		rc = -EHWPOISON;
	else if (memcmp(ctx->scratch, to, PAGE_SIZE))
		rc = -EIO;
	kunmap_local(to);
	kunmap_local(from);
	return rc;
}

static int mgx_seg_compare(struct mgx_ctx *ctx, const struct mgx_seg *seg)
{
	int rc = 0;
	u32 i;

	for (i = 0; i < seg->len >> PAGE_SHIFT && !rc; i++) {
		rc = mgx_page_compare(ctx, seg->src + i, seg->dst + i);
		cond_resched();
	}
	return rc;
}

/*
 * Compare what an engine says it has copied; its word is not enough. A source
 * with bad memory is the kernel's business, and no fault of the engine.
 */
static int mgx_job_verify(struct mgx_ctx *ctx, struct mgx_job *job)
{
	u64 said = job->copied;
	int rc = 0;
	u32 i;

	mgx_count(ctx, jobs_verified);
	for (i = 0; i < job->nr && said >= job->seg[i].len; i++) {
		int one;

		said -= job->seg[i].len;
		if (test_bit(i, job->failed))
			continue;
		one = mgx_seg_compare(ctx, &job->seg[i]);
		if (one)
			__set_bit(i, job->failed);
		if (one == -EIO) {
			mgx_count(ctx, verify_failed);
			rc = one;
		}
	}
	return rc;
}

static void mgx_job_link(struct mgx_ctx *ctx, struct mgx_share *share,
			 struct mgx_job *job)
{
	job->ctx = ctx;
	job->share = share;
	job->tgid = ctx->req.tgid;
	job->cpu_ns = 0;
	job->check = false;
	job->start_ns = ktime_get_ns();
	job->active = true;
	if (!share->start_ns)
		share->start_ns = job->start_ns;
	share->inflight++;
	ctx->exec.inflight++;
	list_add_tail(&job->node, &ctx->exec.jobs);
}

static void mgx_job_unlink(struct mgx_ctx *ctx, struct mgx_job *job)
{
	list_del(&job->node);
	job->active = false;
	job->share->inflight--;
	ctx->exec.inflight--;
	if (!ctx->exec.inflight)
		wake_up(&ctx->exec.wait);
}

/* The next job of a share, taken out of @channel's, under both locks. */
static struct mgx_job *mgx_job_next(struct mgx_channel *channel,
				    struct mgx_ctx *ctx,
				    struct mgx_share *share)
{
	/* What waits behind a slow job is lost to a CPU that could copy it. */
	u32 most = ctx->exec.helped ? channel->servers : channel->depth;
	struct mgx_job *job;

	if (channel->state != MGX_CHANNEL_UP || share->stopped ||
	    share->inflight >= most)
		return NULL;
	job = list_first_entry_or_null(&channel->free, struct mgx_job, node);
	if (!job || !mgx_job_pull(ctx, share, job, channel->desc.max_nr,
				  READ_ONCE(channel->desc.max_seg)))
		return NULL;
	list_del(&job->node);
	mgx_job_link(ctx, share, job);
	atomic_inc(&channel->starting);
	channel->inflight += job->bytes;
	return job;
}

/* References of a job that was given up: the engine has stopped. */
static void mgx_job_release_limbo(struct mgx_job *job)
{
	u32 i;

	for (i = 0; i < job->nr; i++) {
		folio_put(page_folio(job->seg[i].src));
		folio_put(page_folio(job->seg[i].dst));
	}
	mgx_event_add(limbo_released, job->nr);
}

/*
 * Back to the channel's free jobs, under its lock. The oldest is used next, so
 * that a driver that reports a job twice is noticed rather than believed.
 */
static void mgx_job_free(struct mgx_channel *channel, struct mgx_job *job)
{
	channel->inflight -= job->bytes;
	job->active = false;
	job->check = false;
	list_add_tail(&job->node, &channel->free);
}

/*
 * A job that was given up has ended: its folios are let go of. Without the
 * channel's lock, since a last reference may be ours, and to free what hugetlb has
 * reserved enables interrupts; channel->starting is counted meanwhile.
 */
static void mgx_orphan_end(struct mgx_channel *channel, struct mgx_job *job)
{
	unsigned long flags;

	mgx_job_release_limbo(job);
	spin_lock_irqsave(&channel->lock, flags);
	list_del(&job->node);
	mgx_job_free(channel, job);
	spin_unlock_irqrestore(&channel->lock, flags);
}

/*
 * The driver did not take the job. Its call copies it by CPU; that it is still
 * counted as in flight keeps the call. An engine that is full, or cannot reach
 * the memory, is not ill; the latter need not be asked again for this batch.
 */
static void mgx_job_refused(struct mgx_channel *channel, struct mgx_job *job,
			    int rc)
{
	unsigned long flags;
	struct mgx_ctx *ctx;
	bool full;

	spin_lock_irqsave(&channel->lock, flags);
	job->active = false; /* who reports it all the same is not believed */
	channel->refused++;
	full = rc == -EAGAIN && ++channel->refusals >= MGX_REFUSALS;
	if ((rc != -EAGAIN && rc != -ERANGE) || full)
		mgx_channel_fail(channel, full);
	ctx = job->ctx;
	if (ctx) {
		spin_lock(&ctx->exec.lock);
		job->share->stopped |= rc != -EAGAIN;
		list_move_tail(&job->node, &ctx->exec.returned);
		wake_up(&ctx->exec.wait);
		spin_unlock(&ctx->exec.lock);
	}
	spin_unlock_irqrestore(&channel->lock, flags);
	if (!ctx)
		mgx_orphan_end(channel, job);
}

/*
 * No lock is held here, so whoever does this can stand still at any place, and
 * the job be given up meanwhile. channel->starting, counted since the job was
 * linked, keeps the channel from being quiesced until start() has returned.
 */
static bool mgx_job_start(struct mgx_channel *channel, struct mgx_job *job)
{
	int rc = channel->desc.ops->start(channel, job);

	if (rc)
		mgx_job_refused(channel, job, rc);
	atomic_dec_return_release(&channel->starting);
	return !rc;
}

/* Start a job of @share if its channel has room. By the call itself. */
static bool mgx_share_start(struct mgx_ctx *ctx, struct mgx_share *share)
{
	struct mgx_channel *channel = share->to;
	struct mgx_job *job;

	spin_lock_irq(&channel->lock);
	spin_lock(&ctx->exec.lock);
	job = mgx_job_next(channel, ctx, share);
	spin_unlock(&ctx->exec.lock);
	spin_unlock_irq(&channel->lock);
	return job && mgx_job_start(channel, job);
}

/* What was copied counts, under both locks. */
static void mgx_job_settle(struct mgx_channel *channel, struct mgx_job *job,
			   int status)
{
	struct mgx_ctx *ctx = job->ctx;
	u64 bytes;

	bytes = mgx_job_account(ctx, job, job->copied, status,
				&job->share->done);
	mgx_channel_account(job, bytes, job->done_ns, status);
	mgx_job_unlink(ctx, job);
	mgx_job_free(channel, job);
}

/* The job has ended; the next one of its share, so that the engine stays fed. */
static struct mgx_job *mgx_job_finish(struct mgx_channel *channel,
				      struct mgx_job *job, u64 bytes,
				      int status)
{
	struct mgx_share *share = job->share;
	struct mgx_ctx *ctx = job->ctx;
	u64 now = ktime_get_ns();
	struct mgx_job *next;

	job->copied = bytes;
	job->status = status;
	job->done_ns = now - job->start_ns;
	spin_lock(&ctx->exec.lock);
	share->done.ns = now - share->start_ns;
	/* The next one is linked before: in between the call could go away. */
	share->inflight--;
	next = mgx_job_next(channel, ctx, share);
	share->inflight++;
	if (bytes && mgx_channel_verifies(channel)) {
		job->check = true; /* by the call */
		list_move_tail(&job->node, &ctx->exec.returned);
		wake_up(&ctx->exec.wait);
	} else {
		mgx_job_settle(channel, job, status);
	}
	spin_unlock(&ctx->exec.lock);
	return next;
}

/**
 * mgx_job_fail_seg() - one piece of a job was not copied
 * @job: a job that is not done yet
 * @seg: index of the piece
 *
 * Context: any; before mgx_job_done().
 */
void mgx_job_fail_seg(struct mgx_job *job, u32 seg)
{
	if (seg < job->nr)
		set_bit(seg, job->failed);
}
EXPORT_SYMBOL_GPL(mgx_job_fail_seg);

/*
 * The status by what was reported of the pieces. An engine's word about bad memory
 * is an error like any other: the CPU's copy finds out (rule 7).
 */
static int mgx_job_status(const struct mgx_job *job, u64 bytes, int status)
{
	if (status == -EHWPOISON && job->channel->desc.kind != MGX_KIND_CPU)
		return -EIO;
	if (!status &&
	    (bytes < job->bytes || !bitmap_empty(job->failed, job->nr)))
		return -EIO;
	return status;
}

/**
 * mgx_job_done() - a job has ended: the engine does not touch it any more
 * @job: the job, which is the channel's again
 * @bytes: bytes that were copied, from its first piece on, but for the pieces
 *	that mgx_job_fail_seg() told; all if there was no error
 * @status: 0, -EAGAIN when there was no room for the failed pieces, or another
 *	negative errno; a CPU's thread has -EHWPOISON for bad memory in them, of
 *	an engine that is -EIO, and so is 0 if not all was copied
 *
 * A driver that reports more than it was given, or a job that is not active,
 * is not believed: the channel is put into quarantine. That cannot be seen of a
 * job that was reported before and is another call's by now, which takes @credits
 * jobs to be free less one (mgx_job_free()).
 *
 * Context: any but NMI. May call the channel's start().
 */
void mgx_job_done(struct mgx_job *job, u64 bytes, int status)
{
	struct mgx_channel *channel = job->channel;
	struct mgx_job *next = NULL;
	unsigned long flags;
	bool bad, ours, orphan;

	spin_lock_irqsave(&channel->lock, flags);
	/* What waits to be compared has been reported. */
	ours = job->active && !job->check;
	bad = !ours || bytes > job->bytes || status > 0;
	if (bad)
		mgx_event(bad_reports);
	if (bad && ours) {
		bytes = 0;
		status = -EPROTO;
	} else if (ours) {
		status = mgx_job_status(job, bytes, status);
	}
	if (bad || (status && status != -EHWPOISON && status != -EAGAIN))
		mgx_channel_fail(channel, bad);
	orphan = ours && !job->ctx;
	if (orphan) {
		job->active = false; /* reported */
		atomic_inc(&channel->starting);
	} else if (ours) {
		next = mgx_job_finish(channel, job, bytes, status);
	}
	spin_unlock_irqrestore(&channel->lock, flags);
	if (orphan) {
		mgx_event(late_jobs);
		mgx_orphan_end(channel, job);
		atomic_dec_return_release(&channel->starting);
	}
	if (next)
		mgx_job_start(channel, next);
}
EXPORT_SYMBOL_GPL(mgx_job_done);

/*
 * Give @job up, under both locks: the call goes on without it, its folios are
 * held for as long as the engine may read and write.
 */
static void mgx_job_orphan(struct mgx_ctx *ctx, struct mgx_job *job)
{
	struct mgx_channel *channel = job->channel;
	u32 i;

	for (i = 0; i < job->nr; i++) {
		struct mgx_pair *pair = ctx->pairs.pair + job->pair[i];

		folio_get(pair->src);
		folio_get(pair->dst);
		if (pair->state != MGX_PAIR_LIMBO)
			mgx_count(ctx, folios_limbo);
		pair->state = MGX_PAIR_LIMBO;
	}
	job->share->done.status = job->share->done.status ?: -ETIMEDOUT;
	mgx_job_unlink(ctx, job);
	job->active = true;
	job->ctx = NULL;
	job->share = NULL;
	list_add_tail(&job->node, &channel->orphans);
	channel->stats.errors++;
	mgx_channel_fail(channel, true);
}

/* Jobs in flight are in the order in which they were started. */
static struct mgx_job *mgx_exec_overdue(struct mgx_ctx *ctx, u64 now)
{
	struct mgx_job *job;

	spin_lock_irq(&ctx->exec.lock);
	job = list_first_entry_or_null(&ctx->exec.jobs, struct mgx_job, node);
	if (job && now - job->start_ns < ctx->exec.deadline_ns)
		job = NULL;
	spin_unlock_irq(&ctx->exec.lock);
	return job;
}

static void mgx_exec_give_up(struct mgx_ctx *ctx)
{
	struct mgx_job *job;

	while ((job = mgx_exec_overdue(ctx, ktime_get_ns()))) {
		struct mgx_channel *channel = job->channel;

		spin_lock_irq(&channel->lock);
		spin_lock(&ctx->exec.lock);
		/* It may have ended, and be in use again, since we looked. */
		if (job == list_first_entry_or_null(&ctx->exec.jobs,
						    struct mgx_job, node) &&
		    ktime_get_ns() - job->start_ns >= ctx->exec.deadline_ns)
			mgx_job_orphan(ctx, job);
		spin_unlock(&ctx->exec.lock);
		spin_unlock_irq(&channel->lock);
	}
}

/* A job of @ctx that its driver did not take: by this CPU. */
static void mgx_exec_redo(struct mgx_ctx *ctx, struct mgx_job *job)
{
	struct mgx_channel *channel = job->channel;
	int rc = mgx_job_copy(job);

	spin_lock_irq(&channel->lock);
	spin_lock(&ctx->exec.lock);
	mgx_job_account(ctx, job, job->bytes, rc, &ctx->exec.rest);
	mgx_job_unlink(ctx, job);
	mgx_job_free(channel, job);
	spin_unlock(&ctx->exec.lock);
	spin_unlock_irq(&channel->lock);
}

/* A job that is said to be copied. Who says so wrongly copies no more. */
static void mgx_exec_check(struct mgx_ctx *ctx, struct mgx_job *job)
{
	struct mgx_channel *channel = job->channel;
	int rc = mgx_job_verify(ctx, job);

	if (rc && mgx_channel_tells(channel, MGX_TOLD_VERIFY))
		pr_warn("channel %s says that it has copied what it has not; its copies are compared from now on, and the CPU copies those that differ\n",
			channel->name);
	spin_lock_irq(&channel->lock);
	if (rc) {
		/* Never again unseen, if it was seen now and then only. */
		WRITE_ONCE(channel->verify, MGX_VERIFY_FULL);
		mgx_channel_fail(channel, true);
	}
	spin_lock(&ctx->exec.lock);
	mgx_job_settle(channel, job, rc ?: job->status);
	spin_unlock(&ctx->exec.lock);
	spin_unlock_irq(&channel->lock);
}

/* Jobs that need the calling CPU. */
static bool mgx_exec_take_returned(struct mgx_ctx *ctx)
{
	struct mgx_job *job;

	spin_lock_irq(&ctx->exec.lock);
	job = list_first_entry_or_null(&ctx->exec.returned, struct mgx_job,
				       node);
	if (job)
		list_move(&job->node, &ctx->exec.own);
	spin_unlock_irq(&ctx->exec.lock);
	if (!job)
		return false;
	if (job->check)
		mgx_exec_check(ctx, job);
	else
		mgx_exec_redo(ctx, job);
	return true;
}

/* The calling CPU's part: pull and copy while something is left. */
static void mgx_exec_help(struct mgx_ctx *ctx, struct mgx_share *share)
{
	struct mgx_job *job = &ctx->own;
	bool more;
	int rc;

	share->start_ns = ktime_get_ns();
	spin_lock_irq(&ctx->exec.lock);
	more = mgx_job_pull(ctx, share, job, MGX_JOB_SEGS, UINT_MAX);
	spin_unlock_irq(&ctx->exec.lock);
	while (more) {
		rc = mgx_job_copy(job);
		cond_resched();
		spin_lock_irq(&ctx->exec.lock);
		mgx_job_account(ctx, job, job->bytes, rc, &share->done);
		more = mgx_job_pull(ctx, share, job, MGX_JOB_SEGS, UINT_MAX);
		spin_unlock_irq(&ctx->exec.lock);
	}
	share->done.ns = ktime_get_ns() - share->start_ns;
	mgx_channel_account_caller(&share->done);
	mgx_cost_learn(ctx->batch.src_nid, ctx->batch.dst_nid,
		       share->done.bytes, share->done.ns, ctx->nr_shares == 1);
}

static void mgx_exec_poll(struct mgx_ctx *ctx)
{
	u32 i;

	for (i = 0; i < ctx->nr_shares; i++) {
		struct mgx_channel *to = ctx->shares[i].to;

		if (to && to->desc.ops->poll &&
		    READ_ONCE(ctx->shares[i].inflight))
			to->desc.ops->poll(to);
	}
}

static bool mgx_exec_idle(struct mgx_ctx *ctx)
{
	return !READ_ONCE(ctx->exec.inflight);
}

static bool mgx_exec_wants_us(struct mgx_ctx *ctx)
{
	return mgx_exec_idle(ctx) || !list_empty(&ctx->exec.returned);
}

/* The batch has had its time: the CPU copies what is not started. */
static void mgx_exec_stop(struct mgx_ctx *ctx)
{
	struct mgx_share *share;

	spin_lock_irq(&ctx->exec.lock);
	for (share = ctx->shares; share < ctx->shares + ctx->nr_shares; share++)
		share->stopped = true;
	spin_unlock_irq(&ctx->exec.lock);
}

/* Poll as long as the policy said, then sleep until something happens. */
static void mgx_exec_wait(struct mgx_ctx *ctx, u64 until)
{
	u64 now, longest = ctx->exec.deadline_ns / 4;

	mgx_exec_poll(ctx);
	now = ktime_get_ns();
	if (now >= ctx->exec.until_ns)
		mgx_exec_stop(ctx);
	else
		longest = min(longest, ctx->exec.until_ns - now);
	if (now < until) {
		cpu_relax();
		cond_resched();
		return;
	}
	wait_event_timeout(ctx->exec.wait, mgx_exec_wants_us(ctx),
			   max(1UL, nsecs_to_jiffies(longest)));
}

/* Shares that a full ring has stopped, while there is something left. */
static void mgx_exec_feed(struct mgx_ctx *ctx)
{
	struct mgx_share *share;

	for (share = ctx->shares; share < ctx->shares + ctx->nr_shares; share++)
		if (share->to && !READ_ONCE(share->inflight))
			while (mgx_share_start(ctx, share))
				;
}

static void mgx_exec_finish(struct mgx_ctx *ctx)
{
	u64 until = ktime_get_ns();

	if (check_add_overflow(until, ctx->exec.poll_ns, &until))
		until = U64_MAX;
	while (!mgx_exec_idle(ctx)) {
		if (mgx_exec_take_returned(ctx)) {
			mgx_exec_feed(ctx);
			continue;
		}
		mgx_exec_wait(ctx, until);
		mgx_exec_give_up(ctx);
	}
	/* Who ended the last job may still hold the lock. */
	spin_lock_irq(&ctx->exec.lock);
	spin_unlock_irq(&ctx->exec.lock);
}

/**
 * mgx_exec_init() - prepare a context's executor, once
 * @ctx: the context
 */
void mgx_exec_init(struct mgx_ctx *ctx)
{
	struct mgx_exec *exec = &ctx->exec;

	spin_lock_init(&exec->lock);
	init_waitqueue_head(&exec->wait);
	INIT_LIST_HEAD(&exec->jobs);
	INIT_LIST_HEAD(&exec->returned);
	INIT_LIST_HEAD(&exec->own);
}

/* Bytes per microsecond that a share's channel is known to copy, 0 if not. */
static u64 mgx_share_rate(struct mgx_ctx *ctx, struct mgx_share *share)
{
	struct mgx_channel *channel = share->to;
	u64 ns;

	if (channel)
		return READ_ONCE(channel->ewma_ns) ?
			       max(READ_ONCE(channel->ewma_mbps), 1ULL) :
			       0;
	ns = mgx_cost_ns(SZ_1M, ctx->batch.src_nid, ctx->batch.dst_nid);
	return ns ? max(div64_u64(SZ_1M * 1000ULL, ns), 1ULL) : 0;
}

/* What each channel may take at once, if it is not to keep the CPU waiting. */
static void mgx_exec_divide(struct mgx_ctx *ctx)
{
	struct mgx_share *share, *end = ctx->shares + ctx->nr_shares;
	u64 sum = 0, left = 0;

	for (share = ctx->shares; share < end; share++) {
		sum += mgx_share_rate(ctx, share);
		left += share->left;
	}
	ctx->exec.remain = min(ctx->batch.bytes, left);
	for (share = ctx->shares; share < end; share++) {
		u64 rate = mgx_share_rate(ctx, share);

		if (rate)
			share->part = mgx_piece_part(rate, sum);
	}
}

/* A piece to each before anybody has one in advance: nobody goes without. */
static void mgx_exec_feed_all(struct mgx_ctx *ctx)
{
	struct mgx_share *share, *end = ctx->shares + ctx->nr_shares;
	bool more;

	do {
		more = false;
		for (share = ctx->shares; share < end; share++)
			more |= share->to && mgx_share_start(ctx, share);
	} while (more);
}

/* The CPU has copied its share. Is there more, it keeps nobody waiting now. */
static void mgx_exec_leave(struct mgx_ctx *ctx)
{
	struct mgx_share *share, *end = ctx->shares + ctx->nr_shares;

	spin_lock_irq(&ctx->exec.lock);
	ctx->exec.helped = false;
	for (share = ctx->shares; share < end; share++)
		share->part = 0;
	spin_unlock_irq(&ctx->exec.lock);
	mgx_exec_feed_all(ctx);
}

/**
 * mgx_exec_run() - copy a batch by the channels that were submitted to
 * @ctx: its batch is gathered, its shares are granted
 *
 * When it returns, no channel refers to the context. Pairs that are COPIED
 * are; what is READY or HELD the kernel copies; what is in LIMBO fails.
 *
 * Context: the migrating task; may sleep if a channel is slow. No allocation.
 */
void mgx_exec_run(struct mgx_ctx *ctx)
{
	struct mgx_share *share, *end = ctx->shares + ctx->nr_shares;

	ctx->exec.rest = (struct mgx_done){ .channel = MGX_CHANNEL_CALLER };
	ctx->exec.off = 0;
	ctx->exec.helped = false;
	for (share = ctx->shares; share < end; share++)
		ctx->exec.helped |= !share->to;
	if (ctx->exec.helped && ctx->nr_shares > 1)
		mgx_exec_divide(ctx);
	ctx->exec.deadline_ns = max(READ_ONCE(deadline_ms), 1U) * NSEC_PER_MSEC;
	mgx_exec_feed_all(ctx);
	for (share = ctx->shares; share < end; share++)
		if (!share->to)
			mgx_exec_help(ctx, share);
	if (ctx->exec.helped && READ_ONCE(ctx->exec.pos) < ctx->pairs.nr)
		mgx_exec_leave(ctx);
	mgx_exec_finish(ctx);
	if (ctx->exec.rest.bytes)
		mgx_channel_account_caller(&ctx->exec.rest);
}
