// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_access.c - 'mgxbench access': what reading costs after the move. A CPU
 * that has copied has the data in its caches; an engine leaves them as they were.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bench_mover.h"

#define LINE 64
/* Lines between one access and the next: far, and no divisor of a power of 2. */
#define STRIDE 4099

enum { FIRST, SECOND };

static const struct bench_metric metrics[] = {
	[FIRST] = { "first", "ns/line", true },
	[SECOND] = { "second", "ns/line", true },
};

/* One word of each cache line, in an order that nobody foresees. */
static double pass_ns(const struct bench_memory *m)
{
	size_t lines = 0;
	__u64 start = bench_now();

	for (unsigned int i = 0; i < m->nr_parts; i++) {
		size_t nr = m->part[i].len / LINE, at = 0;

		for (size_t n = 0; n < nr; n++) {
			(void)*(volatile char *)(m->part[i].addr + at * LINE);
			at = (at + STRIDE) % nr;
		}
		lines += nr;
	}
	return (double)(bench_now() - start) / lines;
}

static int once(const struct bench *b, const struct bench_case *c, void *data,
		struct bench_sample *sample)
{
	struct bench_moved moved;

	/* Comparing every byte would warm the caches: that comes last. */
	if (movers_move_only(c, data, b->to, &moved))
		return -1;
	bench_sample_add(sample, &moved);
	bench_node_run_on(b->to, 0);
	sample->value[FIRST] = pass_ns(movers_memory(data, 0));
	sample->value[SECOND] = pass_ns(movers_memory(data, 0));
	if (b->verify && movers_verify(data))
		return -1;
	return movers_place(data, b->from);
}

static const struct bench_mode mode = {
	.name = "access",
	.metrics = metrics,
	.nr_metrics = ARRAY_SIZE(metrics),
	.defaults = { .size = "4K,2M", .batch = "512" },
	.setup = movers_setup,
	.once = once,
	.teardown = movers_teardown,
};

int access_run(const struct options *options, const char *arg)
{
	(void)arg;
	return bench_run(options, &mode);
}
