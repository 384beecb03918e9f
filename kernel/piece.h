/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * piece.h - how much a channel may take at once while others copy too: the
 * arithmetic, which host tests compile too.
 *
 * With pieces of one size a batch ends when the slowest channel has done the
 * last one it took. So each takes half of what its speed makes its part of the
 * rest, and all come to the end together in ever smaller steps (guided
 * self-scheduling, Polychronopoulos and Kuck 1987, with weights; half of the
 * rest as in factoring, Hummel et al. 1992).
 */
#ifndef _MGX_PIECE_H
#define _MGX_PIECE_H

#include <linux/types.h>

#define MGX_PIECE_SHIFT 16

/**
 * mgx_piece_part() - half of a channel's part of the work
 * @rate: its speed
 * @sum: the speed of all, itself included, in the same unit; below 1 << 48
 *
 * Return: a fraction of 1 << MGX_PIECE_SHIFT; never 0, that is "unknown".
 */
static inline __u32 mgx_piece_part(__u64 rate, __u64 sum)
{
	__u64 part = sum ? (rate << (MGX_PIECE_SHIFT - 1)) / sum : 0;

	return part ? part : 1;
}

/**
 * mgx_piece() - what it may take now
 * @rest: bytes that nobody has taken
 * @part: see mgx_piece_part(), 0 if its speed is not known
 * @page: bytes of a page, a power of two
 * @chunk: bytes it takes at most
 * @first: it has taken nothing of this batch yet
 *
 * Jobs cost something each, so small ones, below a quarter of @chunk, are not
 * worth it; and none is if what is left would be done sooner without it. The
 * first page is never denied, or its speed would not be seen again.
 *
 * Return: bytes, whole pages; 0 for nothing more; all ones for no limit.
 */
static inline __u64 mgx_piece(__u64 rest, __u32 part, __u64 page, __u64 chunk,
			      bool first)
{
	__u64 half, least = chunk / 4;

	if (!part)
		return ~0ULL;
	if (least < page)
		least = page;
	half = rest * part >> MGX_PIECE_SHIFT;
	if (half >= least)
		return half & ~(page - 1);
	if (2 * half >= least)
		return least & ~(page - 1);
	return first ? page : 0;
}

#endif /* _MGX_PIECE_H */
