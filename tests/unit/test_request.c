// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_request.c - what mgxd takes from clients, and what it does not.
 */
#include "request.h"
#include "tap.h"

static void test_hosts(void)
{
	static const char *const names[] = { "box.lan", NULL };

	ok(request_host_allowed("localhost", NULL), "localhost");
	ok(request_host_allowed("LOCALHOST:9465", NULL), "with a port");
	ok(request_host_allowed("127.0.0.1:1", NULL), "by number");
	ok(request_host_allowed("[::1]:80", NULL), "by IPv6 number");
	ok(request_host_allowed("box.lan:9465", names), "by a name given");
	ok(!request_host_allowed("box.lan", NULL), "not by others");
	ok(!request_host_allowed(NULL, NULL), "not without a Host");
	ok(!request_host_allowed("", NULL), "not by an empty one");
	ok(!request_host_allowed("localhost.evil.com", NULL),
	   "not by what only begins so");
	ok(!request_host_allowed("localhost:80@evil.com", NULL),
	   "nor with a port that is none");
	ok(!request_host_allowed("localhost:", NULL), "nor with none at all");
}

static void test_numbers(void)
{
	__u64 value = 0;

	ok(!request_number("600", 1000, &value) && value == 600, "a number");
	ok(request_number("1001", 1000, &value), "too large");
	ok(request_number("", 1000, &value), "nothing");
	ok(request_number("-1", 1000, &value), "negative");
	ok(request_number("1x", 1000, &value), "something behind it");
	ok(request_number("99999999999999999999", ~0ULL, &value),
	   "more than 64 bits");
}

static const char *wrong(const char *text)
{
	static struct request request;

	return request_parse(&request, text, strlen(text));
}

static void test_good(void)
{
	static struct request request;
	static const char text[] =
		"{\"op\":\"load\",\"policy\":\"mgx_cpu\","
		"\"set\":{\"a.b\":65536,\"c\":true,\"d\":\"64K\",\"e\":-1}}";

	ok(!request_parse(&request, text, strlen(text)), "a command");
	is(request.op, REQUEST_LOAD, "its op");
	is_text(request.policy, "mgx_cpu", "its policy");
	is(request.nr_sets, 4, "its settings");
	is_text(request.set[0], "a.b=65536", "a number");
	is_text(request.set[1], "c=true", "a truth value");
	is_text(request.set[2], "d=64K", "a number with a unit");
	is_text(request.set[3], "e=-1", "a negative one");
	ok(!wrong("{\"op\":\"unload\"}"), "unload");
	ok(!wrong("{\"op\":\"status\"}"), "status");
}

static void test_bad(void)
{
	static const char *const lines[] = {
		"",
		"unload",
		"[]",
		"{",
		"{}",
		"{\"op\":1}",
		"{\"op\":null}",
		"{\"op\":\"exec\"}",
		"{\"op\":\"load\"}",
		"{\"op\":\"load\",\"policy\":\"/etc/passwd\"}",
		"{\"op\":\"load\",\"policy\":\"../x\"}",
		"{\"op\":\"load\",\"policy\":\"x.bpf.o\"}",
		"{\"op\":\"load\",\"policy\":\"--help\"}",
		"{\"op\":\"load\",\"policy\":\"a b\"}",
		"{\"op\":\"load\",\"policy\":[\"a\"]}",
		"{\"op\":\"load\",\"policy\":\"a\",\"set\":[]}",
		"{\"op\":\"load\",\"policy\":\"a\",\"set\":{\"k\":{}}}",
		"{\"op\":\"load\",\"policy\":\"a\",\"set\":{\"k\":null}}",
		"{\"op\":\"load\",\"policy\":\"a\",\"set\":{\"-k\":1}}",
		"{\"op\":\"load\",\"policy\":\"a\",\"set\":{\"k=1\":1}}",
		"{\"op\":\"load\",\"policy\":\"a\",\"set\":{\"k\":\"$(id)\"}}",
		"{\"op\":\"load\",\"policy\":\"a\",\"set\":{\"k\":\"--x\"}}",
		"{\"op\":\"unload\",\"policy\":\"a\"}",
		"{\"op\":\"status\",\"more\":1}",
		"{\"op\":\"status\"} x",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		ok(wrong(lines[i]), "refused: '%s'", lines[i]);
}

int main(void)
{
	test_hosts();
	test_numbers();
	test_good();
	test_bad();
	return tap_done();
}
