// SPDX-License-Identifier: GPL-2.0-only
/*
 * desc.c - descriptors: which ones this engine carries out.
 */
#include "desc.h"

#define KNOWN_CTL                                                             \
	(IOAT_CTL_INT_EN | IOAT_CTL_SRC_SNOOP_DIS | IOAT_CTL_DEST_SNOOP_DIS | \
	 IOAT_CTL_COMPL_WRITE | IOAT_CTL_FENCE | IOAT_CTL_NULL)

static bool wraps(uint64_t addr, uint64_t size)
{
	return addr + size < addr;
}

/*
 * Bits for CHANERR, 0 if all is well. An operation other than the copy has a
 * code in the highest byte, so it counts as an unknown control bit, too.
 * Whether the addresses exist is known when the data is moved.
 */
uint32_t desc_check(const struct ioat_desc *desc)
{
	if (desc->ctl & ~KNOWN_CTL)
		return IOAT_ERR_CONTROL;
	if (!desc->size || desc->size > IOAT_MAX_COPY)
		return IOAT_ERR_LENGTH;
	if (desc_is_null(desc))
		return 0;
	if (wraps(desc->src, desc->size))
		return IOAT_ERR_SRC_ADDR;
	if (wraps(desc->dst, desc->size))
		return IOAT_ERR_DEST_ADDR;
	return 0;
}
