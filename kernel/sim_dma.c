// SPDX-License-Identifier: GPL-2.0-only
/*
 * sim_dma.c - the simulated engine as a provider of dmaengine.
 *
 * The same ring as the native driver's, behind the interface that other copy
 * engines have. drivers/dma/virt-dma.h and dmaengine.h are not for modules
 * outside the kernel's tree; the little that is needed of them is here.
 *
 * A descriptor of dmaengine is one place of the ring, so preparing allocates
 * nothing, and returns NULL when the ring is full. Only descriptors with
 * DMA_PREP_INTERRUPT raise an interrupt, as with real engines (ioatdma): the
 * callbacks of the others are called with the next interrupt, or when the
 * client asks for the status.
 *
 * The channel is private: an engine with faults must not be given to RAID.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/device.h>
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/dmaengine.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "sim.h"

/**
 * enum sim_tx_state - how far a descriptor has come
 * @SIM_TX_FREE: not ours
 * @SIM_TX_PREPARED: with the client
 * @SIM_TX_SUBMITTED: waits for issue_pending
 * @SIM_TX_ISSUED: with the engine
 */
enum sim_tx_state {
	SIM_TX_FREE,
	SIM_TX_PREPARED,
	SIM_TX_SUBMITTED,
	SIM_TX_ISSUED,
};

/**
 * struct sim_tx - what dmaengine needs of a place in the ring
 * @tx: dmaengine's
 * @desc: the engine's
 * @order: in &sim_dma.order, from submission to the end
 * @state: how far it has come
 */
struct sim_tx {
	struct dma_async_tx_descriptor tx;
	struct sim_desc *desc;
	struct list_head order;
	enum sim_tx_state state;
};

/**
 * struct sim_dma - a device of dmaengine with one channel
 * @dev: dmaengine's
 * @chan: its channel
 * @engine: the hardware; ours from sim_dma_add() on
 * @free: frees all this
 * @lock: protects what follows, and &sim_tx.state; before the engine's lock
 * @submitted: descriptors that wait for issue_pending
 * @order: those that have not ended, by cookie
 * @submits: how many there were
 * @terminated: since the last one, the client has wanted an end of all
 * @tx: one for each place of the ring
 */
struct sim_dma {
	struct dma_device dev;
	struct dma_chan chan;
	struct sim_engine *engine;
	struct work_struct free;
	spinlock_t lock; /* protects what follows */
	struct list_head submitted;
	struct list_head order;
	u32 submits;
	bool terminated;
	struct sim_tx *tx;
};

static struct sim_dma *sim_dma_of(struct dma_chan *chan)
{
	return container_of(chan, struct sim_dma, chan);
}

/* --- cookies ------------------------------------------------------------------- */

static dma_cookie_t sim_cookie_assign(struct dma_async_tx_descriptor *tx)
{
	dma_cookie_t cookie = tx->chan->cookie + 1;

	if (cookie < DMA_MIN_COOKIE)
		cookie = DMA_MIN_COOKIE;
	tx->chan->cookie = cookie;
	tx->cookie = cookie;
	return cookie;
}

/*
 * Copies end in any order, but dmaengine knows only a last completed cookie:
 * the one before the oldest that has not ended. Under the lock.
 */
static void sim_cookie_complete(struct sim_dma *dma)
{
	struct sim_tx *oldest;

	oldest = list_first_entry_or_null(&dma->order, struct sim_tx, order);
	dma->chan.completed_cookie = oldest ? oldest->tx.cookie - 1 :
					      dma->chan.cookie;
}

/* --- a copy begins -------------------------------------------------------------- */

static void sim_dma_complete(void *driver, struct sim_desc *desc);

static dma_cookie_t sim_dma_submit(struct dma_async_tx_descriptor *tx)
{
	struct sim_dma *dma = sim_dma_of(tx->chan);
	struct sim_tx *mine = container_of(tx, struct sim_tx, tx);
	u32 nth = READ_ONCE(dma->engine->slot->set.refuse_nth);
	dma_cookie_t cookie;
	unsigned long flags;

	spin_lock_irqsave(&dma->lock, flags);
	if (nth && !(++dma->submits % nth)) {
		spin_unlock_irqrestore(&dma->lock, flags);
		mine->desc->status = -ECANCELED;
		sim_dma_complete(dma, mine->desc);
		return -EAGAIN;
	}
	dma->terminated = false;
	cookie = sim_cookie_assign(tx);
	mine->state = SIM_TX_SUBMITTED;
	list_add_tail(&mine->order, &dma->order);
	list_add_tail(&mine->desc->node, &dma->submitted);
	spin_unlock_irqrestore(&dma->lock, flags);
	return cookie;
}

/* All of it anew: the place was another client's before. */
static void sim_tx_init(struct sim_tx *mine, struct sim_dma *dma,
			struct sim_desc *desc, unsigned long flags)
{
	mine->tx = (struct dma_async_tx_descriptor){
		.flags = flags,
		.cookie = -EBUSY,
		.tx_submit = sim_dma_submit,
	};
	dma_async_tx_descriptor_init(&mine->tx, &dma->chan);
	mine->desc = desc;
	mine->state = SIM_TX_PREPARED;
	INIT_LIST_HEAD(&mine->order);
}

/* Without an IOMMU, which was ruled out, an address is what the CPU means. */
static struct dma_async_tx_descriptor *sim_dma_prep(struct dma_chan *chan,
						    dma_addr_t dst,
						    dma_addr_t src, size_t len,
						    unsigned long flags)
{
	struct sim_dma *dma = sim_dma_of(chan);
	u32 us = READ_ONCE(dma->engine->slot->set.prep_us);
	struct sim_desc *desc;
	struct sim_tx *mine;
	LIST_HEAD(descs);

	if (us)
		usleep_range(us, us); /* as idxd's may, against the rules */
	if (!len || len > READ_ONCE(dma->engine->slot->set.most_bytes) ||
	    sim_desc_alloc(dma->engine, SIM_PORT_DMA, 1, &descs))
		return NULL;
	desc = list_first_entry(&descs, struct sim_desc, node);
	list_del_init(&desc->node);
	desc->src = dma_to_phys(dma->engine->dev, src);
	desc->dst = dma_to_phys(dma->engine->dev, dst);
	desc->len = len;
	desc->irq = flags & DMA_PREP_INTERRUPT;
	mine = &dma->tx[desc->index];
	sim_tx_init(mine, dma, desc, flags);
	return &mine->tx;
}

static void sim_dma_issue(struct dma_chan *chan)
{
	struct sim_dma *dma = sim_dma_of(chan);
	struct sim_desc *desc;
	unsigned long flags;

	spin_lock_irqsave(&dma->lock, flags);
	list_for_each_entry(desc, &dma->submitted, node)
		dma->tx[desc->index].state = SIM_TX_ISSUED;
	sim_engine_post(dma->engine, &dma->submitted);
	spin_unlock_irqrestore(&dma->lock, flags);
}

/* --- a copy ends ------------------------------------------------------------------ */

static void sim_tx_result(const struct sim_desc *desc,
			  struct dmaengine_result *result)
{
	result->result = DMA_TRANS_NOERROR;
	result->residue = 0;
	if (!desc->status)
		return;
	result->result = desc->status == -EIO ? DMA_TRANS_WRITE_FAILED :
						DMA_TRANS_ABORTED;
	result->residue = desc->len;
}

static void sim_tx_callback(const struct dma_async_tx_descriptor *tx,
			    const struct dmaengine_result *result)
{
	if (tx->callback_result)
		tx->callback_result(tx->callback_param, result);
	else if (tx->callback)
		tx->callback(tx->callback_param);
}

/* The place is free before the client is told: it may want the next at once. */
static void sim_dma_complete(void *driver, struct sim_desc *desc)
{
	struct sim_dma *dma = driver;
	struct sim_tx *mine = &dma->tx[desc->index];
	struct dma_async_tx_descriptor tx;
	struct dmaengine_result result;
	unsigned long flags;

	spin_lock_irqsave(&dma->lock, flags);
	mine->state = SIM_TX_FREE;
	list_del_init(&mine->order);
	sim_cookie_complete(dma);
	tx = mine->tx;
	spin_unlock_irqrestore(&dma->lock, flags);
	sim_tx_result(desc, &result);
	sim_desc_free(dma->engine, desc);
	dma_descriptor_unmap(&tx);
	sim_tx_callback(&tx, &result);
}

/*
 * Looks for what has ended: who waits by asking needs no interrupt. Out of order,
 * a cookie tells nothing of copies behind one that has not ended (as idxd's).
 */
static enum dma_status sim_dma_status(struct dma_chan *chan,
				      dma_cookie_t cookie,
				      struct dma_tx_state *state)
{
	struct sim_dma *dma = sim_dma_of(chan);
	dma_cookie_t used, complete;
	unsigned long flags;

	sim_engine_reap(dma->engine, SIM_PORT_DMA);
	spin_lock_irqsave(&dma->lock, flags);
	used = chan->cookie;
	complete = chan->completed_cookie;
	spin_unlock_irqrestore(&dma->lock, flags);
	if (state)
		*state = (struct dma_tx_state){
			.last = complete,
			.used = used,
		};
	if (dma_async_is_complete(cookie, complete, used) == DMA_COMPLETE)
		return DMA_COMPLETE;
	return READ_ONCE(dma->engine->slot->set.out_of_order) ?
		       DMA_OUT_OF_ORDER :
		       DMA_IN_PROGRESS;
}

/* --- all copies end ---------------------------------------------------------------- */

/* Its client is told nothing any more. Under the lock. */
static void sim_tx_forget(struct sim_tx *mine)
{
	mine->tx.callback_result = NULL;
	mine->tx.callback = NULL;
	list_del_init(&mine->order);
}

static void sim_dma_forget(struct sim_dma *dma, bool prepared)
{
	unsigned long flags;
	LIST_HEAD(unused);
	u32 i;

	spin_lock_irqsave(&dma->lock, flags);
	for (i = 0; i < SIM_RING_MAX; i++) {
		struct sim_tx *mine = &dma->tx[i];

		if (mine->state == SIM_TX_ISSUED ||
		    mine->state == SIM_TX_SUBMITTED)
			sim_tx_forget(mine);
		if (mine->state == SIM_TX_PREPARED && prepared) {
			mine->state = SIM_TX_FREE;
			sim_desc_free(dma->engine, mine->desc);
		}
	}
	list_splice_init(&dma->submitted, &unused);
	sim_engine_cancel(dma->engine, &unused);
	sim_cookie_complete(dma);
	spin_unlock_irqrestore(&dma->lock, flags);
	sim_engine_reap(dma->engine, SIM_PORT_DMA);
}

/*
 * An engine that is late refuses, and its callbacks come when it has written:
 * who believed otherwise would free memory that is written to.
 */
static int sim_dma_terminate(struct dma_chan *chan)
{
	struct sim_dma *dma = sim_dma_of(chan);
	int rc = sim_engine_abort(dma->engine, SIM_PORT_DMA);

	WRITE_ONCE(dma->terminated, true);
	if (!rc)
		sim_dma_forget(dma, false);
	return rc;
}

static void sim_dma_synchronize(struct dma_chan *chan)
{
	sim_engine_sync(sim_dma_of(chan)->engine, SIM_PORT_DMA);
}

/* --- clients come and go -------------------------------------------------------------- */

static int sim_dma_alloc(struct dma_chan *chan)
{
	struct sim_engine *engine = sim_dma_of(chan)->engine;
	u32 bits = READ_ONCE(engine->slot->set.address_bits);
	int rc = dma_set_mask(engine->dev, DMA_BIT_MASK(bits));

	if (rc)
		return rc;
	chan->cookie = DMA_MIN_COOKIE;
	chan->completed_cookie = DMA_MIN_COOKIE;
	return READ_ONCE(engine->slot->set.ring_size);
}

/*
 * The client leaves, whatever the engine does: it hears no more, also if the
 * engine is late and will write still. That it has not terminated what it began is
 * the end of some drivers (pl330, mpc512x).
 */
static void sim_dma_leave(struct dma_chan *chan)
{
	struct sim_dma *dma = sim_dma_of(chan);
	int rc;

	WARN_ONCE(!list_empty_careful(&dma->order) &&
			  !READ_ONCE(dma->terminated),
		  "released while it copies, and not terminated\n");
	rc = sim_engine_abort(dma->engine, SIM_PORT_DMA);
	sim_dma_forget(dma, true);
	if (!rc)
		sim_engine_sync(dma->engine, SIM_PORT_DMA);
}

/* --- life ---------------------------------------------------------------------------- */

/* Says no to each channel. */
static bool sim_dma_none(struct dma_chan *chan, void *param)
{
	return false;
}

/*
 * dma_release_channel() looks at the channel after it has put the device. It
 * holds dmaengine's lock meanwhile, so wait until that was free once: each
 * request takes it.
 */
static void sim_dma_free_work(struct work_struct *work)
{
	struct sim_dma *dma = container_of(work, struct sim_dma, free);
	dma_cap_mask_t mask;

	dma_cap_zero(mask);
	dma_cap_set(DMA_MEMCPY, mask);
	if (dma_request_channel(mask, sim_dma_none, NULL))
		pr_warn("dmaengine gave a channel that was refused\n");
	sim_engine_free(dma->engine);
	kvfree(dma->tx);
	kfree(dma);
}

/* The last client has left, perhaps long after the device. */
static void sim_dma_release(struct dma_device *dev)
{
	struct sim_dma *dma = container_of(dev, struct sim_dma, dev);

	queue_work(sim_wq, &dma->free);
}

static bool shared;
module_param(shared, bool, 0444);
MODULE_PARM_DESC(
	shared, "1: dmaengine may give a channel to several users (default 0)");

static void sim_dma_init(struct sim_dma *dma)
{
	struct dma_device *dev = &dma->dev;

	dev->dev = dma->engine->dev;
	dma_cap_set(DMA_MEMCPY, dev->cap_mask);
	if (!shared)
		dma_cap_set(DMA_PRIVATE, dev->cap_mask);
	dma_cap_set(DMA_COMPLETION_NO_ORDER, dev->cap_mask);
	dev->residue_granularity = DMA_RESIDUE_GRANULARITY_DESCRIPTOR;
	dev->device_alloc_chan_resources = sim_dma_alloc;
	dev->device_free_chan_resources = sim_dma_leave;
	dev->device_prep_dma_memcpy = sim_dma_prep;
	dev->device_issue_pending = sim_dma_issue;
	dev->device_tx_status = sim_dma_status;
	dev->device_terminate_all = sim_dma_terminate;
	dev->device_synchronize = sim_dma_synchronize;
	dev->device_release = sim_dma_release;
	INIT_LIST_HEAD(&dev->channels);
	dma->chan.device = dev;
	list_add_tail(&dma->chan.device_node, &dev->channels);
	spin_lock_init(&dma->lock);
	INIT_LIST_HEAD(&dma->submitted);
	INIT_LIST_HEAD(&dma->order);
	INIT_WORK(&dma->free, sim_dma_free_work);
}

static struct sim_dma *sim_dma_make(struct sim_engine *engine)
{
	int node = dev_to_node(engine->dev);
	struct sim_dma *dma = kzalloc_node(sizeof(*dma), GFP_KERNEL, node);

	if (!dma)
		return NULL;
	dma->engine = engine;
	dma->tx =
		kvcalloc_node(SIM_RING_MAX, sizeof(*dma->tx), GFP_KERNEL, node);
	if (!dma->tx) {
		kfree(dma);
		return NULL;
	}
	sim_dma_init(dma);
	engine->port[SIM_PORT_DMA].driver = dma;
	engine->port[SIM_PORT_DMA].complete = sim_dma_complete;
	return dma;
}

/**
 * sim_dma_add() - offer the engine to dmaengine
 * @engine: the hardware, ready; if this succeeds, it is freed with the last
 *	client of the device
 *
 * Context: process, from the driver's probe().
 * Return: the driver's data or an ERR_PTR().
 */
struct sim_dma *sim_dma_add(struct sim_engine *engine)
{
	struct sim_dma *dma;
	int rc;

	if (device_iommu_mapped(engine->dev)) {
		pr_err("slot %u: its device is behind an IOMMU, which this driver does not know\n",
		       engine->slot->id);
		return ERR_PTR(-EOPNOTSUPP);
	}
	rc = dma_set_mask_and_coherent(engine->dev, DMA_BIT_MASK(64));
	if (rc)
		return ERR_PTR(rc);
	dma_set_max_seg_size(engine->dev, SIM_SEG_MAX);
	dma = sim_dma_make(engine);
	if (!dma)
		return ERR_PTR(-ENOMEM);
	rc = dma_async_device_register(&dma->dev);
	if (rc) {
		kvfree(dma->tx);
		kfree(dma);
		return ERR_PTR(rc);
	}
	return dma;
}

/**
 * sim_dma_remove() - take the engine away from dmaengine
 * @dma: the driver's data; not to be touched afterwards, nor the engine
 *
 * The engine has no power any more. Clients hear that their copies have failed,
 * and can prepare no more; the device goes with the last of them.
 *
 * Context: process, from the driver's remove().
 */
void sim_dma_remove(struct sim_dma *dma)
{
	sim_engine_reap(dma->engine, SIM_PORT_DMA);
	sim_engine_sync(dma->engine, SIM_PORT_DMA);
	dma_async_device_unregister(&dma->dev);
}

/**
 * sim_dma_name() - dmaengine's name of the channel
 * @dma: whose
 */
const char *sim_dma_name(const struct sim_dma *dma)
{
	return dev_name(&dma->chan.dev->device);
}
