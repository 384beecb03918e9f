// SPDX-License-Identifier: GPL-2.0-only
/*
 * disk.c - the guest's disks: ext4 on vda, swap on vdb.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>

#include "fixture.h"

#define EXT4_DIR "/run/mgx-ext4"

static int run(const char *command)
{
	int status = system(command);

	if (status)
		note("'%s' failed with status %#x", command, status);
	return status ? -EIO : 0;
}

const char *disk_ext4(void)
{
	mkdir(EXT4_DIR, 0700);
	/* The module is not built in, and mount(2) does not always load it. */
	if (run("modprobe ext4"))
		return NULL;
	if (!mount("/dev/vda", EXT4_DIR, "ext4", 0, NULL) || errno == EBUSY)
		return EXT4_DIR;
	if (run("mkfs.ext4 -q -F /dev/vda"))
		return NULL;
	return mount("/dev/vda", EXT4_DIR, "ext4", 0, NULL) ? NULL : EXT4_DIR;
}

int disk_swap(bool on)
{
	if (!on)
		return swapoff("/dev/vdb") ? -errno : 0;
	if (run("mkswap -q /dev/vdb >/dev/null 2>&1"))
		return -EIO;
	return swapon("/dev/vdb", 0) ? -errno : 0;
}
