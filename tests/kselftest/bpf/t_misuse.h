/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * t_misuse.h - elements of the map t_result of t_misuse.bpf.c.
 */
#ifndef _T_MISUSE_H
#define _T_MISUSE_H

enum t_misuse_result {
	T_LIMIT_ZERO, /* mgx_bpf_limit() to no pages */
	T_CHANNEL,    /* a channel that does not exist */
	T_NO_BYTES,
	T_FLAGS,      /* an unknown flag */
	T_TOO_MUCH,   /* granted less bytes of the batch */
	T_MORE,	      /* than the batch: each channel may pull all of it */
	T_LATE,	      /* mgx_bpf_submit() in complete() */
	T_FORGED_REQ, /* a struct of the program's own: the verifier permits */
	T_FORGED_BATCH, /* ... it, because there are no pointers in it */
	T_MISUSE_NR,
};

#endif
