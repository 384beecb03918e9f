/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * t_exit.h - what t_exit.bpf.c is told, and what it tells.
 */
#ifndef _T_EXIT_H
#define _T_EXIT_H

enum t_exit_where { T_IN_INIT, T_IN_ADMIT, T_IN_DISPATCH, T_IN_COMPLETE };
enum t_exit_how { T_BY_EXIT, T_BY_ERROR, T_BY_RETURN };

#define T_EXIT_CODE 42
#define T_EXIT_MSG  "had enough"
#define T_ERROR_MSG "went wrong"

struct t_exit_config {
	unsigned int where; /* enum t_exit_where */
	unsigned int how;   /* enum t_exit_how */
	int ret;	    /* what init() returns by T_BY_RETURN */
};

/* Elements of the map t_seen. */
enum t_exit_seen {
	T_SEEN_INIT, /* calls of init() */
	T_SEEN_WORK, /* calls of the other members */
	T_SEEN_EXIT, /* calls of exit() */
	T_SEEN_KIND, /* its kind */
	T_SEEN_CODE, /* its code */
	T_SEEN_LATE, /* calls of other members after exit() */
	T_SEEN_NR,
};

#endif
