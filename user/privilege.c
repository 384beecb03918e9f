// SPDX-License-Identifier: GPL-2.0-only
/*
 * privilege.c - the capabilities that loading a policy takes.
 */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"
#include "privilege.h"
#include "util.h"

/* CAP_SYS_ADMIN: to get at the module's BTF by its id, for its kfuncs. */
static const struct {
	const char *name;
	int number;
} needed[] = {
	{ "CAP_SYS_ADMIN", CAP_SYS_ADMIN },
	{ "CAP_BPF", CAP_BPF },
	{ "CAP_PERFMON", CAP_PERFMON },
};

bool privilege_complete(char *missing, size_t size)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { 0 };

	missing[0] = '\0';
	syscall(SYS_capget, &header, data);
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		int number = needed[i].number;
		size_t len = strlen(missing);

		if (!(data[CAP_TO_INDEX(number)].effective &
		      CAP_TO_MASK(number)))
			snprintf(missing + len, size - len, "%s%s",
				 len ? ", " : "", needed[i].name);
	}
	return !*missing;
}

int privilege_require(void)
{
	char missing[64];

	if (privilege_complete(missing, sizeof(missing)))
		return 0;
	return fail("run it as root", "loading a policy takes %s", missing);
}
