// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_mover.c - threads that move memory of their own, all at once.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench_mover.h"
#include "error.h"

/**
 * struct mover - a thread, for one move
 * @thread: it
 * @nr: its number
 * @all: of which it is one
 * @memory: what it moves
 * @moved: what became of it
 */
struct mover {
	pthread_t thread;
	unsigned int nr;
	struct movers *all;
	struct bench_memory memory;
	struct bench_moved moved;
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
 * @cpu: processor time of the machine: when they began, then how much
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
	struct movers_cpu cpu;
	struct mover mover[];
};

/* Ticks of the whole machine, since it was booted. */
static void machine_read(struct movers_cpu *cpu)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq;
	__u64 tick = 1000000000ULL / sysconf(_SC_CLK_TCK);
	FILE *file = fopen("/proc/stat", "re");

	memset(cpu, 0, sizeof(*cpu));
	if (file &&
	    fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice,
		   &system, &idle, &iowait, &irq, &softirq) == 7) {
		cpu->irq_ns = (irq + softirq) * tick;
		cpu->busy_ns = (user + nice + system + irq + softirq) * tick;
	}
	if (file)
		fclose(file);
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

int movers_setup(const struct bench *b, const struct bench_case *c, void **data)
{
	return movers_make(b, c, (struct movers **)data);
}

void movers_teardown(void *data)
{
	movers_free(data);
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
	machine_read(&all->cpu);
	all->open = true;
	all->give_up = give_up;
	pthread_cond_broadcast(&all->change);
	pthread_mutex_unlock(&all->lock);
}

static void *mover_main(void *arg)
{
	struct mover *mover = arg;
	struct movers *all = mover->all;

	bench_node_run_on(all->from, mover->nr);
	if (all->c->cold)
		bench_memory_cool(&mover->memory);
	else
		bench_memory_warm(&mover->memory);
	if (!gate_pass(all))
		return NULL;
	bench_memory_move(&mover->memory, all->node, all->c->batch,
			  &mover->moved);
	return NULL;
}

static int threads_run(struct movers *movers)
{
	unsigned int started = 0;
	struct movers_cpu now;
	int err = 0;

	movers->ready = 0;
	movers->open = false;
	for (; !err && started < movers->nr; started += !err)
		err = pthread_create(&movers->mover[started].thread, NULL,
				     mover_main, &movers->mover[started]);
	gate_open(movers, started, err);
	for (unsigned int i = 0; i < started; i++)
		pthread_join(movers->mover[i].thread, NULL);
	machine_read(&now);
	movers->cpu.irq_ns = now.irq_ns - movers->cpu.irq_ns;
	movers->cpu.busy_ns = now.busy_ns - movers->cpu.busy_ns;
	return err;
}

/* The time is that from the first beginning to the last end. */
static void sum_up(const struct movers *movers, struct bench_moved *moved)
{
	__u64 end = 0;

	memset(moved, 0, sizeof(*moved));
	for (unsigned int i = 0; i < movers->nr; i++) {
		const struct bench_moved *one = &movers->mover[i].moved;

		moved->bytes += one->bytes;
		moved->left += one->left;
		moved->split += one->split;
		moved->cpu_ns += one->cpu_ns;
		if (!moved->err)
			moved->err = one->err;
		if (!i || one->start_ns < moved->start_ns)
			moved->start_ns = one->start_ns;
		if (one->start_ns + one->ns > end)
			end = one->start_ns + one->ns;
	}
	moved->ns = end - moved->start_ns;
}

int movers_move_only(const struct bench_case *c, struct movers *movers,
		     int node, struct bench_moved *moved)
{
	int err;

	movers->c = c;
	movers->node = node;
	err = threads_run(movers);
	if (err)
		return fail("use fewer --threads", "%u threads: %s", movers->nr,
			    strerror(err));
	sum_up(movers, moved);
	if (moved->bytes)
		return 0;
	return fail("see whether the node has memory left",
		    "move_pages() moved nothing to node %d: %s", node,
		    strerror(moved->err));
}

int movers_verify(struct movers *movers)
{
	int rc = 0;

	for (unsigned int i = 0; !rc && i < movers->nr; i++)
		rc = bench_memory_verify(&movers->mover[i].memory);
	return rc;
}

int movers_move(const struct bench *b, const struct bench_case *c,
		struct movers *movers, int node, struct bench_moved *moved)
{
	if (movers_move_only(c, movers, node, moved))
		return -1;
	return b->verify ? movers_verify(movers) : 0;
}

int movers_place(struct movers *movers, int node)
{
	int rc = 0;

	for (unsigned int i = 0; !rc && i < movers->nr; i++)
		rc = bench_memory_place(&movers->mover[i].memory, node);
	return rc;
}

void movers_cpu(const struct movers *movers, struct movers_cpu *cpu)
{
	*cpu = movers->cpu;
}
