// SPDX-License-Identifier: GPL-2.0-only
/*
 * sample.c - samples and their JSON form, as mgxd-api(7) describes it.
 */
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "sample.h"
#include "sample_field.h"
#include "util.h"

#define EVENT_NAME(name, text) #name,
#define EVENT_TEXT(name, text) text,

const char *const sample_event_names[MGX_NR_EVENTS] = { MGX_EVENTS(
	EVENT_NAME) };
const char *const sample_event_texts[MGX_NR_EVENTS] = { MGX_EVENTS(
	EVENT_TEXT) };
const char *const sample_reason_names[MGX_NR_REASONS] = MGX_REASON_NAMES;
const char *const sample_size_names[MGX_NR_SIZES] = MGX_SIZE_NAMES;

/* clang-format off: tables */
static const struct field head_fields[] = {
	FIELD("seq", U64, sample, seq),
	FIELD("epoch", U64, sample, epoch),
	FIELD("time_ms", U64, sample, time_ms),
	FIELD("period_ms", U64, sample, period_ms),
	FIELD("replay", BOOL, sample, replay),
	FIELD("monitor", BOOL, sample, monitor),
	FIELD("kernel", TEXT, sample, kernel),
	FIELD("page_size", U64, sample, page_size),
	{ 0 }
};

static const struct field module_fields[] = {
	FIELD("version", TEXT, sample, version),
	FIELD("interface", U64, sample, interface),
	FIELD("hooks", TEXT, sample, hooks),
	FIELD("reserve", U64, sample, reserve),
	{ 0 }
};

static const struct field policy_fields[] = {
	FIELD("state", TEXT, sample, state),
	FIELD("name", TEXT, sample, policy),
	FIELD("ending", BOOL, sample, ending),
	FIELD("enable_seq", U64, sample, enable_seq),
	FIELD("nr_rejected", U64, sample, nr_rejected),
	FIELD("reject_reason", TEXT, sample, reject_reason),
	{ 0 }
};

static const struct field param_fields[] = {
	FIELD("key", TEXT, sample_param, key),
	FIELD("value", TEXT, sample_param, value),
	{ 0 }
};

static const struct field exit_fields[] = {
	FIELD("policy", TEXT, sample, exit_policy),
	FIELD("kind", TEXT, sample, exit_kind),
	FIELD("code", S64, sample, exit_code),
	FIELD("message", TEXT, sample, exit_message),
	{ 0 }
};

/* The module's files, by their paths. */
const struct field sample_file_fields[] = {
	FIELD("version", TEXT, sample, version),
	FIELD("interface", U64, sample, interface),
	FIELD("hooks", TEXT, sample, hooks),
	FIELD("reserve", U64, sample, reserve),
	FIELD("state", TEXT, sample, state),
	FIELD("ops", TEXT, sample, policy),
	FIELD("enable_seq", U64, sample, enable_seq),
	FIELD("nr_rejected", U64, sample, nr_rejected),
	FIELD("reject_reason", TEXT, sample, reject_reason),
	FIELD("exit/name", TEXT, sample, exit_policy),
	FIELD("exit/kind", TEXT, sample, exit_kind),
	FIELD("exit/code", S64, sample, exit_code),
	FIELD("exit/msg", TEXT, sample, exit_message),
	{ 0 }
};

const struct field sample_channel_fields[] = {
	FIELD("kind", TEXT, sample_channel, kind),
	FIELD("name", TEXT, sample_channel, name),
	FIELD("node", S64, sample_channel, node),
	FIELD("state", TEXT, sample_channel, state),
	FIELD("verify", TEXT, sample_channel, verify),
	FIELD("credits", U64, sample_channel, credits),
	FIELD("depth", U64, sample_channel, depth),
	FIELD("inflight", U64, sample_channel, inflight),
	FIELD("refused", U64, sample_channel, refused),
	FIELD("copies", U64, sample_channel, copies),
	FIELD("bytes", U64, sample_channel, bytes),
	FIELD("errors", U64, sample_channel, errors),
	FIELD("ns", U64, sample_channel, ns),
	FIELD("cpu_ns", U64, sample_channel, cpu_ns),
	FIELD("ewma_ns", U64, sample_channel, ewma_ns),
	FIELD("ewma_mbps", U64, sample_channel, ewma_mbps),
	FIELD("p50_ns", U64, sample_channel, p50_ns),
	FIELD("p99_ns", U64, sample_channel, p99_ns),
	FIELD("latency", HIST64, sample_channel, latency),
	{ 0 }
};

static const struct field choice_fields[] = {
	FIELD("reason", REASON, sample_choice, key.reason),
	FIELD("size", SIZE, sample_choice, key.size),
	FIELD("src", S32, sample_choice, key.src_nid),
	FIELD("dst", S32, sample_choice, key.dst_nid),
	FIELD("batches", U64, sample_choice, sum.batches),
	FIELD("folios", U64, sample_choice, sum.folios),
	FIELD("held", U64, sample_choice, sum.held),
	FIELD("bytes", U64, sample_choice, sum.bytes),
	FIELD("submits", U64, sample_choice, sum.submits),
	FIELD("submit_bytes", U64, sample_choice, sum.submit_bytes),
	FIELD("refused", U64, sample_choice, sum.refused),
	FIELD("done", U64, sample_choice, sum.done),
	FIELD("copied", U64, sample_choice, sum.copied),
	FIELD("fallback", U64, sample_choice, sum.fallback),
	FIELD("errors", U64, sample_choice, sum.errors),
	FIELD("copy_ns", U64, sample_choice, sum.copy_ns),
	FIELD("first_ns", U64, sample_choice, sum.first_ns),
	FIELD("latency", HIST32, sample_choice, sum.latency),
	FIELD("first", HIST32, sample_choice, sum.first),
	{ 0 }
};

static const struct field flow_fields[] = {
	FIELD("channel", U32, sample_flow, key.channel),
	FIELD("reason", REASON, sample_flow, key.kind.reason),
	FIELD("size", SIZE, sample_flow, key.kind.size),
	FIELD("src", S32, sample_flow, key.kind.src_nid),
	FIELD("dst", S32, sample_flow, key.kind.dst_nid),
	FIELD("shares", U64, sample_flow, sum.shares),
	FIELD("bytes", U64, sample_flow, sum.bytes),
	FIELD("ns", U64, sample_flow, sum.ns),
	FIELD("errors", U64, sample_flow, sum.errors),
	FIELD("latency", HIST32, sample_flow, sum.latency),
	{ 0 }
};

/* clang-format on */

struct sample *sample_new(void)
{
	return calloc(1, sizeof(struct sample));
}

void sample_free(struct sample *sample)
{
	free(sample);
}

/* The rows that are not there are most of a sample: they stay as they are. */
void sample_clear(struct sample *sample)
{
	memset(sample, 0, offsetof(struct sample, param));
}

void sample_copy(struct sample *to, const struct sample *from)
{
	memcpy(to, from, offsetof(struct sample, param));
	memcpy(to->param, from->param, from->nr_params * sizeof(*to->param));
	memcpy(to->channel, from->channel,
	       from->nr_channels * sizeof(*to->channel));
	memcpy(to->flow, from->flow, from->nr_flows * sizeof(*to->flow));
	memcpy(to->choice, from->choice,
	       from->nr_choices * sizeof(*to->choice));
}

static void put_rows(struct text *text, const char *key,
		     const struct field *fields, const void *rows, int nr,
		     size_t size)
{
	text_open(text, key, '[');
	for (int i = 0; i < nr; i++) {
		text_open(text, NULL, '{');
		fields_put(text, fields, (const char *)rows + i * size);
		text_close(text, '}');
	}
	text_close(text, ']');
}

static void put_channels(struct text *text, const struct sample *sample)
{
	text_open(text, "channels", '[');
	for (int i = 0; i < sample->nr_channels; i++) {
		text_open(text, NULL, '{');
		text_u64(text, "id", sample->channel[i].id);
		fields_put(text, sample_channel_fields, &sample->channel[i]);
		text_close(text, '}');
	}
	text_close(text, ']');
}

static void put_object_of(struct text *text, const char *key,
			  const struct field *fields,
			  const struct sample *sample)
{
	text_open(text, key, '{');
	fields_put(text, fields, sample);
	text_close(text, '}');
}

static void put_policy(struct text *text, const struct sample *sample)
{
	text_open(text, "policy", '{');
	fields_put(text, policy_fields, sample);
	if (sample->since_ms)
		text_u64(text, "since_ms", sample->since_ms);
	else
		text_string(text, "since_ms", NULL);
	put_rows(text, "parameters", param_fields, sample->param,
		 sample->nr_params, sizeof(*sample->param));
	text_close(text, '}');
}

static void put_totals(struct text *text, const char *key,
		       const char *const *names, const __u64 *totals, int nr)
{
	text_open(text, key, '{');
	for (int i = 0; i < nr; i++)
		text_u64(text, names[i], totals[i]);
	text_close(text, '}');
}

static void put_sample(struct text *text, const struct sample *sample)
{
	text_u64(text, "format", SAMPLE_FORMAT);
	fields_put(text, head_fields, sample);
	if (sample->loaded)
		put_object_of(text, "module", module_fields, sample);
	else
		text_string(text, "module", NULL);
	put_policy(text, sample);
	if (*sample->exit_policy)
		put_object_of(text, "last_exit", exit_fields, sample);
	else
		text_string(text, "last_exit", NULL);
	put_totals(text, "events", sample_event_names, sample->events,
		   MGX_NR_EVENTS);
	put_totals(text, "reasons", sample_reason_names, sample->reasons,
		   MGX_NR_REASONS);
	put_channels(text, sample);
	put_rows(text, "choices", choice_fields, sample->choice,
		 sample->nr_choices, sizeof(*sample->choice));
	put_rows(text, "flows", flow_fields, sample->flow, sample->nr_flows,
		 sizeof(*sample->flow));
}

void sample_write(struct text *text, const struct sample *sample)
{
	text_open(text, NULL, '{');
	put_sample(text, sample);
	text_close(text, '}');
}

struct json_object *sample_to_json(const struct sample *sample)
{
	struct text text = { 0 };
	struct json_object *tree;

	sample_write(&text, sample);
	text_add(&text, "", 1);
	tree = text.failed ? NULL : json_tokener_parse(text.data);
	free(text.data);
	return tree;
}

static struct json_object *member(struct json_object *tree, const char *key,
				  enum json_type type)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(tree, key, &value);
	return json_object_is_type(value, type) ? value : NULL;
}

/* At most @max objects of an array; returns how many. */
static int get_rows(struct json_object *tree, const char *key,
		    const struct field *fields, void *rows, int max,
		    size_t size)
{
	struct json_object *array = member(tree, key, json_type_array);
	int nr = array ? json_object_array_length(array) : 0;

	nr = nr < max ? nr : max;
	for (int i = 0; i < nr; i++)
		fields_get(json_object_array_get_idx(array, i), fields,
			   (char *)rows + i * size);
	return nr;
}

static void get_channels(struct json_object *tree, struct sample *sample)
{
	struct json_object *array = member(tree, "channels", json_type_array);

	sample->nr_channels = get_rows(tree, "channels", sample_channel_fields,
				       sample->channel, MGX_MAX_CHANNELS,
				       sizeof(*sample->channel));
	for (int i = 0; i < sample->nr_channels; i++) {
		struct json_object *id = NULL;

		json_object_object_get_ex(json_object_array_get_idx(array, i),
					  "id", &id);
		sample->channel[i].id = json_object_get_uint64(id);
	}
}

static void get_totals(struct json_object *tree, const char *key,
		       const char *const *names, __u64 *totals, int nr)
{
	struct json_object *object = member(tree, key, json_type_object);
	struct json_object *value;

	for (int i = 0; i < nr; i++)
		if (json_object_object_get_ex(object, names[i], &value))
			totals[i] = json_object_get_uint64(value);
}

static void get_policy(struct json_object *tree, struct sample *sample)
{
	struct json_object *policy = member(tree, "policy", json_type_object);
	struct json_object *since = NULL;

	fields_get(policy, policy_fields, sample);
	json_object_object_get_ex(policy, "since_ms", &since);
	sample->since_ms = json_object_get_uint64(since);
	sample->nr_params = get_rows(policy, "parameters", param_fields,
				     sample->param, SAMPLE_PARAMS,
				     sizeof(*sample->param));
}

int sample_from_json(struct sample *sample, struct json_object *tree)
{
	struct json_object *module = member(tree, "module", json_type_object);

	memset(sample, 0, sizeof(*sample));
	if (!member(tree, "seq", json_type_int) ||
	    !member(tree, "time_ms", json_type_int) ||
	    !member(tree, "policy", json_type_object))
		return -1;
	fields_get(tree, head_fields, sample);
	sample->loaded = module;
	fields_get(module, module_fields, sample);
	get_policy(tree, sample);
	fields_get(member(tree, "last_exit", json_type_object), exit_fields,
		   sample);
	get_totals(tree, "events", sample_event_names, sample->events,
		   MGX_NR_EVENTS);
	get_totals(tree, "reasons", sample_reason_names, sample->reasons,
		   MGX_NR_REASONS);
	get_channels(tree, sample);
	sample->nr_choices = get_rows(tree, "choices", choice_fields,
				      sample->choice, SAMPLE_CHOICES,
				      sizeof(*sample->choice));
	sample->nr_flows = get_rows(tree, "flows", flow_fields, sample->flow,
				    SAMPLE_FLOWS, sizeof(*sample->flow));
	return 0;
}
