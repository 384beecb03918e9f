// SPDX-License-Identifier: GPL-2.0-only
/*
 * move.c - what one page costs: move_pages() of many pages, to and fro.
 *
 * Prints the clock's nanoseconds per page. Under QEMU's -icount shift=0 one
 * instruction is one nanosecond, so there it prints instructions per page.
 */
#include <errno.h>
#include <numaif.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 5 /* the first warms up; the median of the others counts */

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void die(const char *what)
{
	fprintf(stderr, "move: %s: %s\n", what, strerror(errno));
	exit(1);
}

struct pages {
	char *memory;
	void **page;
	int *node;
	int *status;
	long nr;
	long size;
};

static void pages_make(struct pages *p, long nr)
{
	long i;

	p->nr = nr;
	p->size = sysconf(_SC_PAGESIZE);
	p->memory = mmap(NULL, nr * p->size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	p->page = calloc(nr, sizeof(*p->page));
	p->node = calloc(nr, sizeof(*p->node));
	p->status = calloc(nr, sizeof(*p->status));
	if (p->memory == MAP_FAILED || !p->page || !p->node || !p->status)
		die("memory for the pages");
	if (madvise(p->memory, nr * p->size, MADV_NOHUGEPAGE))
		die("madvise");
	for (i = 0; i < nr; i++) {
		p->page[i] = p->memory + i * p->size;
		memset(p->page[i], i, p->size);
	}
}

static void pages_check(const struct pages *p, int node)
{
	long i, j;

	for (i = 0; i < p->nr; i++) {
		const char *page = p->page[i];

		if (p->status[i] != node) {
			fprintf(stderr,
				"move: page %ld is on node %d, not %d\n", i,
				p->status[i], node);
			exit(1);
		}
		for (j = 0; j < p->size; j++)
			if (page[j] != (char)i) {
				fprintf(stderr, "move: page %ld is damaged\n",
					i);
				exit(1);
			}
	}
}

static double pages_move(struct pages *p, int node)
{
	uint64_t start;
	long i;

	for (i = 0; i < p->nr; i++)
		p->node[i] = node;
	start = now();
	if (move_pages(0, p->nr, p->page, p->node, p->status, MPOL_MF_MOVE))
		die("move_pages");
	return (double)(now() - start) / p->nr;
}

int main(int argc, char **argv)
{
	long nr = argc > 1 ? atol(argv[1]) : 8192;
	double cost[ROUNDS];
	struct pages p;
	int i;

	if (nr < 1) {
		fprintf(stderr, "usage: move [PAGES]\n");
		return 2;
	}
	pages_make(&p, nr);
	pages_move(&p, 0);
	for (i = 0; i < ROUNDS; i++) {
		cost[i] = pages_move(&p, !(i % 2));
		pages_check(&p, !(i % 2));
	}
	qsort(cost + 1, ROUNDS - 1, sizeof(*cost), compare);
	printf("%.1f\n", (cost[ROUNDS / 2] + cost[(ROUNDS + 1) / 2]) / 2);
	return 0;
}
