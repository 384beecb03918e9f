// SPDX-License-Identifier: GPL-2.0-only
/*
 * channel.c - who copies. So far: the CPU that called migrate_pages().
 */
#include "mgx.h"

static DEFINE_PER_CPU(struct mgx_channel_stats, mgx_caller_stats);

/**
 * mgx_channel_count() - channels that exist; their ids are below
 */
u32 mgx_channel_count(void)
{
	return 1;
}

/**
 * mgx_channel_account() - add a share to a channel's figures
 * @channel: who copied
 * @done: what
 *
 * Context: any. Touches only this CPU's counters.
 */
void mgx_channel_account(u32 channel, const struct mgx_done *done)
{
	this_cpu_inc(mgx_caller_stats.copies);
	this_cpu_add(mgx_caller_stats.bytes, done->bytes);
	if (done->status)
		this_cpu_inc(mgx_caller_stats.errors);
	this_cpu_add(mgx_caller_stats.ns, done->ns);
}

/**
 * mgx_channel_sum() - what a channel has done since the module was loaded
 * @channel: which one
 * @sum: filled
 */
void mgx_channel_sum(u32 channel, struct mgx_channel_stats *sum)
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
