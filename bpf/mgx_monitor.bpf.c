// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_monitor.bpf.c - counts what policies decide and channels do, at the
 * module's tracepoints. Part of mgxd, which attaches it while a policy is in
 * charge: an attached program keeps the module from being removed, and so does
 * a policy.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "mgx_monitor.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MGX_MONITOR_CHOICES);
	__type(key, struct mgx_choice_key);
	__type(value, struct mgx_choice);
} choices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MGX_MONITOR_FLOWS);
	__type(key, struct mgx_flow_key);
	__type(value, struct mgx_flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MGX_NR_REASONS);
	__type(key, __u32);
	__type(value, struct mgx_call_count);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct mgx_monitor_loss);
} loss SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct mgx_monitor_status);
} status SEC(".maps");

/*
 * Batch id to the time at which it was ready. Batches that a policy declines
 * have no end that is reported: the oldest entries make room.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MGX_MONITOR_RUNNING);
	__type(key, __u64);
	__type(value, __u64);
} running SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} rare SEC(".maps");

static const struct mgx_choice no_choice;
static const struct mgx_flow no_flow;

/* Atomic: where tracepoints are preemptible, so are these programs. */
static __always_inline void add(__u64 *total, __u64 n)
{
	__sync_fetch_and_add(total, n);
}

static __always_inline void add_time(__u32 *hist, __u64 ns)
{
	__u32 bucket = mgx_hist_bucket(ns);

	/* The verifier does not see that it is below. */
	if (bucket < MGX_HIST_BUCKETS)
		__sync_fetch_and_add(&hist[bucket], 1);
}

static __always_inline struct mgx_monitor_loss *lost(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&loss, &zero);
}

static __always_inline void choice_key(const struct mgx_batch *batch,
				       struct mgx_choice_key *key)
{
	key->reason = batch->reason;
	key->size = mgx_size_class(batch->max_order);
	key->src_nid = batch->src_nid;
	key->dst_nid = batch->dst_nid;
}

/* The figures of such batches on this CPU; NULL when there is no room. */
static __always_inline struct mgx_choice *
choice_of(const struct mgx_batch *batch)
{
	struct mgx_monitor_loss *missed;
	struct mgx_choice *choice;
	struct mgx_choice_key key;

	choice_key(batch, &key);
	choice = bpf_map_lookup_elem(&choices, &key);
	if (choice)
		return choice;
	bpf_map_update_elem(&choices, &key, &no_choice, BPF_NOEXIST);
	choice = bpf_map_lookup_elem(&choices, &key);
	missed = choice ? NULL : lost();
	if (missed)
		add(&missed->choices, 1);
	return choice;
}

static __always_inline struct mgx_flow *flow_of(const struct mgx_batch *batch,
						__u32 channel)
{
	struct mgx_flow_key key = { .channel = channel };
	struct mgx_monitor_loss *missed;
	struct mgx_flow *flow;

	choice_key(batch, &key.kind);
	flow = bpf_map_lookup_elem(&flows, &key);
	if (flow)
		return flow;
	bpf_map_update_elem(&flows, &key, &no_flow, BPF_NOEXIST);
	flow = bpf_map_lookup_elem(&flows, &key);
	missed = flow ? NULL : lost();
	if (missed)
		add(&missed->flows, 1);
	return flow;
}

/* NULL when nobody fetched the ones before. To be submitted. */
static __always_inline struct mgx_rare *rare_new(__u32 kind, __s32 code)
{
	struct mgx_rare *event = bpf_ringbuf_reserve(&rare, sizeof(*event), 0);
	struct mgx_monitor_loss *missed;

	if (!event) {
		missed = lost();
		if (missed)
			add(&missed->rare, 1);
		return NULL;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->ns = bpf_ktime_get_ns();
	event->kind = kind;
	event->status = code;
	return event;
}

static __always_inline void rare_batch(__u32 kind,
				       const struct mgx_batch *batch,
				       __u32 channel, __u64 bytes, __s32 code)
{
	struct mgx_rare *event = rare_new(kind, code);

	if (!event)
		return;
	event->batch = batch->id;
	event->bytes = bytes;
	event->channel = channel;
	event->pid = batch->pid;
	event->reason = batch->reason;
	bpf_ringbuf_submit(event, 0);
}

/*
 * To later verifiers, what a module's tracepoint passes may be NULL. It never
 * is here.
 */
SEC("tp_btf/mgx_call")
int BPF_PROG(on_call, const struct mgx_req *req, __u32 limit, bool skip)
{
	struct mgx_call_count *count;
	__u32 reason;

	if (!req)
		return 0;
	reason = req->reason;
	count = bpf_map_lookup_elem(&calls, &reason);
	if (!count)
		return 0;
	add(&count->calls, 1);
	if (skip)
		add(&count->skipped, 1);
	else if (limit)
		add(&count->limited, 1);
	return 0;
}

SEC("tp_btf/mgx_batch")
int BPF_PROG(on_batch, const struct mgx_batch *batch)
{
	__u64 id, now = bpf_ktime_get_ns();
	struct mgx_choice *choice;

	if (!batch)
		return 0;
	id = batch->id;
	choice = choice_of(batch);
	bpf_map_update_elem(&running, &id, &now, BPF_ANY);
	if (!choice)
		return 0;
	add(&choice->batches, 1);
	add(&choice->folios, batch->nr_folios);
	add(&choice->held, batch->nr_held);
	add(&choice->bytes, batch->bytes);
	return 0;
}

SEC("tp_btf/mgx_submit")
int BPF_PROG(on_submit, const struct mgx_batch *batch, __u32 channel,
	     __u64 bytes, __s64 granted)
{
	struct mgx_choice *choice;

	if (!batch)
		return 0;
	choice = choice_of(batch);
	if (granted < 0)
		rare_batch(MGX_RARE_REFUSED, batch, channel, bytes, granted);
	if (!choice)
		return 0;
	if (granted < 0) {
		add(&choice->refused, 1);
	} else {
		add(&choice->submits, 1);
		add(&choice->submit_bytes, granted);
	}
	return 0;
}

static __always_inline void on_share(const struct mgx_batch *batch,
				     const struct mgx_done *done)
{
	struct mgx_flow *flow = flow_of(batch, done->channel);
	__u64 ns = done->ns;

	if (done->status)
		rare_batch(MGX_RARE_SHARE, batch, done->channel, done->bytes,
			   done->status);
	if (!flow)
		return;
	add(&flow->shares, 1);
	add(&flow->bytes, done->bytes);
	add(&flow->ns, ns);
	add(&flow->errors, !!done->status);
	add_time(flow->latency, ns);
}

/* Time since the batch was ready; 0 if that was not seen. */
static __always_inline __u64 since_ready(const struct mgx_batch *batch)
{
	__u64 id = batch->id;
	__u64 *ready = bpf_map_lookup_elem(&running, &id);
	__u64 ns = ready ? bpf_ktime_get_ns() - *ready : 0;

	bpf_map_delete_elem(&running, &id);
	return ns;
}

static __always_inline void on_end(const struct mgx_batch *batch,
				   const struct mgx_done *done)
{
	__u64 first = since_ready(batch), ns = done->ns;
	struct mgx_choice *choice = choice_of(batch);
	__u64 bytes = batch->bytes, copied = done->bytes;

	/* A batch that was ready before the programs were attached is left out. */
	if (!choice || !first)
		return;
	add(&choice->done, 1);
	add(&choice->copied, copied);
	add(&choice->fallback, bytes > copied ? bytes - copied : 0);
	add(&choice->errors, !!done->status);
	add(&choice->copy_ns, ns);
	add(&choice->first_ns, first);
	add_time(choice->latency, ns);
	add_time(choice->first, first);
}

SEC("tp_btf/mgx_done")
int BPF_PROG(on_done, const struct mgx_batch *batch,
	     const struct mgx_done *done)
{
	if (!batch || !done)
		return 0;
	if (done->channel == MGX_DONE_BATCH)
		on_end(batch, done);
	else
		on_share(batch, done);
	return 0;
}

SEC("tp_btf/mgx_policy")
int BPF_PROG(on_policy, const char *name, __u32 kind)
{
	struct mgx_rare *event =
		rare_new(kind ? MGX_RARE_ENDED : MGX_RARE_ATTACHED, kind);

	if (!event)
		return 0;
	bpf_probe_read_kernel_str(event->name, sizeof(event->name), name);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
