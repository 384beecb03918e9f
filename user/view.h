/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * view.h - the view socket: a line for each message, for whoever connects.
 */
#ifndef _MGX_VIEW_H
#define _MGX_VIEW_H

#include "hub.h"

struct view;

/* Adds itself to @epoll_fd. NULL with the error recorded. */
struct view *view_new(struct hub *hub, int epoll_fd, const char *path);
void view_free(struct view *view);

/* Serves what of @data is its. False: the event was somebody else's. */
bool view_event(struct view *view, const void *data);

/* The hub has new messages. */
void view_wake(struct view *view);

#endif /* _MGX_VIEW_H */
