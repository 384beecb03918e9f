/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stats.h - the counters of the policy in charge.
 */
#ifndef _MGXCTL_STATS_H
#define _MGXCTL_STATS_H

#include "mgx_policy.h"
#include "migrate_ext.h"

/* Sums over the CPUs. 0, or -1 if the policy has no counters or hides them. */
int stats_read(struct mgx_policy_stat stats[MGX_NR_REASONS]);

#endif /* _MGXCTL_STATS_H */
