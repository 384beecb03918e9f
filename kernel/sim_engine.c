// SPDX-License-Identifier: GPL-2.0-only
/*
 * sim_engine.c - the hardware that mgx_sim simulates.
 *
 * Both drivers put descriptors into the same ring, and the same thread does
 * them with the same timing and the same faults, so that what differs between
 * the two paths is the paths. The thread stands for the silicon: nothing here
 * is part of what a driver author would write.
 *
 * Time is kept by a clock of its own, busy_until, which a copy moves on by its
 * length over the bandwidth. The thread sleeps only when it is ahead of that
 * clock by more than SIM_AHEAD_NS, since shorter sleeps cost more than they
 * take: single copies may end that much too early, the bandwidth is exact. The
 * latency is not part of the clock: copies overlap in it, as in a pipeline.
 *
 * Interrupts are coalesced: one before the thread sleeps, and one per
 * SIM_COALESCE copies.
 */
#include <linux/device.h>
#include <linux/highmem.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "sim.h"

#define SIM_AHEAD_NS  20000
#define SIM_LINGER_NS (10 * NSEC_PER_MSEC)
#define SIM_COALESCE  16
#define SIM_WINDOW    16 /* out of order: among so many */

/* --- descriptors -------------------------------------------------------------- */

/**
 * sim_desc_alloc() - free places in the ring
 * @engine: whose
 * @port: who asks
 * @nr: how many
 * @descs: they are added here
 *
 * Context: any. No memory is allocated.
 * Return: 0; -EAGAIN when there are not that many now, and nothing is taken;
 * -ENODEV when the engine is not there any more.
 */
int sim_desc_alloc(struct sim_engine *engine, enum sim_port_id port, u32 nr,
		   struct list_head *descs)
{
	struct sim_desc *desc;
	unsigned long flags;
	int rc = 0;

	spin_lock_irqsave(&engine->lock, flags);
	if (engine->dead)
		rc = -ENODEV;
	else if (engine->nr_used + nr > READ_ONCE(engine->slot->set.ring_size))
		rc = -EAGAIN;
	else
		engine->nr_used += nr;
	while (!rc && nr--) {
		desc = list_first_entry(&engine->free, struct sim_desc, node);
		desc->port = port;
		desc->status = 0;
		list_move_tail(&desc->node, descs);
	}
	spin_unlock_irqrestore(&engine->lock, flags);
	return rc;
}

/**
 * sim_desc_free() - give a place in the ring back
 * @engine: whose
 * @desc: not with the engine, and in no list
 *
 * Context: any.
 */
void sim_desc_free(struct sim_engine *engine, struct sim_desc *desc)
{
	unsigned long flags;

	spin_lock_irqsave(&engine->lock, flags);
	list_add_tail(&desc->node, &engine->free);
	engine->nr_used--;
	spin_unlock_irqrestore(&engine->lock, flags);
}

/* It has ended. Under the lock; in no list. */
static void sim_desc_end(struct sim_engine *engine, struct sim_desc *desc,
			 int status)
{
	struct sim_port *port = &engine->port[desc->port];

	desc->status = status;
	list_add_tail(&desc->node, &port->ended);
	port->irq |= desc->irq;
	engine->nr_ended++;
	atomic64_inc(&engine->slot->stats.descriptors);
	if (status)
		atomic64_inc(&engine->slot->stats.errors);
}

/* --- what drivers do with the engine ------------------------------------------ */

/* All of the list end, since there is nobody to do them. Under the lock. */
static void sim_engine_drop(struct sim_engine *engine, struct list_head *descs,
			    int status)
{
	struct sim_desc *desc, *next;

	list_for_each_entry_safe(desc, next, descs, node) {
		list_del_init(&desc->node);
		sim_desc_end(engine, desc, status);
	}
}

/**
 * sim_engine_post() - the doorbell: copies for the engine
 * @engine: whom
 * @descs: filled in; empty afterwards
 *
 * Without power they end with -ENODEV, without an interrupt.
 *
 * Context: any.
 */
void sim_engine_post(struct sim_engine *engine, struct list_head *descs)
{
	u64 now = ktime_get_ns();
	struct sim_desc *desc;
	unsigned long flags;

	list_for_each_entry(desc, descs, node)
		desc->posted_ns = now;
	spin_lock_irqsave(&engine->lock, flags);
	if (engine->dead)
		sim_engine_drop(engine, descs, -ENODEV);
	else
		list_splice_tail_init(descs, &engine->queue);
	spin_unlock_irqrestore(&engine->lock, flags);
	wake_up(&engine->work);
}

/**
 * sim_engine_cancel() - copies that will not be posted after all
 * @engine: whose
 * @descs: end with -ECANCELED; empty afterwards
 *
 * Context: any.
 */
void sim_engine_cancel(struct sim_engine *engine, struct list_head *descs)
{
	unsigned long flags;

	spin_lock_irqsave(&engine->lock, flags);
	sim_engine_drop(engine, descs, -ECANCELED);
	spin_unlock_irqrestore(&engine->lock, flags);
}

/**
 * sim_engine_reap() - tell a driver of the copies that have ended
 * @engine: whose
 * @id: the driver
 *
 * What an interrupt handler does; may also be called without an interrupt.
 *
 * Context: any. Calls &sim_port.complete, without a lock.
 */
void sim_engine_reap(struct sim_engine *engine, enum sim_port_id id)
{
	struct sim_port *port = &engine->port[id];
	struct sim_desc *desc;
	unsigned long flags;

	spin_lock_irqsave(&engine->lock, flags);
	port->reapers++;
	while (!list_empty(&port->ended)) {
		desc = list_first_entry(&port->ended, struct sim_desc, node);
		list_del_init(&desc->node);
		spin_unlock_irqrestore(&engine->lock, flags);
		port->complete(port->driver, desc);
		spin_lock_irqsave(&engine->lock, flags);
	}
	port->reapers--;
	wake_up_all(&engine->idle);
	spin_unlock_irqrestore(&engine->lock, flags);
}

/**
 * sim_engine_abort() - reset the engine: copies that it has not begun, it forgets
 * @engine: whose
 * @id: driver whose copies are given up: they end with -ECANCELED
 *
 * An engine that hangs works again afterwards. One that is late cannot be
 * reset, and says so: it is going to write.
 *
 * Context: any. A copy may be under way: see sim_engine_sync().
 * Return: 0 or -EBUSY.
 */
int sim_engine_abort(struct sim_engine *engine, enum sim_port_id id)
{
	struct sim_desc *desc, *next;
	unsigned long flags;
	int rc = 0;

	spin_lock_irqsave(&engine->lock, flags);
	if (engine->late) {
		rc = -EBUSY;
		goto out;
	}
	engine->hung = false;
	list_for_each_entry_safe(desc, next, &engine->queue, node) {
		if (desc->port != id)
			continue;
		list_del_init(&desc->node);
		sim_desc_end(engine, desc, -ECANCELED);
	}
out:
	spin_unlock_irqrestore(&engine->lock, flags);
	wake_up(&engine->work);
	return rc;
}

static bool sim_engine_synced(struct sim_engine *engine, enum sim_port_id id)
{
	bool synced;

	spin_lock_irq(&engine->lock);
	synced = !engine->port[id].reapers &&
		 (!engine->active || engine->active->port != id);
	spin_unlock_irq(&engine->lock);
	return synced;
}

/**
 * sim_engine_sync() - wait until nothing is under way
 * @engine: whose
 * @id: driver that waits until none of its copies is being done, and nobody
 *	is in its &sim_port.complete
 *
 * Context: process, sleeps; not from within &sim_port.complete.
 */
void sim_engine_sync(struct sim_engine *engine, enum sim_port_id id)
{
	wait_event(engine->idle, sim_engine_synced(engine, id));
}

/* --- interrupts ---------------------------------------------------------------- */

static bool sim_engine_ack(struct sim_engine *engine, enum sim_port_id id)
{
	bool irq;

	spin_lock_irq(&engine->lock);
	irq = engine->port[id].irq;
	engine->port[id].irq = false;
	engine->nr_ended = 0;
	spin_unlock_irq(&engine->lock);
	return irq;
}

/* As drivers do that work in a tasklet: in softirq context, nearly. */
static void sim_engine_interrupt(struct sim_engine *engine)
{
	enum sim_port_id id;

	local_bh_disable();
	for (id = 0; id < SIM_NR_PORTS; id++) {
		if (!sim_engine_ack(engine, id) ||
		    sim_fault(engine->slot, SIM_FAULT_DROP_IRQ))
			continue;
		atomic64_inc(&engine->slot->stats.interrupts);
		sim_engine_reap(engine, id);
	}
	local_bh_enable();
}

/* --- the thread ------------------------------------------------------------------ */

/* Machine checks in the source are an error like any other (rule 7). */
static int sim_copy_piece(phys_addr_t dst, phys_addr_t src, size_t len)
{
	void *to = kmap_local_pfn(PHYS_PFN(dst));
	void *from = kmap_local_pfn(PHYS_PFN(src));
	int rc = 0;

	if (copy_mc_to_kernel(to + offset_in_page(dst),
			      from + offset_in_page(src), len))
		rc = -EIO;
	kunmap_local(from);
	kunmap_local(to);
	return rc;
}

static int sim_copy(const struct sim_desc *desc)
{
	u32 done, len;
	int rc = 0;

	for (done = 0; !rc && done < desc->len; done += len) {
		phys_addr_t dst = desc->dst + done, src = desc->src + done;

		len = min3(desc->len - done,
			   (u32)PAGE_SIZE - offset_in_page(dst),
			   (u32)PAGE_SIZE - offset_in_page(src));
		rc = sim_copy_piece(dst, src, len);
		cond_resched();
	}
	return rc;
}

static int sim_engine_execute(struct sim_engine *engine,
			      const struct sim_desc *desc)
{
	struct sim_slot *slot = engine->slot;
	int rc;

	if (sim_fault(slot, SIM_FAULT_ERROR))
		return -EIO;
	if (sim_fault(slot, SIM_FAULT_WRONG_STATUS))
		return 0;
	rc = sim_copy(desc);
	if (!rc)
		atomic64_add(desc->len, &slot->stats.bytes);
	return rc;
}

static u64 sim_copy_ns(const struct sim_settings *set, u64 bytes)
{
	return div_u64(bytes * 1000, READ_ONCE(set->mbps));
}

/*
 * Another user of the engine, which nobody here hears of: its last copy is ahead
 * of those that were posted later. It waits for each before the next.
 */
static void sim_engine_other(struct sim_engine *engine, u64 now)
{
	const struct sim_settings *set = &engine->slot->set;
	u64 period = READ_ONCE(set->other_us) * (u64)NSEC_PER_USEC;
	u64 asked = period ? now - now % period : 0;

	if (asked <= engine->other_ns)
		return;
	engine->other_ns = asked;
	engine->busy_until = max(engine->busy_until, asked) +
			     sim_copy_ns(set, READ_ONCE(set->other_bytes));
}

/* When the copy ends, by the engine's own clock. */
static u64 sim_engine_due(struct sim_engine *engine,
			  const struct sim_desc *desc)
{
	const struct sim_settings *set = &engine->slot->set;
	u32 jitter = READ_ONCE(set->jitter_ns);

	sim_engine_other(engine, desc->posted_ns);
	engine->busy_until = max(engine->busy_until, desc->posted_ns) +
			     sim_copy_ns(set, desc->len);
	return engine->busy_until + READ_ONCE(set->latency_ns) +
	       get_random_u32_below(jitter + 1);
}

static void sim_engine_sleep(struct sim_engine *engine, u64 ns)
{
	sim_engine_interrupt(engine);
	wait_event_interruptible_hrtimeout(engine->work, kthread_should_stop(),
					   ns_to_ktime(ns));
}

static void sim_engine_pace(struct sim_engine *engine, u64 due)
{
	s64 ahead = due - ktime_get_ns();

	if (ahead > SIM_AHEAD_NS)
		sim_engine_sleep(engine, ahead);
}

/* With others behind it, the oldest or, out of order, one of the oldest. */
static struct sim_desc *sim_engine_pick(struct sim_engine *engine)
{
	struct sim_desc *desc, *pick = NULL;
	u32 seen = 0;

	list_for_each_entry(desc, &engine->queue, node) {
		if (!get_random_u32_below(++seen))
			pick = desc;
		if (!READ_ONCE(engine->slot->set.out_of_order) ||
		    seen == SIM_WINDOW)
			break;
	}
	return pick;
}

/* A copy is to begin, and a fault prevents it. Under the lock. */
static bool sim_engine_stops(struct sim_engine *engine)
{
	struct sim_slot *slot = engine->slot;

	if (sim_fault(slot, SIM_FAULT_REMOVE)) {
		engine->dead = true;
		queue_work(sim_wq, &slot->pull);
	} else if (sim_fault(slot, SIM_FAULT_STALL)) {
		engine->hung = true;
	}
	return engine->dead || engine->hung;
}

static struct sim_desc *sim_engine_take(struct sim_engine *engine)
{
	struct sim_desc *desc = NULL;

	spin_lock_irq(&engine->lock);
	if (!engine->dead && !engine->hung)
		desc = sim_engine_pick(engine);
	if (desc && sim_engine_stops(engine))
		desc = NULL;
	if (desc) {
		list_del_init(&desc->node);
		engine->active = desc;
		engine->late = sim_fault(engine->slot, SIM_FAULT_LATE);
	}
	spin_unlock_irq(&engine->lock);
	return desc;
}

/* It is late until it has written: only then it can be reset. */
static bool sim_engine_finish(struct sim_engine *engine, int status)
{
	bool interrupt;

	spin_lock_irq(&engine->lock);
	sim_desc_end(engine, engine->active, status);
	engine->active = NULL;
	engine->late = false;
	interrupt = engine->nr_ended >= SIM_COALESCE;
	wake_up_all(&engine->idle);
	spin_unlock_irq(&engine->lock);
	return interrupt;
}

static void sim_engine_busy(struct sim_engine *engine, u64 since)
{
	atomic64_add(ktime_get_ns() - since, &engine->slot->stats.busy_ns);
}

/* For as long as late_ms says by then: who looked at what it left may end it. */
static void sim_engine_linger(struct sim_engine *engine)
{
	const struct sim_settings *set = &engine->slot->set;
	u64 start = ktime_get_ns();

	while (!kthread_should_stop() &&
	       ktime_get_ns() - start <
		       (u64)READ_ONCE(set->late_ms) * NSEC_PER_MSEC)
		sim_engine_sleep(engine, SIM_LINGER_NS);
}

/* Without power the copy stays active, and sim_engine_off() ends it. */
static void sim_engine_run(struct sim_engine *engine, struct sim_desc *desc,
			   u64 due)
{
	bool interrupt;
	u64 start;

	sim_engine_pace(engine, due);
	if (engine->late)
		sim_engine_linger(engine);
	if (kthread_should_stop())
		return;
	start = ktime_get_ns();
	interrupt = sim_engine_finish(engine, sim_engine_execute(engine, desc));
	sim_engine_busy(engine, start);
	if (interrupt)
		sim_engine_interrupt(engine);
}

static bool sim_engine_ready(struct sim_engine *engine)
{
	return !READ_ONCE(engine->dead) && !READ_ONCE(engine->hung) &&
	       !list_empty(&engine->queue);
}

static int sim_engine_thread(void *data)
{
	struct sim_engine *engine = data;
	struct sim_desc *desc;
	u64 start, due;

	while (!kthread_should_stop()) {
		start = ktime_get_ns();
		desc = sim_engine_take(engine);
		if (desc) {
			due = sim_engine_due(engine, desc);
			sim_engine_busy(engine, start);
			sim_engine_run(engine, desc, due);
			continue;
		}
		sim_engine_interrupt(engine);
		wait_event_interruptible(engine->work,
					 kthread_should_stop() ||
						 sim_engine_ready(engine));
	}
	return 0;
}

/* --- life ------------------------------------------------------------------------ */

/**
 * sim_engine_off() - cut the power: from now on nothing is written
 * @engine: whose; once
 *
 * What it had not done ends with -ENODEV, and is in &sim_port.ended: call
 * sim_engine_reap().
 *
 * Context: process, sleeps.
 */
void sim_engine_off(struct sim_engine *engine)
{
	spin_lock_irq(&engine->lock);
	engine->dead = true;
	spin_unlock_irq(&engine->lock);
	kthread_stop(engine->thread);
	spin_lock_irq(&engine->lock);
	if (engine->active)
		list_add(&engine->active->node, &engine->queue);
	engine->active = NULL;
	engine->late = false;
	sim_engine_drop(engine, &engine->queue, -ENODEV);
	wake_up_all(&engine->idle);
	spin_unlock_irq(&engine->lock);
}

static void sim_port_nobody(void *driver, struct sim_desc *desc)
{
}

static void sim_engine_init(struct sim_engine *engine)
{
	u32 i;

	init_waitqueue_head(&engine->work);
	init_waitqueue_head(&engine->idle);
	spin_lock_init(&engine->lock);
	INIT_LIST_HEAD(&engine->queue);
	INIT_LIST_HEAD(&engine->free);
	for (i = 0; i < SIM_NR_PORTS; i++) {
		INIT_LIST_HEAD(&engine->port[i].ended);
		engine->port[i].complete = sim_port_nobody;
	}
	for (i = 0; i < SIM_RING_MAX; i++) {
		engine->desc[i].index = i;
		list_add_tail(&engine->desc[i].node, &engine->free);
	}
}

/**
 * sim_engine_create() - an engine with power, and without drivers
 * @slot: where it is plugged in
 * @dev: its device, which is held
 *
 * Context: process, sleeps.
 * Return: the engine or an ERR_PTR().
 */
struct sim_engine *sim_engine_create(struct sim_slot *slot, struct device *dev)
{
	int node = dev_to_node(dev);
	struct sim_engine *engine =
		kzalloc_node(sizeof(*engine), GFP_KERNEL, node);

	if (!engine)
		return ERR_PTR(-ENOMEM);
	engine->desc = kvcalloc_node(SIM_RING_MAX, sizeof(*engine->desc),
				     GFP_KERNEL, node);
	if (!engine->desc) {
		kfree(engine);
		return ERR_PTR(-ENOMEM);
	}
	engine->slot = slot;
	engine->dev = get_device(dev);
	sim_engine_init(engine);
	engine->thread = kthread_create_on_node(sim_engine_thread, engine, node,
						"mgx_sim/%u", slot->id);
	if (IS_ERR(engine->thread)) {
		int rc = PTR_ERR(engine->thread);

		sim_engine_free(engine);
		return ERR_PTR(rc);
	}
	wake_up_process(engine->thread);
	return engine;
}

/**
 * sim_engine_free() - let go of an engine
 * @engine: without power and drivers
 *
 * Context: process.
 */
void sim_engine_free(struct sim_engine *engine)
{
	put_device(engine->dev);
	kvfree(engine->desc);
	kfree(engine);
}
