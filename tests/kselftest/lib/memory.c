// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - memory whose every word is known.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"

#define PAGE	   4096UL
#define THP	   "/sys/kernel/mm/transparent_hugepage/"
#define HUGE	   MIB(2)
#define SHOW_WRONG 3
/* A thread that never sleeps starves others where one CPU emulates four. */
#define PAUSE_US 500

#define KPF_COMPOUND_HEAD 15
#define KPF_COMPOUND_TAIL 16

/**
 * struct kind - how memory of a kind is made
 * @unit: bytes of its folios
 * @memfd: flags of memfd_create(), -1 for private anonymous memory
 * @mmap: more flags of mmap()
 * @advice: for madvise()
 * @settings: path and value; kept, since khugepaged undoes what they forbid
 */
struct kind {
	size_t unit;
	int memfd;
	int mmap;
	int advice;
	const char *settings[3][2];
};

static const struct kind kinds[] = {
	[MEM_ANON] = { PAGE, -1, 0, MADV_NOHUGEPAGE, {} },
	[MEM_MTHP] = { KIB(64),
		       -1,
		       0,
		       MADV_HUGEPAGE,
		       { { THP "hugepages-2048kB/enabled", "never" },
			 { THP "hugepages-64kB/enabled", "madvise" } } },
	[MEM_THP] = { HUGE,
		      -1,
		      0,
		      MADV_HUGEPAGE,
		      { { THP "enabled", "madvise" },
			{ THP "hugepages-2048kB/enabled", "inherit" } } },
	[MEM_SHMEM] = { PAGE, MFD_ALLOW_SEALING, 0, MADV_NOHUGEPAGE, {} },
	[MEM_SHMEM_THP] = { HUGE,
			    0,
			    0,
			    MADV_HUGEPAGE,
			    { { THP "shmem_enabled", "advise" },
			      { THP "hugepages-2048kB/shmem_enabled",
				"inherit" } } },
	[MEM_HUGETLB] = { HUGE, -1, MAP_HUGETLB, MADV_NORMAL, {} },
	[MEM_GIGANTIC] = { MIB(1024),
			   -1,
			   MAP_HUGETLB | 30 << MAP_HUGE_SHIFT,
			   MADV_NORMAL,
			   {} },
	[MEM_HUGETLB_SHARED] = { HUGE,
				 MFD_HUGETLB | MFD_ALLOW_SEALING,
				 0,
				 MADV_NORMAL,
				 {} },
};

/* Any word tells where it belongs and whose it is. */
static uint64_t mem_word(size_t offset, uint64_t seed)
{
	uint64_t x = (offset + 1) * 0x9e3779b97f4a7c15ULL ^ seed;

	return x ^ x >> 29;
}

/* An address range that is aligned to @to. */
static void *reserve_aligned(size_t len, size_t to)
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

static int mem_mmap(struct mem *m, int flags)
{
	void *at = reserve_aligned(m->len, m->unit > HUGE ? m->unit : HUGE);

	if (!at)
		return -ENOMEM;
	flags |= m->fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	m->addr = mmap(at, m->len, PROT_READ | PROT_WRITE, flags | MAP_FIXED,
		       m->fd, 0);
	return m->addr == MAP_FAILED ? -errno : 0;
}

int mem_map(struct mem *m, enum mem_kind kind, size_t len)
{
	const struct kind *k = &kinds[kind];
	int rc;

	*m = (struct mem){ .len = len, .unit = k->unit, .fd = -1 };
	if (k->memfd >= 0) {
		m->fd = memfd_create("kselftest", k->memfd);
		if (m->fd < 0 || ftruncate(m->fd, len))
			return -errno;
	}
	rc = mem_mmap(m, k->mmap);
	if (!rc && k->advice != MADV_NORMAL)
		rc = madvise(m->addr, len, k->advice) ? -errno : 0;
	return rc;
}

int mem_map_file(struct mem *m, const char *path, size_t len)
{
	*m = (struct mem){ .len = len, .unit = PAGE };
	m->fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (m->fd < 0 || ftruncate(m->fd, len))
		return -errno;
	return mem_mmap(m, 0);
}

static int kind_settings(const struct kind *k)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < ARRAY_LEN(k->settings) && k->settings[i][0]; i++)
		rc = rc ?: setting_set(k->settings[i][0], k->settings[i][1]);
	return rc == -ENOENT ? -EOPNOTSUPP : rc;
}

int mem_make(struct mem *m, enum mem_kind kind, size_t len, int node)
{
	static uint64_t seed = 0x6d6967726174655fULL;
	int rc = mem_map(m, kind, len);

	if (rc)
		return rc;
	rc = kind_settings(&kinds[kind]);
	if (!rc)
		rc = node_bind(node);
	if (!rc)
		mem_fill(m, seed++ ^ (uint64_t)getpid() << 40);
	node_bind(-1);
	return rc;
}

void mem_free(struct mem *m)
{
	if (m->addr)
		munmap(m->addr, m->len);
	if (m->fd >= 0)
		close(m->fd);
	*m = (struct mem){ .fd = -1 };
}

void mem_fill(struct mem *m, uint64_t seed)
{
	uint64_t *word = (uint64_t *)m->addr;
	size_t i;

	m->seed = seed;
	m->pass = 0;
	for (i = 0; i < m->len / sizeof(*word); i++)
		word[i] = mem_word(i * sizeof(*word), seed);
}

static void show_wrong(const struct mem *m, size_t at, uint64_t is)
{
	uint64_t should = mem_word(at, m->seed) + m->pass;

	note("%p+%#zx (node %d): is %#llx, should be %#llx", m->addr, at,
	     node_of(m->addr + at), (unsigned long long)is,
	     (unsigned long long)should);
}

size_t mem_check_part(const struct mem *m, size_t start, size_t len)
{
	const uint64_t *word = (const uint64_t *)m->addr;
	size_t at, wrong = 0;

	for (at = start; at < start + len; at += sizeof(*word)) {
		uint64_t is = word[at / sizeof(*word)];

		if (is == mem_word(at, m->seed) + m->pass)
			continue;
		if (wrong++ < SHOW_WRONG)
			show_wrong(m, at, is);
	}
	return wrong;
}

size_t mem_check(const struct mem *m)
{
	return mem_check_part(m, 0, m->len);
}

static uint64_t read_u64(int fd, uint64_t index)
{
	uint64_t value = 0;

	if (pread(fd, &value, sizeof(value), index * sizeof(value)) !=
	    sizeof(value))
		return 0;
	return value;
}

/* One folio from @addr on: a head, tails, and then no tail of the same. */
static bool unit_is_folio(const struct mem *m, char *addr, int pagemap,
			  int flags)
{
	uint64_t i, nr = m->unit / PAGE, entry, pfn, f;

	entry = read_u64(pagemap, (uintptr_t)addr / PAGE);
	pfn = entry & ((1ULL << 55) - 1);
	if (!(entry >> 63) ||
	    !(read_u64(flags, pfn) & 1ULL << KPF_COMPOUND_HEAD))
		return false;
	for (i = 1; i < nr; i++) {
		f = read_u64(flags, pfn + i);
		if (!(f & 1ULL << KPF_COMPOUND_TAIL))
			return false;
	}
	return !(read_u64(flags, pfn + nr) & 1ULL << KPF_COMPOUND_TAIL);
}

bool mem_is_large(const struct mem *m)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY);
	int flags = open("/proc/kpageflags", O_RDONLY);
	size_t at, bad = 0;

	for (at = 0; at < m->len; at += m->unit)
		bad += !unit_is_folio(m, m->addr + at, pagemap, flags);
	close(pagemap);
	close(flags);
	if (bad)
		note("%zu of %zu units of %zu KiB are no folios", bad,
		     m->len / m->unit, m->unit >> 10);
	return !bad;
}

/* One pass over all words; those that are wrong are left as they are. */
static void writer_pass(struct mem_writer *w)
{
	const struct mem *m = w->mem;
	volatile uint64_t *word = (volatile uint64_t *)m->addr;
	size_t i;

	for (i = 0; i < m->len / sizeof(*word); i++) {
		uint64_t is = word[i];
		uint64_t should =
			mem_word(i * sizeof(*word), m->seed) + m->pass;

		if (is == should)
			word[i] = is + 1;
		else if (w->wrong++ < SHOW_WRONG)
			show_wrong(m, i * sizeof(*word), is);
	}
}

static void *writer_main(void *arg)
{
	struct mem_writer *w = arg;

	do {
		writer_pass(w);
		w->mem->pass++;
		w->passes++;
		usleep(PAUSE_US);
	} while (!atomic_load(&w->stop) && !w->wrong);
	return NULL;
}

int mem_writer_start(struct mem_writer *w, struct mem *m)
{
	w->mem = m;
	atomic_init(&w->stop, false);
	w->passes = 0;
	w->wrong = 0;
	return -pthread_create(&w->thread, NULL, writer_main, w);
}

size_t mem_writer_stop(struct mem_writer *w)
{
	atomic_store(&w->stop, true);
	pthread_join(w->thread, NULL);
	return w->wrong;
}
