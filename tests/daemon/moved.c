// SPDX-License-Identifier: GPL-2.0-only
/*
 * moved.c - moves its pages between nodes 0 and 1, and says how many bytes that
 * were: the count that others are compared with. It is its own: pages that
 * move_pages() says to be on another node than before.
 *
 *	moved PAGES SECONDS
 */
#include <errno.h>
#include <numaif.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct pages {
	char *memory;
	void **page;
	int *to, *now, *before;
	long nr, size;
};

static void die(const char *what)
{
	fprintf(stderr, "moved: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Base pages: one page is one entry of the arrays. */
static void pages_make(struct pages *p, long nr)
{
	p->nr = nr;
	p->size = sysconf(_SC_PAGESIZE);
	p->memory = mmap(NULL, nr * p->size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	p->page = calloc(nr, sizeof(*p->page));
	p->to = calloc(nr, sizeof(*p->to));
	p->now = calloc(nr, sizeof(*p->now));
	p->before = calloc(nr, sizeof(*p->before));
	if (p->memory == MAP_FAILED || !p->page || !p->to || !p->now ||
	    !p->before)
		die("memory for the pages");
	if (madvise(p->memory, nr * p->size, MADV_NOHUGEPAGE))
		die("madvise");
	for (long i = 0; i < nr; i++) {
		p->page[i] = p->memory + i * p->size;
		memset(p->page[i], i, p->size);
	}
}

static void where(struct pages *p, int *node)
{
	if (move_pages(0, p->nr, p->page, NULL, node, 0))
		die("move_pages");
}

/* Bytes that are on another node than before. */
static long long pages_move(struct pages *p, int node)
{
	long long moved = 0;

	for (long i = 0; i < p->nr; i++)
		p->to[i] = node;
	where(p, p->before);
	/* A positive result is the number of pages that did not move. */
	if (move_pages(0, p->nr, p->page, p->to, p->now, MPOL_MF_MOVE) < 0)
		die("move_pages");
	where(p, p->now);
	for (long i = 0; i < p->nr; i++) {
		if (((char *)p->page[i])[p->size - 1] != (char)i) {
			fprintf(stderr, "moved: page %ld is damaged\n", i);
			exit(1);
		}
		moved += p->now[i] != p->before[i];
	}
	return moved * p->size;
}

int main(int argc, char **argv)
{
	long nr = argc > 1 ? atol(argv[1]) : 0;
	long seconds = argc > 2 ? atol(argv[2]) : 0;
	time_t end = time(NULL) + seconds;
	long long moved = 0;
	struct pages p;
	int node;

	if (nr < 1 || seconds < 1) {
		fprintf(stderr, "usage: moved PAGES SECONDS\n");
		return 2;
	}
	pages_make(&p, nr);
	/* Each round is to move something, the first as well. */
	where(&p, p.now);
	node = p.now[0] != 1;
	while (time(NULL) < end) {
		moved += pages_move(&p, node);
		node = !node;
		sleep(1);
	}
	printf("%lld\n", moved);
	return 0;
}
