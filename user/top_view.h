/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top_view.h - the screens of mgxtop: from figures to lines.
 */
#ifndef _MGXTOP_VIEW_H
#define _MGXTOP_VIEW_H

#include <stdbool.h>

#include "top_figures.h"
#include "top_page.h"

enum tab {
	TAB_CHANNELS,
	TAB_DECISIONS,
	TAB_HISTORY,
	TAB_EVENTS,
	NR_TABS,
	TAB_HELP = NR_TABS,
};

/**
 * struct view - what the user chose to see
 * @tab: &enum tab
 * @sort: column of the channels
 * @reverse: against the usual order of that column
 * @filter: of channels; empty for all
 * @width: columns that there are
 */
struct view {
	enum tab tab;
	int sort;
	bool reverse;
	char filter[32];
	int width;
};

/* The column of that name, or -1. */
int view_column(const char *name);
int view_columns(void);
const char *view_column_name(int column);

/* The lines that every screen begins with. */
void view_head(struct page *page, const struct figures *figures,
	       const struct view *view);

/* The screen itself. */
void view_body(struct page *page, const struct figures *figures,
	       const struct view *view);

#endif /* _MGXTOP_VIEW_H */
