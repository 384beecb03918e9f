// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_fair - each cgroup, and in it each process, has its part of the engines.
 *
 * Without it, one process that calls move_pages() in a loop keeps the engines'
 * queues full, and everybody else waits behind it. Here each cgroup that is
 * active has an equal part of what the engines can copy in a window of time, and
 * each active process an equal part of its cgroup's. What a process wants beyond
 * that its own CPU copies. Who is alone may have all.
 *
 * What the engines can copy is the sum of their average bandwidths, or what
 * `capacity_mbps` says.
 *
 * Typical use, on machines whose users move their memory themselves:
 *	mgxctl load mgx_fair
 *	bpftool map dump name fair_users
 *
 * Ready for production: yes, for cgroup v2; parts are equal, not weighted.
 */
#include "mgx_offer.bpf.h"
#include "share.h"

MGX_SETTING(
	"what the engines can copy together, bytes per microsecond, 0: as measured")
__u64 capacity_mbps = 0;
MGX_SETTING("window of time in which parts are equal, microseconds")
__u64 window_us = 20000;
MGX_SETTING("smaller batches are copied by the calling CPU")
__u64 min_bytes = 64 << 10;
MGX_SETTING("the calling CPU does not help the engines while its part lasts")
bool free_cpu = false;

#define MAX_USERS 4096

/* A cgroup: how many of its processes are active, and what it had itself. */
struct fair_cgroup {
	struct mgx_share_group processes;
	struct mgx_share_user user;
};

/* Bytes that the engines were asked to copy, and that were kept from them. */
struct fair_user {
	struct mgx_share_user user;
	__u64 granted;
	__u64 refused;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_USERS);
	__type(key, __u64);
	__type(value, struct fair_cgroup);
} fair_cgroups SEC(".maps");

/* By process id. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_USERS);
	__type(key, __u32);
	__type(value, struct fair_user);
} fair_users SEC(".maps");

/* Not static: clang would take it apart, and its type would not fit the parts. */
struct mgx_share_group active_cgroups;

/* Nobody writes to them. */
static struct fair_cgroup new_cgroup;
static struct fair_user new_user;

SEC("struct_ops/admit")
void BPF_PROG(fair_admit, struct mgx_req *req)
{
	mgx_stat_call(req);
}

static __always_inline struct fair_cgroup *cgroup_of(__u64 id)
{
	struct fair_cgroup *c = bpf_map_lookup_elem(&fair_cgroups, &id);

	if (c)
		return c;
	bpf_map_update_elem(&fair_cgroups, &id, &new_cgroup, BPF_NOEXIST);
	return bpf_map_lookup_elem(&fair_cgroups, &id);
}

static __always_inline struct fair_user *user_of(__u32 tgid)
{
	struct fair_user *u = bpf_map_lookup_elem(&fair_users, &tgid);

	if (u)
		return u;
	bpf_map_update_elem(&fair_users, &tgid, &new_user, BPF_NOEXIST);
	return bpf_map_lookup_elem(&fair_users, &tgid);
}

/* Bytes of a batch that the engines may have; @capacity: theirs in a window. */
static __always_inline __u64 fair_grant(struct mgx_batch *batch,
					struct fair_cgroup *c,
					struct fair_user *u, __u64 capacity)
{
	__u64 window = bpf_ktime_get_ns() / (window_us * 1000 + 1) + 1;
	__u64 part = mgx_share_part(&active_cgroups, capacity), room, mine;

	mgx_share_seen(&active_cgroups, window,
		       mgx_share_turn(&c->user, window, part));
	part = mgx_share_part(&active_cgroups, capacity);
	mine = mgx_share_part(&c->processes, part);
	mgx_share_seen(&c->processes, window,
		       mgx_share_turn(&u->user, window, mine));
	mine = mgx_share_part(&c->processes, part);
	if (!capacity || mine == capacity)
		return batch->bytes; /* Alone, or nobody knows yet. */
	room = mgx_share_room(&c->user, part);
	mine = mgx_share_room(&u->user, mine);
	return mgx_share_grant(room < mine ? room : mine, batch->bytes,
			       batch->bytes / 8);
}

static __always_inline void charge(struct fair_cgroup *c, struct fair_user *u,
				   __u64 bytes, __u64 granted)
{
	__sync_fetch_and_add(&c->user.used, granted);
	__sync_fetch_and_add(&u->user.used, granted);
	__sync_fetch_and_add(&u->granted, granted);
	__sync_fetch_and_add(&u->refused, bytes - granted);
}

static __always_inline __u64 capacity_of(const struct mgx_pick *p)
{
	__u64 mbps = 0;
	__u32 i;

	if (capacity_mbps)
		return capacity_mbps * window_us;
	for (i = 0; i < MGX_PICK_MAX && i < p->nr; i++) {
		if (!p->one[i].mbps)
			return 0;
		mbps += p->one[i].mbps;
	}
	return mbps * window_us;
}

static __always_inline void pick(struct mgx_batch *batch, struct mgx_pick *p)
{
	struct mgx_channel_info *info;

	bpf_for_each(mgx_channel, info, batch->dst_nid)
		if (mgx_usable(info))
			mgx_picked(p, info->inflight, info->id,
				   info->ewma_mbps);
}

/* Each engine gets an equal part, or the sum would exceed what was granted. */
static __always_inline __s64 engines(struct mgx_batch *batch,
				     struct mgx_pick *p, __u64 grant)
{
	__u64 each = grant;

	if (grant < batch->bytes && p->nr)
		each = (grant / p->nr + 4095) & ~4095ULL;
	return each ? mgx_offer(batch, p, each) : 0;
}

SEC("struct_ops/dispatch")
void BPF_PROG(fair_dispatch, struct mgx_batch *batch)
{
	struct fair_cgroup *c = cgroup_of(batch->cgroup_id);
	struct mgx_pick *p = mgx_pick_of(batch);
	struct fair_user *u = user_of(batch->tgid);
	__s64 granted = 0;
	__u64 grant = 0;

	if (p && c && u && batch->bytes >= min_bytes) {
		pick(batch, p);
		if (p->nr)
			grant = fair_grant(batch, c, u, capacity_of(p));
		charge(c, u, batch->bytes, grant);
		granted = engines(batch, p, grant);
	}
	if (grant < batch->bytes || !granted || !free_cpu)
		granted += mgx_offer_caller(batch);
	mgx_stat_batch(batch, granted);
}

SEC("struct_ops/complete")
void BPF_PROG(fair_complete, struct mgx_batch *batch, struct mgx_done *done)
{
	mgx_stat_done(batch, done);
}

MGX_OPS_DEFINE(fair_ops, "equal parts of the engines per cgroup and process",
	       .admit = (void *)fair_admit, .dispatch = (void *)fair_dispatch,
	       .complete = (void *)fair_complete, .name = "mgx_fair");
