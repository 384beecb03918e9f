// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_poll.c - a native driver without an engine: start() puts a job on a list, and
 * who waits for it copies it, in poll(). Test-only: what a batch costs beyond the
 * copy, copy_ns subtracted, is then migrate_ext's own share, with no thread, no
 * interrupt and no ring in it. For policies that poll for as long as it takes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/highmem.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "mgx_channel.h"

#define POLL_CREDITS 16

static unsigned int channels = 1;
module_param(channels, uint, 0444);
MODULE_PARM_DESC(channels, "how many");

static unsigned long copy_ns;
module_param(copy_ns, ulong, 0444);
MODULE_PARM_DESC(copy_ns, "time that copies took so far, of all channels");

/**
 * struct poll_channel - a channel of this driver
 * @channel: it
 * @lock: protects @jobs
 * @jobs: started and not done, a ring
 * @head: the oldest of them
 * @nr: how many
 */
struct poll_channel {
	struct mgx_channel *channel;
	spinlock_t lock; /* see above */
	struct mgx_job *jobs[POLL_CREDITS];
	u32 head;
	u32 nr;
};

static struct poll_channel poll_channels[MGX_MAX_CHANNELS];

static int poll_start(struct mgx_channel *channel, struct mgx_job *job)
{
	struct poll_channel *mine = mgx_channel_priv(channel);
	unsigned long flags;
	int rc = 0;

	spin_lock_irqsave(&mine->lock, flags);
	if (mine->nr == POLL_CREDITS)
		rc = -EAGAIN;
	else
		mine->jobs[(mine->head + mine->nr++) % POLL_CREDITS] = job;
	spin_unlock_irqrestore(&mine->lock, flags);
	return rc;
}

static struct mgx_job *poll_next(struct poll_channel *mine)
{
	struct mgx_job *job = NULL;
	unsigned long flags;

	spin_lock_irqsave(&mine->lock, flags);
	if (mine->nr) {
		job = mine->jobs[mine->head];
		mine->head = (mine->head + 1) % POLL_CREDITS;
		mine->nr--;
	}
	spin_unlock_irqrestore(&mine->lock, flags);
	return job;
}

static int poll_copy(const struct mgx_job *job)
{
	int rc = 0;
	u32 i, page;

	for (i = 0; i < job->nr; i++)
		for (page = 0; page < job->seg[i].len >> PAGE_SHIFT; page++)
			rc |= copy_mc_highpage(job->seg[i].dst + page,
					       job->seg[i].src + page);
	return rc ? -EIO : 0;
}

/* A job that mgx_job_done() starts is done here, too. */
static void poll_poll(struct mgx_channel *channel)
{
	struct poll_channel *mine = mgx_channel_priv(channel);
	struct mgx_job *job;

	while ((job = poll_next(mine))) {
		u64 start = ktime_get_ns();
		int rc = poll_copy(job);

		WRITE_ONCE(copy_ns, copy_ns + ktime_get_ns() - start);
		mgx_job_done(job, rc ? 0 : job->bytes, rc);
	}
}

static const struct mgx_channel_ops poll_ops = {
	.start = poll_start,
	.poll = poll_poll,
};

static int poll_add(struct poll_channel *mine, unsigned int nr)
{
	char name[16];
	const struct mgx_channel_desc desc = {
		.name = name,
		.kind = MGX_KIND_NATIVE,
		.nid = NUMA_NO_NODE,
		.credits = POLL_CREDITS,
		.ops = &poll_ops,
		.priv = mine,
	};

	snprintf(name, sizeof(name), "poll%u", nr);
	spin_lock_init(&mine->lock);
	mine->channel = mgx_channel_register(&desc);
	return PTR_ERR_OR_ZERO(mine->channel);
}

static void poll_remove(unsigned int nr)
{
	while (nr--)
		mgx_channel_unregister(poll_channels[nr].channel);
}

static int __init poll_init(void)
{
	unsigned int nr;
	int rc;

	if (!channels || channels > MGX_MAX_CHANNELS) {
		pr_err("channels=%u is refused: 1 to %u\n", channels,
		       MGX_MAX_CHANNELS);
		return -ERANGE;
	}
	for (nr = 0; nr < channels; nr++) {
		rc = poll_add(&poll_channels[nr], nr);
		if (rc) {
			poll_remove(nr);
			return rc;
		}
	}
	return 0;
}

static void __exit poll_exit(void)
{
	poll_remove(channels);
}

module_init(poll_init);
module_exit(poll_exit);

MODULE_DESCRIPTION("A driver whose copies are made by who waits for them");
MODULE_LICENSE("GPL");
