// SPDX-License-Identifier: GPL-2.0-only
/*
 * pin.c - what a loaded policy leaves in the BPF file system.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "error.h"
#include "pin.h"

#define PIN_STAGED PIN_DIR "/maps-staged"
#define DIR_MODE   0755 /* anyone may enter, */
#define MAP_MODE   0444 /* and read */

bool pin_bpffs_mounted(void)
{
	struct statfs fs;

	return !statfs(BPFFS, &fs) && fs.f_type == BPF_FS_MAGIC;
}

static int entered = -1;

void pin_enter(void)
{
	entered = open(PIN_DIR, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

const char *pin_place(const char *name, char *path, size_t size)
{
	if (entered >= 0)
		snprintf(path, size, "/proc/self/fd/%d/%s", entered, name);
	else
		snprintf(path, size, PIN_DIR "/%s", name);
	return path;
}

/* Somebody else may remove the directory between the two. */
static int dir_open(void)
{
	int fd;

	do {
		if (mkdir(PIN_DIR, DIR_MODE) && errno != EEXIST)
			return -1;
		fd = open(PIN_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	} while (fd < 0 && errno == ENOENT);
	if (fd >= 0 && flock(fd, LOCK_EX)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The one who held the lock before may have removed the directory. */
static bool dir_is_current(int fd)
{
	struct stat held, now;

	return !fstat(fd, &held) && !stat(PIN_DIR, &now) &&
	       held.st_ino == now.st_ino;
}

int pin_lock(void)
{
	int fd;

	if (!pin_bpffs_mounted())
		return fail("mount -t bpf none " BPFFS,
			    "no BPF file system at " BPFFS);
	fd = dir_open();
	while (fd >= 0 && !dir_is_current(fd)) {
		close(fd);
		fd = dir_open();
	}
	return fd < 0 ? fail(NULL, PIN_DIR ": %s", strerror(errno)) : fd;
}

void pin_unlock(int fd)
{
	rmdir(PIN_DIR);
	close(fd);
}

static void remove_dir(const char *dir)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;

	while (stream && (entry = readdir(stream)))
		unlinkat(dirfd(stream), entry->d_name, 0);
	if (stream)
		closedir(stream);
	rmdir(dir);
}

/* libbpf's own maps are called OBJECT.rodata; bpffs allows no dots. */
static void pin_path(const struct bpf_map *map, char *path, size_t size)
{
	const char *name = bpf_map__name(map);
	const char *dot = strchr(name, '.');
	char *c;
	int n;

	n = snprintf(path, size, PIN_STAGED "/%s", dot ? dot + 1 : name);
	for (c = path + sizeof(PIN_STAGED); c < path + n; c++)
		if (*c == '.')
			*c = '_';
}

static int pin_map(struct bpf_map *map)
{
	char path[256];

	/* A pin of the struct_ops map would keep the module loaded. */
	if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS ||
	    !bpf_map__autocreate(map))
		return 0;
	pin_path(map, path, sizeof(path));
	if (bpf_obj_pin(bpf_map__fd(map), path) || chmod(path, MAP_MODE))
		return fail(NULL, "map '%s' could not be pinned: %s",
			    bpf_map__name(map), strerror(errno));
	return 0;
}

int pin_stage_maps(const struct bpf_object *object)
{
	struct bpf_map *map;

	pin_discard_staged();
	if (mkdir(PIN_STAGED, DIR_MODE))
		return fail(NULL, "mkdir " PIN_STAGED ": %s", strerror(errno));
	chmod(PIN_DIR, DIR_MODE);
	chmod(PIN_STAGED, DIR_MODE);
	bpf_object__for_each_map(map, object)
		if (pin_map(map))
			return -1;
	return 0;
}

int pin_commit_maps(void)
{
	unsigned int flags = access(PIN_MAPS, F_OK) ? 0 : RENAME_EXCHANGE;

	if (renameat2(AT_FDCWD, PIN_STAGED, AT_FDCWD, PIN_MAPS, flags))
		return fail(NULL,
			    "the maps could not be put into " PIN_MAPS ": %s",
			    strerror(errno));
	pin_discard_staged();
	return 0;
}

void pin_discard_staged(void)
{
	remove_dir(PIN_STAGED);
}

void pin_remove(void)
{
	unlink(PIN_LINK);
	remove_dir(PIN_MAPS);
	pin_discard_staged();
}
