/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_stat.h - the middle and the spread of a few figures.
 */
#ifndef _MGXBENCH_STAT_H
#define _MGXBENCH_STAT_H

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/**
 * struct bench_stat - of some figures
 * @nr: how many
 * @median: half of them are not greater
 * @q1: a quarter of them is not greater
 * @q3: three quarters are not
 * @min: the least
 * @max: the greatest
 */
struct bench_stat {
	unsigned int nr;
	double median, q1, q3, min, max;
};

static inline int bench_by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Of sorted figures; between two of them in proportion. */
static inline double bench_quantile(const double *value, unsigned int nr,
				    double part)
{
	double at = part * (nr - 1);
	unsigned int below = at;

	if (below + 1 >= nr)
		return value[nr - 1];
	return value[below] + (at - below) * (value[below + 1] - value[below]);
}

/* Sorts @value. All NAN if there is none. */
static inline struct bench_stat bench_stat_of(double *value, unsigned int nr)
{
	struct bench_stat stat = { nr, NAN, NAN, NAN, NAN, NAN };

	if (!nr)
		return stat;
	qsort(value, nr, sizeof(*value), bench_by_value);
	stat.median = bench_quantile(value, nr, 0.5);
	stat.q1 = bench_quantile(value, nr, 0.25);
	stat.q3 = bench_quantile(value, nr, 0.75);
	stat.min = value[0];
	stat.max = value[nr - 1];
	return stat;
}

/* Of the 1 % of a normal distribution that is farthest from its middle. */
#define BENCH_Z99 2.5758

/*
 * Two samples differ by Mann and Whitney's rank test, two-sided at 1 %: 1 if @a
 * is greater, -1 if it is less, else 0, as always with less than 6 figures each.
 */
static inline int bench_stat_differ(const double *a, unsigned int nr_a,
				    const double *b, unsigned int nr_b)
{
	double middle = nr_a * nr_b / 2.0, wins = 0, limit;

	for (unsigned int i = 0; i < nr_a; i++)
		for (unsigned int j = 0; j < nr_b; j++)
			wins += a[i] > b[j] ? 1 : a[i] == b[j] ? 0.5 : 0;
	limit = 0.5 + BENCH_Z99 * sqrt(nr_a * nr_b * (nr_a + nr_b + 1) / 12.0);
	if (fabs(wins - middle) <= limit)
		return 0;
	return wins > middle ? 1 : -1;
}

#endif /* _MGXBENCH_STAT_H */
