// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_figures.c - from samples, which have totals, to figures of an interval.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "top_figures.h"
#include "util.h"

static const char *const kind_names[MGX_NR_KINDS] = MGX_KIND_NAMES;

struct figures *figures_new(const char *source)
{
	struct figures *figures = calloc(1, sizeof(*figures));

	if (!figures)
		return NULL;
	figures->before = sample_new();
	if (!figures->before) {
		free(figures);
		return NULL;
	}
	snprintf(figures->source, sizeof(figures->source), "%s", source);
	return figures;
}

void figures_free(struct figures *figures)
{
	if (figures)
		sample_free(figures->before);
	free(figures);
}

const struct top_interval *figures_interval(const struct figures *figures,
					    unsigned int back)
{
	if (back >= figures->nr_history || back >= TOP_HISTORY)
		return NULL;
	return &figures->history[(figures->nr_history - 1 - back) % TOP_HISTORY];
}

double interval_rate(const struct top_interval *interval)
{
	double sum = 0;

	for (int kind = 0; kind < TOP_NR_KINDS; kind++)
		sum += interval->rate[kind];
	return sum;
}

/* --- channels ---------------------------------------------------------------- */

static const struct sample_channel *find_channel(const struct sample *sample,
						 __u64 id)
{
	for (int i = 0; i < sample->nr_channels; i++)
		if (sample->channel[i].id == id)
			return &sample->channel[i];
	return NULL;
}

static __u64 known(__u64 value)
{
	return value == SAMPLE_NONE ? 0 : value;
}

static void channel_take(struct top_channel *to,
			 const struct sample_channel *from)
{
	to->id = from->id;
	snprintf(to->name, sizeof(to->name), "%s", from->name);
	snprintf(to->kind, sizeof(to->kind), "%s", from->kind);
	snprintf(to->state, sizeof(to->state), "%s", from->state);
	to->nid = from->node;
	to->p50_ns = known(from->p50_ns);
	to->p99_ns = known(from->p99_ns);
	to->inflight = known(from->inflight);
	to->errors = known(from->errors);
	to->bytes = known(from->bytes);
	to->rate = 0;
}

static void take_channels(struct figures *figures, const struct sample *sample)
{
	figures->nr_channels = sample->nr_channels;
	for (int i = 0; i < sample->nr_channels; i++)
		channel_take(&figures->channels[i], &sample->channel[i]);
}

static int kind_index(const char *kind)
{
	for (int i = 0; i < MGX_NR_KINDS; i++)
		if (!strcmp(kind, kind_names[i]))
			return i;
	return TOP_KERNEL;
}

/* --- an interval --------------------------------------------------------------- */

/* Totals that went down have begun anew. */
static bool continues(const struct sample *before, const struct sample *now)
{
	if (!before->loaded || !now->loaded || before->epoch != now->epoch ||
	    before->time_ms >= now->time_ms ||
	    before->events[MGX_EV_calls] > now->events[MGX_EV_calls])
		return false;
	for (int i = 0; i < now->nr_channels; i++) {
		const struct sample_channel *was =
			find_channel(before, now->channel[i].id);

		if (was && known(was->bytes) > known(now->channel[i].bytes))
			return false;
	}
	return true;
}

static void interval_channels(struct figures *figures,
			      struct top_interval *interval, double seconds)
{
	for (int i = 0; i < figures->nr_channels; i++) {
		struct top_channel *channel = &figures->channels[i];
		const struct sample_channel *was =
			find_channel(figures->before, channel->id);

		channel->rate =
			(channel->bytes - (was ? known(was->bytes) : 0)) /
			seconds;
		interval->rate[kind_index(channel->kind)] += channel->rate;
	}
}

static void hist_add(__u32 *sum, const struct sample *sample, int sign)
{
	for (int i = 0; i < sample->nr_choices; i++)
		for (int b = 0; b < MGX_HIST_BUCKETS; b++)
			sum[b] += sign * sample->choice[i].sum.latency[b];
}

static __u32 hist_total(const __u32 *hist)
{
	__u32 total = 0;

	for (int b = 0; b < MGX_HIST_BUCKETS; b++)
		total += hist[b];
	return total;
}

static void interval_times(struct top_interval *interval,
			   const struct sample *before,
			   const struct sample *now)
{
	__u32 hist[MGX_HIST_BUCKETS] = { 0 };
	__u32 total;

	hist_add(hist, now, 1);
	hist_add(hist, before, -1);
	total = hist_total(hist);
	interval->p50_ns = mgx_hist_quantile(hist, total, 500);
	interval->p99_ns = mgx_hist_quantile(hist, total, 990);
}

static __u64 went_up(const struct figures *figures, const struct sample *now,
		     enum mgx_event event)
{
	return now->events[event] - figures->before->events[event];
}

/* Of the machine that the sample is of; an old recording does not say. */
static __u64 page_size(const struct sample *sample)
{
	return sample->page_size == SAMPLE_NONE ? 4096 : sample->page_size;
}

static void take_interval(struct figures *figures, const struct sample *now)
{
	struct top_interval *interval =
		&figures->history[figures->nr_history % TOP_HISTORY];
	double seconds = (now->time_ms - figures->before->time_ms) / 1000.0;

	memset(interval, 0, sizeof(*interval));
	interval->time = now->time_ms / 1000.0;
	interval_channels(figures, interval, seconds);
	interval->rate[TOP_KERNEL] =
		went_up(figures, now, MGX_EV_pages_kernel) *
		(double)page_size(now) / seconds;
	interval->batches = went_up(figures, now, MGX_EV_batches) / seconds;
	interval_times(interval, figures->before, now);
	figures->nr_history++;
}

/* --- decisions ------------------------------------------------------------------- */

static void take_decisions(struct figures *figures, const struct sample *now)
{
	memset(figures->decisions, 0, sizeof(figures->decisions));
	for (int i = 0; i < now->nr_choices; i++) {
		const struct sample_choice *choice = &now->choice[i];
		struct top_decision *decision;

		if (choice->key.reason >= MGX_NR_REASONS ||
		    choice->key.size >= MGX_NR_SIZES)
			continue;
		decision =
			&figures->decisions[choice->key.reason * MGX_NR_SIZES +
					    choice->key.size];
		decision->batches += choice->sum.batches;
		decision->bytes += choice->sum.bytes;
		decision->copied += choice->sum.copied;
		for (int b = 0; b < MGX_HIST_BUCKETS; b++)
			decision->latency[b] += choice->sum.latency[b];
	}
	for (int i = 0; i < TOP_DECISIONS; i++)
		figures->decisions[i].p50_ns = mgx_hist_quantile(
			figures->decisions[i].latency,
			hist_total(figures->decisions[i].latency), 500);
}

/* --- what happened --------------------------------------------------------------- */

static void happened(const struct rare *rare, void *arg)
{
	struct figures *figures = arg;

	figures->events[figures->nr_events++ % TOP_EVENTS] = *rare;
}

static bool is_error(const char *exit_kind)
{
	return !strncmp(exit_kind, "error", strlen("error"));
}

/* --- all of it ---------------------------------------------------------------------- */

static void take_policy(struct figures *figures, const struct sample *now)
{
	figures->present = now->loaded;
	figures->monitor = now->monitor;
	snprintf(figures->state, sizeof(figures->state), "%s", now->state);
	snprintf(figures->policy, sizeof(figures->policy), "%s", now->policy);
	figures->ending[0] = '\0';
	figures->ended_badly = is_error(now->exit_kind);
	if (*now->exit_kind && strcmp(now->exit_kind, "none"))
		snprintf(figures->ending, sizeof(figures->ending),
			 "%s ended: %s%s%s", now->exit_policy, now->exit_kind,
			 *now->exit_message ? ": " : "", now->exit_message);
}

void figures_add(struct figures *figures, const struct sample *sample)
{
	bool first = !figures->before->time_ms;

	take_policy(figures, sample);
	take_channels(figures, sample);
	take_decisions(figures, sample);
	if (!first)
		rare_derive(figures->before, sample, happened, figures);
	if (continues(figures->before, sample))
		take_interval(figures, sample);
	sample_copy(figures->before, sample);
}
