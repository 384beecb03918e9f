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
#define RESET	"/sys/module/mgx_reset/parameters/"

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

/* --- what an engine, or its driver, cannot do -------------------------------------- */

/* The channels, taken anew: what engines can do is asked then. */
static void anew(struct __test_metadata *_metadata, provider_t *self)
{
	policy_close(&self->policy);
	ASSERT_EQ(0, file_write(MGX_PARAM "dmaengine", "0"));
	ASSERT_EQ(0, sims_find(&self->sims));
	ASSERT_EQ(0, roundrobin_sims(&self->policy, &self->sims, true));
}

static unsigned int times_said(int mark, const char *text)
{
	char *log = dmesg_since(mark), *at = log;
	unsigned int n = 0;

	while ((at = strstr(at, text))) {
		at += strlen(text);
		n++;
	}
	free(log);
	return n;
}

static void expect_well(struct __test_metadata *_metadata, provider_t *self)
{
	unsigned int i;

	for (i = 0; i < ENGINES; i++) {
		EXPECT_TRUE(channel_is(self->sims.id[i], "state", "up"));
		EXPECT_EQ(0, channel_get(self->sims.id[i], "errors"));
	}
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(0, EV(&self->counts, channel_failed));
	EXPECT_EQ(0, EV(&self->counts, folios_limbo));
}

/* 30 bits: nothing of node 1. No bouncing, no fault, and one word about it. */
TEST_F_TIMEOUT(provider, out_of_reach, LIMIT)
{
	int mark = dmesg_mark();
	unsigned int i;

	for (i = 0; i < ENGINES; i++)
		ASSERT_EQ(0, sim_set(i, "address_bits", 30));
	anew(_metadata, self);
	for (i = 0; i < 4; i++)
		move(_metadata, self, !(i & 1));
	EXPECT_EQ(0, sims_sum(&self->sims, "stats/bytes"));
	expect_well(_metadata, self);
	EXPECT_LE(4 * ENGINES, EV(&self->counts, pieces_unreached));
	EXPECT_EQ(ENGINES, times_said(mark, "reaches addresses up to"));

	for (i = 0; i < ENGINES; i++)
		ASSERT_EQ(0, sim_set(i, "address_bits", 64));
	anew(_metadata, self);
	move(_metadata, self, 1);
	EXPECT_EQ(PAGES * PAGE, sims_sum(&self->sims, "stats/bytes"));
}

/* What it takes is found out, and then it takes all. */
TEST_F_TIMEOUT(provider, refuses_a_size, LIMIT)
{
	int mark = dmesg_mark();
	uint64_t before;
	unsigned int i;

	mem_free(&self->mem);
	ASSERT_EQ(0, mem_make(&self->mem, MEM_THP, MIB(8), 0));
	for (i = 0; i < ENGINES; i++)
		ASSERT_EQ(0, sim_set(i, "most_bytes", 3 * PAGE));
	for (i = 0; i < 4; i++) {
		before = sims_sum(&self->sims, "stats/bytes");
		ASSERT_EQ(MIB(8) / PAGE,
			  mem_move_all(&self->mem, !(i & 1), false));
		EXPECT_EQ(0, mem_check(&self->mem));
	}
	EXPECT_EQ(MIB(8), sims_sum(&self->sims, "stats/bytes") - before);
	expect_well(_metadata, self);
	EXPECT_LE(9, EV(&self->counts, pieces_refused));
	EXPECT_EQ(ENGINES, times_said(mark, "its driver refuses pieces of"));
}

/* It says that it has copied: found each time, copied by CPU, said once. */
TEST_F_TIMEOUT(provider, says_what_is_not_so, LIMIT)
{
	int mark = dmesg_mark();
	unsigned int i;

	ASSERT_EQ(0, channel_set(self->sims.id[0], "verify", "full"));
	ASSERT_EQ(0, sim_set(0, "repeat", 1));
	ASSERT_EQ(0, sim_set(0, "faults/wrong_status", 2));
	for (i = 0; i < 4; i++) {
		move(_metadata, self, !(i & 1));
		ASSERT_TRUE(
			channel_wait(self->sims.id[0], "state", "up", 60000));
	}
	ASSERT_EQ(0, sim_set(0, "faults/wrong_status", 0));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_LE(2, EV(&self->counts, verify_failed));
	EXPECT_LE(EV(&self->counts, verify_failed),
		  sim_get(0, "fired/wrong_status"));
	EXPECT_EQ(1, times_said(mark, "says that it has copied"));
}

/* --- channels on their way out, and those who meet them there ---------------------- */

/**
 * struct leaving - channels that wait for a batch that their engines have
 * @mover: waits for the batch
 * @off: waits for the channels
 */
struct leaving {
	pthread_t mover;
	pthread_t off;
};

static void *mover_main(void *arg)
{
	provider_t *self = arg;

	return (void *)mem_move_pages(&self->mem, 1, false);
}

static void *dma_off_main(void *arg)
{
	return (void *)(long)file_write(MGX_PARAM "dmaengine", "0");
}

static void leaving_begin(struct __test_metadata *_metadata, provider_t *self,
			  struct leaving *l)
{
	unsigned int i;

	ASSERT_EQ(0, file_write(MGX_PARAM "deadline_ms", "5000"));
	for (i = 0; i < ENGINES; i++)
		ASSERT_EQ(0, sim_set(i, "faults/stall", 1));
	ASSERT_EQ(0, pthread_create(&l->mover, NULL, mover_main, self));
	for (i = 0; i < ENGINES; i++)
		ASSERT_TRUE(sim_wait(i, "fired/stall", 1, 60000));
	ASSERT_EQ(0, pthread_create(&l->off, NULL, dma_off_main, NULL));
	usleep(500000);
}

static void leaving_end(struct __test_metadata *_metadata, provider_t *self,
			struct leaving *l)
{
	struct counts *c = &self->counts;
	void *rc;

	pthread_join(l->mover, NULL);
	pthread_join(l->off, &rc);
	EXPECT_EQ(NULL, rc);
	EXPECT_EQ(PAGES, mem_move_all(&self->mem, 1, false));
	EXPECT_EQ(0, mem_check(&self->mem));
	ASSERT_EQ(0, counts_since(c));
	EXPECT_LT(0, EV(c, channel_failed));
	EXPECT_EQ(EV(c, folios_limbo), EV(c, limbo_released));
	EXPECT_EQ(0, EV(c, limbo_leaked));
}

/* It is too late to have one back, and too early to let go of its engine. */
TEST_F_TIMEOUT(provider, up_as_it_leaves, LIMIT)
{
	unsigned int i, refused = 0;
	struct leaving l;

	leaving_begin(_metadata, self, &l);
	for (i = 0; i < ENGINES; i++)
		refused += channel_set(self->sims.id[i], "state", "up") ==
			   -ENODEV;
	EXPECT_LT(0, refused);
	leaving_end(_metadata, self, &l);
}

/* Its id is its own until it has gone, though others have need of one. */
TEST_F_TIMEOUT(provider, others_come_as_it_leaves, LIMIT)
{
	struct leaving l;

	ASSERT_EQ(0, file_write(MGX_PARAM "cpu_threads", "0"));
	anew(_metadata, self); /* with the ids that are free now */
	ASSERT_GT(channel_find("sim0"), self->sims.id[0]);
	leaving_begin(_metadata, self, &l);
	EXPECT_EQ(0, file_write(MGX_PARAM "cpu_threads", "1"));
	EXPECT_LT(0, channel_find("cpu0"));
	leaving_end(_metadata, self, &l);
	EXPECT_EQ(0, helpers_reset());
}

/* --- drivers that do not keep what dmaengine promises ------------------------------ */

/*
 * It calls back for a copy, and then says that it has not taken it, as idxd does:
 * that one has ended, those before it have not.
 */
TEST_F_TIMEOUT(provider, refuses_what_it_ended, LIMIT)
{
	unsigned int i;

	for (i = 0; i < ENGINES; i++) {
		ASSERT_EQ(0, sim_set(i, "latency_ns", 2000000));
		ASSERT_EQ(0, sim_set(i, "refuse_nth", 5));
	}
	for (i = 0; i < 4; i++)
		move(_metadata, self, !(i & 1));
	EXPECT_LT(0, sims_sum(&self->sims, "stats/bytes"));
	for (i = 0; i < ENGINES; i++)
		EXPECT_EQ(0, channel_get(self->sims.id[i], "inflight"));
	expect_well(_metadata, self);
}

/* Who else asks for shared channels may have them; here the module has none. */
static void shared_is_ignored(struct __test_metadata *_metadata,
			      provider_t *self)
{
	struct directed other;

	ASSERT_EQ(0,
		  module_insert(module_path_of("mgx_sim"), "slots=2 shared=1"));
	ASSERT_EQ(0, directed_open(&other));
	ASSERT_EQ(0, ioctl(other.dev, MGXT_DMA_GET));
	EXPECT_EQ(-ENOENT, sims_find(&self->sims));
	EXPECT_EQ(0, file_write(MGX_PARAM "dmaengine", "0"));
	EXPECT_EQ(0, ioctl(other.dev, MGXT_DMA_PUT));
	directed_close(&other);
}

/* A driver that is known to say what is not so is left alone, with all it has. */
TEST_F_TIMEOUT(provider, ignored, LIMIT)
{
	policy_close(&self->policy);
	ASSERT_EQ(0, sims_stop());
	ASSERT_EQ(0, module_anew("dma_ignored=others,mgx_sim"));
	EXPECT_EQ(-ENOENT, sims_start(&self->sims, ENGINES, true));
	EXPECT_EQ(0, sims_stop());
	shared_is_ignored(_metadata, self);
	EXPECT_EQ(0, sims_stop());
	ASSERT_EQ(0, module_anew(NULL));
}

/* Another engine has the name of one that was given back: it is not taken for it. */
TEST_F_TIMEOUT(provider, ignored_by_another_name, LIMIT)
{
	char name[32];
	int id;

	policy_close(&self->policy);
	ASSERT_EQ(0, sims_stop());
	ASSERT_EQ(0, module_anew("dma_ignored=mgx_reset"));
	ASSERT_EQ(0, sims_start(&self->sims, ENGINES, true));
	all_offline(_metadata, self);
	ASSERT_EQ(0, module_remove_of("mgx_sim"));
	ASSERT_EQ(0, module_insert(module_path_of("mgx_reset"), NULL));
	ASSERT_EQ(0, file_read(RESET "name", name, sizeof(name)));
	id = channel_find(name);
	ASSERT_LE(0, id);
	EXPECT_EQ(-ENODEV, channel_set(id, "state", "up"));
	EXPECT_TRUE(channel_is(id, "state", "offline"));
	EXPECT_EQ(0, sims_stop());
	EXPECT_EQ(0, module_remove_of("mgx_reset"));
	ASSERT_EQ(0, module_anew(NULL));
}

/* mgx_reset is the only engine. */
static void reset_start(struct __test_metadata *_metadata, provider_t *self)
{
	char name[32];

	policy_close(&self->policy);
	ASSERT_EQ(0, sims_stop());
	ASSERT_EQ(0, module_insert(module_path_of("mgx_reset"), NULL));
	ASSERT_EQ(0, file_write(MGX_PARAM "dmaengine", "1"));
	ASSERT_EQ(0, file_read(RESET "name", name, sizeof(name)));
	self->sims = (struct sims){ .nr = 1, .dma = true };
	self->sims.id[0] = channel_find(name);
	ASSERT_LE(0, self->sims.id[0]);
	ASSERT_EQ(0, roundrobin_sims(&self->policy, &self->sims, true));
}

static void reset_stop(struct __test_metadata *_metadata, provider_t *self)
{
	policy_close(&self->policy);
	EXPECT_EQ(0, sims_stop());
	EXPECT_EQ(0, module_remove_of("mgx_reset"));
}

/* As many were written to as were aborted: the engine has stopped. */
static bool reset_wait(void)
{
	unsigned int tries;

	for (tries = 0; tries < 1000; tries++) {
		if (file_read_s64(RESET "written") ==
		    file_read_s64(RESET "aborted"))
			return true;
		usleep(10000);
	}
	return false;
}

/*
 * It says that it has aborted copies, and then stops its engine, which writes until
 * then: what it writes to is nobody's.
 */
TEST_F_TIMEOUT(provider, aborts_before_it_stops, LIMIT)
{
	reset_start(_metadata, self);
	mem_free(&self->mem);
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, KIB(64), 0));
	EXPECT_EQ(KIB(64) / PAGE, mem_move_all(&self->mem, 1, false));
	EXPECT_TRUE(reset_wait());
	EXPECT_LT(0, file_read_s64(RESET "written"));
	EXPECT_EQ(0, mem_check(&self->mem));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_LT(0, EV(&self->counts, folios_redone));
	EXPECT_EQ(0, EV(&self->counts, folios_limbo));
	EXPECT_EQ(0, EV(&self->counts, bad_reports));
	reset_stop(_metadata, self);
}

/* The module does not know mgx_sim: that its functions return proves nothing. */
static void not_known_by(struct __test_metadata *_metadata, provider_t *self,
			 const char *params)
{
	policy_close(&self->policy);
	ASSERT_EQ(0, sims_stop());
	ASSERT_EQ(0, module_anew(params));
	ASSERT_EQ(0, sims_start(&self->sims, ENGINES, true));
	ASSERT_EQ(0, roundrobin_sims(&self->policy, &self->sims, true));
	ASSERT_EQ(0, file_write(MGX_PARAM "deadline_ms", "1000"));
	ASSERT_EQ(0, counts_read(&self->counts));
}

static void not_known(struct __test_metadata *_metadata, provider_t *self)
{
	not_known_by(_metadata, self, "dma_terminates=others,mgx_sim2");
}

static void known_again(struct __test_metadata *_metadata, provider_t *self)
{
	policy_close(&self->policy);
	ASSERT_EQ(0, sims_stop());
	ASSERT_EQ(0, module_anew(NULL));
}

static void stall(struct __test_metadata *_metadata, provider_t *self)
{
	ASSERT_EQ(0, sim_set(0, "faults/stall", 1));
	EXPECT_GT(PAGES, mem_move_pages(&self->mem, 1, false));
	EXPECT_EQ(1, sim_get(0, "fired/stall"));
}

/*
 * A driver that says it has stopped its engine is not believed unless it is known
 * to be right: what the engine has is held until it says so itself, here when it is
 * pulled out.
 */
TEST_F_TIMEOUT(provider, not_known_to_stop, LIMIT)
{
	struct counts *c = &self->counts;
	int id;

	not_known(_metadata, self);
	stall(_metadata, self);
	id = self->sims.id[0];
	sleep(4); /* it is asked again meanwhile, more than once */
	EXPECT_TRUE(channel_is(id, "state", "failed"));
	EXPECT_LT(0, channel_get(id, "inflight"));
	ASSERT_EQ(0, sim_set(0, "present", 0));
	sleep(4);
	EXPECT_EQ(PAGES, mem_move_all(&self->mem, 1, false));
	EXPECT_EQ(0, mem_check(&self->mem));
	ASSERT_EQ(0, counts_since(c));
	EXPECT_LT(0, EV(c, folios_limbo));
	EXPECT_EQ(EV(c, folios_limbo), EV(c, limbo_released));
	known_again(_metadata, self);
}

static bool module_wait_users(int nr)
{
	unsigned int tries;

	for (tries = 0; tries < 1000; tries++) {
		if (file_read_s64("/sys/module/migrate_ext/refcnt") == nr)
			return true;
		usleep(10000);
	}
	return false;
}

/*
 * Let go of while it is late, with a driver that may call back afterwards: what that
 * needs stays, and the module, until it has.
 */
TEST_F_TIMEOUT(provider, left_until_it_answers, LIMIT)
{
	struct counts *c = &self->counts;

	not_known_by(_metadata, self, "dma_terminates=no dma_releases=no");
	ASSERT_EQ(0, sim_set(0, "late_ms", 20000));
	ASSERT_EQ(0, sim_set(0, "faults/late", 1));
	EXPECT_GT(PAGES, mem_move_pages(&self->mem, 1, false));
	policy_close(&self->policy);
	ASSERT_EQ(0, file_write(MGX_PARAM "dmaengine", "0"));
	EXPECT_TRUE(module_wait_users(2)); /* mgx_sim and the channel */
	EXPECT_EQ(0, mem_check(&self->mem));

	ASSERT_EQ(0, sim_set(0, "late_ms", 1));
	EXPECT_TRUE(module_wait_users(1));
	EXPECT_EQ(0, mem_check(&self->mem));
	ASSERT_EQ(0, counts_since(c));
	EXPECT_LT(0, EV(c, folios_limbo));
	EXPECT_EQ(EV(c, folios_limbo), EV(c, limbo_released));
	known_again(_metadata, self);
}

/*
 * Let go of while it is late: drivers rely on it that it was terminated first, and
 * mgx_sim complains if not. What it may still use is nobody's for good, so this is
 * the last test.
 */
TEST_F_TIMEOUT(provider, terminated_at_the_end, LIMIT)
{
	not_known(_metadata, self);
	stall(_metadata, self);
	policy_close(&self->policy);
	ASSERT_EQ(0, file_write(MGX_PARAM "dmaengine", "0"));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(1, EV(&self->counts, limbo_leaked));
	/* On a busy machine others are late, too. */
	EXPECT_GT(EV(&self->counts, folios_limbo),
		  EV(&self->counts, limbo_released));
	EXPECT_EQ(0, mem_check(&self->mem));
	known_again(_metadata, self);
}

TEST_HARNESS_MAIN
