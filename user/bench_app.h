/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_app.h - what the workloads of 'mgxbench app' share.
 */
#ifndef _MGXBENCH_APP_H
#define _MGXBENCH_APP_H

#include "bench.h"

/* Lost, of what was done in the first half of a round, when nothing moved. */
enum { APP_DURING, APP_LOST, APP_BEFORE, APP_MOVED, APP_METRICS };

extern const struct bench_metric app_metrics[APP_METRICS];
extern const struct bench_mode redis_mode;

int app_seconds(const struct bench *b);
void app_sleep(int seconds);
/* Per cent, of what is in the sample. */
double app_lost(const struct bench_sample *sample);

#endif /* _MGXBENCH_APP_H */
