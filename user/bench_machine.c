// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_machine.c - what a measurement ran on, so that another one can be
 * compared with it, or cannot.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "sysfs.h"

#define MAX_NODES 64

static void put_file(struct json_object *tree, const char *key,
		     const char *path)
{
	char text[1024];

	put_string(tree, key,
		   file_read(path, text, sizeof(text)) || !*text ? NULL : text);
}

/* The value of the first line that begins with @name. */
static void put_cpuinfo(struct json_object *tree, const char *key,
			const char *name)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[4096], *value = NULL;

	while (file && !value && fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, strlen(name)) != 0)
			continue;
		value = strchr(line, ':');
		line[strcspn(line, "\n")] = '\0';
	}
	put_string(tree, key, value && value[1] ? value + 2 : NULL);
	if (file)
		fclose(file);
}

static bool cpu_says_virtual(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[4096];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = !strncmp(line, "flags", 5) &&
			strstr(line, " hypervisor");
	if (file)
		fclose(file);
	return found;
}

static void put_kernel(struct json_object *tree)
{
	struct utsname name;

	if (uname(&name))
		return;
	put_string(tree, "kernel", name.release);
	put_string(tree, "kernel_version", name.version);
	put_string(tree, "architecture", name.machine);
	put_file(tree, "kernel_command_line", "/proc/cmdline");
}

static void put_nodes(struct json_object *tree)
{
	struct json_object *nodes = put_array(tree, "nodes");
	int node[MAX_NODES], nr = bench_nodes(node, MAX_NODES);

	for (int i = 0; i < nr; i++) {
		struct json_object *row = put_row(nodes);
		char path[96];

		put_s64(row, "node", node[i]);
		snprintf(path, sizeof(path),
			 "/sys/devices/system/node/node%d/cpulist", node[i]);
		put_file(row, "cpus", path);
		snprintf(path, sizeof(path),
			 "/sys/devices/system/node/node%d/distance", node[i]);
		put_file(row, "distance", path);
		put_u64(row, "free_mib", bench_node_free(node[i]) >> 20);
	}
}

static void put_channel(struct json_object *array, unsigned int id)
{
	static const char *const keys[] = { "kind", "name", "node", "state",
					    "verify" };
	struct json_object *row = put_row(array);

	put_u64(row, "id", id);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		char path[128];

		snprintf(path, sizeof(path), MGX_SYSFS "/channels/%u/%s", id,
			 keys[i]);
		put_file(row, keys[i], path);
	}
}

static void put_module(struct json_object *tree)
{
	struct json_object *channels;

	put_file(tree, "module", MGX_SYSFS "/version");
	channels = put_array(tree, "channels");
	for (unsigned int id = 0; id < MGX_MAX_CHANNELS; id++) {
		char path[64];

		snprintf(path, sizeof(path), MGX_SYSFS "/channels/%u", id);
		if (!access(path, F_OK))
			put_channel(channels, id);
	}
}

static void put_time(struct json_object *tree)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[32];

	if (gmtime_r(&now, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		put_string(tree, "time", text);
}

/* As it was typed, each word apart. */
static void put_command(struct json_object *tree)
{
	struct json_object *array = put_array(tree, "command");
	FILE *file = fopen("/proc/self/cmdline", "re");
	char *word = NULL;
	size_t size = 0;

	while (file && getdelim(&word, &size, '\0', file) > 0)
		put_text(array, word);
	free(word);
	if (file)
		fclose(file);
}

void bench_machine(struct json_object *tree, const char *key)
{
	struct json_object *machine;

	put_command(tree);
	machine = put_object(tree, key);
	put_time(machine);
	put_kernel(machine);
	put_cpuinfo(machine, "cpu", "model name");
	put_file(machine, "cpus_online", "/sys/devices/system/cpu/online");
	put_bool(machine, "virtual", cpu_says_virtual());
	put_file(machine, "vendor", "/sys/class/dmi/id/sys_vendor");
	put_file(machine, "product", "/sys/class/dmi/id/product_name");
	put_file(
		machine, "clocksource",
		"/sys/devices/system/clocksource/clocksource0/current_clocksource");
	put_file(machine, "governor",
		 "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
	put_file(machine, "thp", "/sys/kernel/mm/transparent_hugepage/enabled");
	put_file(machine, "numa_balancing", "/proc/sys/kernel/numa_balancing");
	put_nodes(machine);
	put_module(machine);
}
