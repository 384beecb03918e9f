// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_svg.c - plots as SVG.
 */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "bench_svg.h"
#include "util.h"

#define WIDTH  720
#define HEIGHT 360
#define LEFT   80
#define RIGHT  20
#define TOP    36
#define BOTTOM 56
#define LEGEND 18 /* of each line */

/* Told apart by who does not see red and green alike, as Okabe and Ito chose. */
static const char *const colours[] = {
	"#000000", "#0072b2", "#d55e00", "#009e73",
	"#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f",
};

void markup_escape(FILE *stream, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", stream);
			break;
		case '<':
			fputs("&lt;", stream);
			break;
		case '>':
			fputs("&gt;", stream);
			break;
		case '"':
			fputs("&quot;", stream);
			break;
		case '\'':
			fputs("&#39;", stream);
			break;
		default:
			/* XML has no other control characters. */
			if ((unsigned char)*text >= ' ' || *text == '\t' ||
			    *text == '\n')
				fputc(*text, stream);
		}
	}
}

int plot_tick(struct plot *plot, const char *text)
{
	unsigned int i;

	for (i = 0; i < plot->nr_ticks; i++)
		if (!strcmp(plot->tick[i], text))
			return i;
	if (i == PLOT_POINTS)
		return -1;
	snprintf(plot->tick[i], sizeof(plot->tick[i]), "%s", text);
	plot->nr_ticks++;
	return i;
}

struct plot_line *plot_line(struct plot *plot, const char *name)
{
	unsigned int i;

	for (i = 0; i < plot->nr_lines; i++)
		if (!strcmp(plot->line[i].name, name))
			return &plot->line[i];
	if (i == PLOT_LINES)
		return NULL;
	plot->line[i].name = name;
	plot->nr_lines++;
	return &plot->line[i];
}

/* The least of 1, 2 or 5 times a power of 10 that is not less. */
static double round_up(double value)
{
	static const double steps[] = { 1, 2, 5, 10 };
	double power = pow(10, floor(log10(value)));

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (value <= steps[i] * power)
			return steps[i] * power;
	return value;
}

static double highest(const struct plot *plot)
{
	double top = 0;

	for (unsigned int i = 0; i < plot->nr_lines; i++)
		for (unsigned int j = 0; j < plot->line[i].nr; j++)
			top = fmax(top, plot->line[i].point[j].high);
	return top > 0 ? top : 1;
}

/**
 * struct frame - how figures become places
 * @top: the figure at the upper end
 * @step: between two grid lines
 * @columns: ticks of the x axis
 */
struct frame {
	double top, step;
	unsigned int columns;
};

static double x_of(const struct frame *frame, unsigned int column)
{
	return LEFT + (column + 0.5) * (WIDTH - LEFT - RIGHT) / frame->columns;
}

static double y_of(const struct frame *frame, double value)
{
	return HEIGHT - BOTTOM -
	       fmax(value, 0) / frame->top * (HEIGHT - TOP - BOTTOM);
}

static void text_at(FILE *stream, double x, double y, const char *anchor,
		    const char *text)
{
	fprintf(stream, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y,
		anchor);
	markup_escape(stream, text);
	fputs("</text>\n", stream);
}

static void write_grid(const struct plot *plot, const struct frame *frame,
		       FILE *stream)
{
	char text[32];

	for (int i = 0; i * frame->step <= frame->top * 1.001; i++) {
		double y = y_of(frame, i * frame->step);

		fprintf(stream, "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>\n",
			LEFT, y, WIDTH - RIGHT);
		snprintf(text, sizeof(text), "%g", i * frame->step);
		text_at(stream, LEFT - 6, y + 4, "end", text);
	}
	for (unsigned int i = 0; i < plot->nr_ticks; i++)
		text_at(stream, x_of(frame, i), HEIGHT - BOTTOM + 18, "middle",
			plot->tick[i]);
	text_at(stream, WIDTH / 2.0, HEIGHT - BOTTOM + 40, "middle",
		plot->x_name);
	text_at(stream, LEFT, TOP - 8, "end", plot->y_name);
	text_at(stream, WIDTH / 2.0, TOP - 18, "middle", plot->title);
}

/* Points of several sides at one place stand beside each other. */
static double shift_of(const struct plot *plot, unsigned int nr)
{
	return (nr - (plot->nr_lines - 1) / 2.0) * 5;
}

static void write_line(const struct plot *plot, const struct frame *frame,
		       unsigned int nr, FILE *stream)
{
	const struct plot_line *line = &plot->line[nr];
	const char *colour = colours[nr % ARRAY_SIZE(colours)];
	double shift = shift_of(plot, nr), y;

	fprintf(stream, "<path fill=\"none\" stroke=\"%s\" d=\"", colour);
	for (unsigned int i = 0; i < line->nr; i++)
		fprintf(stream, "%c%.1f %.1f", i ? 'L' : 'M',
			x_of(frame, line->point[i].x) + shift,
			y_of(frame, line->point[i].y));
	fputs("\"/>\n", stream);
	for (unsigned int i = 0; i < line->nr; i++) {
		const struct plot_point *p = &line->point[i];
		double x = x_of(frame, p->x) + shift;

		fprintf(stream,
			"<path d=\"M%.1f %.1fV%.1f\" stroke=\"%s\"/><circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"><title>",
			x, y_of(frame, p->low), y_of(frame, p->high), colour, x,
			y_of(frame, p->y), colour);
		markup_escape(stream, line->name);
		fprintf(stream, ": %g [%g..%g]</title></circle>\n", p->y,
			p->low, p->high);
	}
	y = HEIGHT + nr * LEGEND;
	fprintf(stream, "<path d=\"M%d %.1fh24\" stroke=\"%s\"/>\n", LEFT,
		y - 4, colour);
	text_at(stream, LEFT + 32, y, "start", line->name);
}

void plot_write(const struct plot *plot, FILE *stream)
{
	struct frame frame = { .columns = plot->nr_ticks };
	unsigned int height = HEIGHT + plot->nr_lines * LEGEND;

	frame.step = round_up(highest(plot) / 6);
	frame.top = ceil(highest(plot) / frame.step) * frame.step;
	fprintf(stream,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %u\" width=\"%d\" height=\"%u\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n<title>",
		WIDTH, height, WIDTH, height);
	markup_escape(stream, plot->title);
	fprintf(stream,
		"</title>\n<rect width=\"%d\" height=\"%u\" fill=\"#fff\"/>\n",
		WIDTH, height);
	write_grid(plot, &frame, stream);
	for (unsigned int i = 0; i < plot->nr_lines; i++)
		write_line(plot, &frame, i, stream);
	fputs("</svg>\n", stream);
}
