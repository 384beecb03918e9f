// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_learn.c - mgx_adaptive's arithmetic (learn.h) on simulated machines: fast,
 * slow, late, degrading, dead, busy. Time is simulated: nothing here depends on
 * the machine the test runs on.
 */
#include "learn.h"
#include "tap.h"
#include "util.h"

#define KB    1024ULL
#define MB    (1024 * KB)
#define CHANS 4

/**
 * struct machine - what simulated batches run on
 * @cpu_mbps: of the calling CPU, bytes per microsecond
 * @nr: channels
 * @mbps: of each
 * @latency_ns: of each piece, not overlapped by the next
 * @busy_ns: channels start that late: another user
 * @noise: per cent by which a batch varies
 * @cold_ns: the first channel is that late, in the first batch that asks it
 * @wait_ns: one batch in four takes that much more: another has the CPU
 */
struct machine {
	unsigned int cpu_mbps;
	unsigned int nr;
	unsigned int mbps[CHANS];
	unsigned int latency_ns[CHANS];
	unsigned int busy_ns[CHANS];
	unsigned int noise;
	unsigned int cold_ns;
	unsigned int wait_ns;
};

/**
 * struct policy - what mgx_adaptive keeps in its maps, for one class
 * @news: channels that came or came back
 */
struct policy {
	struct mgx_learn learn;
	unsigned int news;
	struct mgx_learn_channel channel[MGX_NR_ARMS][CHANS];
	struct mgx_plan plan;
};

static unsigned int seed;

static unsigned int random_below(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

static __u64 copy_ns(unsigned int mbps, __u64 bytes)
{
	return bytes * 1000 / mbps;
}

/* --- the executor: whoever is idle takes the next piece ------------------------- */

/**
 * struct worker - the CPU or a channel
 * @left: bytes it may still take
 * @chunk: bytes it takes at once
 * @free_ns: when it is idle
 * @start_ns: when it began
 * @done: bytes it copied
 */
struct worker {
	__u64 left;
	__u64 chunk;
	__u64 free_ns;
	__u64 start_ns;
	__u64 done;
	unsigned int mbps;
	unsigned int latency_ns;
};

static struct worker *first_idle(struct worker *w, unsigned int nr)
{
	struct worker *first = NULL;
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (w[i].left && (!first || w[i].free_ns < first->free_ns))
			first = &w[i];
	return first;
}

/* What nobody was granted the kernel copies at the end: as the CPU does. */
static __u64 list_schedule(const struct machine *m, struct worker *w,
			   unsigned int nr, __u64 bytes)
{
	__u64 end = 0, left = bytes;
	struct worker *next;

	while (left && (next = first_idle(w, nr))) {
		__u64 take = next->chunk < next->left ? next->chunk :
							next->left;

		take = take < left ? take : left;
		next->free_ns += next->latency_ns + copy_ns(next->mbps, take);
		next->left -= take;
		next->done += take;
		left -= take;
		end = next->free_ns > end ? next->free_ns : end;
	}
	return end + copy_ns(m->cpu_mbps, left);
}

/* --- one batch --------------------------------------------------------------------- */

static void find_costs(struct policy *p, const struct machine *m,
		       unsigned int arm)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++) {
		struct mgx_learn_channel *c = &p->channel[arm][i];

		if (!c->cost || c->epoch != p->learn.epoch)
			c = &p->channel[MGX_LEARN_PROBED][i];
		p->plan.one[i].cost = c->epoch == p->learn.epoch ? c->cost : 0;
	}
}

static void find_unknown(struct policy *p, const struct machine *m)
{
	unsigned int i;

	p->plan.unknown = 0;
	for (i = 0; i < m->nr; i++) {
		struct mgx_learn_channel *c = &p->channel[MGX_LEARN_PROBED][i];

		p->plan.one[i].cost =
			mgx_learn_probed(c, p->learn.epoch) ? c->cost : 0;
		p->plan.unknown += !p->plan.one[i].cost;
	}
}

/* As plan_batch() of mgx_adaptive.bpf.c does. Returns the arm. */
static unsigned int plan_batch(struct policy *p, const struct machine *m,
			       unsigned int usable, __u64 bytes)
{
	struct mgx_learn *l = &p->learn;
	unsigned int arm;

	find_unknown(p, m);
	if (p->plan.unknown && l->probes < MGX_LEARN_PROBES) {
		l->probes++;
		mgx_plan_probe(&p->plan, bytes);
		return MGX_NR_ARMS;
	}
	arm = mgx_learn_choose(l, usable, bytes);
	find_costs(p, m, arm);
	mgx_plan_fill(&p->plan, arm, bytes, l->arm[MGX_ARM_CPU].cost);
	return arm;
}

static unsigned int make_workers(const struct policy *p,
				 const struct machine *m, unsigned int arm,
				 __u64 bytes, struct worker *w)
{
	bool helps = arm == MGX_NR_ARMS || mgx_arm_helps(arm);
	unsigned int i;

	memset(w, 0, (CHANS + 1) * sizeof(*w));
	for (i = 0; i < m->nr; i++) {
		w[i].left = arm == MGX_ARM_CPU ? 0 : p->plan.one[i].share;
		w[i].chunk = p->plan.one[i].chunk;
		w[i].mbps = m->mbps[i];
		w[i].latency_ns = m->latency_ns[i];
		w[i].free_ns = m->busy_ns[i];
		w[i].start_ns = 0;
	}
	w[i].left = helps ? bytes : 0;
	w[i].chunk = arm == MGX_ARM_CPU ? 64 * KB : MGX_LEARN_CPU_CHUNK;
	w[i].mbps = m->cpu_mbps;
	return i + 1;
}

/* A batch by the policy: nanoseconds. */
static __u64 batch(struct policy *p, const struct machine *m, __u64 bytes)
{
	unsigned int usable = m->nr ? MGX_ARMS_ALL : 1, arm, i, nr;
	__u64 set = (1ULL << m->nr) - 1, ns;
	struct worker w[CHANS + 1];
	unsigned int use;

	p->plan.nr = m->nr;
	if (mgx_learn_outdated(&p->learn, set, p->news)) {
		mgx_learn_forget(&p->learn, set);
		p->learn.news = p->news;
	}
	arm = m->nr ? plan_batch(p, m, usable, bytes) : MGX_ARM_CPU;
	nr = make_workers(p, m, arm, bytes, w);
	ns = list_schedule(m, w, nr, bytes);
	if (m->noise)
		ns += ns * random_below(m->noise) / 100;
	if (m->wait_ns && !random_below(4))
		ns += m->wait_ns;
	if (arm == MGX_NR_ARMS && p->learn.probes == 1)
		w[0].free_ns += m->cold_ns;
	use = arm == MGX_NR_ARMS ? MGX_LEARN_PROBED : arm;
	for (i = 0; i < m->nr; i++)
		if (w[i].done)
			mgx_learn_share(&p->channel[use][i], p->learn.epoch,
					w[i].done, w[i].free_ns, false);
	mgx_learn_feed(&p->learn, usable, arm, bytes, ns);
	return ns;
}

static __u64 batches(struct policy *p, const struct machine *m, __u64 bytes,
		     unsigned int nr)
{
	__u64 sum = 0;

	while (nr--)
		sum += batch(p, m, bytes);
	return sum;
}

/* --- what static policies take ------------------------------------------------------- */

static __u64 static_ns(const struct machine *m, __u64 bytes, __u64 chunk,
		       bool helps)
{
	struct worker w[CHANS + 1] = {};
	unsigned int i;

	for (i = 0; i < m->nr; i++)
		w[i] = (struct worker){ .left = bytes,
					.chunk = chunk,
					.mbps = m->mbps[i],
					.latency_ns = m->latency_ns[i],
					.free_ns = m->busy_ns[i] };
	w[i] = (struct worker){ .left = helps ? bytes : 0,
				.chunk = chunk,
				.mbps = m->cpu_mbps };
	return list_schedule(m, w, m->nr + 1, bytes);
}

static __u64 cpu_ns(const struct machine *m, __u64 bytes)
{
	return copy_ns(m->cpu_mbps, bytes);
}

static __u64 best_static_ns(const struct machine *m, __u64 bytes)
{
	static const __u64 chunks[] = { 16 * KB, 64 * KB, 256 * KB, 512 * KB };
	__u64 best = cpu_ns(m, bytes), ns;
	unsigned int i;

	for (i = 0; m->nr && i < 2 * ARRAY_SIZE(chunks); i++) {
		ns = static_ns(m, bytes, chunks[i / 2], i % 2);
		best = ns < best ? ns : best;
	}
	return best;
}

/* --- tests ----------------------------------------------------------------------------- */

static const __u64 sizes[] = { 64 * KB, 256 * KB, MB, 2 * MB };

#define FOUR(x) { x, x, x, x }

static const struct {
	const char *name;
	struct machine m;
} machines[] = {
	{ "no channel", { .cpu_mbps = 2500 } },
	{ "fast", { 2500, 4, FOUR(5000), FOUR(2000), .noise = 0 } },
	{ "slow", { 2500, 4, FOUR(100), FOUR(2000), .noise = 0 } },
	{ "late", { 2500, 4, FOUR(2500), FOUR(200000), .noise = 0 } },
	{ "late, unequal",
	  { 2500, 4, { 2500, 2400, 2600, 2300 }, FOUR(200000), .noise = 0 } },
	{ "unequal",
	  { 2500, 4, { 5000, 2500, 100, 10 }, FOUR(2000), .noise = 0 } },
	{ "slow CPU", { 200, 4, FOUR(1000), FOUR(2000), .noise = 0 } },
	{ "busy",
	  { 2500, 4, FOUR(2500), FOUR(2000), .busy_ns = FOUR(100000) } },
	{ "noisy", { 2500, 4, FOUR(2500), FOUR(5000), .noise = 20 } },
};

/* After 64 batches it is as good as the best static policy, and as the CPU. */
static void test_after_warm_up(void)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(machines); i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			const struct machine *m = &machines[i].m;
			struct policy p = {};
			__u64 best = best_static_ns(m, sizes[j]), ns;

			seed = 1;
			batches(&p, m, sizes[j], 64);
			ns = batches(&p, m, sizes[j], 512) / 512;
			best += best * m->noise / 200;
			ok(best * 100 >= ns * 95,
			   "%s, %llu KiB: %llu ns, best static %llu ns",
			   machines[i].name, sizes[j] >> 10, ns, best);
			ok(cpu_ns(m, sizes[j]) * (200 + m->noise) / 2 >=
				   ns * 98,
			   "%s, %llu KiB: not worse than the CPU, %llu ns",
			   machines[i].name, sizes[j] >> 10,
			   cpu_ns(m, sizes[j]));
		}
	}
}

/* Beside a CPU that is 25 times as fast, slow engines must still add theirs. */
static void test_slow_engines_add(void)
{
	struct machine m = { 2500, 4, FOUR(100), FOUR(2000), .noise = 0 };
	struct policy p = {};
	__u64 ns, sum = 2 * MB * 1000 / (2500 + 4 * 100);

	batches(&p, &m, 2 * MB, 64);
	ns = batches(&p, &m, 2 * MB, 256) / 256;
	ok(sum * 100 >= ns * 90, "slow beside fast: %llu of %llu ns", ns, sum);
	ok(static_ns(&m, 2 * MB, 64 * KB, true) > ns * 120 / 100,
	   "list scheduling alone is worse by a fifth");
}

/* All trials together cost no more than some batches, and then 1/128. */
static void test_regret(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(machines); i++) {
		const struct machine *m = &machines[i].m;
		struct policy p = {};
		__u64 best, warm, later;

		if (m->noise)
			continue;
		warm = batches(&p, m, 2 * MB, 64);
		later = batches(&p, m, 2 * MB, 4096);
		/* What it has found; less than the best static one, often. */
		best = mgx_learn_ns(
			p.learn.arm[mgx_learn_best(&p.learn, MGX_ARMS_ALL)].cost,
			2 * MB);
		ok(later <= best * 4096 * 102 / 100,
		   "%s: regret of 4096 batches is %.1f batches",
		   machines[i].name, (double)later / best - 4096);
		ok(warm <= cpu_ns(m, 2 * MB) * 64 * 4,
		   "%s: warm-up took %.1f batches of the CPU", machines[i].name,
		   (double)warm / cpu_ns(m, 2 * MB));
	}
}

static void test_degrading(void)
{
	struct machine m = { 1000, 4, FOUR(2500), FOUR(2000), .noise = 0 };
	struct policy p = {};
	__u64 ns, best;

	batches(&p, &m, 2 * MB, 500);
	m = (struct machine){ 1000, 4, FOUR(50), FOUR(2000), .noise = 0 };
	batches(&p, &m, 2 * MB, 64);
	ns = batches(&p, &m, 2 * MB, 256) / 256;
	best = best_static_ns(&m, 2 * MB);
	ok(best * 100 >= ns * 95, "engines became slow: %llu of %llu ns", ns,
	   best);
	ok(cpu_ns(&m, 2 * MB) * 100 >= ns * 98, "not worse than the CPU");
	ok(p.learn.changes, "it was noticed");
}

/* So soon that what is usual is the mean of few; it is seen in time all the same. */
static void test_degrading_soon(void)
{
	unsigned int cpu;

	for (cpu = 200; cpu <= 2500; cpu += 100) {
		struct machine m = { cpu, 4, FOUR(5000), FOUR(2000),
				     .noise = 0 };
		struct policy p = {};
		__u64 ns, best;

		batches(&p, &m, 64 * KB, 64);
		m = (struct machine){ cpu, 4, FOUR(100), FOUR(2000),
				      .noise = 0 };
		batches(&p, &m, 64 * KB, 64);
		ns = batches(&p, &m, 64 * KB, 64) / 64;
		best = best_static_ns(&m, 64 * KB);
		ok(best * 100 >= ns * 95,
		   "CPU of %u MB/s, engines became slow: %llu of %llu ns", cpu,
		   ns, best);
	}
}

/*
 * Engines that were not the best, but not far off, become slow: one trial shows
 * it, and what that cost keeps others from being made.
 */
static void test_degrading_unused(void)
{
	__u64 ns, worst = 0, bytes = 256 * KB;
	unsigned int mbps, before;

	for (mbps = 500; mbps <= 2500; mbps += 500) {
		for (before = 64; before <= 256; before += 8) {
			struct machine m = { 2500, 4, FOUR(mbps), FOUR(10000),
					     .noise = 0 };
			struct machine slow = { 2500, 4, FOUR(50), FOUR(10000),
						.noise = 0 };
			struct policy p = {};

			batches(&p, &m, bytes, before);
			batches(&p, &slow, bytes, 64);
			ns = batches(&p, &slow, bytes, 64) / 64;
			worst = ns > worst ? ns : worst;
		}
	}
	ok(copy_ns(2500, bytes) * 100 >= worst * 95,
	   "unused engines became slow: %llu ns at most, CPU %llu", worst,
	   copy_ns(2500, bytes));
}

static void test_recovering(void)
{
	struct machine slow = { 1000, 4, FOUR(50), FOUR(2000), .noise = 0 };
	struct machine fast = { 1000, 4, FOUR(2500), FOUR(2000), .noise = 0 };
	struct policy p = {};
	__u64 ns, best = best_static_ns(&fast, 2 * MB);
	unsigned int i;

	batches(&p, &slow, 2 * MB, 500);
	for (i = 0; i < 8192; i += 64) {
		ns = batches(&p, &fast, 2 * MB, 64) / 64;
		if (best * 100 >= ns * 95)
			break;
	}
	ok(i < 8192, "engines became fast: noticed after %u batches", i);
}

/* Trials can cost many times what was thought: not soon, but some time. */
static void test_put_by(void)
{
	struct machine m = { 1000, 4, FOUR(2500), FOUR(2000), .noise = 0 };
	struct policy p = {};

	batches(&p, &m, 2 * MB, 320);
	is(p.learn.trials, 0, "no trial soon after the warm-up");
	batches(&p, &m, 2 * MB, 4096);
	ok(p.learn.trials > 4, "but some time: %u", p.learn.trials);
}

/* A channel that was asleep when it was asked first is not slow. */
static void test_cold(void)
{
	struct machine m = { 1000, 4, FOUR(2500), FOUR(2000),
			     .cold_ns = 5000000 };
	__u64 ns, best = best_static_ns(&m, MB);
	struct policy p = {};

	batches(&p, &m, MB, 64);
	ns = batches(&p, &m, MB, 64) / 64;
	ok(best * 100 >= ns * 95, "one was asleep at first: %llu of %llu ns",
	   ns, best);
}

/* A channel that is gone, and one that comes back. */
static void test_set(void)
{
	struct machine m = { 1000, 4, FOUR(2500), FOUR(2000), .noise = 0 };
	struct policy p = {};
	unsigned int changes;

	batches(&p, &m, MB, 200);
	changes = p.learn.changes;
	m.nr = 3;
	batch(&p, &m, MB);
	is(p.learn.changes, changes + 1, "one channel less: learn anew");
	batches(&p, &m, MB, 63);
	ok(best_static_ns(&m, MB) * 100 >= batch(&p, &m, MB) * 95,
	   "as good as the best after 64 batches");
	m.nr = 0;
	is(batches(&p, &m, MB, 64), cpu_ns(&m, MB) * 64,
	   "no channel: the CPU, from the first batch on");
}

/* Slow engines are taken out, and fast ones are in their place at once. */
static void test_replaced(void)
{
	struct machine slow = { 1000, 4, FOUR(50), FOUR(2000), .noise = 0 };
	struct machine fast = { 1000, 4, FOUR(2500), FOUR(2000), .noise = 0 };
	__u64 ns, best = best_static_ns(&fast, 2 * MB);
	struct policy p = {};

	batches(&p, &slow, 2 * MB, 500);
	p.news++;
	batches(&p, &fast, 2 * MB, 64);
	ns = batches(&p, &fast, 2 * MB, 64) / 64;
	ok(best * 100 >= ns * 95,
	   "told that engines came: as good as the best after 64 batches");
}

/* A noisy machine is not one that changes all the time. */
static void test_false_alarms(void)
{
	struct machine m = { 2500, 4, FOUR(2500), FOUR(5000), .noise = 80 };
	struct policy p = {};

	seed = 7;
	batches(&p, &m, MB, 20000);
	ok(p.learn.changes < 20, "%u times learnt anew in 20000 noisy batches",
	   p.learn.changes);
}

/*
 * Nor is one whose CPU others want too: a few batches take many times what most
 * do, so that most take much less than their mean.
 */
static void test_preempted(void)
{
	struct machine m = { 2500,	 4,	      FOUR(2500),
			     FOUR(5000), .noise = 10, .wait_ns = 3000000 };
	struct policy p = {};

	seed = 3;
	batches(&p, &m, 256 * KB, 20000);
	ok(p.learn.changes < 20,
	   "%u times learnt anew in 20000 batches, some of them preempted",
	   p.learn.changes);
}

/*
 * Nor does chance decide: of a hundred machines on which a batch in four takes
 * several times what it should, most end with the best arm.
 */
static void test_chance(void)
{
	struct machine m = { 2500,	 4,	      FOUR(2500),
			     FOUR(5000), .noise = 10, .wait_ns = 300000 };
	struct machine calm = m;
	unsigned int bad = 0, i;
	__u64 best;

	calm.noise = 0;
	calm.wait_ns = 0;
	best = best_static_ns(&calm, MB);
	for (i = 0; i < 100; i++) {
		struct policy p = {};

		seed = i;
		batches(&p, &m, MB, 64);
		bad += best * 100 < batches(&p, &calm, MB, 8) / 8 * 95;
	}
	ok(bad <= 45, "of 100 machines that others use, %u were misjudged",
	   bad);
}

/* It is seen soon, and not by two batches that were unlucky. */
static void test_evidence(void)
{
	struct mgx_learn l = {};
	unsigned int i;

	mgx_learn_judge(&l, mgx_learn_log(1000), mgx_learn_log(50000));
	mgx_learn_judge(&l, mgx_learn_log(1000), mgx_learn_log(50000));
	ok(!mgx_learn_alarm(&l), "two slow batches are no change");
	for (i = 0; i < 6; i++)
		mgx_learn_judge(&l, mgx_learn_log(1000), mgx_learn_log(50000));
	ok(mgx_learn_alarm(&l), "eight are");
	for (i = 0; i < 128; i++)
		mgx_learn_judge(&l, mgx_learn_log(1000), mgx_learn_log(1150));
	is(l.slower, 0, "a little slower is not");
	is(mgx_learn_log(1 << 20), 20 << 8, "logarithm of a power");
	ok(mgx_learn_log(0) == 0 && mgx_learn_log(1) == 0 &&
		   mgx_learn_log(3) == (256 | 128) &&
		   mgx_learn_log(~0U) == (32 << 8) - 1,
	   "and of others");
}

/* Equal channels stay equal, though each share takes another time. */
static void test_share(void)
{
	struct mgx_learn_channel c = {};
	unsigned int i;

	for (i = 0; i < 32; i++)
		mgx_learn_share(&c, 1, MB, i % 2 ? 1500 : 1000, false);
	ok(c.cost > 1200 && c.cost < 1300,
	   "shares of 1000 and 1500 ns: it costs %u", c.cost);
	mgx_learn_share(&c, 2, MB, 5000, false);
	is(c.cost, 5000, "what was forgotten does not count");
	mgx_learn_share(&c, 2, 0, 0, true);
	is(c.cost, MGX_LEARN_NEVER, "nor does what it was before it failed");
	mgx_learn_share(&c, 2, MB, 4000, false);
	is(c.cost, 4000, "nor that it failed, when it works again");
}

static void test_health(void)
{
	struct mgx_learn_health h = {};
	unsigned int i;

	mgx_learn_strike(&h, 1000, 500000000);
	is(h.until_ns, 1000 + 128 * 500000000ULL,
	   "a failure is made up for by waiting");
	mgx_learn_strike(&h, 1000, 500000000);
	is(h.until_ns, 1000 + 256 * 500000000ULL, "twice as long");
	for (i = 0; i < 100; i++)
		mgx_learn_strike(&h, 0, 1000000000);
	is(h.until_ns, 8192 * 1000000000ULL, "but not for ever");
	for (i = 0; i < 64 * 6; i++)
		mgx_learn_forgive(&h);
	is(h.strikes, 0, "forgiven after work without failure");
	ok(mgx_learn_failed(-ETIMEDOUT) && mgx_learn_failed(-EIO),
	   "a channel that is late or wrong has failed");
	ok(!mgx_learn_failed(0) && !mgx_learn_failed(-EHWPOISON),
	   "bad memory is not the channel's fault");
}

static void test_plan(void)
{
	struct mgx_plan p = { .nr = 2 };
	__u32 cpu = mgx_learn_cost(2 * MB, 2 * MB * 1000 / 2500);

	p.one[0].cost = mgx_learn_cost(MB, MB * 10);
	p.one[1].cost = MGX_LEARN_NEVER;
	mgx_plan_fill(&p, MGX_ARM_HELP_PART, 2 * MB, cpu);
	ok(p.one[0].share >= 64 * KB && p.one[0].share <= 80 * KB,
	   "a slow engine has a small part: %llu", p.one[0].share);
	is(p.one[1].share, 0, "one that fails has none");
	p.one[0].inflight = MB;
	mgx_plan_fill(&p, MGX_ARM_HELP_PART, 2 * MB, cpu);
	is(p.one[0].share, 0, "nor one that is busy for longer than the batch");
	p.one[0].inflight = 0;
	mgx_plan_fill(&p, MGX_ARM_HELP_SMALL, 64 * KB, cpu);
	is(p.one[0].share, 0, "nor one that is slow for a small batch");
	mgx_plan_fill(&p, MGX_ARM_FREE_PART, 2 * MB, cpu);
	is(p.one[0].share, 2 * MB, "without the CPU all is granted");
	is(p.one[0].chunk % 4096, 0, "in whole pages");
}

static void test_classes(void)
{
	ok(mgx_learn_class(64 * KB, 16) != mgx_learn_class(256 * KB, 64),
	   "sizes are apart");
	ok(mgx_learn_class(2 * MB, 512) != mgx_learn_class(2 * MB, 1),
	   "so are single pages and a large folio");
	is(mgx_learn_class(2 * MB, 512), mgx_learn_class(2 * MB - 4096, 511),
	   "a page less is the same");
	ok(mgx_learn_class(~0ULL, 1) < MGX_LEARN_CLASSES, "none is outside");
	ok(mgx_learn_class(0, 0) < MGX_LEARN_CLASSES, "nor is an empty one");
}

static void test_costs(void)
{
	is(mgx_learn_cost(MB, 1000), 1000, "nanoseconds per MiB");
	is(mgx_learn_cost(0, 1000), MGX_LEARN_NEVER - 1, "no bytes");
	is(mgx_learn_cost(1, ~0ULL), MGX_LEARN_NEVER - 1, "no overflow");
	is(mgx_learn_cost(~0ULL >> 1, 1), 1, "never 0, that is unknown");
	is(mgx_learn_average(1000, 1000000, 8), (7 * 1000 + 2000) / 8,
	   "one sample does not count for everything");
}

int main(void)
{
	test_costs();
	test_classes();
	test_plan();
	test_share();
	test_health();
	test_after_warm_up();
	test_slow_engines_add();
	test_regret();
	test_degrading();
	test_degrading_soon();
	test_degrading_unused();
	test_recovering();
	test_cold();
	test_put_by();
	test_set();
	test_replaced();
	test_false_alarms();
	test_preempted();
	test_chance();
	test_evidence();
	return tap_done();
}
