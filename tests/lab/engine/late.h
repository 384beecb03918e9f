/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * late.h - writes to guest memory that outlive the channel's reset.
 */
#ifndef _MGX_ENGINE_LATE_H
#define _MGX_ENGINE_LATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What may be on its way: a guest that goes on for ever shall not eat us up. */
#define LATE_MAX_BYTES (64U << 20)

struct channel;
struct dma_space;

/**
 * struct late_write - data on its way
 * @next:	list, the earliest first
 * @due:	when it is written, ns
 * @channel:	whose it is
 * @ticket:	by which the channel knows it
 * @dst:	guest address
 * @size:	bytes
 * @data:	what was read when the copy began
 */
struct late_write {
	struct late_write *next;
	uint64_t due;
	struct channel *channel;
	uint64_t ticket;
	uint64_t dst;
	size_t size;
	uint8_t data[];
};

struct late {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	struct dma_space *dma;
	struct late_write *first;
	size_t bytes;
	bool stop;
};

void late_start(struct late *late, struct dma_space *dma);
void late_stop(struct late *late);
bool late_add(struct late *late, struct late_write *write);
void late_cancel(struct late *late);

#endif /* _MGX_ENGINE_LATE_H */
