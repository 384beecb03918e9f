/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MGX_ENGINE_DMA_H
#define _MGX_ENGINE_DMA_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DMA_MAX_MAPS 256
#define DMA_PAGE     4096
#define DMA_READ     1
#define DMA_WRITE    2

enum dma_result {
	DMA_OK,
	DMA_BAD_SRC,
	DMA_BAD_DST,
};

/**
 * struct dma_map - guest memory that the client lets us reach
 * @addr:	guest address
 * @size:	bytes
 * @access:	DMA_READ, DMA_WRITE
 * @mem:	where it is mapped here; NULL if the client gave no file for it
 */
struct dma_map {
	uint64_t addr;
	uint64_t size;
	unsigned int access;
	uint8_t *mem;
};

/**
 * struct dma_space - all of a function's guest memory
 * @lock:	taken shared by whoever touches guest memory, exclusively to
 *		change what follows: a map that is gone is not in use any more
 * @maps:	the maps, in no order
 * @nr:		number of maps
 * @enabled:	the function may master the bus
 */
struct dma_space {
	pthread_rwlock_t lock;
	struct dma_map maps[DMA_MAX_MAPS];
	unsigned int nr;
	bool enabled;
};

void dma_init(struct dma_space *space);
int dma_add(struct dma_space *space, struct dma_map map, int fd,
	    uint64_t offset);
int dma_remove(struct dma_space *space, uint64_t addr, uint64_t size);
void dma_remove_all(struct dma_space *space);
void dma_enable(struct dma_space *space, bool enabled);

enum dma_result dma_read(struct dma_space *space, void *to, uint64_t src,
			 size_t len);
enum dma_result dma_write(struct dma_space *space, uint64_t dst,
			  const void *from, size_t len);
enum dma_result dma_copy(struct dma_space *space, uint64_t dst, uint64_t src,
			 size_t len);
enum dma_result dma_store64(struct dma_space *space, uint64_t dst,
			    uint64_t value);

#endif /* _MGX_ENGINE_DMA_H */
