// SPDX-License-Identifier: GPL-2.0-only
/*
 * monitor_map.c - reads the monitor's pinned maps.
 *
 * The pins are looked at each time: a monitor that was started anew has other
 * maps behind the same names.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "monitor_map.h"
#include "util.h"

struct monitor_map {
	ino_t inode;
	int status, choices, flows;
	int nr_cpus;
	void *values;
};

static void close_all(struct monitor_map *maps)
{
	int *fds[] = { &maps->status, &maps->choices, &maps->flows };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
	maps->inode = 0;
}

struct monitor_map *monitor_map_new(void)
{
	struct monitor_map *maps = calloc(1, sizeof(*maps));

	if (!maps)
		return NULL;
	maps->status = maps->choices = maps->flows = -1;
	maps->nr_cpus = libbpf_num_possible_cpus();
	maps->values = maps->nr_cpus > 0 ? calloc(maps->nr_cpus,
						  sizeof(struct mgx_choice)) :
					   NULL;
	if (!maps->values) {
		free(maps);
		return NULL;
	}
	return maps;
}

void monitor_map_free(struct monitor_map *maps)
{
	if (!maps)
		return;
	close_all(maps);
	free(maps->values);
	free(maps);
}

static int open_map(const char *name, __u32 key_size, __u32 value_size)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = BPF_F_RDONLY);
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	char path[64];
	int fd = bpf_obj_get_opts(pin_place(name, path, sizeof(path)), &opts);

	if (fd < 0)
		return -1;
	if (!bpf_map_get_info_by_fd(fd, &info, &len) &&
	    info.key_size == key_size && info.value_size == value_size)
		return fd;
	close(fd);
	return -1;
}

/* 0 if all maps are open, and are those that are pinned now. */
static int open_all(struct monitor_map *maps)
{
	struct stat st;
	char path[64];

	if (stat(pin_place("monitor/choices", path, sizeof(path)), &st)) {
		close_all(maps);
		return -1;
	}
	if (maps->inode == st.st_ino)
		return 0;
	close_all(maps);
	maps->status = open_map("monitor/status", sizeof(__u32),
				sizeof(struct mgx_monitor_status));
	maps->choices = open_map("monitor/choices",
				 sizeof(struct mgx_choice_key),
				 sizeof(struct mgx_choice));
	maps->flows = open_map("monitor/flows", sizeof(struct mgx_flow_key),
			       sizeof(struct mgx_flow));
	if (maps->status < 0 || maps->choices < 0 || maps->flows < 0) {
		close_all(maps);
		return -1;
	}
	maps->inode = st.st_ino;
	return 0;
}

/**
 * struct layout - a value: totals of 64 bits, then histograms of 32
 * @size: of a value
 * @nr_totals: how many totals
 */
struct layout {
	size_t size;
	size_t nr_totals;
};

/* The sum over all CPUs. */
static int sum_cpus(struct monitor_map *maps, int fd, const void *key,
		    const struct layout *layout, void *sum)
{
	size_t nr_hist = (layout->size - layout->nr_totals * 8) / 4;
	__u32 *hist = (__u32 *)((__u64 *)sum + layout->nr_totals);

	if (bpf_map_lookup_elem(fd, key, maps->values))
		return -1;
	memset(sum, 0, layout->size);
	for (int cpu = 0; cpu < maps->nr_cpus; cpu++) {
		const __u64 *value =
			(__u64 *)((char *)maps->values + cpu * layout->size);
		const __u32 *from = (const __u32 *)(value + layout->nr_totals);

		for (size_t i = 0; i < layout->nr_totals; i++)
			((__u64 *)sum)[i] += value[i];
		for (size_t i = 0; i < nr_hist; i++)
			hist[i] += from[i];
	}
	return 0;
}

static void read_choices(struct monitor_map *maps, struct sample *sample)
{
	static const struct layout layout = {
		.size = sizeof(struct mgx_choice),
		.nr_totals = offsetof(struct mgx_choice, latency) / 8,
	};
	struct mgx_choice_key *previous = NULL;

	while (sample->nr_choices < SAMPLE_CHOICES) {
		struct sample_choice *row = &sample->choice[sample->nr_choices];

		if (bpf_map_get_next_key(maps->choices, previous, &row->key))
			break;
		previous = &row->key;
		if (sum_cpus(maps, maps->choices, &row->key, &layout,
			     &row->sum))
			break;
		sample->nr_choices++;
	}
}

static void read_flows(struct monitor_map *maps, struct sample *sample)
{
	static const struct layout layout = {
		.size = sizeof(struct mgx_flow),
		.nr_totals = offsetof(struct mgx_flow, latency) / 8,
	};
	struct mgx_flow_key *previous = NULL;

	while (sample->nr_flows < SAMPLE_FLOWS) {
		struct sample_flow *row = &sample->flow[sample->nr_flows];

		if (bpf_map_get_next_key(maps->flows, previous, &row->key))
			break;
		previous = &row->key;
		if (sum_cpus(maps, maps->flows, &row->key, &layout, &row->sum))
			break;
		sample->nr_flows++;
	}
}

void monitor_map_read(struct monitor_map *maps, struct sample *sample)
{
	struct mgx_monitor_status status = { 0 };
	__u32 zero = 0;

	sample->monitor = false;
	sample->nr_choices = 0;
	sample->nr_flows = 0;
	if (!maps || open_all(maps))
		return;
	bpf_map_lookup_elem(maps->status, &zero, &status);
	sample->monitor = status.attached;
	read_choices(maps, sample);
	read_flows(maps, sample);
}
