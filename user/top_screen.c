// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_screen.c - mgxtop on a terminal: keys, scrolling, the filter's line.
 */
#include <errno.h>
#include <ncurses.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "option.h"
#include "top_screen.h"

#define ESCAPE	  27
#define ESCAPE_MS 50 /* what comes later is not part of a function key */
#define FOOT_KEYS \
	"q end  h help  1-4 screens  s sort  r reverse  / filter  p hold"

/**
 * struct terminal - what is on the terminal
 * @figures: what there is to show
 * @view: what the user chose of it
 * @page: lines of the head, then of the body
 * @head: how many the head has
 * @top: first line of the body that is seen
 * @held: the picture stands still
 * @asking: keys go into the filter
 * @ended: nothing more comes
 * @done: the user wants to go
 * @before_help: where help goes back to
 */
struct terminal {
	struct figures *figures;
	struct view *view;
	struct page *page;
	int head;
	int top;
	bool held;
	bool asking;
	bool ended;
	bool done;
	enum tab before_help;
};

/* --- the picture ------------------------------------------------------------- */

static void make_page(struct terminal *screen)
{
	screen->view->width = COLS;
	page_clear(screen->page);
	view_head(screen->page, screen->figures, screen->view);
	screen->head = page_lines(screen->page);
	view_body(screen->page, screen->figures, screen->view);
}

static int body_rows(const struct terminal *screen)
{
	int rows = LINES - screen->head - 1;

	return rows < 0 ? 0 : rows;
}

static void keep_in_range(struct terminal *screen)
{
	int body = page_lines(screen->page) - screen->head;
	int last = body - body_rows(screen);

	if (screen->top > last)
		screen->top = last;
	if (screen->top < 0)
		screen->top = 0;
}

static void draw_foot(const struct terminal *screen)
{
	const char *state = screen->ended ? "[end of the recording]  " :
			    screen->held  ? "[held]  " :
					    "";

	if (LINES < 2)
		return;
	move(LINES - 1, 0);
	attrset(A_REVERSE);
	if (screen->asking)
		addnstr("filter: ", COLS);
	if (screen->asking)
		addnstr(screen->view->filter, COLS - getcurx(stdscr));
	else
		addnstr(state, COLS);
	if (!screen->asking && getcurx(stdscr) < COLS)
		addnstr(FOOT_KEYS, COLS - getcurx(stdscr) - 1);
	attrset(A_NORMAL);
}

static void draw(struct terminal *screen)
{
	keep_in_range(screen);
	erase();
	page_draw(screen->page, 0, screen->head, 0);
	page_draw(screen->page, screen->head + screen->top, body_rows(screen),
		  screen->head);
	draw_foot(screen);
	refresh();
}

/* --- keys ---------------------------------------------------------------------- */

static void filter_key(struct terminal *screen, int key)
{
	char *filter = screen->view->filter;
	size_t len = strlen(filter);

	if (key == '\n' || key == '\r' || key == KEY_ENTER) {
		screen->asking = false;
	} else if (key == ESCAPE) {
		filter[0] = '\0';
		screen->asking = false;
	} else if (key == KEY_BACKSPACE || key == 127 || key == '\b') {
		if (len)
			filter[len - 1] = '\0';
	} else if (key >= ' ' && key < 127 &&
		   len + 1 < sizeof(screen->view->filter)) {
		filter[len] = key;
		filter[len + 1] = '\0';
	}
}

static void show_tab(struct terminal *screen, enum tab which)
{
	screen->view->tab = which;
	screen->top = 0;
}

static void help_key(struct terminal *screen)
{
	if (screen->view->tab == TAB_HELP) {
		show_tab(screen, screen->before_help);
		return;
	}
	screen->before_help = screen->view->tab;
	show_tab(screen, TAB_HELP);
}

static void sort_key(struct terminal *screen, int step)
{
	int n = view_columns();

	screen->view->sort = (screen->view->sort + step + n) % n;
	screen->view->reverse = false;
}

static void scroll_key(struct terminal *screen, int key)
{
	int page = body_rows(screen);

	switch (key) {
	case KEY_UP:
		screen->top--;
		break;
	case KEY_DOWN:
		screen->top++;
		break;
	case KEY_PPAGE:
		screen->top -= page;
		break;
	case KEY_NPAGE:
		screen->top += page;
		break;
	case KEY_HOME:
		screen->top = 0;
		break;
	}
}

static void command_key(struct terminal *screen, int key)
{
	switch (key) {
	case 'q':
		screen->done = true;
		break;
	case 'h':
	case '?':
		help_key(screen);
		break;
	case '\t':
		show_tab(screen, (screen->view->tab + 1) % NR_TABS);
		break;
	case 's':
		sort_key(screen, 1);
		break;
	case '<':
		sort_key(screen, -1);
		break;
	case 'r':
		screen->view->reverse = !screen->view->reverse;
		break;
	case '/':
		screen->asking = true;
		screen->view->filter[0] = '\0';
		break;
	case ESCAPE:
		screen->view->filter[0] = '\0';
		break;
	case 'p':
		screen->held = !screen->held;
		break;
	default:
		if (key >= '1' && key < '1' + NR_TABS)
			show_tab(screen, key - '1');
		else
			scroll_key(screen, key);
	}
}

static void take_keys(struct terminal *screen)
{
	int key;

	while ((key = getch()) != ERR) {
		if (screen->asking && key != KEY_RESIZE)
			filter_key(screen, key);
		else
			command_key(screen, key);
	}
}

/* --- the loop -------------------------------------------------------------------- */

/* 1: there is a new one; 0: nothing more comes; -1: an error is recorded. */
static int take_sample(struct terminal *screen, struct source *source,
		       struct sample *sample)
{
	int rc = source_next(source, sample);

	if (rc > 0)
		figures_add(screen->figures, sample);
	else
		screen->ended = true;
	return rc;
}

/* Waits for a key or a sample; tells whether it is a sample. */
static bool wait_input(const struct terminal *screen,
		       const struct source *source)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = source_fd(source), .events = POLLIN },
	};

	if (!screen->ended && source_pending(source))
		return true;
	if (poll(fds, screen->ended ? 1 : 2, -1) < 0)
		return false;
	return !screen->ended && fds[1].revents;
}

static int loop(struct terminal *screen, struct source *source,
		struct sample *sample, unsigned long samples)
{
	unsigned long taken = 0;

	while (!screen->done && (!samples || taken < samples)) {
		if (wait_input(screen, source)) {
			if (take_sample(screen, source, sample) < 0)
				return STATUS_FAILED;
			taken = screen->figures->nr_history;
		}
		take_keys(screen);
		if (!screen->held)
			make_page(screen);
		draw(screen);
	}
	return STATUS_OK;
}

static void terminal_start(void)
{
	initscr();
	set_escdelay(ESCAPE_MS);
	cbreak();
	noecho();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	curs_set(0);
	page_colours();
}

int screen_run(struct source *source, struct figures *figures,
	       struct view *view, unsigned long samples)
{
	struct terminal screen = { .figures = figures, .view = view };
	struct sample *sample = sample_new();
	int status = STATUS_FAILED;

	screen.page = page_new();
	if (sample && screen.page) {
		terminal_start();
		make_page(&screen);
		draw(&screen);
		status = loop(&screen, source, sample, samples);
		endwin();
	} else {
		fail(NULL, "out of memory");
	}
	page_free(screen.page);
	sample_free(sample);
	return status;
}
