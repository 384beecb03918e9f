// SPDX-License-Identifier: GPL-2.0-only
/*
 * event.c - counters. Each is true without any daemon.
 */
#include "mgx.h"

DEFINE_PER_CPU(u64[MGX_NR_EVENTS], mgx_events);
static DEFINE_PER_CPU(u64[MGX_NR_REASONS], mgx_reason_pages);

#define MGX_EVENT_NAME(name, desc) #name,
static const char *const mgx_event_names[] = { MGX_EVENTS(MGX_EVENT_NAME) };

/**
 * mgx_event_name() - the name of an event, as in sysfs
 * @event: which one
 */
const char *mgx_event_name(enum mgx_event event)
{
	return mgx_event_names[event];
}

/**
 * mgx_event_sum() - how often an event happened since the module was loaded
 * @event: which one
 */
u64 mgx_event_sum(enum mgx_event event)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu(mgx_events[event], cpu);
	return sum;
}

/**
 * mgx_reason_sum() - base pages in batches that were shown to policies
 * @reason: &enum mgx_reason
 */
u64 mgx_reason_sum(u32 reason)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu(mgx_reason_pages[reason], cpu);
	return sum;
}

/**
 * mgx_reason_add() - count pages shown to a policy
 * @reason: &enum mgx_reason; a reason that only a newer kernel has is ignored
 * @pages: base pages
 */
void mgx_reason_add(u32 reason, u64 pages)
{
	if (reason < MGX_NR_REASONS)
		this_cpu_add(mgx_reason_pages[reason], pages);
}

/**
 * mgx_count_flush() - add a call's events to this CPU's counters
 * @ctx: context of the call, its counters are 0 afterwards
 */
void mgx_count_flush(struct mgx_ctx *ctx)
{
	int i;

	for (i = 0; i < MGX_NR_EVENTS; i++) {
		if (!ctx->count[i])
			continue;
		this_cpu_add(mgx_events[i], ctx->count[i]);
		ctx->count[i] = 0;
	}
}
