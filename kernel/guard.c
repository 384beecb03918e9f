// SPDX-License-Identifier: GPL-2.0-only
/*
 * guard.c - what a policy's batches cost: too long in time (stalled), or more
 * than if the CPU had copied them alone (worse).
 *
 * Both are looked at when the batch is over. One batch that was worse means
 * nothing, its task may have been preempted; a run of them does.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>

#include "mgx.h"

#define MGX_GUARD_LEAST 100 /* percent: less is no guard, but a demand */

static int mgx_guard_set(const char *value, const struct kernel_param *kp)
{
	unsigned int percent;
	int rc = kstrtouint(value, 0, &percent);

	if (rc)
		return rc;
	if (percent && percent < MGX_GUARD_LEAST)
		return -EINVAL;
	*(unsigned int *)kp->arg = percent;
	return 0;
}

static const struct kernel_param_ops mgx_guard_ops = {
	.set = mgx_guard_set,
	.get = param_get_uint,
};

static unsigned int guard_percent = 200;
module_param_cb(guard_percent, &mgx_guard_ops, &guard_percent, 0644);
MODULE_PARM_DESC(
	guard_percent,
	"count batches that cost more than that many percent of a copy by CPU, 0 for none (100 or more, default 200)");

static unsigned int guard_run = 64;
module_param(guard_run, uint, 0644);
MODULE_PARM_DESC(
	guard_run,
	"that many in a row are reported, and end a policy that asked for it (default 64)");

/**
 * mgx_guard_percent() - what a batch may cost
 * @policy: whose
 *
 * Return: percent of what the CPU alone takes, 0 for anything.
 */
u32 mgx_guard_percent(const struct mgx_policy *policy)
{
	return policy->ops->guard_percent ?: READ_ONCE(guard_percent);
}

/**
 * mgx_guard_run() - how many batches in a row may cost more
 * @policy: whose
 */
u32 mgx_guard_run(const struct mgx_policy *policy)
{
	return policy->ops->guard_run ?: max(READ_ONCE(guard_run), 1U);
}

static noinline void mgx_guard_stall(struct mgx_ctx *ctx,
				     struct mgx_policy *policy, u64 ns)
{
	u64 ms = div_u64(ns, NSEC_PER_MSEC);
	char msg[MGX_MSG_LEN];
	int len;

	mgx_count(ctx, batches_stalled);
	len = scnprintf(
		msg, sizeof(msg),
		"a batch of %llu bytes took %llu ms, timeout_ms is %llu",
		ctx->batch.bytes, ms,
		div_u64(policy->timeout_ns, NSEC_PER_MSEC));
	mgx_policy_end(policy, MGX_EXIT_ERROR_STALL, ms, msg, len);
}

static void mgx_guard_end(struct mgx_policy *policy, u32 run, u32 limit,
			  u64 cost, u64 cpu)
{
	u64 percent = div64_u64(cost * 100, cpu);
	char msg[MGX_MSG_LEN];
	int len;

	len = scnprintf(
		msg, sizeof(msg),
		"%u batches in a row cost more than %u %% of a copy by CPU, the last %llu %%",
		run, limit, percent);
	if (policy->ops->guard_percent)
		mgx_policy_end(policy, MGX_EXIT_ERROR_GUARD, percent, msg, len);
	else if (!xchg(&policy->told, true))
		pr_notice("policy %s: %s\n", policy->ops->name, msg);
}

static noinline void mgx_guard_worse(struct mgx_ctx *ctx,
				     struct mgx_policy *policy, u32 limit,
				     u64 cost, u64 cpu)
{
	u32 run = mgx_guard_run(policy);

	mgx_count(ctx, batches_worse);
	if (atomic_inc_return(&policy->worse) < run)
		return;
	atomic_set(&policy->worse, 0);
	mgx_count(ctx, guard_tripped);
	mgx_guard_end(policy, run, limit, cost, cpu);
}

/**
 * mgx_guard_batch() - a batch is over
 * @ctx: the call it belongs to
 * @policy: who decided
 * @ns: time it took, with all members of the policy
 * @copied: bytes that were copied in it; the CPU copies the others now
 *
 * Context: the migrating task. No shared memory is written unless the batch was
 * too dear, or the one before was.
 */
void mgx_guard_batch(struct mgx_ctx *ctx, struct mgx_policy *policy, u64 ns,
		     u64 copied)
{
	const struct mgx_batch *batch = &ctx->batch;
	u32 limit = mgx_guard_percent(policy);
	u64 cpu, cost = ns;

	if (unlikely(ns > policy->timeout_ns))
		mgx_guard_stall(ctx, policy, ns);
	cpu = mgx_cost_ns(batch->bytes, batch->src_nid, batch->dst_nid);
	if (!limit || !cpu)
		return;
	if (copied < batch->bytes)
		cost += mgx_cost_ns(batch->bytes - copied, batch->src_nid,
				    batch->dst_nid);
	if (unlikely(cost * 100 > cpu * limit))
		mgx_guard_worse(ctx, policy, limit, cost, cpu);
	else if (unlikely(atomic_read(&policy->worse)))
		atomic_set(&policy->worse, 0);
}
