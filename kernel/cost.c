// SPDX-License-Identifier: GPL-2.0-only
/*
 * cost.c - what the calling CPU would take for a copy, measured live.
 *
 * Samples are the copies that calling CPUs do anyway: for a policy, or some of
 * those that the kernel does at the folios' turns. They are averaged per pair
 * of nodes, and by where the CPU is, since a copy from afar is slower. The
 * averages are written without a lock: a sample that is lost does no harm.
 *
 * A policy that leaves nothing to the CPU would never learn what it takes, so
 * pairs without a figure get one from a trial when a policy is attached, on
 * memory that was put out of the caches, as what is migrated mostly is.
 */
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/ktime.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "cost.h"
#include "mgx.h"

#define MGX_TRIAL_ORDER	 4
#define MGX_TRIAL_BYTES	 (PAGE_SIZE << MGX_TRIAL_ORDER)
#define MGX_TRIAL_ROUNDS 3

/**
 * enum mgx_cost_place - where the CPU is that copies
 * @MGX_COST_AT_SRC: on the source's node
 * @MGX_COST_AT_DST: on the destination's
 * @MGX_COST_ELSEWHERE: on neither
 * @MGX_COST_PLACES: how many
 */
enum mgx_cost_place {
	MGX_COST_AT_SRC,
	MGX_COST_AT_DST,
	MGX_COST_ELSEWHERE,
	MGX_COST_PLACES,
};

static u32 *mgx_costs;

/* Copies at a folio's turn, of which one in MGX_COST_EVERY is a sample. */
DEFINE_PER_CPU(u32, mgx_cost_turns);

static bool mgx_cost_knows(s32 nid)
{
	return nid >= 0 && nid < nr_node_ids;
}

static u32 *mgx_cost_of(enum mgx_cost_place place, s32 src, s32 dst)
{
	return mgx_costs + (place * nr_node_ids + src) * nr_node_ids + dst;
}

static enum mgx_cost_place mgx_cost_place(s32 src, s32 dst)
{
	int nid = numa_mem_id();

	if (nid == src)
		return MGX_COST_AT_SRC;
	return nid == dst ? MGX_COST_AT_DST : MGX_COST_ELSEWHERE;
}

/**
 * mgx_cost_learn() - this CPU has copied
 * @src: node it copied from
 * @dst: node it copied to
 * @bytes: how much
 * @ns: how long it took
 * @alone: nobody else copied at the same time
 *
 * Beside others a copy can only take longer, so then a sample that is not less
 * than the average says nothing.
 *
 * Context: any.
 */
void mgx_cost_learn(s32 src, s32 dst, u64 bytes, u64 ns, bool alone)
{
	u32 *cost, old, rate;

	if (!bytes || !mgx_cost_knows(src) || !mgx_cost_knows(dst))
		return;
	cost = mgx_cost_of(mgx_cost_place(src, dst), src, dst);
	old = READ_ONCE(*cost);
	rate = mgx_cost_rate(bytes, ns);
	if (alone || !old || rate < old)
		WRITE_ONCE(*cost, mgx_cost_average(old, rate));
}

/**
 * mgx_cost_ns() - what the calling CPU would take for a copy
 * @bytes: how much
 * @src: node it is on
 * @dst: node it goes to
 *
 * Context: any.
 * Return: nanoseconds; 0 if no CPU has copied between these nodes yet.
 */
u64 mgx_cost_ns(u64 bytes, s32 src, s32 dst)
{
	enum mgx_cost_place place;
	u32 cost;

	if (!mgx_cost_knows(src) || !mgx_cost_knows(dst))
		return 0;
	cost = READ_ONCE(*mgx_cost_of(mgx_cost_place(src, dst), src, dst));
	/* Rather from another place than not at all. */
	for (place = 0; !cost && place < MGX_COST_PLACES; place++)
		cost = READ_ONCE(*mgx_cost_of(place, src, dst));
	return mgx_cost_time(cost, bytes);
}

static struct page *mgx_trial_pages(int nid)
{
	struct page *page = alloc_pages_node(
		nid, GFP_KERNEL | __GFP_THISNODE | __GFP_NORETRY | __GFP_NOWARN,
		MGX_TRIAL_ORDER);
	u32 i;

	for (i = 0; page && i < 1 << MGX_TRIAL_ORDER; i++)
		clear_highpage(page + i);
	return page;
}

static u64 mgx_trial_copy(struct page *dst, struct page *src)
{
	u64 start;
	u32 i;

	mgx_evict(src, MGX_TRIAL_BYTES);
	mgx_evict(dst, MGX_TRIAL_BYTES);
	start = ktime_get_ns();
	for (i = 0; i < 1 << MGX_TRIAL_ORDER; i++)
		copy_highpage(dst + i, src + i);
	return ktime_get_ns() - start;
}

/* The least counts: the others were disturbed. */
static void mgx_trial(int src_nid, int dst_nid, u32 *cost)
{
	struct page *src = mgx_trial_pages(src_nid);
	struct page *dst = mgx_trial_pages(dst_nid);
	u64 least = U64_MAX;
	u32 i;

	for (i = 0; src && dst && i < MGX_TRIAL_ROUNDS; i++)
		least = min(least, mgx_trial_copy(dst, src));
	if (i)
		WRITE_ONCE(*cost,
			   MGX_COST_TRIAL |
				   mgx_cost_rate(MGX_TRIAL_BYTES, least));
	if (src)
		__free_pages(src, MGX_TRIAL_ORDER);
	if (dst)
		__free_pages(dst, MGX_TRIAL_ORDER);
}

/**
 * mgx_cost_try() - find out what is not known yet
 *
 * Context: process, may sleep and allocate. A node without memory to spare
 * stays unknown.
 */
void mgx_cost_try(void)
{
	int src, dst;

	for_each_node_state(src, N_MEMORY) {
		for_each_node_state(dst, N_MEMORY) {
			if (!mgx_cost_ns(PAGE_SIZE, src, dst))
				mgx_trial(src, dst,
					  mgx_cost_of(mgx_cost_place(src, dst),
						      src, dst));
			cond_resched();
		}
	}
}

/**
 * mgx_cost_init() - make room for the figures
 *
 * Context: module initialisation.
 * Return: 0 or -ENOMEM.
 */
int mgx_cost_init(void)
{
	mgx_costs = kvcalloc(MGX_COST_PLACES * nr_node_ids * nr_node_ids,
			     sizeof(*mgx_costs), GFP_KERNEL);
	return mgx_costs ? 0 : -ENOMEM;
}

/**
 * mgx_cost_exit() - undo mgx_cost_init()
 */
void mgx_cost_exit(void)
{
	kvfree(mgx_costs);
}
