// SPDX-License-Identifier: GPL-2.0-only
/*
 * registers.c - BAR 0. A table for the function's window and one for a
 * channel's; accesses may have any width and need not be aligned. What no table
 * has reads as zero, and writes to it are lost: so do the registers of version
 * 3.4 for latency reporting and prefetching.
 */
#include <string.h>

#include "function.h"
#include "registers.h"
#include "ring.h"

/**
 * struct reg - a register
 * @at:		offset in its window
 * @size:	bytes, 1 to 8
 * @part:	a write to some of its bytes leaves the others as they are;
 *		otherwise they count as zero, as is right for commands
 * @read:	its value
 * @write:	NULL if it is read-only
 */
struct reg {
	uint8_t at;
	uint8_t size;
	bool part;
	uint64_t (*read)(void *owner);
	void (*write)(void *owner, uint64_t value);
};

/* --- the function's, with its lock held ------------------------------------------ */

static uint64_t read_chancnt(void *owner)
{
	(void)owner;
	return IOAT_NR_CHANNELS;
}

static uint64_t read_xfercap(void *owner)
{
	(void)owner;
	return IOAT_XFERCAP;
}

static uint64_t read_version(void *owner)
{
	(void)owner;
	return IOAT_VERSION;
}

static uint64_t read_intrctrl(void *owner)
{
	return ((struct function *)owner)->intrctrl;
}

static void write_intrctrl(void *owner, uint64_t value)
{
	struct function *fn = owner;

	fn->intrctrl = value;
	irq_enable(&fn->irqs, value & IOAT_INTRCTRL_MASTER_INT_EN);
}

static uint64_t read_intrdelay(void *owner)
{
	return ((struct function *)owner)->intrdelay;
}

static void write_intrdelay(void *owner, uint64_t value)
{
	/* Bit 15 would promise coalescing. */
	((struct function *)owner)->intrdelay = value & 0x3fff;
}

static const struct reg function_regs[] = {
	{ IOAT_CHANCNT, 1, true, read_chancnt, NULL },
	{ IOAT_XFERCAP_REG, 1, true, read_xfercap, NULL },
	{ IOAT_INTRCTRL, 1, true, read_intrctrl, write_intrctrl },
	{ IOAT_CBVER, 1, true, read_version, NULL },
	{ IOAT_INTRDELAY, 2, true, read_intrdelay, write_intrdelay },
	{ 0, 0, false, NULL, NULL },
};

/* --- a channel's, with its lock held -------------------------------------------- */

static uint64_t read_ctrl(void *owner)
{
	return ((struct channel *)owner)->ctrl;
}

static void write_ctrl(void *owner, uint64_t value)
{
	channel_write_ctrl(owner, value);
}

/* A reset is done when the bit reads as zero. */
static uint64_t read_cmd(void *owner)
{
	return ((struct channel *)owner)->reset ? IOAT_CHANCMD_RESET : 0;
}

static void write_cmd(void *owner, uint64_t value)
{
	channel_command(owner, value);
}

static uint64_t read_count(void *owner)
{
	return ((struct channel *)owner)->count;
}

static void write_count(void *owner, uint64_t value)
{
	channel_write_count(owner, value);
}

static uint64_t read_status(void *owner)
{
	const struct channel *c = owner;

	return ring_status(c->last, c->state);
}

static uint64_t read_chain(void *owner)
{
	return ((struct channel *)owner)->chain;
}

static void write_chain(void *owner, uint64_t value)
{
	channel_write_chain(owner, value);
}

static uint64_t read_cmp(void *owner)
{
	return ((struct channel *)owner)->cmp;
}

static void write_cmp(void *owner, uint64_t value)
{
	((struct channel *)owner)->cmp = value;
}

static uint64_t read_at(void *owner)
{
	return ((struct channel *)owner)->at;
}

static uint64_t read_error(void *owner)
{
	return ((struct channel *)owner)->chanerr;
}

/* Ones clear. */
static void write_error(void *owner, uint64_t value)
{
	((struct channel *)owner)->chanerr &= ~value;
}

static uint64_t read_errmask(void *owner)
{
	return ((struct channel *)owner)->errmask;
}

static void write_errmask(void *owner, uint64_t value)
{
	((struct channel *)owner)->errmask = value;
}

static uint64_t read_dcactrl(void *owner)
{
	return ((struct channel *)owner)->dcactrl;
}

static void write_dcactrl(void *owner, uint64_t value)
{
	((struct channel *)owner)->dcactrl = value;
}

static const struct reg channel_regs[] = {
	{ IOAT_CHANCTRL, 2, true, read_ctrl, write_ctrl },
	{ IOAT_CHANCMD, 1, false, read_cmd, write_cmd },
	{ IOAT_DMACOUNT, 2, true, read_count, write_count },
	{ IOAT_CHANSTS, 8, true, read_status, NULL },
	{ IOAT_CHAINADDR, 8, true, read_chain, write_chain },
	{ IOAT_CHANCMP, 8, true, read_cmp, write_cmp },
	{ IOAT_CDAR, 8, true, read_at, NULL },
	{ IOAT_CHANERR, 4, false, read_error, write_error },
	{ IOAT_CHANERR_MASK, 4, true, read_errmask, write_errmask },
	{ IOAT_DCACTRL, 4, true, read_dcactrl, write_dcactrl },
	{ 0, 0, false, NULL, NULL },
};

/* --- windows ---------------------------------------------------------------------- */

/* The bytes that an access and a register have in common */
struct overlap {
	size_t in_access;
	size_t in_reg;
	size_t len;
};

static bool overlap(const struct reg *reg, size_t at, size_t len,
		    struct overlap *o)
{
	size_t from = at > reg->at ? at : reg->at;
	size_t to = at + len < (size_t)reg->at + reg->size ?
			    at + len :
			    (size_t)reg->at + reg->size;

	if (from >= to)
		return false;
	o->in_access = from - at;
	o->in_reg = from - reg->at;
	o->len = to - from;
	return true;
}

static void window_read(const struct reg *reg, void *owner, size_t at,
			uint8_t *data, size_t len)
{
	struct overlap o;

	memset(data, 0, len);
	for (; reg->size; reg++) {
		uint64_t value;

		if (!overlap(reg, at, len, &o))
			continue;
		value = reg->read(owner);
		memcpy(data + o.in_access, (uint8_t *)&value + o.in_reg, o.len);
	}
}

static void window_write(const struct reg *reg, void *owner, size_t at,
			 const uint8_t *data, size_t len)
{
	struct overlap o;

	for (; reg->size; reg++) {
		uint64_t value;

		if (!reg->write || !overlap(reg, at, len, &o))
			continue;
		value = reg->part ? reg->read(owner) : 0;
		memcpy((uint8_t *)&value + o.in_reg, data + o.in_access, o.len);
		reg->write(owner, value);
	}
}

static struct channel *channel_at(struct function *fn, size_t at)
{
	size_t window = at / IOAT_WINDOW;

	if (window < 1 || window > IOAT_NR_CHANNELS)
		return NULL;
	return &fn->channels[window - 1];
}

static size_t piece(size_t at, size_t len)
{
	size_t left = IOAT_WINDOW - at % IOAT_WINDOW;

	return len < left ? len : left;
}

static void piece_read(struct function *fn, size_t at, uint8_t *data,
		       size_t len)
{
	struct channel *c = channel_at(fn, at);

	memset(data, 0, len);
	if (c) {
		pthread_mutex_lock(&c->lock);
		window_read(channel_regs, c, at % IOAT_WINDOW, data, len);
		pthread_mutex_unlock(&c->lock);
	} else if (at < IOAT_WINDOW) {
		pthread_mutex_lock(&fn->lock);
		window_read(function_regs, fn, at, data, len);
		pthread_mutex_unlock(&fn->lock);
	}
}

static void piece_write(struct function *fn, size_t at, const uint8_t *data,
			size_t len)
{
	struct channel *c = channel_at(fn, at);

	if (c) {
		pthread_mutex_lock(&c->lock);
		window_write(channel_regs, c, at % IOAT_WINDOW, data, len);
		pthread_mutex_unlock(&c->lock);
	} else if (at < IOAT_WINDOW) {
		pthread_mutex_lock(&fn->lock);
		window_write(function_regs, fn, at, data, len);
		pthread_mutex_unlock(&fn->lock);
	}
}

/* The caller has checked the bounds. */
void registers_read(struct function *fn, size_t at, uint8_t *data, size_t len)
{
	if (function_is_removed(fn)) {
		memset(data, 0xff, len);
		return;
	}
	for (size_t part; len; at += part, data += part, len -= part) {
		part = piece(at, len);
		piece_read(fn, at, data, part);
	}
}

void registers_write(struct function *fn, size_t at, const uint8_t *data,
		     size_t len)
{
	if (function_is_removed(fn))
		return;
	for (size_t part; len; at += part, data += part, len -= part) {
		part = piece(at, len);
		piece_write(fn, at, data, part);
	}
}
