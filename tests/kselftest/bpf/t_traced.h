/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * t_traced.h - elements of the map t_seen of t_traced.bpf.c.
 */
#ifndef _T_TRACED_H
#define _T_TRACED_H

enum t_traced {
	T_TRACED_CALLS,	 /* of migrate_pages() */
	T_TRACED_COPIES, /* of folio_mc_copy() */
	T_TRACED_BAD, /* of these, return values that are not what they were */
	T_TRACED_NR,
};

#endif /* _T_TRACED_H */
