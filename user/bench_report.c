// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_report.c - 'mgxbench report': results as one page of HTML.
 *
 * The files may be anybody's: what is missing in them is left out, and all their
 * text is escaped.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "bench_svg.h"
#include "error.h"

#define MAX_FILE ((off_t)64 << 20)

/* --- what is in the files ---------------------------------------------------------- */

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value = json_object_object_get(object, key);

	return value ? json_object_get_string(value) : "";
}

static double number_of(struct json_object *object, const char *key)
{
	struct json_object *value = json_object_object_get(object, key);

	return value ? json_object_get_double(value) : NAN;
}

static struct json_object *array_of(struct json_object *object, const char *key)
{
	struct json_object *value = json_object_object_get(object, key);

	return json_object_is_type(value, json_type_array) ? value : NULL;
}

static size_t length_of(struct json_object *array)
{
	return array ? json_object_array_length(array) : 0;
}

/* The metric that sides are compared by: the first. */
static struct json_object *first_metric(struct json_object *row,
					const char **name)
{
	struct json_object *metrics = json_object_object_get(row, "metrics");

	if (json_object_is_type(metrics, json_type_object)) {
		json_object_object_foreach(metrics, key, value) {
			*name = key;
			return value;
		}
	}
	*name = "";
	return NULL;
}

static bool is_result(struct json_object *tree)
{
	return json_object_is_type(tree, json_type_object) &&
	       !strcmp(text_of(tree, "program"), "mgxbench") &&
	       array_of(tree, "rows");
}

static struct json_object *file_load(const char *file)
{
	struct json_object *tree;
	struct stat st;

	error_about("report", file);
	if (stat(file, &st)) {
		fail(NULL, "%s", strerror(errno));
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > MAX_FILE) {
		fail("give what 'mgxbench MODE --json FILE' wrote",
		     "not a file of results");
		return NULL;
	}
	tree = json_object_from_file(file);
	if (is_result(tree))
		return tree;
	json_object_put(tree);
	fail("give what 'mgxbench MODE --json FILE' wrote",
	     "not results of mgxbench");
	return NULL;
}

/* --- plots ------------------------------------------------------------------------- */

/**
 * struct view - which rows are in a plot
 * @x: the member that the x axis shows
 * @fixed: members that all rows of the plot have in common
 * @by_side: a line for each side; else for each policy, whatever its settings
 */
struct view {
	const char *x;
	const char *x_name;
	const char *const *fixed;
	bool by_side;
};

static const char *const same_but_size[] = { "mode", "batch", "threads", "heat",
					     NULL };
static const char *const same_but_batch[] = { "mode", "size", "threads", "heat",
					      NULL };
static const char *const same_but_threads[] = { "mode", "size", "batch", "heat",
						NULL };
static const char *const same_but_side[] = { "mode",	"size", "batch",
					     "threads", "heat", NULL };

static const struct view views[] = {
	{ "size", "size of folios", same_but_size, true },
	{ "batch", "folios per call", same_but_batch, true },
	{ "threads", "threads", same_but_threads, true },
	{ "channels_used", "channels that copied", same_but_side, false },
};

static bool same_plot(const struct view *view, struct json_object *a,
		      struct json_object *b)
{
	for (const char *const *key = view->fixed; *key; key++)
		if (strcmp(text_of(a, *key), text_of(b, *key)) != 0)
			return false;
	return true;
}

static const char *line_name(const struct view *view, struct json_object *row)
{
	const char *policy = text_of(row, "policy");

	return view->by_side || !*policy ? text_of(row, "side") : policy;
}

static void plot_row(struct plot *plot, const struct view *view,
		     struct json_object *row)
{
	const char *name;
	struct json_object *metric = first_metric(row, &name);
	struct plot_line *line = plot_line(plot, line_name(view, row));
	int x = plot_tick(plot, text_of(row, view->x));
	double y = number_of(metric, "median");

	if (!line || x < 0 || line->nr == PLOT_POINTS || !isfinite(y))
		return;
	line->point[line->nr++] = (struct plot_point){
		.x = x,
		.y = y,
		.low = fmin(y, number_of(metric, "q1")),
		.high = fmax(y, number_of(metric, "q3")),
	};
	plot->y_name = text_of(metric, "unit");
}

static void plot_title(struct plot *plot, const struct view *view,
		       struct json_object *row)
{
	const char *metric;
	size_t len;

	first_metric(row, &metric);
	len = snprintf(plot->title, sizeof(plot->title), "%s: %s",
		       text_of(row, "mode"), metric);
	for (const char *const *key = view->fixed + 1; *key; key++)
		if (len < sizeof(plot->title))
			len += snprintf(plot->title + len,
					sizeof(plot->title) - len, ", %s %s",
					*key, text_of(row, *key));
}

/* All rows that belong with @row into a plot. */
static void plot_make(struct plot *plot, const struct view *view,
		      struct json_object *rows, struct json_object *row)
{
	memset(plot, 0, sizeof(*plot));
	plot->x_name = view->x_name;
	plot->y_name = "";
	plot_title(plot, view, row);
	for (size_t i = 0; i < length_of(rows); i++) {
		struct json_object *other = json_object_array_get_idx(rows, i);

		if (same_plot(view, row, other))
			plot_row(plot, view, other);
	}
}

/* The first row of its kind makes the plot. */
static bool is_first(const struct view *view, struct json_object *rows,
		     size_t nr)
{
	struct json_object *row = json_object_array_get_idx(rows, nr);

	for (size_t i = 0; i < nr; i++)
		if (same_plot(view, row, json_object_array_get_idx(rows, i)))
			return false;
	return true;
}

static int plot_file(const struct plot *plot, const char *dir, unsigned int nr)
{
	char path[PATH_MAX];
	FILE *stream;

	snprintf(path, sizeof(path), "%s/plot-%u.svg", dir, nr);
	stream = fopen(path, "we");
	if (!stream)
		return fail(NULL, "%s: %s", path, strerror(errno));
	plot_write(plot, stream);
	return fclose(stream) ? fail(NULL, "%s: %s", path, strerror(errno)) : 0;
}

static unsigned int plots_written;

static int view_write(const struct view *view, struct json_object *rows,
		      FILE *stream, const char *dir)
{
	struct plot *plot = malloc(sizeof(*plot));
	int rc = 0;

	if (!plot)
		return fail(NULL, "out of memory");
	for (size_t i = 0; !rc && i < length_of(rows); i++) {
		if (!is_first(view, rows, i))
			continue;
		plot_make(plot, view, rows, json_object_array_get_idx(rows, i));
		/* One place on the axis is no plot. */
		if (plot->nr_ticks < 2)
			continue;
		fputs("<figure>", stream);
		plot_write(plot, stream);
		fputs("</figure>\n", stream);
		plots_written++;
		if (dir)
			rc = plot_file(plot, dir, plots_written);
	}
	free(plot);
	return rc;
}

/* --- tables ------------------------------------------------------------------------ */

static void cell(FILE *stream, const char *tag, const char *text)
{
	fprintf(stream, "<%s>", tag);
	markup_escape(stream, text);
	fprintf(stream, "</%s>", tag);
}

static void cell_number(FILE *stream, double value, const char *after)
{
	char text[48] = "";

	if (isfinite(value))
		snprintf(text, sizeof(text), "%.4g%s", value, after);
	cell(stream, "td", text);
}

static void cell_metric(FILE *stream, struct json_object *metric)
{
	double median = number_of(metric, "median");
	char text[96] = "-";

	if (isfinite(median))
		snprintf(text, sizeof(text), "%.4g [%.4g..%.4g]", median,
			 number_of(metric, "q1"), number_of(metric, "q3"));
	cell(stream, "td", text);
}

static const char *const columns[] = { "size", "batch", "threads", "heat",
				       "side" };

static const char *const last_columns[] = { "of stock",	 "",
					    "moved MB",	 "offloaded",
					    "not moved", "split" };

static void table_head(FILE *stream, struct json_object *row)
{
	struct json_object *metrics = json_object_object_get(row, "metrics");

	fputs("<tr>", stream);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		cell(stream, "th", columns[i]);
	if (json_object_is_type(metrics, json_type_object)) {
		json_object_object_foreach(metrics, key, metric) {
			char text[96];

			snprintf(text, sizeof(text), "%s %s", key,
				 text_of(metric, "unit"));
			cell(stream, "th", text);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(last_columns); i++)
		cell(stream, "th", last_columns[i]);
	fputs("</tr>\n", stream);
}

static void table_row(FILE *stream, struct json_object *row)
{
	struct json_object *metrics = json_object_object_get(row, "metrics");
	const char *verdict = text_of(row, "verdict");
	bool stock = !*text_of(row, "policy");

	fputs(stock ? "<tr class=\"stock\">" : "<tr>", stream);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		cell(stream, "td", text_of(row, columns[i]));
	if (json_object_is_type(metrics, json_type_object)) {
		json_object_object_foreach(metrics, key, metric) {
			(void)key;
			cell_metric(stream, metric);
		}
	}
	cell_number(stream, stock ? NAN : number_of(row, "against_stock"), "");
	cell(stream, "td", stock ? "" : *verdict ? verdict : "unclear");
	cell_number(stream, number_of(row, "moved_bytes") / 1e6, "");
	cell_number(stream,
		    stock ? NAN :
			    100 * number_of(row, "offloaded_bytes") /
				    number_of(row, "through_module_bytes"),
		    " %");
	cell(stream, "td", text_of(row, "folios_not_moved"));
	cell(stream, "td", text_of(row, "folios_split"));
	fputs("</tr>\n", stream);
}

static void write_table(FILE *stream, struct json_object *rows)
{
	fputs("<div class=\"wide\"><table>\n", stream);
	for (size_t i = 0; i < length_of(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		if (!i)
			table_head(stream, row);
		table_row(stream, row);
	}
	fputs("</table></div>\n", stream);
}

static void write_skipped(FILE *stream, struct json_object *skipped)
{
	if (!length_of(skipped))
		return;
	fputs("<h3>Not measured</h3><ul>\n", stream);
	for (size_t i = 0; i < length_of(skipped); i++) {
		struct json_object *row = json_object_array_get_idx(skipped, i);

		fputs("<li>", stream);
		markup_escape(stream, text_of(row, "size"));
		fputs(" x ", stream);
		markup_escape(stream, text_of(row, "batch"));
		fputs(": ", stream);
		markup_escape(stream, text_of(row, "reason"));
		fputs("</li>\n", stream);
	}
	fputs("</ul>\n", stream);
}

/* Each value of an object on a row; lists as they are in the file. */
static void write_members(FILE *stream, struct json_object *object)
{
	if (!json_object_is_type(object, json_type_object))
		return;
	fputs("<table>\n", stream);
	json_object_object_foreach(object, key, value) {
		fputs("<tr>", stream);
		cell(stream, "th", key);
		cell(stream, "td", value ? json_object_get_string(value) : "-");
		fputs("</tr>\n", stream);
	}
	fputs("</table>\n", stream);
}

static void write_command(FILE *stream, struct json_object *words)
{
	fputs("<pre>", stream);
	for (size_t i = 0; i < length_of(words); i++) {
		const char *word = json_object_get_string(
			json_object_array_get_idx(words, i));

		fputs(i ? " " : "", stream);
		markup_escape(stream, word ? word : "");
	}
	fputs("</pre>\n", stream);
}

/* --- the page ---------------------------------------------------------------------- */

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<title>mgxbench</title>\n<style>\n"
	"body{font:15px/1.45 sans-serif;max-width:72em;margin:2em auto;padding:0 1em}\n"
	"table{border-collapse:collapse;font-size:13px}\n"
	"td,th{padding:.15em .6em;border-bottom:1px solid #ddd;text-align:left}\n"
	".stock td{background:#f4f4f4}.wide{overflow-x:auto}\n"
	"figure{margin:1em 0}svg{max-width:100%;height:auto}\n"
	"pre{white-space:pre-wrap;background:#f4f4f4;padding:.5em}\n"
	"</style></head><body>\n<h1>mgxbench</h1>\n"
	"<p>Medians, with the middle half of the rounds in brackets. Sides took turns in "
	"the same process. <em>better</em> and <em>worse</em> are said where the rounds of a "
	"policy differ from those of the stock path by Mann and Whitney's rank test, two-sided "
	"at 1 %, in the first figure. <em>offloaded</em>: of the bytes that came through the "
	"module, those that another than the calling CPU has copied.</p>\n";

static int write_file(FILE *stream, const char *file, struct json_object *tree,
		      const char *dir)
{
	struct json_object *rows = array_of(tree, "rows");
	int rc = 0;

	fputs("<h2>", stream);
	markup_escape(stream, text_of(tree, "mode"));
	fputs(" <small>", stream);
	markup_escape(stream, file);
	fputs("</small></h2>\n", stream);
	write_command(stream, array_of(tree, "command"));
	for (size_t i = 0; !rc && i < ARRAY_SIZE(views); i++)
		rc = view_write(&views[i], rows, stream, dir);
	write_table(stream, rows);
	write_skipped(stream, array_of(tree, "skipped"));
	fputs("<h3>Run</h3>\n", stream);
	write_members(stream, json_object_object_get(tree, "run"));
	fputs("<h3>Machine</h3>\n", stream);
	write_members(stream, json_object_object_get(tree, "machine"));
	return rc;
}

static int write_page(FILE *stream, char *const *files, const char *dir)
{
	int rc = 0;

	fputs(head, stream);
	for (; !rc && *files; files++) {
		struct json_object *tree = file_load(*files);

		rc = tree ? write_file(stream, *files, tree, dir) : -1;
		json_object_put(tree);
	}
	fputs("</body></html>\n", stream);
	return rc;
}

static int page_to_file(const struct options *options)
{
	char part[PATH_MAX];
	FILE *stream = bench_file_begin(options->output, part, sizeof(part));
	int rc;

	if (!stream)
		return -1;
	rc = write_page(stream, options->rest, options->svg);
	if (!rc)
		return bench_file_end(stream, part, options->output);
	fclose(stream);
	unlink(part);
	return -1;
}

/* In memory first: a file that is no result is to leave nothing behind. */
static int page_to_stdout(const struct options *options)
{
	char *page = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&page, &size);
	int rc;

	if (!stream)
		return fail(NULL, "out of memory");
	rc = write_page(stream, options->rest, options->svg);
	if (fclose(stream))
		rc = fail(NULL, "out of memory");
	if (!rc && (fwrite(page, 1, size, stdout) != size || fflush(stdout)))
		rc = fail(NULL, "cannot write: %s", strerror(errno));
	free(page);
	return rc;
}

int bench_report_run(const struct options *options, const char *arg)
{
	(void)arg;
	if (options->svg && mkdir(options->svg, 0777) && errno != EEXIST) {
		fail(NULL, "%s: %s", options->svg, strerror(errno));
		return STATUS_FAILED;
	}
	if (options->output ? page_to_file(options) : page_to_stdout(options))
		return STATUS_FAILED;
	return STATUS_OK;
}
