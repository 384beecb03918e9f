// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.c - 'mgxctl check': can this machine run policies, and if not, why.
 *
 * Each probe looks at the thing itself; the kernel's configuration is only
 * asked where there is nothing to look at.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <zlib.h>

#include "cpulist.h"
#include "error.h"
#include "module.h"
#include "option.h"
#include "pin.h"
#include "policy.h"
#include "privilege.h"
#include "sysfs.h"
#include "util.h"

#define MIN_MAJOR 6
#define MIN_MINOR 12

/**
 * struct finding - result of a probe
 * @state: "ok", "warn" (not needed, or cannot be told) or "fail"
 * @cause: what was found
 * @remedy: what to do, may be empty
 */
struct finding {
	const char *state;
	char cause[512];
	char remedy[512];
};

/* Functions that the module hooks. */
static const char *const hooked[] = { "migrate_pages", "folio_mc_copy" };

#define NR_HOOKED ARRAY_SIZE(hooked)

static void found(struct finding *finding, const char *state,
		  const char *remedy, const char *cause, ...) __printf(4, 5);

static void found(struct finding *finding, const char *state,
		  const char *remedy, const char *cause, ...)
{
	va_list args;

	finding->state = state;
	snprintf(finding->remedy, sizeof(finding->remedy), "%s",
		 remedy ? remedy : "");
	va_start(args, cause);
	vsnprintf(finding->cause, sizeof(finding->cause), cause, args);
	va_end(args);
}

static void probe_kernel(struct finding *f)
{
	struct utsname system;
	int major, minor;

	uname(&system);
	if (sscanf(system.release, "%d.%d", &major, &minor) != 2 ||
	    major < MIN_MAJOR || (major == MIN_MAJOR && minor < MIN_MINOR))
		found(f, "fail", "boot 6.12 or later", "Linux %s is too old",
		      system.release);
	else if (strcmp(system.machine, "x86_64") &&
		 strcmp(system.machine, "aarch64"))
		found(f, "fail", "use x86-64 or arm64", "%s is not supported",
		      system.machine);
	else
		found(f, "ok", NULL, "Linux %s, %s", system.release,
		      system.machine);
}

/* What no other probe can see. */
static const char *const configs[] = {
	"CONFIG_MIGRATION=y",
	"CONFIG_BPF_SYSCALL=y",
	"CONFIG_BPF_JIT=y",
	"CONFIG_DYNAMIC_FTRACE=y",
	"CONFIG_DEBUG_INFO_BTF_MODULES=y",
};

#define NR_CONFIGS ARRAY_SIZE(configs)

/* zlib reads plain files, too. */
static void *config_open(void)
{
	struct utsname system;
	char path[128];
	void *file = gzopen("/proc/config.gz", "re");

	if (file)
		return file;
	uname(&system);
	snprintf(path, sizeof(path), "/boot/config-%s", system.release);
	return gzopen(path, "re");
}

static void config_mark(const char *line, bool set[NR_CONFIGS])
{
	for (size_t i = 0; i < NR_CONFIGS; i++) {
		size_t len = strlen(configs[i]);

		if (!strncmp(line, configs[i], len) && line[len] == '\n')
			set[i] = true;
	}
}

static void probe_config(struct finding *f)
{
	bool set[NR_CONFIGS] = { false };
	void *file = config_open();
	char line[512];

	if (!file) {
		found(f, "warn", "nothing, if the other lines are good",
		      "neither /proc/config.gz nor a configuration in /boot");
		return;
	}
	while (gzgets(file, line, sizeof(line)))
		config_mark(line, set);
	gzclose(file);
	for (size_t i = 0; i < NR_CONFIGS; i++) {
		if (!set[i]) {
			found(f, "fail", "boot a kernel that has it", "not %s",
			      configs[i]);
			return;
		}
	}
	found(f, "ok", NULL, "migration, BPF, ftrace, BTF of modules");
}

static void probe_btf(struct finding *f)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		found(f, "fail", "boot a kernel with CONFIG_DEBUG_INFO_BTF=y",
		      "/sys/kernel/btf/vmlinux: %s", strerror(errno));
	else
		found(f, "ok", NULL, "the kernel has BTF");
}

static void probe_jit(struct finding *f)
{
	char text[16];

	if (file_read("/proc/sys/net/core/bpf_jit_enable", text, sizeof(text)))
		found(f, "warn", NULL,
		      "net.core.bpf_jit_enable cannot be read");
	else if (!strcmp(text, "0"))
		found(f, "fail", "sysctl net.core.bpf_jit_enable=1",
		      "the BPF JIT is off");
	else
		found(f, "ok", NULL, "the BPF JIT is on");
}

static void probe_lockdown(struct finding *f)
{
	char text[64];

	if (file_read("/sys/kernel/security/lockdown", text, sizeof(text)))
		found(f, "ok", NULL, "no lockdown here");
	else if (strstr(text, "[confidentiality]"))
		found(f, "fail", "boot with lockdown=none or integrity",
		      "lockdown 'confidentiality' forbids such BPF programs");
	else if (strstr(text, "[integrity]"))
		found(f, "warn",
		      "sign it with a key that the kernel trusts; DKMS' own: "
		      "mokutil --import /var/lib/dkms/mok.pub, then reboot",
		      "lockdown 'integrity' forbids unsigned modules");
	else
		found(f, "ok", NULL, "not locked down");
}

static bool line_names(const char *line, const char *symbol)
{
	size_t len = strlen(symbol);

	return !strncmp(line, symbol, len) && strchr(" \t\n", line[len]);
}

/* "ADDRESS TYPE SYMBOL [MODULE]"; local symbols cannot be hooked by name. */
static const char *kallsyms_symbol(const char *line)
{
	const char *type = strchr(line, ' ');

	return type && (type[1] == 'T' || type[1] == 't') ? type + 3 : "";
}

static const char *plain_symbol(const char *line)
{
	return line;
}

static const char *first_unlisted(const bool listed[NR_HOOKED])
{
	for (size_t i = 0; i < NR_HOOKED; i++)
		if (!listed[i])
			return hooked[i];
	return NULL;
}

/* Which of the hooked functions a file lists. Returns 0 or -errno. */
static int file_list_hooked(const char *path,
			    const char *(*symbol)(const char *line),
			    bool listed[NR_HOOKED])
{
	FILE *file = fopen(path, "re");
	char line[512];

	memset(listed, 0, NR_HOOKED * sizeof(*listed));
	if (!file)
		return -errno;
	while (first_unlisted(listed) && fgets(line, sizeof(line), file))
		for (size_t i = 0; i < NR_HOOKED; i++)
			listed[i] |= line_names(symbol(line), hooked[i]);
	fclose(file);
	return 0;
}

static void probe_symbols(struct finding *f)
{
	bool listed[NR_HOOKED];
	const char *missing;
	int err = file_list_hooked("/proc/kallsyms", kallsyms_symbol, listed);

	missing = first_unlisted(listed);
	if (err)
		found(f, "fail", "boot a kernel with CONFIG_KALLSYMS=y",
		      "/proc/kallsyms: %s", strerror(-err));
	else if (missing)
		found(f, "fail",
		      "boot a kernel with CONFIG_MIGRATION=y, 6.12 or later",
		      "the kernel has no function %s()", missing);
	else
		found(f, "ok", NULL,
		      "migrate_pages() and folio_mc_copy() are there");
}

/* tracefs has two places. */
static void tracefs_path(const char *name, char *path, size_t size)
{
	snprintf(path, size, "/sys/kernel/tracing/%s", name);
	if (access(path, F_OK))
		snprintf(path, size, "/sys/kernel/debug/tracing/%s", name);
}

static void probe_ftrace(struct finding *f)
{
	char text[16];

	if (file_read("/proc/sys/kernel/ftrace_enabled", text, sizeof(text)))
		found(f, "fail", "boot a kernel with CONFIG_FUNCTION_TRACER=y",
		      "the kernel has no ftrace");
	else if (!strcmp(text, "0"))
		found(f, "fail", "sysctl kernel.ftrace_enabled=1",
		      "ftrace is switched off");
	else
		found(f, "ok", NULL, "ftrace is on");
}

static void probe_hookable(struct finding *f)
{
	bool listed[NR_HOOKED];
	const char *missing;
	char path[128];
	int err;

	tracefs_path("available_filter_functions", path, sizeof(path));
	err = file_list_hooked(path, plain_symbol, listed);
	missing = first_unlisted(listed);
	if (err == -ENOENT)
		found(f, "warn", "mount -t tracefs none /sys/kernel/tracing",
		      "no tracefs, so it cannot be told");
	else if (err)
		found(f, "warn", "run it as root", "cannot be told: %s",
		      strerror(-err));
	else if (missing)
		found(f, "fail",
		      "boot a kernel that is not built with notrace for it",
		      "ftrace cannot hook %s()", missing);
	else
		found(f, "ok", NULL, "ftrace can hook both functions");
}

/* "SYMBOL (n) R I ...": flag I says that someone redirects the function. */
static bool is_redirected(const char *line)
{
	const char *flags = strchr(line, ')');

	for (size_t i = 0; flags && i < NR_HOOKED; i++)
		if (line_names(line, hooked[i]))
			return strstr(flags, " I");
	return false;
}

/*
 * Only one can redirect a function. Ours are for a second after the last policy
 * has gone, too: "hooked" tells, not "hooks". They may have come or gone meanwhile.
 */
static bool others_redirect(void)
{
	bool ours = sysfs_u64("hooked"), redirected = false;
	char path[128], line[512];
	FILE *file;

	tracefs_path("enabled_functions", path, sizeof(path));
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		redirected |= is_redirected(line);
	if (file)
		fclose(file);
	return redirected && !ours && !sysfs_u64("hooked");
}

static void probe_livepatch(struct finding *f)
{
	if (others_redirect())
		found(f, "fail", "remove that live patch",
		      "someone else redirects them");
	else
		found(f, "ok", NULL, "no live patch is in the way");
}

static void probe_module_file(struct finding *f, const char *path)
{
	char remedy[PATH_MAX + 32];

	module_remedy(remedy, sizeof(remedy));
	if (module_file_lacks_btf(path))
		found(f, "fail",
		      "install pahole and rebuild it; the headers need vmlinux",
		      "%s has no BTF", path);
	else
		found(f, "fail", remedy, "not loaded");
}

static void probe_module(struct finding *f)
{
	char path[PATH_MAX], version[64], remedy[PATH_MAX + 32];

	if (!sysfs_read("version", version, sizeof(version))) {
		found(f, "ok", NULL, "version %s is loaded", version);
		return;
	}
	if (!module_find(path)) {
		probe_module_file(f, path);
		return;
	}
	module_remedy(remedy, sizeof(remedy));
	found(f, "fail", remedy, "not loaded, and not built for this kernel");
}

static void probe_module_btf(struct finding *f)
{
	if (!sysfs_present())
		found(f, "fail", "load the module", "the module is not loaded");
	else if (access(MGX_MODULE_BTF, F_OK))
		found(f, "fail",
		      "install pahole and rebuild it; the headers need vmlinux",
		      "the loaded module has no BTF");
	else
		found(f, "ok", NULL, "the loaded module has BTF");
}

static void probe_privilege(struct finding *f)
{
	char missing[64];

	if (privilege_complete(missing, sizeof(missing)))
		found(f, "ok", NULL,
		      "CAP_SYS_ADMIN, CAP_BPF and CAP_PERFMON are there");
	else
		found(f, "fail", "run it as root", "%s missing", missing);
}

static void probe_bpffs(struct finding *f)
{
	struct stat st;

	if (!pin_bpffs_mounted())
		found(f, "fail", "mount -t bpf none " BPFFS, "none at " BPFFS);
	else if (stat(BPFFS, &st) || !(st.st_mode & 0001))
		found(f, "warn", "chmod 0711 " BPFFS,
		      "mounted at " BPFFS
		      ", but only root sees the policies' counters");
	else
		found(f, "ok", NULL, "mounted at " BPFFS);
}

static void probe_numa(struct finding *f)
{
	char text[256];
	int nodes;

	if (file_read("/sys/devices/system/node/has_memory", text,
		      sizeof(text)))
		snprintf(text, sizeof(text), "0");
	nodes = cpulist_count(text);
	if (nodes < 2)
		found(f, "warn", "nothing, or boot with numa=fake=2 to try it",
		      "one node with memory: only compaction and offlining migrate");
	else
		found(f, "ok", NULL, "%d nodes with memory: %s", nodes, text);
}

static void probe_policies(struct finding *f)
{
	char *paths[POLICY_MAX];
	int n = policy_list(paths);

	if (n)
		found(f, "ok", NULL, "%d can be loaded by name", n);
	else
		found(f, "warn", "set MGX_POLICY_PATH, or load them by file",
		      "none can be loaded by name");
	while (n-- > 0)
		free(paths[n]);
}

/* clang-format off: one a line */
static const struct {
	const char *name;
	void (*probe)(struct finding *finding);
} checks[] = {
	{ "kernel", probe_kernel },	    { "config", probe_config },
	{ "kernel-btf", probe_btf },	    { "bpf-jit", probe_jit },
	{ "lockdown", probe_lockdown },	    { "functions", probe_symbols },
	{ "ftrace", probe_ftrace },	    { "hookable", probe_hookable },
	{ "livepatch", probe_livepatch },   { "module", probe_module },
	{ "module-btf", probe_module_btf }, { "capabilities", probe_privilege },
	{ "bpffs", probe_bpffs },	    { "numa", probe_numa },
	{ "policies", probe_policies },
};

/* clang-format on */

static bool check_one(struct json_object *array, size_t i)
{
	struct json_object *row = put_row(array);
	struct finding finding = { 0 };

	checks[i].probe(&finding);
	put_string(row, "state", finding.state);
	put_string(row, "check", checks[i].name);
	put_string(row, "found", finding.cause);
	put_string(row, "remedy", finding.remedy);
	return strcmp(finding.state, "fail");
}

int check_run(const struct options *options, const char *arg)
{
	struct json_object *array = json_object_new_array();
	bool passed = true;

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		passed &= check_one(array, i);
	output_print(array, options_form(options));
	return passed ? STATUS_OK : STATUS_FAILED;
}
