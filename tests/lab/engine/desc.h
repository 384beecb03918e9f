/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MGX_ENGINE_DESC_H
#define _MGX_ENGINE_DESC_H

#include <stdbool.h>

#include "ioat.h"

uint32_t desc_check(const struct ioat_desc *desc);

/* A null descriptor copies nothing; it starts the channel and completes. */
static inline bool desc_is_null(const struct ioat_desc *desc)
{
	return desc->ctl & IOAT_CTL_NULL;
}

#endif /* _MGX_ENGINE_DESC_H */
