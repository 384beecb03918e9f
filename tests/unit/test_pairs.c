// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_pairs.c - pairs.h under a model of migrate_pages(): folios that do not
 * unmap, destinations that are given back and allocated again at once, turns
 * that end before the copy, after it, or without any, retries, lists of split
 * folios that are too long, several kernel batches in one call.
 *
 * Content is a number. A source that is pinned may change until its turn; it
 * was not eligible then and must not have been copied early. MGX_SEED=N runs
 * the model with that seed.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pairs.h"
#include "tap.h"

#define FOLIOS 1400
#define PASSES 3
#define ROUNDS 400

/**
 * enum fate - how a turn ends
 * @MOVES: copied by folio_mc_copy(), moved
 * @REFUSED: before the copy; stays for the next pass
 * @REFUSED_LATE: after the copy; stays for the next pass
 * @FAILS: before the copy; its destination is given back
 * @FAILS_LATE: after the copy; likewise
 * @MOVES_ALONE: copied by other means (movable_ops, the ring of aio)
 */
enum fate { MOVES, REFUSED, REFUSED_LATE, FAILS, FAILS_LATE, MOVES_ALONE };

/**
 * struct folio - source or destination
 * @content: what is in it
 * @live: destination: allocated
 * @pinned: source: not eligible, and may change
 * @alone: source: MOVES_ALONE
 * @dst: source: its destination now
 */
struct folio {
	unsigned int content;
	bool live;
	bool pinned;
	bool alone;
	struct folio *dst;
};

/**
 * struct model - one call of migrate_pages()
 * @unmapped: the kernel's list, in order
 * @batch: number of the kernel batch
 * @copied_in: kernel batch in which a source was copied early, 0 for none
 */
static struct model {
	struct mgx_pairs pairs;
	struct folio src[FOLIOS];
	struct folio dst[FOLIOS];
	struct folio *free[FOLIOS];
	unsigned int nr_free;
	struct folio *unmapped[FOLIOS];
	unsigned int nr_unmapped;
	unsigned int batch;
	unsigned int copied_in[FOLIOS];
	unsigned int chance;
	/* violations */
	unsigned int wrong, freed, foreign, twice;
	/* what happened at all */
	unsigned int used, by_kernel;
} m;

static unsigned int roll(unsigned int sides)
{
	return (unsigned int)random() % sides;
}

static bool unlikely_event(void)
{
	return m.chance && !roll(m.chance);
}

/* --- our side: as hook.c does it ------------------------------------------------ */

static bool eligible(const struct folio *src)
{
	return !src->pinned && !src->alone;
}

static void early_copy(struct mgx_pair *pair)
{
	m.freed += !pair->dst->live;
	pair->dst->content = pair->src->content;
	pair->state = MGX_PAIR_COPIED;
	m.copied_in[pair->src - m.src] = m.batch;
}

static void begin_batch(struct mgx_pair *first)
{
	struct mgx_pair *pair, *end = m.pairs.pair + m.pairs.nr;
	unsigned int next = 0;

	while (m.unmapped[next] != first->src)
		next++;
	for (pair = first; pair < end && next < m.nr_unmapped; pair++) {
		if (pair->src != m.unmapped[next])
			continue;
		pair->state = MGX_PAIR_HELD;
		if (eligible(pair->src))
			early_copy(pair);
		next++;
	}
}

/* folio_mc_copy(). True: the content was there already. */
static bool copy(struct folio *dst, struct folio *src)
{
	struct mgx_pair *pair = mgx_pairs_find(&m.pairs, dst, src);

	if (pair && pair->state == MGX_PAIR_RECORDED && eligible(src)) {
		begin_batch(pair);
		pair = mgx_pairs_find(&m.pairs, dst, src);
	}
	if (pair) {
		mgx_pairs_consume(&m.pairs, pair);
		m.twice += !!mgx_pairs_find(&m.pairs, dst, src);
	}
	if (!pair || pair->state != MGX_PAIR_COPIED) {
		dst->content = src->content;
		m.by_kernel++;
		return false;
	}
	m.used++;
	m.foreign += m.copied_in[src - m.src] != m.batch;
	return true;
}

/* --- the kernel's side ------------------------------------------------------------ */

/* The last one that was freed comes first, as from the page allocator. */
static struct folio *get_dst(struct folio *src)
{
	struct folio *dst = m.free[--m.nr_free];

	dst->live = true;
	dst->content = 0;
	src->dst = dst;
	mgx_pairs_record(&m.pairs, src, dst);
	return dst;
}

static void put_dst(struct folio *src)
{
	mgx_pairs_forget(&m.pairs, src->dst);
	src->dst->live = false;
	m.free[m.nr_free++] = src->dst;
	src->dst = NULL;
}

/* One pass over the list; what did not unmap stays on it. */
static unsigned int unmap_pass(struct folio **from, unsigned int nr)
{
	unsigned int i, left = 0;

	for (i = 0; i < nr; i++) {
		get_dst(from[i]);
		if (unlikely_event()) {
			put_dst(from[i]);
			from[left++] = from[i];
		} else {
			m.unmapped[m.nr_unmapped++] = from[i];
		}
	}
	return left;
}

/* Whoever holds a pin may write until the turn, and lets go or does not. */
static enum fate turn_fate(struct folio *src)
{
	if (src->alone)
		return MOVES_ALONE;
	if (src->pinned) {
		src->content += roll(2);
		src->pinned = roll(2);
		return src->pinned ? REFUSED : MOVES;
	}
	return unlikely_event() ? (enum fate)roll(MOVES_ALONE) : MOVES;
}

static void moved(struct folio *src)
{
	m.wrong += src->dst->content != src->content;
	/* It belongs to a process now, which writes. */
	src->dst->content += 1000;
}

/* True: it stays on the list. */
static bool take_turn(struct folio *src)
{
	enum fate fate = turn_fate(src);

	if (fate == MOVES_ALONE)
		src->dst->content = src->content;
	if (fate == MOVES || fate == REFUSED_LATE || fate == FAILS_LATE)
		copy(src->dst, src);
	if (fate == FAILS || fate == FAILS_LATE)
		put_dst(src);
	if (fate == MOVES || fate == MOVES_ALONE)
		moved(src);
	return fate == REFUSED || fate == REFUSED_LATE;
}

/* The list shrinks while it is walked: folio_mc_copy() looks at the rest. */
static void move_pass(void)
{
	unsigned int at = 0;

	while (at < m.nr_unmapped) {
		if (take_turn(m.unmapped[at])) {
			at++;
			continue;
		}
		m.nr_unmapped--;
		memmove(&m.unmapped[at], &m.unmapped[at + 1],
			(m.nr_unmapped - at) * sizeof(m.unmapped[0]));
	}
}

static void migrate_batch(struct folio **from, unsigned int nr)
{
	unsigned int pass;

	m.batch++;
	m.nr_unmapped = 0;
	for (pass = 0; pass < PASSES && nr; pass++)
		nr = unmap_pass(from, nr);
	for (pass = 0; pass < PASSES && m.nr_unmapped; pass++)
		move_pass();
	for (pass = 0; pass < m.nr_unmapped; pass++)
		put_dst(m.unmapped[pass]);
}

/* --- random calls ------------------------------------------------------------------- */

static void new_call(void)
{
	unsigned int i;

	m.nr_free = 0;
	memset(m.copied_in, 0, sizeof(m.copied_in));
	mgx_pairs_reset(&m.pairs);
	for (i = 0; i < FOLIOS; i++) {
		m.dst[i] = (struct folio){ 0 };
		m.src[i] =
			(struct folio){ .content = 1 + (unsigned int)random() };
		m.src[i].pinned = unlikely_event();
		m.src[i].alone = !m.src[i].pinned && unlikely_event();
		m.free[m.nr_free++] = &m.dst[i];
	}
}

/* All sources, in batches of up to 512 and some that are longer. */
static void random_call(void)
{
	static struct folio *from[FOLIOS];
	unsigned int at = 0, nr, i;

	m.chance = roll(4) ? 2 + roll(30) : 0;
	new_call();
	while (at < FOLIOS) {
		nr = roll(8) ? 1 + roll(24) : 1 + roll(700);
		if (nr > FOLIOS - at)
			nr = FOLIOS - at;
		for (i = 0; i < nr; i++)
			from[i] = &m.src[at++];
		migrate_batch(from, nr);
	}
}

static void test_model(void)
{
	const char *given = getenv("MGX_SEED");
	unsigned long seed = given ? strtoul(given, NULL, 0) :
				     (unsigned long)time(NULL);
	int i;

	printf("# seed %lu\n", seed);
	srandom(seed);
	memset(&m, 0, sizeof(m));
	for (i = 0; i < ROUNDS; i++)
		random_call();
	printf("# %u used, %u copied by the kernel\n", m.used, m.by_kernel);
	is(m.wrong, 0, "content arrives");
	is(m.freed, 0, "no destination is written after it was given back");
	is(m.foreign, 0, "no copy of an earlier kernel batch is used");
	is(m.twice, 0, "a pair is found once");
	ok(m.used > m.by_kernel, "most early copies are used");
}

/* --- one thing each ------------------------------------------------------------------ */

static struct folio s[MGX_BATCH_PAIRS + 2], d[MGX_BATCH_PAIRS + 2];
static struct mgx_pairs p;

static void record(unsigned int nr)
{
	unsigned int i;

	mgx_pairs_reset(&p);
	for (i = 0; i < nr; i++)
		mgx_pairs_record(&p, &s[i], &d[i]);
}

static bool found(unsigned int i)
{
	struct mgx_pair *pair = mgx_pairs_find(&p, &d[i], &s[i]);

	return pair && pair->src == &s[i] && pair->dst == &d[i];
}

static void consume(unsigned int i)
{
	mgx_pairs_consume(&p, mgx_pairs_find(&p, &d[i], &s[i]));
}

static void test_order(void)
{
	record(4);
	ok(found(0) && found(3), "recorded pairs are found");
	ok(found(0), "and again, while nobody consumes them");
	ok(!mgx_pairs_find(&p, &d[0], &s[1]), "not with another source");
	ok(!mgx_pairs_find(&p, &d[1], &s[0]), "not with another destination");
	consume(1);
	ok(!found(1), "a consumed pair is not found");
	ok(!found(0), "nor is one that was passed over");
	ok(found(2) && found(3), "those behind are");
	consume(3);
	ok(!found(2), "nor is any when the last was consumed");
}

static void test_new_batch(void)
{
	record(4);
	consume(1);
	mgx_pairs_record(&p, &s[4], &d[4]);
	ok(!found(2) && !found(3), "a new kernel batch drops the old pairs");
	ok(found(4), "and has its own");
	is(p.nr, 1, "and nothing else");
}

static void test_forget(void)
{
	record(4);
	mgx_pairs_forget(&p, &d[3]);
	is(p.nr, 3, "the last one makes room");
	mgx_pairs_forget(&p, &d[1]);
	ok(!found(1), "a destination in the middle is forgotten");
	ok(found(0) && found(2), "the others keep their places");
	mgx_pairs_record(&p, &s[5], &d[1]);
	ok(mgx_pairs_find(&p, &d[1], &s[5]), "it can be given again");
	ok(!found(1), "but not to the old source");
	mgx_pairs_forget(&p, &d[5]);
	ok(found(0) && found(2), "an unknown destination changes nothing");
	consume(0);
	mgx_pairs_forget(&p, &d[0]);
	ok(found(2), "nor does one that had its turn");
}

/* A batch of which nothing was moved is undone in the order of its list. */
static void test_undo(void)
{
	unsigned int i;

	record(MGX_BATCH_PAIRS);
	for (i = 0; i < MGX_BATCH_PAIRS; i++)
		mgx_pairs_forget(&p, &d[i]);
	is(p.nr, 0, "all given back: nothing takes up room");
}

static void test_full(void)
{
	record(MGX_BATCH_PAIRS + 2);
	is(p.nr, MGX_BATCH_PAIRS, "as many as fit");
	ok(found(MGX_BATCH_PAIRS - 1), "the last that fits is found");
	ok(!found(MGX_BATCH_PAIRS),
	   "the next is not, and is left to the kernel");
	mgx_pairs_forget(&p, &d[MGX_BATCH_PAIRS]);
	is(p.nr, MGX_BATCH_PAIRS, "what was not recorded cannot be forgotten");
	consume(MGX_BATCH_PAIRS - 1);
	ok(!found(0), "a full list can be passed over");
	mgx_pairs_forget(&p, &d[MGX_BATCH_PAIRS - 1]);
	is(p.nr, MGX_BATCH_PAIRS, "a consumed pair cannot be forgotten");
}

int main(void)
{
	test_order();
	test_new_batch();
	test_forget();
	test_undo();
	test_full();
	test_model();
	return tap_done();
}
