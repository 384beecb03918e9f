// SPDX-License-Identifier: GPL-2.0-only
/*
 * reserve.c - contexts, allocated before they are needed (rule 5).
 *
 * Migration runs inside reclaim, so nothing is allocated when a call comes in.
 * Each CPU has a few contexts; a task claims one of the CPU it runs on and may
 * give it back on another. When they are all in use (their owners sleep) the
 * call passes through untouched.
 *
 * folio_mc_copy() has no argument that leads to the call it belongs to, so a
 * small hash table tells which task uses which context. A task writes and
 * reads only its own slot, which makes it correct without locks: a slot is
 * claimed by compare-and-exchange, and found by its owner in the few places
 * where it can be.
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "mgx.h"

#define MGX_PROBES 8 /* places where a task's slot can be */

static unsigned int reserve = 4;
module_param(reserve, uint, 0444);
MODULE_PARM_DESC(
	reserve,
	"contexts per CPU: migrations that may be in progress at once (1 to 64, default 4)");

static DEFINE_PER_CPU(struct mgx_ctx *, mgx_reserve);
struct mgx_slot *mgx_slots __read_mostly;
unsigned int mgx_slot_bits __read_mostly;

static struct mgx_slot *mgx_slot_at(unsigned int probe)
{
	u32 first = hash_ptr(current, mgx_slot_bits);

	return mgx_slots + ((first + probe) & ((1U << mgx_slot_bits) - 1));
}

static struct mgx_slot *mgx_slot_find(void)
{
	unsigned int i;

	for (i = 0; i < MGX_PROBES; i++) {
		struct mgx_slot *slot = mgx_slot_at(i);

		if (READ_ONCE(slot->task) == current)
			return slot;
	}
	return NULL;
}

static struct mgx_slot *mgx_slot_claim(void)
{
	unsigned int i;

	for (i = 0; i < MGX_PROBES; i++) {
		struct mgx_slot *slot = mgx_slot_at(i);

		if (!READ_ONCE(slot->task) &&
		    !cmpxchg(&slot->task, NULL, current))
			return slot;
	}
	return NULL;
}

static struct mgx_ctx *mgx_ctx_claim(void)
{
	struct mgx_ctx *ctx = raw_cpu_read(mgx_reserve);
	unsigned int i;

	for (i = 0; i < reserve; i++, ctx++)
		if (!atomic_read(&ctx->busy) &&
		    !atomic_cmpxchg_acquire(&ctx->busy, 0, 1))
			return ctx;
	return NULL;
}

/* mgx_ctx_current() when another task has the first place. */
struct mgx_ctx *mgx_ctx_probe(void)
{
	struct mgx_slot *slot = mgx_slot_find();

	return slot ? slot->top : NULL;
}

/**
 * mgx_ctx_get() - take a context out of the reserve
 *
 * Context: process; never sleeps or allocates.
 * Return: the context, now the innermost of this task, or NULL when none is
 * free.
 */
struct mgx_ctx *mgx_ctx_get(void)
{
	struct mgx_slot *slot = mgx_slot_find();
	struct mgx_ctx *ctx = mgx_ctx_claim();

	if (!ctx)
		return NULL;
	if (!slot)
		slot = mgx_slot_claim();
	if (!slot) {
		atomic_set_release(&ctx->busy, 0);
		return NULL;
	}
	ctx->task = current;
	ctx->outer = slot->top;
	ctx->policy = NULL;
	ctx->phase = MGX_PHASE_IDLE;
	ctx->limit = 0;
	ctx->skip = false;
	ctx->shield = 0;
	mgx_pairs_reset(&ctx->pairs);
	slot->top = ctx;
	return ctx;
}

/**
 * mgx_ctx_put() - give a context back
 * @ctx: innermost context of the running task
 */
void mgx_ctx_put(struct mgx_ctx *ctx)
{
	struct mgx_slot *slot = mgx_slot_find();

	slot->top = ctx->outer;
	if (!slot->top)
		/* the slot is left as it is to be found: pairs with the claim */
		smp_store_release(&slot->task, NULL);
	ctx->task = NULL;
	atomic_set_release(&ctx->busy, 0);
}

/**
 * mgx_reserve_free() - free all contexts
 *
 * Context: process; no call is under way and none can begin.
 */
void mgx_reserve_free(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kvfree(per_cpu(mgx_reserve, cpu));
		per_cpu(mgx_reserve, cpu) = NULL;
	}
}

/**
 * mgx_reserve_alloc() - allocate the contexts, each on its CPU's node
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM, then nothing is allocated.
 */
int mgx_reserve_alloc(void)
{
	unsigned int i;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct mgx_ctx *ctx;

		ctx = kvzalloc_node(array_size(reserve, sizeof(*ctx)),
				    GFP_KERNEL, cpu_to_node(cpu));
		if (!ctx) {
			mgx_reserve_free();
			return -ENOMEM;
		}
		per_cpu(mgx_reserve, cpu) = ctx;
		for (i = 0; i < reserve; i++)
			mgx_exec_init(ctx + i);
	}
	return 0;
}

/**
 * mgx_reserve_size() - how many calls can be under way at once
 */
unsigned int mgx_reserve_size(void)
{
	return reserve * num_possible_cpus();
}

/**
 * mgx_reserve_init() - make the table, which stays while the module is loaded
 *
 * Context: module initialisation.
 * Return: 0 or -ENOMEM.
 */
int mgx_reserve_init(void)
{
	reserve = clamp(reserve, 1U, 64U);
	mgx_slot_bits = order_base_2(max(64U, 4 * mgx_reserve_size()));
	mgx_slots =
		kvcalloc(1UL << mgx_slot_bits, sizeof(*mgx_slots), GFP_KERNEL);
	return mgx_slots ? 0 : -ENOMEM;
}

/**
 * mgx_reserve_exit() - undo mgx_reserve_init(); the hooks are not armed
 */
void mgx_reserve_exit(void)
{
	kvfree(mgx_slots);
}
