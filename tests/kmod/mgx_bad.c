// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_bad.c - a native driver that does what drivers must not do. Test-only.
 *
 * what=NAME says which: a registration that is refused, then the module is not
 * inserted and the error is that of mgx_channel_register(); or a channel "bad"
 * whose jobs are copied by CPU and end as NAME says.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/workqueue.h>

#include "mgx_channel.h"

#define BAD_CREDITS 8

static char *what = "good";
module_param(what, charp, 0444);
MODULE_PARM_DESC(what, "what is wrong with this driver");

static bool bad_is(const char *name)
{
	return !strcmp(what, name);
}

/* --- jobs ---------------------------------------------------------------------- */

/**
 * struct bad_work - a job that is to be done
 * @work: does it
 * @job: the job
 */
struct bad_work {
	struct work_struct work;
	struct mgx_job *job;
};

static struct bad_work bad_works[BAD_CREDITS];
static struct workqueue_struct *bad_wq;
static struct mgx_channel *bad_channel;

static void bad_copy(const struct mgx_seg *seg)
{
	u32 i;

	for (i = 0; i < seg->len >> PAGE_SHIFT; i++)
		copy_highpage(seg->dst + i, seg->src + i);
}

static void bad_report(struct mgx_job *job)
{
	u64 bytes = job->bytes;

	if (bad_is("more"))
		mgx_job_done(job, bytes + 1, 0);
	else if (bad_is("less"))
		mgx_job_done(job, bytes - 1, 0);
	else if (bad_is("positive"))
		mgx_job_done(job, bytes, 1);
	else if (bad_is("poison"))
		mgx_job_done(job, bytes, -EHWPOISON);
	else
		mgx_job_done(job, bytes, 0);
	if (bad_is("again"))
		mgx_job_done(job, bytes, 0);
}

static void bad_work_fn(struct work_struct *work)
{
	struct mgx_job *job = container_of(work, struct bad_work, work)->job;
	u32 i;

	for (i = 0; i < job->nr; i++)
		bad_copy(&job->seg[i]);
	if (bad_is("fails_one") || bad_is("poison"))
		mgx_job_fail_seg(job, 0);
	bad_report(job);
}

static int bad_start(struct mgx_channel *channel, struct mgx_job *job)
{
	struct bad_work *work = &bad_works[job->index];

	if (bad_is("refuses"))
		return -EIO;
	if (bad_is("says_one"))
		return 1;
	work->job = job;
	queue_work(bad_wq, &work->work);
	return 0;
}

/* --- registrations -------------------------------------------------------------- */

static const struct mgx_channel_ops bad_ops = { .start = bad_start };
static const struct mgx_channel_ops bad_no_ops = {};

static const struct mgx_channel_desc bad_good = {
	.name = "bad",
	.kind = MGX_KIND_NATIVE,
	.nid = NUMA_NO_NODE,
	.credits = BAD_CREDITS,
	.ops = &bad_ops,
};

static void bad_describe(struct mgx_channel_desc *desc)
{
	*desc = bad_good;
	if (bad_is("no_ops"))
		desc->ops = NULL;
	else if (bad_is("no_start"))
		desc->ops = &bad_no_ops;
	else if (bad_is("no_credits"))
		desc->credits = 0;
	else if (bad_is("credits"))
		desc->credits = MGX_MAX_CREDITS + 1;
	else if (bad_is("pieces"))
		desc->max_nr = MGX_JOB_SEGS + 1;
	else if (bad_is("piece"))
		desc->max_seg = 100;
	else if (bad_is("no_name"))
		desc->name = NULL;
	else if (bad_is("bad_name"))
		desc->name = "a/b";
	else if (bad_is("long_name"))
		desc->name = "0123456789abcdef0123456789abcdef";
	else if (bad_is("kind"))
		desc->kind = MGX_NR_KINDS;
	else if (bad_is("caller"))
		desc->kind = MGX_KIND_CALLER;
	else if (bad_is("node"))
		desc->nid = MAX_NUMNODES;
	else if (bad_is("low_node"))
		desc->nid = -2;
}

/* As many as there is room for, and one more. */
static int bad_fill(void)
{
	struct mgx_channel *channel[MGX_MAX_CHANNELS];
	struct mgx_channel_desc desc = bad_good;
	char name[16];
	int rc = 0, nr;

	desc.name = name;
	for (nr = 0; nr < MGX_MAX_CHANNELS; nr++) {
		snprintf(name, sizeof(name), "bad%d", nr);
		channel[nr] = mgx_channel_register(&desc);
		if (IS_ERR(channel[nr])) {
			rc = PTR_ERR(channel[nr]);
			break;
		}
	}
	while (nr--)
		mgx_channel_unregister(channel[nr]);
	return rc;
}

static int bad_twice(void)
{
	struct mgx_channel *second = mgx_channel_register(&bad_good);

	if (!IS_ERR(second)) {
		mgx_channel_unregister(second);
		return 0;
	}
	mgx_channel_unregister(bad_channel);
	/* Some kernels make -EBUSY of an -EEXIST that init() returns. */
	return PTR_ERR(second) == -EEXIST ? -EALREADY : PTR_ERR(second);
}

static int bad_register(void)
{
	struct mgx_channel_desc desc;

	if (bad_is("many"))
		return bad_fill();
	bad_describe(&desc);
	bad_channel = mgx_channel_register(&desc);
	if (IS_ERR(bad_channel))
		return PTR_ERR(bad_channel);
	return bad_is("twice") ? bad_twice() : 0;
}

static int __init bad_init(void)
{
	int i, rc;

	for (i = 0; i < BAD_CREDITS; i++)
		INIT_WORK(&bad_works[i].work, bad_work_fn);
	bad_wq = alloc_workqueue("mgx_bad", WQ_UNBOUND, 0);
	if (!bad_wq)
		return -ENOMEM;
	rc = bad_register();
	if (rc)
		destroy_workqueue(bad_wq);
	return rc;
}

static void __exit bad_exit(void)
{
	mgx_channel_unregister(bad_channel);
	destroy_workqueue(bad_wq);
}

module_init(bad_init);
module_exit(bad_exit);

MODULE_DESCRIPTION("A driver that does what drivers must not do");
MODULE_LICENSE("GPL");
