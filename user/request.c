// SPDX-License-Identifier: GPL-2.0-only
/*
 * request.c - checks what clients send.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "request.h"
#include "util.h"

#define DEPTH 4 /* no command is deeper */

/* @host without its port is @name. */
static bool is_host(const char *host, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(host, name, n))
		return false;
	host += n;
	if (!*host)
		return true;
	return *host == ':' && host[1] &&
	       strspn(host + 1, "0123456789") == strlen(host + 1);
}

bool request_host_allowed(const char *host, const char *const *names)
{
	static const char *const own[] = { "localhost", "127.0.0.1", "[::1]" };

	if (!host)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (is_host(host, own[i]))
			return true;
	for (; names && *names; names++)
		if (is_host(host, *names))
			return true;
	return false;
}

int request_number(const char *text, __u64 max, __u64 *value)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || text[digits] || digits > 19)
		return -1;
	*value = strtoull(text, NULL, 10);
	return *value <= max ? 0 : -1;
}

static bool is_word(const char *text, size_t max, const char *more)
{
	size_t n = strlen(text);

	if (!n || n >= max || *text == '-' || *text == '.')
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr(more, *text))
			return false;
	return true;
}

/* A number, a truth value, or the text of one; nothing else is a setting. */
static const char *value_text(struct json_object *value)
{
	const char *text;

	if (!json_object_is_type(value, json_type_int) &&
	    !json_object_is_type(value, json_type_boolean) &&
	    !json_object_is_type(value, json_type_string))
		return NULL;
	text = json_object_get_string(value);
	if (text && *text == '-')
		return is_word(text + 1, 32, "") ? text : NULL;
	return text && is_word(text, 32, "") ? text : NULL;
}

static const char *parse_sets(struct request *request, struct json_object *sets)
{
	if (!json_object_is_type(sets, json_type_object))
		return "\"set\" is no object";
	json_object_object_foreach(sets, key, value) {
		const char *text = value_text(value);

		if (request->nr_sets == REQUEST_SETS)
			return "too many settings";
		if (!is_word(key, 64, "_."))
			return "malformed name of a setting";
		if (!text)
			return "a setting is a number or a truth value";
		snprintf(request->set[request->nr_sets++],
			 sizeof(request->set[0]), "%s=%s", key, text);
	}
	return NULL;
}

static const char *parse_policy(struct request *request,
				struct json_object *policy)
{
	const char *name = json_object_get_string(policy);

	/* A name, never a path: what is loaded is what is installed. */
	if (!json_object_is_type(policy, json_type_string) ||
	    !is_word(name, 32, "_-"))
		return "malformed name of a policy";
	snprintf(request->policy, sizeof(request->policy), "%s", name);
	return NULL;
}

static const char *parse_op(struct request *request, struct json_object *op)
{
	static const char *const names[] = { "load", "switch", "unload",
					     "status" };
	const char *name = json_object_get_string(op);

	for (size_t i = 0; name && i < ARRAY_SIZE(names); i++) {
		if (strcmp(name, names[i]))
			continue;
		request->op = i;
		return NULL;
	}
	return "\"op\" is load, switch, unload or status";
}

static const char *parse_members(struct request *request,
				 struct json_object *tree)
{
	const char *wrong = NULL;
	bool op = false;

	json_object_object_foreach(tree, key, value) {
		if (!strcmp(key, "op")) {
			wrong = parse_op(request, value);
			op = true;
		} else if (!strcmp(key, "policy")) {
			wrong = parse_policy(request, value);
		} else if (!strcmp(key, "set")) {
			wrong = parse_sets(request, value);
		} else {
			wrong = "unknown member";
		}
		if (wrong)
			return wrong;
	}
	if (!op)
		return "\"op\" is missing";
	if (request->op <= REQUEST_SWITCH && !*request->policy)
		return "\"policy\" is missing";
	if (request->op > REQUEST_SWITCH &&
	    (*request->policy || request->nr_sets))
		return "this takes no policy and no settings";
	return NULL;
}

const char *request_parse(struct request *request, const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
	struct json_object *tree = NULL;
	const char *wrong;

	memset(request, 0, sizeof(*request));
	if (!tokener)
		return "out of memory";
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	if (len < REQUEST_MAX)
		tree = json_tokener_parse_ex(tokener, text, len);
	if (json_object_is_type(tree, json_type_object))
		wrong = parse_members(request, tree);
	else
		wrong = "no JSON object in one line";
	json_object_put(tree);
	json_tokener_free(tokener);
	return wrong;
}
