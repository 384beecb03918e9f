// SPDX-License-Identifier: GPL-2.0-only
/*
 * sampler.c - takes samples of the running kernel: the module's files and the
 * monitor's maps.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "monitor_map.h"
#include "param.h"
#include "sample_field.h"
#include "sampler.h"
#include "sysfs.h"

/**
 * struct sampler - what is kept from one sample to the next
 * @maps: the monitor's
 * @seq: samples taken
 * @epoch: of the module that was there last
 * @enable_seq: the policy whose settings are in @params
 * @since_ms: when it was first seen in charge
 * @loaded: the module was there
 * @params: settings
 */
struct sampler {
	struct monitor_map *maps;
	__u64 seq;
	__u64 epoch;
	__u64 enable_seq;
	__u64 since_ms;
	bool loaded;
	int nr_params;
	struct sample_param params[SAMPLE_PARAMS];
};

__u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

struct sampler *sampler_new(void)
{
	struct sampler *sampler = calloc(1, sizeof(*sampler));

	if (!sampler)
		return NULL;
	sampler->maps = monitor_map_new();
	return sampler;
}

void sampler_free(struct sampler *sampler)
{
	if (!sampler)
		return;
	monitor_map_free(sampler->maps);
	free(sampler);
}

/* A whole file of sysfs. NULL: it is not there. */
static const char *read_text(int dir, const char *name, char *text, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = read(fd, text, size - 1);
	close(fd);
	if (n < 0)
		return NULL;
	text[n] = '\0';
	return text;
}

static void read_fields(int dir, const struct field *fields, void *base)
{
	char text[4096];

	for (const struct field *f = fields; f->key; f++)
		field_set(f, base, read_text(dir, f->key, text, sizeof(text)));
}

static void read_totals(const char *dir, const char *const *names,
			__u64 *totals, int nr)
{
	char name[128];

	for (int i = 0; i < nr; i++) {
		snprintf(name, sizeof(name), "%s/%s", dir, names[i]);
		totals[i] = sysfs_u64(name);
	}
}

static void read_channel(int parent, const char *id, struct sample *sample)
{
	struct sample_channel *channel = &sample->channel[sample->nr_channels];
	int dir = openat(parent, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return;
	channel->id = strtoul(id, NULL, 10);
	read_fields(dir, sample_channel_fields, channel);
	close(dir);
	/* It went while its files were read. */
	if (*channel->state)
		sample->nr_channels++;
}

static int is_channel(const struct dirent *entry)
{
	return entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
}

static void read_channels(struct sample *sample)
{
	int dir =
		open(MGX_SYSFS "/channels", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **entries;
	int n;

	if (dir < 0)
		return;
	n = scandirat(dir, ".", &entries, is_channel, versionsort);
	for (int i = 0; i < n; i++) {
		if (sample->nr_channels < MGX_MAX_CHANNELS)
			read_channel(dir, entries[i]->d_name, sample);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	close(dir);
}

static void read_exit(struct sample *sample)
{
	sysfs_read("exit/name", sample->exit_policy,
		   sizeof(sample->exit_policy));
	sysfs_read("exit/kind", sample->exit_kind, sizeof(sample->exit_kind));
	sysfs_read("exit/msg", sample->exit_message,
		   sizeof(sample->exit_message));
	sample->exit_code = sysfs_s64("exit/code");
}

static void read_policy(struct sample *sample)
{
	sysfs_read("state", sample->state, sizeof(sample->state));
	sysfs_read("ops", sample->policy, sizeof(sample->policy));
	sysfs_read("reject_reason", sample->reject_reason,
		   sizeof(sample->reject_reason));
	sample->enable_seq = sysfs_u64("enable_seq");
	sample->nr_rejected = sysfs_u64("nr_rejected");
}

static void read_module(struct sample *sample)
{
	int dir = open(MGX_SYSFS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return;
	read_fields(dir, sample_module_fields, sample);
	close(dir);
	read_policy(sample);
	read_exit(sample);
	read_totals("events", sample_event_names, sample->events,
		    MGX_NR_EVENTS);
	read_totals("reasons", sample_reason_names, sample->reasons,
		    MGX_NR_REASONS);
	read_channels(sample);
}

/* Settings do not change while a policy is in charge: they are read once. */
static void add_params(struct sampler *sampler, struct sample *sample)
{
	if (strcmp(sample->state, "active")) {
		sampler->enable_seq = 0;
		sampler->since_ms = 0;
		return;
	}
	if (sampler->enable_seq != sample->enable_seq) {
		param_read(sample);
		sampler->enable_seq = sample->enable_seq;
		sampler->since_ms = sample->time_ms;
		sampler->nr_params = sample->nr_params;
		memcpy(sampler->params, sample->param, sizeof(sampler->params));
	}
	sample->since_ms = sampler->since_ms;
	sample->nr_params = sampler->nr_params;
	memcpy(sample->param, sampler->params, sizeof(sampler->params));
}

void sampler_take(struct sampler *sampler, struct sample *sample)
{
	struct utsname system;

	memset(sample, 0, sizeof(*sample));
	uname(&system);
	snprintf(sample->kernel, sizeof(sample->kernel), "%s", system.release);
	sample->time_ms = now_ms();
	sample->seq = ++sampler->seq;
	sample->loaded = sysfs_present();
	if (sample->loaded)
		read_module(sample);
	if (!*sample->state) {
		sample->loaded = false;
		snprintf(sample->state, sizeof(sample->state), "absent");
	}
	if (sample->loaded && !sampler->loaded)
		sampler->epoch++;
	sampler->loaded = sample->loaded;
	sample->epoch = sampler->epoch;
	add_params(sampler, sample);
	monitor_map_read(sampler->maps, sample);
}
