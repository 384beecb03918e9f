// SPDX-License-Identifier: GPL-2.0-only
/*
 * load.c - threads that move buffers to and fro, and verify them.
 */
#include <stdlib.h>
#include <unistd.h>

#include "fixture.h"

#define PAUSE_US 5000 /* whoever is tested needs the CPUs as well */

/**
 * struct mover - a thread and its buffer
 * @mem: the buffer
 * @writer: of every second buffer
 * @written: this is one of them
 * @stop: of the load
 * @moved: base pages
 */
struct mover {
	pthread_t thread;
	struct mem mem;
	struct mem_writer writer;
	bool written;
	atomic_bool *stop;
	atomic_ullong moved;
};

struct load {
	unsigned int nr;
	atomic_bool stop;
	struct mover mover[];
};

static void *mover_main(void *arg)
{
	struct mover *v = arg;
	int node = 1;

	while (!atomic_load(v->stop)) {
		ssize_t nr = mem_move_pages(&v->mem, node, false);

		if (nr > 0)
			atomic_fetch_add(&v->moved, nr);
		node = !node;
		usleep(PAUSE_US);
	}
	return NULL;
}

static int mover_start(struct mover *v, struct load *l, size_t len)
{
	int rc = mem_make(&v->mem, MEM_ANON, len, 0);

	v->stop = &l->stop;
	if (!rc && v->written)
		rc = mem_writer_start(&v->writer, &v->mem);
	return rc ?: -pthread_create(&v->thread, NULL, mover_main, v);
}

static size_t mover_stop(struct mover *v)
{
	size_t wrong = 0;

	pthread_join(v->thread, NULL);
	if (v->written)
		wrong = mem_writer_stop(&v->writer);
	wrong += mem_check(&v->mem);
	mem_free(&v->mem);
	return wrong;
}

struct load *load_start(unsigned int threads, size_t len)
{
	struct load *l = calloc(1, sizeof(*l) + threads * sizeof(l->mover[0]));
	int rc = 0;

	if (!l)
		return NULL;
	for (; l->nr < threads; l->nr++) {
		struct mover *v = &l->mover[l->nr];

		v->written = l->nr & 1;
		rc = mover_start(v, l, len);
		if (rc)
			break;
	}
	if (!rc)
		return l;
	note("load thread %u does not start: %d", l->nr, rc);
	load_stop(l);
	return NULL;
}

uint64_t load_moved(const struct load *l)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < l->nr; i++)
		sum += atomic_load(&l->mover[i].moved);
	return sum;
}

size_t load_stop(struct load *l)
{
	size_t wrong = 0;
	unsigned int i;

	atomic_store(&l->stop, true);
	for (i = 0; i < l->nr; i++)
		wrong += mover_stop(&l->mover[i]);
	free(l);
	return wrong;
}
