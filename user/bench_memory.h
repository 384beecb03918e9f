/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_memory.h - memory of folios of a known size, whose every word is known.
 */
#ifndef _MGXBENCH_MEMORY_H
#define _MGXBENCH_MEMORY_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define BENCH_PARTS 3

enum bench_kind {
	BENCH_BASE,    /* base pages */
	BENCH_THP,     /* transparent, of any size */
	BENCH_HUGETLB, /* from the pool */
	BENCH_MIXED,   /* base pages, 64K and 2M, the same bytes of each */
};

/**
 * struct bench_size - a size of folios
 * @name: as typed
 * @unit: bytes; of mixed ones: of the largest
 * @kind: how it is made
 */
struct bench_size {
	const char *name;
	size_t unit;
	enum bench_kind kind;
};

/* NULL if there is none of that name. */
const struct bench_size *bench_size_find(const char *name);
/* All of them, ended by one without a name. */
extern const struct bench_size bench_sizes[];

/**
 * struct bench_want - memory that is wanted
 * @size: of its folios
 * @bytes: about so many
 * @folios: and at least so many folios
 * @node: where
 * @other: where they are going to be moved
 * @copies: how many such memories there will be
 * @prepare: settings may be changed for it
 */
struct bench_want {
	const struct bench_size *size;
	size_t bytes;
	size_t folios;
	int node;
	int other;
	unsigned int copies;
	bool prepare;
};

/**
 * struct bench_part - memory of one size of folios
 * @addr: where
 * @len: bytes
 * @unit: bytes of a folio
 */
struct bench_part {
	char *addr;
	size_t len;
	size_t unit;
};

/**
 * struct bench_memory - folios on a node
 * @part: where they are
 * @nr_parts: likewise
 * @want: what was asked for
 * @nr: folios
 * @folio: their addresses, in the order in which they are moved
 * @unit: their sizes
 * @node: for move_pages()
 * @status: likewise
 * @seed: what its words, but for their place, are made of
 */
struct bench_memory {
	struct bench_part part[BENCH_PARTS];
	unsigned int nr_parts;
	struct bench_want want;
	size_t nr;
	void **folio;
	size_t *unit;
	int *node;
	int *status;
	__u64 seed;
};

/* Returns 0, -1, or BENCH_SKIP. */
int bench_memory_make(struct bench_memory *m, const struct bench_want *want);
void bench_memory_free(struct bench_memory *m);
size_t bench_memory_bytes(const struct bench_memory *m);

/* Records an error, and where the first wrong word is. */
int bench_memory_verify(const struct bench_memory *m);
/* Flushes it from the caches of the CPUs, or reads it into them. */
void bench_memory_cool(const struct bench_memory *m);
void bench_memory_warm(const struct bench_memory *m);

/**
 * struct bench_moved - what became of a move
 * @bytes: that arrived
 * @left: folios that did not
 * @split: folios that are none any more, as far as this user may see that
 * @start_ns: when the first system call began
 * @ns: time of the system calls
 * @cpu_ns: processor time of them
 * @err: of the first folio that did not, or of the system call
 */
struct bench_moved {
	__u64 bytes;
	__u64 left;
	__u64 split;
	__u64 start_ns;
	__u64 ns;
	__u64 cpu_ns;
	int err;
};

/* @nr folios from @at on to @node, by one system call. False if that failed. */
bool bench_memory_move_some(const struct bench_memory *m, int node, size_t at,
			    size_t nr);
/* What became of all, after the calls. */
void bench_memory_count(const struct bench_memory *m, int node,
			struct bench_moved *moved);
/* All its folios to @node, @batch of them per system call. */
void bench_memory_move(const struct bench_memory *m, int node,
		       unsigned int batch, struct bench_moved *moved);
/*
 * Until all are there, as whole folios: those that the kernel has split are made
 * anew. Returns 0, -1, or BENCH_SKIP.
 */
int bench_memory_place(const struct bench_memory *m, int node);

/* bench_node.c: nodes, and the CPUs of a node */
/* Nodes that have memory; returns how many. */
int bench_nodes(int *node, int max);
/* Bytes that are free on it. */
__u64 bench_node_free(int node);
/* This thread runs on the @nth CPU of a node; any, if it has none. */
void bench_node_run_on(int node, unsigned int nth);
/* This thread's memory comes from a node; -1: from anywhere. */
int bench_node_bind(int node);
/* Memory of a range comes from a node; NUMA balancing leaves it alone. */
int bench_range_bind(void *addr, size_t len, int node);
long bench_move_pages(int pid, unsigned long nr, void **page, const int *node,
		      int *status);

/* Time, and processor time of this thread, nanoseconds. */
__u64 bench_now(void);
__u64 bench_thread_ns(void);

#endif /* _MGXBENCH_MEMORY_H */
