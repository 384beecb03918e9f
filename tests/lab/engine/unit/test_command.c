// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_command.c - commands of the control socket: what they do, and what is
 * refused with which words.
 */
#include <stdlib.h>

#include "command.h"
#include "engine.h"
#include "parse.h"
#include "tap.h"

static struct engine engine = { .nr = 2 };
static char *output;

/* NULL if the command was carried out, else why not */
static const char *run(const char *command)
{
	static struct reply reply;
	char line[400];
	size_t len;
	bool done;

	free(output);
	output = NULL;
	reply.error[0] = '\0';
	reply.out = open_memstream(&output, &len);
	snprintf(line, sizeof(line), "%s", command);
	done = command_run(&engine, line, &reply);
	fclose(reply.out);
	return done ? NULL : reply.error;
}

static void works(const char *command)
{
	const char *why = run(command);

	if (!ok(!why, "'%s' works", command))
		printf("# %s\n", why);
}

/* @words: what the message must contain */
static void refused(const char *command, const char *words)
{
	const char *why = run(command);

	if (!ok(why && strstr(why, words), "'%.60s' is refused", command))
		printf("# got '%s', want '%s'\n", why ? why : "done", words);
}

static struct channel_view look(unsigned int function, unsigned int channel)
{
	struct channel_view view;

	channel_look(&engine.servers[function].function.channels[channel],
		     &view);
	return view;
}

static void test_numbers(void)
{
	uint64_t value = 7;

	ok(parse_number("0", &value) && value == 0, "0");
	ok(parse_number("18446744073709551615", &value) && value == UINT64_MAX,
	   "the largest number");
	ok(!parse_number("18446744073709551616", &value), "one more");
	ok(!parse_number("", &value), "nothing");
	ok(!parse_number("-1", &value), "a sign");
	ok(!parse_number(" 1", &value), "a space");
	ok(!parse_number("1k", &value), "a unit");
	ok(!parse_number("0x10", &value), "hexadecimal");
	ok(!parse_number("1.5", &value), "a fraction");
}

static bool selects(const char *text, uint32_t function, uint32_t channel)
{
	struct selector s;

	return parse_selector(text, &s) && s.function == function &&
	       s.channel == channel;
}

static void test_selectors(void)
{
	struct selector s;

	ok(selects("0.3", 0, 3), "0.3");
	ok(selects("1.all", 1, PARSE_ALL), "1.all");
	ok(selects("all.2", PARSE_ALL, 2), "all.2");
	ok(selects("all", PARSE_ALL, PARSE_ALL), "all");
	ok(!parse_selector("", &s), "nothing");
	ok(!parse_selector(".", &s), "a dot");
	ok(!parse_selector("0.", &s), "no channel");
	ok(!parse_selector(".0", &s), "no function");
	ok(!parse_selector("3", &s), "a number alone");
	ok(!parse_selector("0.1.2", &s), "too many numbers");
	ok(!parse_selector("4294967296.0", &s), "a huge function");
	ok(!parse_selector("0.4294967295", &s), "a huge channel");
	ok(!parse_selector("11111111111111111111.0", &s), "a long function");
}

static void test_set(void)
{
	works("set chan 0.1 mbps 2000");
	is(look(0, 1).timing.mbps, 2000, "bandwidth is set");
	is(look(0, 0).timing.mbps, 0, "its neighbour's is not");
	works("set chan 1.all latency-us 5");
	is(look(1, 3).timing.latency_us, 5, "latency is set");
	is(look(0, 3).timing.latency_us, 0, "not of the other function");
	works("set chan all jitter-us 3");
	is(look(0, 2).timing.jitter_us, 3, "jitter is set");
	works("set chan all mbps 1000000");
	works("set chan all mbps 0");
	refused("set chan 0.1 mbps 1000001", "mbps must be 0 to 1000000");
	refused("set chan 0.1 mbps -1", "not '-1'");
	refused("set chan 0.1 mbps 99999999999999999999999", "mbps must be");
	refused("set chan 0.1 mbps", "mbps needs a number");
	refused("set chan 0.1 mbps 1 2", "'2' is too much");
	refused("set chan 0.1 latency-us 10000001", "0 to 10000000");
	refused("set chan 0.1 colour 3", "say what to set");
	refused("set chan 0.1", "say what to set");
	refused("set chan 2.0 mbps 1", "no function 2, only 0 to 1");
	refused("set chan 0.4 mbps 1", "no channel 4, only 0 to 3");
	refused("set chan 5 mbps 1", "'5' is no channel");
	refused("set chan", "say which channel");
	refused("set channel 0.0 mbps 1", "say which channel");
	refused("set", "say which channel");
}

static void test_fault(void)
{
	struct fault f;

	works("fault chan 0.2 error nth 10 code write-data");
	f = look(0, 2).faults[FAULT_ERROR];
	ok(f.nth == 10 && f.times == 1 && f.code == IOAT_ERR_WRITE_DATA,
	   "the error is set");
	works("fault chan 0.2 error");
	f = look(0, 2).faults[FAULT_ERROR];
	ok(f.nth == 1 && f.times == 1 && f.code == IOAT_ERR_READ_DATA,
	   "defaults: the next one, once, read-data");
	works("fault chan 0.2 hang nth 3 times always");
	f = look(0, 2).faults[FAULT_HANG];
	ok(f.nth == 3 && f.times == FAULT_ALWAYS, "the hang is set");
	works("fault chan 0.2 late ms 500");
	is(look(0, 2).faults[FAULT_LATE].ms, 500, "lateness is set");
	works("fault chan 0.2 late-write never ms 700 times 2");
	f = look(0, 2).faults[FAULT_LATE_WRITE];
	ok(f.never && f.ms == 700 && f.times == 2, "the late write is set");
	works("fault chan 0.2 corrupt");
	works("fault chan 0.2 drop-irq nth 2");
	works("clear chan 0.2");
	is(look(0, 2).faults[FAULT_HANG].times, 0, "and all is clear again");
}

static void test_bad_faults(void)
{
	refused("fault chan 0.0", "say which fault");
	refused("fault chan 0.0 fire", "say which fault");
	refused("fault chan 0.0 error code bogus", "read-data write-data");
	refused("fault chan 0.0 error code", "code must be one of");
	refused("fault chan 0.0 error ms 5", "fault error has no 'ms'");
	refused("fault chan 0.0 hang never", "fault hang has no 'never'");
	refused("fault chan 0.0 error nth 0", "nth must be 1 to");
	refused("fault chan 0.0 error nth", "nth needs a number");
	refused("fault chan 0.0 error times 0", "times must be 1 to");
	refused("fault chan 0.0 error times often", "not 'often'");
	refused("fault chan 0.0 late", "fault late needs ms");
	refused("fault chan 0.0 late ms 0", "ms must be 1 to 600000");
	refused("fault chan 0.0 late ms 600001", "ms must be 1 to 600000");
	refused("fault chan 9.0 hang", "no function 9");
	is(look(0, 0).faults[FAULT_ERROR].times, 0, "a refusal sets nothing");
	refused("clear", "say which channel");
	refused("clear chan 0.0 now", "'now' is too much");
}

static void test_functions(void)
{
	refused("remove", "say which function");
	refused("remove fn", "the function needs a number");
	refused("remove fn 2", "the function must be 0 to 1");
	refused("remove fn 0 0", "'0' is too much");
	refused("insert fn 1", "function 1 is there");
	works("remove fn 1");
	refused("remove fn 1", "removed already");
	works("insert fn 1");
	refused("unplug fn 0", "no command 'unplug'");
}

static void test_stat(void)
{
	works("set chan 0.0 mbps 7");
	works("fault chan 0.0 late-write ms 9 never");
	works("stat");
	ok(strstr(output, "function 1: no client"), "it names the functions");
	ok(strstr(output, "mbps 7 "), "it names settings");
	ok(strstr(output, "late-write nth 1 times 1 ms 9 never, seen 0"),
	   "it names faults");
	ok(strstr(output, "total: copies 0 bytes 0"), "it has a total");
	works("stat json");
	ok(strstr(output, "\"kind\": \"late-write\", \"nth\": 1"),
	   "faults as JSON");
	ok(strstr(output, "\"total\": {\"copies\": 0,"), "a total as JSON");
	refused("stat xml", "it is 'stat'");
	works("reset counters");
	refused("reset", "it is 'reset counters'");
	refused("reset counters all", "it is 'reset counters'");
}

static void test_others(void)
{
	works("help");
	ok(strstr(output, "drop-irq"), "help names the faults");
	refused("", "no command");
	refused("   \t ", "no command");
	refused("sing", "there is no command 'sing'");
	refused("a b c d e f g h i j k l m n o p q", "at most 16 words");
}

int main(void)
{
	for (unsigned int i = 0; i < engine.nr; i++)
		function_start(&engine.servers[i].function, i);
	test_numbers();
	test_selectors();
	test_set();
	test_fault();
	test_bad_faults();
	test_functions();
	test_stat();
	test_others();
	for (unsigned int i = 0; i < engine.nr; i++)
		function_stop(&engine.servers[i].function);
	free(output);
	return tap_done();
}
