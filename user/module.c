// SPDX-License-Identifier: GPL-2.0-only
/*
 * module.c - migrate_ext.ko: loaded or not, where it is, what it has.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "error.h"
#include "module.h"
#include "path.h"
#include "sysfs.h"
#include "util.h"

static const char *const installed[] = {
	"updates/dkms/migrate_ext.ko",	   "updates/dkms/migrate_ext.ko.xz",
	"updates/dkms/migrate_ext.ko.zst", "updates/migrate_ext.ko",
	"updates/migrate_ext.ko.xz",	   "extra/migrate_ext.ko",
	"extra/migrate_ext.ko.xz",	   "extra/migrate_ext.ko.zst",
};

static bool find_installed(const char *release, char path[PATH_MAX])
{
	for (size_t i = 0; i < ARRAY_SIZE(installed); i++) {
		snprintf(path, PATH_MAX, "/lib/modules/%s/%s", release,
			 installed[i]);
		if (!access(path, R_OK))
			return true;
	}
	return false;
}

int module_find(char path[PATH_MAX])
{
	struct utsname system;
	char beside[128];

	uname(&system);
	if (find_installed(system.release, path))
		return 0;
	snprintf(beside, sizeof(beside), "../%s/migrate_ext.ko",
		 system.release);
	return path_beside_program(beside, path);
}

void module_remedy(char *text, size_t size)
{
	char path[PATH_MAX];

	if (module_find(path))
		snprintf(text, size,
			 "build it with 'make', then 'insmod migrate_ext.ko'");
	else if (!strncmp(path, "/lib/modules/", strlen("/lib/modules/")))
		snprintf(text, size, "modprobe migrate_ext");
	else
		snprintf(text, size, "insmod %s", path);
}

bool module_file_lacks_btf(const char *path)
{
	struct btf *btf = btf__parse_elf_split(path, NULL);
	/* Other errors, of a compressed module for one, say nothing. */
	bool lacks = !btf && errno == ENODATA;

	btf__free(btf);
	return lacks;
}

static const char no_btf_remedy[] =
	"build the module where pahole and the kernel's vmlinux are, see 'mgxctl check'";

int module_require(void)
{
	char remedy[PATH_MAX + 32];

	if (!sysfs_present()) {
		module_remedy(remedy, sizeof(remedy));
		return fail(remedy, "the module migrate_ext is not loaded");
	}
	if (access(MGX_MODULE_BTF, F_OK))
		return fail(no_btf_remedy, "the loaded module has no BTF");
	return 0;
}
