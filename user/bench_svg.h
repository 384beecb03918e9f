/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_svg.h - plots as SVG: lines through medians, with their middle halves.
 */
#ifndef _MGXBENCH_SVG_H
#define _MGXBENCH_SVG_H

#include <stdio.h>

#define PLOT_POINTS 64
#define PLOT_LINES  16

/**
 * struct plot_point - a median and where it stands
 * @x: position on the axis, as an index into &plot.tick
 * @y: the median
 * @low: a quarter is less
 * @high: a quarter is more
 */
struct plot_point {
	unsigned int x;
	double y, low, high;
};

/**
 * struct plot_line - of one side
 * @name: of it
 * @point: from left to right
 * @nr: how many
 */
struct plot_line {
	const char *name;
	struct plot_point point[PLOT_POINTS];
	unsigned int nr;
};

/**
 * struct plot - one picture
 * @title: above it
 * @x_name: below it
 * @y_name: beside it
 * @tick: what stands below the x axis, evenly spaced
 * @nr_ticks: how many
 * @line: sides
 * @nr_lines: how many
 */
struct plot {
	char title[160];
	const char *x_name, *y_name;
	char tick[PLOT_POINTS][24];
	unsigned int nr_ticks;
	struct plot_line line[PLOT_LINES];
	unsigned int nr_lines;
};

/* Index of a tick, a new one at the end if need be; -1 if there is no room. */
int plot_tick(struct plot *plot, const char *text);
/* The line of a name, likewise; NULL if there is no room. */
struct plot_line *plot_line(struct plot *plot, const char *name);

/* A whole document. */
void plot_write(const struct plot *plot, FILE *stream);

/* Text in XML or HTML. */
void markup_escape(FILE *stream, const char *text);

#endif /* _MGXBENCH_SVG_H */
