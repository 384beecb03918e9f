// SPDX-License-Identifier: GPL-2.0-only
/*
 * info.c - the figures of the channels, as policies get them and as sysfs
 * shows them, and taking a channel offline.
 *
 * kselftest-timeout: 400
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/t_info.h"
#include "fixture.h"
#include "kselftest_harness.h"

#define PAGES	256
#define LIMIT	120 /* seconds, on a busy machine */
#define WAIT_MS 30000
#define CHANNEL "/sys/kernel/migrate_ext/channels/%d/%s"

FIXTURE(info)
{
	struct policy policy;
	struct mem mem;
	int fd;
	struct t_info seen;
};

typedef FIXTURE_DATA(info) info_t;

/* Those of node 1. */
static int cpus_online(const char *online)
{
	int rc = file_write("/sys/devices/system/cpu/cpu2/online", online);

	return rc ?: file_write("/sys/devices/system/cpu/cpu3/online", online);
}

FIXTURE_SETUP(info)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, deadline_set(20000));
	/* Who ran before may have left them in quarantine. */
	ASSERT_EQ(0, helpers_reset());
	ASSERT_TRUE(channel_wait(1, "state", "up", WAIT_MS));
	ASSERT_TRUE(channel_wait(2, "state", "up", WAIT_MS));
	ASSERT_EQ(0, policy_start(&self->policy, "t_info"));
	self->fd =
		bpf_object__find_map_fd_by_name(self->policy.obj, "t_result");
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, PAGES * 4096, 0));
}

FIXTURE_TEARDOWN(info)
{
	cpus_online("1");
	policy_close(&self->policy);
	mem_free(&self->mem);
	setting_restore();
}

static void look(struct __test_metadata *_metadata, info_t *self, int nid,
		 int to)
{
	struct t_info ask = { .nid = nid };
	uint32_t key = 0;

	ASSERT_EQ(0, bpf_map_update_elem(self->fd, &key, &ask, BPF_ANY));
	ASSERT_EQ(PAGES, mem_move_all(&self->mem, to, false));
	ASSERT_EQ(0, bpf_map_lookup_elem(self->fd, &key, &self->seen));
	EXPECT_LT(0, self->seen.batches);
	EXPECT_EQ(0, mem_check(&self->mem));
}

static unsigned long long figure(int id, const char *name)
{
	char file[128], text[64];

	snprintf(file, sizeof(file), "channels/%d/%s", id, name);
	return mgx_read(file, text, sizeof(text)) ? ~0ULL :
						    strtoull(text, NULL, 0);
}

static int channel_write(int id, const char *name, const char *value)
{
	char file[128];

	snprintf(file, sizeof(file), CHANNEL, id, name);
	return file_write(file, value);
}

/* By distance; on this machine, the asked node's own comes first. */
TEST_F_TIMEOUT(info, nearest_first, LIMIT)
{
	struct t_info *t = &self->seen;

	look(_metadata, self, 1, 1);
	ASSERT_EQ(2, t->nr); /* helper threads on two nodes */
	EXPECT_EQ(1, t->node[0]);
	EXPECT_EQ(0, t->node[1]);
	look(_metadata, self, 0, 0);
	ASSERT_EQ(2, t->nr);
	EXPECT_EQ(0, t->node[0]);
	EXPECT_EQ(1, t->node[1]);
	EXPECT_NE(t->id[0], t->id[1]);
	look(_metadata, self, 12345, 1);
	EXPECT_EQ(2, t->nr);
}

TEST_F_TIMEOUT(info, figures, LIMIT)
{
	struct mgx_channel_info *i = &self->seen.info;
	size_t n;

	look(_metadata, self, 0, 1);
	look(_metadata, self, 0, 0);
	EXPECT_EQ(-ENODEV, self->seen.absent);
	EXPECT_EQ(0, self->seen.part);
	EXPECT_LT(0, self->seen.part_bytes);
	for (n = 0; n < ARRAY_LEN(self->seen.behind); n++)
		EXPECT_EQ(T_INFO_MARK, self->seen.behind[n]);
	EXPECT_EQ(1, self->seen.newer.id);
	EXPECT_EQ(0, self->seen.newer_end);
	EXPECT_EQ(1, i->id);
	EXPECT_EQ(MGX_KIND_CPU, i->kind);
	EXPECT_EQ(MGX_CHANNEL_UP, i->state);
	EXPECT_LT(0, i->copies);
	EXPECT_LT(0, i->ewma_ns);
	EXPECT_LT(0, i->p50_ns);
	EXPECT_LE(i->p50_ns, i->p99_ns);
	EXPECT_LE(i->bytes, figure(1, "bytes"));
	EXPECT_LT(0, figure(1, "cpu_ns"));
	EXPECT_LE(figure(1, "cpu_ns"), figure(1, "ns"));
}

/* Nanoseconds per page that the calling CPUs took, by a policy of theirs. */
static double caller_page_ns(struct __test_metadata *_metadata, info_t *self)
{
	unsigned long long bytes = figure(0, "bytes"), ns = figure(0, "ns");
	struct policy cpu;
	int i;

	policy_detach(&self->policy);
	EXPECT_EQ(0, policy_start(&cpu, "mgx_cpu"));
	for (i = 0; i < 32; i++)
		EXPECT_EQ(PAGES, mem_move_all(&self->mem, i % 2, false));
	policy_close(&cpu);
	EXPECT_EQ(0, policy_attach(&self->policy));
	bytes = figure(0, "bytes") - bytes;
	ns = figure(0, "ns") - ns;
	EXPECT_LT(0, bytes);
	return bytes ? ns * 4096.0 / bytes : 0;
}

/*
 * What a copy by CPU takes: known from the first batch on, though the policy
 * leaves nothing to the CPU, and then what CPUs really took.
 */
TEST_F_TIMEOUT(info, cpu_copy_ns, LIMIT)
{
	struct t_info *t = &self->seen;
	double page_ns;

	look(_metadata, self, 0, 1);
	EXPECT_LT(0, t->cpu_page_ns);
	EXPECT_LE(t->bytes / 4096 * t->cpu_page_ns, t->cpu_ns);
	EXPECT_LT(t->cpu_ns, t->bytes / 4096 * (t->cpu_page_ns + 1));
	EXPECT_EQ(0, t->cpu_nowhere);
	look(_metadata, self, 0, 0);
	page_ns = caller_page_ns(_metadata, self);
	look(_metadata, self, 0, 0);
	note("a page took CPUs %.0f ns, and is said to take %llu ns", page_ns,
	     (unsigned long long)t->cpu_page_ns);
	EXPECT_LT(page_ns / 8, t->cpu_page_ns);
	EXPECT_LT(t->cpu_page_ns, page_ns * 8);
}

static unsigned long long table_sum(int id, const char *name, int column,
				    long key)
{
	unsigned long long v[3] = {}, sum = 0;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), CHANNEL, id, name);
	f = fopen(path, "r");
	if (!f)
		return ~0ULL;
	while (fscanf(f, column == 1 ? "%llu %llu" : "%llu %llu %llu", &v[0],
		      &v[1], &v[2]) > 1)
		sum += key && (long)v[0] != key ? 0 : v[column];
	fclose(f);
	return sum;
}

/* The channel may work for others, kcompactd say, while it is looked at. */
TEST_F_TIMEOUT(info, tables, LIMIT)
{
	unsigned long long before = figure(1, "bytes"), copies, times, mine;

	look(_metadata, self, 0, 1);
	copies = figure(1, "copies") - figure(1, "errors");
	times = table_sum(1, "latency", 1, 0);
	EXPECT_LE(copies, times);
	EXPECT_LE(times, figure(1, "copies") - figure(1, "errors"));
	mine = table_sum(1, "initiators", 2, getpid());
	EXPECT_LT(0, mine);
	EXPECT_LE(mine, figure(1, "bytes") - before);
}

TEST_F_TIMEOUT(info, offline, LIMIT)
{
	unsigned long long before;

	EXPECT_EQ(-EPERM, channel_write(0, "state", "offline"));
	EXPECT_EQ(-EINVAL, channel_write(1, "state", "asleep"));
	EXPECT_EQ(-EINVAL, channel_write(1, "verify", "maybe"));
	ASSERT_EQ(0, channel_write(1, "state", "offline"));
	EXPECT_TRUE(mgx_is("channels/1/state", "offline"));
	before = figure(1, "bytes");
	look(_metadata, self, 0, 1);
	EXPECT_EQ(1, self->seen.nr);
	EXPECT_EQ(2, self->seen.id[0]);
	EXPECT_EQ(before, figure(1, "bytes"));
	ASSERT_EQ(0, channel_write(1, "state", "up"));
	look(_metadata, self, 0, 0);
	EXPECT_EQ(2, self->seen.nr);
	EXPECT_LT(before, figure(1, "bytes"));
}

/* What helpers copied is compared, and was right. */
TEST_F_TIMEOUT(info, verify, LIMIT)
{
	struct counts c;

	ASSERT_EQ(0, channel_write(1, "verify", "full"));
	ASSERT_EQ(0, counts_read(&c));
	look(_metadata, self, 0, 1);
	ASSERT_EQ(0, counts_since(&c));
	EXPECT_LT(0, EV(&c, jobs_verified));
	EXPECT_EQ(0, EV(&c, verify_failed));
	EXPECT_EQ(PAGES, EV(&c, pages_used));
	ASSERT_EQ(0, channel_write(1, "verify", "off"));
}

/* One node's CPUs go: so do its helpers, and they come back with them. */
TEST_F_TIMEOUT(info, node_without_cpus, LIMIT)
{
	ASSERT_EQ(0, cpus_online("0"));
	ASSERT_TRUE(channel_wait_there("cpu1", false, WAIT_MS));
	look(_metadata, self, 1, 1);
	EXPECT_EQ(1, self->seen.nr);
	EXPECT_EQ(0, self->seen.node[0]);
	ASSERT_EQ(0, cpus_online("1"));
	ASSERT_TRUE(channel_wait_there("cpu1", true, WAIT_MS));
	look(_metadata, self, 1, 0);
	EXPECT_EQ(2, self->seen.nr);
	EXPECT_EQ(1, self->seen.node[0]);
}

TEST_HARNESS_MAIN
