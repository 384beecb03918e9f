// SPDX-License-Identifier: GPL-2.0-only
/*
 * channel.c - who copies: one registry for all kinds, their health and figures.
 *
 * A channel is found by its id within srcu_read_lock(&mgx_srcu), in which each
 * call of migrate_pages() is, so a channel that was found stays until the call
 * is over. Its counters are under its lock, which is taken once per job anyway.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "mgx.h"
#include "trace.h"

#define MGX_STRIKES	    3 /* errors in a row until quarantine */
#define MGX_BACKOFF_MIN_MS  100
#define MGX_BACKOFF_MAX_MS  60000
#define MGX_QUANTILES_EVERY 32	 /* jobs */
#define MGX_RECENT	    4096 /* jobs that quantiles look back */
#define MGX_VERIFY_EVERY    16	 /* jobs, when some are verified */

static DEFINE_MUTEX(mgx_channel_mutex); /* register, unregister */
static struct mgx_channel __rcu *mgx_channels[MGX_MAX_CHANNELS];
static u64 mgx_channel_ids; /* taken, also by one that is on its way out */
static struct kobject *mgx_channels_kobj;

static const char *const mgx_verify_names[] = MGX_VERIFY_NAMES;
static enum mgx_verify mgx_verify;

static int mgx_verify_set(const char *value, const struct kernel_param *kp)
{
	int mode = sysfs_match_string(mgx_verify_names, value);

	if (mode < 0)
		return mode;
	WRITE_ONCE(mgx_verify, mode);
	return 0;
}

static int mgx_verify_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", mgx_verify_names[READ_ONCE(mgx_verify)]);
}

static const struct kernel_param_ops mgx_verify_ops = {
	.set = mgx_verify_set,
	.get = mgx_verify_get,
};
module_param_cb(verify, &mgx_verify_ops, NULL, 0644);
MODULE_PARM_DESC(
	verify,
	"compare what engines of dmaengine copied: off, sampled (one job in 16) or full; for channels that come from now on, see also channels/<id>/verify (default off)");

static DEFINE_PER_CPU(struct mgx_channel_stats, mgx_caller_stats);
/* One above the highest id in use; grows only. */
static u32 mgx_channel_top;

/**
 * mgx_channel_get() - a channel by its id
 * @id: not necessarily of a channel that exists
 *
 * Context: within srcu_read_lock(&mgx_srcu); valid until its unlock.
 * Return: the channel or NULL.
 */
struct mgx_channel *mgx_channel_get(u32 id)
{
	if (id >= MGX_MAX_CHANNELS)
		return NULL;
	return srcu_dereference(
		mgx_channels[array_index_nospec(id, MGX_MAX_CHANNELS)],
		&mgx_srcu);
}

/**
 * mgx_channel_up() - whether a channel takes work now
 * @channel: which
 */
bool mgx_channel_up(const struct mgx_channel *channel)
{
	return READ_ONCE(channel->state) == MGX_CHANNEL_UP;
}

/**
 * mgx_channel_count() - channels that exist
 */
u32 mgx_channel_count(void)
{
	u32 i, nr = 0;

	for (i = 0; i < MGX_MAX_CHANNELS; i++)
		nr += !!rcu_access_pointer(mgx_channels[i]);
	return nr;
}

/**
 * mgx_channel_priv() - the driver's pointer
 * @channel: a channel the driver registered
 */
void *mgx_channel_priv(const struct mgx_channel *channel)
{
	return channel->desc.priv;
}
EXPORT_SYMBOL_GPL(mgx_channel_priv);

static void mgx_channel_describe(const struct mgx_channel *channel,
				 struct mgx_channel_info *info)
{
	*info = (struct mgx_channel_info){
		.bytes = READ_ONCE(channel->stats.bytes),
		.copies = READ_ONCE(channel->stats.copies),
		.errors = READ_ONCE(channel->stats.errors),
		.inflight = READ_ONCE(channel->inflight),
		.ewma_ns = READ_ONCE(channel->ewma_ns),
		.ewma_mbps = READ_ONCE(channel->ewma_mbps),
		.p50_ns = READ_ONCE(channel->p50_ns),
		.p99_ns = READ_ONCE(channel->p99_ns),
		.id = channel->id,
		.kind = channel->desc.kind,
		.state = READ_ONCE(channel->state),
		.nid = channel->desc.nid,
		.credits = channel->desc.credits,
		.depth = READ_ONCE(channel->depth),
	};
}

/* Tell the policy, if it listens; under any lock. */
static void mgx_channel_tell(const struct mgx_channel *channel, u32 event)
{
	struct mgx_channel_info info;
	int srcu = srcu_read_lock(&mgx_srcu); /* who listens stays until then */

	if (mgx_policy_listens()) {
		mgx_channel_describe(channel, &info);
		mgx_notice(&info, event);
	}
	srcu_read_unlock(&mgx_srcu, srcu);
}

/*
 * Exponentially weighted: one eighth new, seven eighths old. Rounded away from
 * the old value, or small figures would stay where they are.
 */
static u64 mgx_ewma(u64 old, u64 new)
{
	return old ? (7 * old + new + (new > old ? 7 : 0)) / 8 : new;
}

/* Quantiles of what was lately: the counters are halved now and then. */
static void mgx_channel_latency(struct mgx_channel *channel, u64 ns)
{
	u32 i, bucket = mgx_hist_bucket(ns);

	channel->hist[bucket]++;
	channel->recent[bucket]++;
	if (++channel->nr_recent % MGX_QUANTILES_EVERY && channel->p99_ns)
		return;
	channel->p50_ns =
		mgx_hist_quantile(channel->recent, channel->nr_recent, 500);
	channel->p99_ns =
		mgx_hist_quantile(channel->recent, channel->nr_recent, 990);
	if (channel->nr_recent < MGX_RECENT)
		return;
	channel->nr_recent = 0;
	for (i = 0; i < MGX_HIST_BUCKETS; i++) {
		channel->recent[i] /= 2;
		channel->nr_recent += channel->recent[i];
	}
}

/* Processor time goes to the process that caused it; the least one makes room. */
static void mgx_channel_charge(struct mgx_channel *channel,
			       const struct mgx_job *job)
{
	struct mgx_user *user, *least = channel->user;

	channel->stats.cpu_ns += job->cpu_ns;
	for (user = channel->user; user < channel->user + MGX_USERS; user++) {
		if (user->tgid == job->tgid)
			break;
		if (user->cpu_ns < least->cpu_ns)
			least = user;
	}
	if (user == channel->user + MGX_USERS) {
		*least = (struct mgx_user){ .tgid = job->tgid };
		user = least;
	}
	user->cpu_ns += job->cpu_ns;
	user->bytes += job->bytes;
}

/**
 * mgx_channel_limit() - pieces of a channel are smaller from now on
 * @channel: whose
 * @max_seg: most bytes; whole pages of them count, and one at least
 *
 * Context: any. Jobs that are under way are as they are.
 */
void mgx_channel_limit(struct mgx_channel *channel, u32 max_seg)
{
	WRITE_ONCE(channel->desc.max_seg,
		   max_t(u32, round_down(max_seg, PAGE_SIZE), PAGE_SIZE));
}
EXPORT_SYMBOL_GPL(mgx_channel_limit);

/**
 * mgx_channel_account() - add a job to its channel's figures
 * @job: the job, done
 * @bytes: bytes copied
 * @ns: time from start to completion, nanoseconds
 * @status: 0 or a negative errno
 *
 * Context: any; under the channel's lock.
 */
void mgx_channel_account(const struct mgx_job *job, u64 bytes, u64 ns,
			 int status)
{
	struct mgx_channel *channel = job->channel;

	channel->stats.copies++;
	channel->stats.bytes += bytes;
	channel->stats.ns += ns;
	if (job->cpu_ns)
		mgx_channel_charge(channel, job);
	if (status == -EAGAIN)
		return; /* no room for all of it: neither well nor ill */
	if (status) {
		channel->stats.errors++;
		return;
	}
	channel->strikes = 0;
	channel->refusals = 0;
	if (channel->backoff_ms &&
	    time_after(jiffies,
		       channel->up_at + msecs_to_jiffies(channel->backoff_ms)))
		channel->backoff_ms = 0;
	mgx_channel_latency(channel, ns);
	channel->ewma_ns = mgx_ewma(channel->ewma_ns, ns);
	channel->ewma_mbps = mgx_ewma(channel->ewma_mbps,
				      div64_u64(bytes * 1000, max(ns, 1ULL)));
}

/**
 * mgx_channel_account_caller() - add a share to the calling CPU's figures
 * @done: what it copied
 *
 * Context: any. Touches only this CPU's counters.
 */
void mgx_channel_account_caller(const struct mgx_done *done)
{
	this_cpu_inc(mgx_caller_stats.copies);
	this_cpu_add(mgx_caller_stats.bytes, done->bytes);
	this_cpu_add(mgx_caller_stats.ns, done->ns);
	if (done->status)
		this_cpu_inc(mgx_caller_stats.errors);
}

static void mgx_caller_sum(struct mgx_channel_stats *sum)
{
	int cpu;

	*sum = (struct mgx_channel_stats){};
	for_each_possible_cpu(cpu) {
		struct mgx_channel_stats *one = &per_cpu(mgx_caller_stats, cpu);

		sum->copies += one->copies;
		sum->bytes += one->bytes;
		sum->errors += one->errors;
		sum->ns += one->ns;
	}
}

/**
 * mgx_channel_sum() - what a channel has done so far
 * @channel: which
 * @sum: filled in
 */
void mgx_channel_sum(struct mgx_channel *channel, struct mgx_channel_stats *sum)
{
	if (channel->desc.kind == MGX_KIND_CALLER) {
		mgx_caller_sum(sum);
		return;
	}
	spin_lock_irq(&channel->lock);
	*sum = channel->stats;
	spin_unlock_irq(&channel->lock);
}

/**
 * mgx_channel_set_depth() - how many jobs a channel of threads works on at once
 * @channel: whose
 * @depth: jobs, and so many of one call are with it
 */
void mgx_channel_set_depth(struct mgx_channel *channel, u32 depth)
{
	spin_lock_irq(&channel->lock);
	channel->depth = depth;
	channel->servers = depth;
	spin_unlock_irq(&channel->lock);
}

static void mgx_channel_probe_later(struct mgx_channel *channel)
{
	channel->backoff_ms = clamp(channel->backoff_ms * 2, MGX_BACKOFF_MIN_MS,
				    MGX_BACKOFF_MAX_MS);
	schedule_delayed_work(&channel->probe,
			      msecs_to_jiffies(channel->backoff_ms));
}

/**
 * mgx_channel_fail() - a job failed
 * @channel: whose
 * @now: put it into quarantine at once, not only after several in a row
 *
 * Context: any; under the channel's lock.
 */
void mgx_channel_fail(struct mgx_channel *channel, bool now)
{
	if (++channel->strikes < MGX_STRIKES && !now)
		return;
	if (channel->state == MGX_CHANNEL_UP) {
		channel->state = MGX_CHANNEL_FAILED;
		mgx_event(channel_failed);
		mgx_channel_tell(channel, MGX_CHANNEL_BROKE);
		mgx_channel_probe_later(channel);
	} else if (channel->state == MGX_CHANNEL_OFFLINE) {
		/* What it still holds must be let go all the same. */
		mgx_channel_probe_later(channel);
	}
}

/*
 * Jobs can end, or be given up, before their start() has returned; and late ones
 * have folios to let go of.
 */
static void mgx_channel_wait_starting(struct mgx_channel *channel)
{
	while (atomic_read_acquire(&channel->starting))
		usleep_range(500, 1000);
}

/*
 * Whether no job that was given up can be written any more. In quarantine no
 * job is started, so once no start() is under way, none will be.
 */
static bool mgx_channel_stopped(struct mgx_channel *channel)
{
	bool starting, none;

	/* Together: while there are orphans no other job is linked. */
	spin_lock_irq(&channel->lock);
	starting = atomic_read_acquire(&channel->starting);
	none = list_empty(&channel->orphans);
	spin_unlock_irq(&channel->lock);
	if (starting || none)
		return !starting;
	if (channel->desc.ops->poll)
		channel->desc.ops->poll(channel);
	if (channel->desc.ops->quiesce)
		channel->desc.ops->quiesce(channel);
	mgx_channel_wait_starting(channel); /* what has ended just now */
	return list_empty_careful(&channel->orphans);
}

/*
 * Quarantine is over if the engine answers, or is known to have stopped. Work
 * shows whether it is well: the next failure doubles the time.
 */
static void mgx_channel_probe(struct work_struct *work)
{
	struct mgx_channel *channel =
		container_of(work, struct mgx_channel, probe.work);
	bool stopped;

	mutex_lock(&channel->switching);
	stopped = mgx_channel_stopped(channel);
	mutex_unlock(&channel->switching);
	spin_lock_irq(&channel->lock);
	stopped = stopped && list_empty(&channel->orphans);
	if (channel->state == MGX_CHANNEL_FAILED && stopped) {
		channel->state = MGX_CHANNEL_UP;
		channel->up_at = jiffies;
		channel->strikes = 0;
		channel->refusals = 0;
		mgx_event(channel_recovered);
		mgx_channel_tell(channel, MGX_CHANNEL_RECOVERED);
	} else if (channel->state != MGX_CHANNEL_GONE && !stopped) {
		mgx_channel_probe_later(channel);
	}
	spin_unlock_irq(&channel->lock);
}

/**
 * mgx_channel_verifies() - whether the next job's copy is to be compared
 * @channel: whose; under its lock
 */
bool mgx_channel_verifies(struct mgx_channel *channel)
{
	switch (READ_ONCE(channel->verify)) {
	case MGX_VERIFY_FULL:
		return true;
	case MGX_VERIFY_SAMPLED:
		return !(channel->stats.copies % MGX_VERIFY_EVERY);
	default:
		return false;
	}
}

/* --- figures for policies -------------------------------------------------- */

/**
 * mgx_channel_info() - live figures of a channel
 * @id: its number
 * @info: filled in; each figure is true by itself. Those of the calling CPU,
 *	which are kept per CPU, are 0: see channels/0 in sysfs.
 *
 * Context: any. No lock is taken.
 * Return: 0, or -ENODEV.
 */
int mgx_channel_info(u32 id, struct mgx_channel_info *info)
{
	struct mgx_channel *channel;
	int srcu, rc = -ENODEV;

	srcu = srcu_read_lock(&mgx_srcu);
	channel = mgx_channel_get(id);
	if (channel) {
		mgx_channel_describe(channel, info);
		rc = 0;
	}
	srcu_read_unlock(&mgx_srcu, srcu);
	return rc;
}

static int mgx_channel_distance(const struct mgx_channel *channel, int nid)
{
	if (nid == NUMA_NO_NODE || channel->desc.nid == NUMA_NO_NODE)
		return LOCAL_DISTANCE;
	return node_distance(nid, channel->desc.nid);
}

/**
 * mgx_channel_next() - the next channel that takes work, nearest first
 * @seen: ids that were returned before; the new one is added
 * @nid: near to which node, or NUMA_NO_NODE for any order
 * @info: filled in
 *
 * The calling CPU is not among them: it is always there.
 *
 * Return: whether there is another.
 */
bool mgx_channel_next(u64 *seen, int nid, struct mgx_channel_info *info)
{
	struct mgx_channel *channel, *best = NULL;
	u32 id, top = READ_ONCE(mgx_channel_top);
	int srcu, distance, least = INT_MAX;

	srcu = srcu_read_lock(&mgx_srcu);
	for (id = MGX_CHANNEL_CALLER + 1; id < top; id++) {
		channel = mgx_channel_get(id);
		if (!channel || (*seen & BIT_ULL(id)) ||
		    !mgx_channel_up(channel))
			continue;
		distance = mgx_channel_distance(channel, nid);
		if (distance >= least)
			continue;
		least = distance;
		best = channel;
	}
	if (best) {
		*seen |= BIT_ULL(best->id);
		mgx_channel_describe(best, info);
	}
	srcu_read_unlock(&mgx_srcu, srcu);
	return best;
}

/* --- offline and up, as an operator wishes --------------------------------- */

static int mgx_channel_set_state(struct mgx_channel *channel,
				 enum mgx_channel_state state)
{
	bool change;
	int rc = 0;

	spin_lock_irq(&channel->lock);
	if (channel->state == MGX_CHANNEL_GONE)
		rc = -ENODEV;
	else if (state == MGX_CHANNEL_UP && !list_empty(&channel->orphans))
		rc = -EBUSY; /* it has not answered yet */
	change = !rc && channel->state != state;
	if (!rc)
		channel->state = state;
	if (change)
		mgx_channel_tell(channel, state == MGX_CHANNEL_UP ?
						  MGX_CHANNEL_CAME :
						  MGX_CHANNEL_WENT);
	if (!rc && state == MGX_CHANNEL_UP) {
		channel->strikes = 0;
		channel->refusals = 0;
	}
	spin_unlock_irq(&channel->lock);
	return rc;
}

static int mgx_channel_take_offline(struct mgx_channel *channel)
{
	int rc = mgx_channel_set_state(channel, MGX_CHANNEL_OFFLINE);

	if (rc || channel->released || !channel->desc.ops->release)
		return rc;
	synchronize_srcu(&mgx_srcu); /* calls that still use it */
	mgx_channel_wait_starting(channel);
	if (!mgx_channel_stopped(channel)) {
		pr_warn("channel %s is offline, but its engine has not stopped and cannot be given back; try again later\n",
			channel->name);
		return -EBUSY;
	}
	channel->desc.ops->release(channel);
	channel->released = true;
	return 0;
}

static int mgx_channel_bring_up(struct mgx_channel *channel)
{
	bool acquired = channel->released;
	int rc;

	if (acquired) {
		rc = channel->desc.ops->acquire(channel);
		if (rc)
			return rc;
		channel->released = false;
	}
	rc = mgx_channel_set_state(channel, MGX_CHANNEL_UP);
	/* It is leaving, and who still uses it uses the engine it came with. */
	if (rc == -ENODEV && acquired) {
		channel->desc.ops->release(channel);
		channel->released = true;
	}
	return rc;
}

/**
 * mgx_channel_switch() - take a channel out of service, or put it back
 * @channel: which; not the calling CPU
 * @up: put it back, also out of quarantine
 *
 * An engine that another driver provides is given back while it is offline,
 * so that the provider's module can be removed.
 *
 * Context: process, may sleep: offline waits for the calls that use it.
 * Return: 0; -EPERM for the calling CPU, -ENODEV if the driver is leaving or
 * the engine is gone, -EBUSY while the engine has not answered.
 */
int mgx_channel_switch(struct mgx_channel *channel, bool up)
{
	int rc;

	if (channel->desc.kind == MGX_KIND_CALLER) {
		pr_warn("channel 0 is the calling CPU: it stays, someone has to be able to copy\n");
		return -EPERM;
	}
	mutex_lock(&channel->switching);
	rc = up ? mgx_channel_bring_up(channel) :
		  mgx_channel_take_offline(channel);
	mutex_unlock(&channel->switching);
	return rc;
}

/* --- registration ------------------------------------------------------------ */

static void mgx_channel_release(struct kobject *kobj)
{
	struct mgx_channel *channel =
		container_of(kobj, struct mgx_channel, kobj);

	kvfree(channel->jobs);
	kfree(channel);
}

static const struct kobj_type mgx_channel_ktype = {
	.sysfs_ops = &mgx_channel_sysfs_ops,
	.default_groups = mgx_channel_groups,
	.release = mgx_channel_release,
};

static bool mgx_channel_name_ok(const char *name)
{
	const char *c;

	if (!name || !name[0] || strlen(name) >= MGX_NAME_LEN)
		return false;
	for (c = name; *c; c++)
		if (!isalnum(*c) && !strchr("_-.:", *c))
			return false;
	return true;
}

static int mgx_channel_check(const struct mgx_channel_desc *desc)
{
	if (!mgx_channel_name_ok(desc->name) || desc->kind >= MGX_NR_KINDS)
		return -EINVAL;
	if (desc->kind == MGX_KIND_CALLER)
		return 0;
	if (!desc->ops || !desc->ops->start || !desc->credits ||
	    desc->credits > MGX_MAX_CREDITS || desc->max_nr > MGX_JOB_SEGS ||
	    desc->max_seg % PAGE_SIZE ||
	    !desc->ops->release != !desc->ops->acquire)
		return -EINVAL;
	if (desc->nid != NUMA_NO_NODE &&
	    (desc->nid < 0 || desc->nid >= MAX_NUMNODES ||
	     !node_possible(desc->nid)))
		return -EINVAL;
	return 0;
}

static int mgx_channel_slot(const struct mgx_channel_desc *desc)
{
	int i, slot = -ENOSPC;

	for (i = MGX_MAX_CHANNELS; i-- > 0;) {
		struct mgx_channel *other = rcu_dereference_protected(
			mgx_channels[i], lockdep_is_held(&mgx_channel_mutex));

		if (other && !strcmp(other->name, desc->name))
			return -EEXIST;
		if (!(mgx_channel_ids & BIT_ULL(i)))
			slot = i;
	}
	return slot;
}

static struct mgx_channel *
mgx_channel_alloc(const struct mgx_channel_desc *desc)
{
	struct mgx_channel *channel;
	u32 i;

	channel = kzalloc(sizeof(*channel), GFP_KERNEL);
	if (!channel)
		return NULL;
	kobject_init(&channel->kobj, &mgx_channel_ktype);
	channel->desc = *desc;
	if (!desc->max_seg)
		channel->desc.max_seg = UINT_MAX & PAGE_MASK;
	channel->depth = desc->depth ?: 2;
	channel->servers = desc->kind == MGX_KIND_CPU ? channel->depth : 1;
	if (!desc->max_nr)
		channel->desc.max_nr = MGX_JOB_SEGS;
	strscpy(channel->name, desc->name);
	channel->desc.name = channel->name;
	spin_lock_init(&channel->lock);
	mutex_init(&channel->switching);
	channel->verify = desc->kind == MGX_KIND_DMAENGINE ?
				  READ_ONCE(mgx_verify) :
				  MGX_VERIFY_OFF;
	INIT_LIST_HEAD(&channel->free);
	INIT_LIST_HEAD(&channel->orphans);
	INIT_DELAYED_WORK(&channel->probe, mgx_channel_probe);
	if (!desc->credits)
		return channel;
	channel->jobs = kvcalloc_node(desc->credits, sizeof(*channel->jobs),
				      GFP_KERNEL, desc->nid);
	if (!channel->jobs) {
		kobject_put(&channel->kobj);
		return NULL;
	}
	for (i = 0; i < desc->credits; i++) {
		channel->jobs[i].channel = channel;
		channel->jobs[i].index = i;
		list_add_tail(&channel->jobs[i].node, &channel->free);
	}
	return channel;
}

static struct mgx_channel *mgx_channel_add(const struct mgx_channel_desc *desc)
{
	struct mgx_channel *channel;
	int rc, id = mgx_channel_slot(desc);

	if (id < 0)
		return ERR_PTR(id);
	channel = mgx_channel_alloc(desc);
	if (!channel)
		return ERR_PTR(-ENOMEM);
	channel->id = id;
	rc = kobject_add(&channel->kobj, mgx_channels_kobj, "%d", id);
	if (rc) {
		kobject_put(&channel->kobj);
		return ERR_PTR(rc);
	}
	mgx_channel_ids |= BIT_ULL(id);
	rcu_assign_pointer(mgx_channels[id], channel);
	mgx_channel_top = max(mgx_channel_top, id + 1U);
	mgx_channel_tell(channel, MGX_CHANNEL_CAME);
	return channel;
}

/**
 * mgx_channel_register() - offer a channel to policies
 * @desc: the channel; copied
 *
 * Its id is the lowest that is free. Jobs can come before this returns.
 *
 * Context: process, may sleep.
 * Return: the channel, or an ERR_PTR(): -EINVAL for a description that cannot
 * be, -EEXIST for a name that is in use, -ENOSPC, -ENOMEM.
 */
struct mgx_channel *mgx_channel_register(const struct mgx_channel_desc *desc)
{
	struct mgx_channel *channel;
	int rc = mgx_channel_check(desc);

	if (!rc && desc->kind == MGX_KIND_CALLER && mgx_channel_count())
		rc = -EINVAL;
	if (rc) {
		pr_warn("channel %s refused: its description is not valid: see mgx_channel.h\n",
			desc->name && desc->name[0] ? desc->name : "?");
		return ERR_PTR(rc);
	}
	mutex_lock(&mgx_channel_mutex);
	channel = mgx_channel_add(desc);
	mutex_unlock(&mgx_channel_mutex);
	if (IS_ERR(channel))
		pr_warn("channel %s refused (%pe)\n", desc->name, channel);
	return channel;
}
EXPORT_SYMBOL_GPL(mgx_channel_register);

/*
 * A driver that leaves while its engine may still copy: the folios are never
 * freed. That costs memory, but no data (rule 4).
 */
static void mgx_channel_abandon(struct mgx_channel *channel)
{
	bool stopped;

	mgx_channel_wait_starting(channel);
	mutex_lock(&channel->switching);
	stopped = mgx_channel_stopped(channel);
	mutex_unlock(&channel->switching);
	if (stopped)
		return;
	pr_warn("channel %s leaves without having stopped: memory it may still use is not freed\n",
		channel->name);
	mgx_event(limbo_leaked);
}

/**
 * mgx_channel_unregister() - take a channel away
 * @channel: one that mgx_channel_register() returned
 *
 * Waits for the calls that use it. Afterwards the driver's functions are not
 * called any more, and the driver calls mgx_job_done() no more, unless it holds a
 * reference of @channel's kobject: what it never ends is in memory that is never
 * freed.
 *
 * Context: process, may sleep.
 */
void mgx_channel_unregister(struct mgx_channel *channel)
{
	spin_lock_irq(&channel->lock);
	channel->state = MGX_CHANNEL_GONE;
	mgx_channel_tell(channel, MGX_CHANNEL_WENT);
	spin_unlock_irq(&channel->lock);
	mutex_lock(&mgx_channel_mutex);
	rcu_assign_pointer(mgx_channels[channel->id], NULL);
	mutex_unlock(&mgx_channel_mutex);
	synchronize_srcu(&mgx_srcu);
	cancel_delayed_work_sync(&channel->probe);
	mgx_channel_abandon(channel);
	/* Who ended the last job may still hold the lock, or let go of folios. */
	spin_lock_irq(&channel->lock);
	spin_unlock_irq(&channel->lock);
	mgx_channel_wait_starting(channel);
	kobject_del(&channel->kobj);
	mutex_lock(&mgx_channel_mutex);
	mgx_channel_ids &= ~BIT_ULL(channel->id);
	mutex_unlock(&mgx_channel_mutex);
	kobject_put(&channel->kobj);
}
EXPORT_SYMBOL_GPL(mgx_channel_unregister);

/**
 * mgx_channel_init() - make the registry, with the calling CPU in it
 * @parent: directory in sysfs
 *
 * Context: module initialisation.
 * Return: 0 or a negative errno.
 */
int mgx_channel_init(struct kobject *parent)
{
	const struct mgx_channel_desc caller = {
		.name = "caller",
		.kind = MGX_KIND_CALLER,
		.nid = NUMA_NO_NODE,
	};
	struct mgx_channel *channel;

	mgx_channels_kobj = kobject_create_and_add("channels", parent);
	if (!mgx_channels_kobj)
		return -ENOMEM;
	channel = mgx_channel_register(&caller);
	if (IS_ERR(channel)) {
		kobject_put(mgx_channels_kobj);
		return PTR_ERR(channel);
	}
	return 0;
}

/**
 * mgx_channel_exit() - undo mgx_channel_init(); drivers have left
 */
void mgx_channel_exit(void)
{
	mgx_channel_unregister(rcu_dereference_protected(mgx_channels[0], 1));
	kobject_put(mgx_channels_kobj);
}
