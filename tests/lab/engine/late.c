// SPDX-License-Identifier: GPL-2.0-only
/*
 * late.c - the late writer: one thread for each function, which writes what
 * its channels have left behind when the time has come. A channel's reset does
 * not stop it (that is the fault); losing the bus does: a reset of the
 * function, bus mastering off, removal.
 */
#include <stdlib.h>

#include "channel.h"
#include "clock.h"
#include "dma.h"
#include "late.h"

static void insert(struct late *late, struct late_write *write)
{
	struct late_write **at = &late->first;

	while (*at && (*at)->due <= write->due)
		at = &(*at)->next;
	write->next = *at;
	*at = write;
	late->bytes += write->size;
}

static struct late_write *take_first(struct late *late)
{
	struct late_write *write = late->first;

	late->first = write->next;
	late->bytes -= write->size;
	return write;
}

/* False if too much is on its way. */
bool late_add(struct late *late, struct late_write *write)
{
	bool room;

	pthread_mutex_lock(&late->lock);
	room = late->bytes + write->size <= LATE_MAX_BYTES;
	if (room)
		insert(late, write);
	pthread_cond_signal(&late->wake);
	pthread_mutex_unlock(&late->lock);
	return room;
}

void late_cancel(struct late *late)
{
	pthread_mutex_lock(&late->lock);
	while (late->first)
		free(take_first(late));
	pthread_mutex_unlock(&late->lock);
}

static void carry_out(struct late *late, struct late_write *write)
{
	enum dma_result result;

	result = dma_write(late->dma, write->dst, write->data, write->size);
	channel_late_written(write->channel, write->ticket,
			     result == DMA_OK ? write->size : 0);
	free(write);
}

/* With the lock held, which it lets go to write. */
static void late_step(struct late *late)
{
	struct late_write *write = late->first;

	if (!write) {
		pthread_cond_wait(&late->wake, &late->lock);
	} else if (write->due > clock_ns()) {
		clock_wait(&late->wake, &late->lock, write->due);
	} else {
		take_first(late);
		pthread_mutex_unlock(&late->lock);
		carry_out(late, write);
		pthread_mutex_lock(&late->lock);
	}
}

static void *late_main(void *arg)
{
	struct late *late = arg;

	pthread_mutex_lock(&late->lock);
	while (!late->stop)
		late_step(late);
	pthread_mutex_unlock(&late->lock);
	return NULL;
}

void late_start(struct late *late, struct dma_space *dma)
{
	late->dma = dma;
	late->first = NULL;
	late->bytes = 0;
	late->stop = false;
	pthread_mutex_init(&late->lock, NULL);
	clock_cond_init(&late->wake);
	thread_start(&late->thread, late_main, late);
}

void late_stop(struct late *late)
{
	pthread_mutex_lock(&late->lock);
	late->stop = true;
	pthread_cond_signal(&late->wake);
	pthread_mutex_unlock(&late->lock);
	pthread_join(late->thread, NULL);
	late_cancel(late);
}
