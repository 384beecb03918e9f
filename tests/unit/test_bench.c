// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_bench.c - medians, quartiles and the rank test of mgxbench; its plots.
 */
#include <string.h>

#include "bench_stat.h"
#include "bench_svg.h"
#include "tap.h"

static void test_quantiles(void)
{
	double odd[] = { 5, 1, 3 }, even[] = { 4, 1, 3, 2 }, one[] = { 7 };
	struct bench_stat s = bench_stat_of(odd, 3);

	ok(s.median == 3 && s.min == 1 && s.max == 5, "three figures");
	ok(s.q1 == 2 && s.q3 == 4, "their quartiles");
	s = bench_stat_of(even, 4);
	ok(s.median == 2.5, "between two of four");
	s = bench_stat_of(one, 1);
	ok(s.median == 7 && s.q1 == 7 && s.q3 == 7, "one figure");
	s = bench_stat_of(one, 0);
	ok(isnan(s.median) && !s.nr, "none");
}

static void test_differ(void)
{
	double low[] = { 1, 2, 3, 4, 5, 6, 7 }, same[7], high[7];
	double mixed[] = { 0, 2, 4, 6, 8, 10, 12 };

	for (int i = 0; i < 7; i++) {
		same[i] = 4;
		high[i] = 10 + i;
	}
	is(bench_stat_differ(high, 7, low, 7), 1, "all of them are greater");
	is(bench_stat_differ(low, 7, high, 7), -1, "all of them are less");
	is(bench_stat_differ(low, 7, low, 7), 0, "the same figures");
	is(bench_stat_differ(same, 7, same, 7), 0, "ties");
	is(bench_stat_differ(mixed, 7, low, 7), 0, "not certain");
	is(bench_stat_differ(high, 5, low, 5), 0, "too few to tell");
	is(bench_stat_differ(high, 6, low, 6), 1, "just enough");
	is(bench_stat_differ(high, 0, low, 0), 0, "none");
}

/* A document of a plot whose names come from anywhere. */
static void test_plot(void)
{
	static struct plot plot = { .x_name = "<x>", .y_name = "y&" };
	struct plot_line *line = plot_line(&plot, "\"a' <script>\x01");
	char *text = NULL;
	size_t size = 0;
	FILE *stream;

	is(plot_tick(&plot, "4K"), 0, "a tick");
	is(plot_tick(&plot, "2M"), 1, "another");
	is(plot_tick(&plot, "4K"), 0, "the first again");
	line->point[line->nr++] = (struct plot_point){ 0, 5, 4, 6 };
	line->point[line->nr++] = (struct plot_point){ 1, -1, -2, 9 };
	stream = open_memstream(&text, &size);
	plot_write(&plot, stream);
	fclose(stream);
	ok(strstr(text, "&quot;a&#39; &lt;script&gt;") && !strstr(text, "<x>"),
	   "names are escaped");
	ok(!strchr(text, '\x01'), "and hold no control characters");
	ok(!strstr(text, "nan") && !strstr(text, "inf"),
	   "each place is a number");
	free(text);
}

int main(void)
{
	test_quantiles();
	test_differ();
	test_plot();
	return tap_done();
}
