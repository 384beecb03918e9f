/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * learn.h - the arithmetic of mgx_adaptive.bpf.c, free of BPF, so that the unit
 * tests run it on simulated machines.
 *
 * For each size class one bandit chooses among a few ways to copy (arms): by
 * the calling CPU alone, by CPU and engines, by engines alone, with small or
 * large pieces, polling or not. What an arm costs is a moving average of the
 * whole batch's nanoseconds per MiB. Three parts:
 *
 *  - Warm-up: each arm that may still win is tried MGX_LEARN_WARM times, and
 *    MGX_LEARN_MORE times if it is near the best: what others do to the engines
 *    meanwhile must not decide.
 *  - Then the cheapest is used. Others are tried again, optimistically, but from
 *    a budget: 1/128 of the time since then, no more.
 *  - A change of the machine is detected, and what was learned is forgotten: a
 *    channel came or went, also if nobody saw it missing, or batches take other
 *    than batches of their arm usually took, and the evidence for that adds up
 *    (cumulative sums: Page, "Continuous inspection schemes", Biometrika 41,
 *    1954). It is summed in logarithms and one batch is worth little, since the
 *    times of a CPU that others want too are skewed: most batches take less than
 *    their mean, a few many times it. A false alarm doubles the patience.
 *
 * Bandits that detect changes and start anew: Liu, Lee, Shroff, "A
 * change-detection based framework for piecewise-stationary multi-armed bandit
 * problem" (AAAI 2018); that old samples must lose weight: Garivier, Moulines,
 * "On upper-confidence bound policies for switching bandit problems" (ALT 2011).
 *
 * Within an arm a slow channel is granted only what it can copy while the others
 * copy the rest. Greedy list scheduling is within one piece of the best on equal
 * machines (Graham, 1966), but on machines of different speed the last piece
 * that a slow one took can be many times the whole batch (Cho, Sahni, "Bounds
 * for list schedules on uniform processors", SIAM J. Comput. 9, 1980): a slow
 * engine must not be asked at a batch's end.
 */
#ifndef _MGX_LEARN_H
#define _MGX_LEARN_H

#include <linux/types.h>
#include <asm/errno.h>
#include <stdbool.h>

#define MGX_LEARN_WARM 4  /* tries of each arm */
#define MGX_LEARN_MORE 8  /* tries of those that are near the best */
#define MGX_LEARN_NEAR 96 /* near: so much above it, in log2 / 256: 1.3 times */
#define MGX_LEARN_LONG 56 /* batches after which there are no more than WARM */
#define MGX_LEARN_LOST 2  /* after so many, an arm that is far off is out */
#define MGX_LEARN_FAR  405 /* far off: the same, 3 times */
#define MGX_LEARN_BUDGET \
	128 /* one in so many nanoseconds may be spent on trials */
#define MGX_LEARN_RESERVE  4	/* batches that are put by before a trial */
#define MGX_LEARN_PAUSE	   16	/* batches between two trials */
#define MGX_LEARN_KNOWN	   32	/* batches that what is usual is the mean of */
#define MGX_LEARN_ALARM	   1024 /* sum of evidence, in log2 / 256 */
#define MGX_LEARN_MOST	   192	/* that one batch counts for: 1.7 times */
#define MGX_LEARN_SLACK	   64	/* of each batch is no evidence: 1.2 times */
#define MGX_LEARN_CALM	   48	/* batches until the first alarm counts */
#define MGX_LEARN_CALM_MAX 4096
#define MGX_LEARN_PROBES   8 /* batches that only measure channels, per class */
#define MGX_LEARN_TWICE	   2 /* so often each: the first may find it asleep */
#define MGX_LEARN_NEVER	   0xffffffffU /* cost of what does not work */
#define MGX_LEARN_PAGE	   4096ULL
#define MGX_LEARN_CLASSES  32
#define MGX_PLAN_MAX	   8 /* room; a power of two */
#define MGX_PLAN_CHANNELS  7 /* MGX_MAX_SHARES, less one for the calling CPU */

/**
 * enum mgx_arm - ways to copy a batch
 * @MGX_ARM_CPU: the calling CPU alone
 * @MGX_ARM_HELP_SMALL: CPU and engines pull, pieces of 16 KiB
 * @MGX_ARM_HELP: CPU and engines pull, pieces of 64 KiB
 * @MGX_ARM_HELP_PART: CPU and engines, each engine one piece, as large as what
 *	it can copy meanwhile
 * @MGX_ARM_FREE_SMALL: engines alone, pieces of 16 KiB, the CPU sleeps
 * @MGX_ARM_FREE: engines alone, pieces of 64 KiB, the CPU sleeps
 * @MGX_ARM_FREE_PART: engines alone, each one piece, by its speed
 * @MGX_ARM_FREE_POLL: the same, and the CPU polls
 */
enum mgx_arm {
	MGX_ARM_CPU,
	MGX_ARM_HELP_SMALL,
	MGX_ARM_HELP,
	MGX_ARM_HELP_PART,
	MGX_ARM_FREE_SMALL,
	MGX_ARM_FREE,
	MGX_ARM_FREE_PART,
	MGX_ARM_FREE_POLL,
	MGX_NR_ARMS,
};

#define MGX_ARMS_ALL ((1U << MGX_NR_ARMS) - 1)

/* The calling CPU copies, too. */
static inline bool mgx_arm_helps(__u32 arm)
{
	return arm <= MGX_ARM_HELP_PART;
}

/**
 * struct mgx_learn_arm - what is known of an arm
 * @cost: nanoseconds per MiB, moving average
 * @tries: how often it was tried since the last change, to MGX_LEARN_KNOWN
 * @usual: what it usually costs, logarithm to base 2, times 256
 * @pad: unused
 */
struct mgx_learn_arm {
	__u32 cost;
	__u32 tries;
	__u32 usual;
	__u32 pad;
};

/**
 * struct mgx_learn - what is known for one size class
 * @arm: by &enum mgx_arm
 * @set: channels it was learned with, one bit each
 * @credit_ns: time that may be spent on trials; below 0 when one has cost more
 *	than was thought
 * @epoch: counts up when all is forgotten; what channels cost is then unknown
 * @next: arm to be tried next
 * @since: batches since the last trial
 * @batches: batches since the last change
 * @warm: warm-up is over
 * @used: arm in use
 * @slower: evidence that the machine has become slower
 * @faster: evidence that it has become faster
 * @calm: batches that must pass between two alarms
 * @probes: batches that only measured channels since the last change
 * @changes: how often all was forgotten
 * @trials: batches that were spent on trials after the warm-up
 * @news: how often a channel had come or come back when it was learned
 * @pad: unused
 */
struct mgx_learn {
	struct mgx_learn_arm arm[MGX_PLAN_MAX];
	__u64 set;
	__s64 credit_ns;
	__u32 epoch;
	__u32 next;
	__u32 since;
	__u32 batches;
	__u32 warm;
	__u32 used;
	__u32 slower;
	__u32 faster;
	__u32 calm;
	__u32 probes;
	__u32 changes;
	__u32 trials;
	__u32 news;
	__u32 pad;
};

/* Of power 2 each, from 32 KiB to 4 MiB; single pages and larger folios apart. */
static inline __u32 mgx_learn_class(__u64 bytes, __u32 nr_folios)
{
	__u64 large = nr_folios && bytes / nr_folios >= 64 << 10;
	__u32 i, log = 0;

	for (i = 0; i < 15; i++)
		log += bytes > 16384ULL << i;
	return (log << 1 | large) & (MGX_LEARN_CLASSES - 1);
}

/* Nanoseconds per MiB, from 1 to one less than MGX_LEARN_NEVER. */
static inline __u32 mgx_learn_cost(__u64 bytes, __u64 ns)
{
	__u64 cost;

	if (!bytes || ns >> 44)
		return MGX_LEARN_NEVER - 1;
	cost = (ns << 20) / bytes;
	if (cost >= MGX_LEARN_NEVER)
		return MGX_LEARN_NEVER - 1;
	return cost ? cost : 1;
}

static inline __u64 mgx_learn_ns(__u32 cost, __u64 bytes)
{
	return (bytes >> 12) * cost >> 8;
}

/* A sample counts as no more than twice the average: preemption. */
static inline __u32 mgx_learn_average(__u32 old, __u32 sample, __u32 weight)
{
	__u64 most = 2ULL * old, sum;

	if (!old)
		return sample;
	if (sample > most)
		sample = most;
	sum = (__u64)old * (weight - 1) + sample;
	sum /= weight;
	return sum ? sum : 1;
}

/* The cheapest arm that was tried; MGX_ARM_CPU if none was. */
static inline __u32 mgx_learn_best(const struct mgx_learn *l, __u32 usable)
{
	__u32 a, best = MGX_ARM_CPU, cost = MGX_LEARN_NEVER;

	for (a = 0; a < MGX_NR_ARMS; a++) {
		if (!(usable >> a & 1) || !l->arm[a].tries ||
		    l->arm[a].cost >= cost)
			continue;
		cost = l->arm[a].cost;
		best = a;
	}
	return best;
}

/* How far an arm is off, in log2 / 256, usually: one bad try is no verdict. */
static inline __s32 mgx_learn_off(const struct mgx_learn *l, __u32 a,
				  __u32 best)
{
	return (__s32)(l->arm[a].usual - l->arm[best].usual);
}

/* How often warm-up tries an arm: the more, the harder it is to tell apart. */
static inline __u32 mgx_learn_wanted(const struct mgx_learn *l, __u32 a,
				     __u32 best)
{
	__s32 off = mgx_learn_off(l, a, best);

	if (l->arm[a].tries < MGX_LEARN_LOST)
		return MGX_LEARN_WARM;
	if (off > MGX_LEARN_FAR)
		return MGX_LEARN_LOST;
	if (off <= MGX_LEARN_NEAR && l->batches < MGX_LEARN_LONG)
		return MGX_LEARN_MORE;
	return MGX_LEARN_WARM;
}

/* The arm that warm-up tries next, or MGX_NR_ARMS: it is over. */
static inline __u32 mgx_learn_warming(const struct mgx_learn *l, __u32 usable,
				      __u32 best)
{
	__u32 a, arm = MGX_NR_ARMS, least = MGX_LEARN_MORE;

	for (a = 0; a < MGX_NR_ARMS; a++) {
		__u32 tries = l->arm[a].tries;

		if (!(usable >> a & 1) || tries >= least ||
		    tries >= mgx_learn_wanted(l, a, best))
			continue;
		least = tries;
		arm = a;
	}
	return arm;
}

/* What a trial is thought to cost beyond the best. */
static inline __s64 mgx_learn_extra(const struct mgx_learn *l, __u32 a,
				    __u32 best, __u64 bytes)
{
	__u32 cost = l->arm[a & 7].cost, least = l->arm[best & 7].cost;

	return cost > least ? (__s64)mgx_learn_ns(cost - least, bytes) : 0;
}

/*
 * What has to be put by before a trial: it may cost many times what was thought,
 * and should not do so soon after everything was learned anew.
 */
static inline __s64 mgx_learn_reserve(const struct mgx_learn *l, __u32 best,
				      __u64 bytes)
{
	return MGX_LEARN_RESERVE *
	       (__s64)mgx_learn_ns(l->arm[best & 7].cost, bytes);
}

/*
 * An arm that the budget allows to try again, or @best. Those without the CPU
 * come first, they show more of the engines; of these the one that polls comes
 * last, since it may keep the CPU from those who need it.
 */
static inline __u32 mgx_learn_trial(struct mgx_learn *l, __u32 usable,
				    __u32 best, __u64 bytes)
{
	__u32 a = (2 * MGX_NR_ARMS - 2 - l->next % MGX_NR_ARMS) % MGX_NR_ARMS;
	__s64 extra;

	if (++l->since < MGX_LEARN_PAUSE)
		return best;
	if (a == best || !(usable >> a & 1)) {
		l->next++;
		return best;
	}
	extra = mgx_learn_extra(l, a, best, bytes);
	if (extra + mgx_learn_reserve(l, best, bytes) > l->credit_ns)
		return best;
	l->credit_ns -= extra;
	l->next++;
	l->since = 0;
	l->trials++;
	return a;
}

/**
 * mgx_learn_choose() - the arm for a batch
 * @l: what is known
 * @usable: arms that are possible, one bit each; MGX_ARM_CPU always is
 * @bytes: of the batch
 */
static inline __u32 mgx_learn_choose(struct mgx_learn *l, __u32 usable,
				     __u64 bytes)
{
	__u32 best = mgx_learn_best(l, usable);
	__u32 arm = mgx_learn_warming(l, usable, best);

	if (arm < MGX_NR_ARMS)
		return arm;
	return mgx_learn_trial(l, usable, best, bytes);
}

/* Nobody need look at the channels: the CPU is best, and no trial is due. */
static inline bool mgx_learn_settled_on_cpu(const struct mgx_learn *l)
{
	return l->used == MGX_ARM_CPU && l->warm && l->batches % 16 &&
	       l->since + 1 < MGX_LEARN_PAUSE;
}

/* Start anew: the machine is not what it was. */
static inline void mgx_learn_forget(struct mgx_learn *l, __u64 set)
{
	__u32 a;

	for (a = 0; a < MGX_NR_ARMS; a++)
		l->arm[a].tries = 0;
	l->set = set;
	l->epoch++;
	l->changes++;
	l->batches = 0;
	l->credit_ns = 0;
	l->probes = 0;
	l->since = 0;
	l->warm = 0;
	l->slower = 0;
	l->faster = 0;
	if (!l->calm)
		l->calm = MGX_LEARN_CALM;
}

/* The channels are others than those it was learned with. */
static inline bool mgx_learn_outdated(const struct mgx_learn *l, __u64 set,
				      __u32 news)
{
	return l->set != set || l->news != news;
}

/* Logarithm to base 2, times 256; linear between powers: at most 22 too little. */
static inline __u32 mgx_learn_log(__u32 x)
{
	__u32 log = 0, shift, rest = x;

	for (shift = 16; shift; shift >>= 1) {
		if (rest >> shift) {
			rest >>= shift;
			log += shift;
		}
	}
	return log << 8 | ((__u64)x << 8 >> log & 255);
}

static inline __s32 mgx_learn_clip(__s32 evidence)
{
	if (evidence > MGX_LEARN_MOST)
		return MGX_LEARN_MOST;
	return evidence < -MGX_LEARN_MOST ? -MGX_LEARN_MOST : evidence;
}

static inline __u32 mgx_learn_sum(__u32 sum, __s32 evidence)
{
	__s32 next = (__s32)sum + evidence - MGX_LEARN_SLACK;

	if (next > MGX_LEARN_ALARM)
		next = MGX_LEARN_ALARM;
	return next > 0 ? next : 0;
}

/* A batch that took @log instead of what is @usual: is the machine as it was? */
static inline void mgx_learn_judge(struct mgx_learn *l, __u32 usual, __u32 log)
{
	__s32 evidence = mgx_learn_clip((__s32)log - (__s32)usual);

	l->slower = mgx_learn_sum(l->slower, evidence);
	l->faster = mgx_learn_sum(l->faster, -evidence);
}

static inline bool mgx_learn_alarm(const struct mgx_learn *l)
{
	if (l->slower < MGX_LEARN_ALARM && l->faster < MGX_LEARN_ALARM)
		return false;
	return l->batches >= l->calm;
}

/* The least of the first few, then the mean in which none counts for too much. */
static inline __u32 mgx_learn_usual(__u32 usual, __u32 log, __u32 nr)
{
	__s32 off = mgx_learn_clip((__s32)log - (__s32)usual);

	if (nr == 1 || (nr <= MGX_LEARN_WARM && log < usual))
		return log;
	if (nr <= MGX_LEARN_WARM)
		return usual;
	if (off > 0)
		return usual + ((__u32)off + nr / 2) / nr;
	return usual - ((__u32)-off + nr / 2) / nr;
}

/* The first is not like the others, what is old loses weight: 2 to 8. */
static inline __u32 mgx_learn_weight(__u32 tries)
{
	if (tries < 2)
		return 2;
	return tries < 8 ? tries : 8;
}

static inline void mgx_learn_sample(struct mgx_learn_arm *a, __u32 sample)
{
	if (!a->tries)
		a->cost = sample;
	else if (sample < a->cost / 2)
		a->cost = sample; /* It is better than was thought. */
	else
		a->cost = mgx_learn_average(a->cost, sample,
					    mgx_learn_weight(a->tries));
	if (a->tries < MGX_LEARN_KNOWN)
		a->tries++;
	a->usual = mgx_learn_usual(a->usual, mgx_learn_log(sample), a->tries);
}

/*
 * What a trial has cost beyond what was expected is owed, what it has not, was
 * not spent. After a bad surprise there are no trials for long: if engines have
 * become slow, other arms with them have too.
 */
static inline void mgx_learn_settle(struct mgx_learn *l, __u32 expected,
				    __u32 sample, __u64 bytes)
{
	l->credit_ns += (__s64)mgx_learn_ns(expected, bytes);
	l->credit_ns -= (__s64)mgx_learn_ns(sample, bytes);
}

/**
 * mgx_learn_feed() - a batch was copied
 * @l: what is known
 * @usable: arms that are possible
 * @arm: how it was copied
 * @bytes: how much
 * @ns: how long it took
 */
static inline void mgx_learn_feed(struct mgx_learn *l, __u32 usable, __u32 arm,
				  __u64 bytes, __u64 ns)
{
	__u32 best, sample = mgx_learn_cost(bytes, ns);
	struct mgx_learn_arm *a = &l->arm[arm & 7];

	if (arm >= MGX_NR_ARMS)
		return;
	l->batches++;
	if (a->tries >= MGX_LEARN_WARM)
		mgx_learn_judge(l, a->usual, mgx_learn_log(sample));
	if (l->warm && arm != l->used)
		mgx_learn_settle(l, a->cost, sample, bytes);
	mgx_learn_sample(a, sample);
	best = mgx_learn_best(l, usable);
	if (mgx_learn_warming(l, usable, best) < MGX_NR_ARMS)
		return;
	l->warm = 1;
	l->used = best;
	l->credit_ns += ns / MGX_LEARN_BUDGET;
	if (l->credit_ns > 1LL << 32)
		l->credit_ns = 1LL << 32;
	if (!mgx_learn_alarm(l))
		return;
	/* Once more and it was a false alarm, unless it stays calm for long. */
	l->calm = l->batches > 4 * l->calm ? MGX_LEARN_CALM : l->calm * 2;
	if (l->calm > MGX_LEARN_CALM_MAX)
		l->calm = MGX_LEARN_CALM_MAX;
	mgx_learn_forget(l, l->set);
}

/* --- channels ------------------------------------------------------------------ */

/* Results of batches that only measure channels: in the place of an arm without. */
#define MGX_LEARN_PROBED    MGX_ARM_CPU
#define MGX_LEARN_CPU_CHUNK (16 << 10) /* of the CPU beside channels */

/**
 * struct mgx_learn_channel - what a channel costs, in one class and arm
 * @cost: nanoseconds per MiB of what it was granted, from its first piece to
 *	the end of its last: latency is in it
 * @epoch: of &mgx_learn.epoch it is from
 * @tries: shares it is the average of, to MGX_LEARN_KNOWN
 * @pad: unused
 */
struct mgx_learn_channel {
	__u32 cost;
	__u32 epoch;
	__u32 tries;
	__u32 pad;
};

/* Whether a channel is to blame: bad memory and a full ring are no failures. */
static inline bool mgx_learn_failed(__s32 status)
{
	return status && status != -EHWPOISON && status != -EAGAIN;
}

/*
 * A share that a channel has done, or has failed on. Shares are by these costs: what
 * differs by chance makes those of equal channels unequal, and the batch longer.
 */
static inline void mgx_learn_share(struct mgx_learn_channel *c, __u32 epoch,
				   __u64 bytes, __u64 ns, bool failed)
{
	__u32 sample = failed ? MGX_LEARN_NEVER : mgx_learn_cost(bytes, ns);

	if (!bytes && !failed)
		return; /* There was nothing left for it. */
	if (c->epoch != epoch || failed)
		c->tries = 0;
	if (!c->tries || sample < c->cost / 2)
		c->cost = sample; /* as with arms */
	else
		c->cost = mgx_learn_average(c->cost, sample,
					    mgx_learn_weight(c->tries));
	if (!failed && c->tries < MGX_LEARN_KNOWN)
		c->tries++;
	c->epoch = epoch;
}

/* It needs no more batches that only measure it. */
static inline bool mgx_learn_probed(const struct mgx_learn_channel *c,
				    __u32 epoch)
{
	return c->cost && c->epoch == epoch && c->tries >= MGX_LEARN_TWICE;
}

/**
 * struct mgx_learn_health - when a channel that failed is asked again
 * @until_ns: not before
 * @strikes: failures, of which some are forgiven
 * @good: shares without one since then
 */
struct mgx_learn_health {
	__u64 until_ns;
	__u32 strikes;
	__u32 good;
};

/* A failure may cost no more than trials may: it is made up for by waiting. */
static inline void mgx_learn_strike(struct mgx_learn_health *h, __u64 now,
				    __u64 ns)
{
	h->good = 0;
	h->until_ns = now + ((ns * MGX_LEARN_BUDGET) << h->strikes);
	if (h->strikes < 6)
		h->strikes++;
}

static inline void mgx_learn_forgive(struct mgx_learn_health *h)
{
	if (!h->strikes || ++h->good < 64)
		return;
	h->strikes--;
	h->good = 0;
}

/**
 * struct mgx_plan_one - a channel's part of a batch
 * @id: the channel
 * @cost: nanoseconds per MiB, 0 for unknown
 * @inflight: bytes it still has to copy for others
 * @share: bytes it is granted, 0: it is not asked
 * @chunk: bytes per piece
 */
struct mgx_plan_one {
	__u32 id;
	__u32 cost;
	__u64 inflight;
	__u64 share;
	__u32 chunk;
	__u32 pad;
};

/**
 * struct mgx_plan - how a batch is copied
 * @one: channels that may be asked
 * @nr: how many
 * @unknown: one of them has never copied such a batch
 * @set: one bit for each
 * @poll_ns: how long to poll before sleeping
 */
struct mgx_plan {
	struct mgx_plan_one one[MGX_PLAN_MAX];
	__u32 nr;
	__u32 unknown;
	__u64 set;
	__u64 poll_ns;
};

/* MiB per 2^32 ns: costs are added as rates. */
static inline __u64 mgx_plan_rate(__u32 cost)
{
	return cost ? (1ULL << 40) / cost : 0;
}

/* What a channel can copy while the others copy the rest: whole pages. */
static inline __u64 mgx_plan_share(const struct mgx_plan_one *one, __u64 bytes,
				   __u64 sum)
{
	__u64 share = mgx_plan_rate(one->cost) * (bytes >> 12) / (sum ? sum : 1)
		      << 12;

	if (share <= one->inflight || one->cost == MGX_LEARN_NEVER)
		return 0;
	return share - one->inflight;
}

/*
 * Bytes per piece; @share: what is one piece if there is to be only one. Without
 * the CPU it is a page more: shares are rounded down, and a page that is left
 * would take one of the channels its whole latency once more.
 */
static inline __u32 mgx_plan_chunk(__u64 share, __u32 arm)
{
	__u64 chunk = share;

	if (arm == MGX_ARM_HELP_SMALL || arm == MGX_ARM_FREE_SMALL)
		return 16 << 10;
	if (arm == MGX_ARM_HELP || arm == MGX_ARM_FREE)
		return 64 << 10;
	if (!mgx_arm_helps(arm) || chunk < MGX_LEARN_PAGE)
		chunk += MGX_LEARN_PAGE;
	if (chunk > 4 << 20)
		chunk = 4 << 20;
	return chunk & ~(MGX_LEARN_PAGE - 1);
}

/*
 * Who is fast pulls as much as it can. Who is slow, so that the others would
 * wait for its last piece, gets whole pieces within its share, or nothing: not
 * when it is alone with its like, since somebody must copy.
 */
static inline void mgx_plan_grant(struct mgx_plan_one *one, __u32 arm,
				  __u64 share, __u64 bytes)
{
	one->chunk = mgx_plan_chunk(share, arm);
	if (share < MGX_LEARN_PAGE)
		one->share = 0;
	else if (share >= 8ULL * one->chunk)
		one->share = bytes;
	else if (arm == MGX_ARM_HELP_PART)
		one->share = (share - share / 32) & ~(MGX_LEARN_PAGE - 1);
	else if (mgx_arm_helps(arm))
		one->share = share / one->chunk * one->chunk;
	else
		one->share = share < bytes / 64 ? 0 : bytes;
}

/**
 * mgx_plan_fill() - who gets how much
 * @p: its channels are known
 * @arm: one with channels
 * @bytes: of the batch, up to 1 GiB
 * @cpu_cost: of the calling CPU, 0 for unknown
 */
static inline void mgx_plan_fill(struct mgx_plan *p, __u32 arm, __u64 bytes,
				 __u32 cpu_cost)
{
	__u64 sum = mgx_arm_helps(arm) ? mgx_plan_rate(cpu_cost) : 0;
	__u64 all = bytes;
	__u32 i;

	for (i = 0; i < MGX_PLAN_CHANNELS && i < p->nr; i++) {
		sum += mgx_plan_rate(p->one[i].cost);
		all += p->one[i].inflight;
	}
	for (i = 0; i < MGX_PLAN_CHANNELS && i < p->nr; i++)
		mgx_plan_grant(&p->one[i], arm,
			       mgx_plan_share(&p->one[i], all, sum), bytes);
	p->poll_ns = arm == MGX_ARM_HELP_PART ? 20000 : 0;
	if (arm == MGX_ARM_FREE_POLL)
		p->poll_ns = ~0ULL;
}

/* A piece for each channel that is unknown, the CPU does the rest. */
static inline void mgx_plan_probe(struct mgx_plan *p, __u64 bytes)
{
	__u64 share = (bytes / 8 + MGX_LEARN_PAGE - 1) & ~(MGX_LEARN_PAGE - 1);
	__u32 i;

	for (i = 0; i < MGX_PLAN_CHANNELS && i < p->nr; i++) {
		p->one[i].share = p->one[i].cost ? 0 : share;
		p->one[i].chunk = mgx_plan_chunk(share, MGX_ARM_HELP_PART);
	}
	p->poll_ns = 0;
}

#endif /* _MGX_LEARN_H */
