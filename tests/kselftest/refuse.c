// SPDX-License-Identifier: GPL-2.0-only
/*
 * refuse.c - what must not be let in: the module on a kernel or in a shape it
 * cannot work with, and policies that are wrong. Each refusal names the cause
 * and leaves nothing behind.
 *
 * kselftest-timeout: 600
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/t_misuse.h"
#include "fixture.h"
#include "kselftest_harness.h"

#define PAGES 256

/* A policy attaches, copies, and everything is as it was. */
static void expect_works(struct __test_metadata *_metadata)
{
	struct policy policy;
	struct counts c;
	struct mem m;

	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, mem_make(&m, MEM_ANON, PAGES * 4096, 0));
	ASSERT_EQ(0, policy_start(&policy, "mgx_cpu"));
	ASSERT_EQ(0, counts_read(&c));
	EXPECT_EQ(PAGES, mem_move_all(&m, 1, false));
	ASSERT_EQ(0, counts_since(&c));
	EXPECT_EQ(PAGES, EV(&c, pages_used));
	EXPECT_EQ(0, mem_check(&m));
	policy_close(&policy);
	mem_free(&m);
	setting_restore();
	EXPECT_TRUE(mgx_is("state", "none"));
	EXPECT_TRUE(mgx_is("hooks", "idle"));
}

/* --- the module -------------------------------------------------------------- */

#define VARIANT "/run/mgx-variant.ko"

FIXTURE(module){};

FIXTURE_VARIANT(module)
{
	const char *objcopy; /* its options */
	const char *symbol;  /* or the function the kernel lacks */
	int rc;
	const char *says;
};

FIXTURE_VARIANT_ADD(module, no_btf){
	"--remove-section .BTF",
	NULL,
	-ENOEXEC,
	"BTF of the module",
};

FIXTURE_VARIANT_ADD(module, no_btf_at_all){
	"--remove-section .BTF --remove-section .BTF.base",
	NULL,
	-ENOEXEC,
	"BTF of the module",
};

FIXTURE_VARIANT_ADD(module, no_migrate_pages){
	NULL,
	"migrate_pages",
	-ENOENT,
	"nigrate_pages() cannot be found",
};

FIXTURE_VARIANT_ADD(module, no_folio_mc_copy){
	NULL,
	"folio_mc_copy",
	-ENOENT,
	"nolio_mc_copy() cannot be found",
};

/*
 * The hooked functions' names are strings of the module: a kernel that has no
 * migrate_pages() is to it what this one is to a module that asks for
 * "nigrate_pages". Strings, not symbols: those are in .strtab.
 */
static int rename_string(char *elf, const char *name)
{
	const struct elf64_hdr *eh = (struct elf64_hdr *)elf;
	const struct elf64_shdr *sh = (struct elf64_shdr *)(elf + eh->e_shoff);
	const char *names = elf + sh[eh->e_shstrndx].sh_offset;
	int i, found = 0;

	for (i = 0; i < eh->e_shnum; i++) {
		char *at = elf + sh[i].sh_offset, *end = at + sh[i].sh_size;

		if (sh[i].sh_type != SHT_PROGBITS ||
		    strncmp(names + sh[i].sh_name, ".rodata", 7))
			continue;
		for (; at < end; at += strlen(at) + 1) {
			if (strcmp(at, name))
				continue;
			*at = 'n';
			found++;
		}
	}
	return found == 1 ? 0 : -ENOENT;
}

static int make_renamed(const char *name)
{
	int from = open(module_path(), O_RDONLY), to, rc;
	off_t len = lseek(from, 0, SEEK_END);
	char *elf =
		mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE, from, 0);

	if (elf == MAP_FAILED)
		return -errno;
	close(from);
	rc = rename_string(elf, name);
	to = open(VARIANT, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (!rc && write(to, elf, len) != len)
		rc = -EIO;
	close(to);
	munmap(elf, len);
	return rc;
}

static int make_stripped(const char *options)
{
	char command[512];

	snprintf(command, sizeof(command), "objcopy %s %s " VARIANT, options,
		 module_path());
	return system(command);
}

FIXTURE_SETUP(module)
{
	ASSERT_EQ(0, variant->symbol ? make_renamed(variant->symbol) :
				       make_stripped(variant->objcopy));
	ASSERT_EQ(0, module_remove());
}

FIXTURE_TEARDOWN(module)
{
	unlink(VARIANT);
	if (!module_loaded())
		EXPECT_EQ(0, module_insert(module_path(), ""));
}

TEST_F(module, is_refused)
{
	int mark = dmesg_mark();
	char *log;

	EXPECT_EQ(variant->rc, module_insert(VARIANT, ""));
	log = dmesg_since(mark);
	EXPECT_NE(NULL, strstr(log, variant->says))
	note("the kernel said: %s", log);
	EXPECT_EQ(NULL, strstr(log, "cut here"));
	free(log);
	EXPECT_FALSE(module_loaded());
	EXPECT_NE(0, access("/sys/kernel/migrate_ext", F_OK));
	ASSERT_EQ(0, module_insert(module_path(), ""));
	expect_works(_metadata);
}

/* --- policies the module refuses ------------------------------------------------ */

FIXTURE(policy)
{
	struct policy policy;
	struct counts counts;
	uint64_t rejected;
};

FIXTURE_VARIANT(policy)
{
	const char *ops;
	int rc;
	const char *reason;
};

FIXTURE_VARIANT_ADD(policy, no_name){ "no_name", -EINVAL, "mgx_ops.name" };
FIXTURE_VARIANT_ADD(policy, bad_name){ "bad_name", -EINVAL, "mgx_ops.name" };
FIXTURE_VARIANT_ADD(policy, bad_flag){ "bad_flag", -EINVAL, "mgx_ops.flags" };
FIXTURE_VARIANT_ADD(policy, bad_version){ "bad_version", -EPROTO,
					  "mgx_ops.version" };
FIXTURE_VARIANT_ADD(policy, endless_name){ "endless_name", -EINVAL, NULL };

FIXTURE_SETUP(policy)
{
	ASSERT_EQ(0, policy_open(&self->policy, "t_bad"));
	ASSERT_EQ(0, policy_only(&self->policy, variant->ops));
	ASSERT_EQ(0, counts_read(&self->counts));
}

FIXTURE_TEARDOWN(policy)
{
	policy_close(&self->policy);
}

/* The name without an end is refused before, when the map is filled. */
TEST_F(policy, is_refused)
{
	char reason[256];

	ASSERT_EQ(0, policy_load(&self->policy));
	EXPECT_EQ(variant->rc, policy_attach(&self->policy));
	EXPECT_EQ(0, mgx_read("reject_reason", reason, sizeof(reason)));
	if (variant->reason)
		EXPECT_NE(NULL, strstr(reason, variant->reason));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(variant->reason ? 1 : 0, EV(&self->counts, policy_refused));
	EXPECT_EQ(0, EV(&self->counts, policy_attached));
	EXPECT_TRUE(mgx_is("state", "none"));
	EXPECT_TRUE(mgx_is("ops", ""));
	EXPECT_TRUE(mgx_is("hooks", "idle"));
	expect_works(_metadata);
	EXPECT_TRUE(mgx_is("reject_reason", ""));
}

/* There is one slot. */
TEST(second_policy_is_refused)
{
	struct policy first, second;
	char reason[256];

	ASSERT_EQ(0, policy_start(&first, "mgx_cpu"));
	EXPECT_EQ(-EBUSY, policy_start(&second, "mgx_noop"));
	EXPECT_EQ(0, mgx_read("reject_reason", reason, sizeof(reason)));
	EXPECT_NE(NULL, strstr(reason, "another policy is attached"));
	EXPECT_TRUE(mgx_is("ops", "mgx_cpu"));
	EXPECT_TRUE(mgx_is("state", "active"));
	policy_close(&first);
	expect_works(_metadata);
}

/* While a policy is loaded, the module stays. */
TEST(module_in_use_is_not_removed)
{
	struct policy policy;

	ASSERT_EQ(0, policy_start(&policy, "mgx_cpu"));
	EXPECT_EQ(-EAGAIN, module_remove_now());
	policy_detach(&policy);
	EXPECT_EQ(-EAGAIN, module_remove_now());
	policy_close(&policy);
	expect_works(_metadata);
}

/* --- programs the verifier refuses ------------------------------------------------ */

FIXTURE(program)
{
	struct policy policy;
};

FIXTURE_VARIANT(program)
{
	const char *name;
};

FIXTURE_VARIANT_ADD(program, sleepable){ "t_sleepable" };
FIXTURE_VARIANT_ADD(program, writes){ "t_write" };
FIXTURE_VARIANT_ADD(program, overruns){ "t_overrun" };

FIXTURE_SETUP(program)
{
	ASSERT_EQ(0, policy_open(&self->policy, variant->name));
}

FIXTURE_TEARDOWN(program)
{
	policy_close(&self->policy);
}

TEST_F(program, is_refused)
{
	int rc;

	libbpf_set_print(NULL);
	rc = policy_load(&self->policy);
	EXPECT_TRUE(rc == -EINVAL || rc == -EACCES)
	note("it was %d", rc);
	EXPECT_TRUE(mgx_is("state", "none"));
	policy_close(&self->policy);
	expect_works(_metadata);
}

/* What only shows when it runs is refused then, and harms nobody. */
TEST(kfuncs_refuse)
{
	static const int64_t expected[T_MISUSE_NR] = {
		[T_LIMIT_ZERO] = -EINVAL,  [T_CHANNEL] = -ENODEV,
		[T_NO_BYTES] = -EINVAL,	   [T_FLAGS] = -EINVAL,
		[T_LATE] = -EPERM,	   [T_FORGED_REQ] = -EPERM,
		[T_FORGED_BATCH] = -EPERM, [T_MORE] = 4096,
	};
	struct policy policy;
	struct counts c;
	struct mem m;
	int i;

	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, mem_make(&m, MEM_ANON, PAGES * 4096, 0));
	ASSERT_EQ(0, policy_start(&policy, "t_misuse"));
	ASSERT_EQ(0, counts_read(&c));
	EXPECT_EQ(PAGES, mem_move_all(&m, 1, false));
	ASSERT_EQ(0, counts_since(&c));
	for (i = 0; i < T_MISUSE_NR; i++)
		EXPECT_EQ(expected[i],
			  (int64_t)policy_count(&policy, "t_result", i));
	EXPECT_EQ(3 * EV(&c, batches), EV(&c, submit_refused));
	EXPECT_LE(EV(&c, batches), EV(&c, submit_clamped));
	EXPECT_LE(2 * EV(&c, batches) + EV(&c, calls), EV(&c, kfunc_misuse));
	EXPECT_EQ(PAGES, EV(&c, pages_used));
	EXPECT_EQ(0, mem_check(&m));
	policy_close(&policy);
	mem_free(&m);
	setting_restore();
	expect_works(_metadata);
}

TEST_HARNESS_MAIN
