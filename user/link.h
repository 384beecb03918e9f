/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * link.h - the BPF link that keeps a policy attached.
 */
#ifndef _MGXCTL_LINK_H
#define _MGXCTL_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "policy.h"

/* Opens the pinned link. Returns an fd, or -1 if there is none. */
int link_open_pinned(void);

/* The pinned link holds the policy slot; it does not after a forced detach. */
bool link_is_attached(int link_fd);

/*
 * Swaps the policy behind a link. Returns 0 or a negative errno.
 *
 * bpf_link__update_map() cannot do that: it takes the link for one that
 * bpf_map__attach_struct_ops() made and reads behind one that was opened from
 * its pin.
 */
int link_swap(int link_fd, const struct policy *policy);

/* Detaches the policy whoever holds its link. Returns 0 or a negative errno. */
int link_detach_held(void);

/*
 * Who holds a policy without our pin, as text such as "process 17 (mgxctl)".
 * Returns false if no process can be found that does.
 */
bool link_find_holder(char *text, size_t size);

#endif /* _MGXCTL_LINK_H */
