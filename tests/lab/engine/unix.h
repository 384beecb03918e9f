/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MGX_ENGINE_UNIX_H
#define _MGX_ENGINE_UNIX_H

int unix_listen(const char *path);
int unix_connect(const char *path);

#endif /* _MGX_ENGINE_UNIX_H */
