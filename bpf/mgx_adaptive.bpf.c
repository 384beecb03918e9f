// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_adaptive - learns what is best on this machine, now.
 *
 * For each size of batch it learns from the batches themselves whether engines
 * are worth asking, which of them and how much each, in what pieces, whether
 * the calling CPU helps and whether it polls or sleeps. It needs no settings. How
 * it learns, and on whose work that rests, is told in learn.h.
 *
 * A channel that failed is left alone for 128 times what the failure cost, and
 * longer each time. One that comes or comes back makes it learn anew. What was
 * learned is in the maps learn_classes and learn_channels; `adaptive_arms` counts
 * batches by the way they were copied.
 *
 * Typical use:
 *	mgxctl load mgx_adaptive
 *
 * Ready for production: it is the one to try first; so far it was tried on
 * simulated and emulated engines, on no hardware. It learns for throughput: to
 * free CPUs at the price of longer migrations, use mgx_free_cpu.
 */
#include "mgx_common.bpf.h"
#include "learn.h"

MGX_SETTING("helper threads count as channels, not only engines")
bool helpers = false;
MGX_SETTING("smaller batches are always copied by the calling CPU")
__u64 min_bytes = 32 << 10;

#define SLOTS	    256
#define NR_CHANNELS (MGX_LEARN_CLASSES * MGX_NR_ARMS * MGX_MAX_CHANNELS)

/* A batch that is under way. */
struct slot {
	__u64 id;
	__u64 start_ns;
	struct mgx_plan plan;
	__u32 class;
	__u32 arm; /* MGX_NR_ARMS: only to measure channels */
	__u32 usable;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct slot);
} learn_slots SEC(".maps");

/* By size class, see mgx_learn_class(). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MGX_LEARN_CLASSES);
	__type(key, __u32);
	__type(value, struct mgx_learn);
} learn_classes SEC(".maps");

/* By size class, arm (MGX_LEARN_PROBED: none yet) and channel. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NR_CHANNELS);
	__type(key, __u32);
	__type(value, struct mgx_learn_channel);
} learn_channels SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MGX_MAX_CHANNELS);
	__type(key, __u32);
	__type(value, struct mgx_learn_health);
} learn_health SEC(".maps");

/* Batches by enum mgx_arm, and last those that only measured channels. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MGX_NR_ARMS + 1);
	__type(key, __u32);
	__type(value, __u64);
} adaptive_arms SEC(".maps");

/* Channels that came or came back so far. */
static __u32 news;

static __always_inline void count_arm(__u32 arm)
{
	__u64 *count = bpf_map_lookup_elem(&adaptive_arms, &arm);

	if (count)
		__sync_fetch_and_add(count, 1);
}

static __always_inline struct mgx_learn *learn_of(__u32 class)
{
	return bpf_map_lookup_elem(&learn_classes, &class);
}

/* By thread, since programs are preempted. Two in one place: one learns nothing. */
static __always_inline struct slot *slot_of(struct mgx_batch *batch)
{
	__u32 key = (__u32)batch->pid % SLOTS;

	return bpf_map_lookup_elem(&learn_slots, &key);
}

static __always_inline struct mgx_learn_channel *channel_of(__u32 class,
							    __u32 arm, __u32 id)
{
	__u32 key = (class * MGX_NR_ARMS + arm) * MGX_MAX_CHANNELS + id;

	return bpf_map_lookup_elem(&learn_channels, &key);
}

static __always_inline struct mgx_learn_health *health_of(__u32 id)
{
	return bpf_map_lookup_elem(&learn_health, &id);
}

/* --- channels -------------------------------------------------------------------- */

/* Global, so that the verifier looks at it once and not in each round. */
__weak int add_channel(struct slot *s, __u32 id, __u64 inflight)
{
	struct mgx_learn_health *h = health_of(id);
	__u32 i;

	if (!s || !h || id >= MGX_MAX_CHANNELS)
		return 0;
	if (h->strikes && bpf_ktime_get_ns() < h->until_ns)
		return 0;
	/* Those for which there is no room, too: which they are, the node decides. */
	s->plan.set |= 1ULL << id;
	i = s->plan.nr;
	if (i >= MGX_PLAN_CHANNELS)
		return 0;
	s->plan.one[i].id = id;
	s->plan.one[i].inflight = inflight;
	s->plan.nr = i + 1;
	return 0;
}

static __always_inline void find_channels(struct mgx_batch *batch,
					  struct slot *s)
{
	struct mgx_channel_info *info;

	s->plan.nr = 0;
	s->plan.set = 0;
	bpf_for_each(mgx_channel, info, batch->dst_nid)
		if (helpers || info->kind != MGX_KIND_CPU)
			add_channel(s, info->id, info->inflight);
}

/* As it was in that arm; until it was used so, as it was when it was probed. */
static __always_inline __u32 cost_of(__u32 class, __u32 epoch, __u32 arm,
				     __u32 id)
{
	struct mgx_learn_channel *c = channel_of(class, arm, id);

	if (c && c->cost && c->epoch == epoch)
		return c->cost;
	c = channel_of(class, MGX_LEARN_PROBED, id);
	return c && c->epoch == epoch ? c->cost : 0;
}

__weak int find_costs(struct slot *s, __u32 epoch, __u32 arm)
{
	__u32 i;

	if (!s)
		return 0;
	for (i = 0; i < MGX_PLAN_CHANNELS; i++) {
		struct mgx_plan_one *one = &s->plan.one[i];

		if (i >= s->plan.nr)
			break;
		one->cost = cost_of(s->class & (MGX_LEARN_CLASSES - 1), epoch,
				    arm, one->id);
	}
	return 0;
}

/* Those that have to be measured first have no cost. */
__weak int find_unknown(struct slot *s, __u32 epoch)
{
	struct mgx_learn_channel *c;
	__u32 i;

	if (!s)
		return 0;
	s->plan.unknown = 0;
	for (i = 0; i < MGX_PLAN_CHANNELS; i++) {
		struct mgx_plan_one *one = &s->plan.one[i];

		if (i >= s->plan.nr)
			break;
		c = channel_of(s->class & (MGX_LEARN_CLASSES - 1),
			       MGX_LEARN_PROBED, one->id);
		one->cost = c && mgx_learn_probed(c, epoch) ? c->cost : 0;
		s->plan.unknown += !one->cost;
	}
	return 0;
}

/* --- a batch ----------------------------------------------------------------------- */

__weak int plan_batch(struct slot *s, struct mgx_learn *l, __u64 bytes)
{
	if (!s || !l)
		return 0;
	find_unknown(s, l->epoch);
	if (s->plan.unknown && l->probes < MGX_LEARN_PROBES) {
		l->probes++;
		s->arm = MGX_NR_ARMS;
		mgx_plan_probe(&s->plan, bytes);
		return 0;
	}
	s->arm = mgx_learn_choose(l, s->usable, bytes);
	if (s->arm == MGX_ARM_CPU)
		return 0;
	find_costs(s, l->epoch, s->arm);
	mgx_plan_fill(&s->plan, s->arm, bytes, l->arm[MGX_ARM_CPU].cost);
	return 0;
}

static __always_inline __s64 ask(struct mgx_batch *batch, __u32 id, __u64 bytes,
				 __u32 chunk)
{
	__s64 granted = mgx_bpf_submit(batch, id, bytes, chunk, 0);

	return granted > 0 ? granted : 0;
}

static __always_inline __s64 ask_channels(struct mgx_batch *batch,
					  struct slot *s)
{
	__s64 granted = 0;
	__u32 i;

	for (i = 0; i < MGX_PLAN_CHANNELS; i++) {
		struct mgx_plan_one *one = &s->plan.one[i];

		if (i >= s->plan.nr)
			break;
		if (one->share)
			granted += ask(batch, one->id, one->share, one->chunk);
	}
	mgx_bpf_wait(batch, s->plan.poll_ns);
	return granted;
}

/* Whoever comes back, or comes new, changes what is best. */
static __always_inline void decide(struct mgx_batch *batch, struct slot *s,
				   struct mgx_learn *l)
{
	__u32 now = *(volatile __u32 *)&news;

	s->arm = MGX_ARM_CPU;
	s->usable = 1 << MGX_ARM_CPU;
	if (l->news == now && mgx_learn_settled_on_cpu(l)) {
		l->since++;
		s->usable = MGX_ARMS_ALL;
		return;
	}
	find_channels(batch, s);
	if (mgx_learn_outdated(l, s->plan.set, now)) {
		mgx_learn_forget(l, s->plan.set);
		l->news = now;
	}
	if (!s->plan.nr)
		return;
	s->usable = MGX_ARMS_ALL;
	plan_batch(s, l, batch->bytes);
}

static __always_inline __s64 adapt(struct mgx_batch *batch, struct slot *s)
{
	__u32 class = mgx_learn_class(batch->bytes, batch->nr_folios);
	struct mgx_learn *l = learn_of(class);
	__s64 granted = 0;

	if (!l)
		return 0;
	s->class = class;
	decide(batch, s, l);
	s->id = batch->id + 1;
	s->start_ns = s->arm == MGX_ARM_CPU ? 0 : bpf_ktime_get_ns();
	count_arm(s->arm);
	if (s->arm != MGX_ARM_CPU)
		granted = ask_channels(batch, s);
	return granted;
}

SEC("struct_ops/admit")
void BPF_PROG(adaptive_admit, struct mgx_req *req)
{
	mgx_stat_call(req);
}

SEC("struct_ops/dispatch")
void BPF_PROG(adaptive_dispatch, struct mgx_batch *batch)
{
	struct slot *s = slot_of(batch);
	__s64 granted = 0;
	bool helps = true;

	if (s && batch->bytes >= min_bytes) {
		granted = adapt(batch, s);
		helps = !granted || s->arm == MGX_NR_ARMS ||
			mgx_arm_helps(s->arm);
	} else if (s) {
		s->id = 0;
	}
	if (helps)
		granted += ask(batch, MGX_CHANNEL_CALLER, batch->bytes,
			       granted ? MGX_LEARN_CPU_CHUNK : 0);
	mgx_stat_batch(batch, granted);
}

/* --- what became of it --------------------------------------------------------------- */

static __always_inline void learn_channel(struct slot *s, struct mgx_learn *l,
					  struct mgx_done *done)
{
	__u32 arm = s->arm < MGX_NR_ARMS ? s->arm : MGX_LEARN_PROBED;
	struct mgx_learn_health *h = health_of(done->channel);
	struct mgx_learn_channel *c;
	__u64 now;

	if (done->channel >= MGX_MAX_CHANNELS || !h)
		return;
	c = channel_of(s->class & (MGX_LEARN_CLASSES - 1), arm, done->channel);
	if (c)
		mgx_learn_share(c, l->epoch, done->bytes, done->ns,
				mgx_learn_failed(done->status));
	if (mgx_learn_failed(done->status)) {
		/* A job that was given up has no time of its own. */
		now = bpf_ktime_get_ns();
		mgx_learn_strike(h, now, now - s->start_ns);
	} else if (done->bytes) {
		mgx_learn_forgive(h);
	}
}

SEC("struct_ops/complete")
void BPF_PROG(adaptive_complete, struct mgx_batch *batch, struct mgx_done *done)
{
	struct slot *s = slot_of(batch);
	struct mgx_learn *l;

	mgx_stat_done(batch, done);
	if (!s || s->id != batch->id + 1)
		return;
	l = learn_of(s->class);
	if (!l)
		return;
	if (done->channel != MGX_DONE_BATCH) {
		if (done->channel != MGX_CHANNEL_CALLER)
			learn_channel(s, l, done);
		return;
	}
	s->id = 0;
	mgx_learn_feed(l, s->usable, s->arm, batch->bytes, done->ns);
}

/*
 * The same number may be another engine now: its failures are not this one's.
 * One that is back from quarantine and failed here is asked again at its time,
 * and is news then.
 */
SEC("struct_ops/channel")
void BPF_PROG(adaptive_channel, struct mgx_channel_info *info, __u32 event)
{
	struct mgx_learn_health *h = health_of(info->id);

	if (!h)
		return;
	if (event == MGX_CHANNEL_CAME) {
		h->strikes = 0;
		h->until_ns = 0;
	} else if (event != MGX_CHANNEL_RECOVERED || h->strikes) {
		return;
	}
	__sync_fetch_and_add(&news, 1);
}

MGX_OPS_DEFINE(adaptive_ops,
	       "learns what is best, by size: the one to try first",
	       .admit = (void *)adaptive_admit,
	       .dispatch = (void *)adaptive_dispatch,
	       .complete = (void *)adaptive_complete,
	       .channel = (void *)adaptive_channel, .name = "mgx_adaptive");
