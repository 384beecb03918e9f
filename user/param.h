/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * param.h - the settings of the policy in charge, as they were loaded.
 */
#ifndef _MGX_PARAM_H
#define _MGX_PARAM_H

#include "sample.h"

/* Which map the settings are in, as a number, or 0. */
__u64 param_map(void);

/* Fills in @sample's parameters; none if they cannot be known. */
void param_read(struct sample *sample);

#endif /* _MGX_PARAM_H */
