/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample.h - all that is known of migrate_ext at one moment.
 *
 * What mgxd serves, mgxtop shows and a recording keeps. Figures are totals
 * since the module was loaded, so that any two samples of the same @epoch
 * subtract; mgxd-api(7) describes the JSON form.
 */
#ifndef _MGX_SAMPLE_H
#define _MGX_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include <json-c/json.h>

#include "hist.h"
#include "migrate_ext.h"
#include "mgx_monitor.h"
#include "text.h"

#define SAMPLE_FORMAT	1
#define SAMPLE_NONE	(~0ULL) /* a figure that does not exist: null */
#define SAMPLE_PARAMS	128
#define SAMPLE_FLOWS	MGX_MONITOR_FLOWS
#define SAMPLE_CHOICES	MGX_MONITOR_CHOICES
#define SAMPLE_TEXT_MAX (4 << 20) /* a line of a recording */

/**
 * struct sample_channel - a channel; see the files of the same names in
 *	/sys/kernel/migrate_ext/channels/<id>/
 * @latency: jobs per bucket, see hist.h
 */
struct sample_channel {
	__u64 id;
	char kind[16];
	char name[64];
	char state[16];
	char verify[16];
	__s64 node;
	__u64 credits;
	__u64 depth;
	__u64 inflight;
	__u64 refused;
	__u64 copies;
	__u64 bytes;
	__u64 errors;
	__u64 ns;
	__u64 cpu_ns;
	__u64 ewma_ns;
	__u64 ewma_mbps;
	__u64 p50_ns;
	__u64 p99_ns;
	__u64 latency[MGX_HIST_BUCKETS];
};

/**
 * struct sample_flow - what one channel copied, of one kind of batch
 * @key: channel, reason, size class and nodes
 * @sum: counts, bytes, and times
 */
struct sample_flow {
	struct mgx_flow_key key;
	struct mgx_flow sum;
};

/**
 * struct sample_choice - what was decided on one kind of batch
 * @key: reason, size class and nodes
 * @sum: counts, bytes, and times
 */
struct sample_choice {
	struct mgx_choice_key key;
	struct mgx_choice sum;
};

/**
 * struct sample_param - a setting of the policy in charge
 * @key: its name; an element of an array is KEY.INDEX
 * @value: as 'mgxctl load --set' takes it
 */
struct sample_param {
	char key[64];
	char value[32];
};

/**
 * struct sample - one moment
 * @seq: number of the sample, counted by who took it
 * @epoch: changes when totals begin anew
 * @time_ms: milliseconds since 1970, UTC
 * @period_ms: until the next one
 * @page_size: of the machine, bytes; SAMPLE_NONE if a recording does not say
 * @replay: it comes from a recording
 * @loaded: the module is there; without it what follows is empty
 * @monitor: the monitor counts, now; @flow and @choice are its
 * @state: "absent", "none", "active" or "ejected"
 * @ending: a policy has ended, and what is known of ends is of the one before
 * @since_ms: when this policy was first seen in charge, 0 if none is
 */
struct sample {
	__u64 seq;
	__u64 epoch;
	__u64 time_ms;
	__u64 period_ms;
	__u64 page_size;
	bool replay;
	bool loaded;
	bool monitor;
	char kernel[80];

	char version[32];
	char hooks[16];
	__u64 interface;
	__u64 reserve;

	char state[16];
	char policy[MGX_NAME_LEN];
	bool ending;
	__u64 enable_seq;
	__u64 since_ms;
	__u64 nr_rejected;
	char reject_reason[256];

	char exit_policy[MGX_NAME_LEN];
	char exit_kind[32];
	__s64 exit_code;
	char exit_message[MGX_MSG_LEN];

	__u64 events[MGX_NR_EVENTS];
	__u64 reasons[MGX_NR_REASONS];

	int nr_params;
	int nr_channels;
	int nr_flows;
	int nr_choices;
	struct sample_param param[SAMPLE_PARAMS];
	struct sample_channel channel[MGX_MAX_CHANNELS];
	struct sample_flow flow[SAMPLE_FLOWS];
	struct sample_choice choice[SAMPLE_CHOICES];
};

extern const char *const sample_event_names[MGX_NR_EVENTS];
extern const char *const sample_event_texts[MGX_NR_EVENTS];
extern const char *const sample_reason_names[MGX_NR_REASONS];
extern const char *const sample_size_names[MGX_NR_SIZES];

/* A sample is large: on the heap. NULL: out of memory. */
struct sample *sample_new(void);
void sample_free(struct sample *sample);

/* Nothing is known, and there are no rows. */
void sample_clear(struct sample *sample);

/* @from's content becomes @to's. */
void sample_copy(struct sample *to, const struct sample *from);

/* Adds its JSON form. */
void sample_write(struct text *text, const struct sample *sample);

/* The same as a tree, to be freed by json_object_put(); NULL: no memory. */
struct json_object *sample_to_json(const struct sample *sample);

/* 0, or -1: the text is no sample. What it lacks is empty, 0 or SAMPLE_NONE. */
int sample_from_json(struct sample *sample, struct json_object *tree);

struct source;

/*
 * Where samples come from: the running kernel (NULL), a recording (a file), or
 * a mgxd (its UNIX socket). Returns NULL with the error recorded.
 */
struct source *source_open(const char *path);
void source_close(struct source *source);

/*
 * An fd that is readable when source_next() has one; of the running kernel and
 * of recordings that is a timer.
 */
int source_fd(const struct source *source);

/* source_next() has another one at hand: do not wait for the fd. */
bool source_pending(const struct source *source);

/*
 * Waits for the next sample. Returns 1, 0 at the end of a recording or when
 * mgxd has gone, or -1 with the error recorded.
 */
int source_next(struct source *source, struct sample *sample);

/* Milliseconds between samples, of the running kernel; the default is 1000. */
void source_period(struct source *source, unsigned int ms);

/* Recordings go this much faster; 0: without any waiting. */
void source_speed(struct source *source, double speed);

#endif /* _MGX_SAMPLE_H */
