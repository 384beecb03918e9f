// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_run.c - measures all cases of a mode: rounds, and in each round every
 * side in turn.
 */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "bench_tweak.h"
#include "error.h"

static char skip_reason[512];

int bench_skip(const char *remedy, const char *reason, ...)
{
	va_list args;
	size_t len;

	va_start(args, reason);
	vsnprintf(skip_reason, sizeof(skip_reason), reason, args);
	va_end(args);
	len = strlen(skip_reason);
	if (remedy)
		snprintf(skip_reason + len, sizeof(skip_reason) - len, "; %s",
			 remedy);
	return BENCH_SKIP;
}

const char *bench_reason(void)
{
	return skip_reason;
}

bool bench_interrupted(const struct bench *b)
{
	struct pollfd fd = { .fd = b->signal_fd, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

static int fail_interrupted(void)
{
	return fail("what was measured is lost", "interrupted");
}

/* What the module must have counted, or the figure is not of this side. */
static int check_counted(const struct bench_side *side,
			 const struct bench_counters *counted,
			 const struct bench_sample *sample)
{
	if (side->stock && counted->event[BENCH_CALLS])
		return fail(
			"load no policy while mgxbench runs",
			"the module saw %llu calls while the stock path was measured",
			counted->event[BENCH_CALLS]);
	if (!side->stock && sample->moved && !counted->event[BENCH_CALLS])
		return fail(
			"report it with the output of 'mgxctl check --json'",
			"policy '%s' was in charge, but the module saw no migration",
			side->policy.name);
	return 0;
}

/* One side, one round. */
static int turn(const struct bench *b, const struct bench_case *c, void *data,
		struct bench_side *side, struct bench_sample *sample,
		struct bench_counters *counted)
{
	int rc = bench_side_enter(side);

	memset(sample, 0, sizeof(*sample));
	bench_counters_read(counted);
	if (!rc)
		rc = b->mode->once(b, c, data, sample);
	bench_counters_since(counted);
	if (!rc)
		rc = bench_side_check(side);
	if (!rc)
		rc = check_counted(side, counted, sample);
	bench_side_leave(side);
	return rc;
}

/* Each round begins with another side, so that none is always the first. */
static int round_run(struct bench *b, const struct bench_case *c, void *data,
		     unsigned int round, struct bench_series *series)
{
	for (unsigned int i = 0; i < b->nr_sides; i++) {
		unsigned int nr = (round + i) % b->nr_sides;
		struct bench_counters counted;
		struct bench_sample sample;

		if (bench_interrupted(b))
			return fail_interrupted();
		bench_progress(b, c, round, b->sides[nr].label);
		if (turn(b, c, data, &b->sides[nr], &sample, &counted))
			return -1;
		if (round >= b->warmup)
			bench_series_add(series, nr, &sample, &counted);
	}
	return 0;
}

static int rounds_run(struct bench *b, const struct bench_case *c, void *data)
{
	struct bench_series *series = bench_series_new(b, c);
	int rc = series ? 0 : fail(NULL, "out of memory");

	for (unsigned int r = 0; !rc && r < b->warmup + b->repeats; r++)
		rc = round_run(b, c, data, r, series);
	bench_progress_clear();
	if (!rc)
		bench_series_end(series, b);
	bench_series_free(series);
	return rc;
}

static int case_run(struct bench *b, const struct bench_case *c)
{
	void *data = NULL;
	int rc;

	bench_progress(b, c, 0, "memory");
	rc = b->mode->setup(b, c, &data);
	if (!rc)
		rc = rounds_run(b, c, data);
	bench_progress_clear();
	if (rc == BENCH_SKIP)
		bench_case_skipped(b, c);
	b->mode->teardown(data);
	bench_tweak_undo();
	b->case_nr++;
	return rc < 0 ? -1 : 0;
}

/* Calls @what for all cases, or counts them. */
static int cases_run(struct bench *b,
		     int (*what)(struct bench *b, const struct bench_case *c))
{
	struct bench_case c;

	for (unsigned int s = 0; s < b->nr_sizes; s++)
		for (unsigned int n = 0; n < b->batches.nr; n++)
			for (unsigned int t = 0; t < b->threads.nr; t++)
				for (unsigned int h = 0; h < 2; h++) {
					if (!(b->heat & 1U << h))
						continue;
					c = (struct bench_case){
						.size = b->sizes[s],
						.batch = b->batches.value[n],
						.threads = b->threads.value[t],
						.cold = h,
					};
					if (what(b, &c))
						return -1;
				}
	return 0;
}

static int case_count(struct bench *b, const struct bench_case *c)
{
	(void)c;
	b->nr_cases++;
	return 0;
}

/* Nobody's policy is in charge: found out before memory is filled. */
static int sides_try(struct bench *b)
{
	int rc = 0;

	for (unsigned int i = 0; !rc && i < b->nr_sides; i++) {
		rc = bench_side_enter(&b->sides[i]);
		bench_side_leave(&b->sides[i]);
	}
	return rc;
}

static int measure(struct bench *b)
{
	if (bench_open(b) || sides_try(b))
		return -1;
	cases_run(b, case_count);
	if (cases_run(b, case_run))
		return -1;
	if (!json_object_array_length(b->results))
		return fail("see above what to do",
			    "nothing could be measured");
	return bench_write(b);
}

int bench_run(const struct options *options, const struct bench_mode *mode)
{
	struct bench b = {
		.mode = mode,
		.signal_fd = -1,
		.results = json_object_new_array(),
		.skipped = json_object_new_array(),
	};
	int status = STATUS_USAGE;

	if (!bench_options(&b, options))
		status = measure(&b) ? STATUS_FAILED : STATUS_OK;
	if (b.signal_fd >= 0 && bench_interrupted(&b))
		status = STATUS_INTERRUPTED;
	for (unsigned int i = 0; i < b.nr_sides; i++)
		bench_side_close(&b.sides[i]);
	if (b.signal_fd >= 0)
		close(b.signal_fd);
	json_object_put(b.results);
	json_object_put(b.skipped);
	return status;
}
