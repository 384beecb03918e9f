/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_folio.h - whether this machine makes folios of a size, and has made them.
 */
#ifndef _MGXBENCH_FOLIO_H
#define _MGXBENCH_FOLIO_H

#include "bench_memory.h"

/*
 * The kernel makes folios of @unit bytes, @len bytes of them; settings that keep
 * it from that are changed if @want says so. Returns 0, -1 or BENCH_SKIP.
 */
int bench_folio_allowed(size_t unit, size_t len, enum bench_kind kind,
			const struct bench_want *want);

/* Both nodes have room for @bytes. Returns 0 or BENCH_SKIP. */
int bench_folio_room(size_t bytes, const struct bench_want *want);

/*
 * How many folios of filled memory are not what they should be; 0 if this user may
 * not see that.
 */
size_t bench_folio_broken(const struct bench_part *part);

#endif /* _MGXBENCH_FOLIO_H */
