/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clock.h - time and threads.
 */
#ifndef _MGX_ENGINE_CLOCK_H
#define _MGX_ENGINE_CLOCK_H

#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <time.h>

#define NSEC_PER_SEC  1000000000ULL
#define NSEC_PER_MSEC 1000000ULL

static inline uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static inline void clock_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

/* Waits for @cond, not longer than until @due. */
static inline void clock_wait(pthread_cond_t *cond, pthread_mutex_t *lock,
			      uint64_t due)
{
	struct timespec until = {
		.tv_sec = due / NSEC_PER_SEC,
		.tv_nsec = due % NSEC_PER_SEC,
	};

	pthread_cond_timedwait(cond, lock, &until);
}

static inline void thread_start(pthread_t *thread, void *(*run)(void *),
				void *arg)
{
	errno = pthread_create(thread, NULL, run, arg);
	if (errno)
		err(1, "cannot start a thread");
}

#endif /* _MGX_ENGINE_CLOCK_H */
