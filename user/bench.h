/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench.h - what the files of mgxbench share: what is measured (cases), against
 * whom (sides), and what came out (samples).
 */
#ifndef _MGXBENCH_H
#define _MGXBENCH_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench_memory.h"
#include "bench_side.h"
#include "option.h"
#include "output.h"
#include "util.h"

#define BENCH_MAX_METRICS 8
#define BENCH_MAX_LIST	  32
#define BENCH_MAX_ROUNDS  1000

/**
 * struct bench_metric - a figure that a mode measures
 * @key: its name in results
 * @unit: of it
 * @less: less is better
 */
struct bench_metric {
	const char *key;
	const char *unit;
	bool less;
};

/**
 * struct bench_list - numbers of an option, in the order given
 */
struct bench_list {
	unsigned int value[BENCH_MAX_LIST];
	unsigned int nr;
};

/**
 * struct bench_case - one combination of what is measured
 * @size: of the folios; NULL if the mode has none
 * @batch: folios per system call
 * @threads: that migrate, each its own memory
 * @cold: the memory is flushed from the caches before each move, else read
 */
struct bench_case {
	const struct bench_size *size;
	unsigned int batch;
	unsigned int threads;
	bool cold;
};

/**
 * struct bench - a run
 * @mode: what is measured
 * @sizes: sizes of folios
 * @nr_sizes: likewise
 * @batches: folios per system call
 * @threads: that migrate
 * @heat: bit 0: hot, bit 1: cold
 * @from: node the memory is on
 * @to: node it goes to
 * @repeats: rounds that count
 * @warmup: rounds before them
 * @bytes: memory per thread
 * @verify: compare every byte after each move
 * @prepare: change the machine's settings as needed, and restore them
 * @sides: stock first
 * @nr_sides: likewise
 * @signal_fd: of the signals that end it
 * @results: rows
 * @skipped: cases that could not be measured, and why
 * @nr_cases: for the progress
 * @case_nr: likewise
 */
struct bench {
	const struct bench_mode *mode;
	const struct options *options;
	const struct bench_size *sizes[BENCH_MAX_LIST];
	unsigned int nr_sizes;
	struct bench_list batches;
	struct bench_list threads;
	unsigned int heat;
	int from, to;
	unsigned int repeats;
	unsigned int warmup;
	size_t bytes;
	bool verify;
	bool prepare;
	struct bench_side sides[BENCH_MAX_SIDES];
	unsigned int nr_sides;
	int signal_fd;
	struct json_object *results;
	struct json_object *skipped;
	unsigned int nr_cases;
	unsigned int case_nr;
};

/**
 * struct bench_sample - one round
 * @value: by metric; NAN if the round has none
 * @moved: bytes that arrived
 * @left: folios that the kernel did not move
 * @split: folios that it split
 */
struct bench_sample {
	double value[BENCH_MAX_METRICS];
	__u64 moved;
	__u64 left;
	__u64 split;
};

/**
 * struct bench_mode - a way to measure
 * @name: the command
 * @metrics: what it measures; the first is what sides are compared by
 * @nr_metrics: how many
 * @defaults: of --size and --batch
 * @sizeless: the memory is another program's, of whatever size and batch
 * @setup: gets a case ready, its memory in *@data
 * @once: one round, the caller has put a side in charge
 * @teardown: of what @setup did, also if that failed
 *
 * Functions return 0, or -1 with the error recorded; BENCH_SKIP with the reason in
 * bench_reason() if this machine cannot have such a case.
 */
struct bench_mode {
	const char *name;
	const struct bench_metric *metrics;
	unsigned int nr_metrics;
	struct {
		const char *size, *batch;
	} defaults;
	bool sizeless;
	int (*setup)(const struct bench *b, const struct bench_case *c,
		     void **data);
	int (*once)(const struct bench *b, const struct bench_case *c,
		    void *data, struct bench_sample *sample);
	void (*teardown)(void *data);
};

#define BENCH_SKIP 1

/* Records why a case is skipped; returns BENCH_SKIP. */
int bench_skip(const char *remedy, const char *reason, ...) __printf(2, 3);
const char *bench_reason(void);

/* bench_option.c: what the options come to, and the machine has. Return 0 or -1. */
int bench_options(struct bench *b, const struct options *options);
int bench_open(struct bench *b);

/* bench_run.c: measures all cases of a mode. Returns an exit status. */
int bench_run(const struct options *options, const struct bench_mode *mode);
/* The user wants it to end. */
bool bench_interrupted(const struct bench *b);

/* bench_result.c: what came out */
void bench_sample_add(struct bench_sample *sample,
		      const struct bench_moved *moved);
struct bench_series;
struct bench_series *bench_series_new(const struct bench *b,
				      const struct bench_case *c);
void bench_series_add(struct bench_series *series, unsigned int side,
		      const struct bench_sample *sample,
		      const struct bench_counters *counted);
/* Adds it to the results and prints it. */
void bench_series_end(struct bench_series *series, struct bench *b);
void bench_series_free(struct bench_series *series);
void bench_case_skipped(struct bench *b, const struct bench_case *c);
/* A file is there when it is complete: until then it is @part. Record errors. */
FILE *bench_file_begin(const char *file, char *part, size_t size);
int bench_file_end(FILE *stream, const char *part, const char *file);
/* Writes --json and --csv. Returns 0 or -1. */
int bench_write(struct bench *b);

/* bench_machine.c: what it ran on */
void bench_machine(struct json_object *tree, const char *key);

/* bench_progress.c: on standard error, if that is a terminal */
void bench_progress(const struct bench *b, const struct bench_case *c,
		    unsigned int round, const char *side);
void bench_progress_clear(void);

/* Modes, by file, and the report. */
int move_run(const struct options *options, const char *arg);
int latency_run(const struct options *options, const char *arg);
int access_run(const struct options *options, const char *arg);
int cpu_run(const struct options *options, const char *arg);
int app_run(const struct options *options, const char *arg);
int bench_report_run(const struct options *options, const char *arg);

#endif /* _MGXBENCH_H */
