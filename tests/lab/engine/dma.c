// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma.c - guest memory: maps, and the only functions that touch it.
 *
 * Every range is checked as a whole before its first byte is moved, and may
 * reach over several maps.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "dma.h"

void dma_init(struct dma_space *space)
{
	pthread_rwlockattr_t attr;

	memset(space, 0, sizeof(*space));
	pthread_rwlockattr_init(&attr);
	/* Channels that never rest must not keep the client from unmapping. */
	pthread_rwlockattr_setkind_np(
		&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&space->lock, &attr);
	pthread_rwlockattr_destroy(&attr);
}

/* --- maps --------------------------------------------------------------- */

static bool overlaps(const struct dma_map *a, const struct dma_map *b)
{
	return a->addr < b->addr + b->size && b->addr < a->addr + a->size;
}

static int may_add(const struct dma_space *space, const struct dma_map *map)
{
	if (!map->size || map->addr + map->size < map->addr ||
	    map->addr % DMA_PAGE)
		return -EINVAL;
	if (space->nr == DMA_MAX_MAPS)
		return -ENOSPC;
	for (unsigned int i = 0; i < space->nr; i++)
		if (overlaps(&space->maps[i], map))
			return -EEXIST;
	return 0;
}

/* A file shorter than the client says would end us by SIGBUS. */
static int check_file(int fd, uint64_t offset, uint64_t size)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (offset + size < offset || st.st_size < 0 ||
	    offset + size > (uint64_t)st.st_size)
		return -EINVAL;
	return 0;
}

static int map_file(struct dma_map *map, int fd, uint64_t offset)
{
	int prot = PROT_READ, err = check_file(fd, offset, map->size);
	void *mem;

	if (err)
		return err;
	if (map->access & DMA_WRITE)
		prot |= PROT_WRITE;
	mem = mmap(NULL, map->size, prot, MAP_SHARED, fd, offset);
	if (mem == MAP_FAILED)
		return -errno;
	map->mem = mem;
	return 0;
}

/* @fd: file with the memory, or -1: then the range is known but out of reach */
int dma_add(struct dma_space *space, struct dma_map map, int fd,
	    uint64_t offset)
{
	int err;

	map.mem = NULL;
	pthread_rwlock_wrlock(&space->lock);
	err = may_add(space, &map);
	if (!err && fd >= 0)
		err = map_file(&map, fd, offset);
	if (!err)
		space->maps[space->nr++] = map;
	pthread_rwlock_unlock(&space->lock);
	return err;
}

static void drop(struct dma_space *space, unsigned int i)
{
	struct dma_map *map = &space->maps[i];

	if (map->mem)
		munmap(map->mem, map->size);
	*map = space->maps[--space->nr];
}

int dma_remove(struct dma_space *space, uint64_t addr, uint64_t size)
{
	int err = -ENOENT;

	pthread_rwlock_wrlock(&space->lock);
	for (unsigned int i = 0; i < space->nr; i++) {
		if (space->maps[i].addr != addr || space->maps[i].size != size)
			continue;
		drop(space, i);
		err = 0;
		break;
	}
	pthread_rwlock_unlock(&space->lock);
	return err;
}

void dma_remove_all(struct dma_space *space)
{
	pthread_rwlock_wrlock(&space->lock);
	while (space->nr)
		drop(space, space->nr - 1);
	pthread_rwlock_unlock(&space->lock);
}

/* When this returns with @enabled false, nothing touches guest memory. */
void dma_enable(struct dma_space *space, bool enabled)
{
	pthread_rwlock_wrlock(&space->lock);
	space->enabled = enabled;
	pthread_rwlock_unlock(&space->lock);
}

/* --- access, with the lock held --------------------------------------------- */

static const struct dma_map *find(const struct dma_space *space, uint64_t addr)
{
	for (unsigned int i = 0; i < space->nr; i++)
		if (addr - space->maps[i].addr < space->maps[i].size)
			return &space->maps[i];
	return NULL;
}

/*
 * Address here of guest address @addr; shortens *@len to what follows it
 * without a gap. NULL if it is out of reach.
 */
static uint8_t *reach(const struct dma_space *space, uint64_t addr,
		      unsigned int access, size_t *len)
{
	const struct dma_map *map = find(space, addr);
	uint64_t skip;

	if (!space->enabled || !map || !map->mem || !(map->access & access))
		return NULL;
	skip = addr - map->addr;
	if (*len > map->size - skip)
		*len = map->size - skip;
	return map->mem + skip;
}

static bool reachable(const struct dma_space *space, uint64_t addr, size_t len,
		      unsigned int access)
{
	size_t part;

	if (addr + len < addr)
		return false;
	for (; len; addr += part, len -= part) {
		part = len;
		if (!reach(space, addr, access, &part))
			return false;
	}
	return true;
}

/* --- access ------------------------------------------------------------------ */

enum dma_result dma_read(struct dma_space *space, void *to, uint64_t src,
			 size_t len)
{
	enum dma_result result = DMA_BAD_SRC;
	uint8_t *out = to;

	pthread_rwlock_rdlock(&space->lock);
	if (reachable(space, src, len, DMA_READ)) {
		for (size_t part = len; len; part = len) {
			memcpy(out, reach(space, src, DMA_READ, &part), part);
			out += part;
			src += part;
			len -= part;
		}
		result = DMA_OK;
	}
	pthread_rwlock_unlock(&space->lock);
	return result;
}

enum dma_result dma_write(struct dma_space *space, uint64_t dst,
			  const void *from, size_t len)
{
	enum dma_result result = DMA_BAD_DST;
	const uint8_t *in = from;

	pthread_rwlock_rdlock(&space->lock);
	if (reachable(space, dst, len, DMA_WRITE)) {
		for (size_t part = len; len; part = len) {
			memcpy(reach(space, dst, DMA_WRITE, &part), in, part);
			in += part;
			dst += part;
			len -= part;
		}
		result = DMA_OK;
	}
	pthread_rwlock_unlock(&space->lock);
	return result;
}

static void copy_parts(const struct dma_space *space, uint64_t dst,
		       uint64_t src, size_t len)
{
	while (len) {
		size_t part = len;
		uint8_t *from = reach(space, src, DMA_READ, &part);
		uint8_t *to = reach(space, dst, DMA_WRITE, &part);

		memmove(to, from, part);
		dst += part;
		src += part;
		len -= part;
	}
}

enum dma_result dma_copy(struct dma_space *space, uint64_t dst, uint64_t src,
			 size_t len)
{
	enum dma_result result = DMA_OK;

	pthread_rwlock_rdlock(&space->lock);
	if (!reachable(space, src, len, DMA_READ))
		result = DMA_BAD_SRC;
	else if (!reachable(space, dst, len, DMA_WRITE))
		result = DMA_BAD_DST;
	else
		copy_parts(space, dst, src, len);
	pthread_rwlock_unlock(&space->lock);
	return result;
}

/* In one piece, and after everything that was written before. */
enum dma_result dma_store64(struct dma_space *space, uint64_t dst,
			    uint64_t value)
{
	enum dma_result result = DMA_BAD_DST;
	size_t len = sizeof(value);
	uint8_t *to;

	if (dst % sizeof(value))
		return DMA_BAD_DST;
	pthread_rwlock_rdlock(&space->lock);
	to = reach(space, dst, DMA_WRITE, &len);
	if (to && len == sizeof(value)) {
		__atomic_store_n((uint64_t *)to, value, __ATOMIC_RELEASE);
		result = DMA_OK;
	}
	pthread_rwlock_unlock(&space->lock);
	return result;
}
