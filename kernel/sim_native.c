// SPDX-License-Identifier: GPL-2.0-only
/*
 * sim_native.c - a native driver for migrate_ext: start from this file.
 *
 * A native driver gets jobs, arrays of {src, dst, len} as they come out of a
 * batch, and puts them into its engine's ring. What it owes to migrate_ext:
 *
 *  1. start() takes a job or refuses it, at once. It runs where interrupts may
 *     be off, within reclaim: no sleep, no allocation. So all that a job needs
 *     is allocated in advance, by &mgx_job.index, of which there are no more
 *     than &mgx_channel_desc.credits. A full ring is -EAGAIN, not an error.
 *  2. mgx_job_done() once for each job that was taken, whatever happens to it,
 *     and not from within start(). It may call start() again: hold no lock.
 *  3. A piece is told as copied only if the engine said so of this piece. Who
 *     has no word of each piece says that the job has failed. Failures cost a
 *     copy by CPU; wrong successes cost data.
 *  4. quiesce() returns 0 only if it is certain that the engine touches no job's
 *     memory any more. If it is not certain, it says so, and the memory is held.
 *  5. Before mgx_channel_unregister() the engine must have stopped, and after it
 *     mgx_job_done() must not be called: see sim_native_remove().
 *
 * The calls to sim_engine.c stand for accesses to a device's registers. Two
 * functions have no place in a real driver: sim_native_lie() and what calls it.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "mgx_channel.h"
#include "sim.h"

/*
 * Jobs that the channel takes at once, of all calls. Enough that the next job
 * is in the ring before the engine is through with the last.
 */
#define SIM_NATIVE_CREDITS 16

/**
 * struct sim_native_job - what the driver needs for a job
 * @job: the job
 * @left: pieces that have not ended
 * @failed: one of them has failed
 */
struct sim_native_job {
	struct mgx_job *job;
	atomic_t left;
	bool failed;
};

/**
 * struct sim_native_piece - which piece is in a place of the ring
 * @mine: the job it is of
 * @seg: its index in the job
 */
struct sim_native_piece {
	struct sim_native_job *mine;
	u32 seg;
};

/**
 * struct sim_native - the driver's data for one channel
 * @engine: the hardware
 * @channel: migrate_ext's side of it
 * @name: of the channel
 * @jobs: one for each job, by &mgx_job.index
 * @pieces: one for each place of the ring, by &sim_desc.index
 */
struct sim_native {
	struct sim_engine *engine;
	struct mgx_channel *channel;
	char name[16];
	struct sim_native_job jobs[SIM_NATIVE_CREDITS];
	struct sim_native_piece pieces[SIM_RING_MAX];
};

/* --- a job begins ------------------------------------------------------------- */

/*
 * One descriptor. Each is worth an interrupt: out of order, any of a job's may
 * be the last. The engine sees to it that they are not too many.
 */
static void sim_native_fill(struct sim_native *native, struct sim_desc *desc,
			    struct mgx_job *job, u32 seg)
{
	struct sim_native_piece *piece = &native->pieces[desc->index];

	piece->mine = &native->jobs[job->index];
	piece->seg = seg;
	desc->src = page_to_phys(job->seg[seg].src);
	desc->dst = page_to_phys(job->seg[seg].dst);
	desc->len = job->seg[seg].len;
	desc->irq = true;
}

/*
 * All of the job or nothing: what is refused here the calling CPU copies, so a
 * driver need not wait for room. A device that is gone says -ENODEV; migrate_ext
 * then offers it no more of this batch.
 */
static int sim_native_start(struct mgx_channel *channel, struct mgx_job *job)
{
	struct sim_native *native = mgx_channel_priv(channel);
	struct sim_native_job *mine = &native->jobs[job->index];
	struct sim_desc *desc;
	LIST_HEAD(descs);
	u32 seg = 0;
	int rc;

	rc = sim_desc_alloc(native->engine, SIM_PORT_NATIVE, job->nr, &descs);
	if (rc)
		return rc;
	mine->job = job;
	mine->failed = false;
	atomic_set(&mine->left, job->nr);
	list_for_each_entry(desc, &descs, node)
		sim_native_fill(native, desc, job, seg++);
	/* The job may be done, and the next one begun, before this returns. */
	sim_engine_post(native->engine, &descs);
	return 0;
}

/* --- a job ends ------------------------------------------------------------------ */

/* Not in a real driver: a driver that reports what cannot be. */
static void sim_native_lie(struct sim_native *native, struct mgx_job *job,
			   int status)
{
	struct sim_slot *slot = native->engine->slot;
	u64 bytes = job->bytes;
	bool twice = sim_fault(slot, SIM_FAULT_DOUBLE_REPORT);

	if (sim_fault(slot, SIM_FAULT_OVER_REPORT))
		bytes += PAGE_SIZE;
	mgx_job_done(job, bytes, status);
	if (twice)
		mgx_job_done(job, bytes, status);
}

/*
 * A real driver calls mgx_job_done(job, job->bytes, status) here. Pieces that
 * have failed were told by mgx_job_fail_seg(), so all bytes are reported. The
 * status is -EIO even for bad memory in the source: the CPU's copy, which
 * follows, finds it, and does what has to be done.
 */
static void sim_native_done(struct sim_native *native,
			    struct sim_native_job *mine)
{
	sim_native_lie(native, mine->job, mine->failed ? -EIO : 0);
}

/*
 * A copy has ended: for each descriptor, from the interrupt or from poll(), and
 * on several CPUs at once. Who ends the last piece ends the job. The place in
 * the ring is free before, since mgx_job_done() may start the next job.
 */
static void sim_native_complete(void *data, struct sim_desc *desc)
{
	struct sim_native *native = data;
	struct sim_native_piece piece = native->pieces[desc->index];
	int status = desc->status;

	sim_desc_free(native->engine, desc);
	if (status) {
		mgx_job_fail_seg(piece.mine->job, piece.seg);
		WRITE_ONCE(piece.mine->failed, true);
	}
	if (atomic_dec_and_test(&piece.mine->left))
		sim_native_done(native, piece.mine);
}

/*
 * Who waits looks here from time to time: it saves the interrupt's way, and is
 * what gets on when an interrupt was lost.
 */
static void sim_native_poll(struct mgx_channel *channel)
{
	struct sim_native *native = mgx_channel_priv(channel);

	sim_engine_reap(native->engine, SIM_PORT_NATIVE);
}

/* --- trouble --------------------------------------------------------------------- */

/*
 * A job was not done in time. Reset the engine; what it had not begun ends as
 * failed, here: those who wait for these jobs need not wait for their deadline.
 * Then wait for what it had begun, and for others who look at what has ended:
 * after a return of 0 there must be no mgx_job_done() for an old job. An engine
 * that cannot be reset refuses: it may write still. migrate_ext asks again.
 */
static int sim_native_quiesce(struct mgx_channel *channel)
{
	struct sim_native *native = mgx_channel_priv(channel);
	int rc = sim_engine_abort(native->engine, SIM_PORT_NATIVE);

	if (rc)
		return rc;
	sim_engine_sync(native->engine, SIM_PORT_NATIVE);
	sim_engine_reap(native->engine, SIM_PORT_NATIVE);
	sim_engine_sync(native->engine, SIM_PORT_NATIVE);
	return 0;
}

/* --- life ------------------------------------------------------------------------- */

static const struct mgx_channel_ops sim_native_ops = {
	.start = sim_native_start,
	.poll = sim_native_poll,
	.quiesce = sim_native_quiesce,
};

/*
 * Everything is ready before: the first job can come before this returns. The
 * node is that of the device, and says which memory it is near to.
 */
static struct mgx_channel *sim_native_register(struct sim_native *native)
{
	const struct mgx_channel_desc desc = {
		.name = native->name,
		.kind = MGX_KIND_NATIVE,
		.nid = dev_to_node(native->engine->dev),
		.credits = SIM_NATIVE_CREDITS,
		.max_seg = SIM_SEG_MAX,
		.ops = &sim_native_ops,
		.priv = native,
	};

	return mgx_channel_register(&desc);
}

/**
 * sim_native_add() - offer the engine to migrate_ext
 * @engine: the hardware, ready
 *
 * Context: process, from the driver's probe().
 * Return: the driver's data or an ERR_PTR().
 */
struct sim_native *sim_native_add(struct sim_engine *engine)
{
	struct sim_native *native;
	int rc;

	native = kvzalloc_node(sizeof(*native), GFP_KERNEL,
			       dev_to_node(engine->dev));
	if (!native)
		return ERR_PTR(-ENOMEM);
	native->engine = engine;
	snprintf(native->name, sizeof(native->name), "sim%u", engine->slot->id);
	engine->port[SIM_PORT_NATIVE].driver = native;
	engine->port[SIM_PORT_NATIVE].complete = sim_native_complete;
	native->channel = sim_native_register(native);
	if (IS_ERR(native->channel)) {
		rc = PTR_ERR(native->channel);
		kvfree(native);
		return ERR_PTR(rc);
	}
	return native;
}

/**
 * sim_native_remove() - take the engine away from migrate_ext
 * @native: the driver's data; freed
 *
 * The engine must have stopped (sim_engine_off()): start() refuses from then
 * on, and what was in the ring ends here as failed, so that nobody waits for
 * it. When the channel is unregistered, no job is left, nobody is in this
 * driver's functions, and its data can go.
 *
 * Context: process, from the driver's remove(). Waits for calls of
 * migrate_pages() that are under way.
 */
void sim_native_remove(struct sim_native *native)
{
	struct sim_engine *engine = native->engine;

	sim_engine_reap(engine, SIM_PORT_NATIVE);
	sim_engine_sync(engine, SIM_PORT_NATIVE);
	mgx_channel_unregister(native->channel);
	kvfree(native);
}
