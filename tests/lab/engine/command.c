// SPDX-License-Identifier: GPL-2.0-only
/*
 * command.c - the commands of the control socket. A command is checked as a
 * whole before it changes anything.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "command.h"
#include "engine.h"
#include "parse.h"
#include "report.h"

#define MAX_NTH 1000000000000ULL

/* Refuses the command. */
__attribute__((format(printf, 2, 3))) static bool
refuse(struct reply *reply, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reply->error, sizeof(reply->error), format, args);
	va_end(args);
	return false;
}

/* A number within bounds. @what: its name, for the message */
static bool number(struct reply *reply, const char *what, const char *text,
		   uint64_t min, uint64_t max, uint64_t *value)
{
	if (!text)
		return refuse(reply, "%s needs a number", what);
	if (parse_number(text, value) && *value >= min && *value <= max)
		return true;
	return refuse(reply,
		      "%s must be %" PRIu64 " to %" PRIu64 ", not '%.40s'",
		      what, min, max, text);
}

/* --- which channels, which function ------------------------------------------- */

/* "chan SELECTOR" */
static bool channels(struct engine *engine, char **words,
		     struct selector *selector, struct reply *reply)
{
	const char *which = words[0] ? words[1] : NULL;

	if (!which || strcmp(words[0], "chan"))
		return refuse(
			reply,
			"say which channel: chan 0.3, chan 0.all or chan all");
	if (!parse_selector(which, selector))
		return refuse(
			reply,
			"'%.40s' is no channel; say FUNCTION.CHANNEL, FUNCTION.all or all",
			which);
	if (selector->function != PARSE_ALL && selector->function >= engine->nr)
		return refuse(reply, "there is no function %u, only 0 to %u",
			      selector->function, engine->nr - 1);
	if (selector->channel != PARSE_ALL &&
	    selector->channel >= IOAT_NR_CHANNELS)
		return refuse(reply, "there is no channel %u, only 0 to %u",
			      selector->channel, IOAT_NR_CHANNELS - 1);
	return true;
}

static bool selected(const struct selector *selector, unsigned int function,
		     unsigned int channel)
{
	return (selector->function == PARSE_ALL ||
		selector->function == function) &&
	       (selector->channel == PARSE_ALL || selector->channel == channel);
}

/* The next selected channel from *@i on; NULL after the last */
static struct channel *next_channel(struct engine *engine,
				    const struct selector *selector,
				    unsigned int *i)
{
	for (; *i < engine->nr * IOAT_NR_CHANNELS; (*i)++) {
		unsigned int function = *i / IOAT_NR_CHANNELS;
		unsigned int channel = *i % IOAT_NR_CHANNELS;

		if (selected(selector, function, channel))
			return &engine->servers[function]
					.function.channels[channel];
	}
	return NULL;
}

#define for_each_channel(_channel, _engine, _selector) \
	for (unsigned int _i = 0;                      \
	     ((_channel) = next_channel((_engine), (_selector), &_i)); _i++)

/* "fn NUMBER" */
static struct function *function(struct engine *engine, char **words,
				 struct reply *reply)
{
	uint64_t index;

	if (!words[0] || strcmp(words[0], "fn")) {
		refuse(reply, "say which function: fn 0");
		return NULL;
	}
	if (!number(reply, "the function", words[1], 0, engine->nr - 1, &index))
		return NULL;
	if (words[2]) {
		refuse(reply, "'%.40s' is too much", words[2]);
		return NULL;
	}
	return &engine->servers[index].function;
}

/* --- set ------------------------------------------------------------------------- */

static const struct parameter {
	const char *name;
	size_t member;
	uint64_t max;
} parameters[] = {
	{ "mbps", offsetof(struct timing, mbps), PACE_MAX_MBPS },
	{ "latency-us", offsetof(struct timing, latency_us), PACE_MAX_US },
	{ "jitter-us", offsetof(struct timing, jitter_us), PACE_MAX_US },
	{ NULL, 0, 0 },
};

static const struct parameter *parameter(const char *name)
{
	for (const struct parameter *p = parameters; name && p->name; p++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

static bool run_set(struct engine *engine, char **words, struct reply *reply)
{
	const struct parameter *p;
	struct selector selector;
	struct channel *channel;
	uint64_t value;

	if (!channels(engine, words, &selector, reply))
		return false;
	p = parameter(words[2]);
	if (!p)
		return refuse(reply,
			      "say what to set: mbps, latency-us or jitter-us");
	if (!number(reply, p->name, words[3], 0, p->max, &value))
		return false;
	if (words[4])
		return refuse(reply, "'%.40s' is too much", words[4]);
	for_each_channel(channel, engine, &selector)
		channel_set_timing(channel, p->member, value);
	return true;
}

/* --- fault ----------------------------------------------------------------------- */

static bool fault_times(struct fault *f, const char *text, struct reply *reply)
{
	if (text && !strcmp(text, "always")) {
		f->times = FAULT_ALWAYS;
		return true;
	}
	return number(reply, "times", text, 1, MAX_NTH, &f->times);
}

static bool fault_error(struct fault *f, const char *text, struct reply *reply)
{
	f->code = text ? fault_code(text) : 0;
	if (f->code)
		return true;
	return refuse(reply, "code must be one of: %s", fault_code_names());
}

static bool fault_ms(struct fault *f, const char *text, struct reply *reply)
{
	uint64_t ms;

	if (!number(reply, "ms", text, 1, FAULT_MAX_MS, &ms))
		return false;
	f->ms = ms;
	return true;
}

/* One option of a fault, at *@words; moves *@words behind it. */
static bool fault_option(const struct fault_type *type, struct fault *f,
			 char ***words, struct reply *reply)
{
	const char *name = *(*words)++;
	const char *value = **words;

	if (type->has_never && !strcmp(name, "never"))
		return f->never = true;
	*words += !!value;
	if (!strcmp(name, "nth"))
		return number(reply, name, value, 1, MAX_NTH, &f->nth);
	if (!strcmp(name, "times"))
		return fault_times(f, value, reply);
	if (type->has_code && !strcmp(name, "code"))
		return fault_error(f, value, reply);
	if (type->has_ms && !strcmp(name, "ms"))
		return fault_ms(f, value, reply);
	return refuse(reply,
		      "fault %s has no '%.40s'; it has nth N, times N%s%s%s",
		      type->name, name, type->has_code ? ", code NAME" : "",
		      type->has_ms ? ", ms N" : "",
		      type->has_never ? ", never" : "");
}

static bool fault_options(const struct fault_type *type, struct fault *f,
			  char **words, struct reply *reply)
{
	*f = (struct fault){ .nth = 1, .times = 1 };
	if (type->has_code)
		f->code = IOAT_ERR_READ_DATA;
	while (*words)
		if (!fault_option(type, f, &words, reply))
			return false;
	if (type->has_ms && !f->ms)
		return refuse(reply, "fault %s needs ms N: how late",
			      type->name);
	return true;
}

static bool run_fault(struct engine *engine, char **words, struct reply *reply)
{
	struct selector selector;
	struct channel *channel;
	struct fault fault;
	int kind;

	if (!channels(engine, words, &selector, reply))
		return false;
	kind = words[2] ? fault_kind(words[2]) : -1;
	if (kind < 0)
		return refuse(
			reply,
			"say which fault: error, hang, late, late-write, corrupt or drop-irq");
	if (!fault_options(&fault_types[kind], &fault, words + 3, reply))
		return false;
	for_each_channel(channel, engine, &selector)
		channel_set_fault(channel, kind, &fault);
	return true;
}

static bool run_clear(struct engine *engine, char **words, struct reply *reply)
{
	struct selector selector;
	struct channel *channel;

	if (!channels(engine, words, &selector, reply))
		return false;
	if (words[2])
		return refuse(reply, "'%.40s' is too much", words[2]);
	for_each_channel(channel, engine, &selector)
		channel_clear_faults(channel);
	return true;
}

/* --- functions --------------------------------------------------------------------- */

static bool run_remove(struct engine *engine, char **words, struct reply *reply)
{
	struct function *fn = function(engine, words, reply);

	if (!fn)
		return false;
	if (function_is_removed(fn))
		return refuse(reply, "function %u is removed already",
			      fn->index);
	function_remove(fn, true);
	return true;
}

static bool run_insert(struct engine *engine, char **words, struct reply *reply)
{
	struct function *fn = function(engine, words, reply);

	if (!fn)
		return false;
	if (!function_is_removed(fn))
		return refuse(reply, "function %u is there", fn->index);
	function_remove(fn, false);
	return true;
}

/* --- counters ------------------------------------------------------------------------ */

static bool run_stat(struct engine *engine, char **words, struct reply *reply)
{
	if (!words[0])
		report_text(engine, reply->out);
	else if (!strcmp(words[0], "json") && !words[1])
		report_json(engine, reply->out);
	else
		return refuse(reply, "it is 'stat' or 'stat json'");
	return true;
}

static bool run_reset(struct engine *engine, char **words, struct reply *reply)
{
	const struct selector all = { PARSE_ALL, PARSE_ALL };
	struct channel *channel;

	if (!words[0] || strcmp(words[0], "counters") || words[1])
		return refuse(reply, "it is 'reset counters'");
	for_each_channel(channel, engine, &all) channel_reset_counters(channel);
	return true;
}

static bool run_help(struct engine *engine, char **words, struct reply *reply)
{
	(void)engine;
	(void)words;
	command_help(reply->out);
	return true;
}

/* --- all of them ----------------------------------------------------------------------- */

static const struct command {
	const char *name;
	bool (*run)(struct engine *engine, char **words, struct reply *reply);
} commands[] = {
	{ "stat", run_stat },	  { "set", run_set },
	{ "fault", run_fault },	  { "clear", run_clear },
	{ "reset", run_reset },	  { "remove", run_remove },
	{ "insert", run_insert }, { "help", run_help },
	{ NULL, NULL },
};

void command_help(FILE *out)
{
	fputs("stat [json]             counters and settings\n"
	      "reset counters          all counters to 0\n"
	      "set chan CH mbps N      10^6 bytes a second; 0: as fast as this machine\n"
	      "set chan CH latency-us N    from the transfer to the completion\n"
	      "set chan CH jitter-us N     at most this much is added to it\n"
	      "fault chan CH KIND [nth N] [times N|always] ...\n"
	      "                        KIND happens to the nth copy from now on, and to\n"
	      "                        as many in a row; each defaults to 1\n"
	      "   error [code NAME]    the channel halts with this bit of CHANERR;\n"
	      "                        default read-data; write-data writes a half\n"
	      "   hang                 silence, until a reset or 'clear'\n"
	      "   late ms N            data and completion come later, unless a reset\n"
	      "                        of the channel comes before\n"
	      "   late-write ms N [never]\n"
	      "                        the data as it is now is written later, even\n"
	      "                        after a reset; then the completion, or never\n"
	      "   corrupt              one byte in the middle is wrong, nothing says so\n"
	      "   drop-irq             the nth interrupt is lost\n"
	      "clear chan CH           no faults any more; a channel that hangs goes on\n"
	      "remove fn N             the function is gone without a word: reads give\n"
	      "                        ones, nothing is written any more\n"
	      "insert fn N             it is back, as after power-on\n"
	      "help\n"
	      "CH is FUNCTION.CHANNEL (0.3), FUNCTION.all or all.\n",
	      out);
}

/* False if the command was refused; then reply->error says why. */
bool command_run(struct engine *engine, char *line, struct reply *reply)
{
	char *words[PARSE_MAX_WORDS + 1];
	int n = parse_words(line, words);

	if (n < 0)
		return refuse(reply, "a command has at most %d words",
			      PARSE_MAX_WORDS);
	if (!n)
		return refuse(reply, "no command; try 'help'");
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, words[0]))
			return c->run(engine, words + 1, reply);
	return refuse(reply, "there is no command '%.40s'; try 'help'",
		      words[0]);
}
