// SPDX-License-Identifier: GPL-2.0-only
/*
 * node.c - where pages are, and the system calls that move them.
 */
#include <dirent.h>
#include <errno.h>
#include <numa.h>
#include <numaif.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

#define PAGE  4096UL
#define CHUNK 512 /* pages per move_pages(): as many as a batch */

/* One move_pages() of up to CHUNK units from @at on; @node -1 only asks. */
static int move_chunk(const struct mem *m, size_t at, size_t step, int node,
		      int flags, int *status)
{
	int nodes[CHUNK], i, nr = 0;
	void *pages[CHUNK];
	long rc;

	for (; nr < CHUNK && at < m->len; nr++, at += step)
		pages[nr] = m->addr + at;
	for (i = 0; i < nr; i++)
		nodes[i] = node;
	rc = move_pages(0, nr, pages, node < 0 ? NULL : nodes, status, flags);
	return rc < 0 ? -errno : nr;
}

int node_of(const void *addr)
{
	struct mem m = { .addr = (char *)addr, .len = PAGE };
	int status, rc = move_chunk(&m, 0, PAGE, -1, 0, &status);

	return rc < 0 ? rc : status;
}

size_t mem_on_node(const struct mem *m, int node)
{
	size_t at, found = 0;
	int status[CHUNK], i, nr;

	for (at = 0; at < m->len; at += nr * PAGE) {
		nr = move_chunk(m, at, PAGE, -1, 0, status);
		if (nr < 0)
			return 0;
		for (i = 0; i < nr; i++)
			found += status[i] == node;
	}
	return found;
}

/* What the last mem_move_pages() was told of the pages, by errno. */
static unsigned int refused[256];

static void remember(const int *status, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		if (status[i] < 0 && status[i] > -(int)ARRAY_LEN(refused))
			refused[-status[i]]++;
}

static void move_note(void)
{
	unsigned int i;

	for (i = 1; i < ARRAY_LEN(refused); i++)
		if (refused[i])
			note("move_pages(): %u times %s", refused[i],
			     strerror(i));
}

ssize_t mem_move_pages(struct mem *m, int node, bool all)
{
	int flags = all ? MPOL_MF_MOVE_ALL : MPOL_MF_MOVE;
	int status[CHUNK], nr;
	size_t at;

	memset(refused, 0, sizeof(refused));

	for (at = 0; at < m->len; at += nr * m->unit) {
		nr = move_chunk(m, at, m->unit, node, flags, status);
		if (nr < 0)
			return nr;
		remember(status, nr);
	}
	return mem_on_node(m, node);
}

/* A file's folio that the kernel had to split is not mapped afterwards. */
static void map_again(const struct mem *m)
{
	size_t at;

	for (at = 0; at < m->len; at += PAGE)
		(void)*(volatile char *)(m->addr + at);
}

ssize_t mem_move_all(struct mem *m, int node, bool all)
{
	ssize_t there, want = m->len / PAGE;
	int tries = 0;

	do {
		if (tries > 4)
			usleep(20000);
		if (tries)
			map_again(m);
		there = mem_move_pages(m, node, all);
	} while (there >= 0 && there < want && ++tries < 250);
	if (there < want)
		move_note();
	return there;
}

ssize_t mem_mbind(struct mem *m, int node)
{
	unsigned long mask = 1UL << node;

	if (mbind(m->addr, m->len, MPOL_BIND, &mask, 64, MPOL_MF_MOVE))
		return -errno;
	if (mbind(m->addr, m->len, MPOL_DEFAULT, NULL, 0, 0))
		return -errno;
	return mem_on_node(m, node);
}

int process_migrate(int from, int to)
{
	unsigned long src = 1UL << from, dst = 1UL << to;
	long rc = migrate_pages(0, 64, &src, &dst);

	return rc < 0 ? -errno : rc;
}

int node_bind(int node)
{
	unsigned long mask = 1UL << node;
	int rc;

	if (node < 0)
		rc = set_mempolicy(MPOL_DEFAULT, NULL, 0);
	else
		rc = set_mempolicy(MPOL_BIND, &mask, 64);
	return rc ? -errno : 0;
}

int node_run_on(int node)
{
	return numa_run_on_node(node) ? -errno : 0;
}

#define TIERS "/sys/devices/virtual/memory_tiering/"

/* The directories' names, memory_tierN, grow with the distance. */
int node_lower_tier(void)
{
	struct dirent **tiers;
	int nr = scandir(TIERS, &tiers, NULL, versionsort), i, nodes = 0;
	char path[320], list[64] = "";

	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), TIERS "%s/nodelist",
			 tiers[i]->d_name);
		nodes += !file_read(path, list, sizeof(list));
		free(tiers[i]);
	}
	if (nr > 0)
		free(tiers);
	return nodes > 1 ? atoi(list) : -ENOENT;
}

#define MEMORY "/sys/devices/system/memory/"
#define BLOCKS 64

int mem_block_set(int block, const char *state)
{
	char path[96];

	snprintf(path, sizeof(path), MEMORY "memory%d/state", block);
	return file_write(path, state);
}

int mem_block_movable(void)
{
	int block;

	for (block = BLOCKS - 1; block > 0; block--)
		if (!mem_block_set(block, "offline"))
			return mem_block_set(block, "online_movable") ? -1 :
									block;
	return -1;
}
