/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring.h - arithmetic of the descriptor ring.
 *
 * DMACOUNT counts the descriptors that software has handed out since it wrote
 * CHAINADDR. It has 16 bits and wraps; so does the engine's count of those it
 * took, and the difference is what waits.
 */
#ifndef _MGX_ENGINE_RING_H
#define _MGX_ENGINE_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "ioat.h"

static inline uint16_t ring_waiting(uint16_t count, uint16_t taken)
{
	return count - taken;
}

static inline bool ring_aligned(uint64_t addr)
{
	return !(addr & (IOAT_DESC_SIZE - 1));
}

/* What the engine writes to the completion address and shows in CHANSTS. */
static inline uint64_t ring_status(uint64_t last, enum ioat_state state)
{
	return (last & IOAT_CHANSTS_ADDR) | state;
}

#endif /* _MGX_ENGINE_RING_H */
