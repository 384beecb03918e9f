/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mgx_common.bpf.h - what a policy needs: types, kfuncs, the macro that defines
 * its operations, settings, and counters per reason.
 */
#ifndef _MGX_COMMON_BPF_H
#define _MGX_COMMON_BPF_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "migrate_ext.h"
#include "mgx_policy.h"

/* In dispatch(): bytes granted, or a negative errno. */
__s64 mgx_bpf_submit(struct mgx_batch *batch, __u32 channel, __u64 bytes,
		     __u32 chunk, __u64 flags) __ksym;
/* In dispatch(): nanoseconds to poll before sleeping. */
int mgx_bpf_wait(struct mgx_batch *batch, __u64 poll_ns) __ksym __weak;
/* In every member: figures of a channel, as far as info__sz goes. */
int mgx_bpf_channel_info(__u32 id, void *info, __u32 info__sz) __ksym __weak;
/* In every member: nanoseconds, 0 for unknown. */
__u64 mgx_bpf_cpu_copy_ns(__u64 bytes, __s32 src_nid,
			  __s32 dst_nid) __ksym __weak;
/* In every member: struct mgx_event_counts, as far as ev__sz goes. */
int mgx_bpf_events(void *ev, __u32 ev__sz) __ksym __weak;
/* In dump(): a line; see mgx_dump(). */
int mgx_bpf_dump(const char *line, __u32 line__sz) __ksym __weak;
/*
 * In every member: bpf_for_each(mgx_channel, info, nid) runs over the channels
 * that take work, nearest to node nid first. The calling CPU is not among them.
 */
int bpf_iter_mgx_channel_new(struct bpf_iter_mgx_channel *it,
			     __s32 nid) __ksym __weak;
struct mgx_channel_info *
bpf_iter_mgx_channel_next(struct bpf_iter_mgx_channel *it) __ksym __weak;
void bpf_iter_mgx_channel_destroy(struct bpf_iter_mgx_channel *it) __ksym __weak;
/* In admit(). */
int mgx_bpf_limit(struct mgx_req *req, __u32 pages) __ksym;
int mgx_bpf_skip(struct mgx_req *req) __ksym;
/* In every member: the policy ends itself, in good order or because of an error. */
void mgx_bpf_exit(__s64 code, const char *msg, __u32 msg__sz) __ksym;
void mgx_bpf_error(const char *msg, __u32 msg__sz) __ksym;

/*
 * The verifier wants memory it may write to behind a pointer with a size, so
 * that a literal has to be copied to the stack.
 */
#define mgx_exit(code, literal)                             \
	({                                                  \
		char ___msg[] = literal;                    \
		mgx_bpf_exit(code, ___msg, sizeof(___msg)); \
	})

#define mgx_error(literal)                             \
	({                                             \
		char ___msg[] = literal;               \
		mgx_bpf_error(___msg, sizeof(___msg)); \
	})

/* In dump(): mgx_dump("busy %llu of %u", a, b): a line of the dump. */
#define mgx_dump(fmt, args...)                                       \
	({                                                           \
		char ___line[MGX_DUMP_LINE] = "";                    \
		BPF_SNPRINTF(___line, sizeof(___line), fmt, ##args); \
		mgx_bpf_dump(___line, sizeof(___line));              \
	})

/* Text that 'mgxctl policies' shows. */
#define MGX_DOC(text) __attribute__((btf_decl_tag(MGX_DOC_TAG text)))

/*
 * MGX_OPS_DEFINE(variable, "what it does", members...): defines a policy. Give
 * at least .name.
 */
/* clang-format off */
#define MGX_OPS_DEFINE(var, text, ...)					\
	SEC(".struct_ops.link") MGX_DOC(text)				\
	struct mgx_ops var = {						\
		.version = MGX_OPS_VERSION,				\
		__VA_ARGS__						\
	}
/* clang-format on */

/*
 * MGX_SETTING("what it does") type name = default: a constant that 'mgxctl load
 * --set' can change before the verifier sees it. Volatile, so that clang does
 * not take the default for granted.
 */
#define MGX_SETTING(text) const volatile MGX_DOC(text)

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MGX_NR_REASONS);
	__type(key, __u32);
	__type(value, struct mgx_policy_stat);
} mgx_stats SEC(".maps");

/* The counters of this CPU; NULL for a reason that a newer kernel has added. */
static __always_inline struct mgx_policy_stat *mgx_stat(__u32 reason)
{
	return bpf_map_lookup_elem(&mgx_stats, &reason);
}

/* Atomic, because programs that run on the path of a migration are preempted. */
static __always_inline void mgx_stat_add(__u64 *counter, __u64 n)
{
	__sync_fetch_and_add(counter, n);
}

static __always_inline void mgx_stat_call(struct mgx_req *req)
{
	struct mgx_policy_stat *stat = mgx_stat(req->reason);

	if (stat)
		mgx_stat_add(&stat->calls, 1);
}

/* @granted: what mgx_bpf_submit() returned, or 0 */
static __always_inline void mgx_stat_batch(struct mgx_batch *batch,
					   __s64 granted)
{
	struct mgx_policy_stat *stat = mgx_stat(batch->reason);

	if (!stat)
		return;
	mgx_stat_add(&stat->batches, 1);
	mgx_stat_add(&stat->folios, batch->nr_folios);
	mgx_stat_add(&stat->bytes, batch->bytes);
	if (granted > 0)
		mgx_stat_add(&stat->submitted_bytes, granted);
}

static __always_inline void mgx_stat_done(struct mgx_batch *batch,
					  struct mgx_done *done)
{
	struct mgx_policy_stat *stat = mgx_stat(batch->reason);

	if (!stat || done->channel != MGX_DONE_BATCH)
		return;
	mgx_stat_add(&stat->copied_bytes, done->bytes);
	mgx_stat_add(&stat->ns, done->ns);
}

char _license[] SEC("license") = "GPL";

#endif /* _MGX_COMMON_BPF_H */
