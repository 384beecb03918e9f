// SPDX-License-Identifier: GPL-2.0-only
/*
 * provider.c - engines of dmaengine come, are given back, go, and are shared,
 * while memory is migrated by them; and copies that are not there are noticed.
 *
 * kselftest-timeout: 400
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE	4096UL
#define LIMIT	120 /* seconds, on a busy machine */
#define PAGES	512
#define ENGINES 2

FIXTURE(provider)
{
	struct sims sims;
	struct policy policy;
	struct counts counts;
	struct mem mem;
};

typedef FIXTURE_DATA(provider) provider_t;

FIXTURE_SETUP(provider)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, deadline_set(20000));
	ASSERT_EQ(0, sims_start(&self->sims, ENGINES, true));
	ASSERT_EQ(0, roundrobin_sims(&self->policy, &self->sims, true));
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, PAGES * PAGE, 0));
	ASSERT_EQ(0, counts_read(&self->counts));
}

FIXTURE_TEARDOWN(provider)
{
	policy_close(&self->policy);
	EXPECT_EQ(0, sims_stop());
	mem_free(&self->mem);
	setting_restore();
}

/* All there, and by whom. */
static void move(struct __test_metadata *_metadata, provider_t *self, int node)
{
	ASSERT_EQ(PAGES, mem_move_all(&self->mem, node, false));
	EXPECT_EQ(0, mem_check(&self->mem));
}

static void all_offline(struct __test_metadata *_metadata, provider_t *self)
{
	unsigned int i;

	for (i = 0; i < ENGINES; i++) {
		ASSERT_EQ(0, channel_set(self->sims.id[i], "state", "offline"));
		EXPECT_TRUE(channel_is(self->sims.id[i], "state", "offline"));
	}
}

/* While they are ours their module stays; given back, it can be removed. */
TEST_F_TIMEOUT(provider, module_goes, LIMIT)
{
	unsigned int i;

	move(_metadata, self, 1);
	EXPECT_LT(0, sims_sum(&self->sims, "stats/bytes"));
	EXPECT_EQ(-EAGAIN, module_remove_of("mgx_sim"));
	all_offline(_metadata, self);
	move(_metadata, self, 0); /* by the kernel */
	ASSERT_EQ(0, module_remove_of("mgx_sim"));
	move(_metadata, self, 1);
	for (i = 0; i < ENGINES; i++) {
		EXPECT_EQ(-ENODEV,
			  channel_set(self->sims.id[i], "state", "up"));
		EXPECT_TRUE(channel_is(self->sims.id[i], "state", "offline"));
	}
}

/* And come back under its name, but not before the operator says so. */
TEST_F_TIMEOUT(provider, module_comes_back, LIMIT)
{
	unsigned int i;

	all_offline(_metadata, self);
	ASSERT_EQ(0, module_remove_of("mgx_sim"));
	ASSERT_EQ(0, module_insert(module_path_of("mgx_sim"), "slots=2"));
	sleep(3); /* the module looks for new ones meanwhile */
	for (i = 0; i < ENGINES; i++) {
		EXPECT_TRUE(channel_is(self->sims.id[i], "state", "offline"));
		ASSERT_EQ(0, channel_set(self->sims.id[i], "state", "up"));
	}
	move(_metadata, self, 1);
	EXPECT_EQ(PAGES * PAGE, sims_sum(&self->sims, "stats/bytes"));
}

/* Engines that come while others are looked for are found without a word. */
TEST_F_TIMEOUT(provider, comes_by_itself, LIMIT)
{
	policy_close(&self->policy);
	ASSERT_EQ(0, sims_stop());
	ASSERT_EQ(0, file_write(MGX_PARAM "dmaengine", "1"));
	ASSERT_EQ(0, module_insert(module_path_of("mgx_sim"), "slots=2"));
	sleep(4);
	ASSERT_EQ(0, sims_find(&self->sims));
	ASSERT_EQ(0, roundrobin_sims(&self->policy, &self->sims, true));
	move(_metadata, self, 1);
	EXPECT_EQ(PAGES * PAGE, sims_sum(&self->sims, "stats/bytes"));
}

/* Who has it: dmaengine counts. */
static int64_t users_of(int id)
{
	char name[64], path[128];

	snprintf(path, sizeof(path), "channels/%d/name", id);
	if (mgx_read(path, name, sizeof(name)))
		return -1;
	snprintf(path, sizeof(path), "/sys/class/dma/%s/in_use", name);
	return file_read_s64(path);
}

static void shared_start(struct __test_metadata *_metadata, provider_t *self,
			 struct directed *other)
{
	policy_close(&self->policy);
	ASSERT_EQ(0, sims_stop());
	ASSERT_EQ(0,
		  module_insert(module_path_of("mgx_sim"), "slots=2 shared=1"));
	ASSERT_EQ(0, directed_open(other));
	ASSERT_EQ(0, ioctl(other->dev, MGXT_DMA_GET));
	self->sims = (struct sims){ .nr = ENGINES, .dma = true };
	ASSERT_EQ(0, sims_find(&self->sims));
	ASSERT_EQ(0, roundrobin_sims(&self->policy, &self->sims, true));
}

/* Somebody in the kernel has asked for shared channels before us. */
TEST_F_TIMEOUT(provider, shared, LIMIT)
{
	struct directed other;

	shared_start(_metadata, self, &other);
	EXPECT_EQ(2, users_of(self->sims.id[0])); /* he and we */
	move(_metadata, self, 1);
	EXPECT_EQ(PAGES * PAGE, sims_sum(&self->sims, "stats/bytes"));
	all_offline(_metadata, self);
	move(_metadata, self, 0);
	EXPECT_EQ(PAGES * PAGE, sims_sum(&self->sims, "stats/bytes"));
	ASSERT_EQ(0, channel_set(self->sims.id[0], "state", "up"));
	move(_metadata, self, 1);
	EXPECT_LT(PAGES * PAGE, sims_sum(&self->sims, "stats/bytes"));
	policy_close(&self->policy);
	EXPECT_EQ(0, file_write(MGX_PARAM "dmaengine", "0"));
	EXPECT_EQ(0, ioctl(other.dev, MGXT_DMA_PUT));
	directed_close(&other);
}

TEST_HARNESS_MAIN
