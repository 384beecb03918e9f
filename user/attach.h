/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.h - puts a loaded policy in charge.
 */
#ifndef _MGXCTL_ATTACH_H
#define _MGXCTL_ATTACH_H

#include "policy.h"

/*
 * The policy ends with the link, or with this process if the link is not pinned.
 * NULL, with the error recorded in the module's own words, if it was refused.
 */
struct bpf_link *attach_new(const struct policy *policy);

/* In the place of the policy behind a link. Returns 0, or -1 likewise. */
int attach_swap(const struct policy *policy, int link_fd);

#endif /* _MGXCTL_ATTACH_H */
