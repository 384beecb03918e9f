// SPDX-License-Identifier: GPL-2.0-only
/*
 * kfunc.c - what policies can call.
 *
 * Each records a wish; the kernel carries it out when the member returned.
 * Which member may call what is checked at run time through the trusted
 * argument: a filter by BTF ids fails open when the module has .BTF.base.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "mgx.h"
#include "trace.h"

#define MGX_DEFAULT_CHUNK SZ_64K
#define MGX_MAX_CHUNK	  SZ_4M /* what a CPU copies well before a deadline */
#define MGX_INFO_MAX	  4096	/* more figures than that there will never be */

/*
 * The context of the member that is running, if that is @phase and @arg what
 * it was given, at @offset of the context. The verifier lets a program pass
 * memory of its own for a struct of scalars, trusted arguments or not: @arg is
 * compared, never looked into.
 */
static struct mgx_ctx *mgx_ctx_of(const void *arg, size_t offset,
				  enum mgx_phase phase)
{
	struct mgx_ctx *ctx = mgx_ctx_current();

	if (ctx && ctx->phase == phase && arg == (void *)ctx + offset)
		return ctx;
	mgx_event(kfunc_misuse);
	return NULL;
}

#define MGX_CTX_OF(arg, member, phase) \
	mgx_ctx_of(arg, offsetof(struct mgx_ctx, member), phase)

/* For what any member may call, and no other program. */
static bool mgx_in_member(void)
{
	if (mgx_policy_caller(NULL))
		return true;
	mgx_event(kfunc_misuse);
	return false;
}

/* As much of @from as the caller knows of it; what it knows beyond is 0. */
static void mgx_copy_out(void *to, u32 to_size, const void *from, u32 size)
{
	memcpy(to, from, min(to_size, size));
	if (to_size > size)
		memset(to + size, 0, to_size - size);
}

static s64 mgx_submit_refuse(struct mgx_ctx *ctx, s64 rc)
{
	mgx_count(ctx, submit_refused);
	return rc;
}

static s64 mgx_submit(struct mgx_ctx *ctx, u32 id, u64 bytes, u32 chunk)
{
	struct mgx_channel *channel = mgx_channel_get(id);

	if (!channel)
		return mgx_submit_refuse(ctx, -ENODEV);
	if (!mgx_channel_up(channel))
		return mgx_submit_refuse(ctx, -EHOSTDOWN);
	if (ctx->nr_shares == MGX_MAX_SHARES)
		return mgx_submit_refuse(ctx, -E2BIG);
	if (!bytes)
		return mgx_submit_refuse(ctx, -EINVAL);
	/* Pieces are whole pages, or a page could count as copied by parts. */
	bytes = bytes > ctx->batch.bytes ? bytes : PAGE_ALIGN(bytes);
	if (bytes > ctx->batch.bytes) {
		mgx_count(ctx, submit_clamped);
		bytes = ctx->batch.bytes;
	}
	chunk = round_down(chunk ?: MGX_DEFAULT_CHUNK, PAGE_SIZE);
	if (!chunk || chunk > MGX_MAX_CHUNK) {
		mgx_count(ctx, chunk_clamped);
		chunk = chunk ? MGX_MAX_CHUNK : PAGE_SIZE;
	}
	ctx->shares[ctx->nr_shares++] = (struct mgx_share){
		.to = id == MGX_CHANNEL_CALLER ? NULL : channel,
		.chunk = chunk,
		.left = bytes,
		.done.channel = id,
	};
	return bytes;
}

__bpf_kfunc_start_defs();

/**
 * mgx_bpf_submit() - let a channel copy a part of a batch
 * @batch: argument of dispatch()
 * @channel: who is to copy, &MGX_CHANNEL_CALLER or another channel's id
 * @bytes: how much at most; what exceeds the batch is cut
 * @chunk: bytes it takes at once, rounded down to whole pages, at least one and
 *	at most 4 MiB; 0 for the default of 64 KiB. Large folios are split at it.
 * @flags: must be 0
 *
 * The channels pull their pieces from the batch's remainder, all at the same
 * time and each as fast as it can, so the sum of what is granted may exceed
 * the batch: offering all of it to each of several channels shares it by
 * speed. The calling CPU pulls as well if it was submitted to, and is free
 * otherwise. What nobody pulled is copied by the kernel.
 *
 * Context: dispatch() only.
 * Return: bytes granted; -EPERM outside dispatch(), -EINVAL for no bytes or an
 * unknown flag, -ENODEV for a channel that does not exist, -EHOSTDOWN for one
 * that is offline or in quarantine, -E2BIG after MGX_MAX_SHARES submissions.
 */
__bpf_kfunc s64 mgx_bpf_submit(struct mgx_batch *batch, u32 channel, u64 bytes,
			       u32 chunk, u64 flags)
{
	struct mgx_ctx *ctx = MGX_CTX_OF(batch, batch, MGX_PHASE_DISPATCH);
	s64 granted;

	if (!ctx)
		return -EPERM;
	granted = flags ? mgx_submit_refuse(ctx, -EINVAL) :
			  mgx_submit(ctx, channel, bytes, chunk);
	trace_mgx_submit(batch, channel, bytes, granted);
	return granted;
}

/**
 * mgx_bpf_wait() - how to wait for the channels
 * @batch: argument of dispatch()
 * @poll_ns: nanoseconds to poll before sleeping: 0 sleeps at once, U64_MAX
 *	polls to the end
 *
 * Without it, the call polls for MGX_DEFAULT_POLL_NS.
 *
 * Context: dispatch() only.
 * Return: 0; -EPERM outside dispatch().
 */
__bpf_kfunc int mgx_bpf_wait(struct mgx_batch *batch, u64 poll_ns)
{
	struct mgx_ctx *ctx = MGX_CTX_OF(batch, batch, MGX_PHASE_DISPATCH);

	if (!ctx)
		return -EPERM;
	ctx->exec.poll_ns = poll_ns;
	return 0;
}

/**
 * mgx_bpf_limit() - cut a call of migrate_pages() into smaller ones
 * @req: argument of admit()
 * @pages: base pages per call; a larger folio is a call of its own
 *
 * The first folios are back sooner; each part has its own TLB flush.
 *
 * Context: admit() only.
 * Return: 0; -EPERM outside admit(), -EINVAL for no pages.
 */
__bpf_kfunc int mgx_bpf_limit(struct mgx_req *req, u32 pages)
{
	struct mgx_ctx *ctx = MGX_CTX_OF(req, req, MGX_PHASE_ADMIT);

	if (!ctx)
		return -EPERM;
	if (!pages) {
		mgx_count(ctx, limit_refused);
		return -EINVAL;
	}
	ctx->limit = pages;
	return 0;
}

/**
 * mgx_bpf_skip() - leave a call of migrate_pages() to the kernel
 * @req: argument of admit()
 *
 * Context: admit() only.
 * Return: 0; -EPERM outside admit().
 */
__bpf_kfunc int mgx_bpf_skip(struct mgx_req *req)
{
	struct mgx_ctx *ctx = MGX_CTX_OF(req, req, MGX_PHASE_ADMIT);

	if (!ctx)
		return -EPERM;
	ctx->skip = true;
	return 0;
}

static void mgx_end_caller(enum mgx_exit_kind kind, s64 code, const char *msg,
			   u32 len)
{
	enum mgx_phase phase;
	struct mgx_policy *policy = mgx_policy_caller(&phase);

	if (policy && phase != MGX_PHASE_EXIT)
		mgx_policy_end(policy, kind, code, msg, len);
	else
		mgx_event(kfunc_misuse);
}

/**
 * mgx_bpf_exit() - the policy ends itself
 * @code: goes to exit() and to the user
 * @msg: text for the user, up to a 0 byte or the end; what cannot be printed
 *	becomes '?'
 * @msg__sz: bytes of @msg
 *
 * From now on the kernel migrates as it does without a policy. From init(),
 * the attach fails with -ECANCELED.
 *
 * Context: any member but exit().
 */
__bpf_kfunc void mgx_bpf_exit(s64 code, const char *msg, u32 msg__sz)
{
	mgx_end_caller(MGX_EXIT_SELF, code, msg, msg__sz);
}

/**
 * mgx_bpf_error() - the policy ends itself because of an error
 * @msg: text for the user, up to a 0 byte or the end; what cannot be printed
 *	becomes '?'
 * @msg__sz: bytes of @msg
 *
 * Context: any member but exit().
 */
__bpf_kfunc void mgx_bpf_error(const char *msg, u32 msg__sz)
{
	mgx_end_caller(MGX_EXIT_ERROR_BPF, 0, msg, msg__sz);
}

/**
 * mgx_bpf_channel_info() - live figures of a channel
 * @id: its number
 * @info: a &struct mgx_channel_info; not typed so, as 6.12 does not compare
 *	@info__sz with what a pointer to that type can hold
 * @info__sz: bytes of @info: what a program knows of it is filled in
 *
 * Context: any member.
 * Return: 0; -EPERM outside a member, -ENODEV for a channel that does not
 * exist, -EINVAL for no room, or for more than there could ever be figures.
 */
__bpf_kfunc int mgx_bpf_channel_info(u32 id, void *info, u32 info__sz)
{
	struct mgx_channel_info all;
	int rc;

	if (!mgx_in_member())
		return -EPERM;
	if (!info__sz || info__sz > MGX_INFO_MAX)
		return -EINVAL;
	rc = mgx_channel_info(id, &all);
	if (!rc)
		mgx_copy_out(info, info__sz, &all, sizeof(all));
	return rc;
}

/**
 * mgx_bpf_events() - the module's event counters
 * @ev: a &struct mgx_event_counts, see mgx_bpf_channel_info()
 * @ev__sz: bytes of @ev: what a program knows of it is filled in
 *
 * Sums over all CPUs: nothing to do for each batch.
 *
 * Context: any member.
 * Return: 0; -EPERM outside a member, -EINVAL for no room, for a part of a
 * counter, or for more than there could ever be counters.
 */
__bpf_kfunc int mgx_bpf_events(void *ev, u32 ev__sz)
{
	u64 *count = ev;
	u32 i;

	if (!mgx_in_member())
		return -EPERM;
	if (!ev__sz || ev__sz > MGX_INFO_MAX || ev__sz % sizeof(*count))
		return -EINVAL;
	for (i = 0; i < ev__sz / sizeof(*count); i++)
		count[i] = i < MGX_NR_EVENTS ? mgx_event_sum(i) : 0;
	return 0;
}

/**
 * mgx_bpf_dump() - print a line of a state dump
 * @line: text, up to a 0 byte or the end; what cannot be printed becomes '?'
 * @line__sz: bytes of @line, of which MGX_DUMP_LINE are used at most
 *
 * The macro mgx_dump() formats it, by BPF's own bpf_snprintf().
 *
 * Context: dump() only.
 * Return: 0; -EPERM outside dump(), -ENOSPC when the dump is full.
 */
__bpf_kfunc int mgx_bpf_dump(const char *line, u32 line__sz)
{
	struct mgx_dump *dump = mgx_policy_dumping();

	if (!dump) {
		mgx_event(kfunc_misuse);
		return -EPERM;
	}
	mgx_dump_line(dump, line, line__sz);
	return dump->cut ? -ENOSPC : 0;
}

/**
 * mgx_bpf_cpu_copy_ns() - what the calling CPU would take for a copy
 * @bytes: how much
 * @src_nid: node it is on, see &mgx_batch.src_nid
 * @dst_nid: node it goes to
 *
 * A moving average of what calling CPUs took between these nodes, each folio
 * by itself or whole batches. Until one has copied there, the figure of a short
 * trial when a policy was attached.
 *
 * Context: any member.
 * Return: nanoseconds; 0 if nobody knows, or there is no such node.
 */
__bpf_kfunc u64 mgx_bpf_cpu_copy_ns(u64 bytes, s32 src_nid, s32 dst_nid)
{
	return mgx_in_member() ? mgx_cost_ns(bytes, src_nid, dst_nid) : 0;
}

/* What is in a struct bpf_iter_mgx_channel. */
struct mgx_channel_iter {
	struct mgx_channel_info info;
	u64 seen;
	int nid;
	bool over;
};

/**
 * bpf_iter_mgx_channel_new() - begin with the channels that take work
 * @it: the iterator
 * @nid: nearest to this node first; -1 for no preference
 *
 * For bpf_for_each(mgx_channel, info, nid). The calling CPU, which always
 * takes work, is not among them.
 *
 * Context: any member.
 * Return: 0; -EPERM outside a member: the loop then has no round.
 */
__bpf_kfunc int bpf_iter_mgx_channel_new(struct bpf_iter_mgx_channel *it,
					 s32 nid)
{
	struct mgx_channel_iter *iter = (void *)it;

	BUILD_BUG_ON(sizeof(*iter) > sizeof(*it));
	BUILD_BUG_ON(__alignof__(*iter) != __alignof__(*it));
	iter->seen = 0;
	iter->nid = nid >= 0 && nid < MAX_NUMNODES && node_possible(nid) ?
			    nid :
			    NUMA_NO_NODE;
	iter->over = !mgx_in_member();
	return iter->over ? -EPERM : 0;
}

/**
 * bpf_iter_mgx_channel_next() - the next channel
 * @it: the iterator
 *
 * Return: its figures, until the next call or the end of the loop; NULL after
 * the last.
 */
__bpf_kfunc struct mgx_channel_info *
bpf_iter_mgx_channel_next(struct bpf_iter_mgx_channel *it)
{
	struct mgx_channel_iter *iter = (void *)it;

	if (iter->over ||
	    !mgx_channel_next(&iter->seen, iter->nid, &iter->info))
		return NULL;
	return &iter->info;
}

/**
 * bpf_iter_mgx_channel_destroy() - end
 * @it: the iterator
 */
__bpf_kfunc void bpf_iter_mgx_channel_destroy(struct bpf_iter_mgx_channel *it)
{
}

__bpf_kfunc_end_defs();

BTF_KFUNCS_START(mgx_kfunc_ids)
BTF_ID_FLAGS(func, mgx_bpf_submit, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mgx_bpf_wait, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mgx_bpf_limit, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mgx_bpf_skip, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mgx_bpf_exit)
BTF_ID_FLAGS(func, mgx_bpf_error)
BTF_ID_FLAGS(func, mgx_bpf_channel_info)
BTF_ID_FLAGS(func, mgx_bpf_cpu_copy_ns)
BTF_ID_FLAGS(func, mgx_bpf_events)
BTF_ID_FLAGS(func, mgx_bpf_dump)
BTF_ID_FLAGS(func, bpf_iter_mgx_channel_new, KF_ITER_NEW)
BTF_ID_FLAGS(func, bpf_iter_mgx_channel_next, KF_ITER_NEXT | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_iter_mgx_channel_destroy, KF_ITER_DESTROY)
BTF_KFUNCS_END(mgx_kfunc_ids)

static const struct btf_kfunc_id_set mgx_kfunc_set = {
	.owner = THIS_MODULE,
	.set = &mgx_kfunc_ids,
};

/**
 * mgx_kfunc_init() - let policies call the kfuncs
 *
 * A module may register one set per program type: a second call frees the
 * first set.
 *
 * Context: module initialisation.
 * Return: 0 or a negative errno.
 */
int mgx_kfunc_init(void)
{
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_STRUCT_OPS,
					 &mgx_kfunc_set);
}
