// SPDX-License-Identifier: GPL-2.0-only
/*
 * unix.c - UNIX sockets, with paths of any length.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "unix.h"

typedef int (*use_socket)(int fd, const struct sockaddr *addr, socklen_t len);

static int use(int fd, const char *path, use_socket how)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(path);

	if (len >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, len);
	if (how(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return -errno;
	return 0;
}

/* By the number of the open directory, for a path longer than 107 bytes */
static int use_in_dir(int fd, const char *path, use_socket how)
{
	char dir[PATH_MAX], base[PATH_MAX], name[PATH_MAX + 32];
	int dirfd, err;

	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	strcpy(dir, path);
	strcpy(base, path);
	dirfd = open(dirname(dir), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return -errno;
	snprintf(name, sizeof(name), "/proc/self/fd/%d/%s", dirfd,
		 basename(base));
	err = use(fd, name, how);
	close(dirfd);
	return err;
}

static int open_socket(const char *path, use_socket how)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	err = use(fd, path, how);
	if (err == -ENAMETOOLONG)
		err = use_in_dir(fd, path, how);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* File descriptor or negative errno. Replaces what is left of an old one. */
int unix_listen(const char *path)
{
	int fd, err;

	unlink(path);
	fd = open_socket(path, bind);
	if (fd < 0 || !listen(fd, 4))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int unix_connect(const char *path)
{
	return open_socket(path, connect);
}
