// SPDX-License-Identifier: GPL-2.0-only
/*
 * show.c - 'mgxctl channels', 'sample' and 'metrics': one sample, taken now.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "metrics.h"
#include "module.h"
#include "option.h"
#include "path.h"
#include "sampler.h"

static struct sample *take(void)
{
	struct sampler *sampler = sampler_new();
	struct sample *sample = sample_new();

	if (!sampler || !sample) {
		fail(NULL, "out of memory");
		sample_free(sample);
		sample = NULL;
	} else {
		sampler_take(sampler, sample);
	}
	sampler_free(sampler);
	return sample;
}

static void put_figure(struct json_object *row, const char *key, __u64 value)
{
	if (value == SAMPLE_NONE)
		put_string(row, key, NULL);
	else
		put_u64(row, key, value);
}

static void put_channel(struct json_object *array,
			const struct sample_channel *channel)
{
	struct json_object *row = put_row(array);

	put_u64(row, "channel", channel->id);
	put_string(row, "kind", channel->kind);
	put_string(row, "name", channel->name);
	put_s64(row, "node", channel->node);
	put_string(row, "state", channel->state);
	put_figure(row, "credits", channel->credits);
	put_figure(row, "inflight", channel->inflight);
	put_figure(row, "copies", channel->copies);
	put_figure(row, "bytes", channel->bytes);
	put_figure(row, "errors", channel->errors);
	put_figure(row, "refused", channel->refused);
	put_figure(row, "ewma_mbps", channel->ewma_mbps);
	put_figure(row, "p50_ns", channel->p50_ns);
	put_figure(row, "p99_ns", channel->p99_ns);
	put_string(row, "verify", *channel->verify ? channel->verify : NULL);
}

int channels_run(const struct options *options, const char *arg)
{
	struct json_object *array;
	struct sample *sample;

	(void)arg;
	if (module_require())
		return STATUS_FAILED;
	sample = take();
	if (!sample)
		return STATUS_FAILED;
	array = json_object_new_array();
	for (int i = 0; i < sample->nr_channels; i++)
		put_channel(array, &sample->channel[i]);
	output_print(array, options_form(options));
	sample_free(sample);
	return STATUS_OK;
}

/* JSON also without --json: plain text would be neither read nor parsed. */
int sample_run(const struct options *options, const char *arg)
{
	struct sample *sample = take();

	(void)options;
	(void)arg;
	if (!sample)
		return STATUS_FAILED;
	output_print(sample_to_json(sample), OUTPUT_JSON);
	sample_free(sample);
	return STATUS_OK;
}

/* As the textfile collector wants it: readers see the old file or the new. */
static int write_file(const struct sample *sample, const char *path)
{
	char temporary[PATH_MAX];
	FILE *file;

	snprintf(temporary, sizeof(temporary), "%s.%d", path, (int)getpid());
	file = fopen(temporary, "wex");
	if (!file)
		return fail(NULL, "%s: %s", temporary, strerror(errno));
	metrics_print(file, sample);
	fchmod(fileno(file), 0644);
	if (!fclose(file) && !rename(temporary, path))
		return 0;
	fail(NULL, "%s: %s", path, strerror(errno));
	unlink(temporary);
	return -1;
}

int metrics_run(const struct options *options, const char *arg)
{
	struct sample *sample = take();
	int err = 0;

	(void)options;
	error_about("metrics", arg);
	if (!sample)
		return STATUS_FAILED;
	if (arg)
		err = write_file(sample, arg);
	else
		metrics_print(stdout, sample);
	sample_free(sample);
	return err ? STATUS_FAILED : STATUS_OK;
}

int replay_run(const struct options *options, const char *arg)
{
	char program[PATH_MAX];

	error_about("replay", arg);
	if (path_beside_program("mgxd", program)) {
		fail("install it beside mgxctl", "there is no mgxd");
		return STATUS_FAILED;
	}
	if (options->port)
		execl(program, "mgxd", "--replay", arg, "--port", options->port,
		      NULL);
	else
		execl(program, "mgxd", "--replay", arg, NULL);
	fail(NULL, "%s: %s", program, strerror(errno));
	return STATUS_FAILED;
}
