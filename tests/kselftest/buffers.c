// SPDX-License-Identifier: GPL-2.0-only
/*
 * buffers.c - pages of a block device that have buffer heads: ext4 reads its
 * inode table ahead, by buffers, without the folio's lock, so a read can end
 * between the copy of a batch and the folio's turn. They are never copied
 * early. And their turn never begins a batch: on 6.12 it runs under a spinlock.
 *
 * kselftest-timeout: 300
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"
#include "window.h"

#define PAGE	    4096UL
#define LIMIT	    120	 /* seconds, on a busy machine */
#define INODE	    1024 /* few files fill many blocks */
#define FILES	    250
#define LATE	    200 /* its inode is read ahead with others than the root's */
#define AHEAD	    16	/* blocks, at least */
#define DIR_MNT	    "/run/mgx-buffers"
#define DIR_SRC	    "/run/mgx-buffers-src"
#define DROP_CACHES "/proc/sys/vm/drop_caches", "7" /* all, silently */

FIXTURE(buffers)
{
	struct policy policy;
	struct window *window;
	struct counts counts;
	struct nbd nbd;
	struct mem mem;
	struct directed directed;
	pthread_t mover;
	pthread_t reader;
	int disk;
	int moved;
	int looked;
	bool mounted;
};

typedef FIXTURE_DATA(buffers) buffers_t;

static int run(const char *command)
{
	int status = system(command);

	if (status)
		note("'%s' failed with status %#x", command, status);
	return status;
}

static void path_of(char *path, size_t len, int file)
{
	snprintf(path, len, DIR_MNT "/f%04d", file);
}

/* Small files, so that the inode table is full. */
static int make_files(void)
{
	return run("rm -rf " DIR_SRC "; mkdir -p " DIR_SRC " " DIR_MNT
		   " && cd " DIR_SRC " && touch $(seq -f f%04.0f 0 249)");
}

static int make_filesystem(const struct nbd *n)
{
	char command[256];

	if (make_files() || run("modprobe ext4"))
		return -1;
	snprintf(command, sizeof(command),
		 "mke2fs -q -F -t ext4 -b 4096 -I 1024 -N 512 -O ^has_journal"
		 " -E lazy_itable_init=0 -d " DIR_SRC " /proc/%d/fd/%d",
		 getpid(), n->image_fd);
	return run(command);
}

/* The directory is in the cache then, the inodes of its files are not. */
static int mount_filesystem(void)
{
	DIR *dir;
	int nr = 0;

	if (mount(NBD_DEVICE, DIR_MNT, "ext4", MS_RDONLY, NULL))
		return -1;
	dir = opendir(DIR_MNT);
	if (!dir)
		return -1;
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr > FILES ? 0 : -1;
}

FIXTURE_SETUP(buffers)
{
	self->mem.fd = -1;
	self->disk = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, directed_open(&self->directed));
	ASSERT_EQ(0, window_start(&self->policy, &self->window));
	ASSERT_EQ(0, nbd_create(&self->nbd, MIB(16)));
	ASSERT_EQ(0, make_filesystem(&self->nbd));
	ASSERT_EQ(0, nbd_start(&self->nbd));
	ASSERT_EQ(0, mount_filesystem());
	self->mounted = true;
	self->disk = open(NBD_DEVICE, O_RDONLY);
	ASSERT_LE(0, self->disk);
	ASSERT_EQ(0, mem_make(&self->mem, MEM_SHMEM, 2 * PAGE, 0));
	ASSERT_EQ(0, counts_read(&self->counts));
}

FIXTURE_TEARDOWN(buffers)
{
	nbd_answer(&self->nbd);
	close(self->disk);
	if (self->mounted)
		EXPECT_EQ(0, umount(DIR_MNT));
	nbd_stop(&self->nbd);
	window_stop(&self->policy, self->window);
	directed_close(&self->directed);
	mem_free(&self->mem);
	setting_restore();
}

/* Each inode has a checksum. */
static int look_at(int from, int to)
{
	struct stat st;
	char path[64];
	int i;

	for (i = from; i < to; i++) {
		path_of(path, sizeof(path), i);
		if (stat(path, &st)) {
			note("%s cannot be read", path);
			return -1;
		}
	}
	return 0;
}

static void *reader_main(void *arg)
{
	buffers_t *self = arg;

	self->looked = look_at(LATE, LATE + 1);
	return NULL;
}

static void *mover_main(void *arg)
{
	buffers_t *self = arg;

	self->moved = directed_run(&self->directed);
	return NULL;
}

/* What the page cache has is what is on the device. */
static bool cache_is_right(const buffers_t *self, uint64_t index)
{
	char page[PAGE];

	if (pread(self->disk, page, PAGE, index * PAGE) != PAGE)
		return false;
	return !memcmp(page, self->nbd.image + index * PAGE, PAGE);
}

/* Blocks whose read is in flight: the first and the last that are held. */
static void blocks_in_flight(buffers_t *self, uint64_t *first, uint64_t *last)
{
	unsigned int i;

	*first = ~0ULL;
	*last = 0;
	for (i = 0; i < self->nbd.nr_held; i++) {
		uint64_t from = nbd_held_from(&self->nbd, i) / PAGE;
		uint64_t to = nbd_held_to(&self->nbd, i) / PAGE - 1;

		*first = from < *first ? from : *first;
		*last = to > *last ? to : *last;
	}
}

/*
 * A reader waits for one inode; the blocks around it are in flight as well, and
 * nobody waits for them. The one that it waits for, it holds.
 */
TEST_F_TIMEOUT(buffers, read_in_flight, LIMIT)
{
	struct directed *d = &self->directed;
	uint64_t first, last;

	nbd_hold(&self->nbd, 0, self->nbd.size);
	ASSERT_EQ(0, pthread_create(&self->reader, NULL, reader_main, self));
	ASSERT_TRUE(nbd_wait_held(&self->nbd, AHEAD * PAGE));
	blocks_in_flight(self, &first, &last);
	ASSERT_LE(first + AHEAD - 1, last);
	directed_add(d, self->mem.fd, 0, 0);
	directed_add(d, self->disk, first, 0);
	directed_add(d, self->disk, last, 0);
	window_arm(self->window, true);
	ASSERT_EQ(0, aside_start(&self->mover, mover_main, self));
	ASSERT_TRUE(window_wait(self->window));
	nbd_answer(&self->nbd);
	pthread_join(self->reader, NULL);
	window_close(self->window);
	pthread_join(self->mover, NULL);
	window_arm(self->window, false);
	EXPECT_EQ(0, self->window->expired);
	EXPECT_EQ(0, self->moved);
	EXPECT_EQ(0, self->looked);
	EXPECT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(2, EV(&self->counts, held_mapping));
	EXPECT_EQ(1, EV(&self->counts, pages_used));
	EXPECT_EQ(1, d->folio[1].node);
	EXPECT_EQ(1, d->folio[2].node);
	EXPECT_TRUE(cache_is_right(self, first));
	EXPECT_TRUE(cache_is_right(self, last));
	EXPECT_EQ(0, look_at(0, FILES));
	EXPECT_EQ(0, mem_check(&self->mem));
}

/* The first block of the inode table that is in the cache. */
static uint64_t cached_block(buffers_t *self)
{
	const char *inode;
	uint64_t block;

	/* Of the root directory: drwxr-xr-x */
	for (block = 1; block < self->nbd.size / PAGE; block++) {
		inode = self->nbd.image + block * PAGE + INODE;
		if (inode[0] == (char)0xed && inode[1] == 0x41)
			return block;
	}
	return 0;
}

static void expect_no_batch(struct __test_metadata *_metadata, buffers_t *self,
			    uint64_t block)
{
	struct directed *d = &self->directed;
	struct counts counts;

	directed_reset(d);
	directed_add(d, self->disk, block, 0);
	directed_add(d, self->disk, block + 1, 0);
	ASSERT_EQ(0, counts_read(&counts));
	ASSERT_EQ(0, directed_run(d));
	ASSERT_EQ(0, counts_since(&counts));
	EXPECT_EQ(2, d->call.succeeded);
	EXPECT_EQ(2, EV(&counts, pages_kernel));
	EXPECT_EQ(0, EV(&counts, batches));
	EXPECT_EQ(0, EV(&counts, held_mapping));
}

TEST_F_TIMEOUT(buffers, turn_begins_nothing, LIMIT)
{
	struct directed *d = &self->directed;
	uint64_t block = cached_block(self);

	ASSERT_NE(0, block);
	ASSERT_EQ(0, look_at(0, FILES));
	expect_no_batch(_metadata, self, block);
	/* The shared memory behind does. */
	directed_reset(d);
	directed_add(d, self->disk, block, 0);
	directed_add(d, self->disk, block + 1, 0);
	directed_add(d, self->mem.fd, 0, 0);
	directed_add(d, self->mem.fd, 1, 0);
	d->call.node = 0;
	ASSERT_EQ(0, counts_read(&self->counts));
	ASSERT_EQ(0, directed_run(d));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(1, EV(&self->counts, batches));
	EXPECT_EQ(2, EV(&self->counts, pages_used));
	EXPECT_EQ(2, EV(&self->counts, pages_kernel));
	/* It was gathered behind their turns. */
	EXPECT_EQ(0, EV(&self->counts, held_mapping));
	EXPECT_TRUE(cache_is_right(self, block));
	EXPECT_TRUE(cache_is_right(self, block + 1));
}

/* --- by chance, as it is in real life ------------------------------------------- */

#define TRACE "/sys/kernel/tracing/instances/mgx-buffers/"
#define EVENT TRACE "events/migrate_ext/mgx_batch/"

/* Records the batches that begin where nobody may sleep. */
static int trace_start(const char *filter)
{
	if (mkdir(TRACE, 0700) || file_write(EVENT "filter", filter))
		return -1;
	return file_write(EVENT "enable", "1");
}

static bool trace_is_empty(void)
{
	char line[512];
	bool empty = true;
	FILE *f = fopen(TRACE "trace", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		note("%s", line);
		empty = false;
		break;
	}
	fclose(f);
	return empty;
}

static void *look_again(void *arg)
{
	buffers_t *self = arg;

	while (!self->moved && !self->looked) {
		file_write(DROP_CACHES);
		self->looked = look_at(0, FILES);
	}
	return NULL;
}

TEST_F_TIMEOUT(buffers, compaction, LIMIT)
{
	int rounds = 0;
	time_t end;

	rmdir(TRACE);
	ASSERT_EQ(0, trace_start("common_preempt_count > 0"));
	ASSERT_EQ(0, pthread_create(&self->reader, NULL, look_again, self));
	for (end = time(NULL) + 5; time(NULL) < end; rounds++)
		file_write("/proc/sys/vm/compact_memory", "1");
	self->moved = 1;
	pthread_join(self->reader, NULL);
	EXPECT_EQ(0, self->looked);
	EXPECT_EQ(0, counts_since(&self->counts));
	counts_print(&self->counts);
	EXPECT_TRUE(trace_is_empty());
	rmdir(TRACE);
	EXPECT_LT(0, rounds);
	EXPECT_LT(0, EV(&self->counts, batches));
}

TEST_HARNESS_MAIN
