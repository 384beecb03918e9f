/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * control.h - the control socket. A command is a line. The answer is "ok N" and
 * N bytes of output, or "error" and the reason, in one line.
 */
#ifndef _MGX_ENGINE_CONTROL_H
#define _MGX_ENGINE_CONTROL_H

#define CONTROL_MAX_LINE 1024

struct engine;

void control_serve(struct engine *engine, int listener);
int control_ask(const char *path, const char *command);

#endif /* _MGX_ENGINE_CONTROL_H */
