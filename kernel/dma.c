// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma.c - channels of dmaengine: every engine that can copy memory.
 *
 * An engine's channel is requested once and kept: doing so per batch costs tens
 * of milliseconds with some drivers. Each piece of a job is a descriptor of its
 * own with a callback of its own, since engines complete out of order and the
 * cookie of a failed copy says that it is complete (ioatdma, idxd): only the
 * callback's result tells. Drivers that tell nothing are caught by the job's
 * deadline.
 *
 * Drivers call back with locks held that preparing a copy takes (ioatdma, after
 * an error), so that a job ends, and the next one begins, behind the callback.
 *
 * That a copy was aborted is the driver's word, not the engine's: it may be about
 * to stop the engine (ioat_reboot_chan() calls back, and then resets it, all with
 * bottom halves off). Such a job ends an RCU grace period later: until then, the
 * engine could write.
 *
 * Pages are mapped for each descriptor, and so synchronised for devices that
 * are not coherent. What a device cannot reach is left to the CPU: to bounce it
 * would mean that the CPU copies it twice. (Where the whole machine bounces, so
 * do we.)
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/dmaengine.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include "mgx.h"

#define MGX_DMA_CREDITS 16
#define MGX_DMA_PIECES	32 /* of a job: rings can be short */
#define MGX_DMA_SCAN_S	2  /* dmaengine tells nobody who comes and goes */
#define MGX_DMA_TRIES	3 /* pieces refused by an idle engine until they shrink */

/**
 * struct mgx_dma_desc - one piece with the engine
 * @job: the job it is of
 * @src: mapped source
 * @dst: mapped destination
 * @mapped: both are
 * @busy: its callback has not come
 */
struct mgx_dma_desc {
	struct mgx_job *job;
	dma_addr_t src;
	dma_addr_t dst;
	bool mapped;
	bool busy;
};

/**
 * struct mgx_dma_job - what a job needs here
 * @job: the job, until it is done
 * @left: descriptors that are not done, and one while they are submitted
 * @skipped: the engine had no room for some, or cannot reach them
 * @aborted: the driver says that it aborted some
 * @ended: in &mgx_dma.ended when all are
 * @rcu: until an engine that is being stopped has stopped
 * @prepare: submits them, where a thread does
 * @desc: the descriptors
 */
struct mgx_dma_job {
	struct mgx_job *job;
	refcount_t left;
	bool skipped;
	bool aborted;
	struct llist_node ended;
	struct rcu_head rcu;
	struct work_struct prepare;
	struct mgx_dma_desc desc[MGX_DMA_PIECES];
};

/**
 * struct mgx_dma - an engine's channel that is ours
 * @node: in mgx_dma_list, or mgx_dma_left
 * @chan: dmaengine's, NULL while it is given back
 * @cdev: its device, which outlives it
 * @shared: others submit to it too
 * @dev: who accesses memory
 * @limited: it does not reach all of it
 * @direct: no IOMMU is between it and memory
 * @channel: ours
 * @cookie: of the last descriptor
 * @lock: prep and submit belong together
 * @out: descriptors with the engine
 * @refused: length of the last piece that the idle engine refused, or 0
 * @refusals: how often in a row it refused that or a longer one
 * @ended: jobs whose descriptors are done
 * @end: ends them
 * @thread: prepares copies, where the driver sleeps; else NULL
 * @jobs: one for each of the channel's
 */
struct mgx_dma {
	struct list_head node;
	struct dma_chan *chan;
	struct dma_chan_dev *cdev;
	bool shared;
	struct device *dev;
	bool limited;
	bool direct;
	struct mgx_channel *channel;
	dma_cookie_t cookie;
	spinlock_t lock;
	atomic_t out;
	u32 refused;
	u32 refusals;
	struct llist_head ended;
	struct work_struct end;
	struct workqueue_struct *thread;
	struct mgx_dma_job *jobs;
};

/*
 * "Prep must not sleep", says dmaengine, and ours is in a spinlock. idxd waits until
 * it has a descriptor (idxd_alloc_desc(), IDXD_OP_BLOCK): a thread prepares for it.
 */
static char mgx_dma_sleepers[64] = "idxd";
module_param_string(dma_sleepers, mgx_dma_sleepers, sizeof(mgx_dma_sleepers),
		    0444);
MODULE_PARM_DESC(
	dma_sleepers,
	"drivers, separated by commas, that sleep when they prepare a copy: a thread does that for each of their channels (default idxd)");

/*
 * What these do with several descriptors at once cannot be trusted:
 *
 * ae4dma (7.3) starts one when it is told to issue what is pending, and the next
 * one never (pt_issue_pending(), pt_cmd_callback_work()); and it takes a mutex in
 * prep (pt_create_desc()).
 *
 * xilinx-vdma has AXI CDMA without scatter-gather copy the first, and calls back for
 * all as if it had (xilinx_cdma_start_transfer()); with it, and more of them than its
 * coalescing counts, it calls back for what is still copied.
 *
 * mtk-cqdma starts all of them, and each once more when the one before has ended
 * (mtk_cqdma_issue_vchan_pending(), mtk_cqdma_consume_work_queue()), so that it may
 * call back for a copy that is being made again.
 */
static char mgx_dma_ignored[64] = "ae4dma,xilinx-vdma,mtk-cqdma,mtk_cqdma";
module_param_string(dma_ignored, mgx_dma_ignored, sizeof(mgx_dma_ignored),
		    0444);
MODULE_PARM_DESC(
	dma_ignored,
	"drivers, separated by commas, whose channels are left alone (default ae4dma,xilinx-vdma,mtk-cqdma,mtk_cqdma)");

/*
 * That terminate_sync() returns 0 is no proof (rule 4): zynqmp_dma and ptdma drop
 * their descriptors and stop nothing, hisi_dma takes a late completion for that of
 * a later copy. Whose code says that the engine has stopped is listed here.
 */
static char mgx_dma_terminates[64] = "mgx_sim";
module_param_string(dma_terminates, mgx_dma_terminates,
		    sizeof(mgx_dma_terminates), 0444);
MODULE_PARM_DESC(
	dma_terminates,
	"drivers, separated by commas, whose terminate_sync() is known to stop the engine: late jobs are ended by it; those of others are waited for (default mgx_sim)");

/*
 * Nor does everybody stop an engine whose channel is released, or keep from calling
 * back: mv_xor_v2 and bcm-sba-raid do so later, ccp and ptdma from a descriptor that
 * they have freed. Whose code says that nothing comes any more is listed here.
 */
static char mgx_dma_releases[64] = "ioatdma,mgx_sim";
module_param_string(dma_releases, mgx_dma_releases, sizeof(mgx_dma_releases),
		    0444);
MODULE_PARM_DESC(
	dma_releases,
	"drivers, separated by commas, known not to call back once a channel is released: those of others that are late are kept until they answer (default ioatdma,mgx_sim)");

static DEFINE_MUTEX(mgx_dma_mutex);	/* the lists */
static DEFINE_MUTEX(mgx_dma_switching); /* the parameter */
static LIST_HEAD(mgx_dma_list);
static LIST_HEAD(mgx_dma_left); /* see mgx_dma_leave() */

/* Whether @list, whose entries end with commas, has the driver of @dev. */
static bool mgx_dma_listed(const struct device *dev, const char *list)
{
	const char *name = dev_driver_string(dev);
	size_t len;

	for (; *list; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		if (len == strlen(name) && !memcmp(list, name, len))
			return true;
	}
	return false;
}

static struct mgx_dma_job *mgx_dma_job(struct mgx_dma *dma,
				       const struct mgx_job *job)
{
	return dma->jobs + job->index;
}

/* Its device was removed while it was ours. */
static bool mgx_dma_gone(const struct mgx_dma *dma)
{
	return dma->chan && !READ_ONCE(dma->cdev->chan);
}

static void mgx_dma_unmap(struct mgx_dma *dma, struct mgx_dma_desc *desc,
			  u32 len)
{
	if (!desc->mapped)
		return;
	desc->mapped = false;
	if (!mgx_dma_need_unmap(dma->dev))
		return;
	dma_unmap_page(dma->dev, desc->src, len, DMA_TO_DEVICE);
	dma_unmap_page(dma->dev, desc->dst, len, DMA_FROM_DEVICE);
}

/*
 * What is still mapped; but not of an IOMMU for a device whose driver is gone, as the
 * device may be, and the IOMMU's part of it.
 */
static void mgx_dma_unmap_job(struct mgx_dma *dma, struct mgx_dma_job *mine)
{
	struct mgx_job *job = mine->job;
	bool gone = mgx_dma_gone(dma) && !READ_ONCE(dma->dev->driver);
	u32 i;

	for (i = 0; i < job->nr; i++) {
		if (gone && !dma->direct)
			mine->desc[i].mapped = false;
		else
			mgx_dma_unmap(dma, &mine->desc[i], job->seg[i].len);
	}
}

static bool mgx_dma_map(struct mgx_dma *dma, struct mgx_dma_desc *desc,
			const struct mgx_seg *seg)
{
	desc->src =
		dma_map_page(dma->dev, seg->src, 0, seg->len, DMA_TO_DEVICE);
	if (dma_mapping_error(dma->dev, desc->src))
		return false;
	desc->dst =
		dma_map_page(dma->dev, seg->dst, 0, seg->len, DMA_FROM_DEVICE);
	if (dma_mapping_error(dma->dev, desc->dst)) {
		dma_unmap_page(dma->dev, desc->src, seg->len, DMA_TO_DEVICE);
		return false;
	}
	desc->mapped = true;
	return true;
}

static bool mgx_dma_reaches_page(const struct mgx_dma *dma,
				 const struct page *page, u32 len)
{
	dma_addr_t addr = phys_to_dma(dma->dev, page_to_phys(page));

	return addr != DMA_MAPPING_ERROR &&
	       addr + len - 1 <= min_not_zero(dma_get_mask(dma->dev),
					      dma->dev->bus_dma_limit);
}

static bool mgx_dma_reaches(const struct mgx_dma *dma,
			    const struct mgx_seg *seg)
{
	return !dma->limited ||
	       (mgx_dma_reaches_page(dma, seg->src, seg->len) &&
		mgx_dma_reaches_page(dma, seg->dst, seg->len));
}

static void mgx_dma_unreached(struct mgx_dma *dma, struct mgx_job *job, u32 i)
{
	u64 top = min_not_zero(dma_get_mask(dma->dev), dma->dev->bus_dma_limit);

	mgx_job_fail_seg(job, i);
	mgx_event(pieces_unreached);
	if (mgx_channel_tells(job->channel, MGX_TOLD_REACH))
		pr_warn("channel %s reaches addresses up to %#llx only: the CPU copies from and to the memory beyond\n",
			job->channel->name, top);
}

static void mgx_dma_end_job(struct mgx_dma_job *mine)
{
	struct mgx_job *job = mine->job;
	int status = 0;

	if (!bitmap_empty(job->failed, job->nr))
		status = mine->skipped ? -EAGAIN : -EIO;
	WRITE_ONCE(mine->job, NULL);
	mgx_job_done(job, job->bytes, status);
}

/* In softirq context, as the callbacks were, but without a driver's locks. */
static void mgx_dma_end(struct work_struct *work)
{
	struct mgx_dma *dma = container_of(work, struct mgx_dma, end);
	struct mgx_dma_job *mine, *next;

	llist_for_each_entry_safe(mine, next, llist_del_all(&dma->ended), ended)
		mgx_dma_end_job(mine);
}

/* What could still be written to has been kept mapped, see mgx_dma_desc_end(). */
static void mgx_dma_stopped(struct rcu_head *rcu)
{
	struct mgx_dma_job *mine = container_of(rcu, struct mgx_dma_job, rcu);

	mgx_dma_unmap_job(mgx_channel_priv(mine->job->channel), mine);
	mgx_dma_end_job(mine);
}

static void mgx_dma_put(struct mgx_dma *dma, struct mgx_job *job)
{
	struct mgx_dma_job *mine = mgx_dma_job(dma, job);

	if (!refcount_dec_and_test(&mine->left))
		return;
	rcu_read_lock(); /* until either is done, see mgx_dma_settle() */
	if (READ_ONCE(mine->aborted)) {
		call_rcu_hurry(&mine->rcu, mgx_dma_stopped);
	} else {
		llist_add(&mine->ended, &dma->ended);
		queue_work(system_bh_wq, &dma->end);
	}
	rcu_read_unlock();
}

/*
 * It is not with the engine any more. Once only, whatever the provider does. Bounce
 * buffers and addresses of an IOMMU are others' once they are unmapped, so not
 * before the engine has @stopped, or is gone.
 */
static bool mgx_dma_desc_end(struct mgx_dma *dma, struct mgx_dma_desc *desc,
			     u32 len, bool stopped)
{
	if (!xchg(&desc->busy, false))
		return false;
	if (stopped || mgx_dma_gone(dma))
		mgx_dma_unmap(dma, desc, len);
	atomic_dec(&dma->out);
	return true;
}

/* A descriptor is done. Some drivers pass no result: then it is well. */
static void mgx_dma_callback(void *data, const struct dmaengine_result *result)
{
	struct mgx_dma_desc *desc = data;
	struct mgx_job *job = desc->job;
	struct mgx_dma *dma = mgx_channel_priv(job->channel);
	struct mgx_dma_job *mine = mgx_dma_job(dma, job);
	u32 seg = desc - mine->desc;
	bool aborted = result && result->result == DMA_TRANS_ABORTED;

	if (!mgx_dma_desc_end(dma, desc, job->seg[seg].len, !aborted))
		return;
	if (aborted)
		WRITE_ONCE(mine->aborted, true);
	if (result && (result->result != DMA_TRANS_NOERROR || result->residue))
		mgx_job_fail_seg(job, seg);
	mgx_dma_put(dma, job);
}

/*
 * An engine that has nothing to do refuses a piece: so it is not for want of room,
 * but for its length, which nothing had told. Now and then it may be for want of
 * memory, so not at the first time. Under the lock.
 */
static void mgx_dma_refuses(struct mgx_dma *dma, struct mgx_channel *channel,
			    u32 len)
{
	if (dma->shared || atomic_read(&dma->out) > 1)
		return; /* this piece is one of them */
	mgx_event(pieces_refused);
	if (!dma->refused || len < dma->refused)
		dma->refused = len;
	if (++dma->refusals < MGX_DMA_TRIES || len == PAGE_SIZE)
		return;
	dma->refusals = 0;
	mgx_channel_limit(channel,
			  max_t(u32, round_down(dma->refused / 2, PAGE_SIZE),
				PAGE_SIZE));
	if (mgx_channel_tells(channel, MGX_TOLD_SIZE))
		pr_warn("channel %s: its driver refuses pieces of %u bytes: it gets smaller ones\n",
			channel->name, len);
}

/* Prep may take a lock that submit gives back (ioat): nothing in between. */
static bool mgx_dma_submit(struct mgx_dma *dma, struct mgx_dma_desc *desc,
			   u32 len, unsigned long flags)
{
	struct dma_async_tx_descriptor *tx;
	dma_cookie_t cookie = -ENOMEM;

	tx = dmaengine_prep_dma_memcpy(dma->chan, desc->dst, desc->src, len,
				       flags);
	if (tx) {
		tx->callback_result = mgx_dma_callback;
		tx->callback_param = desc;
		cookie = dmaengine_submit(tx);
		if (!dma_submit_error(cookie))
			dma->cookie = cookie;
		if (len >= dma->refused)
			dma->refusals = 0;
	} else {
		mgx_dma_refuses(dma, desc->job->channel, len);
	}
	return !dma_submit_error(cookie);
}

static bool mgx_dma_send(struct mgx_dma *dma, struct mgx_job *job, u32 i)
{
	struct mgx_dma_job *mine = mgx_dma_job(dma, job);
	struct mgx_dma_desc *desc = &mine->desc[i];
	/* Each: the last may end first, and not all drivers look at others. */
	const unsigned long flags = DMA_CTRL_ACK | DMA_PREP_INTERRUPT;

	desc->job = job;
	if (!mgx_dma_map(dma, desc, &job->seg[i]))
		return false;
	refcount_inc(&mine->left);
	atomic_inc(&dma->out);
	WRITE_ONCE(desc->busy, true);
	if (mgx_dma_submit(dma, desc, job->seg[i].len, flags))
		return true;
	/* Who refuses it may have called back first (idxd_submit_desc()). */
	if (mgx_dma_desc_end(dma, desc, job->seg[i].len, true))
		refcount_dec(&mine->left);
	return false;
}

/*
 * The pieces that the engine can reach, until it has no room. Returns how many;
 * the others are marked in the job, and @full when it is for want of room.
 *
 * Prep must not sleep, but a driver may allocate as if it could (bcm2835): it is
 * kept from reclaiming memory, which may be what this migration is for.
 */
static u32 mgx_dma_send_all(struct mgx_dma *dma, struct mgx_job *job,
			    bool *full)
{
	unsigned int noreclaim = memalloc_noreclaim_save();
	u32 i, sent = 0;

	*full = false;
	for (i = 0; i < job->nr; i++) {
		if (!mgx_dma_reaches(dma, &job->seg[i])) {
			mgx_dma_unreached(dma, job, i);
			continue;
		}
		*full = *full || mgx_dma_gone(dma) ||
			!mgx_dma_send(dma, job, i);
		if (*full)
			mgx_job_fail_seg(job, i);
		else
			sent++;
	}
	memalloc_noreclaim_restore(noreclaim);
	return sent;
}

/*
 * Of a driver that sleeps when it prepares a copy, by the thread, one job after the
 * other. It may wait for long, and the job be given up meanwhile: it is not done,
 * so what it copies from and to is held. An engine that has nothing to do and takes
 * nothing is ill: its driver would have waited for room.
 */
static void mgx_dma_prepare(struct work_struct *work)
{
	struct mgx_dma_job *mine =
		container_of(work, struct mgx_dma_job, prepare);
	struct mgx_job *job = mine->job;
	struct mgx_dma *dma = mgx_channel_priv(job->channel);
	bool full;
	u32 sent = mgx_dma_send_all(dma, job, &full);

	if (sent) {
		mine->skipped = sent < job->nr;
		dma_async_issue_pending(dma->chan);
	} else {
		mine->skipped = !full || atomic_read(&dma->out);
	}
	mgx_dma_put(dma, job);
}

/*
 * What the engine has no room for now, or cannot reach, is copied by CPU.
 *
 * The lock is that of the channel's prep and submit. Not with interrupts off:
 * where submit gives back a lock of the driver's (ioat), softirqs would run, whose
 * callbacks come back to here, with our lock held.
 */
static int mgx_dma_start(struct mgx_channel *channel, struct mgx_job *job)
{
	struct mgx_dma *dma = mgx_channel_priv(channel);
	struct mgx_dma_job *mine = mgx_dma_job(dma, job);
	bool full;
	u32 sent;

	if (mgx_dma_gone(dma))
		return -ENODEV;
	refcount_set(&mine->left, 1);
	mine->aborted = false;
	mine->job = job;
	if (dma->thread) {
		queue_work(dma->thread, &mine->prepare);
		return 0;
	}
	spin_lock_bh(&dma->lock);
	sent = mgx_dma_send_all(dma, job, &full);
	spin_unlock_bh(&dma->lock);
	if (!sent) {
		mgx_dma_unmap_job(dma, mine);
		mine->job = NULL;
		bitmap_zero(job->failed, MGX_JOB_SEGS);
		return full ? -EAGAIN : -ERANGE;
	}
	mine->skipped = sent < job->nr;
	dma_async_issue_pending(dma->chan);
	mgx_dma_put(dma, job);
	return 0;
}

/*
 * Lets drivers such as ioatdma run callbacks without waiting for interrupts. The
 * jobs that end so are ended when bottom halves are on again: at once.
 */
static void mgx_dma_poll(struct mgx_channel *channel)
{
	struct mgx_dma *dma = mgx_channel_priv(channel);

	if (mgx_dma_gone(dma))
		return;
	local_bh_disable();
	dma_async_is_tx_complete(dma->chan, READ_ONCE(dma->cookie), NULL, NULL);
	local_bh_enable();
}

/* What was called back has ended afterwards. */
static void mgx_dma_settle(struct mgx_dma *dma)
{
	synchronize_rcu(); /* a callback may be about to end a job */
	rcu_barrier();
	flush_work(&dma->end);
}

/* The engine has stopped and calls nobody back: end what it had. */
static void mgx_dma_forget(struct mgx_dma *dma, struct mgx_dma_job *mine)
{
	struct mgx_job *job = mine->job;
	u32 i;

	if (!job)
		return;
	for (i = 0; i < job->nr; i++)
		mgx_dma_desc_end(dma, &mine->desc[i], job->seg[i].len, true);
	mgx_dma_unmap_job(dma, mine);
	mine->job = NULL;
	mgx_job_done(job, 0, -EIO);
}

/*
 * Only a driver that is known to terminate knows that its engine has stopped. For
 * the others the callbacks of the late jobs are waited for, as for those that
 * cannot (ioatdma), for an engine whose other users would lose their work, and for
 * one whose thread may be preparing what would be ended.
 */
static int mgx_dma_quiesce(struct mgx_channel *channel)
{
	struct mgx_dma *dma = mgx_channel_priv(channel);
	int rc;
	u32 i;

	if (mgx_dma_gone(dma))
		return -ENODEV;
	if (dma->shared || dma->thread ||
	    !mgx_dma_listed(dma->dev, mgx_dma_terminates))
		return -EBUSY;
	rc = dmaengine_terminate_sync(dma->chan);
	if (!rc)
		mgx_dma_settle(dma); /* no more callbacks come */
	for (i = 0; !rc && i < MGX_DMA_CREDITS; i++)
		mgx_dma_forget(dma, &dma->jobs[i]);
	return rc;
}

/* Largest piece: what the engine can take, and one mapping, in whole pages. */
static u32 mgx_dma_max_seg(struct device *dev)
{
	size_t max = min3(dma_max_mapping_size(dev), (size_t)SZ_1M,
			  (size_t)dma_get_max_seg_size(dev));

	return round_down(max, PAGE_SIZE);
}

/* --- ours, and given back ------------------------------------------------------ */

/* What dmaengine has to be kept for. */
static void mgx_dma_hold(struct mgx_dma *dma, struct dma_chan *chan)
{
	dma->cdev = chan->dev;
	get_device(&dma->cdev->device);
	dma->dev = get_device(chan->device->dev);
	dma->limited = dma_addressing_limited(dma->dev);
	dma->direct = mgx_dma_is_direct(dma->dev);
	dma->chan = chan;
}

/*
 * Drivers rely on it that what they have was terminated before (pl330, mpc512x,
 * fsldma). That proves nothing, and what is in limbo stays there.
 */
static void mgx_dma_give_back(struct mgx_dma *dma)
{
	if (atomic_read(&dma->out) && !mgx_dma_gone(dma))
		dmaengine_terminate_sync(dma->chan);
	dma_release_channel(dma->chan);
}

static void mgx_dma_drop(struct mgx_dma *dma)
{
	if (!dma->chan)
		return;
	if (dma->thread)
		flush_workqueue(dma->thread);
	if (!dma->shared)
		mgx_dma_give_back(dma);
	mgx_dma_settle(dma);
	dma->chan = NULL;
	put_device(dma->dev);
	put_device(&dma->cdev->device);
}

/* A shared one is given back with all others: dmaengine counts no single ones. */
static void mgx_dma_release_one(struct mgx_channel *channel)
{
	struct mgx_dma *dma = mgx_channel_priv(channel);

	if (!dma->shared)
		mgx_dma_drop(dma);
}

/* Pages are what it gets: whole ones, at their own alignment. */
static bool mgx_dma_takes_pages(struct dma_chan *chan)
{
	struct device *dev = chan->device->dev;

	if (chan->device->copy_align <= PAGE_SHIFT &&
	    dma_get_max_seg_size(dev) >= PAGE_SIZE &&
	    dma_max_mapping_size(dev) >= PAGE_SIZE)
		return true;
	pr_warn_once("%s is left alone: it does not copy single pages\n",
		     dma_chan_name(chan));
	return false;
}

/* By its driver, and by what that says of it. */
static bool mgx_dma_suits(struct dma_chan *chan)
{
	return !mgx_dma_listed(chan->device->dev, mgx_dma_ignored) &&
	       mgx_dma_takes_pages(chan);
}

static bool mgx_dma_is(struct dma_chan *chan, void *name)
{
	return !strcmp(dma_chan_name(chan), name);
}

static int mgx_dma_acquire(struct mgx_channel *channel)
{
	struct mgx_dma *dma = mgx_channel_priv(channel);
	struct dma_chan *chan;
	dma_cap_mask_t mask;

	if (dma->shared)
		return mgx_dma_gone(dma) ? -ENODEV : 0;
	dma_cap_zero(mask);
	dma_cap_set(DMA_MEMCPY, mask);
	chan = dma_request_channel(mask, mgx_dma_is, channel->name);
	if (!chan) {
		pr_warn("channel %s: dmaengine has no such channel, or others use it\n",
			channel->name);
		return -ENODEV;
	}
	if (!mgx_dma_suits(chan) ||
	    mgx_dma_max_seg(chan->device->dev) < channel->desc.max_seg ||
	    mgx_dma_listed(chan->device->dev, mgx_dma_sleepers) !=
		    !!dma->thread) {
		pr_warn("channel %s: another engine has this name now; write 0 and 1 to the parameter dmaengine\n",
			channel->name);
		dma_release_channel(chan);
		return -ENODEV;
	}
	mgx_dma_hold(dma, chan);
	return 0;
}

static const struct mgx_channel_ops mgx_dma_ops = {
	.start = mgx_dma_start,
	.poll = mgx_dma_poll,
	.quiesce = mgx_dma_quiesce,
	.release = mgx_dma_release_one,
	.acquire = mgx_dma_acquire,
};

static bool mgx_dma_busy(const struct mgx_dma *dma)
{
	u32 i;

	for (i = 0; dma->jobs && i < MGX_DMA_CREDITS; i++)
		if (READ_ONCE(dma->jobs[i].job))
			return true;
	return false;
}

/* No callback comes any more, nor when a driver that is gone owes some. */
static bool mgx_dma_over(const struct mgx_dma *dma)
{
	return !mgx_dma_busy(dma) || (!dma->thread && mgx_dma_gone(dma) &&
				      !READ_ONCE(dma->dev->driver));
}

/* One that is ours alone may want to be asked for what it has done. */
static bool mgx_dma_look(const struct mgx_dma *dma)
{
	if (!dma->shared)
		mgx_dma_poll(dma->channel);
	return mgx_dma_over(dma);
}

static void mgx_dma_destroy(struct mgx_dma *dma)
{
	mgx_dma_drop(dma);
	if (!IS_ERR_OR_NULL(dma->channel))
		kobject_put(&dma->channel->kobj);
	if (dma->thread)
		destroy_workqueue(dma->thread);
	kvfree(dma->jobs);
	kfree(dma);
}

static void mgx_dma_revisit(struct work_struct *work);
static DECLARE_DELAYED_WORK(mgx_dma_left_work, mgx_dma_revisit);

static void mgx_dma_revisit_later(void)
{
	schedule_delayed_work(&mgx_dma_left_work, MGX_DMA_SCAN_S * HZ);
}

/* Those that have answered since they were left. */
static void mgx_dma_revisit(struct work_struct *work)
{
	struct mgx_dma *dma, *next;

	mutex_lock(&mgx_dma_mutex);
	list_for_each_entry_safe(dma, next, &mgx_dma_left, node) {
		if (!mgx_dma_look(dma))
			continue;
		list_del(&dma->node);
		mgx_dma_destroy(dma);
		module_put(THIS_MODULE);
	}
	if (!list_empty(&mgx_dma_left))
		mgx_dma_revisit_later();
	mutex_unlock(&mgx_dma_mutex);
}

/* Once its channel is released. */
static bool mgx_dma_silent(const struct mgx_dma *dma)
{
	return !dma->shared && !dma->thread &&
	       mgx_dma_listed(dma->dev, mgx_dma_releases);
}

/*
 * An engine that is late may call back after its channel was released, unless its
 * driver is known not to; a shared one is not even stopped by that, and a thread may
 * wait in a driver. What callbacks need stays until they have come, and so does the
 * module.
 */
static bool mgx_dma_leave(struct mgx_dma *dma)
{
	if (mgx_dma_over(dma) || mgx_dma_silent(dma))
		return false;
	mgx_dma_settle(dma);
	if (mgx_dma_over(dma))
		return false;
	if (try_module_get(THIS_MODULE)) {
		list_add(&dma->node, &mgx_dma_left);
		mgx_dma_revisit_later();
		return true;
	}
	while (!mgx_dma_look(dma)) /* the module is being removed */
		msleep(20);
	return false;
}

/* It is in no list any more. */
static void mgx_dma_free(struct mgx_dma *dma)
{
	if (!IS_ERR_OR_NULL(dma->channel)) {
		kobject_get(&dma->channel->kobj);
		mgx_channel_unregister(dma->channel);
	}
	if (!mgx_dma_leave(dma))
		mgx_dma_destroy(dma);
}

/* What jobs need, and who prepares them. */
static int mgx_dma_prepare_jobs(struct mgx_dma *dma, int nid)
{
	u32 i;

	dma->jobs = kvcalloc_node(MGX_DMA_CREDITS, sizeof(*dma->jobs),
				  GFP_KERNEL, nid);
	if (!dma->jobs)
		return -ENOMEM;
	for (i = 0; i < MGX_DMA_CREDITS; i++)
		INIT_WORK(&dma->jobs[i].prepare, mgx_dma_prepare);
	if (!mgx_dma_listed(dma->dev, mgx_dma_sleepers))
		return 0;
	dma->thread = alloc_ordered_workqueue("mgx_%s",
					      WQ_HIGHPRI | WQ_MEM_RECLAIM,
					      dma_chan_name(dma->chan));
	return dma->thread ? 0 : -ENOMEM;
}

static struct mgx_channel *mgx_dma_register(struct mgx_dma *dma)
{
	struct device *dev = dma->dev;
	struct mgx_channel_desc desc = {
		.name = dma_chan_name(dma->chan),
		.kind = MGX_KIND_DMAENGINE,
		.nid = dev_to_node(dev),
		.credits = MGX_DMA_CREDITS,
		.max_nr = MGX_DMA_PIECES,
		.max_seg = mgx_dma_max_seg(dev),
		.ops = &mgx_dma_ops,
		.priv = dma,
	};
	int rc = mgx_dma_prepare_jobs(dma, desc.nid);

	return rc ? ERR_PTR(rc) : mgx_channel_register(&desc);
}

/* @chan is ours from now on, whatever is returned. */
static int mgx_dma_add(struct dma_chan *chan, bool shared)
{
	struct mgx_dma *dma = kzalloc(sizeof(*dma), GFP_KERNEL);
	int rc;

	if (!dma) {
		if (!shared)
			dma_release_channel(chan);
		return -ENOMEM;
	}
	spin_lock_init(&dma->lock);
	init_llist_head(&dma->ended);
	INIT_WORK(&dma->end, mgx_dma_end);
	dma->shared = shared;
	mgx_dma_hold(dma, chan);
	dma->channel = mgx_dma_register(dma);
	if (IS_ERR(dma->channel)) {
		rc = PTR_ERR(dma->channel);
		mgx_dma_free(dma);
		return rc;
	}
	list_add_tail(&dma->node, &mgx_dma_list);
	return 0;
}

static bool mgx_dma_known(struct dma_chan *chan)
{
	struct mgx_dma *dma;

	list_for_each_entry(dma, &mgx_dma_list, node)
		if (!strcmp(dma->channel->name, dma_chan_name(chan)))
			return true;
	return false;
}

/* One that is known by its name and not ours is offline: the operator's wish. */
static bool mgx_dma_is_new(struct dma_chan *chan, void *unused)
{
	return mgx_channel_count() < MGX_MAX_CHANNELS && !mgx_dma_known(chan) &&
	       mgx_dma_suits(chan);
}

static int mgx_dma_take_private(void)
{
	struct dma_chan *chan;
	dma_cap_mask_t mask;
	int rc = 0;

	dma_cap_zero(mask);
	dma_cap_set(DMA_MEMCPY, mask);
	while (!rc && (chan = dma_request_channel(mask, mgx_dma_is_new, NULL)))
		rc = mgx_dma_add(chan, false);
	return rc;
}

static bool mgx_dma_got; /* our reference of all shared channels */

static int mgx_dma_find(void *chan)
{
	*(struct dma_chan **)chan = dma_find_channel(DMA_MEMCPY);
	return 0;
}

/* The shared channel that dmaengine has assigned to a CPU. */
static struct dma_chan *mgx_dma_shared(unsigned int cpu)
{
	struct dma_chan *chan = NULL;

	smp_call_on_cpu(cpu, mgx_dma_find, &chan, false);
	return chan;
}

static int mgx_dma_take_shared_of(const struct cpumask *mask)
{
	struct dma_chan *chan;
	unsigned int cpu;
	int rc = 0;

	for_each_cpu_and(cpu, cpu_online_mask, mask) {
		chan = mgx_dma_shared(cpu);
		if (!chan || mgx_dma_known(chan) || !mgx_dma_suits(chan))
			continue;
		rc = mgx_dma_add(chan, true);
		if (rc)
			break;
	}
	return rc;
}

/*
 * Channels that others share, the kernel itself for example: dmaengine assigns
 * one to each CPU, as soon as somebody asked for them. That we don't do by
 * ourselves: nobody could have a channel for himself any more.
 */
static int mgx_dma_take_shared(void)
{
	cpumask_var_t mask;
	int rc;

	/* All CPUs have one, or none has. */
	if (!dma_find_channel(DMA_MEMCPY))
		return 0;
	if (!alloc_cpumask_var(&mask, GFP_KERNEL))
		return -ENOMEM;
	if (!mgx_dma_got)
		dmaengine_get(); /* before it is looked at: it stays */
	mgx_dma_got = true;
	mgx_cpus_common(mask);
	rc = mgx_dma_take_shared_of(mask);
	free_cpumask_var(mask);
	return rc;
}

static void mgx_dma_remove(bool (*which)(const struct mgx_dma *dma))
{
	struct mgx_dma *dma, *next;
	bool stays;

	list_for_each_entry_safe(dma, next, &mgx_dma_list, node) {
		mutex_lock(&dma->channel->switching);
		stays = which && !which(dma);
		mutex_unlock(&dma->channel->switching);
		if (stays)
			continue;
		list_del(&dma->node);
		mgx_dma_free(dma);
	}
}

/*
 * Take every channel of dmaengine that copies memory. Those that somebody else
 * has for himself stay his; those whose device is gone go.
 */
static int mgx_dma_scan(void)
{
	int rc;

	mutex_lock(&mgx_dma_mutex);
	mgx_dma_remove(mgx_dma_gone);
	rc = mgx_dma_take_private();
	if (!rc)
		rc = mgx_dma_take_shared();
	mutex_unlock(&mgx_dma_mutex);
	/* More engines than there are ids: those that fit will do. */
	return rc == -ENOSPC ? 0 : rc;
}

static void mgx_dma_release(void)
{
	mutex_lock(&mgx_dma_mutex);
	mgx_dma_remove(NULL);
	if (mgx_dma_got)
		dmaengine_put();
	mgx_dma_got = false;
	mutex_unlock(&mgx_dma_mutex);
}

static bool mgx_dma_enabled;
static bool mgx_dma_ready;

static void mgx_dma_rescan(struct work_struct *work);
static DECLARE_DELAYED_WORK(mgx_dma_work, mgx_dma_rescan);

static void mgx_dma_rescan(struct work_struct *work)
{
	mgx_dma_scan();
	schedule_delayed_work(&mgx_dma_work, MGX_DMA_SCAN_S * HZ);
}

static int mgx_dma_enable(bool want)
{
	int rc;

	cancel_delayed_work_sync(&mgx_dma_work);
	if (!want) {
		mgx_dma_release();
		return 0;
	}
	rc = mgx_dma_scan();
	if (rc && !mgx_dma_enabled) {
		mgx_dma_release(); /* those it had taken until then */
		return rc;
	}
	schedule_delayed_work(&mgx_dma_work, MGX_DMA_SCAN_S * HZ);
	return rc;
}

static int mgx_dma_set(const char *value, const struct kernel_param *kp)
{
	bool want;
	int rc = kstrtobool(value, &want);

	if (rc)
		return rc;
	mutex_lock(&mgx_dma_switching);
	if (mgx_dma_ready)
		rc = mgx_dma_enable(want);
	if (!rc)
		mgx_dma_enabled = want;
	mutex_unlock(&mgx_dma_switching);
	return rc;
}

static const struct kernel_param_ops mgx_dma_param_ops = {
	.set = mgx_dma_set,
	.get = param_get_bool,
};
module_param_cb(dmaengine, &mgx_dma_param_ops, &mgx_dma_enabled, 0644);
MODULE_PARM_DESC(
	dmaengine,
	"1: take the channels of dmaengine that copy memory, also those that come later; 0: give them back (default 0)");

/**
 * mgx_dma_init() - take the engines if the module's parameter says so
 */
int mgx_dma_init(void)
{
	int rc = 0;

	mutex_lock(&mgx_dma_switching);
	if (mgx_dma_enabled)
		rc = mgx_dma_enable(true);
	mgx_dma_ready = !rc;
	if (rc)
		mgx_dma_enable(false);
	mutex_unlock(&mgx_dma_switching);
	return rc;
}

/**
 * mgx_dma_exit() - give them back; no policy is attached
 */
void mgx_dma_exit(void)
{
	mutex_lock(&mgx_dma_switching);
	mgx_dma_ready = false;
	mgx_dma_enable(false);
	mutex_unlock(&mgx_dma_switching);
	/* Who was left held the module, but that work may not be over. */
	cancel_delayed_work_sync(&mgx_dma_left_work);
}
