// SPDX-License-Identifier: GPL-2.0-only
/*
 * notice.c - tells policies that a channel came, went, broke or recovered.
 *
 * That happens under locks, in interrupts, on the path of a migration: it is
 * put into a ring, with the channel's figures, and a worker tells the policy.
 * While no policy listens, nothing is kept.
 */
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "mgx.h"

#define MGX_NOTICES 64

/**
 * struct mgx_notice_item - something that has happened
 * @info: the channel then
 * @event: &enum mgx_channel_event
 */
struct mgx_notice_item {
	struct mgx_channel_info info;
	u32 event;
};

static DEFINE_SPINLOCK(mgx_notice_lock); /* protects what follows */
static struct mgx_notice_item mgx_notice_ring[MGX_NOTICES];
static u32 mgx_notice_head, mgx_notice_tail;

static bool mgx_notice_pop(struct mgx_notice_item *item)
{
	bool any;

	spin_lock_irq(&mgx_notice_lock);
	any = mgx_notice_tail != mgx_notice_head;
	if (any)
		*item = mgx_notice_ring[mgx_notice_tail++ % MGX_NOTICES];
	spin_unlock_irq(&mgx_notice_lock);
	return any;
}

static void mgx_notice_tell(struct mgx_notice_item *item)
{
	int srcu = srcu_read_lock(&mgx_srcu);
	struct mgx_policy *policy = mgx_policy_get();

	if (policy && policy->ops->channel) {
		mgx_policy_channel(policy, &item->info, item->event);
		mgx_event(channel_events);
	}
	srcu_read_unlock(&mgx_srcu, srcu);
}

static void mgx_notice_work(struct work_struct *work)
{
	struct mgx_notice_item item;

	while (mgx_notice_pop(&item))
		mgx_notice_tell(&item);
}

static DECLARE_WORK(mgx_notice_worker, mgx_notice_work);

static bool mgx_notice_push(const struct mgx_channel_info *info, u32 event)
{
	unsigned long flags;
	bool room;

	spin_lock_irqsave(&mgx_notice_lock, flags);
	room = mgx_notice_head - mgx_notice_tail < MGX_NOTICES;
	if (room)
		mgx_notice_ring[mgx_notice_head++ % MGX_NOTICES] =
			(struct mgx_notice_item){ *info, event };
	spin_unlock_irqrestore(&mgx_notice_lock, flags);
	return room;
}

/**
 * mgx_notice() - something has happened to a channel
 * @info: the channel now
 * @event: &enum mgx_channel_event
 *
 * Context: any but NMI, also under a channel's lock.
 */
void mgx_notice(const struct mgx_channel_info *info, u32 event)
{
	if (!mgx_notice_push(info, event))
		mgx_event(channel_events_lost);
	mgx_policy_queue(&mgx_notice_worker);
}
