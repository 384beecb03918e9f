/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench.h - what the benchmarks of batches share: counters of the policy that
 * mgxctl has loaded, and commands that must not fail.
 */
#ifndef _MGX_BENCH_H
#define _MGX_BENCH_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

#include "mgx_policy.h"
#include "migrate_ext.h"

#define MAPS "/sys/fs/bpf/migrate_ext/maps/"

/* Sum over the CPUs of what the policy has seen of move_pages(). */
static inline struct mgx_policy_stat batches(void)
{
	int cpu, nr = libbpf_num_possible_cpus(), key = MGX_REASON_SYSCALL;
	int fd = bpf_obj_get(MAPS MGX_STATS_MAP);
	struct mgx_policy_stat *stat = calloc(nr, sizeof(*stat)), sum = { 0 };

	if (fd < 0 || !stat || bpf_map_lookup_elem(fd, &key, stat))
		err(1, "%s", MAPS MGX_STATS_MAP);
	for (cpu = 0; cpu < nr; cpu++) {
		sum.batches += stat[cpu].batches;
		sum.copied_bytes += stat[cpu].copied_bytes;
		sum.ns += stat[cpu].ns;
	}
	free(stat);
	close(fd);
	return sum;
}

static inline void run(const char *command)
{
	if (system(command))
		errx(1, "failed: %s", command);
}

#endif /* _MGX_BENCH_H */
