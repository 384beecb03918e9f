// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_latency.c - 'mgxbench latency': how long a thread waits for the first
 * folio of a batch, which is unmapped first and comes back when all are copied.
 */
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench.h"
#include "bench_mover.h"
#include "bench_stat.h"
#include "error.h"

#define MAX_WAITS 65536
/* What took less met no migration entry, so that nobody asks for faults. */
#define SLOW_NS 1000

enum { MAX, P99, P50, WAITS };

static const struct bench_metric metrics[] = {
	[MAX] = { "max", "us", true },
	[P99] = { "p99", "us", true },
	[P50] = { "p50", "us", true },
	[WAITS] = { "waits", "", false },
};

/**
 * struct reader - a thread that touches what is being moved
 * @thread: it
 * @target: first folio of the batch that is under way
 * @ready: it runs, and has touched @target
 * @stop: it is to end
 * @node: where it runs
 * @nr: waits
 * @us: how long each took
 */
struct reader {
	pthread_t thread;
	_Atomic(char *) target;
	atomic_bool ready, stop;
	int node;
	unsigned int nr;
	double us[MAX_WAITS];
};

struct latency {
	struct movers *movers;
	struct reader reader;
};

static long faults(void)
{
	struct rusage usage = { 0 };

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

/* A touch that was slow and a fault waited for the migration. */
static void *reader_main(void *arg)
{
	struct reader *r = arg;
	long before, after;

	bench_node_run_on(r->node, 1);
	(void)*(volatile char *)atomic_load(&r->target);
	atomic_store(&r->ready, true);
	before = faults();
	while (!atomic_load(&r->stop)) {
		volatile char *at = atomic_load(&r->target);
		__u64 start = bench_now(), ns;

		(void)*at;
		ns = bench_now() - start;
		if (ns < SLOW_NS)
			continue;
		after = faults();
		if (after != before && r->nr < MAX_WAITS)
			r->us[r->nr++] = ns / 1e3;
		before = after;
	}
	return NULL;
}

static int reader_start(struct reader *r, char *target, int node)
{
	int err;

	r->nr = 0;
	r->node = node;
	atomic_store(&r->ready, false);
	atomic_store(&r->stop, false);
	atomic_store(&r->target, target);
	err = pthread_create(&r->thread, NULL, reader_main, r);
	if (err)
		return fail(NULL, "a thread: %s", strerror(err));
	while (!atomic_load(&r->ready))
		sched_yield();
	return 0;
}

static void reader_stop(struct reader *r)
{
	atomic_store(&r->stop, true);
	pthread_join(r->thread, NULL);
}

static int setup(const struct bench *b, const struct bench_case *c, void **data)
{
	struct latency *l = calloc(1, sizeof(*l));

	if (!l)
		return fail(NULL, "out of memory");
	*data = l;
	if (c->threads > 1)
		return bench_skip("leave out --threads",
				  "one thread moves, one waits");
	return movers_make(b, c, &l->movers);
}

static void teardown(void *data)
{
	struct latency *l = data;

	if (l)
		movers_free(l->movers);
	free(l);
}

/* The reader is at the first folio of each batch before it goes. */
static int move_watched(struct latency *l, const struct bench *b,
			const struct bench_case *c, struct bench_moved *moved)
{
	const struct bench_memory *m = movers_memory(l->movers, 0);
	bool well = true;
	size_t nr;

	if (reader_start(&l->reader, m->folio[0], b->from))
		return -1;
	bench_node_run_on(b->from, 0);
	for (size_t at = 0; well && at < m->nr; at += nr) {
		nr = m->nr - at < c->batch ? m->nr - at : c->batch;
		atomic_store(&l->reader.target, m->folio[at]);
		well = bench_memory_move_some(m, b->to, at, nr);
	}
	reader_stop(&l->reader);
	if (!well)
		return fail(NULL, "move_pages() failed");
	bench_memory_count(m, b->to, moved);
	return b->verify ? bench_memory_verify(m) : 0;
}

static int once(const struct bench *b, const struct bench_case *c, void *data,
		struct bench_sample *sample)
{
	struct bench_moved moved = { 0 };
	struct latency *l = data;
	struct bench_stat stat;

	if (move_watched(l, b, c, &moved))
		return -1;
	bench_sample_add(sample, &moved);
	stat = bench_stat_of(l->reader.us, l->reader.nr);
	sample->value[MAX] = stat.max;
	sample->value[P50] = stat.median;
	sample->value[P99] =
		stat.nr ? bench_quantile(l->reader.us, stat.nr, 0.99) : NAN;
	sample->value[WAITS] = stat.nr;
	return movers_place(l->movers, b->from);
}

static const struct bench_mode mode = {
	.name = "latency",
	.metrics = metrics,
	.nr_metrics = ARRAY_SIZE(metrics),
	.defaults = { .size = "4K,2M", .batch = "1,32,512" },
	.setup = setup,
	.once = once,
	.teardown = teardown,
};

int latency_run(const struct options *options, const char *arg)
{
	(void)arg;
	return bench_run(options, &mode);
}
