// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_history.c - an hour of samples comes back as it was, older ones do not,
 * and what cannot be compressed stays within bounds.
 */
#include <stdlib.h>

#include "history.h"
#include "tap.h"

#define SECONDS 5000

static size_t sample(char *text, size_t size, unsigned int i)
{
	int n = 0;

	for (unsigned int field = 0; field < 300; field++)
		n += snprintf(text + n, size - n, "\"field%u\":%u,", field,
			      field % 7 ? field : field * i);
	return n;
}

static bool same(struct history *history, __u64 number)
{
	char want[16384];
	size_t len, want_len = sample(want, sizeof(want), number);
	const char *got = history_get(history, number, &len);

	return got && len == want_len && !memcmp(got, want, len);
}

static void test_hour(void)
{
	struct history *history = history_new();
	unsigned int wrong = 0;
	char text[16384];
	__u64 first, i;

	for (i = 0; i < SECONDS; i++)
		history_add(history, 1000 * (i + 1), text,
			    sample(text, sizeof(text), i));
	first = history_first(history);
	is(history_next(history), SECONDS, "all were taken");
	ok(first <= SECONDS - 3600 && first >= SECONDS - 3600 - 64,
	   "an hour of them is kept, from %llu on", first);
	for (i = first; i < SECONDS; i++)
		wrong += !same(history, i) ||
			 history_time(history, i) != 1000 * (i + 1);
	is(wrong, 0, "each is as it was");
	for (i = SECONDS; i-- > first;)
		wrong += !same(history, i);
	is(wrong, 0, "from behind as well");
	ok(!history_time(history, first - 1), "the one before is gone");
	ok(!history_time(history, SECONDS), "the one to come is not there");
	history_free(history);
}

static void test_bound(void)
{
	struct history *history = history_new();
	size_t size = 64 << 10, sum = 0, len;
	char *text = malloc(size);
	__u64 i;

	srandom(1);
	for (i = 0; i < 1000; i++) {
		for (size_t c = 0; c < size; c++)
			text[c] = random();
		history_add(history, i + 1, text, size);
	}
	for (i = history_first(history); i < history_next(history); i++)
		sum += history_get(history, i, &len) ? len : 0;
	ok(sum < HISTORY_MAX_BYTES + 64 * size && sum > HISTORY_MAX_BYTES / 2,
	   "noise is bounded: %zu bytes are kept", sum);
	free(text);
	history_free(history);
}

int main(void)
{
	test_hour();
	test_bound();
	return tap_done();
}
