// SPDX-License-Identifier: GPL-2.0-only
/*
 * view.c - the view socket: a line for each message, for whoever connects.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keeper.h"
#include "view.h"

#define VIEWERS 64

/**
 * struct viewer - who is connected
 * @fd: its, or -1
 * @next: number of the message to send next
 * @message: what is being sent, or NULL
 * @sent: bytes of it
 */
struct viewer {
	int fd;
	__u64 next;
	struct message *message;
	size_t sent;
};

struct view {
	struct hub *hub;
	int epoll_fd, listen_fd;
	char *path;
	struct viewer viewers[VIEWERS];
};

struct view *view_new(struct hub *hub, int epoll_fd, const char *path)
{
	struct view *view = calloc(1, sizeof(*view));
	struct epoll_event event = { .events = EPOLLIN };

	if (!view)
		return NULL;
	view->hub = hub;
	view->epoll_fd = epoll_fd;
	view->path = strdup(path);
	for (int i = 0; i < VIEWERS; i++)
		view->viewers[i].fd = -1;
	view->listen_fd = socket_listen(path, 0666);
	if (view->listen_fd < 0) {
		view_free(view);
		return NULL;
	}
	event.data.ptr = view;
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, view->listen_fd, &event);
	return view;
}

static void viewer_close(struct viewer *viewer)
{
	close(viewer->fd);
	message_put(viewer->message);
	memset(viewer, 0, sizeof(*viewer));
	viewer->fd = -1;
}

void view_free(struct view *view)
{
	if (!view)
		return;
	for (int i = 0; i < VIEWERS; i++)
		if (view->viewers[i].fd >= 0)
			viewer_close(&view->viewers[i]);
	if (view->listen_fd >= 0) {
		close(view->listen_fd);
		unlink(view->path);
	}
	free(view->path);
	free(view);
}

/* 1: all of the message is sent; 0: no room now; -1: the viewer has gone. */
static int viewer_send(struct viewer *viewer)
{
	struct message *message = viewer->message;

	while (viewer->sent <= message->len) {
		bool end = viewer->sent == message->len;
		ssize_t n = send(viewer->fd,
				 end ? "\n" : message->text + viewer->sent,
				 end ? 1 : message->len - viewer->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		viewer->sent += n;
	}
	message_put(message);
	viewer->message = NULL;
	viewer->sent = 0;
	return 1;
}

static void viewer_push(struct view *view, struct viewer *viewer)
{
	int rc = 1;

	while (rc > 0) {
		if (!viewer->message) {
			if (viewer->next == hub_next(view->hub))
				return;
			viewer->message = hub_get(view->hub, viewer->next++);
		}
		/* Too far behind: it has to begin anew. */
		rc = viewer->message ? viewer_send(viewer) : -1;
	}
	if (rc < 0)
		viewer_close(viewer);
}

void view_wake(struct view *view)
{
	for (int i = 0; i < VIEWERS; i++)
		if (view->viewers[i].fd >= 0)
			viewer_push(view, &view->viewers[i]);
}

static void view_accept(struct view *view)
{
	int fd = accept4(view->listen_fd, NULL, NULL,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	struct viewer *viewer = NULL;

	for (int i = 0; fd >= 0 && i < VIEWERS && !viewer; i++)
		if (view->viewers[i].fd < 0)
			viewer = &view->viewers[i];
	if (!viewer) {
		if (fd >= 0)
			close(fd);
		return;
	}
	viewer->fd = fd;
	viewer->next = hub_next(view->hub);
	viewer->message = hub_state(view->hub);
	event.data.ptr = viewer;
	epoll_ctl(view->epoll_fd, EPOLL_CTL_ADD, fd, &event);
	viewer_push(view, viewer);
}

/* What it says is of no interest, but that it has gone is. */
static void viewer_drain(struct viewer *viewer)
{
	char text[256];
	ssize_t n = recv(viewer->fd, text, sizeof(text), MSG_DONTWAIT);

	if (!n || (n < 0 && errno != EAGAIN))
		viewer_close(viewer);
}

bool view_event(struct view *view, const void *data)
{
	struct viewer *viewer = (struct viewer *)data;

	if (data == view) {
		view_accept(view);
		return true;
	}
	if (viewer < view->viewers || viewer >= view->viewers + VIEWERS)
		return false;
	if (viewer->fd >= 0)
		viewer_drain(viewer);
	if (viewer->fd >= 0)
		viewer_push(view, viewer);
	return true;
}
