// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_move.c - 'mgxbench move': how fast move_pages() is.
 */
#include <math.h>
#include <stdlib.h>

#include "bench.h"
#include "bench_mover.h"

enum { THERE, BACK };

static const struct bench_metric metrics[] = {
	[THERE] = { "there", "MB/s", false },
	[BACK] = { "back", "MB/s", false },
};

static int leg(const struct bench *b, const struct bench_case *c,
	       struct movers *movers, int node, double *mbps,
	       struct bench_sample *sample)
{
	struct bench_moved moved;

	if (movers_move(b, c, movers, node, &moved))
		return -1;
	bench_sample_add(sample, &moved);
	*mbps = moved.ns ? moved.bytes * 1e3 / moved.ns : NAN;
	return 0;
}

static int once(const struct bench *b, const struct bench_case *c, void *data,
		struct bench_sample *sample)
{
	if (leg(b, c, data, b->to, &sample->value[THERE], sample) ||
	    movers_place(data, b->to) ||
	    leg(b, c, data, b->from, &sample->value[BACK], sample))
		return -1;
	return movers_place(data, b->from);
}

static const struct bench_mode mode = {
	.name = "move",
	.metrics = metrics,
	.nr_metrics = ARRAY_SIZE(metrics),
	.defaults = { .size = "4K,64K,2M", .batch = "1,64,512" },
	.setup = movers_setup,
	.once = once,
	.teardown = movers_teardown,
};

int move_run(const struct options *options, const char *arg)
{
	(void)arg;
	return bench_run(options, &mode);
}
