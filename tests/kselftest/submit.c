// SPDX-License-Identifier: GPL-2.0-only
/*
 * submit.c - what it takes to give a descriptor to a driver of dmaengine: mapped,
 * prepared and submitted. The difference between jobs of one piece and jobs of
 * many, so that what comes once for each job, the probes too, is not in it.
 *
 * Nanoseconds; under QEMU's -icount shift=0, with one CPU, these are instructions,
 * and each boot counts the same. The clock may tick only every 16 of them.
 *
 * kselftest-guest: foreign
 * kselftest-timeout: 300
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "bpf/t_submit.h"
#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE   4096UL
#define MANY   16 /* pieces of a job: half of the shortest ring */
#define LIMIT  240
#define ROUNDS 8

/* Who is told to begin, by the drivers that are known to have no other name. */
static const char *const drivers[] = {
	"zynqmp_dma_issue_pending",
	"bcm2835_dma_issue_pending",
	"ioat_issue_pending",
};

FIXTURE(submit)
{
	struct policy policy;
	struct policy probes;
	struct bpf_link *links[3];
	struct mem mem;
	int channel;
};

typedef FIXTURE_DATA(submit) submit_t;

static struct bpf_link *attach_driver(const struct bpf_program *prog)
{
	struct bpf_link *link = NULL;
	libbpf_print_fn_t print = libbpf_set_print(NULL);
	size_t i;

	for (i = 0; !link && i < ARRAY_LEN(drivers); i++) {
		link = bpf_program__attach_kprobe(prog, false, drivers[i]);
		if (link)
			note("by %s()", drivers[i]);
	}
	libbpf_set_print(print);
	return link;
}

static int probes_start(submit_t *self)
{
	struct bpf_program *prog;
	int i = 0, rc = policy_open(&self->probes, "t_submit");

	rc = rc ?: bpf_object__load(self->probes.obj);
	if (rc)
		return rc;
	bpf_object__for_each_program(prog, self->probes.obj) {
		if (!strcmp(bpf_program__section_name(prog), "kprobe"))
			self->links[i] = attach_driver(prog);
		else
			self->links[i] = bpf_program__attach(prog);
		if (!self->links[i++])
			return -ENOENT;
	}
	return 0;
}

FIXTURE_SETUP(submit)
{
	int last;

	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, deadline_set(60000));
	ASSERT_EQ(0, file_write(MGX_PARAM "dmaengine", "1"));
	ASSERT_LT(0, channels_find("dmaengine", &self->channel, &last));
	ASSERT_EQ(0, probes_start(self));
}

FIXTURE_TEARDOWN(submit)
{
	size_t i;

	policy_close(&self->policy);
	for (i = 0; i < ARRAY_LEN(self->links); i++)
		bpf_link__destroy(self->links[i]);
	policy_close(&self->probes);
	mem_free(&self->mem);
	EXPECT_EQ(0, file_write(MGX_PARAM "dmaengine", "0"));
	setting_restore();
}

/* struct sums - of all jobs of some moves, by enum submit_sum */
struct sums {
	uint64_t nr[SUBMIT_NR];
};

static struct sums sums_read(submit_t *self)
{
	struct sums s;
	uint32_t i;

	for (i = 0; i < SUBMIT_NR; i++)
		s.nr[i] = policy_count(&self->probes, "submit_sums", i);
	return s;
}

/* Moves of 1 MiB by one channel, in jobs of @pieces. */
static struct sums moves(struct __test_metadata *_metadata, submit_t *self,
			 unsigned int pieces)
{
	struct roundrobin r = {
		.first = self->channel,
		.last = self->channel,
		.width = 1,
		.chunk = pieces * PAGE,
		.free_cpu = true,
	};
	struct sums before, s;
	uint32_t i;

	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, MIB(1), 0));
	ASSERT_EQ(0, roundrobin_start(&self->policy, &r));
	mem_move_all(&self->mem, 1, false); /* the first time is special */
	before = sums_read(self);
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ((ssize_t)(self->mem.len / PAGE),
			  mem_move_all(&self->mem, i & 1, false));
		EXPECT_EQ(0, mem_check(&self->mem));
	}
	s = sums_read(self);
	for (i = 0; i < SUBMIT_NR; i++)
		s.nr[i] -= before.nr[i];
	policy_close(&self->policy);
	mem_free(&self->mem);
	return s;
}

static double per_job(const struct sums *s, enum submit_sum what)
{
	return (double)s->nr[what] / s->nr[SUBMIT_JOBS];
}

TEST_F_TIMEOUT(submit, counted, LIMIT)
{
	struct sums one = moves(_metadata, self, 1);
	struct sums many = moves(_metadata, self, MANY);
	double pieces, piece, job;

	ASSERT_LT(0, one.nr[SUBMIT_JOBS]);
	ASSERT_LT(0, many.nr[SUBMIT_JOBS]);
	EXPECT_EQ(one.nr[SUBMIT_JOBS], one.nr[SUBMIT_PIECES]);
	pieces = per_job(&many, SUBMIT_PIECES);
	ASSERT_LT(2, pieces);
	piece = (per_job(&many, SUBMIT_NS) - per_job(&one, SUBMIT_NS)) /
		(pieces - 1);
	job = per_job(&one, SUBMIT_NS) - piece;
	note("%llu jobs of one piece, %llu of %.1f, every byte verified",
	     (unsigned long long)one.nr[SUBMIT_JOBS],
	     (unsigned long long)many.nr[SUBMIT_JOBS], pieces);
	note("submit: %.0f ns a descriptor, %.0f ns a job and its probe", piece,
	     job);
	note("issue_pending: %.0f ns a job of one, %.0f ns of %.1f",
	     per_job(&one, SUBMIT_PENDING_NS),
	     per_job(&many, SUBMIT_PENDING_NS), pieces);
	EXPECT_LT(0, piece);
}

TEST_HARNESS_MAIN
