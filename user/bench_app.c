// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_app.c - 'mgxbench app': what a program loses while its memory is moved.
 * Here a reader that chases pointers through it; see bench_redis.c for redis.
 */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "bench_app.h"
#include "bench_mover.h"
#include "error.h"

#define LINE		64
#define DEFAULT_SECONDS 2
#define MAX_SECONDS	3600
/* Multiplier and increment of a generator that reaches every line. */
#define FACTOR	  1664525
#define INCREMENT 1013904223

const struct bench_metric app_metrics[APP_METRICS] = {
	[APP_DURING] = { "during", "1/s", false },
	[APP_LOST] = { "lost", "%", true },
	[APP_BEFORE] = { "before", "1/s", false },
	[APP_MOVED] = { "moved", "MB/s", false },
};

/**
 * struct chaser - a thread that reads, each address from what it read before
 * @thread: it
 * @part: what it reads
 * @node: where it runs
 * @nr: reads so far
 * @stop: it is to end
 */
struct chaser {
	pthread_t thread;
	const struct bench_part *part;
	int node;
	atomic_ullong nr;
	atomic_bool stop;
};

struct app {
	struct movers *movers;
	struct chaser chaser;
};

int app_seconds(const struct bench *b)
{
	const char *text = b->options->seconds;

	return text ? atoi(text) : DEFAULT_SECONDS;
}

void app_sleep(int seconds)
{
	const struct timespec time = { .tv_sec = seconds };

	nanosleep(&time, NULL);
}

static void *chaser_main(void *arg)
{
	struct chaser *c = arg;
	__u64 mask = (1ULL << (63 - __builtin_clzll(c->part->len / LINE))) - 1;
	__u64 at = 0, nr = 0, value, none = 0;

	bench_node_run_on(c->node, 1);
	while (!atomic_load_explicit(&c->stop, memory_order_relaxed)) {
		value = *(volatile __u64 *)(c->part->addr + at * LINE);
		/* The next address waits for this value, whatever it is. */
		asm volatile("" : "+r"(none));
		at = (at * FACTOR + INCREMENT + (value & none)) & mask;
		if (!(++nr % 64))
			atomic_store_explicit(&c->nr, nr, memory_order_relaxed);
	}
	return NULL;
}

static int setup(const struct bench *b, const struct bench_case *c, void **data)
{
	struct app *app = calloc(1, sizeof(*app));

	if (!app)
		return fail(NULL, "out of memory");
	*data = app;
	if (c->threads > 1)
		return bench_skip("leave out --threads",
				  "one thread moves, one reads");
	return movers_make(b, c, &app->movers);
}

static void teardown(void *data)
{
	struct app *app = data;

	if (app)
		movers_free(app->movers);
	free(app);
}

/* Reads per second of one half of the round. */
static double rate(__u64 nr, __u64 start)
{
	return nr * 1e9 / (bench_now() - start);
}

/* To and fro, until the time is over. */
static int move_for(const struct bench *b, const struct bench_case *c,
		    struct app *app, struct bench_sample *sample)
{
	__u64 start = bench_now(), ns = app_seconds(b) * 1000000000ULL;
	int node = b->to, rc = 0;

	while (!rc && bench_now() - start < ns) {
		struct bench_moved moved = { 0 };

		bench_memory_move(movers_memory(app->movers, 0), node, c->batch,
				  &moved);
		bench_sample_add(sample, &moved);
		node = node == b->to ? b->from : b->to;
		if (moved.err && !moved.bytes)
			rc = fail(NULL, "move_pages(): %s",
				  strerror(moved.err));
	}
	sample->value[APP_MOVED] = sample->moved * 1e3 / (bench_now() - start);
	return rc;
}

static int halves(const struct bench *b, const struct bench_case *c,
		  struct app *app, struct bench_sample *sample)
{
	struct chaser *chaser = &app->chaser;
	__u64 start = bench_now(), nr;
	int rc;

	app_sleep(app_seconds(b));
	sample->value[APP_BEFORE] = rate(atomic_load(&chaser->nr), start);
	nr = atomic_load(&chaser->nr);
	start = bench_now();
	rc = move_for(b, c, app, sample);
	sample->value[APP_DURING] = rate(atomic_load(&chaser->nr) - nr, start);
	sample->value[APP_LOST] = app_lost(sample);
	return rc;
}

double app_lost(const struct bench_sample *sample)
{
	double before = sample->value[APP_BEFORE];

	return before > 0 ? 100 * (1 - sample->value[APP_DURING] / before) :
			    NAN;
}

static int once(const struct bench *b, const struct bench_case *c, void *data,
		struct bench_sample *sample)
{
	struct app *app = data;
	struct chaser *chaser = &app->chaser;
	int err, rc;

	chaser->part = movers_memory(app->movers, 0)->part;
	chaser->node = b->from;
	atomic_store(&chaser->nr, 0);
	atomic_store(&chaser->stop, false);
	err = pthread_create(&chaser->thread, NULL, chaser_main, chaser);
	if (err)
		return fail(NULL, "a thread: %s", strerror(err));
	bench_node_run_on(b->from, 0);
	rc = halves(b, c, app, sample);
	atomic_store(&chaser->stop, true);
	pthread_join(chaser->thread, NULL);
	if (!rc && b->verify)
		rc = movers_verify(app->movers);
	return rc ? rc : movers_place(app->movers, b->from);
}

static const struct bench_mode chase = {
	.name = "app",
	.metrics = app_metrics,
	.nr_metrics = APP_METRICS,
	.defaults = { .size = "4K,2M", .batch = "512" },
	.setup = setup,
	.once = once,
	.teardown = teardown,
};

static int seconds_read(const char *text)
{
	char *end;
	long seconds = text ? strtol(text, &end, 10) : 1;

	if (!text ||
	    (end != text && !*end && seconds >= 1 && seconds <= MAX_SECONDS))
		return 0;
	return fail("give a number of 1 to 3600", "--seconds %s", text);
}

int app_run(const struct options *options, const char *arg)
{
	const char *which = options->workload ? options->workload : "chase";

	(void)arg;
	if (seconds_read(options->seconds))
		return STATUS_USAGE;
	if (!strcmp(which, "chase"))
		return bench_run(options, &chase);
	if (!strcmp(which, "redis"))
		return bench_run(options, &redis_mode);
	fail("give chase or redis", "--workload %s", which);
	return STATUS_USAGE;
}
