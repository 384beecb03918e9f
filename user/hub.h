/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hub.h - what mgxd has to tell, and to whom: the latest sample, the last rare
 * events, the history, and the messages that streams follow.
 */
#ifndef _MGX_HUB_H
#define _MGX_HUB_H

#include "history.h"
#include "rare.h"
#include "sample.h"

#define HUB_MESSAGES 32	 /* kept for streams */
#define HUB_LAG	     16	 /* a stream may be behind by */
#define HUB_RARE     256 /* rare events kept */

/**
 * struct message - a sample or a rare event, as text
 * @refs: who holds it
 * @rare: it is a rare event
 * @id: its seq or id
 * @len: of @text
 * @text: JSON, one line, without its newline
 */
struct message {
	int refs;
	bool rare;
	__u64 id;
	size_t len;
	char text[];
};

struct hub;

struct hub *hub_new(void);
void hub_free(struct hub *hub);

/* A new sample; rare events that follow from it are told first. */
void hub_sample(struct hub *hub, const struct sample *sample);
/* As hub_sample(), of the past: for the history alone. */
void hub_past(struct hub *hub, const struct sample *sample);
void hub_rare(struct hub *hub, const struct rare *rare);

const struct sample *hub_latest(const struct hub *hub);
struct history *hub_history(struct hub *hub);

/* The latest sample as a message, with a reference, or NULL. */
struct message *hub_state(struct hub *hub);
/* All rare events kept, as JSON; to be freed. */
char *hub_rare_text(struct hub *hub);

/* Number of the next message. */
__u64 hub_next(const struct hub *hub);
/* A message with a reference; NULL if it is not there any more. */
struct message *hub_get(struct hub *hub, __u64 number);
void message_put(struct message *message);

#endif /* _MGX_HUB_H */
