/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * engine_run.h - memory is moved by an engine outside the guest, and who copied
 * how much is compared: for engine.c and engine_faults.c.
 */
#ifndef ENGINE_RUN_H
#define ENGINE_RUN_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define LIMIT 120 /* seconds, on a busy machine */
#define PAGE  4096UL

/* Huge pages on each node: those that an engine may still write to are lost. */
#define HUGE_POOL 32
#define SETTINGS  "/sys/module/migrate_ext/parameters/"

/**
 * struct figures - who copied how much
 * @engine: bytes, counted by the engine
 * @offloaded: bytes, as the module says, by channels of dmaengine
 * @caller: bytes, by the CPU that migrates
 * @migrated: pages, by pgmigrate_success
 */
struct figures {
	uint64_t engine;
	uint64_t offloaded;
	uint64_t caller;
	uint64_t migrated;
};

/**
 * struct run - memory that is moved, and who copied it
 * @skip: channels at both ends that are left alone
 * @before: figures before, and then what was added
 * @counts: events, likewise
 * @mem: the memory
 * @folio: bytes of its folios, at first
 */
struct run {
	int skip;
	struct figures before;
	struct counts counts;
	struct mem mem;
	size_t folio;
};

static inline void figures_read(struct figures *f)
{
	f->engine = engine_total("bytes");
	f->offloaded = channels_bytes("dmaengine");
	f->caller = channels_bytes("caller");
	f->migrated = table_read("/proc/vmstat", "pgmigrate_success");
}

static inline void figures_since(struct figures *f)
{
	struct figures now;

	figures_read(&now);
	f->engine = now.engine - f->engine;
	f->offloaded = now.offloaded - f->offloaded;
	f->caller = now.caller - f->caller;
	f->migrated = now.migrated - f->migrated;
}

/* The engine's channels in turn; the CPU helps or does not. */
static inline int policy_run(int skip, bool free_cpu)
{
	int first, last, nr = channels_find("dmaengine", &first, &last);
	char command[256];

	if (nr != last - first + 1 || nr < 8)
		return -ENODEV;
	snprintf(
		command, sizeof(command),
		"mgxctl load mgx_roundrobin --set first=%d --set last=%d --set width=4 --set free_cpu=%d >/dev/null",
		first + skip, last - skip, free_cpu);
	return system(command) ? -EIO : 0;
}

static inline void policy_end(void)
{
	if (!mgx_is("ops", "") && system("mgxctl unload >/dev/null"))
		note("the policy cannot be unloaded");
}

/* A host that is busy makes an engine slow: @deadline_ms is beyond that. */
static inline int run_setup(struct run *r, const char *deadline_ms)
{
	int rc = engine_start();

	r->mem.fd = -1;
	rc = rc ?: setting_quiet();
	rc = rc ?: setting_set(SETTINGS "dmaengine", "1");
	rc = rc ?: setting_set(SETTINGS "deadline_ms", deadline_ms);
	return rc ?: engine_ask(NULL, 0, "clear chan all");
}

static inline void run_teardown(struct run *r)
{
	engine_ask(NULL, 0, "clear chan all");
	policy_end();
	mem_free(&r->mem);
	setting_restore();
}

/* Each folio in a call of its own: move_pages() gives up at one that stays. */
static inline void move_each(const struct run *r, int node)
{
	struct mem part = r->mem;
	char *end = part.addr + part.len;

	for (part.len = r->folio; part.addr < end; part.addr += part.len)
		mem_move_pages(&part, node, false);
}

/*
 * What could not move now, can when its channel has been given up, but for what
 * an engine may still read: that stays, and is in use as ever.
 */
static inline void move_to(struct __test_metadata *_metadata, struct run *r,
			   int node)
{
	ssize_t want = r->mem.len / PAGE, there = 0, held;
	struct counts c = r->counts;
	int tries;

	for (tries = 0; tries < 20 && there < want; tries++) {
		there = mem_move_pages(&r->mem, node, false);
		/* The kernel splits what failed, and mTHP that moves again. */
		if (r->mem.unit < MIB(2))
			r->mem.unit = PAGE;
	}
	if (there < want)
		move_each(r, node);
	there = mem_on_node(&r->mem, node);
	ASSERT_EQ(0, counts_since(&c));
	held = EV(&c, folios_limbo) * (r->folio / PAGE);
	EXPECT_LE(want, there + held);
	EXPECT_EQ(0, mem_check(&r->mem));
}

static inline void begin(struct __test_metadata *_metadata, struct run *r,
			 enum mem_kind kind, size_t len, bool free_cpu)
{
	if (kind == MEM_HUGETLB)
		ASSERT_EQ(0, hugetlb_pool(HUGE_POOL));
	ASSERT_EQ(0, mem_make(&r->mem, kind, len, 0));
	r->folio = r->mem.unit;
	ASSERT_EQ(0, policy_run(r->skip, free_cpu));
	ASSERT_EQ(0, counts_read(&r->counts));
	figures_read(&r->before);
}

static inline void there_and_back(struct __test_metadata *_metadata,
				  struct run *r)
{
	move_to(_metadata, r, 1);
	move_to(_metadata, r, 0);
}

/* Counters stand still when the policy has gone. */
static inline void end(struct __test_metadata *_metadata, struct run *r)
{
	policy_end();
	ASSERT_EQ(0, counts_since(&r->counts));
	figures_since(&r->before);
	note("engine %llu, offloaded %llu, CPU %llu, kernel %llu bytes; migrated %llu pages",
	     (unsigned long long)r->before.engine,
	     (unsigned long long)r->before.offloaded,
	     (unsigned long long)r->before.caller,
	     (unsigned long long)(EV(&r->counts, pages_kernel) * PAGE),
	     (unsigned long long)r->before.migrated);
}

/* --- an engine with faults, and folios of each size ---------------------------- */

FIXTURE(faulty)
{
	struct run run;
};

FIXTURE_VARIANT(faulty)
{
	enum mem_kind kind;
};

FIXTURE_VARIANT_ADD(faulty, anon){ MEM_ANON };
FIXTURE_VARIANT_ADD(faulty, mthp){ MEM_MTHP };
FIXTURE_VARIANT_ADD(faulty, thp){ MEM_THP };
FIXTURE_VARIANT_ADD(faulty, hugetlb){ MEM_HUGETLB };

FIXTURE_SETUP(faulty)
{
	int rc = run_setup(&self->run, "500");

	if (rc == -EOPNOTSUPP)
		SKIP(return, "no engine");
	ASSERT_EQ(0, rc);
}

FIXTURE_TEARDOWN(faulty)
{
	run_teardown(&self->run);
}

/* All bytes are there; returns with the policy still in charge. */
static inline void with_faults(struct __test_metadata *_metadata, struct run *r,
			       enum mem_kind kind, const char *const *faults)
{
	begin(_metadata, r, kind, MIB(4), true);
	for (; *faults; faults++)
		ASSERT_EQ(0, engine_ask(NULL, 0, "fault chan %s", *faults));
	there_and_back(_metadata, r);
}

/* What the module does not count, because it gave up, the engine may have done. */
static inline void expect_handled(struct __test_metadata *_metadata,
				  struct run *r)
{
	end(_metadata, r);
	EXPECT_LE(r->before.offloaded, r->before.engine);
	EXPECT_LT(0,
		  EV(&r->counts, folios_redone) + EV(&r->counts, folios_limbo));
	counts_print(&r->counts);
}

#endif /* ENGINE_RUN_H */
