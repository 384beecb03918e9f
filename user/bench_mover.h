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
struct bench_memory *movers_memory(struct movers *movers, unsigned int nr);

/*
 * All memory to @node, warmed or flushed before as the case says, and verified
 * afterwards. @moved: sums, the time from the first beginning to the last end.
 * Records an error.
 */
int movers_move(const struct bench *b, const struct bench_case *c,
		struct movers *movers, int node, struct bench_moved *moved);

/* What the kernel did not move at once gets there, too. */
int movers_place(struct movers *movers, int node);

/* Processor time that the threads took in the last movers_move(). */
__u64 movers_cpu_ns(const struct movers *movers);

#endif /* _MGXBENCH_MOVER_H */
