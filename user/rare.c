// SPDX-License-Identifier: GPL-2.0-only
/*
 * rare.c - what does not happen in each sample: from the difference of two.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "rare.h"
#include "util.h"

/**
 * struct teller - what is told about
 * @before: the sample before
 * @now: this one
 * @fn: whom it is told
 * @arg: for @fn
 */
struct teller {
	const struct sample *before, *now;
	rare_fn fn;
	void *arg;
};

static const struct {
	enum mgx_event event;
	const char *severity, *text;
} counters[] = {
	{ MGX_EV_folios_redone, "warn",
	  "folios a channel failed on, copied by the kernel" },
	{ MGX_EV_folios_limbo, "bad",
	  "folios given up: an engine may still write to them" },
	{ MGX_EV_limbo_released, "info",
	  "pieces in limbo let go: the engine has stopped" },
	{ MGX_EV_limbo_leaked, "bad", "channels left without having stopped" },
	{ MGX_EV_late_jobs, "warn", "jobs ended after they were given up" },
	{ MGX_EV_bad_reports, "bad", "completions that cannot be" },
	{ MGX_EV_channel_failed, "bad", "channels put into quarantine" },
	{ MGX_EV_channel_recovered, "info", "channels back from quarantine" },
	{ MGX_EV_verify_failed, "bad",
	  "pieces reported as copied that were not" },
	{ MGX_EV_poison, "warn", "folios with a machine check in the source" },
	{ MGX_EV_submit_refused, "warn", "submissions refused" },
	{ MGX_EV_kfunc_misuse, "warn", "kfuncs called from the wrong member" },
};

static struct rare rare_init(const struct teller *teller, const char *kind,
			     const char *severity)
{
	return (struct rare){
		.time_ms = teller->now->time_ms,
		.kind = kind,
		.severity = severity,
		.channel = RARE_NO_CHANNEL,
	};
}

static void __printf(3, 4) tell(const struct teller *teller, struct rare *rare,
				const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(rare->text, sizeof(rare->text), format, args);
	va_end(args);
	teller->fn(rare, teller->arg);
}

static void tell_counters(const struct teller *teller)
{
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
		enum mgx_event event = counters[i].event;
		__u64 n = teller->now->events[event] -
			  teller->before->events[event];
		struct rare rare = rare_init(teller, sample_event_names[event],
					     counters[i].severity);

		if (teller->now->events[event] <= teller->before->events[event])
			continue;
		rare.count = n;
		tell(teller, &rare, "%llu %s", (unsigned long long)n,
		     counters[i].text);
	}
}

static void tell_module(const struct teller *teller)
{
	struct rare rare = rare_init(
		teller, teller->now->loaded ? "module_loaded" : "module_gone",
		"info");

	if (teller->now->loaded)
		tell(teller, &rare, "the module %s is loaded",
		     teller->now->version);
	else
		tell(teller, &rare, "the module is gone");
}

static void tell_end(const struct teller *teller, const char *policy,
		     const char *kind, const char *message)
{
	bool bad = !strncmp(kind, "error", strlen("error"));
	struct rare rare =
		rare_init(teller, "policy_ended", bad ? "bad" : "info");

	snprintf(rare.policy, sizeof(rare.policy), "%s", policy);
	tell(teller, &rare, "policy %s ended: %s%s%s", policy, kind,
	     *message ? ": " : "", message);
}

static bool was_active(const struct sample *sample)
{
	return !strcmp(sample->state, "active");
}

static bool counted(const struct teller *teller, enum mgx_event event)
{
	return teller->now->events[event] != teller->before->events[event];
}

/* The other one is in charge, but the report of this one's end may be to come. */
static bool was_swapped(const struct teller *teller)
{
	return was_active(teller->before) && was_active(teller->now) &&
	       counted(teller, MGX_EV_policy_swapped) &&
	       !counted(teller, MGX_EV_policy_attached) &&
	       !counted(teller, MGX_EV_policy_ejected);
}

static bool has_ended(const struct sample *before, const struct sample *now)
{
	bool changed = before->enable_seq != now->enable_seq;
	bool was_there = was_active(before) || before->ending;

	if (now->ending)
		return false;
	return was_active(now) ? was_there && changed : was_there || changed;
}

static void tell_policy(const struct teller *teller)
{
	const struct sample *before = teller->before, *now = teller->now;
	bool changed = before->enable_seq != now->enable_seq;

	if (was_swapped(teller))
		tell_end(teller, before->policy, "replaced", "");
	else if (has_ended(before, now))
		tell_end(teller, now->exit_policy, now->exit_kind,
			 now->exit_message);
	if (changed && was_active(now)) {
		struct rare rare = rare_init(teller, "policy_attached", "info");

		snprintf(rare.policy, sizeof(rare.policy), "%s", now->policy);
		tell(teller, &rare, "policy %s is in charge", now->policy);
	}
	if (now->nr_rejected > before->nr_rejected) {
		struct rare rare = rare_init(teller, "policy_refused", "warn");

		rare.count = now->nr_rejected - before->nr_rejected;
		tell(teller, &rare, "a policy was refused: %s",
		     now->reject_reason);
	}
}

static const struct sample_channel *find(const struct sample *sample, __u64 id,
					 const char *name)
{
	for (int i = 0; i < sample->nr_channels; i++)
		if (sample->channel[i].id == id &&
		    !strcmp(sample->channel[i].name, name))
			return &sample->channel[i];
	return NULL;
}

static const char *state_severity(const char *state)
{
	if (!strcmp(state, "failed"))
		return "bad";
	return strcmp(state, "gone") ? "info" : "warn";
}

static void tell_channel(const struct teller *teller,
			 const struct sample_channel *before,
			 const struct sample_channel *now)
{
	if (strcmp(before->state, now->state)) {
		struct rare rare = rare_init(teller, "channel_state",
					     state_severity(now->state));

		rare.channel = now->id;
		tell(teller, &rare, "channel %llu (%s) is %s, was %s",
		     (unsigned long long)now->id, now->name, now->state,
		     before->state);
	}
	if (now->errors > before->errors) {
		struct rare rare = rare_init(teller, "channel_errors", "warn");

		rare.channel = now->id;
		rare.count = now->errors - before->errors;
		tell(teller, &rare, "channel %llu (%s): %llu jobs failed",
		     (unsigned long long)now->id, now->name,
		     (unsigned long long)rare.count);
	}
}

/* Channels of @of that @other does not have. */
static void tell_missing(const struct teller *teller, const struct sample *of,
			 const struct sample *other, const char *kind,
			 const char *what)
{
	for (int i = 0; i < of->nr_channels; i++) {
		const struct sample_channel *channel = &of->channel[i];
		struct rare rare = rare_init(teller, kind, "info");

		if (find(other, channel->id, channel->name))
			continue;
		rare.channel = channel->id;
		tell(teller, &rare, "channel %llu (%s, %s) %s",
		     (unsigned long long)channel->id, channel->name,
		     channel->kind, what);
	}
}

static void tell_channels(const struct teller *teller)
{
	const struct sample *before = teller->before, *now = teller->now;

	tell_missing(teller, before, now, "channel_gone", "has gone");
	tell_missing(teller, now, before, "channel_came", "came");
	for (int i = 0; i < now->nr_channels; i++) {
		const struct sample_channel *channel = &now->channel[i];
		const struct sample_channel *old =
			find(before, channel->id, channel->name);

		if (old)
			tell_channel(teller, old, channel);
	}
}

void rare_derive(const struct sample *before, const struct sample *now,
		 rare_fn fn, void *arg)
{
	struct teller teller = { before, now, fn, arg };

	if (before->loaded != now->loaded)
		tell_module(&teller);
	if (before->epoch != now->epoch || !before->loaded || !now->loaded)
		return;
	tell_policy(&teller);
	tell_channels(&teller);
	tell_counters(&teller);
}

static void put_optional(struct json_object *tree, const char *key, bool there,
			 __u64 value)
{
	if (there)
		put_u64(tree, key, value);
	else
		put_string(tree, key, NULL);
}

struct json_object *rare_to_json(const struct rare *rare)
{
	struct json_object *tree = json_object_new_object();

	put_u64(tree, "format", SAMPLE_FORMAT);
	put_u64(tree, "id", rare->id);
	put_u64(tree, "time_ms", rare->time_ms);
	put_string(tree, "kind", rare->kind);
	put_string(tree, "severity", rare->severity);
	put_string(tree, "text", rare->text);
	put_string(tree, "policy", *rare->policy ? rare->policy : NULL);
	put_optional(tree, "channel", rare->channel != RARE_NO_CHANNEL,
		     rare->channel);
	put_optional(tree, "count", rare->count, rare->count);
	return tree;
}
