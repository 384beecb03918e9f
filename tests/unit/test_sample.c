// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_sample.c - all that is in a recording is read and written again; what is
 * none is refused.
 */
#include <stdlib.h>

#include "rare.h"
#include "sample.h"
#include "tap.h"

static bool has_all(struct json_object *of, struct json_object *in);

static bool has_members(struct json_object *of, struct json_object *in)
{
	struct json_object *value;

	json_object_object_foreach(of, key, member) {
		if (!json_object_object_get_ex(in, key, &value) ||
		    !has_all(member, value))
			return false;
	}
	return true;
}

static bool has_elements(struct json_object *of, struct json_object *in)
{
	size_t i, nr = json_object_array_length(of);

	if (json_object_array_length(in) != nr)
		return false;
	for (i = 0; i < nr; i++)
		if (!has_all(json_object_array_get_idx(of, i),
			     json_object_array_get_idx(in, i)))
			return false;
	return true;
}

/* A module that is newer than the recording has more counters. */
static bool has_all(struct json_object *of, struct json_object *in)
{
	if (json_object_get_type(of) != json_object_get_type(in))
		return false;
	if (json_object_is_type(of, json_type_object))
		return has_members(of, in);
	if (json_object_is_type(of, json_type_array))
		return has_elements(of, in);
	return json_object_equal(of, in);
}

/* 1 if all of a line of the recording came back. */
static int same(struct sample *sample, char *line)
{
	struct json_object *tree, *again, *kind;
	int rc = 0;

	line[strcspn(line, "\n")] = '\0';
	tree = json_tokener_parse(line);
	if (json_object_object_get_ex(tree, "kind", &kind)) {
		rc = 1;
	} else if (!sample_from_json(sample, tree)) {
		again = sample_to_json(sample);
		rc = has_all(tree, again);
		json_object_put(again);
	}
	json_object_put(tree);
	return rc;
}

static void test_recording(struct sample *sample)
{
	FILE *file = fopen(RECORDING, "r");
	size_t room = 0;
	char *line = NULL;
	int lines = 0, good = 0;

	while (file && getline(&line, &room, file) > 0) {
		lines++;
		good += same(sample, line);
	}
	ok(lines > 5, "the recording has samples (%d)", lines);
	is(good, lines, "each comes back as it was");
	ok(sample->nr_channels > 1, "with its channels");
	free(line);
	if (file)
		fclose(file);
}

static void test_bad(struct sample *sample)
{
	static const char *const texts[] = {
		"[]",
		"{}",
		"1",
		"{\"seq\":1}",
		"{\"seq\":\"1\",\"time_ms\":1,\"policy\":{}}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct json_object *tree = json_tokener_parse(texts[i]);

		ok(sample_from_json(sample, tree), "refused: %s", texts[i]);
		json_object_put(tree);
	}
}

static char told[8][512];
static int nr_told;

static void keep(const struct rare *rare, void *arg)
{
	if (nr_told < 8)
		snprintf(told[nr_told++], sizeof(told[0]), "%s: %s", rare->kind,
			 rare->text);
}

static void test_rare(void)
{
	struct sample *before = sample_new(), *now = sample_new();

	before->loaded = now->loaded = true;
	strcpy(before->state, "active");
	strcpy(now->state, "ejected");
	strcpy(now->exit_policy, "p");
	strcpy(now->exit_kind, "error_bpf");
	strcpy(now->exit_message, "no luck");
	before->nr_channels = now->nr_channels = 1;
	strcpy(before->channel[0].state, "up");
	strcpy(now->channel[0].state, "failed");
	strcpy(before->channel[0].name, "dma0");
	strcpy(now->channel[0].name, "dma0");
	now->events[MGX_EV_folios_limbo] = 3;
	rare_derive(before, now, keep, NULL);
	is(nr_told, 3, "three things happened");
	is_text(told[0], "policy_ended: policy p ended: error_bpf: no luck",
		"a policy ended");
	is_text(told[1], "channel_state: channel 0 (dma0) is failed, was up",
		"a channel failed");
	is_text(told[2],
		"folios_limbo: 3 folios given up: an engine may still write to them",
		"folios are in limbo");
	nr_told = 0;
	now->epoch = 1;
	rare_derive(before, now, keep, NULL);
	is(nr_told, 0, "nothing follows from totals that began anew");
	sample_free(before);
	sample_free(now);
}

/* What rare_derive() says of the policies of two samples. */
static const char *told_of(struct sample *before, struct sample *now)
{
	nr_told = 0;
	strcpy(told[0], "nothing");
	rare_derive(before, now, keep, NULL);
	return told[0];
}

/* The report of an end comes after the end. */
static void test_rare_end(void)
{
	struct sample *before = sample_new(), *now = sample_new();

	before->loaded = now->loaded = true;
	strcpy(before->state, "active");
	strcpy(before->policy, "p");
	strcpy(now->state, "none");
	strcpy(now->exit_policy, "o");
	strcpy(now->exit_kind, "unreg");
	now->ending = true;
	is_text(told_of(before, now), "nothing", "an end that is not over");
	sample_copy(before, now);
	is_text(told_of(before, now), "nothing", "still not over");
	strcpy(now->exit_policy, "p");
	strcpy(now->exit_kind, "operator");
	now->ending = false;
	is_text(told_of(before, now), "policy_ended: policy p ended: operator",
		"now it is");
	sample_copy(before, now);
	is_text(told_of(before, now), "nothing", "once");
	before->ending = true;
	strcpy(now->state, "active");
	strcpy(now->policy, "q");
	now->enable_seq++;
	is_text(told_of(before, now), "policy_ended: policy p ended: operator",
		"and another came");
	is(nr_told, 2, "which is told");
	sample_copy(before, now);
	strcpy(now->policy, "r");
	now->enable_seq++;
	now->events[MGX_EV_policy_swapped]++;
	is_text(told_of(before, now), "policy_ended: policy q ended: replaced",
		"a swap");
	now->events[MGX_EV_policy_ejected]++;
	is_text(told_of(before, now), "policy_ended: policy p ended: operator",
		"it had ended before");
	sample_free(before);
	sample_free(now);
}

int main(void)
{
	struct sample *sample = sample_new();

	test_recording(sample);
	test_bad(sample);
	test_rare();
	test_rare_end();
	sample_free(sample);
	return tap_done();
}
