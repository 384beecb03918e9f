// SPDX-License-Identifier: GPL-2.0-only
/*
 * message.c - messages in and out of a UNIX socket, with the files that come
 * along.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "message.h"

/* Room for as many files as the kernel passes at once: none may be lost. */
#define MAX_FDS_ON_WIRE 253

static void keep_fd(struct message *m, int fd)
{
	if (m->nr_fds < MESSAGE_MAX_FDS)
		m->fds[m->nr_fds++] = fd;
	else
		close(fd);
}

static void keep_fds(struct message *m, struct msghdr *msg)
{
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		size_t nr = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < nr; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd),
			       sizeof(fd));
			keep_fd(m, fd);
		}
	}
}

/* Bytes received, 0 at the end, or a negative errno */
static ssize_t receive_some(int fd, struct message *m, void *to, size_t len)
{
	char control[CMSG_SPACE(MAX_FDS_ON_WIRE * sizeof(int))]
		__attribute__((aligned(8)));
	struct iovec iov = { .iov_base = to, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t got;

	do {
		got = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	keep_fds(m, &msg);
	return got;
}

/* 1 if all came, 0 if the other side ended before the first byte */
static int receive_all(int fd, struct message *m, void *to, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t got =
			receive_some(fd, m, (char *)to + done, len - done);

		if (got < 0)
			return got;
		if (!got)
			return done ? -ECONNRESET : 0;
		done += got;
	}
	return 1;
}

/*
 * The next message: 1; 0 if the client has closed the connection; negative
 * errno if it cannot be trusted any more.
 */
int message_receive(int fd, struct message *m)
{
	int err;

	m->nr_fds = 0;
	err = receive_all(fd, m, &m->header, sizeof(m->header));
	if (err <= 0)
		return err;
	if (m->header.size < sizeof(m->header) ||
	    m->header.size > sizeof(m->header) + sizeof(m->payload))
		return -EMSGSIZE;
	if (m->header.flags & VFIO_USER_FLAG_TYPE)
		return -EPROTO;
	m->size = m->header.size - sizeof(m->header);
	/* A field that did not come counts as zero. */
	memset(m->payload, 0, sizeof(m->payload));
	if (!m->size)
		return 1;
	err = receive_all(fd, m, m->payload, m->size);
	return err ? err : -ECONNRESET;
}

static int send_all(int fd, const void *from, size_t len)
{
	while (len) {
		ssize_t put = send(fd, from, len, MSG_NOSIGNAL);

		if (put < 0 && errno != EINTR)
			return -errno;
		if (put < 0)
			continue;
		from = (const char *)from + put;
		len -= put;
	}
	return 0;
}

/* Sends the payload, or with @error (an errno) the header alone. */
int message_reply(int fd, struct message *m, int error)
{
	struct {
		struct message_header header;
		uint8_t payload[MESSAGE_MAX_PAYLOAD];
	} out;

	if (m->header.flags & VFIO_USER_FLAG_NO_REPLY)
		return 0;
	if (error)
		m->size = 0;
	out.header = m->header;
	out.header.flags = VFIO_USER_FLAG_REPLY |
			   (error ? VFIO_USER_FLAG_ERROR : 0);
	out.header.error = error;
	out.header.size = sizeof(out.header) + m->size;
	memcpy(out.payload, m->payload, m->size);
	return send_all(fd, &out, out.header.size);
}

/* The caller closes it. -1 if there is none. */
int message_take_fd(struct message *m, unsigned int i)
{
	int fd;

	if (i >= m->nr_fds)
		return -1;
	fd = m->fds[i];
	m->fds[i] = -1;
	return fd;
}

void message_close_fds(struct message *m)
{
	for (unsigned int i = 0; i < m->nr_fds; i++)
		if (m->fds[i] >= 0)
			close(m->fds[i]);
	m->nr_fds = 0;
}
