// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_free_cpu - the calling CPU copies only if nobody else wants it.
 *
 * Looks at how many tasks are on the calling CPU's run queue. If there are
 * others besides the one that migrates, the engines copy alone and the caller
 * sleeps, so that the others run; if not, the CPU helps. Engines that would
 * take more than `max_slow` times what the CPU takes are not left alone.
 *
 * The length of the run queue is read from the kernel's own `runqueues`. On a
 * kernel that does not have it under that name, every CPU counts as wanted: see
 * the setting `assume_busy`, and the counter `blind` of the map free_cpu_seen.
 *
 * Typical use, on busy machines that demote or compact in the background:
 *	mgxctl load mgx_free_cpu --set min_bytes=64K
 *
 * Ready for production: yes, if longer migrations are accepted for freed CPUs.
 */
#include "mgx_offer.bpf.h"
#include "mgx_rq.bpf.h"

MGX_SETTING("smaller batches are copied by the calling CPU")
__u64 min_bytes = 128 << 10;
MGX_SETTING("engines may take so many times what the CPU takes")
__u32 max_slow = 16;
MGX_SETTING("where the run queue cannot be seen: CPUs are wanted")
bool assume_busy = true;

/* Batches for which the CPU was wanted, not wanted, and that nobody knows of. */
enum { WANTED, IDLE, BLIND, NR_SEEN };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NR_SEEN);
	__type(key, __u32);
	__type(value, __u64);
} free_cpu_seen SEC(".maps");

static __always_inline void seen(__u32 what)
{
	__u64 *count = bpf_map_lookup_elem(&free_cpu_seen, &what);

	if (count)
		__sync_fetch_and_add(count, 1);
}

/* The task that migrates is one of those that run. */
static __always_inline bool cpu_is_wanted(void)
{
	const struct rq *rq;

	if (!bpf_ksym_exists(&runqueues)) {
		seen(BLIND);
		return assume_busy;
	}
	rq = bpf_this_cpu_ptr(&runqueues);
	if (rq->nr_running > 1) {
		seen(WANTED);
		return true;
	}
	seen(IDLE);
	return false;
}

SEC("struct_ops/admit")
void BPF_PROG(free_cpu_admit, struct mgx_req *req)
{
	mgx_stat_call(req);
}

static __always_inline void pick(struct mgx_batch *batch, struct mgx_pick *p)
{
	struct mgx_channel_info *info;

	bpf_for_each(mgx_channel, info, batch->dst_nid)
		if (mgx_usable(info))
			mgx_picked(p, info->inflight, info->id,
				   info->ewma_mbps);
}

/* Bandwidths that are not known yet are found out by asking. */
static __always_inline bool too_slow(struct mgx_batch *batch,
				     const struct mgx_pick *p)
{
	__u64 mbps = 0, cpu_ns;
	__u32 i;

	if (!bpf_ksym_exists(mgx_bpf_cpu_copy_ns))
		return false;
	for (i = 0; i < MGX_PICK_MAX && i < p->nr; i++) {
		if (!p->one[i].mbps)
			return false;
		mbps += p->one[i].mbps;
	}
	cpu_ns = mgx_bpf_cpu_copy_ns(batch->bytes, batch->src_nid,
				     batch->dst_nid);
	return cpu_ns && mbps && batch->bytes * 1000 / mbps > cpu_ns * max_slow;
}

SEC("struct_ops/dispatch")
void BPF_PROG(free_cpu_dispatch, struct mgx_batch *batch)
{
	struct mgx_pick *p = mgx_pick_of(batch);
	__s64 granted = 0;
	bool helps = true;

	if (p && batch->bytes >= min_bytes) {
		pick(batch, p);
		helps = too_slow(batch, p) || !cpu_is_wanted();
		granted = mgx_offer(batch, p, batch->bytes);
		if (!helps)
			mgx_bpf_wait(batch, 0);
	}
	if (!granted || helps)
		granted += mgx_offer_caller(batch);
	mgx_stat_batch(batch, granted);
}

SEC("struct_ops/complete")
void BPF_PROG(free_cpu_complete, struct mgx_batch *batch, struct mgx_done *done)
{
	mgx_stat_done(batch, done);
}

MGX_OPS_DEFINE(free_cpu_ops, "engines alone while others want the CPU",
	       .admit = (void *)free_cpu_admit,
	       .dispatch = (void *)free_cpu_dispatch,
	       .complete = (void *)free_cpu_complete, .name = "mgx_free_cpu");
