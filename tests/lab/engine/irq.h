/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MGX_ENGINE_IRQ_H
#define _MGX_ENGINE_IRQ_H

#include <pthread.h>
#include <stdbool.h>

#include "ioat.h"

/**
 * struct irqs - event files by which the client is told of interrupts
 * @lock:	protects the rest
 * @fds:	one for each MSI-X vector, that is for each channel; -1 is none
 * @enabled:	INTRCTRL lets the channels interrupt
 */
struct irqs {
	pthread_mutex_t lock;
	int fds[IOAT_NR_CHANNELS];
	bool enabled;
};

void irq_init(struct irqs *irqs);
void irq_set_fd(struct irqs *irqs, unsigned int vector, int fd);
void irq_drop_fds(struct irqs *irqs);
void irq_enable(struct irqs *irqs, bool enabled);
bool irq_send(struct irqs *irqs, unsigned int vector);

#endif /* _MGX_ENGINE_IRQ_H */
