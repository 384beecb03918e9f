// SPDX-License-Identifier: GPL-2.0-only
#include "bench.h"
int bench_report_run(const struct options *options, const char *arg)
{
	(void)options;
	(void)arg;
	return STATUS_FAILED;
}
