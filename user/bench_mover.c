// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_mover.c - threads that move memory of their own, all at once.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_mover.h"
#include "error.h"

/**
 * struct mover - a thread, for one move
 * @thread: it
 * @nr: its number
 * @all: of which it is one
 * @memory: what it moves
 * @moved: what became of it
 * @start_ns: when it began
 * @end_ns: when it was through
 * @cpu_ns: processor time it took
 */
struct mover {
	pthread_t thread;
	unsigned int nr;
	struct movers *all;
	struct bench_memory memory;
	struct bench_moved moved;
	__u64 start_ns, end_ns, cpu_ns;
};

/**
 * struct movers - all threads of a case
 * @nr: how many
 * @from: the node they run on
 * @node: where the memory goes
 * @c: the case
 * @lock: protects all that follows
 * @change: of it
 * @ready: threads that are ready to move
 * @open: they may, or are to end at once if not all of them could be started
 * @give_up: the latter
 * @mover: the threads
 */
struct movers {
	unsigned int nr;
	int from, node;
	const struct bench_case *c;
	pthread_mutex_t lock;
	pthread_cond_t change;
	unsigned int ready;
	bool open, give_up;
	struct mover mover[];
};

static __u64 thread_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

int movers_make(const struct bench *b, const struct bench_case *c,
		struct movers **movers)
{
	struct movers *all;
	int rc = 0;

	all = calloc(1, sizeof(*all) + c->threads * sizeof(*all->mover));
	if (!all)
		return fail(NULL, "out of memory");
	*movers = all;
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->change, NULL);
	for (; !rc && all->nr < c->threads; all->nr++) {
		struct bench_want want = {
			.size = c->size,
			.bytes = b->bytes,
			.folios = c->batch,
			.node = b->from,
			.other = b->to,
			.copies = c->threads - all->nr,
			.prepare = b->prepare,
		};

		all->mover[all->nr].nr = all->nr;
		all->mover[all->nr].all = all;
		rc = bench_memory_make(&all->mover[all->nr].memory, &want);
	}
	all->from = b->from;
	return rc ? rc : movers_place(all, b->from);
}

void movers_free(struct movers *movers)
{
	for (unsigned int i = 0; movers && i < movers->nr; i++)
		bench_memory_free(&movers->mover[i].memory);
	free(movers);
}

struct bench_memory *movers_memory(struct movers *movers, unsigned int nr)
{
	return &movers->mover[nr].memory;
}

/* Until all are ready. False if this thread is to give up. */
static bool gate_pass(struct movers *all)
{
	bool pass;

	pthread_mutex_lock(&all->lock);
	all->ready++;
	pthread_cond_broadcast(&all->change);
	while (!all->open)
		pthread_cond_wait(&all->change, &all->lock);
	pass = !all->give_up;
	pthread_mutex_unlock(&all->lock);
	return pass;
}

static void gate_open(struct movers *all, unsigned int nr, bool give_up)
{
	pthread_mutex_lock(&all->lock);
	while (all->ready < nr)
		pthread_cond_wait(&all->change, &all->lock);
	all->open = true;
	all->give_up = give_up;
	pthread_cond_broadcast(&all->change);
	pthread_mutex_unlock(&all->lock);
}

static void *mover_main(void *arg)
{
	struct mover *mover = arg;
	struct movers *all = mover->all;
	__u64 cpu_ns;

	bench_node_run_on(all->from, mover->nr);
	if (all->c->cold)
		bench_memory_cool(&mover->memory);
	else
		bench_memory_warm(&mover->memory);
	if (!gate_pass(all))
		return NULL;
	mover->start_ns = bench_now();
	cpu_ns = thread_ns();
	bench_memory_move(&mover->memory, all->node, all->c->batch,
			  &mover->moved);
	mover->cpu_ns = thread_ns() - cpu_ns;
	mover->end_ns = bench_now();
	return NULL;
}

static int threads_run(struct movers *movers)
{
	unsigned int started = 0;
	int err = 0;

	movers->ready = 0;
	movers->open = false;
	for (; !err && started < movers->nr; started += !err)
		err = pthread_create(&movers->mover[started].thread, NULL,
				     mover_main, &movers->mover[started]);
	gate_open(movers, started, err);
	for (unsigned int i = 0; i < started; i++)
		pthread_join(movers->mover[i].thread, NULL);
	return err;
}

static void sum_up(const struct movers *movers, struct bench_moved *moved)
{
	__u64 start = movers->mover[0].start_ns, end = 0;

	memset(moved, 0, sizeof(*moved));
	for (unsigned int i = 0; i < movers->nr; i++) {
		const struct mover *mover = &movers->mover[i];

		moved->bytes += mover->moved.bytes;
		moved->left += mover->moved.left;
		moved->split += mover->moved.split;
		if (!moved->err)
			moved->err = mover->moved.err;
		if (mover->start_ns < start)
			start = mover->start_ns;
		if (mover->end_ns > end)
			end = mover->end_ns;
	}
	moved->ns = end - start;
}

int movers_move(const struct bench *b, const struct bench_case *c,
		struct movers *movers, int node, struct bench_moved *moved)
{
	int err, rc = 0;

	movers->c = c;
	movers->node = node;
	err = threads_run(movers);
	if (err)
		return fail("use fewer --threads", "%u threads: %s", movers->nr,
			    strerror(err));
	sum_up(movers, moved);
	if (!moved->bytes)
		return fail("see whether the node has memory left",
			    "move_pages() moved nothing to node %d: %s", node,
			    strerror(moved->err));
	for (unsigned int i = 0; b->verify && !rc && i < movers->nr; i++)
		rc = bench_memory_verify(&movers->mover[i].memory);
	return rc;
}

int movers_place(struct movers *movers, int node)
{
	int rc = 0;

	for (unsigned int i = 0; !rc && i < movers->nr; i++)
		rc = bench_memory_place(&movers->mover[i].memory, node);
	return rc;
}

__u64 movers_cpu_ns(const struct movers *movers)
{
	__u64 ns = 0;

	for (unsigned int i = 0; i < movers->nr; i++)
		ns += movers->mover[i].cpu_ns;
	return ns;
}
