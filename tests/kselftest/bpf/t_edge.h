/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * t_edge.h - what the policy t_edge says, of T_EDGE_LEN bytes and no 0 byte.
 */
#ifndef _T_EDGE_H
#define _T_EDGE_H

#define T_EDGE_TEXT "the edge is here"
#define T_EDGE_LEN  16

#endif /* _T_EDGE_H */
