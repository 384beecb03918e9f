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
#include "util.h"

#define CHANNELS MGX_SYSFS "/channels"
#define FILE_MAX 4097 /* a file of sysfs, and a 0 */

/**
 * struct kept - files of a channel that stay open from sample to sample, or -1
 * @stat: all its values
 * @latency: its histogram
 */
struct kept {
	int stat, latency;
};

/**
 * struct sampler - what is kept from one sample to the next
 * @maps: the monitor's
 * @stat: the module's file of all values, or -1
 * @channels: files of channels, by their ids
 * @seq: samples taken
 * @epoch: of the module that was there last
 * @in_charge: a policy was, or its end was not over
 * @attached: policies that have been in charge
 * @enable_seq: the policy whose settings are in @params
 * @since_ms: when it was first seen in charge
 * @param_map: where they were read
 * @loaded: the module was there
 * @params: settings
 */
struct sampler {
	struct monitor_map *maps;
	int stat;
	struct kept channels[MGX_MAX_CHANNELS];
	__u64 seq;
	__u64 epoch;
	bool in_charge;
	__u64 attached;
	__u64 enable_seq;
	__u64 since_ms;
	__u64 param_map;
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
	sampler->stat = -1;
	for (int i = 0; i < MGX_MAX_CHANNELS; i++)
		sampler->channels[i] = (struct kept){ -1, -1 };
	sampler->maps = monitor_map_new();
	return sampler;
}

static void forget(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void forget_channel(struct kept *kept)
{
	forget(&kept->stat);
	forget(&kept->latency);
}

void sampler_free(struct sampler *sampler)
{
	if (!sampler)
		return;
	forget(&sampler->stat);
	for (int i = 0; i < MGX_MAX_CHANNELS; i++)
		forget_channel(&sampler->channels[i]);
	monitor_map_free(sampler->maps);
	free(sampler);
}

/*
 * Reads a file of sysfs whose descriptor is kept. What was there last time may
 * have gone and come again, as another file. False: it is not there.
 */
static bool read_kept(int *fd, const char *path, char *text, size_t size)
{
	for (int i = 0; i < 2; i++) {
		ssize_t n;

		if (*fd < 0)
			*fd = open(path, O_RDONLY | O_CLOEXEC);
		if (*fd < 0)
			return false;
		n = pread(*fd, text, size - 1, 0);
		if (n >= 0) {
			text[n] = '\0';
			return true;
		}
		forget(fd);
	}
	return false;
}

/**
 * struct total - counters that have a file each
 * @dir: its directory and a slash
 * @names: of the files
 * @nr: how many
 * @totals: where their values go
 */
struct total {
	const char *dir;
	const char *const *names;
	int nr;
	__u64 *totals;
};

/* Whether @key is one of them. They come in order: @hint is the next. */
static bool total_set(const struct total *total, int *hint, const char *key,
		      const char *value)
{
	size_t len = strlen(total->dir);

	if (strncmp(key, total->dir, len))
		return false;
	for (int i = 0; i < total->nr; i++) {
		int at = (*hint + i) % total->nr;

		if (strcmp(key + len, total->names[at]))
			continue;
		total->totals[at] = strtoull(value, NULL, 10);
		*hint = at + 1;
		break;
	}
	return true;
}

/* Cuts the next line in two: a key, and what it says. NULL: there is none. */
static char *next_pair(char **text, char **value)
{
	char *line = strsep(text, "\n");

	if (!line || !*line)
		return NULL;
	*value = line;
	return strsep(value, " ");
}

static void take_module(struct sample *sample, char *text)
{
	const struct total totals[] = {
		{ "events/", sample_event_names, MGX_NR_EVENTS,
		  sample->events },
		{ "reasons/", sample_reason_names, MGX_NR_REASONS,
		  sample->reasons },
	};
	int hints[ARRAY_SIZE(totals)] = { 0 };
	char *key, *value;

	while ((key = next_pair(&text, &value))) {
		bool taken = false;

		for (size_t i = 0; i < ARRAY_SIZE(totals) && !taken; i++)
			taken = total_set(&totals[i], &hints[i], key, value);
		if (!taken)
			fields_set(sample_file_fields, sample, key, value);
	}
}

/* False: it has gone. */
static bool read_channel(struct sampler *sampler, unsigned int id,
			 struct sample_channel *channel)
{
	struct kept *kept = &sampler->channels[id];
	char path[64], text[FILE_MAX], *at = text, *key, *value;

	snprintf(path, sizeof(path), CHANNELS "/%u/stat", id);
	if (!read_kept(&kept->stat, path, text, sizeof(text)))
		return false;
	channel->id = id;
	fields_clear(sample_channel_fields, channel);
	while ((key = next_pair(&at, &value)))
		fields_set(sample_channel_fields, channel, key, value);
	snprintf(path, sizeof(path), CHANNELS "/%u/latency", id);
	/* The calling CPU has none. */
	if (strcmp(channel->kind, "caller") &&
	    read_kept(&kept->latency, path, text, sizeof(text)))
		fields_set(sample_channel_fields, channel, "latency", text);
	return true;
}

/* Which channels there are: a name of the directory each. */
static __u64 list_channels(void)
{
	DIR *dir = opendir(CHANNELS);
	struct dirent *entry;
	__u64 there = 0;

	while (dir && (entry = readdir(dir))) {
		char *end;
		unsigned long id = strtoul(entry->d_name, &end, 10);

		if (end != entry->d_name && !*end && id < MGX_MAX_CHANNELS)
			there |= 1ULL << id;
	}
	if (dir)
		closedir(dir);
	return there;
}

static void read_channels(struct sampler *sampler, struct sample *sample)
{
	__u64 there = list_channels();

	for (unsigned int id = 0; id < MGX_MAX_CHANNELS; id++) {
		if (there >> id & 1 &&
		    read_channel(sampler, id,
				 &sample->channel[sample->nr_channels]))
			sample->nr_channels++;
		else
			forget_channel(&sampler->channels[id]);
	}
}

static bool read_module(struct sampler *sampler, struct sample *sample)
{
	char text[FILE_MAX];

	if (!read_kept(&sampler->stat, MGX_SYSFS "/stat", text, sizeof(text)))
		return false;
	take_module(sample, text);
	read_channels(sampler, sample);
	return true;
}

/*
 * The module reports a policy's end, then lets go of the hooks. It has them before
 * a policy is in charge, too.
 */
static void add_ending(struct sampler *sampler, struct sample *sample)
{
	bool active = !strcmp(sample->state, "active");
	bool was_there = sampler->in_charge ||
			 sampler->attached != sample->enable_seq;

	sample->ending = !active && was_there && sampler->seq > 1 &&
			 !strcmp(sample->hooks, "armed");
	sampler->in_charge = active || sample->ending;
	sampler->attached = sample->enable_seq;
}

/*
 * Settings do not change while a policy is in charge: they are read once for each
 * map they may be in. One that is swapped in has its own a while later only.
 */
static void read_params(struct sampler *sampler, struct sample *sample)
{
	__u64 map = param_map();

	if (sampler->enable_seq == sample->enable_seq &&
	    sampler->param_map == map)
		return;
	param_read(sample);
	sampler->param_map = map;
	sampler->nr_params = sample->nr_params;
	memcpy(sampler->params, sample->param, sizeof(sampler->params));
}

static void add_params(struct sampler *sampler, struct sample *sample)
{
	if (strcmp(sample->state, "active")) {
		sampler->enable_seq = 0;
		sampler->since_ms = 0;
		return;
	}
	read_params(sampler, sample);
	if (sampler->enable_seq != sample->enable_seq)
		sampler->since_ms = sample->time_ms;
	sampler->enable_seq = sample->enable_seq;
	sample->since_ms = sampler->since_ms;
	sample->nr_params = sampler->nr_params;
	memcpy(sample->param, sampler->params, sizeof(sampler->params));
}

void sampler_take(struct sampler *sampler, struct sample *sample)
{
	struct utsname system;

	sample_clear(sample);
	uname(&system);
	snprintf(sample->kernel, sizeof(sample->kernel), "%s", system.release);
	sample->page_size = sysconf(_SC_PAGESIZE);
	sample->time_ms = now_ms();
	sample->seq = ++sampler->seq;
	sample->loaded = read_module(sampler, sample);
	if (!sample->loaded)
		snprintf(sample->state, sizeof(sample->state), "absent");
	if (sample->loaded && !sampler->loaded)
		sampler->epoch++;
	sampler->loaded = sample->loaded;
	sample->epoch = sampler->epoch;
	add_ending(sampler, sample);
	add_params(sampler, sample);
	monitor_map_read(sampler->maps, sample);
}
