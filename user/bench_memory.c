// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_memory.c - folios of a known size and content, and their moves.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "bench_folio.h"
#include "error.h"

#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)

#define PLACE_TRIES 50
#define PLACE_NS    20000000 /* between two of them */
#define CACHE_LINE  64

const struct bench_size bench_sizes[] = { { "4K", KIB(4), BENCH_BASE },
					  { "16K", KIB(16), BENCH_THP },
					  { "64K", KIB(64), BENCH_THP },
					  { "256K", KIB(256), BENCH_THP },
					  { "1M", MIB(1), BENCH_THP },
					  { "2M", MIB(2), BENCH_THP },
					  { "huge2M", MIB(2), BENCH_HUGETLB },
					  { "huge1G", MIB(1024), BENCH_HUGETLB },
					  { "mixed", MIB(2), BENCH_MIXED },
					  { 0 } };

const struct bench_size *bench_size_find(const char *name)
{
	for (const struct bench_size *s = bench_sizes; s->name; s++)
		if (!strcasecmp(s->name, name))
			return s;
	return NULL;
}

/* Any word tells where it belongs and whose it is. */
static __u64 word_at(size_t offset, __u64 seed)
{
	__u64 x = (offset + 1) * 0x9e3779b97f4a7c15ULL ^ seed;

	return x ^ x >> 29;
}

static void part_fill(const struct bench_part *part, __u64 seed)
{
	__u64 *word = (__u64 *)part->addr;

	for (size_t i = 0; i < part->len / sizeof(*word); i++)
		word[i] = word_at(i * sizeof(*word), seed);
}

/* The offset of the first wrong word, or the length. */
static size_t part_verify(const struct bench_part *part, __u64 seed)
{
	const __u64 *word = (const __u64 *)part->addr;
	size_t i, nr = part->len / sizeof(*word);

	for (i = 0; i < nr; i++)
		if (word[i] != word_at(i * sizeof(*word), seed))
			break;
	return i * sizeof(*word);
}

/* An address range that is aligned to @to. */
static char *reserve_aligned(size_t len, size_t to)
{
	char *p = mmap(NULL, len + to, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *start = (char *)(((uintptr_t)p + to - 1) & ~(to - 1));

	if (p == MAP_FAILED)
		return NULL;
	if (start > p)
		munmap(p, start - p);
	munmap(start + len, p + to - start);
	return start;
}

static int part_map(struct bench_part *part, enum bench_kind kind)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
	size_t align = part->unit > MIB(2) ? part->unit : MIB(2);
	char *at = reserve_aligned(part->len, align);

	if (!at)
		return fail(NULL, "no %zu MiB of address space",
			    part->len >> 20);
	if (kind == BENCH_HUGETLB)
		flags |= MAP_HUGETLB | __builtin_ctzl(part->unit)
					       << MAP_HUGE_SHIFT;
	part->addr = mmap(at, part->len, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (part->addr == MAP_FAILED) {
		part->addr = NULL;
		munmap(at, part->len);
		return fail(NULL, "mmap() of %zu MiB: %s", part->len >> 20,
			    strerror(errno));
	}
	return 0;
}

static int part_advise(const struct bench_part *part, enum bench_kind kind)
{
	int advice = kind == BENCH_THP ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;

	if (kind == BENCH_HUGETLB)
		return 0;
	if (madvise(part->addr, part->len, advice))
		return fail(NULL, "madvise(): %s", strerror(errno));
	return 0;
}

/* Huge pages of the pool, and single ones, stay what they are. */
static bool may_split(const struct bench_memory *m,
		      const struct bench_part *part)
{
	return m->want.size->kind != BENCH_HUGETLB &&
	       part->unit > (size_t)sysconf(_SC_PAGESIZE);
}

static int fail_broken(const struct bench_part *part, size_t broken)
{
	return bench_skip(
		"free memory, or compact it: echo 1 >/proc/sys/vm/compact_memory",
		"%zu of %zu folios of %zu KiB are not: the kernel made others",
		broken, part->len / part->unit, part->unit >> 10);
}

/* Fills it on @node, and sees whether the folios are of that size. */
static int part_put(const struct bench_memory *m, const struct bench_part *part,
		    int node)
{
	size_t broken = 0;

	if (bench_range_bind(part->addr, part->len, node))
		return fail(NULL, "mbind() to node %d: %s", node,
			    strerror(errno));
	part_fill(part, m->seed);
	if (may_split(m, part))
		broken = bench_folio_broken(part);
	return broken ? fail_broken(part, broken) : 0;
}

static enum bench_kind part_kind(const struct bench_part *part,
				 enum bench_kind kind)
{
	if (kind != BENCH_MIXED)
		return kind;
	return part->unit == KIB(4) ? BENCH_BASE : BENCH_THP;
}

static int part_make(struct bench_memory *m, struct bench_part *part,
		     const struct bench_want *want)
{
	enum bench_kind kind = part_kind(part, want->size->kind);
	int rc = bench_folio_allowed(part->unit, part->len * want->copies, kind,
				     want);

	if (!rc)
		rc = part_map(part, kind);
	if (!rc)
		rc = part_advise(part, kind);
	if (rc)
		return rc;
	return part_put(m, part, want->node);
}

static int arrays_make(struct bench_memory *m)
{
	for (unsigned int i = 0; i < m->nr_parts; i++)
		m->nr += m->part[i].len / m->part[i].unit;
	m->folio = calloc(m->nr, sizeof(*m->folio));
	m->unit = calloc(m->nr, sizeof(*m->unit));
	m->node = calloc(m->nr, sizeof(*m->node));
	m->status = calloc(m->nr, sizeof(*m->status));
	if (!m->folio || !m->unit || !m->node || !m->status)
		return fail(NULL, "out of memory");
	return 0;
}

/* In turn from each part, so that a batch has folios of all sizes. */
static void folios_list(struct bench_memory *m)
{
	size_t at[BENCH_PARTS] = { 0 }, n = 0;

	while (n < m->nr) {
		for (unsigned int i = 0; i < m->nr_parts; i++) {
			const struct bench_part *part = &m->part[i];

			if (at[i] == part->len)
				continue;
			m->folio[n] = part->addr + at[i];
			m->unit[n++] = part->unit;
			at[i] += part->unit;
		}
	}
}

static void parts_choose(struct bench_memory *m, const struct bench_want *want)
{
	static const size_t mixed[BENCH_PARTS] = { KIB(4), KIB(64), MIB(2) };
	size_t unit = want->size->unit, bytes = want->bytes;

	if (want->size->kind == BENCH_MIXED) {
		for (m->nr_parts = 0; m->nr_parts < BENCH_PARTS; m->nr_parts++)
			m->part[m->nr_parts] = (struct bench_part){
				.unit = mixed[m->nr_parts],
				.len = (bytes / BENCH_PARTS / unit + 1) * unit,
			};
		return;
	}
	if (bytes < unit * want->folios)
		bytes = unit * want->folios;
	m->nr_parts = 1;
	m->part[0] = (struct bench_part){
		.unit = unit,
		.len = (bytes + unit - 1) / unit * unit,
	};
}

int bench_memory_make(struct bench_memory *m, const struct bench_want *want)
{
	static __u64 seed = 0x6d6967726174655fULL;
	int rc = 0;

	memset(m, 0, sizeof(*m));
	m->want = *want;
	m->seed = seed++ ^ (__u64)getpid() << 40;
	parts_choose(m, want);
	if (want->size->kind != BENCH_HUGETLB)
		rc = bench_folio_room(bench_memory_bytes(m) * want->copies,
				      want);
	for (unsigned int i = 0; !rc && i < m->nr_parts; i++)
		rc = part_make(m, &m->part[i], want);
	if (!rc)
		rc = arrays_make(m);
	if (!rc)
		folios_list(m);
	return rc;
}

void bench_memory_free(struct bench_memory *m)
{
	for (unsigned int i = 0; i < m->nr_parts; i++)
		if (m->part[i].addr)
			munmap(m->part[i].addr, m->part[i].len);
	free(m->folio);
	free(m->unit);
	free(m->node);
	free(m->status);
	memset(m, 0, sizeof(*m));
}

size_t bench_memory_bytes(const struct bench_memory *m)
{
	size_t bytes = 0;

	for (unsigned int i = 0; i < m->nr_parts; i++)
		bytes += m->part[i].len;
	return bytes;
}

int bench_memory_verify(const struct bench_memory *m)
{
	for (unsigned int i = 0; i < m->nr_parts; i++) {
		const struct bench_part *part = &m->part[i];
		size_t at = part_verify(part, m->seed);

		if (at < part->len)
			return fail(
				"stop using this policy and report it",
				"DATA CORRUPTION: the word at %#zx of %zu bytes, in folio %zu of %zu KiB, is wrong after the move",
				at, part->len, at / part->unit,
				part->unit >> 10);
	}
	return 0;
}

static void line_flush(const char *at)
{
#if defined(__x86_64__)
	__builtin_ia32_clflush(at);
#elif defined(__aarch64__)
	asm volatile("dc civac, %0" : : "r"(at) : "memory");
#else
	(void)at;
#endif
}

void bench_memory_cool(const struct bench_memory *m)
{
	for (unsigned int i = 0; i < m->nr_parts; i++)
		for (size_t at = 0; at < m->part[i].len; at += CACHE_LINE)
			line_flush(m->part[i].addr + at);
	__sync_synchronize();
}

void bench_memory_warm(const struct bench_memory *m)
{
	for (unsigned int i = 0; i < m->nr_parts; i++)
		for (size_t at = 0; at < m->part[i].len; at += CACHE_LINE)
			(void)*(volatile char *)(m->part[i].addr + at);
}

static void count_arrived(const struct bench_memory *m, int node,
			  struct bench_moved *moved)
{
	for (size_t i = 0; i < m->nr; i++) {
		if (m->status[i] == node) {
			moved->bytes += m->unit[i];
			continue;
		}
		moved->left++;
		if (!moved->err)
			moved->err = m->status[i] < 0 ? -m->status[i] : EAGAIN;
	}
}

bool bench_memory_move_some(const struct bench_memory *m, int node, size_t at,
			    size_t nr)
{
	for (size_t i = at; i < at + nr; i++)
		m->node[i] = node;
	return bench_move_pages(0, nr, m->folio + at, m->node + at,
				m->status + at) >= 0;
}

void bench_memory_count(const struct bench_memory *m, int node,
			struct bench_moved *moved)
{
	count_arrived(m, node, moved);
	for (unsigned int i = 0; i < m->nr_parts; i++)
		if (may_split(m, &m->part[i]))
			moved->split += bench_folio_broken(&m->part[i]);
}

void bench_memory_move(const struct bench_memory *m, int node,
		       unsigned int batch, struct bench_moved *moved)
{
	bool well = true;
	__u64 cpu_ns;
	size_t nr;

	memset(moved, 0, sizeof(*moved));
	cpu_ns = bench_thread_ns();
	moved->start_ns = bench_now();
	for (size_t at = 0; well && at < m->nr; at += nr) {
		nr = m->nr - at < batch ? m->nr - at : batch;
		well = bench_memory_move_some(m, node, at, nr);
	}
	moved->ns = bench_now() - moved->start_ns;
	moved->cpu_ns = bench_thread_ns() - cpu_ns;
	if (well)
		bench_memory_count(m, node, moved);
	else
		moved->err = errno;
}

/* Folios that are not on @node. */
static size_t count_away(const struct bench_memory *m, int node)
{
	size_t i, away = 0;

	if (bench_move_pages(0, m->nr, m->folio, NULL, m->status) < 0)
		return m->nr;
	for (i = 0; i < m->nr; i++)
		away += m->status[i] != node;
	return away;
}

/*
 * Kernels split a folio that was mapped in part for a moment, as each one of
 * less than 2M is that was moved before: its second move would be one of single
 * pages.
 */
static int part_renew(const struct bench_memory *m,
		      const struct bench_part *part, int node)
{
	int rc;

	if (!may_split(m, part) || part->unit >= MIB(2))
		return 0;
	if (madvise(part->addr, part->len, MADV_DONTNEED))
		return fail(NULL, "madvise(): %s", strerror(errno));
	/* Of several sizes, each is the largest that is on while it is made. */
	rc = bench_folio_allowed(part->unit, part->len, BENCH_THP, &m->want);
	return rc ? rc : part_put(m, part, node);
}

int bench_memory_place(const struct bench_memory *m, int node)
{
	const struct timespec pause = { .tv_nsec = PLACE_NS };
	struct bench_moved moved = { 0 };
	size_t away;
	int rc = 0;

	for (unsigned int i = 0; !rc && i < m->nr_parts; i++)
		rc = part_renew(m, &m->part[i], node);
	if (rc)
		return rc;
	away = count_away(m, node);
	for (int i = 0; away && i < PLACE_TRIES; i++) {
		if (i)
			nanosleep(&pause, NULL);
		bench_memory_move(m, node, m->nr, &moved);
		away = count_away(m, node);
	}
	if (!away)
		return 0;
	return fail("see whether the node has memory left",
		    "%zu of %zu folios do not get to node %d: %s", away, m->nr,
		    node, strerror(moved.err));
}
