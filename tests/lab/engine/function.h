/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MGX_ENGINE_FUNCTION_H
#define _MGX_ENGINE_FUNCTION_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channel.h"
#include "config.h"
#include "dma.h"
#include "irq.h"
#include "late.h"

/**
 * struct function - one PCI function
 * @index:	its number in this process
 * @dma:	guest memory
 * @irqs:	interrupts
 * @late:	the late writer
 * @channels:	the channels
 * @lock:	protects the rest; taken after a channel's, before @dma's and @irqs'
 * @config:	config space
 * @intrctrl, @intrdelay: registers
 * @connected:	there is a client
 * @removed:	the function plays dead: all reads give ones
 */
struct function {
	unsigned int index;
	struct dma_space dma;
	struct irqs irqs;
	struct late late;
	struct channel channels[IOAT_NR_CHANNELS];
	pthread_mutex_t lock;
	struct config config;
	uint8_t intrctrl;
	uint16_t intrdelay;
	bool connected;
	bool removed;
};

void function_start(struct function *fn, unsigned int index);
void function_stop(struct function *fn);
void function_reset(struct function *fn);
void function_connect(struct function *fn);
void function_disconnect(struct function *fn);
void function_remove(struct function *fn, bool removed);
bool function_is_removed(struct function *fn);
bool function_is_connected(struct function *fn);
void function_note_errors(struct function *fn, uint32_t errors);

void function_config_read(struct function *fn, size_t at, uint8_t *data,
			  size_t len);
void function_config_write(struct function *fn, size_t at, const uint8_t *data,
			   size_t len);

#endif /* _MGX_ENGINE_FUNCTION_H */
