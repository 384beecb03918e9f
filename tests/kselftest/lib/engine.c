// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine.c - the engine of the lab (tests/lab/engine): its driver, and words with
 * the engine itself, which is outside the guest. See relay.sh there.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

#define CHANNELS "/sys/kernel/migrate_ext/channels"
#define POLL_US	 20000
#define PATIENCE 3000 /* polls */

/* The directory of this run that both sides see; see vm.sh. */
static int mailbox(char *path, size_t len)
{
	char line[2048], *run;
	int rc = file_read("/proc/cmdline", line, sizeof(line));

	if (rc)
		return rc;
	run = strstr(line, "mgx.run=");
	if (!run)
		return -EOPNOTSUPP;
	run += strlen("mgx.run=");
	run[strcspn(run, " ")] = '\0';
	snprintf(path, len, "/src/build/run/%s/mail", run);
	return access(path, W_OK) ? -EOPNOTSUPP : 0;
}

int engine_start(void)
{
	char path[256];
	int rc = mailbox(path, sizeof(path));

	if (rc) {
		note("this guest has no engine (vm.sh -e)");
		return rc;
	}
	return system("modprobe ioatdma") ? -ENODEV : 0;
}

/* Status in the first line, then what the engine says. */
static int read_answer(const char *path, char *reply, size_t len)
{
	FILE *f = fopen(path, "r");
	int status = -1;
	size_t n;

	if (!f)
		return -errno;
	if (fscanf(f, "%d%*1[\n]", &status) < 1)
		status = 1;
	n = fread(reply, 1, len - 1, f);
	reply[n] = '\0';
	fclose(f);
	unlink(path);
	return status ? -EINVAL : 0;
}

static int ask(const char *base, const char *question, char *reply, size_t len)
{
	char ask[320], new[320], answer[320];
	FILE *f;
	int i;

	snprintf(new, sizeof(new), "%s.new", base);
	snprintf(ask, sizeof(ask), "%s.ask", base);
	snprintf(answer, sizeof(answer), "%s.answer", base);
	f = fopen(new, "w");
	if (!f)
		return -errno;
	fprintf(f, "%s\n", question);
	fclose(f);
	if (rename(new, ask))
		return -errno;
	for (i = 0; i < PATIENCE && access(answer, R_OK); i++)
		usleep(POLL_US);
	return read_answer(answer, reply, len);
}

int engine_ask(char *reply, size_t len, const char *fmt, ...)
{
	char box[256], base[300], question[128], own[8192];
	static unsigned int asked;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	vsnprintf(question, sizeof(question), fmt, ap);
	va_end(ap);
	rc = mailbox(box, sizeof(box));
	if (rc)
		return rc;
	snprintf(base, sizeof(base), "%s/c%d.%u", box, getpid(), ++asked);
	if (!reply) {
		reply = own;
		len = sizeof(own);
	}
	rc = ask(base, question, reply, len);
	if (rc)
		note("engine: '%s': %s", question, reply);
	return rc;
}

int64_t engine_total(const char *name)
{
	char reply[8192], want[64], *total, *at;
	int rc = engine_ask(reply, sizeof(reply), "stat");

	if (rc)
		return rc;
	total = strstr(reply, "total:");
	snprintf(want, sizeof(want), " %s ", name);
	at = total ? strstr(total, want) : NULL;
	return at ? strtoll(at + strlen(want), NULL, 10) : 0;
}

uint64_t channels_bytes(const char *kind)
{
	char path[96];
	uint64_t sum = 0;
	int id;

	for (id = 0; id < MGX_MAX_CHANNELS; id++) {
		snprintf(path, sizeof(path), CHANNELS "/%d/bytes", id);
		if (channel_is(id, "kind", kind))
			sum += file_read_s64(path);
	}
	return sum;
}

int channels_find(const char *kind, int *first, int *last)
{
	int id, nr = 0;

	for (id = 0; id < MGX_MAX_CHANNELS; id++) {
		if (!channel_is(id, "kind", kind))
			continue;
		if (!nr++)
			*first = id;
		*last = id;
	}
	return nr;
}
