/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top_screen.h - mgxtop on a terminal.
 */
#ifndef _MGXTOP_SCREEN_H
#define _MGXTOP_SCREEN_H

#include "sample.h"
#include "top_figures.h"
#include "top_view.h"

/*
 * Shows what comes from @source until the user ends it, or for @samples of
 * them, 0 for no end. Returns an exit status.
 */
int screen_run(struct source *source, struct figures *figures,
	       struct view *view, unsigned long samples);

#endif /* _MGXTOP_SCREEN_H */
