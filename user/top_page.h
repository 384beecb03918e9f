/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top_page.h - lines of text with looks: one writer for the terminal and for
 * everything that is none.
 */
#ifndef _MGXTOP_PAGE_H
#define _MGXTOP_PAGE_H

#include <stdio.h>

#include "util.h"

enum look {
	LOOK_PLAIN,
	LOOK_STRONG,
	LOOK_DIM,
	LOOK_HEAD,
	LOOK_GOOD,
	LOOK_WARN,
	LOOK_BAD,
	NR_LOOKS,
};

struct page;

struct page *page_new(void);
void page_free(struct page *page);
void page_clear(struct page *page);

/* Appends to the last line. */
void page_add(struct page *page, enum look look, const char *format, ...)
	__printf(3, 4);

/* Ends the last line. */
void page_end(struct page *page);

int page_lines(const struct page *page);

/* As plain text, without blanks at the ends of lines. */
void page_write(const struct page *page, FILE *to);

/*
 * On the terminal: @count lines from @first on, at row @row, cut to its width.
 */
void page_draw(const struct page *page, int first, int count, int row);

/* Colours, unless NO_COLOR is set or the terminal has none. */
void page_colours(void);

#endif /* _MGXTOP_PAGE_H */
