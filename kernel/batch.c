// SPDX-License-Identifier: GPL-2.0-only
/*
 * batch.c - a ready batch: ask the policy, copy, tell the policy.
 */
#include <linux/ktime.h>

#include "mgx.h"
#include "trace.h"

/*
 * The figures of all shares, and what the call did for them, as one. Returns
 * the bytes that were copied.
 */
static u64 mgx_batch_report(struct mgx_ctx *ctx, struct mgx_policy *policy,
			    u64 ns)
{
	struct mgx_done total = ctx->exec.rest;
	u32 i;

	total.channel = MGX_DONE_BATCH;
	total.ns = ns;
	for (i = 0; i < ctx->nr_shares; i++) {
		struct mgx_done *done = &ctx->shares[i].done;

		total.bytes += done->bytes;
		total.status = total.status ?: done->status;
		trace_mgx_done(&ctx->batch, done);
		mgx_policy_complete(policy, ctx, done);
	}
	trace_mgx_done(&ctx->batch, &total);
	mgx_policy_complete(policy, ctx, &total);
	return total.bytes;
}

static u64 mgx_batch_execute(struct mgx_ctx *ctx, struct mgx_policy *policy)
{
	u64 start = ktime_get_ns();

	mgx_exec_run(ctx);
	return mgx_batch_report(ctx, policy, ktime_get_ns() - start);
}

/**
 * mgx_batch_run() - let the policy decide on a batch and carry it out
 * @ctx: the call it belongs to; its batch was gathered
 *
 * Folios that are not copied here stay READY, and the kernel copies them.
 *
 * Context: the migrating task, within migrate_pages(); no allocation. May be
 * rescheduled.
 */
void mgx_batch_run(struct mgx_ctx *ctx)
{
	struct mgx_policy *policy = mgx_policy_get();
	u64 start, copied = 0;

	if (!policy || !policy->ops->dispatch)
		return;
	mgx_count(ctx, batches);
	mgx_count_add(ctx, pages_batched, ctx->batch.bytes >> PAGE_SHIFT);
	mgx_reason_add(ctx->batch.reason, ctx->batch.bytes >> PAGE_SHIFT);
	trace_mgx_batch(&ctx->batch);
	start = ktime_get_ns();
	ctx->exec.until_ns = start + policy->timeout_ns;
	mgx_policy_dispatch(policy, ctx);
	if (ctx->nr_shares)
		copied = mgx_batch_execute(ctx, policy);
	else
		mgx_count(ctx, batches_declined);
	mgx_guard_batch(ctx, policy, ktime_get_ns() - start, copied);
}
