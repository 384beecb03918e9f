// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgxtop.c - page migration in a terminal, or as plain text where there is none.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "help.h"
#include "option.h"
#include "sample.h"
#include "top_screen.h"

#define PLAIN_WIDTH 80
#define MIN_DELAY   0.1
#define MAX_DELAY   3600

static const struct option_def defs[] = {
	TEXT('d', "delay", "SECONDS", delay, "time between samples, default 1"),
	TEXT('n', "samples", "N", samples, "end after N samples"),
	FLAG('b', "batch", batch, "plain text, on a terminal too"),
	TEXT('s', "sort", "COLUMN", sort, "sort channels by a column"),
	TEXT('f', "filter", "TEXT", filter,
	     "only channels with that in name, kind or state"),
	TEXT('r', "replay", "FILE", replay, "show a recording"),
	FLAG('h', "help", help, "print help"),
	FLAG('V', "version", version, "print the version"),
	{ 0 },
};

/* What the options come to. */
struct settings {
	unsigned int delay_ms;
	unsigned long samples;
	struct view view;
};

static int read_delay(const char *text, unsigned int *ms)
{
	double seconds;
	char *end;

	if (!text)
		return 0;
	errno = 0;
	seconds = strtod(text, &end);
	if (errno || *end || end == text ||
	    !(seconds >= MIN_DELAY && seconds <= MAX_DELAY))
		return fail("give seconds, 0.1 to 3600", "--delay %s", text);
	*ms = seconds * 1000;
	return 0;
}

static int read_samples(const char *text, unsigned long *samples)
{
	char *end;

	if (!text)
		return 0;
	errno = 0;
	*samples = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || !*samples)
		return fail("give a number, 1 or more", "--samples %s", text);
	return 0;
}

/* The names of all columns, for the error. */
static int unknown_column(const char *name)
{
	char list[128] = "";
	size_t len = 0;

	for (int i = 0; i < view_columns(); i++)
		len += snprintf(list + len, sizeof(list) - len, " %s",
				view_column_name(i));
	return fail_with("there is no such column to sort by",
			 "instead of '%s', give one of%s", name, list);
}

static int read_settings(const struct options *options,
			 struct settings *settings)
{
	struct view *view = &settings->view;

	if (read_delay(options->delay, &settings->delay_ms) ||
	    read_samples(options->samples, &settings->samples))
		return -1;
	if (options->sort)
		view->sort = view_column(options->sort);
	if (view->sort < 0)
		return unknown_column(options->sort);
	if (options->filter)
		snprintf(view->filter, sizeof(view->filter), "%s",
			 options->filter);
	return 0;
}

static int print_report(const struct figures *figures, struct view *view)
{
	struct page *page = page_new();

	if (!page)
		return fail(NULL, "out of memory");
	page_clear(page);
	view->width = PLAIN_WIDTH;
	view_head(page, figures, view);
	view_body(page, figures, view);
	page_end(page);
	page_write(page, stdout);
	page_free(page);
	if (fflush(stdout))
		return fail(NULL, "cannot write: %s", strerror(errno));
	return 0;
}

/* A report for each interval, and one if there is none because of no module. */
static int print_samples(struct source *source, struct figures *figures,
			 struct sample *sample, const struct settings *settings)
{
	unsigned long wanted = settings->samples ? settings->samples : 1;
	struct view view = settings->view;
	unsigned int before;
	int rc;

	for (unsigned long i = 0; i <= wanted; i++) {
		before = figures->nr_history;
		rc = source_next(source, sample);
		if (rc <= 0)
			return rc;
		figures_add(figures, sample);
		if (i && (figures->nr_history != before || !figures->present) &&
		    print_report(figures, &view))
			return -1;
	}
	return 0;
}

static int plain_run(struct source *source, struct figures *figures,
		     const struct settings *settings)
{
	struct sample *sample = sample_new();
	int rc;

	if (!sample) {
		fail(NULL, "out of memory");
		return STATUS_FAILED;
	}
	rc = print_samples(source, figures, sample, settings);
	sample_free(sample);
	return rc ? STATUS_FAILED : STATUS_OK;
}

static int show(const struct options *options, struct settings *settings)
{
	bool plain = options->batch || !isatty(STDOUT_FILENO);
	struct source *source = source_open(options->replay);
	struct figures *figures;
	char name[TOP_TEXT] = "live";
	int status = STATUS_FAILED;

	if (!source)
		return STATUS_FAILED;
	if (options->replay)
		snprintf(name, sizeof(name), "replay of %s", options->replay);
	source_period(source, settings->delay_ms);
	if (options->replay && plain)
		source_speed(source, 0);
	figures = figures_new(name);
	if (!figures)
		fail(NULL, "out of memory");
	else if (plain)
		status = plain_run(source, figures, settings);
	else
		status = screen_run(source, figures, &settings->view,
				    settings->samples);
	figures_free(figures);
	source_close(source);
	return status;
}

static int run(int argc, char **argv)
{
	struct settings settings = { .delay_ms = 1000 };
	struct options options = { 0 };

	if (options_read(argc, argv, defs, "see 'mgxtop --help'", &options))
		return STATUS_USAGE;
	if (options.help) {
		help_program("mgxtop", "watch page migration in a terminal",
			     defs);
		return STATUS_OK;
	}
	if (options.version) {
		version_print(&options);
		return STATUS_OK;
	}
	if (read_settings(&options, &settings))
		return STATUS_USAGE;
	return show(&options, &settings);
}

int main(int argc, char **argv)
{
	int status;

	setlocale(LC_ALL, "");
	status = run(argc, argv);
	error_print(false);
	return status;
}
