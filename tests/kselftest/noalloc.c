// SPDX-License-Identifier: GPL-2.0-only
/*
 * noalloc.c - nothing is allocated between the moment a batch is ready and the
 * moment it is copied (rule 5): the kernel's own tracepoints say so.
 *
 * The task that migrates is traced, in an instance of ftrace of its own, with
 * the module's mgx_batch and mgx_done of the whole batch as brackets. Outside
 * of them there are allocations, the destinations at least, which shows that
 * the trace sees them. What an interrupt allocates on the back of the task is
 * not the task's, and what DMA_API_DEBUG allocates to check a mapping, on a debug
 * kernel, not the module's: the stack says so.
 *
 * kselftest-timeout: 180
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE	4096UL
#define LIMIT	60
#define TRACING "/sys/kernel/tracing/"
#define MINE	TRACING "instances/mgx_noalloc/"
#define PROBE	"mgx_noalloc_request"

FIXTURE(noalloc)
{
	struct sims sims;
	struct policy policy;
	struct mem mem;
	struct counts counts;
};

FIXTURE_VARIANT(noalloc)
{
	bool dma;
	bool free_cpu;
	enum mem_kind kind;
};

FIXTURE_VARIANT_ADD(noalloc, native_4k){ false, false, MEM_ANON };
FIXTURE_VARIANT_ADD(noalloc, native_4k_free){ false, true, MEM_ANON };
FIXTURE_VARIANT_ADD(noalloc, native_2m){ false, false, MEM_THP };
FIXTURE_VARIANT_ADD(noalloc, dma_4k){ true, true, MEM_ANON };

typedef FIXTURE_DATA(noalloc) noalloc_t;

static const char *const events[] = {
	"kmem/kmalloc",		 "kmem/kmem_cache_alloc", "kmem/mm_page_alloc",
	"migrate_ext/mgx_batch", "migrate_ext/mgx_done",  "kprobes/" PROBE,
};

static int event_on(const char *event, const char *on)
{
	char path[160];

	snprintf(path, sizeof(path), MINE "events/%s/enable", event);
	return file_write(path, on);
}

static int trace_start(void)
{
	char pid[16];
	size_t i;
	int rc;

	if (mkdir(MINE, 0700) && errno != EEXIST)
		return -errno;
	snprintf(pid, sizeof(pid), "%d", getpid());
	rc = file_write(MINE "buffer_size_kb", "16384");
	rc = rc ?: file_write(MINE "set_event_pid", pid);
	rc = rc ?: file_write(MINE "options/stacktrace", "1");
	for (i = 0; i < ARRAY_LEN(events) && !rc; i++)
		rc = event_on(events[i], "1");
	return rc;
}

static void trace_end(void)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(events); i++)
		event_on(events[i], "0");
	rmdir(MINE);
}

static int probe_start(void)
{
	int rc = file_write(TRACING "kprobe_events",
			    "p:" PROBE " __dma_request_channel");

	return rc ?: file_write(TRACING "events/kprobes/" PROBE "/enable", "1");
}

static void probe_end(void)
{
	file_write(TRACING "events/kprobes/" PROBE "/enable", "0");
	file_write(TRACING "kprobe_events", "-:" PROBE);
	file_write(TRACING "trace", "0");
}

FIXTURE_SETUP(noalloc)
{
	self->mem.fd = -1;
	if (access(TRACING "events/kmem/kmalloc", F_OK))
		SKIP(return, "no tracefs in " TRACING);
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, deadline_set(20000));
	ASSERT_EQ(0, sims_start(&self->sims, 2, variant->dma));
	ASSERT_EQ(0, roundrobin_sims(&self->policy, &self->sims,
				     variant->free_cpu));
	ASSERT_EQ(0, mem_make(&self->mem, variant->kind, MIB(4), 0));
	ASSERT_EQ(0, probe_start());
	ASSERT_EQ(0, trace_start());
}

FIXTURE_TEARDOWN(noalloc)
{
	trace_end();
	probe_end();
	policy_close(&self->policy);
	EXPECT_EQ(0, sims_stop());
	mem_free(&self->mem);
	setting_restore();
}

/**
 * struct found - what is in the trace
 * @batches: brackets
 * @inside: allocations within them
 * @outside: and elsewhere
 * @requests: of channels, within them
 * @asked: and elsewhere
 * @open: in a bracket
 * @alloc: the allocation whose stack comes next, or empty
 */
struct found {
	unsigned int batches;
	unsigned int inside;
	unsigned int outside;
	unsigned int requests;
	unsigned int asked;
	bool open;
	char alloc[1024];
};

/* "task-pid [cpu] irqs-off,need-resched,hardirq/softirq,...": the third. */
static bool in_interrupt(const char *line)
{
	const char *flags = strchr(line, ']');

	if (!flags || strlen(flags) < 5)
		return false;
	return strchr("hHsZz", flags[4]);
}

/* All of its stack has been seen. */
static void settle(struct found *f)
{
	if (!*f->alloc)
		return;
	if (f->open && !f->inside)
		note("%s", f->alloc);
	f->inside += f->open;
	f->outside += !f->open;
	*f->alloc = '\0';
}

static void look(struct found *f, const char *line)
{
	if (strstr(line, " mgx_batch: ")) {
		f->open = true;
	} else if (strstr(line, " mgx_done: ")) {
		if (!strstr(line, " channel=-1 "))
			return;
		f->batches += f->open;
		f->open = false;
	} else if (strstr(line, " " PROBE ": ")) {
		f->requests += f->open;
		f->asked += !f->open;
	} else if (strstr(line, "alloc: ") && !in_interrupt(line)) {
		snprintf(f->alloc, sizeof(f->alloc), "%s", line);
	}
}

/* An event, or a line of the stack of the last one. */
static void look_at(struct found *f, const char *line)
{
	if (!strncmp(line, " => ", 4)) {
		if (!strncmp(line + 4, "debug_dma_", 10))
			*f->alloc = '\0';
	} else if (!strstr(line, "<stack trace>")) {
		settle(f);
		look(f, line);
	}
}

static int trace_read(struct found *found)
{
	FILE *f = fopen(MINE "trace", "r");
	char line[1024];

	*found = (struct found){ 0 };
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (line[0] != '#')
			look_at(found, line);
	}
	settle(found);
	fclose(f);
	return 0;
}

TEST_F_TIMEOUT(noalloc, in_the_hot_path, LIMIT)
{
	struct found found;

	ASSERT_EQ(0, counts_read(&self->counts));
	EXPECT_EQ(MIB(4) / PAGE, mem_move_all(&self->mem, 1, false));
	ASSERT_EQ(0, trace_read(&found));
	ASSERT_EQ(0, counts_since(&self->counts));
	note("%u batches, %u allocations within, %u without", found.batches,
	     found.inside, found.outside);
	EXPECT_EQ(EV(&self->counts, batches), found.batches);
	EXPECT_LT(0, found.batches);
	EXPECT_LT(0, sims_sum(&self->sims, "stats/bytes"));
	EXPECT_EQ(0, found.inside);
	EXPECT_EQ(0, found.requests);
	/* The trace sees allocations: a destination for each folio. */
	EXPECT_LE(variant->kind == MEM_THP ? 2 : MIB(4) / PAGE, found.outside);
	EXPECT_EQ(0, mem_check(&self->mem));
	/* And it sees requests. */
	ASSERT_EQ(0, file_write(MGX_PARAM "dmaengine", "1"));
	ASSERT_EQ(0, trace_read(&found));
	EXPECT_LT(0, found.asked);
}

TEST_HARNESS_MAIN
