// SPDX-License-Identifier: GPL-2.0-only
/*
 * selfcheck.c - the checks the other tests rely on find what is wrong.
 *
 * kselftest-timeout: 30
 */
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE 4096

FIXTURE(memory)
{
	struct mem mem;
};

FIXTURE_SETUP(memory)
{
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, MIB(1), 0));
	ASSERT_EQ(0, mem_check(&self->mem));
}

FIXTURE_TEARDOWN(memory)
{
	mem_free(&self->mem);
}

TEST_F(memory, wrong_byte_is_found)
{
	self->mem.addr[123 * PAGE + 4095] ^= 1;
	EXPECT_EQ(1, mem_check(&self->mem));
}

TEST_F(memory, empty_page_is_found)
{
	memset(self->mem.addr + 7 * PAGE, 0, PAGE);
	EXPECT_EQ(PAGE / 8, mem_check(&self->mem));
}

/* Each page has words of its own. */
TEST_F(memory, exchanged_pages_are_found)
{
	char *a = self->mem.addr + 3 * PAGE, *b = self->mem.addr + 200 * PAGE;
	char page[PAGE];

	memcpy(page, a, PAGE);
	memcpy(a, b, PAGE);
	memcpy(b, page, PAGE);
	EXPECT_EQ(2 * PAGE / 8, mem_check(&self->mem));
}

/* So has each memory. */
TEST_F(memory, page_of_another_is_found)
{
	struct mem other;

	ASSERT_EQ(0, mem_make(&other, MEM_ANON, MIB(1), 0));
	memcpy(self->mem.addr, other.addr, PAGE);
	EXPECT_EQ(PAGE / 8, mem_check(&self->mem));
	mem_free(&other);
}

/* Until it has been through all words @nr times, or has seen a wrong one. */
static bool wait_passes(struct mem_writer *w, uint64_t nr)
{
	uint64_t end = __atomic_load_n(&w->passes, __ATOMIC_RELAXED) + nr;
	int tries;

	for (tries = 0; tries < 2000; tries++) {
		if (__atomic_load_n(&w->passes, __ATOMIC_RELAXED) >= end ||
		    __atomic_load_n(&w->wrong, __ATOMIC_RELAXED))
			return true;
		usleep(10000);
	}
	return false;
}

/* A page as it was a moment ago is what a lost update leaves behind. */
TEST_F(memory, lost_update_is_found)
{
	struct mem_writer w;
	char page[PAGE];

	ASSERT_EQ(0, mem_writer_start(&w, &self->mem));
	memcpy(page, self->mem.addr + 9 * PAGE, PAGE);
	EXPECT_TRUE(wait_passes(&w, 2));
	memcpy(self->mem.addr + 9 * PAGE, page, PAGE);
	EXPECT_TRUE(wait_passes(&w, 2));
	EXPECT_LT(0, mem_writer_stop(&w));
	EXPECT_LT(0, mem_check(&self->mem));
}

TEST_F(memory, nodes_are_told_apart)
{
	EXPECT_EQ(0, node_of(self->mem.addr));
	EXPECT_EQ(MIB(1) / PAGE, mem_on_node(&self->mem, 0));
	EXPECT_EQ(0, mem_on_node(&self->mem, 1));
	self->mem.unit = KIB(64);
	EXPECT_FALSE(mem_is_large(&self->mem));
}

TEST_HARNESS_MAIN
