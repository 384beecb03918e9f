// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_setting.c - parser of mgxctl --set.
 */
#include <errno.h>
#include <stdint.h>

#include "migrate_ext.h"
#include "setting.h"
#include "tap.h"

static const struct setting_type u8 = { .size = 1 };
static const struct setting_type u32 = { .size = 4 };
static const struct setting_type u64 = { .size = 8 };
static const struct setting_type s8 = { .size = 1, .is_signed = true };
static const struct setting_type s64 = { .size = 8, .is_signed = true };
static const struct setting_type flag = { .size = 1, .is_bool = true };
static const struct setting_type by_reason = { .size = 8,
					       .nelems = MGX_NR_REASONS };
static const struct setting_type array = { .size = 2, .nelems = 3 };

static void parses(const char *arg, const char *key, const char *index,
		   const char *value)
{
	struct setting setting;

	if (!ok(!setting_parse(&setting, arg), "'%s' is a setting", arg))
		return;
	is_text(setting.key, key, "its key");
	is_text(setting.index, index, "its index");
	is_text(setting.value, value, "its value");
}

static void refuses(const char *arg)
{
	struct setting setting;

	ok(setting_parse(&setting, arg) == -EINVAL, "'%.40s' is no setting",
	   arg);
}

static void test_parse(void)
{
	char huge[200];

	parses("a=1", "a", "", "1");
	parses("min_bytes.demotion=64K", "min_bytes", "demotion", "64K");
	parses("a.3=0x10", "a", "3", "0x10");
	parses("a=b=c", "a", "", "b=c");
	parses("a=1.5", "a", "", "1.5");
	refuses("");
	refuses("a");
	refuses("=");
	refuses("=1");
	refuses("a=");
	refuses("a.=1");
	refuses(".b=1");
	refuses("a.b");
	memset(huge, 'x', sizeof(huge));
	huge[sizeof(huge) - 1] = '\0';
	refuses(huge);
	huge[100] = '=';
	refuses(huge);
	memcpy(huge, "a=", 2);
	huge[100] = 'x';
	refuses(huge);
	memcpy(huge, "a.", 2);
	memcpy(huge + 100, "=1", 3);
	refuses(huge);
}

static void value_is(const struct setting_type *type, const char *text,
		     __u64 want)
{
	char name[32];
	__u64 got = ~want;

	setting_type_name(type, name, sizeof(name));
	ok(!setting_value(type, text, &got) && got == want, "%s '%s' is %lld",
	   name, text, (long long)want);
}

static void value_fails(const struct setting_type *type, const char *text,
			int err)
{
	char name[32];
	__u64 value;

	setting_type_name(type, name, sizeof(name));
	ok(setting_value(type, text, &value) == err, "%s cannot be '%s'", name,
	   text);
}

static void test_numbers(void)
{
	value_is(&u32, "0", 0);
	value_is(&u32, "4096", 4096);
	value_is(&u32, "010", 10);
	value_is(&u32, "0x1f", 31);
	value_is(&u32, "4k", 4096);
	value_is(&u32, "3M", 3 << 20);
	value_is(&u64, "2G", 2ULL << 30);
	value_is(&u64, "1t", 1ULL << 40);
	value_is(&u32, "4294967295", ~0U);
	value_is(&u64, "18446744073709551615", ~0ULL);
	value_is(&u8, "255", 255);
	value_is(&s8, "-128", (__u64)-128);
	value_is(&s8, "127", 127);
	value_is(&s64, "-9223372036854775808", (__u64)INT64_MIN);
	value_is(&s64, "-1K", (__u64)-1024);
	value_is(&u32, "-0", 0);
}

static void test_bad_numbers(void)
{
	value_fails(&u32, "", -EINVAL);
	value_fails(&u32, "x", -EINVAL);
	value_fails(&u32, "1x", -EINVAL);
	value_fails(&u32, "1KB", -EINVAL);
	value_fails(&u32, "K", -EINVAL);
	value_fails(&u32, " 1", -EINVAL);
	value_fails(&u32, "+1", -EINVAL);
	value_fails(&u32, "--1", -EINVAL);
	value_fails(&u32, "-", -EINVAL);
	value_fails(&u32, "1.5", -EINVAL);
	value_fails(&u32, "0x", -EINVAL);
	value_fails(&u32, "4294967296", -ERANGE);
	value_fails(&u32, "4G", -ERANGE);
	value_fails(&u32, "-1", -ERANGE);
	value_fails(&u8, "256", -ERANGE);
	value_fails(&s8, "128", -ERANGE);
	value_fails(&s8, "-129", -ERANGE);
	value_fails(&s64, "9223372036854775808", -ERANGE);
	value_fails(&s64, "-9223372036854775809", -ERANGE);
	value_fails(&u64, "18446744073709551616", -ERANGE);
	value_fails(&u64, "16777216T", -ERANGE);
}

static void test_bools(void)
{
	value_is(&flag, "1", 1);
	value_is(&flag, "yes", 1);
	value_is(&flag, "TRUE", 1);
	value_is(&flag, "on", 1);
	value_is(&flag, "0", 0);
	value_is(&flag, "no", 0);
	value_is(&flag, "false", 0);
	value_is(&flag, "Off", 0);
	value_fails(&flag, "2", -EINVAL);
	value_fails(&flag, "", -EINVAL);
	value_fails(&flag, "y", -EINVAL);
}

static void index_is(const struct setting_type *type, const char *text,
		     int want)
{
	unsigned int index;
	int err = setting_index(type, text, &index);

	is(err ? err : (int)index, want, text);
}

static void test_indexes(void)
{
	index_is(&by_reason, "compaction", MGX_REASON_COMPACTION);
	index_is(&by_reason, "damon", MGX_REASON_DAMON);
	index_is(&by_reason, "9", 9);
	index_is(&by_reason, "10", -EINVAL);
	index_is(&by_reason, "demo", -EINVAL);
	index_is(&array, "0", 0);
	index_is(&array, "2", 2);
	index_is(&array, "3", -EINVAL);
	index_is(&array, "-1", -EINVAL);
	index_is(&array, "1x", -EINVAL);
	index_is(&array, "demotion", -EINVAL);
	index_is(&u32, "0", -EINVAL);
	index_is(&array, "99999999999999999999", -EINVAL);
}

static void test_memory(void)
{
	unsigned char bytes[8] = { 0 };

	setting_store(&array, bytes, 1, 0x1234);
	is(bytes[0] | bytes[1] | bytes[4] | bytes[5], 0,
	   "the neighbours are untouched");
	is(setting_fetch(&array, bytes, 1), 0x1234, "what was stored");
	setting_store(&s8, bytes, 7, (__u64)-3);
	is((__s64)setting_fetch(&s8, bytes, 7), -3, "the sign is kept");
	setting_store(&s64, bytes, 0, (__u64)INT64_MIN);
	is((__s64)setting_fetch(&s64, bytes, 0), INT64_MIN, "all 64 bits");
	setting_store(&u64, bytes, 0, ~0ULL);
	ok(setting_fetch(&u64, bytes, 0) == ~0ULL, "all 64 bits, unsigned");
}

static void test_texts(void)
{
	char text[64];

	setting_type_name(&by_reason, text, sizeof(text));
	is_text(text, "u64[10]", "name of an array");
	setting_type_name(&flag, text, sizeof(text));
	is_text(text, "bool", "name of a bool");
	setting_range(&u8, text, sizeof(text));
	is_text(text, "0 to 255", "range");
	setting_range(&s64, text, sizeof(text));
	is_text(text, "-9223372036854775808 to 9223372036854775807",
		"signed range");
	setting_range(&flag, text, sizeof(text));
	is_text(text, "yes or no", "range of a bool");
	setting_index_name(&by_reason, MGX_REASON_MBIND, text, sizeof(text));
	is_text(text, "mbind", "an element for a reason");
	setting_index_name(&array, 2, text, sizeof(text));
	is_text(text, "2", "an element of another array");
}

int main(void)
{
	test_parse();
	test_numbers();
	test_bad_numbers();
	test_bools();
	test_indexes();
	test_memory();
	test_texts();
	return tap_done();
}
