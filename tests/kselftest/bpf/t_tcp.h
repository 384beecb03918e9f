/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * t_tcp.h - elements of the map t_result of t_tcp.bpf.c.
 */
#ifndef _T_TCP_H
#define _T_TCP_H

#define T_TCP_NAME "t_tcp"

enum t_tcp_result {
	T_TCP_CALLS,  /* of the member that tries the others */
	T_TCP_CPU_NS, /* none is known to it */
	T_TCP_ITER,   /* rounds of a loop over the channels */
	T_TCP_SUBMIT, /* from here on: what is refused */
	T_TCP_WAIT,
	T_TCP_LIMIT,
	T_TCP_SKIP,
	T_TCP_INFO,
	T_TCP_EVENTS,
	T_TCP_DUMP,
	T_TCP_NR,
};

#endif /* _T_TCP_H */
