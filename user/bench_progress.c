// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_progress.c - how far a run is, on standard error.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define WIDTH 24

static bool shown;

static bool wanted(void)
{
	return isatty(STDERR_FILENO);
}

void bench_progress(const struct bench *b, const struct bench_case *c,
		    unsigned int round, const char *side)
{
	unsigned int rounds = b->repeats + b->warmup;
	unsigned int all = b->nr_cases * rounds;
	unsigned int done = b->case_nr * rounds + round;
	unsigned int filled = all ? done * WIDTH / all : 0;
	char bar[WIDTH + 1];

	if (!wanted())
		return;
	memset(bar, ' ', WIDTH);
	memset(bar, '=', filled < WIDTH ? filled : WIDTH);
	bar[WIDTH] = '\0';
	fprintf(stderr, "\r\033[K[%s] %u/%u  %s x %u, round %u of %u, %s", bar,
		b->case_nr + 1, b->nr_cases, c->size ? c->size->name : "",
		c->batch, round + 1, rounds, side);
	shown = true;
}

void bench_progress_clear(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
	shown = false;
}
