// SPDX-License-Identifier: GPL-2.0-only
/*
 * record.c - 'mgxctl record': samples into a file, a line each.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "error.h"
#include "option.h"
#include "rare.h"
#include "sample.h"
#include "signals.h"

#define MAX_SECONDS (7 * 24 * 3600)

/**
 * struct recorder - a recording under way
 * @source: of the samples
 * @file: where they go
 * @now: the latest
 * @before: the one before it
 * @samples: how many there are
 */
struct recorder {
	struct source *source;
	FILE *file;
	struct sample *now, *before;
	unsigned long samples;
};

static void write_line(struct json_object *tree, FILE *file)
{
	fputs(json_object_to_json_string_ext(
		      tree,
		      JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
	      file);
	fputc('\n', file);
	json_object_put(tree);
}

static void write_rare(const struct rare *rare, void *arg)
{
	struct recorder *recorder = arg;

	write_line(rare_to_json(rare), recorder->file);
}

static void write_sample(const struct sample *sample, FILE *file)
{
	struct text text = { 0 };

	sample_write(&text, sample);
	text_add(&text, "\n", 1);
	fwrite(text.data, 1, text.failed ? 0 : text.len, file);
	free(text.data);
}

static int record_one(struct recorder *recorder)
{
	if (source_next(recorder->source, recorder->now) < 0)
		return -1;
	if (recorder->samples)
		rare_derive(recorder->before, recorder->now, write_rare,
			    recorder);
	write_sample(recorder->now, recorder->file);
	recorder->samples++;
	sample_copy(recorder->before, recorder->now);
	if (fflush(recorder->file))
		return fail(NULL, "%s", strerror(errno));
	return 0;
}

/* Until the time is over or a signal comes. */
static int record_all(struct recorder *recorder, long seconds)
{
	int signal_fd = signals_open();
	struct pollfd fds[] = {
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = source_fd(recorder->source), .events = POLLIN },
	};
	int err = 0;

	while (!err) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[0].revents)
			break;
		if (fds[1].revents)
			err = record_one(recorder);
		if (seconds && recorder->samples > (unsigned long)seconds)
			break;
	}
	close(signal_fd);
	return err;
}

static int report(const struct options *options, const char *path,
		  const struct recorder *recorder)
{
	struct json_object *tree = json_object_new_object();

	put_string(tree, "file", path);
	put_u64(tree, "samples", recorder->samples);
	output_print(tree, options_form(options));
	return STATUS_OK;
}

int option_seconds(const struct options *options, long *seconds)
{
	char *end;

	*seconds = 0;
	if (!options->seconds)
		return 0;
	*seconds = strtol(options->seconds, &end, 10);
	if (*end || end == options->seconds || *seconds < 1 ||
	    *seconds > MAX_SECONDS)
		return fail("give a number from 1 to 604800",
			    "malformed number of seconds '%s'",
			    options->seconds);
	return 0;
}

int record_run(const struct options *options, const char *arg)
{
	struct recorder recorder = {
		.now = sample_new(),
		.before = sample_new(),
	};
	int status = STATUS_FAILED;
	long seconds;

	error_about("record", arg);
	if (option_seconds(options, &seconds)) {
		status = STATUS_USAGE;
		goto out;
	}
	recorder.source = source_open(NULL);
	if (!recorder.source)
		goto out;
	recorder.file = fopen(arg, "we");
	if (!recorder.file) {
		fail(NULL, "%s", strerror(errno));
		goto out;
	}
	if (!record_all(&recorder, seconds))
		status = report(options, arg, &recorder);
	fclose(recorder.file);
out:
	source_close(recorder.source);
	sample_free(recorder.now);
	sample_free(recorder.before);
	return status;
}
