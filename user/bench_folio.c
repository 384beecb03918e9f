// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_folio.c - whether this machine makes folios of a size, and has made them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "bench_folio.h"
#include "bench_tweak.h"
#include "error.h"
#include "sysfs.h"

#define THP	 "/sys/kernel/mm/transparent_hugepage/"
#define THP_SIZE THP "hugepages-%zukB/enabled"
#define POOL	 "/sys/devices/system/node/node%d/hugepages/hugepages-%zukB/%s"
#define PMD_SIZE ((size_t)2 << 20)
#define RESERVE	 ((__u64)64 << 20) /* left on a node for others */

#define PFN_MASK	  ((1ULL << 55) - 1)
#define PRESENT		  (1ULL << 63)
#define KPF_COMPOUND_HEAD 15
#define KPF_COMPOUND_TAIL 16

/* --- transparent huge pages ------------------------------------------------------ */

static bool file_chose(const char *path, const char *word)
{
	char text[128], chosen[32];

	snprintf(chosen, sizeof(chosen), "[%s]", word);
	return !file_read(path, text, sizeof(text)) && strstr(text, chosen);
}

static bool is_on(const char *path)
{
	return file_chose(path, "madvise") || file_chose(path, "always");
}

/* Memory that was advised gets folios of that size. */
static bool thp_is_on(size_t unit)
{
	char path[128];

	snprintf(path, sizeof(path), THP_SIZE, unit >> 10);
	if (file_chose(path, "inherit"))
		return is_on(THP "enabled");
	return is_on(path);
}

static bool thp_is_known(size_t unit)
{
	char path[128];

	snprintf(path, sizeof(path), THP_SIZE, unit >> 10);
	return !access(path, F_OK);
}

/* The kernel takes the largest size that is on: a larger one must not be. */
static size_t thp_larger(size_t unit)
{
	for (size_t s = unit * 2; s <= PMD_SIZE; s *= 2)
		if (thp_is_on(s))
			return s;
	return 0;
}

static int thp_set(size_t unit, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), THP_SIZE, unit >> 10);
	return bench_tweak(path, value);
}

static int thp_prepare(size_t unit)
{
	int err = thp_set(unit, "madvise");

	for (size_t s = unit * 2; !err && s <= PMD_SIZE; s *= 2)
		if (thp_is_on(s))
			err = thp_set(s, "never");
	if (!err)
		return 0;
	return fail("run it as root", THP ": %s", strerror(-err));
}

static int thp_allowed(size_t unit, const struct bench_want *want)
{
	size_t larger;

	if (!thp_is_known(unit))
		return bench_skip(
			NULL,
			"this kernel has no transparent huge pages of %zu KiB",
			unit >> 10);
	larger = thp_larger(unit);
	if (thp_is_on(unit) && !larger)
		return 0;
	if (want->prepare)
		return thp_prepare(unit);
	if (larger)
		return bench_skip(
			"use --prepare, which changes that for the time of the run",
			"folios of %zu KiB would be made, which are on in " THP,
			larger >> 10);
	return bench_skip("use --prepare, or write madvise there",
			  "they are off in " THP "hugepages-%zukB/enabled",
			  unit >> 10);
}

/* --- the pool of huge pages -------------------------------------------------------- */

static __s64 pool_read(int node, size_t unit, const char *file)
{
	char path[160], text[32];

	snprintf(path, sizeof(path), POOL, node, unit >> 10, file);
	if (file_read(path, text, sizeof(text)))
		return -1;
	return strtoll(text, NULL, 10);
}

static void pool_fill(int node, size_t unit, __s64 missing)
{
	char path[160], text[32];

	snprintf(path, sizeof(path), POOL, node, unit >> 10, "nr_hugepages");
	snprintf(text, sizeof(text), "%lld",
		 (long long)(pool_read(node, unit, "nr_hugepages") + missing));
	bench_tweak(path, text);
}

/* A migrated one needs a free one on the other node. */
static int pool_has(int node, size_t unit, __s64 pages, bool prepare)
{
	__s64 nr = pool_read(node, unit, "free_hugepages");

	if (nr < 0)
		return bench_skip(
			"boot with hugepagesz= on the kernel's command line if the CPU has them",
			"this kernel has no huge pages of %zu KiB", unit >> 10);
	if (nr < pages && prepare) {
		pool_fill(node, unit, pages - nr);
		nr = pool_read(node, unit, "free_hugepages");
	}
	if (nr >= pages)
		return 0;
	return bench_skip(
		prepare ?
			"free memory there, or boot with hugepagesz= and hugepages=" :
			"use --prepare, or write nr_hugepages of /sys/devices/system/node/node*/hugepages",
		"it takes %lld huge pages of %zu KiB on node %d, %lld are free",
		(long long)pages, unit >> 10, node, (long long)nr);
}

static int pool_allowed(size_t unit, size_t len, const struct bench_want *want)
{
	__s64 pages = len / unit;
	int rc = pool_has(want->node, unit, pages, want->prepare);

	return rc ? rc : pool_has(want->other, unit, pages, want->prepare);
}

/* --- for all ------------------------------------------------------------------------- */

int bench_folio_allowed(size_t unit, size_t len, enum bench_kind kind,
			const struct bench_want *want)
{
	size_t base = sysconf(_SC_PAGESIZE);

	if (kind == BENCH_HUGETLB)
		return pool_allowed(unit, len, want);
	if (kind == BENCH_THP && unit > base)
		return thp_allowed(unit, want);
	if (unit == base)
		return 0;
	return bench_skip(NULL, "this kernel's pages have %zu KiB", base >> 10);
}

int bench_folio_room(size_t bytes, const struct bench_want *want)
{
	int nodes[] = { want->node, want->other };

	for (int i = 0; i < 2; i++) {
		__u64 free = bench_node_free(nodes[i]);

		if (free < bytes + RESERVE)
			return bench_skip(
				"use fewer folios per call, or less with --bytes",
				"it takes %zu MiB on node %d, %llu are free",
				bytes >> 20, nodes[i], free >> 20);
	}
	return 0;
}

static __u64 read_u64(int fd, __u64 index)
{
	__u64 value = 0;

	if (pread(fd, &value, sizeof(value), index * sizeof(value)) !=
	    sizeof(value))
		return 0;
	return value;
}

struct folio_files {
	int pagemap, flags;
	size_t page;
};

/* A head, tails, and then no tail of the same. */
static bool is_folio(const struct folio_files *files, const char *addr,
		     size_t unit)
{
	__u64 entry = read_u64(files->pagemap, (uintptr_t)addr / files->page);
	__u64 pfn = entry & PFN_MASK, nr = unit / files->page;
	bool single = nr == 1;
	bool large = read_u64(files->flags, pfn) & 1ULL << KPF_COMPOUND_HEAD;

	if (!(entry & PRESENT) || large == single)
		return false;
	for (__u64 i = 1; i < nr; i++)
		if (!(read_u64(files->flags, pfn + i) &
		      1ULL << KPF_COMPOUND_TAIL))
			return false;
	return single ||
	       !(read_u64(files->flags, pfn + nr) & 1ULL << KPF_COMPOUND_TAIL);
}

/* Page frame numbers are for root only. */
static bool may_see(const struct folio_files *files, const char *addr)
{
	return files->pagemap >= 0 && files->flags >= 0 &&
	       read_u64(files->pagemap, (uintptr_t)addr / files->page) &
		       PFN_MASK;
}

size_t bench_folio_broken(const struct bench_part *part)
{
	struct folio_files files = {
		.pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC),
		.flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC),
		.page = sysconf(_SC_PAGESIZE),
	};
	size_t at, bad = 0;

	if (may_see(&files, part->addr))
		for (at = 0; at < part->len; at += part->unit)
			bad += !is_folio(&files, part->addr + at, part->unit);
	if (files.pagemap >= 0)
		close(files.pagemap);
	if (files.flags >= 0)
		close(files.flags);
	return bad;
}
