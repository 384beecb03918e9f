// SPDX-License-Identifier: GPL-2.0-only
/*
 * hook.c - how a batch is taken out of migrate_pages() of a stock kernel.
 *
 * This is the only file that knows mm/migrate.c. What it builds on:
 *
 *  - migrate_pages() gets folios and two callbacks, one that allocates a
 *    destination and one that takes it back. We pass our own, which call the
 *    caller's and record the pairs.
 *  - migrate_pages_batch() unmaps all folios of a batch (at most
 *    NR_MAX_BATCHED_MIGRATION base pages), flushes the TLBs, and only then
 *    moves folio after folio, in the order of its list; each is copied by
 *    folio_mc_copy(dst, src) when the filesystem's callback and the check of
 *    its references have agreed. hugetlb folios are unmapped and moved one by
 *    one and copied by the same function.
 *  - So at the first folio_mc_copy() of a batch, the folio and all that follow
 *    it on its list are unmapped, flushed and locked, and so are their
 *    destinations, which nobody else knows yet.
 *
 * These functions are entered through ftrace with IPMODIFY, as livepatch does.
 * Every call is redirected: BPF's trampolines on the same function (fexit) go
 * where we point by an indirect call, which needs a landing pad on CPUs with IBT,
 * and the function behind ftrace's call has none.
 *
 * Which folios can be copied before their turn (DESIGN, rule 1)? Those whose
 * content cannot change between now and their turn. A folio that is locked
 * and unmapped is written only by
 *
 *  - a device or a kernel path that holds a reference, by get_user_pages()
 *    from before it was unmapped: the reference count tells;
 *  - a read that fills buffer heads or private data, whose lock the
 *    filesystem's own migrate_folio() takes first: only mappings that use
 *    migrate_folio() or filemap_migrate_folio() as they are take part;
 *  - a filesystem that reads a directory anew into the folios it has, with
 *    references that it takes and drops but without their locks, as AFS does
 *    (afs_read_dir() of 6.12): directories do not take part.
 *
 * memfd_pin_folios() is the exception: it finds folios of shmem and hugetlb
 * without page tables or folio lock, so it can pin, and a device can write,
 * and the pin be gone, between the copy and the folio's turn. It is hooked as
 * well: no folio of a file is copied early while such a call is under way, and
 * when one has begun since the copy, the folio is copied anew. A call that was
 * under way when the hooks were armed is not known; all of the above would
 * have to happen within it. (6.12.118 takes the folio's lock, 7.3.4 does not.)
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cgroup.h>
#include <linux/hugetlb.h>
#include <linux/kprobes.h>
#include <linux/mm_inline.h>
#include <linux/pagemap.h>
#include <linux/rcupdate_wait.h>

#include "mgx.h"
#include "trace.h"

DEFINE_STATIC_CALL_NULL(mgx_orig_migrate_pages, migrate_pages);
DEFINE_STATIC_CALL_NULL(mgx_orig_folio_mc_copy, folio_mc_copy);
DEFINE_STATIC_CALL_NULL(mgx_orig_memfd_pin_folios, memfd_pin_folios);

static DEFINE_MUTEX(mgx_hook_mutex);
static unsigned int mgx_hook_users;

/* Calls take a context; read under mgx_srcu, so that disarming can wait. */
static bool mgx_hook_live __read_mostly;

static bool mgx_hook_is_live(void)
{
	/* pairs with the release when the reserve is there */
	return smp_load_acquire(&mgx_hook_live);
}

/* Calls of memfd_pin_folios(). The first is counted up before a folio is pinned. */
static atomic_t mgx_pins_begun __read_mostly;
static atomic_t mgx_pins_ended __read_mostly;

/* Ids count up by the number of CPUs, so that each CPU has its own. */
static DEFINE_PER_CPU(u64, mgx_batch_id);

static_assert((int)MGX_REASON_COMPACTION == (int)MR_COMPACTION);
static_assert((int)MGX_REASON_NUMA_MISPLACED == (int)MR_NUMA_MISPLACED);
static_assert((int)MGX_REASON_DAMON == (int)MR_DAMON);

/**
 * enum mgx_hold - why a folio is not copied before its turn
 * @MGX_HOLD_NONE: it can be
 * @MGX_HOLD_DEVICE: movable_ops page, or device memory
 * @MGX_HOLD_INACCESSIBLE: reading it may be fatal (guest_memfd)
 * @MGX_HOLD_MAPPING: its mapping has a migrate_folio() of its own, or is not that
 *	of a regular file
 * @MGX_HOLD_REFS: somebody else holds a reference
 * @MGX_HOLD_TAGS: it has memory tags, which engines do not copy
 * @MGX_HOLD_SIZE: &mgx_pair.size cannot hold it (16 GiB of hugetlb on arm64)
 */
enum mgx_hold {
	MGX_HOLD_NONE,
	MGX_HOLD_DEVICE,
	MGX_HOLD_INACCESSIBLE,
	MGX_HOLD_MAPPING,
	MGX_HOLD_REFS,
	MGX_HOLD_TAGS,
	MGX_HOLD_SIZE,
};

static const enum mgx_event mgx_hold_event[] = {
	[MGX_HOLD_DEVICE] = MGX_EV_held_device,
	[MGX_HOLD_INACCESSIBLE] = MGX_EV_held_inaccessible,
	[MGX_HOLD_MAPPING] = MGX_EV_held_mapping,
	[MGX_HOLD_REFS] = MGX_EV_held_refs,
	[MGX_HOLD_TAGS] = MGX_EV_held_tags,
	[MGX_HOLD_SIZE] = MGX_EV_held_size,
};

static noinline enum mgx_hold mgx_hold_mapping(struct folio *src)
{
	struct address_space *mapping = folio_mapping(src);

	if (!mapping)
		return MGX_HOLD_NONE;
	if (mapping_inaccessible(mapping))
		return MGX_HOLD_INACCESSIBLE;
	/* Copied at its own turn, after its own checks: nothing is early. */
	if (folio_test_hugetlb(src))
		return MGX_HOLD_NONE;
	if (mapping->a_ops->migrate_folio != migrate_folio &&
	    mapping->a_ops->migrate_folio != filemap_migrate_folio)
		return MGX_HOLD_MAPPING;
	/*
	 * Others are written to without the folio's lock: directories (AFS of 6.12),
	 * block devices, by btrfs and ntfs. The mapping of swap has no inode.
	 */
	if (mapping->host && !S_ISREG(mapping->host->i_mode))
		return MGX_HOLD_MAPPING;
	return MGX_HOLD_NONE;
}

/* Is somebody inside memfd_pin_folios()? */
static bool mgx_pinning(void)
{
	int ended = atomic_read(&mgx_pins_ended);

	smp_rmb(); /* the one that is not behind the other is read first */
	return ended != atomic_read(&mgx_pins_begun);
}

/*
 * Why @src must not be copied before its turn (rule 1). Both folios are
 * locked and @src is unmapped, so the answer holds until the turn, but for
 * references that are taken later and, while they are held, refuse it there, and
 * for pins that come and go, see mgx_turn_copied().
 */
static __always_inline enum mgx_hold mgx_hold(struct folio *src)
{
	if (mgx_has_movable_ops(src) || folio_is_zone_device(src))
		return MGX_HOLD_DEVICE;
	if (mgx_has_tags(src))
		return MGX_HOLD_TAGS;
	if (folio_size(src) > U32_MAX)
		return MGX_HOLD_SIZE;
	if (!folio_test_anon(src) || folio_test_swapcache(src)) {
		enum mgx_hold hold = mgx_hold_mapping(src);

		if (hold)
			return hold;
		if (mgx_pinning())
			return MGX_HOLD_REFS;
		smp_rmb(); /* then the references, then the content */
	}
	/* One reference is that of whoever isolated the folio. */
	if (folio_ref_count(src) != folio_expected_ref_count(src) + 1)
		return MGX_HOLD_REFS;
	return MGX_HOLD_NONE;
}

static struct folio *mgx_get_new_folio(struct folio *src, unsigned long data)
{
	struct mgx_ctx *ctx = (struct mgx_ctx *)data;
	struct folio *dst = ctx->get(src, ctx->private);

	if (likely(dst))
		mgx_pairs_record(&ctx->pairs, src, dst);
	return dst;
}

static void mgx_put_new_folio(struct folio *dst, unsigned long data)
{
	struct mgx_ctx *ctx = (struct mgx_ctx *)data;

	mgx_pairs_forget(&ctx->pairs, dst);
	if (ctx->put)
		ctx->put(dst, ctx->private);
	else
		folio_put(dst);
}

/* Not early: the kernel copies it at its turn. */
static noinline void mgx_batch_hold(struct mgx_ctx *ctx, struct mgx_pair *pair,
				    enum mgx_hold hold)
{
	pair->state = MGX_PAIR_HELD;
	ctx->batch.nr_held++;
	ctx->count[mgx_hold_event[hold]]++;
}

static u64 mgx_cgroup_id(void)
{
	u64 id = 0;

#ifdef CONFIG_CGROUPS
	rcu_read_lock();
	id = cgroup_id(task_dfl_cgroup(current));
	rcu_read_unlock();
#endif
	return id;
}

/*
 * The batch: the pairs from the one whose turn it is, as far as their sources
 * are on the kernel's list of unmapped folios. The list and the pairs have
 * the same order; a pair whose source is not next on the list was given back,
 * or has had its turn in an earlier pass. The list's head is never taken for
 * a folio, since no pair has it as its source.
 */
static void mgx_batch_collect(struct mgx_ctx *ctx, struct mgx_pair *first)
{
	struct mgx_pair *pair, *end = ctx->pairs.pair + ctx->pairs.nr;
	struct folio *next = first->src;
	u32 folios = 0, largest = PAGE_SIZE;
	u64 bytes = 0;

	for (pair = first; pair < end; pair++) {
		enum mgx_hold hold;

		if (unlikely(pair->src != next))
			continue;
		hold = mgx_hold(next);
		if (unlikely(hold)) {
			mgx_batch_hold(ctx, pair, hold);
		} else {
			pair->state = MGX_PAIR_READY;
			pair->size = folio_size(next);
			pair->left = pair->size;
			folios++;
			bytes += pair->size;
			largest = max(largest, pair->size);
		}
		next = list_next_entry(next, lru);
	}
	ctx->batch.nr_folios = folios;
	ctx->batch.bytes = bytes;
	ctx->batch.max_order = get_order(largest);
}

static void mgx_batch_gather(struct mgx_ctx *ctx, struct mgx_pair *first)
{
	ctx->batch = (struct mgx_batch){
		.id = this_cpu_add_return(mgx_batch_id, nr_cpu_ids),
		.cgroup_id = mgx_cgroup_id(),
		.reason = ctx->req.reason,
		.mode = ctx->req.mode,
		.src_nid = folio_nid(first->src),
		.dst_nid = folio_nid(first->dst),
		.pid = ctx->req.pid,
		.tgid = ctx->req.tgid,
	};
	ctx->exec.pos = first - ctx->pairs.pair;
	ctx->pins = atomic_read(&mgx_pins_begun);
	smp_rmb(); /* before mgx_hold() looks who is inside */
	mgx_batch_collect(ctx, first);
}

typedef int mgx_copy_fn(struct folio *dst, struct folio *src);

/* Redirected here when the kernel copies. The call is ours: it holds mgx_srcu. */
static int mgx_kernel_copy(struct folio *dst, struct folio *src)
{
	return static_call(mgx_orig_folio_mc_copy)(dst, src);
}

/* Redirected here when it is no migration of ours that copies. */
static int mgx_foreign_copy(struct folio *dst, struct folio *src)
{
	int rc, idx = srcu_read_lock(&mgx_srcu);

	rc = static_call(mgx_orig_folio_mc_copy)(dst, src);
	srcu_read_unlock(&mgx_srcu, idx);
	return rc;
}

/* Redirected here when the content of the folio has arrived already. */
static int mgx_already_copied(struct folio *dst, struct folio *src)
{
	return 0;
}

/* Redirected here when the copy met bad memory in the source (rule 7). */
static int mgx_already_poisoned(struct folio *dst, struct folio *src)
{
	return -EHWPOISON;
}

/*
 * Redirected here when an engine may still write to the destination (rule 4).
 * The migration of the folio fails cleanly; the kernel gives the destination
 * back, and the references that limbo holds keep it.
 */
static int mgx_in_limbo(struct folio *dst, struct folio *src)
{
	return -EBUSY;
}

/*
 * The folio's turn, and its content is there (or its source is poisoned). Or
 * it was, when the kernel has checked its references, but who has pinned and
 * unpinned it since the copy may have written: then NULL, to copy it anew.
 */
static noinline mgx_copy_fn *notrace
mgx_turn_copied(struct mgx_ctx *ctx, const struct mgx_pair *pair)
{
	if (pair->state == MGX_PAIR_LIMBO)
		return mgx_in_limbo;
	smp_rmb(); /* the kernel's check comes first */
	if (unlikely(atomic_read(&mgx_pins_begun) != ctx->pins) &&
	    !folio_test_anon(pair->src))
		return NULL;
	if (pair->rc)
		return mgx_already_poisoned;
	mgx_count_add(ctx, pages_used, pair->size >> PAGE_SHIFT);
	return mgx_already_copied;
}

/* Redirected here now and then, when the kernel copies: what does it take? */
static int mgx_timed_copy(struct folio *dst, struct folio *src)
{
	u64 start = ktime_get_ns();
	int rc = static_call(mgx_orig_folio_mc_copy)(dst, src);

	if (!rc)
		mgx_cost_learn(folio_nid(src), folio_nid(dst), folio_size(src),
			       ktime_get_ns() - start, true);
	return rc;
}

static int mgx_begin_batch(struct folio *dst, struct folio *src);

/*
 * Entry of folio_mc_copy(), for each folio that is copied: by whom? May run
 * under a spinlock (buffer_migrate_folio_norefs() of 6.12), so what sleeps is
 * left to mgx_begin_batch(), and only the copy of an eligible folio goes there.
 */
static mgx_copy_fn *notrace mgx_copy_by(struct folio *dst, struct folio *src)
{
	struct mgx_ctx *ctx = mgx_ctx_current();
	struct mgx_pair *pair;
	mgx_copy_fn *by;

	if (!ctx)
		return mgx_foreign_copy;
	if (ctx->skip || ctx->shield)
		return mgx_kernel_copy;
	pair = mgx_pairs_find(&ctx->pairs, dst, src);
	if (likely(pair)) {
		if (pair->state == MGX_PAIR_RECORDED && !mgx_hold(src))
			return mgx_begin_batch;
		mgx_pairs_consume(&ctx->pairs, pair);
		by = pair->state >= MGX_PAIR_COPIED ?
			     mgx_turn_copied(ctx, pair) :
			     NULL;
		if (by)
			return by;
	}
	mgx_count_add(ctx, pages_kernel, folio_nr_pages(src));
	return unlikely(mgx_cost_turn()) ? mgx_timed_copy : mgx_kernel_copy;
}

/*
 * Redirected here from folio_mc_copy(dst, src) when a batch begins. Then the pair is
 * decided, and by whom the folio is copied.
 */
static int mgx_begin_batch(struct folio *dst, struct folio *src)
{
	struct mgx_ctx *ctx = mgx_ctx_current();
	struct mgx_pair *pair = mgx_pairs_find(&ctx->pairs, dst, src);

	/* A call can last for seconds: show what its last batch has done. */
	if (ctx->count[MGX_EV_batches])
		mgx_count_flush(ctx);
	mgx_batch_gather(ctx, pair);
	/* None: somebody took a reference since the handler looked. */
	if (ctx->batch.nr_folios)
		mgx_batch_run(ctx);
	return mgx_copy_by(dst, src)(dst, src);
}

static __always_inline void mgx_enter_copy(struct ftrace_regs *fregs)
{
	struct folio *dst = (struct folio *)ftrace_regs_get_argument(fregs, 0);
	struct folio *src = (struct folio *)ftrace_regs_get_argument(fregs, 1);

	ftrace_regs_set_instruction_pointer(
		fregs, (unsigned long)mgx_copy_by(dst, src));
}

/* Move folios of at least @pages base pages from @from to the empty @part. */
static void mgx_cut(struct list_head *from, struct list_head *part, u32 pages)
{
	struct folio *folio, *next;
	u64 nr = 0;

	list_for_each_entry_safe(folio, next, from, lru) {
		if (nr >= pages)
			break;
		nr += folio_nr_pages(folio);
		list_move_tail(&folio->lru, part);
	}
}

/*
 * Several calls in place of one, so that the first folio is back before the
 * last is unmapped. Returns what one call would have: the number of folios
 * that were not migrated, all of them in @from again, or a negative errno.
 */
static int mgx_call_limited(struct mgx_ctx *ctx, struct list_head *from,
			    unsigned int *succeeded)
{
	int rc, failed = 0;
	LIST_HEAD(left);

	mgx_count(ctx, calls_limited);
	do {
		LIST_HEAD(part);
		unsigned int n = 0;

		mgx_cut(from, &part, ctx->limit);
		rc = static_call(mgx_orig_migrate_pages)(
			&part, mgx_get_new_folio, mgx_put_new_folio,
			(unsigned long)ctx, ctx->req.mode, ctx->req.reason, &n);
		*succeeded += n;
		list_splice_tail(&part, &left);
		if (rc > 0)
			failed += rc;
	} while (rc >= 0 && !list_empty(from));
	list_splice(&left, from);
	if (rc < 0)
		return rc;
	return list_empty(from) ? 0 : failed;
}

static int mgx_call_with(struct mgx_ctx *ctx, struct list_head *from,
			 unsigned int *succeeded)
{
	if (ctx->skip) {
		mgx_count(ctx, calls_skipped);
		return static_call(mgx_orig_migrate_pages)(
			from, ctx->get, ctx->put, ctx->private, ctx->req.mode,
			ctx->req.reason, succeeded);
	}
	if (ctx->limit)
		return mgx_call_limited(ctx, from, succeeded);
	return static_call(mgx_orig_migrate_pages)(
		from, mgx_get_new_folio, mgx_put_new_folio, (unsigned long)ctx,
		ctx->req.mode, ctx->req.reason, succeeded);
}

static void mgx_ctx_describe(struct mgx_ctx *ctx, struct list_head *from,
			     enum migrate_mode mode, enum migrate_reason reason)
{
	struct folio *first = list_first_entry_or_null(from, struct folio, lru);

	ctx->req = (struct mgx_req){
		.reason = reason,
		.mode = mode,
		.pid = current->pid,
		.tgid = current->tgid,
		.first_order = first ? folio_order(first) : 0,
		.first_nid = first ? folio_nid(first) : NUMA_NO_NODE,
	};
	mgx_count(ctx, calls);
	if (ctx->outer)
		mgx_count(ctx, calls_nested);
}

/*
 * The call passes through, and is not looked at: the reserve is empty, or the
 * hooks are being disarmed.
 */
static int mgx_call_without(struct list_head *from, new_folio_t *get,
			    free_folio_t *put, unsigned long private,
			    enum migrate_mode mode, enum migrate_reason reason,
			    unsigned int *ret_succeeded)
{
	struct mgx_ctx *outer = mgx_ctx_current();
	int rc;

	if (mgx_hook_is_live()) {
		mgx_event(calls);
		mgx_event(calls_no_context);
	}
	if (outer)
		outer->shield++;
	rc = static_call(mgx_orig_migrate_pages)(from, get, put, private, mode,
						 reason, ret_succeeded);
	if (outer)
		outer->shield--;
	return rc;
}

/* Redirected here from migrate_pages(). */
static int mgx_migrate_pages(struct list_head *from, new_folio_t *get,
			     free_folio_t *put, unsigned long private,
			     enum migrate_mode mode, enum migrate_reason reason,
			     unsigned int *ret_succeeded)
{
	int rc, idx = srcu_read_lock(&mgx_srcu);
	struct mgx_ctx *ctx = mgx_hook_is_live() ? mgx_ctx_get() : NULL;
	unsigned int succeeded = 0;

	if (!ctx) {
		rc = mgx_call_without(from, get, put, private, mode, reason,
				      ret_succeeded);
		goto out;
	}
	ctx->get = get;
	ctx->put = put;
	ctx->private = private;
	mgx_ctx_describe(ctx, from, mode, reason);
	mgx_policy_admit(mgx_policy_get(), ctx);
	rc = mgx_call_with(ctx, from, &succeeded);
	if (ret_succeeded)
		*ret_succeeded = succeeded;
	mgx_count_add(ctx, pages_migrated, succeeded);
	mgx_count_flush(ctx);
	mgx_ctx_put(ctx);
out:
	srcu_read_unlock(&mgx_srcu, idx);
	return rc;
}

/* Redirected here from memfd_pin_folios(). */
static long mgx_memfd_pin_folios(struct file *memfd, loff_t start, loff_t end,
				 struct folio **folios, unsigned int max_folios,
				 pgoff_t *offset)
{
	int idx = srcu_read_lock(&mgx_srcu);
	long rc;

	atomic_inc(&mgx_pins_begun);
	smp_mb__after_atomic(); /* before any folio is found */
	rc = static_call(mgx_orig_memfd_pin_folios)(memfd, start, end, folios,
						    max_folios, offset);
	smp_mb__before_atomic(); /* the pins are there, or gone */
	atomic_inc(&mgx_pins_ended);
	srcu_read_unlock(&mgx_srcu, idx);
	return rc;
}

/**
 * enum mgx_hook - functions in the filter of our ftrace_ops
 * @MGX_HOOK_CALL: migrate_pages()
 * @MGX_HOOK_COPY: folio_mc_copy()
 * @MGX_HOOK_PIN: memfd_pin_folios(); not there without memfds
 * @MGX_NR_HOOKS: how many
 */
enum mgx_hook {
	MGX_HOOK_CALL,
	MGX_HOOK_COPY,
	MGX_HOOK_PIN,
	MGX_NR_HOOKS,
};

static const char *const mgx_hook_symbol[MGX_NR_HOOKS] = {
	[MGX_HOOK_CALL] = "migrate_pages",
	[MGX_HOOK_COPY] = "folio_mc_copy",
	[MGX_HOOK_PIN] = "memfd_pin_folios",
};

static unsigned long mgx_hook_loc[MGX_NR_HOOKS] __read_mostly;
static bool mgx_hook_pins __read_mostly; /* this kernel has memfd_pin_folios() */

static void notrace mgx_enter(unsigned long ip, unsigned long parent_ip,
			      struct ftrace_ops *op, struct ftrace_regs *fregs)
{
	if (ip == mgx_hook_loc[MGX_HOOK_COPY])
		mgx_enter_copy(fregs);
	else if (ip == mgx_hook_loc[MGX_HOOK_CALL])
		ftrace_regs_set_instruction_pointer(
			fregs, (unsigned long)mgx_migrate_pages);
	else if (ip == mgx_hook_loc[MGX_HOOK_PIN])
		ftrace_regs_set_instruction_pointer(
			fregs, (unsigned long)mgx_memfd_pin_folios);
}

static struct ftrace_ops mgx_ftrace_ops = {
	.func = mgx_enter,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT,
};

static bool mgx_ftrace_registered;
static bool mgx_ftrace_used;

/* kprobes find a function by its name. */
static int mgx_hook_find(enum mgx_hook hook)
{
	struct kprobe kp = {
		.symbol_name = mgx_hook_symbol[hook],
		.flags = KPROBE_FLAG_DISABLED,
	};
	int rc = register_kprobe(&kp);

	if (rc)
		return rc;
	mgx_hook_loc[hook] = mgx_fentry((unsigned long)kp.addr);
	unregister_kprobe(&kp);
	return 0;
}

static const char *mgx_hook_advice(int rc)
{
	return rc == -ENOMEM ? "out of memory, try again" :
			       "this kernel is not supported, try another";
}

static int mgx_hook_locate(enum mgx_hook hook)
{
	int rc = mgx_hook_find(hook);

	if (rc) {
		pr_err("%s() cannot be found (%d): %s\n", mgx_hook_symbol[hook],
		       rc, mgx_hook_advice(rc));
		return rc;
	}
	rc = ftrace_set_filter_ip(&mgx_ftrace_ops, mgx_hook_loc[hook], 0, 0);
	if (rc)
		pr_err("%s() cannot be traced (%d): %s\n",
		       mgx_hook_symbol[hook], rc, mgx_hook_advice(rc));
	return rc;
}

/* Without memfds there is no such function, and nobody who pins so. */
static int mgx_hook_locate_all(void)
{
	int rc = mgx_hook_locate(MGX_HOOK_CALL);

	rc = rc ?: mgx_hook_locate(MGX_HOOK_COPY);
	if (rc)
		return rc;
	if (mgx_hook_find(MGX_HOOK_PIN) == -ENOENT)
		return 0;
	mgx_hook_pins = true;
	return mgx_hook_locate(MGX_HOOK_PIN);
}

/*
 * Wait until nobody is in our code (rule 8). A task can be before the
 * wrapper's srcu_read_lock() or behind its unlock: both are covered by a
 * grace period of RCU tasks, since no task sleeps there.
 */
static void mgx_hook_drain(void)
{
	synchronize_rcu_tasks();
	synchronize_srcu(&mgx_srcu);
	synchronize_rcu_tasks();
}

static void mgx_hook_unregister(void)
{
	if (mgx_ftrace_registered &&
	    !unregister_ftrace_function(&mgx_ftrace_ops))
		WRITE_ONCE(mgx_ftrace_registered, false);
}

/* Whether to come or go now may be fatal: somebody else traces a function. */
static bool mgx_hook_shared(void)
{
	unsigned long ours = mgx_ftrace_registered ? mgx_ftrace_ops.trampoline :
						     0;
	enum mgx_hook hook;

	for (hook = 0; hook < MGX_NR_HOOKS; hook++)
		if (mgx_hook_loc[hook] &&
		    mgx_entry_shared(mgx_hook_loc[hook], ours))
			return true;
	return false;
}

/*
 * The functions stay hooked for a while when nobody needs it any more, and calls
 * pass through: to let go of them waits for grace periods of RCU tasks, up to a
 * second in which no policy could be attached. To change the filter of a
 * registered ftrace_ops would be quick, but BPF is not told then that a call is
 * redirected here, and its trampolines would pass us by, or go where we no longer
 * point (register_ftrace_function(), prepare_direct_functions_for_ipmodify()).
 */
#define MGX_HOOK_LINGER HZ

static void mgx_hook_let_go(struct work_struct *work);
static DECLARE_DELAYED_WORK(mgx_hook_work, mgx_hook_let_go);

static void mgx_hook_let_go(struct work_struct *work)
{
	mutex_lock(&mgx_hook_mutex);
	if (mgx_hook_users)
		; /* another policy came */
	else if (mgx_hook_shared())
		schedule_delayed_work(&mgx_hook_work, MGX_HOOK_LINGER);
	else
		mgx_hook_unregister();
	mutex_unlock(&mgx_hook_mutex);
}

/**
 * mgx_hook_exit() - forget the functions; the hooks are not armed
 */
void mgx_hook_exit(void)
{
	cancel_delayed_work_sync(&mgx_hook_work);
	mgx_hook_unregister();
	if (mgx_ftrace_used)
		mgx_hook_drain();
	ftrace_free_filter(&mgx_ftrace_ops);
}

/**
 * mgx_hook_init() - find the functions to hook, without hooking them
 *
 * Context: module initialisation.
 * Return: 0 or a negative errno; the reason is in the log.
 */
int mgx_hook_init(void)
{
	int rc, cpu;

	for_each_possible_cpu(cpu)
		per_cpu(mgx_batch_id, cpu) = cpu;
	rc = mgx_hook_locate_all();
	if (rc) {
		mgx_hook_exit();
		return rc;
	}
	static_call_update(mgx_orig_migrate_pages,
			   mgx_behind_fentry(mgx_hook_loc[MGX_HOOK_CALL]));
	static_call_update(mgx_orig_folio_mc_copy,
			   mgx_behind_fentry(mgx_hook_loc[MGX_HOOK_COPY]));
	if (mgx_hook_pins)
		static_call_update(
			mgx_orig_memfd_pin_folios,
			mgx_behind_fentry(mgx_hook_loc[MGX_HOOK_PIN]));
	return 0;
}

/* BPF cannot let us share a function whose trampoline it is just changing. */
static int mgx_hook_register(void)
{
	int rc = 0, tries = 100;

	cancel_delayed_work(&mgx_hook_work);
	if (mgx_ftrace_registered)
		return 0;
	if (mgx_hook_shared())
		return -EBUSY;
	do
		rc = register_ftrace_function(&mgx_ftrace_ops);
	while (rc == -EAGAIN && --tries);
	WRITE_ONCE(mgx_ftrace_registered, !rc);
	mgx_ftrace_used |= !rc;
	return rc;
}

static int mgx_hook_arm(void)
{
	int rc = mgx_reserve_alloc();

	if (rc)
		return rc;
	rc = mgx_hook_register();
	if (rc) {
		pr_err("migrate_pages(), folio_mc_copy() and memfd_pin_folios() cannot be hooked (%d): %s\n",
		       rc,
		       rc == -ENOMEM || rc == -EAGAIN ?
			       "out of memory or busy, try again" :
			       "livepatch or another user of ftrace has them (or, on a CPU with IBT, traces them), or kernel.ftrace_enabled is 0");
		mgx_reserve_free();
		return rc;
	}
	/* Pairs are recorded only when copies are seen; and the reserve is. */
	smp_store_release(&mgx_hook_live, true);
	return 0;
}

/*
 * A task that is on its way into the wrapper finds that it has to pass
 * through, so only those with a context are waited for.
 */
static void mgx_hook_disarm(void)
{
	WRITE_ONCE(mgx_hook_live, false);
	synchronize_srcu(&mgx_srcu);
	mgx_reserve_free();
	schedule_delayed_work(&mgx_hook_work, MGX_HOOK_LINGER);
}

/**
 * mgx_hook_get() - arm the hooks, if this is the first user
 *
 * Context: process, may sleep.
 * Return: 0 or a negative errno; the reason is in the log.
 */
int mgx_hook_get(void)
{
	int rc = 0;

	mutex_lock(&mgx_hook_mutex);
	if (!mgx_hook_users)
		rc = mgx_hook_arm();
	if (!rc)
		mgx_hook_users++;
	mutex_unlock(&mgx_hook_mutex);
	return rc;
}

/**
 * mgx_hook_put() - disarm the hooks, if this was the last user
 *
 * The functions are the kernel's again about a second later.
 *
 * Context: process, may sleep. Waits for all calls that are under way.
 */
void mgx_hook_put(void)
{
	mutex_lock(&mgx_hook_mutex);
	if (mgx_hook_users == 1)
		mgx_hook_disarm();
	mgx_hook_users--;
	mutex_unlock(&mgx_hook_mutex);
}

/**
 * mgx_hook_armed() - whether migrations enter the module
 */
bool mgx_hook_armed(void)
{
	return READ_ONCE(mgx_hook_users);
}

/**
 * mgx_hook_nr() - how many functions are hooked, if only to pass through
 */
unsigned int mgx_hook_nr(void)
{
	if (!READ_ONCE(mgx_ftrace_registered))
		return 0;
	return mgx_hook_pins ? MGX_NR_HOOKS : MGX_NR_HOOKS - 1;
}
