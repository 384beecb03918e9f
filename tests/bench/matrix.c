// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix.c - throughput of each policy in each scenario: sizes of batches, times
 * kinds of machines. And whether mgx_adaptive keeps what it promises.
 *
 *	matrix FILE [CHANNELS...]	only these kinds of machines
 *
 * On one CPU under QEMU's -icount shift=0: a nanosecond of the clock is an
 * instruction of that CPU, and time in which all sleep passes at once. Engines
 * must not take that CPU's time, as they would if they copied: they say so
 * only, at the time when they would be done (fault wrong_status of mgx_sim). So
 * no byte is verified here; the kselftest 'ladder' does that. What is measured
 * is what the policy itself sees: bytes and time of the batches, from their
 * first submission to the last completion, without unmapping and remapping.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "bench.h"
#include "fixture.h"

#define ENGINES	 4
#define WARM_UP	 64 /* batches of mgx_adaptive that do not count */
#define MEASURED 64
#define WARM	 4 /* of the static policies, which have nothing to learn */
#define ROUNDS	 16
#define OF_BEST	 0.95
#define OF_CPU	 0.98
#define OF_COST	 0.02

static FILE *json;
static const char *between = "";
static unsigned int missed;

/* --- sizes ------------------------------------------------------------------------ */

static const struct size {
	const char *name;
	enum mem_kind kind;
	size_t len;
} sizes[] = {
	{ "16 x 4K", MEM_ANON, KIB(64) }, { "64 x 4K", MEM_ANON, KIB(256) },
	{ "512 x 4K", MEM_ANON, MIB(2) }, { "16 x 64K", MEM_MTHP, MIB(1) },
	{ "1 x 2M", MEM_THP, MIB(2) },
};

/* --- machines --------------------------------------------------------------------- */

/**
 * struct machine - the engines
 * @name: for the table
 * @nr: how many
 * @mbps: of each, bytes per microsecond
 * @latency_ns: of each
 * @later_mbps: half way @mbps becomes that; 0: it does not
 * @dead: the first one hangs
 * @other_us: each engine has another user too, who copies 256 KiB that often;
 *	0: it has none
 * @crowded: another process migrates all the time, on the same CPU. No goal: it
 *	depends on whom the scheduler prefers, and figures vary by half
 */
static const struct machine {
	const char *name;
	unsigned int nr;
	unsigned int mbps;
	unsigned int latency_ns;
	unsigned int later_mbps;
	bool dead;
	unsigned int other_us;
	bool crowded;
} machines[] = {
	{ "none", 0, 0, 0, 0, false, 0, false },
	{ "fast", ENGINES, 5000, 2000, 0, false, 0, false },
	{ "slow", ENGINES, 100, 2000, 0, false, 0, false },
	{ "late", ENGINES, 2500, 200000, 0, false, 0, false },
	{ "dead", ENGINES, 2500, 2000, 0, true, 0, false },
	{ "degrading", ENGINES, 5000, 2000, 100, false, 0, false },
	{ "busy", ENGINES, 2500, 2000, 0, false, 210, false },
	{ "crowded", ENGINES, 2500, 2000, 0, false, 0, true },
};

static const struct machine *plugged;
static struct sims sims;
static pid_t other;

static void set_all(const char *file, unsigned int value)
{
	unsigned int i;

	for (i = 0; i < sims.nr; i++)
		if (sim_set(i, file, value))
			errx(1, "mgx_sim: %s cannot be %u", file, value);
}

static void engines_stop(void)
{
	if (plugged && plugged->nr && sims_stop())
		errx(1, "engines cannot be removed");
	plugged = NULL;
	sims.nr = 0;
}

/* New ones for another machine, and where one fails: it is remembered. */
static void engines_start(const struct machine *m)
{
	unsigned int i;

	if (plugged == m && !m->dead) {
		set_all("mbps", m->mbps);
		return;
	}
	engines_stop();
	plugged = m;
	if (!m->nr)
		return;
	if (sims_start(&sims, m->nr, false))
		errx(1, "no engines");
	set_all("mbps", m->mbps);
	set_all("latency_ns", m->latency_ns);
	set_all("other_bytes", KIB(256));
	set_all("other_us", m->other_us);
	set_all("repeat", 1);
	for (i = m->dead; i < sims.nr; i++)
		if (sim_set(i, "faults/wrong_status", 1))
			errx(1,
			     "mgx_sim: engines cannot be made to cost nothing");
	if (m->dead && sim_set(0, "faults/stall", 1))
		errx(1, "mgx_sim: an engine cannot be made to hang");
}

/* By mbind(), which is counted apart: 1 MiB, then a pause. */
static void other_main(void)
{
	const struct timespec pause = { .tv_nsec = 500000 };
	struct mem m;
	int node = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mem_make(&m, MEM_MTHP, MIB(1), 0))
		_exit(1);
	for (;;) {
		node = !node;
		mem_mbind(&m, node);
		nanosleep(&pause, NULL);
	}
}

static void other_start(const struct machine *m)
{
	other = m->crowded ? fork() : 0;
	if (other < 0)
		err(1, "fork");
	if (m->crowded && !other)
		other_main();
}

static void other_stop(void)
{
	if (!other)
		return;
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	other = 0;
}

/* --- policies ---------------------------------------------------------------------- */

#define ADAPTIVE "mgx_adaptive"
#define ALL	 " --set min_bytes=0 --set poll_ns=0"

/* mgx_cpu is first, mgx_adaptive last. */
static const struct policy_row {
	const char *name;
	const char *load;
} policies[] = {
	{ "cpu", "mgx_cpu" },
	{ "threshold", "mgx_threshold" ALL },
	{ "nearest 16K", "mgx_nearest --set chunk_bytes=16K" ALL },
	{ "loaded 64K", "mgx_least_loaded" ALL " --set free_cpu=1" },
	{ "loaded 16K",
	  "mgx_least_loaded --set chunk_bytes=16K --set free_cpu=1" ALL },
	{ "loaded 512K",
	  "mgx_least_loaded --set chunk_bytes=512K --set free_cpu=1" ALL },
	{ "free_cpu", "mgx_free_cpu" ALL },
	{ "fair", "mgx_fair" ALL },
	{ "adaptive", ADAPTIVE },
};

#define NR_POLICIES ARRAY_LEN(policies)

static void policy_take(const char *load)
{
	char command[256];

	snprintf(command, sizeof(command), "mgxctl load %s >/dev/null", load);
	run(command);
}

/* Nanoseconds that programs of policies ran. */
static uint64_t programs_ns(void)
{
	struct bpf_prog_info info;
	uint64_t sum = 0;
	__u32 id = 0, len;
	int fd;

	while (!bpf_prog_get_next_id(id, &id)) {
		fd = bpf_prog_get_fd_by_id(id);
		if (fd < 0)
			continue;
		memset(&info, 0, sizeof(info));
		len = sizeof(info);
		if (!bpf_prog_get_info_by_fd(fd, &info, &len) &&
		    info.type == BPF_PROG_TYPE_STRUCT_OPS)
			sum += info.run_time_ns;
		close(fd);
	}
	return sum;
}

/* --- measuring ----------------------------------------------------------------------- */

/**
 * struct result - one policy in one scenario
 * @mbps: bytes per microsecond
 * @program_ns: of the policy's programs, per batch
 * @caller_ns: CPU time of a move_pages() call
 */
struct result {
	double mbps;
	double program_ns;
	double caller_ns;
};

static uint64_t thread_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* The kernel splits these when they move once more: each move has new ones. */
static bool moves_once(const struct mem *m)
{
	return m->unit == KIB(64);
}

static void renew(struct mem *m)
{
	if (madvise(m->addr, m->len, MADV_DONTNEED) || node_bind(0))
		err(1, "memory cannot be renewed");
	mem_fill(m, m->seed);
	node_bind(-1);
}

/* Returns the CPU time of the calls. */
static uint64_t moves(struct mem *m, unsigned int nr)
{
	uint64_t start, ns = 0;
	static int node;

	while (nr--) {
		node = !node;
		if (moves_once(m)) {
			renew(m);
			node = 1;
		}
		start = thread_ns();
		/* An engine that hangs makes some stay, once. */
		if (mem_move_pages(m, node, false) < 0)
			errx(1, "pages cannot be moved");
		ns += thread_ns() - start;
	}
	return ns;
}

static struct result measured(struct mem *m, unsigned int nr)
{
	struct mgx_policy_stat before = batches(), after;
	uint64_t programs = programs_ns();
	struct result r;

	r.caller_ns = (double)moves(m, nr) / nr;
	after = batches();
	r.program_ns = (double)(programs_ns() - programs) /
		       (after.batches - before.batches);
	if (after.batches == before.batches || after.ns == before.ns)
		return (struct result){ .caller_ns = r.caller_ns };
	r.mbps = (after.copied_bytes - before.copied_bytes) * 1000.0 /
		 (after.ns - before.ns);
	return r;
}

static struct result measure(const struct machine *machine,
			     const struct policy_row *policy,
			     const struct size *size)
{
	bool learns = !strcmp(policy->name, "adaptive");
	struct result r;
	struct mem m;

	if (setting_quiet() ||
	    setting_set("/proc/sys/kernel/bpf_stats_enabled", "1"))
		errx(1, "the machine cannot be made quiet");
	if (mem_make(&m, size->kind, size->len, 0))
		errx(1, "no memory for %s", size->name);
	/* Pages that the other process maps too would stay where they are. */
	if (madvise(m.addr, m.len, MADV_DONTFORK))
		err(1, "madvise");
	engines_start(machine);
	policy_take(policy->load);
	other_start(machine);
	moves(&m, learns ? WARM_UP : WARM);
	if (machine->later_mbps) {
		set_all("mbps", machine->later_mbps);
		moves(&m, learns ? WARM_UP : WARM);
	}
	r = measured(&m, learns ? MEASURED : ROUNDS);
	other_stop();
	/* Then it was another scenario: no figure, which misses the goals. */
	if (m.unit > 4096 && !mem_is_large(&m))
		r.mbps = 0;
	run("mgxctl unload >/dev/null");
	mem_free(&m);
	setting_restore();
	return r;
}

/* --- a scenario ------------------------------------------------------------------------ */

static void json_scenario(const struct machine *machine,
			  const struct size *size, const struct result *r,
			  double best, bool good)
{
	size_t i;

	fprintf(json, "%s\n  {\"channels\": \"%s\", \"batch\": \"%s\"", between,
		machine->name, size->name);
	for (i = 0; i < NR_POLICIES; i++)
		fprintf(json, ", \"%s\": %.0f", policies[i].name, r[i].mbps);
	fprintf(json,
		", \"of_best\": %.3f, \"of_cpu\": %.3f, \"program_ns\": %.0f, \"caller_ns\": %.0f, \"goals_met\": %s}",
		r[NR_POLICIES - 1].mbps / best,
		r[NR_POLICIES - 1].mbps / r[0].mbps,
		r[NR_POLICIES - 1].program_ns, r[0].caller_ns,
		good ? "true" : "false");
	between = ",";
	fflush(json);
}

static void scenario(const struct machine *machine, const struct size *size)
{
	struct result r[NR_POLICIES], *adaptive = &r[NR_POLICIES - 1];
	double best = 0;
	bool good;
	size_t i;

	printf("%-10s %-9s", machine->name, size->name);
	for (i = 0; i < NR_POLICIES; i++) {
		r[i] = measure(machine, &policies[i], size);
		if (i < NR_POLICIES - 1 && r[i].mbps > best)
			best = r[i].mbps;
		printf(" %11.0f", r[i].mbps);
		fflush(stdout);
	}
	good = adaptive->mbps >= OF_BEST * best &&
	       adaptive->mbps >= OF_CPU * r[0].mbps;
	if (size->len == MIB(2) && size->kind == MEM_ANON)
		good &= adaptive->program_ns <= OF_COST * r[0].caller_ns;
	missed += !good && !machine->crowded;
	printf(" %8.2f %7.2f %6.2f %%%s\n", adaptive->mbps / best,
	       adaptive->mbps / r[0].mbps,
	       100 * adaptive->program_ns / r[0].caller_ns,
	       good		? "" :
	       machine->crowded ? " (no goal)" :
				  " MISSED");
	fflush(stdout);
	json_scenario(machine, size, r, best, good);
}

static bool wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 2; i < argc; i++)
		if (!strcmp(name, argv[i]))
			return true;
	return argc == 2;
}

static void heading(void)
{
	size_t i;

	puts("Bytes per microsecond, batches only. Channels are simulated, time is counted");
	puts("in instructions. Then: mgx_adaptive, of the best static policy and of mgx_cpu;");
	puts("and the cost of its programs, of a whole move_pages() of that size.");
	printf("%-10s %-9s", "channels", "batch");
	for (i = 0; i < NR_POLICIES; i++)
		printf(" %11s", policies[i].name);
	printf(" %8s %7s %8s\n", "of best", "of cpu", "cost");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	size_t i, j;

	if (argc < 2)
		errx(2, "usage: matrix FILE [CHANNELS...]");
	json = fopen(argv[1], "w");
	if (!json)
		err(1, "%s", argv[1]);
	fputs("[", json);
	heading();
	for (i = 0; i < ARRAY_LEN(machines); i++)
		for (j = 0; wanted(machines[i].name, argc, argv) &&
			    j < ARRAY_LEN(sizes);
		     j++)
			scenario(&machines[i], &sizes[j]);
	fputs("\n]\n", json);
	engines_stop();
	if (fclose(json))
		err(1, "%s", argv[1]);
	printf("goals missed in %u scenarios\n", missed);
	return missed ? 1 : 0;
}
