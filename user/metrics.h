/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * metrics.h - a sample as text for Prometheus.
 */
#ifndef _MGX_METRICS_H
#define _MGX_METRICS_H

#include <stdio.h>

#include "sample.h"

void metrics_print(FILE *file, const struct sample *sample);

#endif /* _MGX_METRICS_H */
