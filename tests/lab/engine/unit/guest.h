/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.h - plays QEMU and the driver for an engine in the same process.
 */
#ifndef _MGX_ENGINE_GUEST_H
#define _MGX_ENGINE_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"
#include "message.h"

/* Guest memory: one file, mapped for the device at GUEST_BASE */
#define GUEST_BASE 0x100000000ULL
#define GUEST_SIZE (8U << 20)

/* What is where in it */
#define GUEST_RINGS 0x0000
#define GUEST_CMP   0x8000
#define GUEST_SRC   0x100000
#define GUEST_DST   0x400000

#define GUEST_RING_DESCS 64

struct guest {
	struct server *server;
	char path[64];
	int fd;
	int memfd;
	uint8_t *mem;
	int irqs[IOAT_NR_CHANNELS];
	uint16_t count[IOAT_NR_CHANNELS];
	unsigned int head[IOAT_NR_CHANNELS];
};

void guest_start(struct guest *guest, struct server *server);
void guest_stop(struct guest *guest);
void guest_connect(struct guest *guest);
void guest_disconnect(struct guest *guest);
void guest_boot(struct guest *guest);

/* 0, or the errno of the reply; -1: the server has hung up */
int guest_ask(struct guest *guest, unsigned int command, const void *request,
	      size_t len, const int *fds, unsigned int nr_fds, void *reply,
	      size_t reply_len);
int guest_map(struct guest *guest, uint64_t addr, uint64_t size,
	      unsigned int flags, int fd, uint64_t offset);
int guest_unmap(struct guest *guest, uint64_t addr, uint64_t size);
int guest_access(struct guest *guest, unsigned int command, unsigned int region,
		 uint64_t offset, uint32_t count, void *data);
uint64_t guest_read(struct guest *guest, uint64_t at, unsigned int size);
void guest_write(struct guest *guest, uint64_t at, unsigned int size,
		 uint64_t value);
void guest_command(struct guest *guest, uint16_t bits);

/* A channel, as the driver uses it */
uint64_t chan_read(struct guest *guest, unsigned int chan, unsigned int reg,
		   unsigned int size);
void chan_write(struct guest *guest, unsigned int chan, unsigned int reg,
		unsigned int size, uint64_t value);
void chan_start(struct guest *guest, unsigned int chan);
void chan_reset(struct guest *guest, unsigned int chan);
struct ioat_desc *chan_desc(struct guest *guest, unsigned int chan);
void chan_copy(struct guest *guest, unsigned int chan, uint64_t dst,
	       uint64_t src, uint32_t size);
void chan_doorbell(struct guest *guest, unsigned int chan);
enum ioat_state chan_wait(struct guest *guest, unsigned int chan,
			  unsigned int ms);
enum ioat_state chan_state(struct guest *guest, unsigned int chan);
uint64_t chan_completion(struct guest *guest, unsigned int chan);
unsigned int chan_interrupts(struct guest *guest, unsigned int chan,
			     unsigned int ms);
struct counters chan_counters(struct guest *guest, unsigned int chan);

void sleep_ms(unsigned int ms);

#endif /* _MGX_ENGINE_GUEST_H */
