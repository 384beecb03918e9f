/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MGX_ENGINE_PARSE_H
#define _MGX_ENGINE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#define PARSE_MAX_WORDS 16
#define PARSE_ALL	UINT32_MAX

/* Channels: one of them, all of a function, or all */
struct selector {
	uint32_t function;
	uint32_t channel;
};

bool parse_number(const char *text, uint64_t *value);
bool parse_selector(const char *text, struct selector *selector);
int parse_words(char *line, char *words[PARSE_MAX_WORDS + 1]);

#endif /* _MGX_ENGINE_PARSE_H */
