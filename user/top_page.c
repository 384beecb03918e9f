// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_page.c - lines of text with looks.
 */
#include <ncurses.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "top_page.h"

#define MAX_LINES 256
#define MAX_PARTS 48
#define MAX_TEXT  1024

struct part {
	enum look look;
	int start;
};

struct line {
	char text[MAX_TEXT];
	int len;
	struct part parts[MAX_PARTS];
	int nr_parts;
};

struct page {
	struct line lines[MAX_LINES];
	int nr_lines;
};

static bool coloured;

struct page *page_new(void)
{
	return calloc(1, sizeof(struct page));
}

void page_free(struct page *page)
{
	free(page);
}

static void line_clear(struct line *line)
{
	line->text[0] = '\0';
	line->len = 0;
	line->nr_parts = 0;
}

void page_clear(struct page *page)
{
	page->nr_lines = 0;
	line_clear(&page->lines[0]);
}

static void line_look(struct line *line, enum look look)
{
	if (line->nr_parts && line->parts[line->nr_parts - 1].look == look)
		return;
	if (line->nr_parts < MAX_PARTS)
		line->parts[line->nr_parts++] =
			(struct part){ .look = look, .start = line->len };
}

void page_add(struct page *page, enum look look, const char *format, ...)
{
	struct line *line = &page->lines[page->nr_lines];
	size_t room = sizeof(line->text) - line->len;
	va_list args;
	int len;

	if (page->nr_lines == MAX_LINES - 1)
		return;
	line_look(line, look);
	va_start(args, format);
	len = vsnprintf(line->text + line->len, room, format, args);
	va_end(args);
	line->len += len < (int)room ? len : (int)room - 1;
}

void page_end(struct page *page)
{
	if (page->nr_lines < MAX_LINES - 1)
		line_clear(&page->lines[++page->nr_lines]);
}

int page_lines(const struct page *page)
{
	return page->nr_lines;
}

void page_write(const struct page *page, FILE *to)
{
	for (int i = 0; i < page->nr_lines; i++) {
		const struct line *line = &page->lines[i];
		int len = line->len;

		while (len && line->text[len - 1] == ' ')
			len--;
		fprintf(to, "%.*s\n", len, line->text);
	}
}

static int look_attributes(enum look look)
{
	static const int plain[NR_LOOKS] = {
		[LOOK_STRONG] = A_BOLD,	   [LOOK_DIM] = A_DIM,
		[LOOK_HEAD] = A_UNDERLINE, [LOOK_BAD] = A_BOLD,
		[LOOK_WARN] = A_BOLD,
	};

	return plain[look] | (coloured ? COLOR_PAIR(look) : 0);
}

void page_colours(void)
{
	static const short colours[NR_LOOKS] = {
		[LOOK_PLAIN] = -1,	   [LOOK_STRONG] = -1,
		[LOOK_DIM] = -1,	   [LOOK_HEAD] = COLOR_CYAN,
		[LOOK_GOOD] = COLOR_GREEN, [LOOK_WARN] = COLOR_YELLOW,
		[LOOK_BAD] = COLOR_RED,
	};
	const char *no_color = getenv("NO_COLOR");

	if ((no_color && *no_color) || !has_colors())
		return;
	start_color();
	use_default_colors();
	for (int look = 1; look < NR_LOOKS; look++)
		init_pair(look, colours[look], -1);
	coloured = true;
}

/* Writes what fits of a part, returns the columns that are left. */
static int draw_text(const char *text, int len, int columns)
{
	wchar_t wide[MAX_TEXT];
	char copy[MAX_TEXT];
	int n, fits;

	snprintf(copy, sizeof(copy), "%.*s", len, text);
	n = mbstowcs(wide, copy, MAX_TEXT - 1);
	if (n <= 0)
		return columns;
	fits = n < columns ? n : columns;
	addnwstr(wide, fits);
	return columns - fits;
}

static void draw_line(const struct line *line)
{
	int columns = COLS;

	for (int i = 0; i < line->nr_parts && columns > 0; i++) {
		const struct part *part = &line->parts[i];
		int end = i + 1 < line->nr_parts ? part[1].start : line->len;

		attrset(look_attributes(part->look));
		columns = draw_text(line->text + part->start, end - part->start,
				    columns);
	}
	attrset(A_NORMAL);
}

void page_draw(const struct page *page, int first, int count, int row)
{
	for (int i = 0; i < count && first + i < page->nr_lines; i++) {
		move(row + i, 0);
		draw_line(&page->lines[first + i]);
	}
}
