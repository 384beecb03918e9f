// SPDX-License-Identifier: GPL-2.0-only
/*
 * path.c - what the way to a simulated engine and back costs, natively and by
 * dmaengine; and how near channels that work together come to the sum of their
 * bandwidths.
 *
 *	path count FILE		the ways
 *	path core FILE		what is in them of migrate_ext: the driver is mgx_poll.ko
 *	path dma FILE		the same by dmaengine: the provider is mgx_polldma.ko
 *	path speed FILE		the channels
 *
 * Both on one CPU under QEMU's -icount shift=0: a nanosecond of the clock is an
 * instruction, and time that an engine's thread sleeps passes at once. Prints a
 * table, and writes it to FILE as JSON. Every byte is verified.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "fixture.h"
#include "mgx_policy.h"

#define PAGE   4096UL
#define HUGE   512U /* base pages */
#define SIM    "/sys/kernel/mgx_sim"
#define POLL   "/sys/module/mgx_poll/parameters/copy_ns"
#define DMA    "/sys/module/mgx_polldma/parameters/"
#define PIECE  MIB(1) /* the largest that dma.c makes */
#define ROUNDS 12
#define WARM   4 /* rounds that do not count */

static FILE *json;
static const char *between = "";

/**
 * struct cost - of one batch, nanoseconds
 * @batch: from the first submission to the last completion
 * @engine: of that, what the simulator spent on being the engine
 * @caller: CPU time of the thread that migrates, of the whole system call
 * @offloaded: bytes that the channels have copied
 */
struct cost {
	uint64_t batch;
	uint64_t engine;
	uint64_t caller;
	uint64_t offloaded;
};

/* --- counters ------------------------------------------------------------------ */

static uint64_t thread_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static uint64_t engines_busy(void)
{
	static const char *const polled[] = { POLL, DMA "copy_ns" };
	uint64_t sum = 0;
	char path[96];
	int64_t value;
	size_t i;

	for (i = 0; i < ARRAY_LEN(polled); i++) {
		value = file_read_s64(polled[i]);
		sum += value > 0 ? value : 0;
	}
	for (i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), SIM "/%zu/stats/busy_ns", i);
		value = file_read_s64(path);
		sum += value > 0 ? value : 0;
	}
	return sum;
}

/* --- policies -------------------------------------------------------------------- */

#define ROUNDROBIN                                                 \
	"mgxctl load mgx_roundrobin --set first=%d --set last=%d " \
	"--set width=%d --set chunk_bytes=%u --set free_cpu=%d "   \
	"--set poll_ns=%u >/dev/null"

/* How long the caller polls; it sleeps at once while there are threads. */
static unsigned int poll_ns;
/* Channels per batch; 0 for all of them. */
static int width;

/* @kind NULL: the CPU that migrates copies alone. */
static void policy_of(const char *kind, bool free_cpu, unsigned int chunk)
{
	int first = 0, last = 0;
	char command[300];

	if (!kind) {
		run("mgxctl load mgx_cpu >/dev/null");
		return;
	}
	if (!channels_find(kind, &first, &last))
		errx(1, "there is no channel of the kind %s", kind);
	snprintf(command, sizeof(command), ROUNDROBIN, first, last,
		 width ?: last - first + 1, chunk, free_cpu, poll_ns);
	run(command);
}

/* --- one row ---------------------------------------------------------------------- */

static void one_move(struct mem *m, int node, struct cost *cost)
{
	struct mgx_policy_stat before = batches(), after;
	uint64_t engine = engines_busy(), caller;
	uint64_t bytes = channels_bytes("caller");

	caller = thread_ns();
	if (mem_move_pages(m, node, false) != (ssize_t)(m->len / PAGE))
		errx(1, "not all pages moved");
	cost->caller = thread_ns() - caller;
	after = batches();
	cost->batch = after.ns - before.ns;
	cost->engine = engines_busy() - engine;
	cost->offloaded = m->len - (channels_bytes("caller") - bytes);
	if (after.batches - before.batches != 1)
		cost->batch =
			0; /* someone had a look at a page: does not count */
}

static int by_batch(const void *a, const void *b)
{
	const struct cost *x = a, *y = b;

	return (x->batch > y->batch) - (x->batch < y->batch);
}

/* The median of the rounds that are one batch. */
static struct cost measure(const char *kind, bool free_cpu, unsigned int pages,
			   unsigned int chunk)
{
	struct cost cost[ROUNDS];
	struct mem m;
	int i, bad = 0, nr = ROUNDS - WARM;

	if (mem_make(&m, pages > HUGE ? MEM_THP : MEM_ANON,
		     (pages > HUGE ? HUGE : pages) * PAGE, 0))
		errx(1, "no memory of %u pages", pages);
	policy_of(kind, free_cpu, chunk);
	for (i = 0; i < ROUNDS; i++) {
		one_move(&m, !(i % 2), &cost[i]);
		if (mem_check(&m))
			errx(1, "memory is damaged");
	}
	run("mgxctl unload >/dev/null");
	mem_free(&m);
	qsort(cost + WARM, nr, sizeof(*cost), by_batch);
	while (bad < nr && !cost[WARM + bad].batch)
		bad++;
	if (bad == nr)
		errx(1, "no round was one batch");
	return cost[WARM + bad + (nr - bad) / 2];
}

static const char *name_of(unsigned int pages)
{
	static char name[32];

	if (pages > HUGE)
		return "1 x 2M";
	snprintf(name, sizeof(name), "%u x 4K", pages);
	return name;
}

static void json_row(const char *kind, bool free_cpu, unsigned int pages,
		     const struct cost *c)
{
	fprintf(json,
		"%s\n  {\"path\": \"%s\", \"cpu_helps\": %s, \"folios\": \"%s\", \"batch_ns\": %llu, \"engine_ns\": %llu, \"caller_ns\": %llu, \"offloaded_bytes\": %llu",
		between, kind ?: "cpu", !kind || !free_cpu ? "true" : "false",
		name_of(pages), (unsigned long long)c->batch,
		(unsigned long long)c->engine, (unsigned long long)c->caller,
		(unsigned long long)c->offloaded);
	between = ",";
}

/* --- count ------------------------------------------------------------------------- */

static const unsigned int sizes[] = { 1, 16, 64, 256, 512, HUGE + 1 };

static void count_size(unsigned int pages)
{
	struct cost cpu = measure(NULL, false, pages, 0);
	struct cost native = measure("native", true, pages, MIB(2));
	struct cost dma = measure("dmaengine", true, pages, MIB(2));
	uint64_t by_native = native.batch - native.engine;
	uint64_t by_dma = dma.batch - dma.engine;

	printf("%-9s %10llu %10llu %7.2f %10llu %12llu %12llu %12llu\n",
	       name_of(pages), (unsigned long long)by_native,
	       (unsigned long long)by_dma, (double)by_dma / by_native,
	       (unsigned long long)cpu.batch, (unsigned long long)cpu.caller,
	       (unsigned long long)native.caller,
	       (unsigned long long)dma.caller);
	json_row(NULL, false, pages, &cpu);
	fputs("}", json);
	json_row("native", true, pages, &native);
	fprintf(json, ", \"path_ns\": %llu}", (unsigned long long)by_native);
	json_row("dmaengine", true, pages, &dma);
	fprintf(json, ", \"path_ns\": %llu}", (unsigned long long)by_dma);
	fflush(stdout);
}

static void count(void)
{
	size_t i;

	puts("Instructions from the first submission of a batch to its last completion, less");
	puts("those in which the simulator was the engine (its stats/busy_ns: took, copied and");
	puts("ended descriptors); the caller sleeps meanwhile, so that switching to the");
	puts("engine's thread and back is in it. Then: the same batch copied by the CPU; and");
	puts("CPU time of the caller's whole move_pages(), copied by itself, natively, by");
	puts("dmaengine.");
	printf("%-9s %10s %10s %7s %10s %12s %12s %12s\n", "batch", "native",
	       "dmaengine", "ratio", "CPU copies", "caller: CPU", "native",
	       "dmaengine");
	for (i = 0; i < ARRAY_LEN(sizes); i++)
		count_size(sizes[i]);
}

/* --- core ---------------------------------------------------------------------------- */

/* One line: instructions beyond the copy, per batch and per page. */
static void core_row(unsigned int pages, int channels)
{
	struct cost c = measure("native", true, pages, MIB(2));
	uint64_t own = c.batch - c.engine;

	printf("%-9s %8d %6d %10llu %10llu %9.1f\n", name_of(pages), channels,
	       width, (unsigned long long)c.batch, (unsigned long long)own,
	       (double)own / (pages > HUGE ? HUGE : pages));
	json_row("core", true, pages, &c);
	fprintf(json, ", \"path_ns\": %llu, \"channels\": %d, \"width\": %d}",
		(unsigned long long)own, channels, width);
	fflush(stdout);
}

static void core(void)
{
	int first, last, channels = channels_find("native", &first, &last);
	size_t i;

	poll_ns = 1000000000;
	width = 1;
	puts("Instructions of a batch that the waiting CPU copies in the driver's poll(), with");
	printf("%d channels there are; less the copy, and that per page.\n",
	       channels);
	printf("%-9s %8s %6s %10s %10s %9s\n", "batch", "channels", "asked",
	       "batch", "own", "per page");
	for (i = 0; channels == 1 && i < ARRAY_LEN(sizes); i++)
		core_row(sizes[i], channels);
	if (channels == 1)
		return;
	core_row(HUGE, channels);
	width = channels < 7 ? channels : 7;
	core_row(HUGE, channels);
}

/* --- dma ----------------------------------------------------------------------------- */

/* What a descriptor takes anyway, whoever asks for it. */
struct descriptor {
	double provider;
	double mapping;
};

static void dma_row(unsigned int pages, const struct descriptor *d)
{
	struct cost c = measure("dmaengine", true, pages, MIB(2));
	double nr = pages > HUGE ? HUGE : pages;
	double descs = pages > HUGE ? HUGE * PAGE / PIECE : pages;
	uint64_t own = c.batch - c.engine;

	printf("%-9s %9llu %9llu %9.1f %9.1f %9.1f %9.1f\n", name_of(pages),
	       (unsigned long long)c.batch, (unsigned long long)own, own / nr,
	       descs * d->provider / nr, descs * d->mapping / nr,
	       (own - descs * (d->provider + d->mapping)) / nr);
	json_row("dma", true, pages, &c);
	fprintf(json,
		", \"path_ns\": %llu, \"provider_ns\": %.0f, \"mapping_ns\": %.0f}",
		(unsigned long long)own, descs * d->provider,
		descs * d->mapping);
	fflush(stdout);
}

static void dma(void)
{
	const struct descriptor d = {
		.provider = file_read_s64(DMA "own_ns") / 512.0,
		.mapping = file_read_s64(DMA "map_ns") / 512.0,
	};
	size_t i;

	if (d.provider <= 0 || d.mapping <= 0)
		errx(1, "mgx_polldma is not there");
	poll_ns = 1000000000;
	puts("The same by dmaengine, one channel, per page: all of it; of that, what the provider");
	puts("takes (prepares, submits, calls back), and the kernel for mapping; and the rest.");
	printf("%-9s %9s %9s %9s %9s %9s %9s\n", "batch", "batch", "own",
	       "per page", "provider", "mapping", "rest");
	for (i = 0; i < ARRAY_LEN(sizes); i++)
		dma_row(sizes[i], &d);
}

/* --- speed --------------------------------------------------------------------------- */

#define MBPS 100 /* of each channel */

/*
 * Engines of their own would not take the CPU's time: what the simulator took is
 * left out if the CPU helps. If it does not, it is in the engines' sleep.
 */
static double mbps_of(const struct cost *c, bool free_cpu)
{
	return HUGE * PAGE * 1000.0 / (c->batch - (free_cpu ? 0 : c->engine));
}

static void speed_row(const char *kind, bool free_cpu, unsigned int pages,
		      unsigned int chunk, double goal)
{
	struct cost c = measure(kind, free_cpu, pages, chunk);
	double mbps = mbps_of(&c, free_cpu);

	printf("%-9s %-10s %-6s %4u K %9.0f %9.0f %8.2f %9.0f %% %11llu\n",
	       name_of(pages), kind, free_cpu ? "free" : "helps", chunk >> 10,
	       mbps, goal, mbps / goal, 100.0 * c.offloaded / (HUGE * PAGE),
	       (unsigned long long)c.caller);
	json_row(kind, free_cpu, pages, &c);
	fprintf(json,
		", \"piece_bytes\": %u, \"mbps\": %.0f, \"goal_mbps\": %.0f, \"of_goal\": %.3f}",
		chunk, mbps, goal, mbps / goal);
	fflush(stdout);
}

static void speed_size(const char *kind, unsigned int pages)
{
	int first, last, nr = channels_find(kind, &first, &last);
	struct cost cpu = measure(NULL, false, pages, 0);
	double all = nr * MBPS + mbps_of(&cpu, false);

	speed_row(kind, true, pages, KIB(64), nr * MBPS);
	speed_row(kind, false, pages, KIB(64), all);
	speed_row(kind, false, pages, KIB(4), all);
}

static void speed(void)
{
	static const char *const kinds[] = { "native", "dmaengine" };
	size_t i;

	puts("Four simulated channels of 100 MB/s each, against the sum of these (and, if the");
	puts("CPU helps, of what it does alone; then without the time the simulator took from");
	puts("that CPU to be the engines). A slow channel's last pieces are waited for: up to");
	puts("two of 64 K (one if the CPU helps), 0.7 ms each, delay the batch. Last: CPU");
	puts("time of the caller's whole move_pages().");
	printf("%-9s %-10s %-6s %6s %9s %9s %8s %11s %11s\n", "batch", "path",
	       "CPU", "piece", "MB/s", "goal", "of goal", "offloaded",
	       "caller");
	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		speed_size(kinds[i], HUGE);
		speed_size(kinds[i], HUGE + 1);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} modes[] = { { "count", count },
		      { "core", core },
		      { "dma", dma },
		      { "speed", speed } };
	size_t i = 0;

	while (argc == 3 && i < ARRAY_LEN(modes) &&
	       strcmp(argv[1], modes[i].name))
		i++;
	if (argc != 3 || i == ARRAY_LEN(modes))
		errx(2, "usage: path count|core|dma|speed FILE");
	json = fopen(argv[2], "w");
	if (!json)
		err(1, "%s", argv[2]);
	if (setting_quiet())
		errx(1, "the machine cannot be made quiet");
	fputs("[", json);
	modes[i].run();
	fputs("\n]\n", json);
	setting_restore();
	return fclose(json) ? 1 : 0;
}
