/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pairs.h - the folios of one kernel batch, in the order of their turns.
 *
 * migrate_pages_batch() first unmaps folios and gets a destination for each,
 * then moves them in the same order. So the pairs come back as they were
 * recorded and a cursor finds them. Host tests compile this file too.
 *
 * Two facts keep old pairs from being taken for new ones:
 *  - no destination is given while folios are moved, so the first record
 *    after a turn begins a new kernel batch and drops all that came before;
 *  - the cursor only moves forward: a pair that was passed over, because the
 *    kernel refused its folio before copying, is not found any more when one
 *    behind it had its turn. Its folio is copied anew when the kernel retries
 *    it. If none had, it is found in the retry, for which the folio has stayed
 *    locked and unmapped, and what hook.c asks of it is asked once more.
 */
#ifndef _MGX_PAIRS_H
#define _MGX_PAIRS_H

#include "migrate_ext.h"

struct folio;

/**
 * enum mgx_pair_state - how far a pair has come
 * @MGX_PAIR_RECORDED: the destination was given, no batch has seen the pair
 * @MGX_PAIR_HELD: not eligible for an early copy; the kernel copies it
 * @MGX_PAIR_READY: part of the batch, not copied (yet)
 * @MGX_PAIR_COPIED: all its bytes were copied, or its source is poisoned
 * @MGX_PAIR_LIMBO: an engine may still write to the destination (rule 4)
 */
enum mgx_pair_state {
	MGX_PAIR_RECORDED,
	MGX_PAIR_HELD,
	MGX_PAIR_READY,
	MGX_PAIR_COPIED,
	MGX_PAIR_LIMBO,
};

/**
 * struct mgx_pair - a source folio and its destination
 * @src: folio to be copied, NULL if the destination was given back
 * @dst: where it goes
 * @size: bytes of @src, since it is READY
 * @left: those that are not confirmed yet
 * @state: &enum mgx_pair_state
 * @rc: what folio_mc_copy() has to return for a pair that was copied
 */
struct mgx_pair {
	struct folio *src;
	struct folio *dst;
	__u32 size;
	__u32 left;
	__u16 state;
	__s16 rc;
};

/**
 * struct mgx_pairs - the pairs of one kernel batch
 * @cursor: first pair whose turn can still come
 * @nr: pairs recorded
 * @pair: the pairs, in the order of their turns
 */
struct mgx_pairs {
	__u32 cursor;
	__u32 nr;
	struct mgx_pair pair[MGX_BATCH_PAIRS];
};

static inline void mgx_pairs_reset(struct mgx_pairs *p)
{
	p->cursor = 0;
	p->nr = 0;
}

/*
 * A destination was given. Folios beyond the capacity (only a list of split
 * folios is that long) are not recorded and so copied by the kernel.
 */
static inline void mgx_pairs_record(struct mgx_pairs *p, struct folio *src,
				    struct folio *dst)
{
	if (p->cursor)
		mgx_pairs_reset(p);
	if (p->nr == MGX_BATCH_PAIRS)
		return;
	*(p->pair + p->nr++) = (struct mgx_pair){ .src = src, .dst = dst };
}

/*
 * A destination was given back: it must never be written again (rule 2).
 * While folios are unmapped this is always the last pair; the others keep
 * their places. Forgotten pairs at the end make room: all of them, when the
 * kernel undoes a batch of which it moved nothing.
 */
static inline void mgx_pairs_forget(struct mgx_pairs *p, struct folio *dst)
{
	__u32 i;

	for (i = p->nr; i-- > p->cursor;) {
		if (p->pair[i].dst != dst)
			continue;
		p->pair[i].src = NULL;
		p->pair[i].dst = NULL;
		break;
	}
	while (p->nr > p->cursor && !p->pair[p->nr - 1].dst)
		p->nr--;
}

/*
 * The pair whose turn it is, or NULL. The cursor stays where it is. Nearly
 * always the first that is looked at; pointers, so that no index is checked.
 */
static inline struct mgx_pair *mgx_pairs_find(struct mgx_pairs *p,
					      const struct folio *dst,
					      const struct folio *src)
{
	struct mgx_pair *pair, *end = p->pair + p->nr;

	for (pair = p->pair + p->cursor; pair < end; pair++)
		if (pair->dst == dst && pair->src == src)
			return pair;
	return NULL;
}

/* @pair had its turn: it and all before it are never found again (rule 3). */
static inline void mgx_pairs_consume(struct mgx_pairs *p,
				     const struct mgx_pair *pair)
{
	p->cursor = pair - p->pair + 1;
}

#endif /* _MGX_PAIRS_H */
