// SPDX-License-Identifier: GPL-2.0-only
/*
 * hub.c - what mgxd has to tell.
 */
#include <stdlib.h>
#include <string.h>

#include "hub.h"
#include "output.h"

#define COMPACT (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

struct hub {
	struct history *history;
	struct sample *latest;
	struct text text; /* of the sample before: its memory is used again */
	struct message *state;
	struct message *messages[HUB_MESSAGES];
	__u64 next;
	struct rare rare[HUB_RARE];
	__u64 next_rare;
};

struct hub *hub_new(void)
{
	struct hub *hub = calloc(1, sizeof(*hub));

	if (!hub)
		return NULL;
	hub->history = history_new();
	hub->latest = sample_new();
	if (hub->history && hub->latest)
		return hub;
	hub_free(hub);
	return NULL;
}

void hub_free(struct hub *hub)
{
	if (!hub)
		return;
	for (int i = 0; i < HUB_MESSAGES; i++)
		message_put(hub->messages[i]);
	message_put(hub->state);
	free(hub->text.data);
	history_free(hub->history);
	sample_free(hub->latest);
	free(hub);
}

void message_put(struct message *message)
{
	if (message && !--message->refs)
		free(message);
}

static struct message *message_new(const char *text, size_t len, bool rare,
				   __u64 id)
{
	struct message *message = malloc(sizeof(*message) + len + 1);

	if (!message)
		return NULL;
	message->refs = 1;
	message->rare = rare;
	message->id = id;
	message->len = len;
	memcpy(message->text, text, len);
	message->text[len] = '\0';
	return message;
}

static struct message *rare_message(const struct rare *rare)
{
	struct json_object *tree = rare_to_json(rare);
	size_t len;
	const char *text =
		json_object_to_json_string_length(tree, COMPACT, &len);
	struct message *message = message_new(text, len, true, rare->id);

	json_object_put(tree);
	return message;
}

/* The form that all clients and the history get: made once. */
static struct message *sample_message(struct hub *hub,
				      const struct sample *sample)
{
	struct text *text = &hub->text;

	text->len = 0;
	text->failed = false;
	sample_write(text, sample);
	if (text->failed)
		return NULL;
	return message_new(text->data, text->len, false, sample->seq);
}

/* Takes the caller's reference over. */
static void publish(struct hub *hub, struct message *message)
{
	struct message **place = &hub->messages[hub->next % HUB_MESSAGES];

	if (!message)
		return;
	message_put(*place);
	*place = message;
	hub->next++;
}

void hub_rare(struct hub *hub, const struct rare *rare)
{
	struct rare *kept = &hub->rare[hub->next_rare % HUB_RARE];

	*kept = *rare;
	kept->id = ++hub->next_rare;
	publish(hub, rare_message(kept));
}

static void tell_rare(const struct rare *rare, void *hub)
{
	hub_rare(hub, rare);
}

void hub_past(struct hub *hub, const struct sample *sample)
{
	struct message *message = sample_message(hub, sample);

	if (!message)
		return;
	history_add(hub->history, sample->time_ms, message->text, message->len);
	message_put(hub->state);
	hub->state = message;
	sample_copy(hub->latest, sample);
}

void hub_sample(struct hub *hub, const struct sample *sample)
{
	if (hub->state)
		rare_derive(hub->latest, sample, tell_rare, hub);
	hub_past(hub, sample);
	if (hub->state) {
		hub->state->refs++;
		publish(hub, hub->state);
	}
}

const struct sample *hub_latest(const struct hub *hub)
{
	return hub->latest;
}

struct history *hub_history(struct hub *hub)
{
	return hub->history;
}

struct message *hub_state(struct hub *hub)
{
	if (hub->state)
		hub->state->refs++;
	return hub->state;
}

char *hub_rare_text(struct hub *hub)
{
	struct json_object *tree = json_object_new_object();
	struct json_object *array;
	__u64 i = hub->next_rare > HUB_RARE ? hub->next_rare - HUB_RARE : 0;
	char *text;

	put_u64(tree, "format", SAMPLE_FORMAT);
	array = put_array(tree, "rare");
	for (; i < hub->next_rare; i++)
		json_object_array_add(array,
				      rare_to_json(&hub->rare[i % HUB_RARE]));
	text = strdup(json_object_to_json_string_ext(tree, COMPACT));
	json_object_put(tree);
	return text;
}

__u64 hub_next(const struct hub *hub)
{
	return hub->next;
}

struct message *hub_get(struct hub *hub, __u64 number)
{
	struct message *message;

	if (number >= hub->next || hub->next - number > HUB_LAG)
		return NULL;
	message = hub->messages[number % HUB_MESSAGES];
	message->refs++;
	return message;
}
