/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_mover.h - threads that move memory of their own, all at once.
 */
#ifndef _MGXBENCH_MOVER_H
#define _MGXBENCH_MOVER_H

#include "bench.h"

struct movers;

/* As many as the case says, with memory on the first node. As bench_mode.setup. */
int movers_make(const struct bench *b, const struct bench_case *c,
		struct movers **movers);
/* NULL is fine. */
void movers_free(struct movers *movers);
/* The same as &bench_mode.setup and &bench_mode.teardown. */
int movers_setup(const struct bench *b, const struct bench_case *c,
		 void **data);
void movers_teardown(void *data);
struct bench_memory *movers_memory(struct movers *movers, unsigned int nr);

/*
 * All memory to @node, warmed or flushed before as the case says, and verified
 * afterwards. @moved: sums, the time from the first beginning to the last end.
 * Records an error.
 */
int movers_move(const struct bench *b, const struct bench_case *c,
		struct movers *movers, int node, struct bench_moved *moved);

/* The same, not verified. */
int movers_move_only(const struct bench_case *c, struct movers *movers,
		     int node, struct bench_moved *moved);
int movers_verify(struct movers *movers);

/*
 * All of it gets to @node, in whole folios, untimed; the last move may have left
 * some behind. Returns 0, -1 or BENCH_SKIP.
 */
int movers_place(struct movers *movers, int node);

/**
 * struct movers_cpu - processor time of the machine in the last move, nanoseconds,
 *	in steps of a tick
 * @irq_ns: of interrupts, soft and hard
 * @busy_ns: of all that was not idle
 */
struct movers_cpu {
	__u64 irq_ns, busy_ns;
};

void movers_cpu(const struct movers *movers, struct movers_cpu *cpu);

#endif /* _MGXBENCH_MOVER_H */
