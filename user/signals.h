/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * signals.h - the signals that end a program, as an fd.
 */
#ifndef _MGX_SIGNALS_H
#define _MGX_SIGNALS_H

/* Blocks SIGINT, SIGTERM and SIGHUP; a signalfd of them. */
int signals_open(void);

#endif /* _MGX_SIGNALS_H */
