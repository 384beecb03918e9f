/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * path.h - files that lie at a known place relative to this program.
 */
#ifndef _MGXCTL_PATH_H
#define _MGXCTL_PATH_H

#include <limits.h>

/* The canonical form of DIRECTORY-OF-MGXCTL/@name. 0, or -1 if there is none. */
int path_beside_program(const char *name, char path[PATH_MAX]);

#endif /* _MGXCTL_PATH_H */
