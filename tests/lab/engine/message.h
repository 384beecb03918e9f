/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * message.h - messages of the vfio-user protocol, and how they travel.
 *
 * The protocol is described in QEMU's docs/interop/vfio-user.rst. Its payloads
 * are mostly the structures of linux/vfio.h.
 */
#ifndef _MGX_ENGINE_MESSAGE_H
#define _MGX_ENGINE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#define MESSAGE_MAX_PAYLOAD 8192
#define MESSAGE_MAX_FDS	    8

enum message_command {
	VFIO_USER_VERSION = 1,
	VFIO_USER_DMA_MAP = 2,
	VFIO_USER_DMA_UNMAP = 3,
	VFIO_USER_DEVICE_GET_INFO = 4,
	VFIO_USER_DEVICE_GET_REGION_INFO = 5,
	VFIO_USER_DEVICE_GET_IRQ_INFO = 7,
	VFIO_USER_DEVICE_SET_IRQS = 8,
	VFIO_USER_REGION_READ = 9,
	VFIO_USER_REGION_WRITE = 10,
	VFIO_USER_DEVICE_RESET = 13,
	NR_MESSAGE_COMMANDS,
};

#define VFIO_USER_FLAG_TYPE	0x0f
#define VFIO_USER_FLAG_REPLY	0x01
#define VFIO_USER_FLAG_NO_REPLY 0x10
#define VFIO_USER_FLAG_ERROR	0x20

struct message_header {
	uint16_t id;
	uint16_t command;
	/* of the whole message */
	uint32_t size;
	uint32_t flags;
	uint32_t error;
};

struct vfio_user_version {
	uint16_t major;
	uint16_t minor;
	/* followed by JSON, with a NUL at its end */
};

struct vfio_user_dma_map {
	uint32_t argsz;
	uint32_t flags;
	uint64_t offset;
	uint64_t addr;
	uint64_t size;
};

struct vfio_user_dma_unmap {
	uint32_t argsz;
	uint32_t flags;
	uint64_t addr;
	uint64_t size;
};

struct vfio_user_region_access {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
	uint8_t data[];
};

/**
 * struct message - a message that was received, then the reply to it
 * @header:	its header
 * @size:	bytes in @payload
 * @nr_fds:	files that came with it
 * @fds:	they; those that are not taken (set to -1) are closed
 * @payload:	what follows the header
 */
struct message {
	struct message_header header;
	size_t size;
	unsigned int nr_fds;
	int fds[MESSAGE_MAX_FDS];
	uint8_t payload[MESSAGE_MAX_PAYLOAD] __attribute__((aligned(8)));
};

int message_receive(int fd, struct message *message);
int message_reply(int fd, struct message *message, int error);
int message_take_fd(struct message *message, unsigned int i);
void message_close_fds(struct message *message);

#endif /* _MGX_ENGINE_MESSAGE_H */
