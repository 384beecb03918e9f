/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sampler.h - takes samples of the running kernel.
 */
#ifndef _MGX_SAMPLER_H
#define _MGX_SAMPLER_H

#include "sample.h"

struct sampler;

/* NULL: out of memory. */
struct sampler *sampler_new(void);
void sampler_free(struct sampler *sampler);

/* All that is known now; the module may come and go between two samples. */
void sampler_take(struct sampler *sampler, struct sample *sample);

/* Milliseconds since 1970. */
__u64 now_ms(void);

#endif /* _MGX_SAMPLER_H */
