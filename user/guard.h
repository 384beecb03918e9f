/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard.h - 'mgxctl load --guard': ends a policy that makes migration dearer.
 */
#ifndef _MGXCTL_GUARD_H
#define _MGXCTL_GUARD_H

#include "policy.h"

/* @text: [FACTOR[:RUN]]. Records an error. */
int guard_set(struct policy *policy, const char *text);

#endif /* _MGXCTL_GUARD_H */
