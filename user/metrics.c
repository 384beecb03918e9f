// SPDX-License-Identifier: GPL-2.0-only
/*
 * metrics.c - a sample as text for Prometheus.
 *
 * Histograms are log-linear with four buckets per power of two; Prometheus
 * gets one per power of two: a series a bucket is dear there.
 */
#include <stdarg.h>
#include <string.h>

#include "metrics.h"
#include "util.h"

#define NS	     1e9
#define FIRST_OCTAVE 8	/* buckets begin at 1 us or so, */
#define LAST_OCTAVE  30 /* and end at 4 s or so */
#define LABELS_LEN   512

static void head(FILE *file, const char *name, const char *type,
		 const char *help)
{
	fprintf(file, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put(FILE *file, const char *name, const char *labels, __u64 value)
{
	fprintf(file, "%s%s%s%s %llu\n", name, *labels ? "{" : "", labels,
		*labels ? "}" : "", (unsigned long long)value);
}

static void put_seconds(FILE *file, const char *name, const char *labels,
			__u64 ns)
{
	fprintf(file, "%s{%s} %.9f\n", name, labels, ns / NS);
}

/* A label's value: backslash, quote and newline have to be escaped. */
static const char *escape(const char *text, char *out, size_t size)
{
	size_t n = 0;

	for (; *text && n + 3 < size; text++) {
		if (*text == '\\' || *text == '"' || *text == '\n')
			out[n++] = '\\';
		out[n++] = *text == '\n' ? 'n' : *text;
	}
	out[n] = '\0';
	return out;
}

static __u64 hist_at(const __u64 *wide, const __u32 *narrow, int bucket)
{
	return wide ? wide[bucket] : narrow[bucket];
}

/* One of @wide and @narrow is the histogram. */
static void put_hist(FILE *file, const char *name, const char *labels,
		     const __u64 *wide, const __u32 *narrow, __u64 ns)
{
	__u64 sum = 0;
	int bucket = 0;

	for (int octave = FIRST_OCTAVE; octave <= LAST_OCTAVE; octave++) {
		int end = octave << MGX_HIST_BITS;

		for (; bucket < end; bucket++)
			sum += hist_at(wide, narrow, bucket);
		fprintf(file, "%s_bucket{%s,le=\"%.9g\"} %llu\n", name, labels,
			mgx_hist_floor(end) / NS, (unsigned long long)sum);
	}
	for (; bucket < MGX_HIST_BUCKETS; bucket++)
		sum += hist_at(wide, narrow, bucket);
	fprintf(file, "%s_bucket{%s,le=\"+Inf\"} %llu\n", name, labels,
		(unsigned long long)sum);
	fprintf(file, "%s_sum{%s} %.9f\n", name, labels, ns / NS);
	fprintf(file, "%s_count{%s} %llu\n", name, labels,
		(unsigned long long)sum);
}

static void print_state(FILE *file, const struct sample *sample)
{
	char labels[LABELS_LEN], policy[96], version[96], kernel[128];

	head(file, "mgx_up", "gauge", "The module migrate_ext is loaded.");
	put(file, "mgx_up", "", sample->loaded);
	head(file, "mgx_info", "gauge", "Versions; the value is always 1.");
	snprintf(labels, sizeof(labels), "kernel=\"%s\",version=\"%s\"",
		 escape(sample->kernel, kernel, sizeof(kernel)),
		 escape(sample->version, version, sizeof(version)));
	put(file, "mgx_info", labels, 1);
	head(file, "mgx_monitor_attached", "gauge",
	     "The monitor counts choices and flows.");
	put(file, "mgx_monitor_attached", "", sample->monitor);
	head(file, "mgx_sample_timestamp_seconds", "gauge",
	     "When these figures were taken.");
	fprintf(file, "mgx_sample_timestamp_seconds %.3f\n",
		sample->time_ms / 1e3);
	head(file, "mgx_policy_active", "gauge",
	     "1 while the policy of that name is in charge.");
	snprintf(labels, sizeof(labels), "policy=\"%s\"",
		 escape(sample->policy, policy, sizeof(policy)));
	put(file, "mgx_policy_active", labels,
	    !strcmp(sample->state, "active"));
}

static void print_policy(FILE *file, const struct sample *sample)
{
	char labels[LABELS_LEN], policy[96];

	head(file, "mgx_policy_attached_total", "counter",
	     "Policies attached since the module was loaded.");
	put(file, "mgx_policy_attached_total", "", sample->enable_seq);
	head(file, "mgx_policy_rejected_total", "counter",
	     "Policies refused since the module was loaded.");
	put(file, "mgx_policy_rejected_total", "", sample->nr_rejected);
	if (!*sample->exit_policy)
		return;
	head(file, "mgx_policy_last_exit", "gauge",
	     "How the last policy ended; the value is its exit code.");
	snprintf(labels, sizeof(labels), "policy=\"%s\",kind=\"%s\"",
		 escape(sample->exit_policy, policy, sizeof(policy)),
		 sample->exit_kind);
	fprintf(file, "mgx_policy_last_exit{%s} %lld\n", labels,
		(long long)sample->exit_code);
}

static void print_totals(FILE *file, const struct sample *sample)
{
	char labels[LABELS_LEN];

	head(file, "mgx_events_total", "counter",
	     "Event counters of the module, see mgxctl events.");
	for (int i = 0; i < MGX_NR_EVENTS; i++) {
		snprintf(labels, sizeof(labels), "event=\"%s\"",
			 sample_event_names[i]);
		put(file, "mgx_events_total", labels, sample->events[i]);
	}
	head(file, "mgx_reason_pages_total", "counter",
	     "Base pages shown to policies.");
	for (int i = 0; i < MGX_NR_REASONS; i++) {
		snprintf(labels, sizeof(labels), "reason=\"%s\"",
			 sample_reason_names[i]);
		put(file, "mgx_reason_pages_total", labels, sample->reasons[i]);
	}
}

static const struct {
	const char *name, *type, *help;
	size_t offset;
	bool ns;
} channel_metrics[] = {
#define METRIC(name, type, member, ns, help) \
	{ name, type, help, offsetof(struct sample_channel, member), ns }
	METRIC("mgx_channel_bytes_total", "counter", bytes, false,
	       "Bytes copied."),
	METRIC("mgx_channel_copies_total", "counter", copies, false,
	       "Jobs done."),
	METRIC("mgx_channel_errors_total", "counter", errors, false,
	       "Jobs that failed."),
	METRIC("mgx_channel_refused_total", "counter", refused, false,
	       "Jobs that its driver had no room for."),
	METRIC("mgx_channel_busy_seconds_total", "counter", ns, true,
	       "Sum of the times of its jobs."),
	METRIC("mgx_channel_cpu_seconds_total", "counter", cpu_ns, true,
	       "Processor time that its threads took."),
	METRIC("mgx_channel_inflight_bytes", "gauge", inflight, false,
	       "Bytes it was given and has not reported."),
	METRIC("mgx_channel_credits", "gauge", credits, false,
	       "Jobs it takes at once."),
#undef METRIC
};

static void channel_labels(const struct sample_channel *channel, char *labels)
{
	char name[136];

	snprintf(labels, LABELS_LEN,
		 "channel=\"%llu\",kind=\"%s\",name=\"%s\",node=\"%lld\"",
		 (unsigned long long)channel->id, channel->kind,
		 escape(channel->name, name, sizeof(name)),
		 (long long)channel->node);
}

static void print_channel_metric(FILE *file, const struct sample *sample,
				 size_t i)
{
	char labels[LABELS_LEN];

	head(file, channel_metrics[i].name, channel_metrics[i].type,
	     channel_metrics[i].help);
	for (int c = 0; c < sample->nr_channels; c++) {
		const struct sample_channel *channel = &sample->channel[c];
		__u64 value = *(const __u64 *)((const char *)channel +
					       channel_metrics[i].offset);

		if (value == SAMPLE_NONE)
			continue;
		channel_labels(channel, labels);
		if (channel_metrics[i].ns)
			put_seconds(file, channel_metrics[i].name, labels,
				    value);
		else
			put(file, channel_metrics[i].name, labels, value);
	}
}

static void print_channels(FILE *file, const struct sample *sample)
{
	char labels[LABELS_LEN];

	for (size_t i = 0; i < ARRAY_SIZE(channel_metrics); i++)
		print_channel_metric(file, sample, i);
	head(file, "mgx_channel_up", "gauge", "The channel takes work.");
	for (int i = 0; i < sample->nr_channels; i++) {
		channel_labels(&sample->channel[i], labels);
		put(file, "mgx_channel_up", labels,
		    !strcmp(sample->channel[i].state, "up"));
	}
	head(file, "mgx_channel_latency_seconds", "histogram",
	     "Times of the channel's jobs that were well.");
	for (int i = 0; i < sample->nr_channels; i++) {
		channel_labels(&sample->channel[i], labels);
		put_hist(file, "mgx_channel_latency_seconds", labels,
			 sample->channel[i].latency, NULL,
			 sample->channel[i].ns);
	}
}

static const char *kind_name(const char *const *names, __u32 nr, __u32 value,
			     char text[16])
{
	snprintf(text, 16, "%u", value);
	return value < nr ? names[value] : text;
}

static void kind_labels(const struct mgx_choice_key *kind, char *labels,
			size_t size)
{
	char reason[16], class[16];

	snprintf(labels, size,
		 "reason=\"%s\",size=\"%s\",src=\"%d\",dst=\"%d\"",
		 kind_name(sample_reason_names, MGX_NR_REASONS, kind->reason,
			   reason),
		 kind_name(sample_size_names, MGX_NR_SIZES, kind->size, class),
		 kind->src_nid, kind->dst_nid);
}

static const struct {
	const char *name, *help;
	size_t offset;
} choice_metrics[] = {
#define METRIC(name, member, help) \
	{ name, help, offsetof(struct mgx_choice, member) }
	METRIC("mgx_batches_total", batches, "Batches shown to a policy."),
	METRIC("mgx_batch_folios_total", folios, "Folios in these batches."),
	METRIC("mgx_batch_held_total", held,
	       "Folios left to the kernel before the policy was asked."),
	METRIC("mgx_batch_bytes_total", bytes, "Bytes in these batches."),
	METRIC("mgx_batch_submits_total", submits, "Submissions granted."),
	METRIC("mgx_batch_refused_total", refused, "Submissions refused."),
	METRIC("mgx_batch_done_total", done,
	       "Batches of which something was submitted and that have ended."),
	METRIC("mgx_batch_copied_bytes_total", copied,
	       "Bytes copied as a policy decided."),
	METRIC("mgx_batch_fallback_bytes_total", fallback,
	       "Bytes of such batches that were left to the kernel."),
	METRIC("mgx_batch_errors_total", errors,
	       "Batches in which a copy failed."),
#undef METRIC
};

static void print_choice_hists(FILE *file, const struct sample *sample)
{
	char labels[LABELS_LEN];

	head(file, "mgx_batch_copy_seconds", "histogram",
	     "Time of the copy of a batch.");
	for (int i = 0; i < sample->nr_choices; i++) {
		const struct sample_choice *choice = &sample->choice[i];

		kind_labels(&choice->key, labels, sizeof(labels));
		put_hist(file, "mgx_batch_copy_seconds", labels, NULL,
			 choice->sum.latency, choice->sum.copy_ns);
	}
	head(file, "mgx_batch_first_folio_seconds", "histogram",
	     "From the batch being ready until its first folio could be mapped.");
	for (int i = 0; i < sample->nr_choices; i++) {
		const struct sample_choice *choice = &sample->choice[i];

		kind_labels(&choice->key, labels, sizeof(labels));
		put_hist(file, "mgx_batch_first_folio_seconds", labels, NULL,
			 choice->sum.first, choice->sum.first_ns);
	}
}

static void print_choices(FILE *file, const struct sample *sample)
{
	char labels[LABELS_LEN];

	for (size_t m = 0; m < ARRAY_SIZE(choice_metrics); m++) {
		head(file, choice_metrics[m].name, "counter",
		     choice_metrics[m].help);
		for (int i = 0; i < sample->nr_choices; i++) {
			const struct sample_choice *choice = &sample->choice[i];

			kind_labels(&choice->key, labels, sizeof(labels));
			put(file, choice_metrics[m].name, labels,
			    *(const __u64 *)((const char *)&choice->sum +
					     choice_metrics[m].offset));
		}
	}
	print_choice_hists(file, sample);
}

static void print_flows(FILE *file, const struct sample *sample)
{
	char labels[LABELS_LEN], kind[LABELS_LEN - 32];

	head(file, "mgx_flow_bytes_total", "counter",
	     "Bytes that a channel copied, by kind of batch.");
	for (int i = 0; i < sample->nr_flows; i++) {
		const struct sample_flow *flow = &sample->flow[i];

		kind_labels(&flow->key.kind, kind, sizeof(kind));
		snprintf(labels, sizeof(labels), "channel=\"%u\",%s",
			 flow->key.channel, kind);
		put(file, "mgx_flow_bytes_total", labels, flow->sum.bytes);
	}
}

void metrics_print(FILE *file, const struct sample *sample)
{
	print_state(file, sample);
	if (!sample->loaded)
		return;
	print_policy(file, sample);
	print_totals(file, sample);
	print_channels(file, sample);
	print_choices(file, sample);
	print_flows(file, sample);
}
