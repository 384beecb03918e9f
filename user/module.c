// SPDX-License-Identifier: GPL-2.0-only
/*
 * module.c - migrate_ext.ko: loaded or not, where it is, what it has.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <libelf.h>

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

static bool elf_has_section(Elf *elf, const char *wanted)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return false;
	while ((section = elf_nextscn(elf, section))) {
		Elf64_Shdr *header = elf64_getshdr(section);
		const char *name =
			header ? elf_strptr(elf, names, header->sh_name) : NULL;

		if (name && !strcmp(name, wanted))
			return true;
	}
	return false;
}

int module_file_has_btf(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int result = -1;
	Elf *elf;

	if (fd < 0)
		return -1;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	/* A compressed module is no ELF file. */
	if (elf && elf_kind(elf) == ELF_K_ELF)
		result = elf_has_section(elf, ".BTF");
	elf_end(elf);
	close(fd);
	return result;
}

int module_require(void)
{
	char remedy[PATH_MAX + 32];

	if (!sysfs_present()) {
		module_remedy(remedy, sizeof(remedy));
		return fail(remedy, "the module migrate_ext is not loaded");
	}
	if (access(MGX_MODULE_BTF, F_OK))
		return fail(
			"build the module where pahole and the kernel's vmlinux are, see 'mgxctl check'",
			"the loaded module has no BTF");
	return 0;
}
