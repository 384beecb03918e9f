// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_result.c - what came out: printed, and kept as JSON and CSV.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "bench_stat.h"
#include "error.h"
#include "util.h"

#define MB 1e6
/* Of what arrived, less than this through the module is worth a word. */
#define THROUGH_ENOUGH 0.95

/**
 * struct bench_series - the rounds of one case
 * @b: the run
 * @c: the case
 * @sample: by side and round
 * @nr: rounds, by side
 * @counted: sum over the rounds, by side
 */
struct bench_series {
	const struct bench *b;
	struct bench_case c;
	struct bench_sample *sample[BENCH_MAX_SIDES];
	unsigned int nr[BENCH_MAX_SIDES];
	struct bench_counters counted[BENCH_MAX_SIDES];
};

void bench_sample_add(struct bench_sample *sample,
		      const struct bench_moved *moved)
{
	sample->moved += moved->bytes;
	sample->left += moved->left;
	sample->split += moved->split;
}

struct bench_series *bench_series_new(const struct bench *b,
				      const struct bench_case *c)
{
	struct bench_series *series = calloc(1, sizeof(*series));

	if (!series)
		return NULL;
	series->b = b;
	series->c = *c;
	for (unsigned int i = 0; i < b->nr_sides; i++) {
		series->sample[i] =
			calloc(b->repeats, sizeof(**series->sample));
		if (!series->sample[i]) {
			bench_series_free(series);
			return NULL;
		}
	}
	return series;
}

void bench_series_free(struct bench_series *series)
{
	for (int i = 0; series && i < BENCH_MAX_SIDES; i++)
		free(series->sample[i]);
	free(series);
}

void bench_series_add(struct bench_series *series, unsigned int side,
		      const struct bench_sample *sample,
		      const struct bench_counters *counted)
{
	series->sample[side][series->nr[side]++] = *sample;
	bench_counters_add(&series->counted[side], counted);
}

/**
 * struct values - of one metric, those of the rounds that have one
 */
struct values {
	double value[BENCH_MAX_ROUNDS];
	unsigned int nr;
};

static void values_get(struct values *values, const struct bench_series *series,
		       unsigned int side, unsigned int metric)
{
	values->nr = 0;
	for (unsigned int i = 0; i < series->nr[side]; i++) {
		double v = series->sample[side][i].value[metric];

		if (!isnan(v))
			values->value[values->nr++] = v;
	}
}

static struct bench_stat stat_of(const struct bench_series *series,
				 unsigned int side, unsigned int metric)
{
	struct values values;

	values_get(&values, series, side, metric);
	return bench_stat_of(values.value, values.nr);
}

/* Sums over the rounds. */
static struct bench_sample sums_of(const struct bench_series *series,
				   unsigned int side)
{
	struct bench_sample sum = { 0 };

	for (unsigned int i = 0; i < series->nr[side]; i++) {
		sum.moved += series->sample[side][i].moved;
		sum.left += series->sample[side][i].left;
		sum.split += series->sample[side][i].split;
	}
	return sum;
}

/* Bytes that somebody else than the calling CPU has copied. */
static __u64 offloaded(const struct bench_counters *counted)
{
	return counted->bytes[MGX_KIND_CPU] +
	       counted->bytes[MGX_KIND_DMAENGINE] +
	       counted->bytes[MGX_KIND_NATIVE];
}

static __u64 through_module(const struct bench_counters *counted)
{
	return counted->event[BENCH_BATCHED] * sysconf(_SC_PAGESIZE);
}

/* Of the first metric; NAN if there is nothing to compare. */
static double against_stock(const struct bench_series *series,
			    unsigned int side)
{
	struct bench_stat stock = stat_of(series, 0, 0);
	struct bench_stat mine = stat_of(series, side, 0);

	return stock.median > 0 ? mine.median / stock.median : NAN;
}

/* "better" or "worse" than the stock path; NULL where that is not certain. */
static const char *verdict(const struct bench_series *series, unsigned int side)
{
	bool less = series->b->mode->metrics[0].less;
	struct values stock, mine;
	int differ;

	if (!side)
		return NULL;
	values_get(&stock, series, 0, 0);
	values_get(&mine, series, side, 0);
	differ = bench_stat_differ(mine.value, mine.nr, stock.value, stock.nr);
	if (!differ)
		return NULL;
	return (differ < 0) == less ? "better" : "worse";
}

/* --- JSON ---------------------------------------------------------------------------- */

static struct json_object *number(double value)
{
	char text[32];

	if (!isfinite(value))
		return NULL;
	snprintf(text, sizeof(text), "%.6g", value);
	return json_object_new_double_s(value, text);
}

static void put_double(struct json_object *tree, const char *key, double value)
{
	json_object_object_add(tree, key, number(value));
}

static void put_metric(struct json_object *tree,
		       const struct bench_series *series, unsigned int side,
		       unsigned int metric)
{
	const struct bench_metric *m = &series->b->mode->metrics[metric];
	struct bench_stat stat = stat_of(series, side, metric);
	struct json_object *object = put_object(tree, m->key);
	struct json_object *rounds;

	put_string(object, "unit", m->unit);
	put_bool(object, "less_is_better", m->less);
	put_double(object, "median", stat.median);
	put_double(object, "q1", stat.q1);
	put_double(object, "q3", stat.q3);
	put_double(object, "min", stat.min);
	put_double(object, "max", stat.max);
	rounds = put_array(object, "rounds");
	for (unsigned int i = 0; i < series->nr[side]; i++)
		json_object_array_add(
			rounds, number(series->sample[side][i].value[metric]));
}

static void put_counters(struct json_object *tree,
			 const struct bench_counters *counted)
{
	struct json_object *module = put_object(tree, "module");
	struct json_object *bytes = put_object(tree, "copied_bytes");
	static const char *const kinds[] = MGX_KIND_NAMES;

	for (int i = 0; i < BENCH_NR_EVENTS; i++)
		put_u64(module, bench_event_names[i], counted->event[i]);
	for (int i = 0; i < MGX_NR_KINDS; i++)
		put_u64(bytes, kinds[i], counted->bytes[i]);
	put_u64(tree, "through_module_bytes", through_module(counted));
	put_u64(tree, "offloaded_bytes", offloaded(counted));
	put_u64(tree, "channels_used", counted->engines);
}

static void put_case(struct json_object *row, const struct bench *b,
		     const struct bench_case *c)
{
	put_string(row, "mode", b->mode->name);
	put_string(row, "size", c->size->unit ? c->size->name : NULL);
	put_u64(row, "folio_bytes", c->size->unit);
	put_u64(row, "batch", c->batch);
	put_u64(row, "threads", c->threads);
	put_string(row, "heat", c->cold ? "cold" : "hot");
	put_s64(row, "from", b->from);
	put_s64(row, "to", b->to);
}

static void put_side(const struct bench_series *series, struct bench *b,
		     unsigned int side)
{
	struct bench_sample sum = sums_of(series, side);
	struct json_object *row = put_row(b->results);
	struct json_object *metrics;

	put_case(row, b, &series->c);
	put_string(row, "side", b->sides[side].label);
	put_string(row, "policy",
		   b->sides[side].stock ? NULL : b->sides[side].policy.name);
	put_bool(row, "verified", b->verify);
	put_u64(row, "moved_bytes", sum.moved);
	put_u64(row, "folios_not_moved", sum.left);
	put_u64(row, "folios_split", sum.split);
	put_double(row, "against_stock", against_stock(series, side));
	put_string(row, "verdict", verdict(series, side));
	put_counters(row, &series->counted[side]);
	metrics = put_object(row, "metrics");
	for (unsigned int i = 0; i < b->mode->nr_metrics; i++)
		put_metric(metrics, series, side, i);
}

/* --- for people ------------------------------------------------------------------------ */

static void print_head(const struct bench *b)
{
	printf("%-7s %5s %3s %-4s %-24s", "folio", "batch", "thr", "heat",
	       "side");
	for (unsigned int i = 0; i < b->mode->nr_metrics; i++) {
		char text[48];

		snprintf(text, sizeof(text), "%s %s", b->mode->metrics[i].key,
			 b->mode->metrics[i].unit);
		printf(" %22s", text);
	}
	puts("  of stock       offloaded");
}

static void print_metric(const struct bench_stat *stat)
{
	char text[48] = "-";

	if (stat->nr)
		snprintf(text, sizeof(text), "%.5g [%.4g..%.4g]", stat->median,
			 stat->q1, stat->q3);
	printf(" %22s", text);
}

static void print_passed(const struct bench_counters *counted, __u64 moved)
{
	printf("%8snote: %.1f of %.1f MB came through the module; ", "",
	       through_module(counted) / MB, moved / MB);
	printf("%llu calls found no free context\n",
	       counted->event[BENCH_NO_CONTEXT]);
}

static void print_not_offloaded(const struct bench_counters *counted)
{
	printf("%8snote: nothing was offloaded: %.1f MB copied by the calling CPU",
	       "", counted->bytes[MGX_KIND_CALLER] / MB);
	printf(" for the policy, %.1f MB by the kernel itself\n",
	       counted->event[BENCH_BY_KERNEL] * sysconf(_SC_PAGESIZE) / MB);
}

/* What a reader must know before he believes the figure. */
static void print_warnings(const struct bench_series *series, unsigned int side)
{
	const struct bench_counters *counted = &series->counted[side];
	struct bench_sample sum = sums_of(series, side);
	__u64 through = through_module(counted);

	if (sum.left)
		printf("%8snote: the kernel did not move %llu folios\n", "",
		       sum.left);
	if (sum.split)
		printf("%8snote: the kernel split %llu folios\n", "",
		       sum.split);
	if (!side)
		return;
	if (through < THROUGH_ENOUGH * sum.moved)
		print_passed(counted, sum.moved);
	if (!offloaded(counted))
		print_not_offloaded(counted);
}

static void print_side(const struct bench_series *series, unsigned int side)
{
	const struct bench_case *c = &series->c;
	const struct bench *b = series->b;
	__u64 through = through_module(&series->counted[side]);
	const char *word = verdict(series, side);

	printf("%-7s %5u %3u %-4s %-24s", c->size->name, c->batch, c->threads,
	       c->cold ? "cold" : "hot", b->sides[side].label);
	for (unsigned int i = 0; i < b->mode->nr_metrics; i++) {
		struct bench_stat stat = stat_of(series, side, i);

		print_metric(&stat);
	}
	if (side)
		printf("  %.3f %-8s %5.1f %%", against_stock(series, side),
		       word ? word : "unclear",
		       through ? 100.0 * offloaded(&series->counted[side]) /
					 through :
				 0.0);
	putchar('\n');
	print_warnings(series, side);
}

void bench_series_end(struct bench_series *series, struct bench *b)
{
	if (!json_object_array_length(b->results))
		print_head(b);
	for (unsigned int i = 0; i < b->nr_sides; i++) {
		put_side(series, b, i);
		print_side(series, i);
	}
	fflush(stdout);
}

void bench_case_skipped(struct bench *b, const struct bench_case *c)
{
	struct json_object *row = put_row(b->skipped);

	put_case(row, b, c);
	put_string(row, "reason", bench_reason());
	printf("%-7s %5u %3u %-4s skipped: %s\n", c->size->name, c->batch,
	       c->threads, c->cold ? "cold" : "hot", bench_reason());
	fflush(stdout);
}

/* --- files ----------------------------------------------------------------------------- */

FILE *bench_file_begin(const char *file, char *part, size_t size)
{
	FILE *stream;

	snprintf(part, size, "%s.part", file);
	stream = fopen(part, "we");
	if (!stream)
		fail(NULL, "%s: %s", part, strerror(errno));
	return stream;
}

int bench_file_end(FILE *stream, const char *part, const char *file)
{
	bool bad = ferror(stream);

	bad |= fclose(stream) != 0;
	if (!bad && !rename(part, file))
		return 0;
	fail(NULL, "%s: %s", file, strerror(errno));
	unlink(part);
	return -1;
}

static struct json_object *document(struct bench *b)
{
	struct json_object *tree = json_object_new_object();
	struct json_object *run;

	put_string(tree, "program", "mgxbench");
	put_string(tree, "version", MGX_VERSION_STR);
	put_string(tree, "mode", b->mode->name);
	bench_machine(tree, "machine");
	run = put_object(tree, "run");
	put_string(run, "note", b->options->note);
	put_u64(run, "repeats", b->repeats);
	put_u64(run, "warmup", b->warmup);
	put_u64(run, "bytes_per_thread", b->bytes);
	put_bool(run, "verified", b->verify);
	json_object_object_add(tree, "rows", json_object_get(b->results));
	json_object_object_add(tree, "skipped", json_object_get(b->skipped));
	return tree;
}

static int write_json(struct bench *b, const char *file)
{
	struct json_object *tree;
	char part[PATH_MAX];
	FILE *stream = bench_file_begin(file, part, sizeof(part));

	if (!stream)
		return -1;
	tree = document(b);
	fputs(json_object_to_json_string_ext(
		      tree, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
				    JSON_C_TO_STRING_NOSLASHESCAPE),
	      stream);
	fputc('\n', stream);
	json_object_put(tree);
	return bench_file_end(stream, part, file);
}

static const char *const csv_case[] = {
	"mode", "size", "folio_bytes", "batch", "threads",
	"heat", "from", "to",	       "side",
};

static const char *const csv_sums[] = {
	"verified",	    "folios_split",	    "moved_bytes",
	"folios_not_moved", "through_module_bytes", "offloaded_bytes",
	"channels_used",    "against_stock",
};

static const char *const csv_metric[] = { "unit", "median", "q1",
					  "q3",	  "min",    "max" };

/* In quotes, as RFC 4180 has them, if need be. */
static void csv_field(FILE *stream, struct json_object *value)
{
	const char *text = value ? json_object_get_string(value) : "";

	if (!strpbrk(text, ",\"\n")) {
		fprintf(stream, "%s,", text);
		return;
	}
	fputc('"', stream);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', stream);
		fputc(*text, stream);
	}
	fputs("\",", stream);
}

static void csv_fields(FILE *stream, struct json_object *object,
		       const char *const *key, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		csv_field(stream, json_object_object_get(object, key[i]));
}

static void csv_names(FILE *stream, const char *const *key, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		fprintf(stream, "%s,", key[i]);
}

static void csv_row(FILE *stream, struct json_object *row)
{
	struct json_object *metrics = json_object_object_get(row, "metrics");

	json_object_object_foreach(metrics, key, metric) {
		struct json_object *rounds =
			json_object_object_get(metric, "rounds");

		csv_fields(stream, row, csv_case, ARRAY_SIZE(csv_case));
		csv_fields(stream, row, csv_sums, ARRAY_SIZE(csv_sums));
		fprintf(stream, "%s,", key);
		csv_fields(stream, metric, csv_metric, ARRAY_SIZE(csv_metric));
		fprintf(stream, "%zu\n", json_object_array_length(rounds));
	}
}

static int write_csv(const struct bench *b, const char *file)
{
	char part[PATH_MAX];
	FILE *stream = bench_file_begin(file, part, sizeof(part));

	if (!stream)
		return -1;
	csv_names(stream, csv_case, ARRAY_SIZE(csv_case));
	csv_names(stream, csv_sums, ARRAY_SIZE(csv_sums));
	fputs("metric,", stream);
	csv_names(stream, csv_metric, ARRAY_SIZE(csv_metric));
	fputs("rounds\n", stream);
	for (size_t i = 0; i < json_object_array_length(b->results); i++)
		csv_row(stream, json_object_array_get_idx(b->results, i));
	return bench_file_end(stream, part, file);
}

int bench_write(struct bench *b)
{
	const struct options *options = b->options;

	if (options->json_file && write_json(b, options->json_file))
		return -1;
	return options->csv_file ? write_csv(b, options->csv_file) : 0;
}
