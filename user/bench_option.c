// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_option.c - what the options of mgxbench come to.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "error.h"
#include "signals.h"

#define MAX_BATCH   8192
#define MAX_THREADS 1024
#define MAX_BYTES   ((size_t)1 << 40)
#define MIN_BYTES   ((size_t)64 << 10)
#define MAX_NODES   64

#define DEFAULT_BYTES	((size_t)32 << 20)
#define DEFAULT_REPEATS 7
#define DEFAULT_WARMUP	1

/* A number of [least, most], all of @text up to @end. */
static int number_read(const char *text, const char *end, unsigned int least,
		       unsigned int most, unsigned int *number)
{
	unsigned long value;
	char *stop;

	errno = 0;
	value = strtoul(text, &stop, 10);
	if (errno || stop != end || *text < '0' || *text > '9' ||
	    value < least || value > most)
		return -1;
	*number = value;
	return 0;
}

static int list_add(struct bench_list *list, unsigned int value)
{
	if (list->nr == BENCH_MAX_LIST)
		return -1;
	list->value[list->nr++] = value;
	return 0;
}

/* "8", or "1..64": each twice the one before, up to the last. */
static int list_item(struct bench_list *list, const char *item,
		     unsigned int most)
{
	const char *dots = strstr(item, ".."), *end = item + strlen(item);
	unsigned int first, last, value;

	if (number_read(item, dots ? dots : end, 1, most, &first))
		return -1;
	last = first;
	if (dots &&
	    (number_read(dots + 2, end, 1, most, &last) || last < first))
		return -1;
	for (value = first; value < last; value *= 2)
		if (list_add(list, value))
			return -1;
	return list_add(list, last);
}

static int list_read(struct bench_list *list, const char *option,
		     const char *text, unsigned int most)
{
	char *copy = strdup(text), *rest = copy, *item;
	int rc = copy ? 0 : -1;

	list->nr = 0;
	while (!rc && (item = strsep(&rest, ",")))
		rc = list_item(list, item, most);
	free(copy);
	if (!rc)
		return 0;
	return fail_with(
		"numbers cannot be read",
		"instead of --%s %s, give numbers of 1 to %u, such as 1,64,512 or 1..64",
		option, text, most);
}

static int fail_size(const char *item)
{
	char known[128] = "";

	for (const struct bench_size *s = bench_sizes; s->name; s++) {
		size_t len = strlen(known);

		snprintf(known + len, sizeof(known) - len, " %s,", s->name);
	}
	return fail_with("there is no such size of folios",
			 "instead of '%s', give one of%s or all", item, known);
}

static int size_add(struct bench *b, const struct bench_size *size)
{
	if (b->nr_sizes == BENCH_MAX_LIST)
		return fail(NULL, "--size with more than %d sizes",
			    BENCH_MAX_LIST);
	b->sizes[b->nr_sizes++] = size;
	return 0;
}

static int size_item(struct bench *b, const char *item)
{
	const struct bench_size *size = bench_size_find(item);
	int rc = 0;

	if (size)
		return size_add(b, size);
	if (strcmp(item, "all") != 0)
		return fail_size(item);
	for (size = bench_sizes; !rc && size->name; size++)
		rc = size_add(b, size);
	return rc;
}

static int sizes_read(struct bench *b, const char *text)
{
	char *copy = strdup(text), *rest = copy, *item;
	int rc = copy ? 0 : fail(NULL, "out of memory");

	while (!rc && (item = strsep(&rest, ",")))
		rc = size_item(b, item);
	free(copy);
	return rc;
}

static int heat_read(struct bench *b, const char *text)
{
	static const struct {
		const char *name;
		unsigned int bits;
	} heats[] = { { "hot", 1 }, { "cold", 2 }, { "both", 3 } };

	for (size_t i = 0; i < ARRAY_SIZE(heats); i++)
		if (!strcmp(text, heats[i].name))
			b->heat = heats[i].bits;
	if (b->heat)
		return 0;
	return fail("give hot, cold or both", "--heat %s", text);
}

static int count_read(const char *option, const char *text, unsigned int least,
		      unsigned int most, unsigned int *count)
{
	if (!text ||
	    !number_read(text, text + strlen(text), least, most, count))
		return 0;
	return fail_with("a number cannot be read",
			 "instead of --%s %s, give a number of %u to %u",
			 option, text, least, most);
}

/* A number of bytes, with K, M or G. */
static int bytes_read(const char *text, size_t *bytes)
{
	unsigned long long value;
	unsigned int shift = 0;
	char *end;

	if (!text)
		return 0;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (*end == 'K' || *end == 'M' || *end == 'G')
		shift = *end == 'K' ? 10 : *end == 'M' ? 20 : 30;
	if (shift)
		end++;
	if (!errno && !*end && *text >= '0' && *text <= '9' &&
	    value <= MAX_BYTES >> shift && value << shift >= MIN_BYTES) {
		*bytes = value << shift;
		return 0;
	}
	return fail("give 64K or more, 1024G at most, with K, M or G",
		    "--bytes %s", text);
}

static bool is_node(int node, const int *nodes, int nr)
{
	for (int i = 0; i < nr; i++)
		if (nodes[i] == node)
			return true;
	return false;
}

static int nodes_read(struct bench *b, const char *text)
{
	int node[MAX_NODES], nr = bench_nodes(node, MAX_NODES), used = 0;

	if (nr < 2)
		return fail(
			"boot with numa=fake=2 on the kernel's command line, or use a machine with two nodes",
			"pages move between nodes, and this machine has one");
	b->from = node[0];
	b->to = node[1];
	if (!text)
		return 0;
	if (sscanf(text, "%d,%d%n", &b->from, &b->to, &used) == 2 &&
	    !text[used] && b->from != b->to && is_node(b->from, node, nr) &&
	    is_node(b->to, node, nr))
		return 0;
	return fail(
		"give two nodes that have memory, such as 0,1: see 'numactl -H'",
		"--nodes %s", text);
}

/* Better now than after the measurement. */
static int output_allowed(const char *option, const char *file)
{
	char dir[PATH_MAX], *slash;

	if (!file)
		return 0;
	snprintf(dir, sizeof(dir), "%s", file);
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	if (*file && !access(slash ? dir : ".", W_OK))
		return 0;
	return fail("give a file in a directory that can be written",
		    "--%s %s: %s", option, file, strerror(errno));
}

static int numbers_read(struct bench *b, const struct options *o)
{
	static const struct bench_size none = { "-", 0, BENCH_BASE };
	const char *size = o->size ? o->size : b->mode->defaults.size;
	const char *batch = o->folios ? o->folios : b->mode->defaults.batch;

	if (b->mode->sizeless ? size_add(b, &none) : sizes_read(b, size))
		return -1;
	if (list_read(&b->batches, "batch", batch, MAX_BATCH) ||
	    list_read(&b->threads, "threads", o->threads ? o->threads : "1",
		      MAX_THREADS) ||
	    heat_read(b, o->heat ? o->heat : "hot"))
		return -1;
	if (count_read("repeats", o->repeats, 1, BENCH_MAX_ROUNDS,
		       &b->repeats) ||
	    count_read("warmup", o->warmup, 0, BENCH_MAX_ROUNDS, &b->warmup))
		return -1;
	return bytes_read(o->bytes, &b->bytes);
}

static int sides_open(struct bench *b, const struct options *o)
{
	if (o->nr_sets >= BENCH_MAX_SIDES)
		return fail(NULL, "more than %d policies", BENCH_MAX_SIDES - 1);
	for (int i = -1; i < o->nr_sets; i++) {
		/* Closed also if it opens only in part. */
		b->nr_sides++;
		if (bench_side_open(&b->sides[b->nr_sides - 1],
				    i < 0 ? NULL : o->sets[i]))
			return -1;
	}
	return 0;
}

int bench_options(struct bench *b, const struct options *options)
{
	b->options = options;
	b->repeats = DEFAULT_REPEATS;
	b->warmup = DEFAULT_WARMUP;
	b->bytes = DEFAULT_BYTES;
	b->verify = !options->no_verify;
	b->prepare = options->prepare;
	if (numbers_read(b, options) ||
	    output_allowed("json", options->json_file) ||
	    output_allowed("csv", options->csv_file))
		return -1;
	return 0;
}

int bench_open(struct bench *b)
{
	if (nodes_read(b, b->options->nodes))
		return -1;
	b->signal_fd = signals_open();
	return sides_open(b, b->options);
}
