// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_view.c - the screens of mgxtop.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "top_view.h"

#define MIB	   (1024.0 * 1024.0)
#define TEXT_LEN   64
#define GRAPH_MIN  8
#define GRAPH_MAX  120
#define CLOCK_LEN  9
#define RATE_WIDTH 10
#define STATE_UP   "up"

static const char *const kind_names[TOP_NR_KINDS] = {
	"calling CPU",	    "helper threads",	 "engines (dmaengine)",
	"engines (native)", "the kernel itself",
};

/* --- figures as text ------------------------------------------------------- */

static const char *text_rate(char *text, double rate)
{
	snprintf(text, TEXT_LEN, "%.1f", rate / MIB);
	return text;
}

static const char *text_micros(char *text, __u64 ns)
{
	if (ns)
		snprintf(text, TEXT_LEN, "%.1f", ns / 1000.0);
	else
		snprintf(text, TEXT_LEN, "-");
	return text;
}

static const char *text_bytes(char *text, __u64 bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = bytes;
	size_t unit = 0;

	while (value >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		unit++;
	}
	snprintf(text, TEXT_LEN, "%.*f %s", unit ? 1 : 0, value, units[unit]);
	return text;
}

static const char *text_clock(char *text, double when)
{
	time_t seconds = when;
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(text, CLOCK_LEN, "%H:%M:%S", &tm);
	return text;
}

/* --- channels ---------------------------------------------------------------- */

enum column_type {
	COLUMN_TEXT,
	COLUMN_ID,   /* __u32 */
	COLUMN_NODE, /* __s32 */
	COLUMN_RATE, /* double; what follows is __u64 */
	COLUMN_TIME,
	COLUMN_BYTES,
	COLUMN_COUNT,
};

/* A column of struct top_channel; one that is not text stands on the right. */
struct column {
	const char *name;
	const char *title;
	int width;
	enum column_type type;
	size_t offset;
};

#define CHANNEL(_member) offsetof(struct top_channel, _member)

static const struct column columns[] = {
	{ "id", "Id", 3, COLUMN_ID, CHANNEL(id) },
	{ "name", "Name", 14, COLUMN_TEXT, CHANNEL(name) },
	{ "kind", "Kind", 10, COLUMN_TEXT, CHANNEL(kind) },
	{ "node", "Node", 4, COLUMN_NODE, CHANNEL(nid) },
	{ "state", "State", 8, COLUMN_TEXT, CHANNEL(state) },
	{ "mib/s", "MiB/s", 9, COLUMN_RATE, CHANNEL(rate) },
	{ "p50", "p50 us", 9, COLUMN_TIME, CHANNEL(p50_ns) },
	{ "p99", "p99 us", 9, COLUMN_TIME, CHANNEL(p99_ns) },
	{ "inflight", "In flight", 11, COLUMN_BYTES, CHANNEL(inflight) },
	{ "errors", "Errors", 7, COLUMN_COUNT, CHANNEL(errors) },
	{ "total", "Total", 11, COLUMN_BYTES, CHANNEL(bytes) },
};

static const void *column_value(const struct column *column,
				const struct top_channel *channel)
{
	return (const char *)channel + column->offset;
}

/* What a column that is no text is sorted by. */
static double column_number(const struct column *column,
			    const struct top_channel *channel)
{
	const void *value = column_value(column, channel);

	switch (column->type) {
	case COLUMN_ID:
		return *(const __u32 *)value;
	case COLUMN_NODE:
		return *(const __s32 *)value;
	case COLUMN_RATE:
		return *(const double *)value;
	default:
		return *(const __u64 *)value;
	}
}

static const char *column_text(char *text, const struct column *column,
			       const struct top_channel *channel)
{
	double number;

	if (column->type == COLUMN_TEXT)
		return column_value(column, channel);
	number = column_number(column, channel);
	switch (column->type) {
	case COLUMN_RATE:
		return text_rate(text, number);
	case COLUMN_TIME:
		return text_micros(text, number);
	case COLUMN_BYTES:
		return text_bytes(text, number);
	default:
		if (column->type == COLUMN_NODE && number < 0)
			snprintf(text, TEXT_LEN, "all");
		else
			snprintf(text, TEXT_LEN, "%.0f", number);
		return text;
	}
}

/* Texts, ids and nodes begin with the lowest, figures with the highest. */
static int column_compare(const struct column *column,
			  const struct top_channel *a,
			  const struct top_channel *b)
{
	double x, y;

	if (column->type == COLUMN_TEXT)
		return strcmp(column_value(column, a), column_value(column, b));
	x = column_number(column, a);
	y = column_number(column, b);
	if (column->type == COLUMN_ID || column->type == COLUMN_NODE)
		return (x > y) - (x < y);
	return (x < y) - (x > y);
}

int view_columns(void)
{
	return ARRAY_SIZE(columns);
}

const char *view_column_name(int column)
{
	return columns[column].name;
}

int view_column(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (!strcasecmp(columns[i].name, name))
			return i;
	return -1;
}

static int compare_channels(const void *a, const void *b, void *arg)
{
	const struct view *view = arg;
	const struct top_channel *x = *(const struct top_channel *const *)a;
	const struct top_channel *y = *(const struct top_channel *const *)b;
	int order = column_compare(&columns[view->sort], x, y);

	if (!order)
		return (x->id > y->id) - (x->id < y->id);
	return view->reverse ? -order : order;
}

static bool shown(const struct top_channel *channel, const char *filter)
{
	return !*filter || strcasestr(channel->name, filter) ||
	       strcasestr(channel->kind, filter) ||
	       strcasestr(channel->state, filter);
}

static enum look state_look(const char *state)
{
	if (!strcmp(state, STATE_UP))
		return LOOK_GOOD;
	return strcmp(state, "failed") ? LOOK_WARN : LOOK_BAD;
}

static void add_cell(struct page *page, enum look look, const char *text,
		     const struct column *column)
{
	if (column->type == COLUMN_TEXT)
		page_add(page, look, "%-*.*s ", column->width, column->width,
			 text);
	else
		page_add(page, look, "%*s ", column->width, text);
}

static void add_titles(struct page *page, const struct view *view)
{
	char text[TEXT_LEN];

	for (int i = 0; i < view_columns(); i++) {
		bool sorted = i == view->sort;

		snprintf(text, sizeof(text), "%s%s", columns[i].title,
			 !sorted       ? "" :
			 view->reverse ? "^" :
					 "*");
		add_cell(page, sorted ? LOOK_STRONG : LOOK_HEAD, text,
			 &columns[i]);
	}
	page_end(page);
}

static enum look cell_look(const struct column *column,
			   const struct top_channel *channel)
{
	if (column->offset == CHANNEL(state))
		return state_look(channel->state);
	if (column->offset == CHANNEL(errors) && channel->errors)
		return LOOK_WARN;
	return LOOK_PLAIN;
}

static void add_channel(struct page *page, const struct top_channel *channel)
{
	char text[TEXT_LEN];

	for (int i = 0; i < view_columns(); i++)
		add_cell(page, cell_look(&columns[i], channel),
			 column_text(text, &columns[i], channel), &columns[i]);
	page_end(page);
}

static void body_channels(struct page *page, const struct figures *figures,
			  const struct view *view)
{
	const struct top_channel *list[MGX_MAX_CHANNELS];
	int n = 0;

	for (int i = 0; i < figures->nr_channels; i++)
		if (shown(&figures->channels[i], view->filter))
			list[n++] = &figures->channels[i];
	qsort_r(list, n, sizeof(*list), compare_channels, (void *)view);
	add_titles(page, view);
	for (int i = 0; i < n; i++)
		add_channel(page, list[i]);
	if (*view->filter) {
		page_add(page, LOOK_DIM, "%d of %d channels have '%s'", n,
			 figures->nr_channels, view->filter);
		page_end(page);
	}
}

/* --- decisions ---------------------------------------------------------------- */

static void add_decision(struct page *page, const struct figures *figures,
			 int i)
{
	const struct top_decision *decision = &figures->decisions[i];
	char text[TEXT_LEN];

	page_add(page, LOOK_PLAIN, "%-16s %-8s %10llu ",
		 sample_reason_names[i / MGX_NR_SIZES],
		 sample_size_names[i % MGX_NR_SIZES], decision->batches);
	page_add(page, LOOK_PLAIN, "%11s ", text_bytes(text, decision->bytes));
	page_add(page, LOOK_PLAIN, "%11s ", text_bytes(text, decision->copied));
	page_add(page, LOOK_PLAIN, "%4.0f%% ",
		 decision->bytes ? 100.0 * decision->copied / decision->bytes :
				   0);
	page_add(page, LOOK_PLAIN, "%9s", text_micros(text, decision->p50_ns));
	page_end(page);
}

static void body_decisions(struct page *page, const struct figures *figures)
{
	int n = 0;

	page_add(page, LOOK_HEAD, "%-16s %-8s %10s %11s %11s %5s %9s", "Reason",
		 "Folios", "Batches", "Bytes", "As decided", "", "p50 us");
	page_end(page);
	for (int i = 0; i < TOP_DECISIONS; i++) {
		if (!figures->decisions[i].batches)
			continue;
		add_decision(page, figures, i);
		n++;
	}
	if (!n) {
		page_add(page, LOOK_DIM, "no batch was shown to a policy yet");
		page_end(page);
	}
}

/* --- history --------------------------------------------------------------------- */

static const char *const blocks[] = { " ",	"\u2581", "\u2582",
				      "\u2583", "\u2584", "\u2585",
				      "\u2586", "\u2587", "\u2588" };

static double highest(const struct figures *figures, int n)
{
	double most = 1;

	for (int i = 0; i < n; i++) {
		const struct top_interval *interval =
			figures_interval(figures, i);

		if (interval && interval_rate(interval) > most)
			most = interval_rate(interval);
	}
	return most;
}

static int eighths(double value, double most, int row, int rows)
{
	int all = value / most * rows * 8 + 0.5;
	int here = all - row * 8;

	return here < 0 ? 0 : here > 8 ? 8 : here;
}

/* One row of a graph of @n intervals, of @rows rows; 0 is the lowest. */
static void add_graph(struct page *page, const struct figures *figures, int n,
		      int row, int rows)
{
	double most = highest(figures, n);

	for (int i = n - 1; i >= 0; i--) {
		const struct top_interval *interval =
			figures_interval(figures, i);
		double rate = interval ? interval_rate(interval) : 0;

		page_add(page, LOOK_PLAIN, "%s",
			 blocks[eighths(rate, most, row, rows)]);
	}
}

static int graph_width(const struct view *view, int used)
{
	int n = view->width - used;

	return n < GRAPH_MIN ? GRAPH_MIN : n > GRAPH_MAX ? GRAPH_MAX : n;
}

static void add_past(struct page *page, const struct top_interval *interval)
{
	char text[TEXT_LEN];

	page_add(page, LOOK_PLAIN, "%s", text_clock(text, interval->time));
	page_add(page, LOOK_STRONG, "%*s", RATE_WIDTH,
		 text_rate(text, interval_rate(interval)));
	for (int kind = 0; kind < TOP_NR_KINDS; kind++)
		page_add(page, LOOK_PLAIN, "%*s", RATE_WIDTH,
			 text_rate(text, interval->rate[kind]));
	page_add(page, LOOK_PLAIN, "%*s", RATE_WIDTH,
		 text_micros(text, interval->p50_ns));
	page_add(page, LOOK_PLAIN, "%*s", RATE_WIDTH,
		 text_micros(text, interval->p99_ns));
	page_end(page);
}

static void body_history(struct page *page, const struct figures *figures,
			 const struct view *view)
{
	static const char *const names[] = { "MiB/s",  "caller", "helpers",
					     "dma",    "native", "kernel",
					     "p50 us", "p99 us" };
	const int rows = 4;
	const struct top_interval *interval;

	for (int row = rows - 1; row >= 0; row--) {
		add_graph(page, figures, graph_width(view, 0), row, rows);
		page_end(page);
	}
	page_add(page, LOOK_HEAD, "%-8s", "Time");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		page_add(page, LOOK_HEAD, "%*s", RATE_WIDTH, names[i]);
	page_end(page);
	for (int i = 0; (interval = figures_interval(figures, i)) && i < 120;
	     i++)
		add_past(page, interval);
}

/* --- events ------------------------------------------------------------------------ */

static void body_events(struct page *page, const struct figures *figures)
{
	unsigned int n = figures->nr_events;
	char text[TEXT_LEN];

	for (unsigned int i = 0; i < n && i < TOP_EVENTS; i++) {
		const struct rare *event =
			&figures->events[(n - 1 - i) % TOP_EVENTS];
		bool bad = !strcmp(event->severity, "bad");

		page_add(page, LOOK_DIM, "%s  ",
			 text_clock(text, event->time_ms / 1000.0));
		page_add(page, bad ? LOOK_BAD : LOOK_PLAIN, "%s%s",
			 bad ? "! " : "", event->text);
		page_end(page);
	}
	if (!n) {
		page_add(page, LOOK_DIM, "nothing out of the ordinary");
		page_end(page);
	}
}

/* --- help ------------------------------------------------------------------------------ */

static void body_help(struct page *page)
{
	static const char *const keys[][2] = {
		{ "1 2 3 4, Tab", "channels, decisions, history, events" },
		{ "s  <", "sort by the next, the previous column" },
		{ "r", "reverse the order" },
		{ "/", "filter channels by name, kind or state; Esc: all" },
		{ "p", "hold the picture still, and go on" },
		{ "arrows, PgUp, PgDn", "scroll; Home: to the top" },
		{ "h  ?", "this help, and back" },
		{ "q", "end" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		page_add(page, LOOK_STRONG, "%-20s", keys[i][0]);
		page_add(page, LOOK_PLAIN, "%s", keys[i][1]);
		page_end(page);
	}
}

/* --- the head -------------------------------------------------------------------------- */

static void add_policy(struct page *page, const struct figures *figures)
{
	if (!figures->present) {
		page_add(page, LOOK_WARN,
			 "the module is not loaded: the kernel migrates alone");
	} else if (*figures->policy) {
		page_add(page, LOOK_PLAIN, "policy ");
		page_add(page, LOOK_STRONG, "%s", figures->policy);
		page_add(page, LOOK_GOOD, " %s", figures->state);
	} else {
		page_add(page, LOOK_WARN,
			 "no policy: the kernel copies as it always does");
	}
	page_add(page, LOOK_DIM, "   %s", figures->source);
	page_end(page);
	if (*figures->ending) {
		page_add(page, figures->ended_badly ? LOOK_BAD : LOOK_DIM,
			 "last: %s", figures->ending);
		page_end(page);
	}
}

static void add_shares(struct page *page, const struct top_interval *interval)
{
	double rate = interval_rate(interval);
	bool first = true;

	for (int kind = 0; kind < TOP_NR_KINDS; kind++) {
		if (interval->rate[kind] <= 0)
			continue;
		page_add(page, LOOK_PLAIN, "%s%.0f%% by %s", first ? "" : ", ",
			 100 * interval->rate[kind] / rate, kind_names[kind]);
		first = false;
	}
	if (first)
		page_add(page, LOOK_DIM, "nothing is being moved");
	page_end(page);
}

void view_head(struct page *page, const struct figures *figures,
	       const struct view *view)
{
	static const struct top_interval nothing;
	const struct top_interval *last = figures_interval(figures, 0);
	char rate[TEXT_LEN], p50[TEXT_LEN], p99[TEXT_LEN];

	if (!last)
		last = &nothing;
	add_policy(page, figures);
	page_add(page, LOOK_STRONG, "%s MiB/s",
		 text_rate(rate, interval_rate(last)));
	page_add(page, LOOK_PLAIN, "  %.0f batches/s  p50 %s us  p99 %s us  ",
		 last->batches, text_micros(p50, last->p50_ns),
		 text_micros(p99, last->p99_ns));
	if (view->width >= 100)
		add_graph(page, figures, graph_width(view, 70), 0, 1);
	page_end(page);
	add_shares(page, last);
	page_end(page);
}

void view_body(struct page *page, const struct figures *figures,
	       const struct view *view)
{
	switch (view->tab) {
	case TAB_CHANNELS:
		body_channels(page, figures, view);
		break;
	case TAB_DECISIONS:
		body_decisions(page, figures);
		break;
	case TAB_HISTORY:
		body_history(page, figures, view);
		break;
	case TAB_EVENTS:
		body_events(page, figures);
		break;
	default:
		body_help(page);
	}
}
