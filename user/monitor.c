// SPDX-License-Identifier: GPL-2.0-only
/*
 * monitor.c - the monitor's maps and programs.
 *
 * The maps live as long as mgxd. The programs are loaded anew for each policy:
 * they refer to the module's types, and the module may have come again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "capture.h"
#include "error.h"
#include "keeper.h"
#include "monitor_map.h"
#include "sysfs.h"
#include "util.h"

#define MAX_LINKS 8

/* Of clang -target bpf; a part of this program, so that the two fit. */
__asm__(".section .rodata\n"
	".balign 8\n"
	"monitor_object: .incbin \"" MONITOR_OBJECT "\"\n"
	"monitor_object_end:\n"
	".previous\n");

/**
 * struct monitor - the monitor
 * @maps: holds the maps
 * @programs: while a policy is in charge, else NULL
 * @links: of @programs
 * @nr_links: how many
 * @attachments: how often it was attached
 * @lock_fd: keeps other mgxds from being the monitor
 * @failed: loading failed for the policy with this number
 */
struct monitor {
	struct bpf_object *maps;
	struct bpf_object *programs;
	struct bpf_link *links[MAX_LINKS];
	int nr_links;
	__u64 attachments;
	int lock_fd;
	__u64 failed;
};

/* What is not here is nobody's business, or cannot be read by others. */
static const char *const pinned[] = { "choices", "flows",  "calls",
				      "loss",	 "status", "running" };

static struct bpf_object *open_object(void)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "mgx_monitor");

	return bpf_object__open_mem(monitor_object,
				    monitor_object_end - monitor_object, &opts);
}

/* The maps, with their types; the programs wait for the module. */
static int make_maps(struct monitor *monitor)
{
	struct bpf_program *program;

	monitor->maps = open_object();
	if (!monitor->maps)
		return fail(NULL, "the monitor is no BPF object");
	bpf_object__for_each_program(program, monitor->maps)
		bpf_program__set_autoload(program, false);
	if (bpf_object__load(monitor->maps))
		return fail("run it as root", "the monitor's maps: %s",
			    strerror(errno));
	return 0;
}

static void unpin_maps(void)
{
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(pinned); i++) {
		snprintf(path, sizeof(path), PIN_MONITOR "/%s", pinned[i]);
		unlink(path);
	}
}

static int pin_map(const struct monitor *monitor, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), PIN_MONITOR "/%s", name);
	if (bpf_obj_pin(bpf_object__find_map_fd_by_name(monitor->maps, name),
			path) ||
	    chmod(path, 0444))
		return fail(NULL, "%s: %s", path, strerror(errno));
	return 0;
}

static int pin_maps(const struct monitor *monitor)
{
	unpin_maps();
	for (size_t i = 0; i < ARRAY_SIZE(pinned); i++)
		if (pin_map(monitor, pinned[i]))
			return -1;
	return 0;
}

/* The directory, as nobody else's. */
static int lock_directory(struct monitor *monitor)
{
	int fd = pin_lock();

	if (fd < 0)
		return -1;
	mkdir(PIN_MONITOR, 0755);
	chmod(PIN_DIR, 0755);
	chmod(PIN_MONITOR, 0755);
	monitor->lock_fd =
		open(PIN_MONITOR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pin_unlock(fd);
	if (monitor->lock_fd < 0)
		return fail(NULL, PIN_MONITOR ": %s", strerror(errno));
	if (flock(monitor->lock_fd, LOCK_EX | LOCK_NB)) {
		close(monitor->lock_fd);
		monitor->lock_fd = -1;
		return fail("this one shows the other's figures",
			    "another mgxd is the monitor");
	}
	return 0;
}

struct monitor *monitor_new(void)
{
	struct monitor *monitor = calloc(1, sizeof(*monitor));

	if (!monitor)
		return NULL;
	monitor->lock_fd = -1;
	if (!lock_directory(monitor) && !make_maps(monitor) &&
	    !pin_maps(monitor))
		return monitor;
	monitor_free(monitor);
	return NULL;
}

int monitor_ring_fd(const struct monitor *monitor)
{
	return bpf_object__find_map_fd_by_name(monitor->maps, "rare");
}

static void set_status(struct monitor *monitor, bool attached)
{
	struct mgx_monitor_status status = { attached, monitor->attachments };
	__u32 zero = 0;
	int fd = bpf_object__find_map_fd_by_name(monitor->maps, "status");

	bpf_map_update_elem(fd, &zero, &status, BPF_ANY);
}

static void detach(struct monitor *monitor)
{
	if (monitor->programs)
		set_status(monitor, false);
	while (monitor->nr_links)
		bpf_link__destroy(monitor->links[--monitor->nr_links]);
	bpf_object__close(monitor->programs);
	monitor->programs = NULL;
}

void monitor_free(struct monitor *monitor)
{
	if (!monitor)
		return;
	detach(monitor);
	if (monitor->lock_fd >= 0) {
		unpin_maps();
		rmdir(PIN_MONITOR);
		rmdir(PIN_DIR);
		close(monitor->lock_fd);
	}
	bpf_object__close(monitor->maps);
	free(monitor);
}

static int share_maps(struct monitor *monitor)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, monitor->programs) {
		int fd = bpf_object__find_map_fd_by_name(monitor->maps,
							 bpf_map__name(map));

		if (bpf_map__is_internal(map))
			continue;
		if (bpf_map__reuse_fd(map, fd))
			return -1;
	}
	return 0;
}

static int attach_programs(struct monitor *monitor)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, monitor->programs) {
		struct bpf_link *link = bpf_program__attach(program);

		if (!link)
			return -1;
		monitor->links[monitor->nr_links++] = link;
	}
	return 0;
}

static void attach(struct monitor *monitor)
{
	capture_clear();
	monitor->programs = open_object();
	if (monitor->programs && !share_maps(monitor) &&
	    !bpf_object__load(monitor->programs) && !attach_programs(monitor)) {
		monitor->attachments++;
		set_status(monitor, true);
		return;
	}
	fprintf(stderr, "mgxd: the monitor does not load: %s\n%s",
		strerror(errno), capture_text());
	detach(monitor);
	monitor->failed = sysfs_u64("enable_seq");
}

void monitor_follow(struct monitor *monitor)
{
	bool active = sysfs_active();

	if (!active && monitor->programs)
		detach(monitor);
	/* Not again and again for the same policy. */
	if (active && !monitor->programs &&
	    monitor->failed != sysfs_u64("enable_seq"))
		attach(monitor);
}
