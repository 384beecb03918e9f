// SPDX-License-Identifier: GPL-2.0-only
/*
 * history.c - the last hour of samples, in bounded memory.
 *
 * A sample differs little from the one before it. The first of each block is
 * compressed as it is; the others with that one as deflate's dictionary, which
 * leaves about the difference.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "history.h"

#define BLOCK	   32	       /* samples; blocks go as a whole */
#define MAX_BLOCKS 256	       /* more than an hour has */
#define WINDOW	   (32u << 10) /* what deflate looks back */
#define LEVEL	   3

/**
 * struct kept - a sample
 * @time_ms: its time
 * @data: compressed
 * @size: of @data
 * @len: of its text
 */
struct kept {
	__u64 time_ms;
	unsigned char *data;
	size_t size, len;
};

/**
 * struct history - samples
 * @kept: a ring of blocks
 * @first: number of the oldest
 * @next: number of the next to come
 * @bytes: memory of what is compressed
 * @key: text of the first sample of block @key_block
 * @key_block: which
 * @text: of the sample asked for last
 * @packer: deflate's state
 * @unpacker: inflate's
 */
struct history {
	struct kept kept[MAX_BLOCKS * BLOCK];
	__u64 first, next;
	size_t bytes;
	char *key;
	size_t key_len;
	__u64 key_block;
	char *text;
	z_stream packer, unpacker;
};

#define NO_BLOCK (~0ULL)

static struct kept *at(const struct history *history, __u64 number)
{
	return (struct kept *)&history->kept[number % (MAX_BLOCKS * BLOCK)];
}

struct history *history_new(void)
{
	struct history *history = calloc(1, sizeof(*history));

	if (!history)
		return NULL;
	history->key_block = NO_BLOCK;
	if (deflateInit2(&history->packer, LEVEL, Z_DEFLATED, -15, 8,
			 Z_DEFAULT_STRATEGY) == Z_OK &&
	    inflateInit2(&history->unpacker, -15) == Z_OK)
		return history;
	history_free(history);
	return NULL;
}

static void drop(struct history *history)
{
	struct kept *kept = at(history, history->first++);

	history->bytes -= kept->size;
	free(kept->data);
	memset(kept, 0, sizeof(*kept));
}

void history_free(struct history *history)
{
	if (!history)
		return;
	while (history->first < history->next)
		drop(history);
	deflateEnd(&history->packer);
	inflateEnd(&history->unpacker);
	free(history->key);
	free(history->text);
	free(history);
}

/* The part of the key that deflate can look back to. */
static void dictionary(const struct history *history, const Bytef **data,
		       uInt *len)
{
	size_t n = history->key_len < WINDOW ? history->key_len : WINDOW;

	*data = (const Bytef *)history->key + history->key_len - n;
	*len = n;
}

static int pack(struct history *history, struct kept *kept, const char *text,
		size_t len, bool is_key)
{
	z_stream *z = &history->packer;
	uLong bound = deflateBound(z, len);
	unsigned char *data = malloc(bound), *fitting;
	const Bytef *words;
	uInt nr;

	if (!data)
		return -1;
	deflateReset(z);
	if (!is_key) {
		dictionary(history, &words, &nr);
		deflateSetDictionary(z, words, nr);
	}
	z->next_in = (Bytef *)text;
	z->avail_in = len;
	z->next_out = data;
	z->avail_out = bound;
	if (deflate(z, Z_FINISH) != Z_STREAM_END) {
		free(data);
		return -1;
	}
	kept->size = bound - z->avail_out;
	kept->len = len;
	kept->data = data;
	fitting = realloc(data, kept->size);
	if (fitting)
		kept->data = fitting;
	return 0;
}

static int unpack(struct history *history, const struct kept *kept, bool is_key,
		  char *text)
{
	z_stream *z = &history->unpacker;
	const Bytef *words;
	uInt nr;

	inflateReset(z);
	if (!is_key) {
		dictionary(history, &words, &nr);
		inflateSetDictionary(z, words, nr);
	}
	z->next_in = kept->data;
	z->avail_in = kept->size;
	z->next_out = (Bytef *)text;
	z->avail_out = kept->len;
	if (inflate(z, Z_FINISH) != Z_STREAM_END)
		return -1;
	text[kept->len] = '\0';
	return 0;
}

/* Makes @history->key the first text of a block. */
static int load_key(struct history *history, __u64 block)
{
	const struct kept *kept = at(history, block * BLOCK);
	char *key;

	if (history->key_block == block)
		return 0;
	key = realloc(history->key, kept->len + 1);
	if (!key)
		return -1;
	history->key = key;
	history->key_block = NO_BLOCK;
	if (unpack(history, kept, true, key))
		return -1;
	history->key_len = kept->len;
	history->key_block = block;
	return 0;
}

/* Whole blocks: what is left could not be read without its first. */
static void make_room(struct history *history, __u64 time_ms)
{
	while (history->next - history->first > BLOCK &&
	       (history->bytes > HISTORY_MAX_BYTES ||
		history->next - history->first >= (MAX_BLOCKS - 1) * BLOCK ||
		at(history, history->first + BLOCK)->time_ms + HISTORY_MS <
			time_ms))
		for (int i = 0; i < BLOCK; i++)
			drop(history);
}

void history_add(struct history *history, __u64 time_ms, const char *text,
		 size_t len)
{
	__u64 number = history->next;
	struct kept *kept = at(history, number);
	bool is_key = number % BLOCK == 0;

	make_room(history, time_ms);
	if (!is_key && load_key(history, number / BLOCK))
		return;
	if (pack(history, kept, text, len, is_key))
		return;
	kept->time_ms = time_ms;
	history->bytes += kept->size;
	history->next++;
}

__u64 history_first(const struct history *history)
{
	return history->first;
}

__u64 history_next(const struct history *history)
{
	return history->next;
}

__u64 history_time(const struct history *history, __u64 number)
{
	if (number < history->first || number >= history->next)
		return 0;
	return at(history, number)->time_ms;
}

const char *history_get(struct history *history, __u64 number, size_t *len)
{
	const struct kept *kept;
	char *text;

	if (!history_time(history, number))
		return NULL;
	kept = at(history, number);
	text = realloc(history->text, kept->len + 1);
	if (!text)
		return NULL;
	history->text = text;
	if (load_key(history, number / BLOCK) ||
	    unpack(history, kept, number % BLOCK == 0, text))
		return NULL;
	*len = kept->len;
	return text;
}
