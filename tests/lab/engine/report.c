// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c - counters and settings, for people and as JSON.
 */
#include <inttypes.h>
#include <string.h>

#include "engine.h"
#include "report.h"

#define NR_COUNTERS (sizeof(struct counters) / sizeof(uint64_t))

static const char *const counter_names[NR_COUNTERS] = {
#define X(_name) #_name,
	CHANNEL_COUNTERS(X)
#undef X
};

static const char *const state_names[] = {
	[IOAT_ACTIVE] = "active",
	[IOAT_DONE] = "idle",
	[IOAT_SUSPENDED] = "suspended",
	[IOAT_HALTED] = "halted",
};

static void counters_add(struct counters *sum, const struct counters *more)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)more;

	for (size_t i = 0; i < NR_COUNTERS; i++)
		to[i] += from[i];
}

static void function_counters(struct function *fn, struct counters *sum)
{
	struct channel_view view;

	for (unsigned int i = 0; i < IOAT_NR_CHANNELS; i++) {
		channel_look(&fn->channels[i], &view);
		counters_add(sum, &view.counters);
	}
}

static void engine_counters(struct engine *engine, struct counters *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned int i = 0; i < engine->nr; i++)
		function_counters(&engine->servers[i].function, sum);
}

/* --- text -------------------------------------------------------------------- */

/* Copies and bytes always, the others if they are not 0 */
static void text_counters(const struct counters *counters, FILE *out)
{
	const uint64_t *values = (const uint64_t *)counters;

	for (size_t i = 0; i < NR_COUNTERS; i++)
		if (i < 2 || values[i])
			fprintf(out, " %s %" PRIu64, counter_names[i],
				values[i]);
	fputc('\n', out);
}

static void text_timing(const struct timing *timing, FILE *out)
{
	if (!timing->mbps && !timing->latency_us && !timing->jitter_us)
		return;
	fprintf(out, "      timing: mbps %u latency-us %u jitter-us %u\n",
		timing->mbps, timing->latency_us, timing->jitter_us);
}

static void text_fault(const struct fault_type *type, const struct fault *f,
		       FILE *out)
{
	fprintf(out, "      fault: %s nth %" PRIu64, type->name, f->nth);
	if (f->times == FAULT_ALWAYS)
		fputs(" times always", out);
	else
		fprintf(out, " times %" PRIu64, f->times);
	if (type->has_code)
		fprintf(out, " code %s", fault_code_name(f->code));
	if (type->has_ms)
		fprintf(out, " ms %u", f->ms);
	fprintf(out, "%s, seen %" PRIu64 "\n", f->never ? " never" : "",
		f->seen);
}

static void text_channel(struct function *fn, unsigned int index, FILE *out)
{
	struct channel_view view;

	channel_look(&fn->channels[index], &view);
	fprintf(out, "  %u.%u %s:", fn->index, index, state_names[view.state]);
	text_counters(&view.counters, out);
	if (view.chanerr)
		fprintf(out, "      chanerr: %#x\n", view.chanerr);
	text_timing(&view.timing, out);
	for (int i = 0; i < NR_FAULTS; i++)
		if (view.faults[i].times)
			text_fault(&fault_types[i], &view.faults[i], out);
}

static void text_function(struct function *fn, FILE *out)
{
	fprintf(out, "function %u: %s%s\n", fn->index,
		function_is_connected(fn) ? "connected" : "no client",
		function_is_removed(fn) ? ", removed" : "");
	for (unsigned int i = 0; i < IOAT_NR_CHANNELS; i++)
		text_channel(fn, i, out);
}

void report_text(struct engine *engine, FILE *out)
{
	struct counters sum;

	for (unsigned int i = 0; i < engine->nr; i++)
		text_function(&engine->servers[i].function, out);
	engine_counters(engine, &sum);
	fputs("total:", out);
	text_counters(&sum, out);
}

/* --- JSON: the names are ours, nothing needs to be escaped ---------------------- */

static void json_counters(const struct counters *counters, FILE *out)
{
	const uint64_t *values = (const uint64_t *)counters;

	for (size_t i = 0; i < NR_COUNTERS; i++)
		fprintf(out, "%s\"%s\": %" PRIu64, i ? ", " : "{",
			counter_names[i], values[i]);
	fputc('}', out);
}

static void json_timing(const struct timing *timing, FILE *out)
{
	fprintf(out, "{\"mbps\": %u, \"latency_us\": %u, \"jitter_us\": %u}",
		timing->mbps, timing->latency_us, timing->jitter_us);
}

/* times -1: always */
static void json_fault(const struct fault_type *type, const struct fault *f,
		       FILE *out)
{
	fprintf(out,
		"{\"kind\": \"%s\", \"nth\": %" PRIu64 ", \"times\": %" PRId64
		", \"seen\": %" PRIu64,
		type->name, f->nth,
		f->times == FAULT_ALWAYS ? -1 : (int64_t)f->times, f->seen);
	if (type->has_code)
		fprintf(out, ", \"code\": \"%s\"", fault_code_name(f->code));
	if (type->has_ms)
		fprintf(out, ", \"ms\": %u", f->ms);
	if (type->has_never)
		fprintf(out, ", \"never\": %s", f->never ? "true" : "false");
	fputc('}', out);
}

static void json_faults(const struct fault *faults, FILE *out)
{
	const char *between = "";

	fputc('[', out);
	for (int i = 0; i < NR_FAULTS; i++) {
		if (!faults[i].times)
			continue;
		fputs(between, out);
		json_fault(&fault_types[i], &faults[i], out);
		between = ", ";
	}
	fputc(']', out);
}

static void json_channel(struct function *fn, unsigned int index, FILE *out)
{
	struct channel_view view;

	channel_look(&fn->channels[index], &view);
	fprintf(out,
		"    {\"channel\": %u, \"state\": \"%s\", \"chanerr\": %u,\n     \"timing\": ",
		index, state_names[view.state], view.chanerr);
	json_timing(&view.timing, out);
	fputs(",\n     \"faults\": ", out);
	json_faults(view.faults, out);
	fputs(",\n     \"counters\": ", out);
	json_counters(&view.counters, out);
	fputc('}', out);
}

static void json_function(struct function *fn, FILE *out)
{
	fprintf(out,
		"  {\"function\": %u, \"connected\": %s, \"removed\": %s, \"channels\": [\n",
		fn->index, function_is_connected(fn) ? "true" : "false",
		function_is_removed(fn) ? "true" : "false");
	for (unsigned int i = 0; i < IOAT_NR_CHANNELS; i++) {
		fputs(i ? ",\n" : "", out);
		json_channel(fn, i, out);
	}
	fputs("]}", out);
}

void report_json(struct engine *engine, FILE *out)
{
	struct counters sum;

	fputs("{\"functions\": [\n", out);
	for (unsigned int i = 0; i < engine->nr; i++) {
		fputs(i ? ",\n" : "", out);
		json_function(&engine->servers[i].function, out);
	}
	engine_counters(engine, &sum);
	fputs("],\n \"total\": ", out);
	json_counters(&sum, out);
	fputs("}\n", out);
}
