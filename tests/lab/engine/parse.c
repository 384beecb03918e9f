// SPDX-License-Identifier: GPL-2.0-only
/*
 * parse.c - words, numbers and channels of a command.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

/* Decimal digits and nothing else. */
bool parse_number(const char *text, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return !*end && !errno;
}

static bool parse_index(const char *text, uint32_t *index)
{
	uint64_t value;

	if (!strcmp(text, "all")) {
		*index = PARSE_ALL;
		return true;
	}
	if (!parse_number(text, &value) || value >= PARSE_ALL)
		return false;
	*index = value;
	return true;
}

/* "1.3", "1.all", "all" */
bool parse_selector(const char *text, struct selector *selector)
{
	const char *dot = strchr(text, '.');
	char function[16] = "";

	selector->function = PARSE_ALL;
	selector->channel = PARSE_ALL;
	if (!strcmp(text, "all"))
		return true;
	if (!dot || dot == text || (size_t)(dot - text) >= sizeof(function))
		return false;
	memcpy(function, text, dot - text);
	return parse_index(function, &selector->function) &&
	       parse_index(dot + 1, &selector->channel);
}

/* Cuts a line into words; their number, or -1 if there are too many. */
int parse_words(char *line, char *words[PARSE_MAX_WORDS + 1])
{
	char *save = NULL, *word = strtok_r(line, " \t\r\n", &save);
	int n;

	for (n = 0; word; n++) {
		if (n == PARSE_MAX_WORDS)
			return -1;
		words[n] = word;
		word = strtok_r(NULL, " \t\r\n", &save);
	}
	words[n] = NULL;
	return n;
}
