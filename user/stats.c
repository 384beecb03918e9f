// SPDX-License-Identifier: GPL-2.0-only
/*
 * stats.c - the counters of the policy in charge.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "pin.h"
#include "stats.h"

#define NR_FIELDS (sizeof(struct mgx_policy_stat) / sizeof(__u64))

static bool is_stats(int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	return !bpf_map_get_info_by_fd(fd, &info, &len) &&
	       info.type == BPF_MAP_TYPE_PERCPU_ARRAY &&
	       info.value_size == sizeof(struct mgx_policy_stat) &&
	       info.max_entries >= MGX_NR_REASONS &&
	       !strcmp(info.name, MGX_STATS_MAP);
}

static int open_pinned(void)
{
	/* All that a user without privileges may have of a 0444 pin. */
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = BPF_F_RDONLY);

	return bpf_obj_get_opts(PIN_MAPS "/" MGX_STATS_MAP, &opts);
}

/* A policy in the foreground is not pinned; its map is the newest. */
static int open_newest(void)
{
	__u32 id = 0;
	int found = -1;

	while (!bpf_map_get_next_id(id, &id)) {
		int fd = bpf_map_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!is_stats(fd)) {
			close(fd);
			continue;
		}
		if (found >= 0)
			close(found);
		found = fd;
	}
	return found;
}

static int sum_reason(int fd, __u32 reason, struct mgx_policy_stat *sum)
{
	int nr_cpus = libbpf_num_possible_cpus();
	__u64 *values, *total = (__u64 *)sum;
	int err;

	if (nr_cpus < 1)
		return -1;
	values = calloc(nr_cpus, NR_FIELDS * sizeof(*values));
	if (!values)
		return -1;
	err = bpf_map_lookup_elem(fd, &reason, values);
	for (size_t i = 0; !err && i < nr_cpus * NR_FIELDS; i++)
		total[i % NR_FIELDS] += values[i];
	free(values);
	return err ? -1 : 0;
}

int stats_read(struct mgx_policy_stat stats[MGX_NR_REASONS])
{
	int fd = open_pinned();
	int err;

	if (fd < 0)
		fd = open_newest();
	if (fd < 0)
		return -1;
	memset(stats, 0, MGX_NR_REASONS * sizeof(*stats));
	err = is_stats(fd) ? 0 : -1;
	for (__u32 i = 0; i < MGX_NR_REASONS && !err; i++)
		err = sum_reason(fd, i, &stats[i]);
	close(fd);
	return err;
}
