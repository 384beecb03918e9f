// SPDX-License-Identifier: GPL-2.0-only
/*
 * batch.c - a ready batch: ask the policy, copy, tell the policy.
 */
#include <linux/highmem.h>
#include <linux/ktime.h>

#include "mgx.h"
#include "trace.h"

/*
 * Copy one folio, with a chance to be rescheduled every @chunk bytes, as
 * folio_mc_copy() has for every page of a large folio.
 */
static int mgx_folio_copy(struct folio *dst, struct folio *src, u32 chunk)
{
	long i, nr = folio_nr_pages(src), step = chunk >> PAGE_SHIFT;

	for (i = 0; i < nr; i++) {
		if (copy_mc_highpage(folio_page(dst, i), folio_page(src, i)))
			return -EHWPOISON;
		if (!((i + 1) % step))
			cond_resched();
	}
	return 0;
}

/*
 * Only now is the pair marked (rule 3). A machine check is a result as well:
 * the kernel gets it at the folio's turn, without another access.
 */
static void mgx_pair_copy(struct mgx_ctx *ctx, struct mgx_pair *pair, u32 chunk,
			  struct mgx_done *done)
{
	pair->rc = mgx_folio_copy(pair->dst, pair->src, chunk);
	pair->state = MGX_PAIR_COPIED;
	if (pair->rc) {
		mgx_count(ctx, poison);
		done->status = pair->rc;
		return;
	}
	mgx_count_add(ctx, pages_copied, folio_nr_pages(pair->src));
	done->bytes += folio_size(pair->src);
}

/* Pull folios from the batch's remainder while the share's grant allows. */
static void mgx_share_run(struct mgx_ctx *ctx, const struct mgx_share *share,
			  struct mgx_done *done)
{
	u64 start = ktime_get_ns(), left = share->bytes;

	for (; ctx->remainder < ctx->pairs.nr; ctx->remainder++) {
		struct mgx_pair *pair = &ctx->pairs.pair[ctx->remainder];

		if (pair->state != MGX_PAIR_READY)
			continue;
		if (folio_size(pair->src) > left)
			break;
		left -= folio_size(pair->src);
		mgx_pair_copy(ctx, pair, share->chunk, done);
		cond_resched();
	}
	done->ns = ktime_get_ns() - start;
	mgx_channel_account(done->channel, done);
}

static void mgx_batch_execute(struct mgx_ctx *ctx, struct mgx_policy *policy)
{
	struct mgx_done total = { .channel = MGX_DONE_BATCH };
	u32 i;

	for (i = 0; i < ctx->nr_shares; i++) {
		struct mgx_done done = { .channel = ctx->shares[i].channel };

		mgx_share_run(ctx, &ctx->shares[i], &done);
		total.bytes += done.bytes;
		total.ns += done.ns;
		total.status = total.status ?: done.status;
		trace_mgx_done(&ctx->batch, &done);
		mgx_policy_complete(policy, ctx, &done);
	}
	trace_mgx_done(&ctx->batch, &total);
	mgx_policy_complete(policy, ctx, &total);
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

	if (!policy || !policy->ops->dispatch)
		return;
	mgx_count(ctx, batches);
	mgx_count_add(ctx, pages_batched, ctx->batch.bytes >> PAGE_SHIFT);
	mgx_reason_add(ctx->batch.reason, ctx->batch.bytes >> PAGE_SHIFT);
	trace_mgx_batch(&ctx->batch);
	mgx_policy_dispatch(policy, ctx);
	if (!ctx->nr_shares) {
		mgx_count(ctx, batches_declined);
		return;
	}
	mgx_batch_execute(ctx, policy);
}
