// SPDX-License-Identifier: GPL-2.0-only
/*
 * function.c - a PCI function: config space, channels, what comes and goes.
 */
#include <string.h>

#include "function.h"

void function_start(struct function *fn, unsigned int index)
{
	memset(fn, 0, sizeof(*fn));
	fn->index = index;
	dma_init(&fn->dma);
	irq_init(&fn->irqs);
	pthread_mutex_init(&fn->lock, NULL);
	config_reset(&fn->config);
	late_start(&fn->late, &fn->dma);
	for (unsigned int i = 0; i < IOAT_NR_CHANNELS; i++)
		channel_start(&fn->channels[i], fn, i);
}

void function_stop(struct function *fn)
{
	for (unsigned int i = 0; i < IOAT_NR_CHANNELS; i++)
		channel_stop(&fn->channels[i]);
	late_stop(&fn->late);
	irq_drop_fds(&fn->irqs);
	dma_remove_all(&fn->dma);
}

/* As after power-on. Unlike a channel's reset this ends late writes, too. */
void function_reset(struct function *fn)
{
	pthread_mutex_lock(&fn->lock);
	config_reset(&fn->config);
	fn->intrctrl = 0;
	fn->intrdelay = 0;
	dma_enable(&fn->dma, false);
	irq_enable(&fn->irqs, false);
	pthread_mutex_unlock(&fn->lock);
	late_cancel(&fn->late);
	for (unsigned int i = 0; i < IOAT_NR_CHANNELS; i++)
		channel_reset_wait(&fn->channels[i]);
}

static void set_connected(struct function *fn, bool connected)
{
	pthread_mutex_lock(&fn->lock);
	fn->connected = connected;
	pthread_mutex_unlock(&fn->lock);
}

void function_connect(struct function *fn)
{
	set_connected(fn, true);
}

/* The client is gone, and all that it lent us. */
void function_disconnect(struct function *fn)
{
	function_reset(fn);
	irq_drop_fds(&fn->irqs);
	dma_remove_all(&fn->dma);
	set_connected(fn, false);
}

bool function_is_connected(struct function *fn)
{
	bool connected;

	pthread_mutex_lock(&fn->lock);
	connected = fn->connected;
	pthread_mutex_unlock(&fn->lock);
	return connected;
}

static void set_removed(struct function *fn, bool removed)
{
	pthread_mutex_lock(&fn->lock);
	fn->removed = removed;
	pthread_mutex_unlock(&fn->lock);
}

/* Out of its slot, without a word, or back in. */
void function_remove(struct function *fn, bool removed)
{
	if (removed)
		set_removed(fn, true);
	function_reset(fn);
	set_removed(fn, removed);
}

bool function_is_removed(struct function *fn)
{
	bool removed;

	pthread_mutex_lock(&fn->lock);
	removed = fn->removed;
	pthread_mutex_unlock(&fn->lock);
	return removed;
}

void function_note_errors(struct function *fn, uint32_t errors)
{
	pthread_mutex_lock(&fn->lock);
	config_note_errors(&fn->config, errors);
	pthread_mutex_unlock(&fn->lock);
}

/* --- config space -------------------------------------------------------------- */

void function_config_read(struct function *fn, size_t at, uint8_t *data,
			  size_t len)
{
	pthread_mutex_lock(&fn->lock);
	if (fn->removed)
		memset(data, 0xff, len);
	else
		memcpy(data, fn->config.value + at, len);
	pthread_mutex_unlock(&fn->lock);
}

void function_config_write(struct function *fn, size_t at, const uint8_t *data,
			   size_t len)
{
	bool before, after;

	pthread_mutex_lock(&fn->lock);
	before = config_bus_master(&fn->config);
	if (!fn->removed)
		config_write(&fn->config, at, data, len);
	after = config_bus_master(&fn->config);
	if (before != after)
		dma_enable(&fn->dma, after);
	pthread_mutex_unlock(&fn->lock);
}
