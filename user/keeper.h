/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keeper.h - the part of mgxd that keeps its privileges: it attaches the
 * monitor and carries out commands. It does not speak HTTP.
 */
#ifndef _MGX_KEEPER_H
#define _MGX_KEEPER_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct keeper_options - what it is to do
 * @socket: path of the control socket
 * @view: path of the view socket, for which the other part has no rights later
 * @run_dir: directory of both
 * @group: whose members may use it
 * @has_group: there is such a group; else only root may
 */
struct keeper_options {
	const char *socket;
	const char *view;
	const char *run_dir;
	gid_t group;
	bool has_group;
};

struct monitor;

/*
 * Makes and pins the monitor's maps. NULL with the error recorded; another
 * mgxd may have one already.
 */
struct monitor *monitor_new(void);
/* Unpins the maps. */
void monitor_free(struct monitor *monitor);
/* Of its rare events. */
int monitor_ring_fd(const struct monitor *monitor);
/* Attaches it while a policy is in charge, and detaches it after. */
void monitor_follow(struct monitor *monitor);

/*
 * Starts it. @monitor may be NULL. Returns an fd that hangs up when it ends,
 * and whose closing ends it, or -1 with the error recorded.
 */
int keeper_start(struct monitor *monitor, const struct keeper_options *options);

/* A listening UNIX socket in place of what a dead process has left. */
int socket_listen(const char *path, mode_t mode);

#endif /* _MGX_KEEPER_H */
