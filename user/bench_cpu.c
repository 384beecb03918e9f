// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_cpu.c - 'mgxbench cpu': processor time that moving a GB takes, and of whom.
 */
#include <stdlib.h>

#include "bench.h"
#include "bench_mover.h"

/* All of the caller's side first: that is what a policy can free. */
enum { TOTAL, CALLER, HELPERS, IRQ, MACHINE };

static const struct bench_metric metrics[] = {
	[TOTAL] = { "total", "ms/GB", true },
	[CALLER] = { "caller", "ms/GB", true },
	[HELPERS] = { "helpers", "ms/GB", true },
	[IRQ] = { "irq", "ms/GB", true },
	[MACHINE] = { "machine", "ms/GB", true },
};

/* ns of work and bytes moved to ms/GB */
static double per_gb(__u64 ns, __u64 bytes)
{
	return ns * 1e3 / bytes;
}

static int once(const struct bench *b, const struct bench_case *c, void *data,
		struct bench_sample *sample)
{
	struct bench_counters counted;
	struct movers_cpu cpu;
	struct bench_moved moved;

	bench_counters_read(&counted);
	if (movers_move(b, c, data, b->to, &moved))
		return -1;
	bench_counters_since(&counted);
	movers_cpu(data, &cpu);
	bench_sample_add(sample, &moved);
	sample->value[CALLER] = per_gb(moved.cpu_ns, moved.bytes);
	sample->value[HELPERS] = per_gb(counted.helper_ns, moved.bytes);
	sample->value[IRQ] = per_gb(cpu.irq_ns, moved.bytes);
	sample->value[MACHINE] = per_gb(cpu.busy_ns, moved.bytes);
	sample->value[TOTAL] = sample->value[CALLER] + sample->value[HELPERS] +
			       sample->value[IRQ];
	return movers_place(data, b->from);
}

static const struct bench_mode mode = {
	.name = "cpu",
	.metrics = metrics,
	.nr_metrics = ARRAY_SIZE(metrics),
	.defaults = { .size = "4K,2M", .batch = "512" },
	.setup = movers_setup,
	.once = once,
	.teardown = movers_teardown,
};

int cpu_run(const struct options *options, const char *arg)
{
	(void)arg;
	return bench_run(options, &mode);
}
