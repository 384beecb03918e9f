// SPDX-License-Identifier: GPL-2.0-only
/*
 * irq.c - interrupts: writes to the client's event files.
 */
#include <stdint.h>
#include <unistd.h>

#include "irq.h"

void irq_init(struct irqs *irqs)
{
	pthread_mutex_init(&irqs->lock, NULL);
	irqs->enabled = false;
	for (int i = 0; i < IOAT_NR_CHANNELS; i++)
		irqs->fds[i] = -1;
}

/* Takes @fd over. */
void irq_set_fd(struct irqs *irqs, unsigned int vector, int fd)
{
	pthread_mutex_lock(&irqs->lock);
	if (irqs->fds[vector] >= 0)
		close(irqs->fds[vector]);
	irqs->fds[vector] = fd;
	pthread_mutex_unlock(&irqs->lock);
}

void irq_drop_fds(struct irqs *irqs)
{
	for (unsigned int i = 0; i < IOAT_NR_CHANNELS; i++)
		irq_set_fd(irqs, i, -1);
}

void irq_enable(struct irqs *irqs, bool enabled)
{
	pthread_mutex_lock(&irqs->lock);
	irqs->enabled = enabled;
	pthread_mutex_unlock(&irqs->lock);
}

/* False if nobody can hear it. */
bool irq_send(struct irqs *irqs, unsigned int vector)
{
	bool sent = false;
	uint64_t one = 1;

	pthread_mutex_lock(&irqs->lock);
	if (irqs->enabled && irqs->fds[vector] >= 0)
		sent = write(irqs->fds[vector], &one, sizeof(one)) ==
		       sizeof(one);
	pthread_mutex_unlock(&irqs->lock);
	return sent;
}
