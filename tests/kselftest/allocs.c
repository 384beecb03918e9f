// SPDX-License-Identifier: GPL-2.0-only
/*
 * allocs.c - each allocation of the module fails, one after the other: when it
 * is loaded, when engines, helpers, policies come, and while memory is migrated.
 * What was asked for is refused then, or done without; nothing is left half done,
 * and no byte is lost. What leaks is found afterwards, by the kernel's kmemleak.
 *
 * The kernel's fault injection lets the Nth allocation of a thread fail
 * (/proc/thread-self/fail-nth), here of those that have a module's code on their
 * stack: the module's own, and the kernel's on its behalf.
 *
 * kselftest-timeout: 900
 * kselftest-guest: debug
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE	4096UL
#define PAGES	128
#define ENGINES 2
#define LIMIT	2400
#define MOST	2000 /* allocations in one go: more is a loop without an end */
#define NTH	"/proc/thread-self/fail-nth"

/* Documentation/arch/x86/x86_64/mm.rst: "module mapping space" */
#define MODULES_START "0xffffffffa0000000"
#define MODULES_END   "0xffffffffff000000"

FIXTURE(allocs)
{
	struct sims sims;
	struct policy policy;
	struct mem mem;
};

typedef FIXTURE_DATA(allocs) allocs_t;

static int injector_set(const char *injector, const char *file,
			const char *value)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", injector, file);
	return setting_set(path, value);
}

/* Where the code of a function begins, and where that behind it does. */
static int function_range(const char *function, uint64_t range[2])
{
	unsigned long long at;
	char name[128];
	FILE *f = fopen("/proc/kallsyms", "r");

	if (!f)
		return -errno;
	range[0] = 0;
	range[1] = 0;
	while (fscanf(f, "%llx %*c %127s%*[^\n]", &at, name) == 2)
		if (!strcmp(name, function))
			range[0] = at;
	rewind(f);
	while (fscanf(f, "%llx %*c %127s%*[^\n]", &at, name) == 2)
		if (at > range[0] && (!range[1] || at < range[1]))
			range[1] = at;
	fclose(f);
	return range[0] ? 0 : -ENOENT;
}

/* What @function needs, for the time of a test, does not fail. */
static int spare(const char *injector, const char *function)
{
	uint64_t range[2] = { 0, 0 };
	char start[32], end[32];
	int rc = function_range(function, range);

	if (rc)
		return rc == -ENOENT ? 0 : rc;
	snprintf(start, sizeof(start), "0x%llx", (unsigned long long)range[0]);
	snprintf(end, sizeof(end), "0x%llx", (unsigned long long)range[1]);
	rc = injector_set(injector, "reject-start", start);
	return rc ?: injector_set(injector, "reject-end", end);
}

/* Also those that may sleep, of one page, of memory for users. */
static int injector_start(const char *injector)
{
	int rc = injector_set(injector, "require-end", MODULES_END);

	rc = rc ?: injector_set(injector, "require-start", MODULES_START);
	rc = rc ?: injector_set(injector, "ignore-gfp-wait", "N");
	return rc ?: injector_set(injector, "verbose", "0");
}

static int injectors_start(void)
{
	int rc = injector_start("failslab");

	rc = rc ?: injector_start("fail_page_alloc");
	rc = rc ?: injector_set("fail_page_alloc", "ignore-gfp-highmem", "N");
	rc = rc ?: injector_set("fail_page_alloc", "min-order", "0");
	return rc;
}

static int spare_all(const char *function)
{
	return spare("failslab", function) ?:
					     spare("fail_page_alloc", function);
}

FIXTURE_SETUP(allocs)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, injectors_start());
}

FIXTURE_TEARDOWN(allocs)
{
	policy_close(&self->policy);
	EXPECT_EQ(0, sims_stop());
	mem_free(&self->mem);
	setting_restore();
}

static int fail_nth(unsigned int nth)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", nth);
	return file_write(NTH, text);
}

/**
 * struct step - what needs memory
 * @name: for people
 * @run: does it; 0, or an error and nothing was done: -ENOMEM, -EINVAL of
 *	 device_add(), whose device has no name for want of memory, or -ENODEV
 *	 of a driver that is not bound, for the same reason
 * @undo: after @run was 0
 * @none: is nothing left of it?
 */
struct step {
	const char *name;
	int (*run)(allocs_t *self);
	int (*undo)(allocs_t *self);
	bool (*none)(allocs_t *self);
};

static bool no_memory(int rc)
{
	return rc == -ENOMEM || rc == -EINVAL || rc == -ENODEV;
}

/* Once, and its @nth allocation fails; false: there were less. */
static bool once(struct __test_metadata *_metadata, allocs_t *self,
		 const struct step *s, unsigned int nth, unsigned int *refused)
{
	int64_t left;
	int rc;

	ASSERT_EQ(0, fail_nth(nth));
	rc = s->run(self);
	left = file_read_s64(NTH);
	ASSERT_EQ(0, fail_nth(0));
	ASSERT_LE(0, left);
	EXPECT_TRUE(!rc || (!left && no_memory(rc)))
	TH_LOG("%s: allocation %u failed: %d", s->name, nth, rc);
	if (!rc)
		EXPECT_EQ(0, s->undo(self));
	*refused += !!rc;
	EXPECT_TRUE(s->none(self))
	TH_LOG("%s: allocation %u failed, something was left (%d)", s->name,
	       nth, rc);
	return !left;
}

static void each(struct __test_metadata *_metadata, allocs_t *self,
		 const struct step *s)
{
	unsigned int nth, refused = 0;

	for (nth = 1; nth < MOST; nth++) {
		if (!once(_metadata, self, s, nth, &refused))
			break;
		ASSERT_TRUE(__test_passed(_metadata));
		if (nth % 50 == 0)
			note("%s: %u failed so far", s->name, nth);
	}
	note("%s: %u allocations failed, %u times it was refused", s->name,
	     nth - 1, refused);
	EXPECT_LT(1, nth);
	EXPECT_GT(MOST, nth);
}

/* --- what comes and goes ------------------------------------------------------ */

/* Without helpers, which have a test of their own. */
static int load(allocs_t *self)
{
	return module_insert(module_path(), "cpu_threads=0");
}

static int unload(allocs_t *self)
{
	return module_remove();
}

static bool not_loaded(allocs_t *self)
{
	return !module_loaded();
}

TEST_F_TIMEOUT(allocs, module, LIMIT)
{
	const struct step step = { "load", load, unload, not_loaded };

	ASSERT_EQ(0, unload(self));
	each(_metadata, self, &step);
	EXPECT_EQ(0, module_insert(module_path(), ""));
}

static int channels(const char *kind)
{
	int first, last, nr = channels_find(kind, &first, &last);

	return nr < 0 ? 0 : nr;
}

static int add_native(allocs_t *self)
{
	return module_insert(module_path_of("mgx_sim"), "slots=1");
}

static int remove_sims(allocs_t *self)
{
	return sims_stop();
}

static bool no_native(allocs_t *self)
{
	return !channels("native") && access("/sys/module/mgx_sim", F_OK);
}

TEST_F_TIMEOUT(allocs, native, LIMIT)
{
	const struct step step = { "channels of a native driver", add_native,
				   remove_sims, no_native };

	/* The kernel's: a device that cannot be added leaks its name there. */
	ASSERT_EQ(0, spare_all("__dma_async_device_channel_register"));
	each(_metadata, self, &step);
}

static int take_dma(allocs_t *self)
{
	return file_write(MGX_PARAM "dmaengine", "1");
}

static int give_dma_back(allocs_t *self)
{
	return file_write(MGX_PARAM "dmaengine", "0");
}

static bool no_dma(allocs_t *self)
{
	return !channels("dmaengine");
}

TEST_F_TIMEOUT(allocs, dmaengine, LIMIT)
{
	const struct step step = { "channels of dmaengine", take_dma,
				   give_dma_back, no_dma };

	ASSERT_EQ(0, add_native(self));
	each(_metadata, self, &step);
}

static int add_helpers(allocs_t *self)
{
	return file_write(MGX_PARAM "cpu_threads", "1");
}

static int remove_helpers(allocs_t *self)
{
	return file_write(MGX_PARAM "cpu_threads", "0");
}

static bool no_helpers(allocs_t *self)
{
	return !channels("cpu");
}

TEST_F_TIMEOUT(allocs, helpers, LIMIT)
{
	const struct step step = { "helper threads", add_helpers,
				   remove_helpers, no_helpers };

	ASSERT_EQ(0, remove_helpers(self));
	each(_metadata, self, &step);
	EXPECT_EQ(0, add_helpers(self));
}

static int attach(allocs_t *self)
{
	return policy_attach(&self->policy);
}

static int detach(allocs_t *self)
{
	policy_detach(&self->policy);
	return 0;
}

static bool no_policy(allocs_t *self)
{
	return mgx_wait("state", "none", 5000) && mgx_is("ops", "");
}

TEST_F_TIMEOUT(allocs, policy, LIMIT)
{
	const struct step step = { "policy", attach, detach, no_policy };

	ASSERT_EQ(0, policy_open(&self->policy, "mgx_adaptive"));
	ASSERT_EQ(0, policy_load(&self->policy));
	each(_metadata, self, &step);
}

/* --- memory that is moved --------------------------------------------------------- */

/* Pages stay behind, for which there is no place: move_pages(2) may say so. */
static int move(allocs_t *self)
{
	ssize_t moved = mem_move_pages(&self->mem, 1, false);

	return moved < 0 && moved != -ENOMEM ? moved : 0;
}

static int move_back(allocs_t *self)
{
	return mem_move_all(&self->mem, 0, false) == PAGES ? 0 : -EIO;
}

static bool intact(allocs_t *self)
{
	return !mem_check(&self->mem);
}

static void move_all(struct __test_metadata *_metadata, allocs_t *self,
		     bool dma)
{
	const struct step step = { dma ? "migration, dmaengine" :
					 "migration, native",
				   move, move_back, intact };

	ASSERT_EQ(0, sims_start(&self->sims, ENGINES, dma));
	ASSERT_EQ(0, roundrobin_sims(&self->policy, &self->sims, true));
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, PAGES * PAGE, 0));
	/* DMA_API_DEBUG gives up for ever when it cannot remember a mapping. */
	ASSERT_EQ(0, spare_all("add_dma_entry"));
	each(_metadata, self, &step);
	EXPECT_LT(0, sims_sum(&self->sims, "stats/bytes"));
}

TEST_F_TIMEOUT(allocs, migrate_native, LIMIT)
{
	move_all(_metadata, self, false);
}

TEST_F_TIMEOUT(allocs, migrate_dmaengine, LIMIT)
{
	move_all(_metadata, self, true);
}

TEST_HARNESS_MAIN
