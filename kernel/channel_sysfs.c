// SPDX-License-Identifier: GPL-2.0-only
/*
 * channel_sysfs.c - /sys/kernel/migrate_ext/channels/<id>/: one value a file,
 * but for the two tables, latency and initiators, and stat, which has all values.
 */
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "mgx.h"

static const char *const mgx_kind_names[] = MGX_KIND_NAMES;
static const char *const mgx_state_names[] = MGX_STATE_NAMES;
static const char *const mgx_verify_names[] = MGX_VERIFY_NAMES;

struct mgx_channel_attr {
	struct attribute attr;
	ssize_t (*show)(struct mgx_channel *channel, char *buf);
	ssize_t (*store)(struct mgx_channel *channel, const char *buf,
			 size_t len);
};

#define MGX_CHANNEL_ATTR(file, perm, to_show, to_store)       \
	static struct mgx_channel_attr mgx_channel_##file = { \
		.attr = { .name = #file, .mode = perm },      \
		.show = to_show,                              \
		.store = to_store,                            \
	}

#define MGX_CHANNEL_SHOW(file, fmt, value)                                 \
	static ssize_t file##_show(struct mgx_channel *channel, char *buf) \
	{                                                                  \
		return sysfs_emit(buf, fmt "\n", value);                   \
	}                                                                  \
	MGX_CHANNEL_ATTR(file, 0444, file##_show, NULL)

static u64 mgx_channel_count_of(struct mgx_channel *channel, size_t offset)
{
	struct mgx_channel_stats sum;

	mgx_channel_sum(channel, &sum);
	return *(u64 *)((void *)&sum + offset);
}

#define MGX_CHANNEL_STAT(file)                 \
	MGX_CHANNEL_SHOW(file, "%llu",         \
			 mgx_channel_count_of( \
				 channel,      \
				 offsetof(struct mgx_channel_stats, file)))

/* "caller", "cpu", "dmaengine" or "native" */
MGX_CHANNEL_SHOW(kind, "%s", mgx_kind_names[channel->desc.kind]);
/* the driver's name for it */
MGX_CHANNEL_SHOW(name, "%s", channel->name);
/* NUMA node it is on, -1 for all or none */
MGX_CHANNEL_SHOW(node, "%d", channel->desc.nid);
/* jobs it takes at once, of all calls */
MGX_CHANNEL_SHOW(credits, "%u", channel->desc.credits);
/* of these, jobs of one call */
MGX_CHANNEL_SHOW(depth, "%u", READ_ONCE(channel->depth));
/* bytes it was given and has not reported */
MGX_CHANNEL_SHOW(inflight, "%llu", READ_ONCE(channel->inflight));
/* jobs that its driver had no room for */
MGX_CHANNEL_SHOW(refused, "%llu", READ_ONCE(channel->refused));
/* moving average of a job's time, nanoseconds */
MGX_CHANNEL_SHOW(ewma_ns, "%llu", READ_ONCE(channel->ewma_ns));
/* moving average of a job's bandwidth, MB/s */
MGX_CHANNEL_SHOW(ewma_mbps, "%llu", READ_ONCE(channel->ewma_mbps));
/* time that half of the latest jobs did not exceed, nanoseconds */
MGX_CHANNEL_SHOW(p50_ns, "%llu", READ_ONCE(channel->p50_ns));
/* time that 99 in 100 of the latest jobs did not exceed, nanoseconds */
MGX_CHANNEL_SHOW(p99_ns, "%llu", READ_ONCE(channel->p99_ns));
/* jobs done */
MGX_CHANNEL_STAT(copies);
/* bytes copied */
MGX_CHANNEL_STAT(bytes);
/* jobs that ended with an error */
MGX_CHANNEL_STAT(errors);
/* sum of the jobs' times, nanoseconds */
MGX_CHANNEL_STAT(ns);
/* processor time its threads took, nanoseconds */
MGX_CHANNEL_STAT(cpu_ns);

static ssize_t state_show(struct mgx_channel *channel, char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  mgx_state_names[READ_ONCE(channel->state)]);
}

/* "offline" takes an engine out; "up" puts it back, also out of quarantine. */
static ssize_t state_store(struct mgx_channel *channel, const char *buf,
			   size_t len)
{
	int rc;

	if (sysfs_streq(buf, mgx_state_names[MGX_CHANNEL_UP]))
		rc = mgx_channel_switch(channel, true);
	else if (sysfs_streq(buf, mgx_state_names[MGX_CHANNEL_OFFLINE]))
		rc = mgx_channel_switch(channel, false);
	else
		rc = -EINVAL;
	return rc ?: len;
}

static ssize_t verify_show(struct mgx_channel *channel, char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  mgx_verify_names[READ_ONCE(channel->verify)]);
}

/* "off", "sampled" or "full": whether its copies are compared */
static ssize_t verify_store(struct mgx_channel *channel, const char *buf,
			    size_t len)
{
	int mode = sysfs_match_string(mgx_verify_names, buf);

	if (mode < 0)
		return mode;
	WRITE_ONCE(channel->verify, mode);
	return len;
}

/* A line a bucket: the lowest time in it, nanoseconds, and how many jobs. */
static ssize_t latency_show(struct mgx_channel *channel, char *buf)
{
	int len = 0;
	u32 i;

	for (i = 0; i < MGX_HIST_BUCKETS; i++) {
		u64 count = READ_ONCE(channel->hist[i]);

		if (count)
			len += sysfs_emit_at(buf, len, "%llu %llu\n",
					     mgx_hist_floor(i), count);
	}
	return len;
}

/*
 * Processes for which its threads worked: process id, nanoseconds, bytes. The
 * MGX_USERS that took most, as far as is known.
 */
static ssize_t initiators_show(struct mgx_channel *channel, char *buf)
{
	struct mgx_user user[MGX_USERS];
	int i, len = 0;

	spin_lock_irq(&channel->lock);
	memcpy(user, channel->user, sizeof(user));
	spin_unlock_irq(&channel->lock);
	for (i = 0; i < MGX_USERS; i++)
		if (user[i].cpu_ns)
			len += sysfs_emit_at(buf, len, "%d %llu %llu\n",
					     user[i].tgid, user[i].cpu_ns,
					     user[i].bytes);
	return len;
}

MGX_CHANNEL_ATTR(state, 0644, state_show, state_store);
MGX_CHANNEL_ATTR(verify, 0644, verify_show, verify_store);
MGX_CHANNEL_ATTR(latency, 0444, latency_show, NULL);
MGX_CHANNEL_ATTR(initiators, 0444, initiators_show, NULL);

static ssize_t stat_show(struct mgx_channel *channel, char *buf);

MGX_CHANNEL_ATTR(stat, 0444, stat_show, NULL);

static struct attribute *mgx_channel_attrs[] = {
	&mgx_channel_kind.attr,	   &mgx_channel_name.attr,
	&mgx_channel_node.attr,	   &mgx_channel_state.attr,
	&mgx_channel_verify.attr,  &mgx_channel_credits.attr,
	&mgx_channel_depth.attr,   &mgx_channel_inflight.attr,
	&mgx_channel_refused.attr, &mgx_channel_copies.attr,
	&mgx_channel_bytes.attr,   &mgx_channel_errors.attr,
	&mgx_channel_ns.attr,	   &mgx_channel_cpu_ns.attr,
	&mgx_channel_ewma_ns.attr, &mgx_channel_ewma_mbps.attr,
	&mgx_channel_p50_ns.attr,  &mgx_channel_p99_ns.attr,
	&mgx_channel_latency.attr, &mgx_channel_initiators.attr,
	&mgx_channel_stat.attr,	   NULL,
};

/* Files that say nothing about the calling CPU are not there for it. */
static umode_t mgx_channel_visible(struct kobject *kobj, struct attribute *attr,
				   int n)
{
	struct mgx_channel *channel =
		container_of(kobj, struct mgx_channel, kobj);
	u32 kind = channel->desc.kind;

	if (attr == &mgx_channel_cpu_ns.attr ||
	    attr == &mgx_channel_initiators.attr)
		return kind == MGX_KIND_CPU ? attr->mode : 0;
	if (kind != MGX_KIND_CALLER)
		return attr->mode;
	if (attr == &mgx_channel_state.attr)
		return attr->mode;
	return attr == &mgx_channel_kind.attr ||
			       attr == &mgx_channel_name.attr ||
			       attr == &mgx_channel_node.attr ||
			       attr == &mgx_channel_copies.attr ||
			       attr == &mgx_channel_bytes.attr ||
			       attr == &mgx_channel_errors.attr ||
			       attr == &mgx_channel_ns.attr ||
			       attr == &mgx_channel_stat.attr ?
		       attr->mode :
		       0;
}

static bool mgx_channel_is_value(struct mgx_channel *channel,
				 struct attribute *attr, int n)
{
	return attr != &mgx_channel_stat.attr &&
	       attr != &mgx_channel_latency.attr &&
	       attr != &mgx_channel_initiators.attr &&
	       mgx_channel_visible(&channel->kobj, attr, n);
}

/* All files of one value in one read: a line a file, its name and its value. */
static ssize_t stat_show(struct mgx_channel *channel, char *buf)
{
	char *value = (char *)__get_free_page(GFP_KERNEL);
	struct mgx_channel_attr *attr;
	int i, len = 0;

	if (!value)
		return -ENOMEM;
	for (i = 0; mgx_channel_attrs[i]; i++) {
		if (!mgx_channel_is_value(channel, mgx_channel_attrs[i], i))
			continue;
		attr = container_of(mgx_channel_attrs[i],
				    struct mgx_channel_attr, attr);
		attr->show(channel, value);
		len += mgx_stat_add(buf, len, "", attr->attr.name, value);
	}
	free_page((unsigned long)value);
	return len;
}

static const struct attribute_group mgx_channel_group = {
	.attrs = mgx_channel_attrs,
	.is_visible = mgx_channel_visible,
};

const struct attribute_group *mgx_channel_groups[] = {
	&mgx_channel_group,
	NULL,
};

static ssize_t mgx_channel_attr_show(struct kobject *kobj,
				     struct attribute *attr, char *buf)
{
	return container_of(attr, struct mgx_channel_attr, attr)
		->show(container_of(kobj, struct mgx_channel, kobj), buf);
}

static ssize_t mgx_channel_attr_store(struct kobject *kobj,
				      struct attribute *attr, const char *buf,
				      size_t len)
{
	return container_of(attr, struct mgx_channel_attr, attr)
		->store(container_of(kobj, struct mgx_channel, kobj), buf, len);
}

const struct sysfs_ops mgx_channel_sysfs_ops = {
	.show = mgx_channel_attr_show,
	.store = mgx_channel_attr_store,
};
