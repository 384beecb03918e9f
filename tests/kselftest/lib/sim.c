// SPDX-License-Identifier: GPL-2.0-only
/*
 * sim.c - simulated engines, the channels they are, and mgx_roundrobin on them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"

#define SIM_SYSFS "/sys/kernel/mgx_sim/"

static void tick(void)
{
	const struct timespec ms10 = { .tv_nsec = 10 * 1000 * 1000 };

	nanosleep(&ms10, NULL);
}

/* --- channels -------------------------------------------------------------- */

static const char *channel_file(int id, const char *file)
{
	static __thread char name[96];

	snprintf(name, sizeof(name), "channels/%d/%s", id, file);
	return name;
}

int channel_set(int id, const char *file, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/migrate_ext/%s",
		 channel_file(id, file));
	return file_write(path, value);
}

int64_t channel_get(int id, const char *file)
{
	char buf[64];
	int rc = mgx_read(channel_file(id, file), buf, sizeof(buf));

	return rc ? rc : strtoll(buf, NULL, 10);
}

bool channel_is(int id, const char *file, const char *value)
{
	return mgx_is(channel_file(id, file), value);
}

bool channel_wait(int id, const char *file, const char *value, unsigned int ms)
{
	return mgx_wait(channel_file(id, file), value, ms);
}

int channel_find(const char *name)
{
	int id;

	for (id = 0; id < MGX_MAX_CHANNELS; id++)
		if (channel_is(id, "name", name))
			return id;
	return -ENOENT;
}

bool channel_wait_there(const char *name, bool there, unsigned int ms)
{
	unsigned int tries;

	for (tries = 0; tries < ms / 10; tries++) {
		if ((channel_find(name) >= 0) == there)
			return true;
		usleep(10000);
	}
	return false;
}

int helpers_reset(void)
{
	int rc = file_write(MGX_PARAM "cpu_threads", "0");

	return rc ?: file_write(MGX_PARAM "cpu_threads", "1");
}

/* --- engines ---------------------------------------------------------------- */

static const char *sim_file(unsigned int slot, const char *file)
{
	static __thread char path[96];

	snprintf(path, sizeof(path), SIM_SYSFS "%u/%s", slot, file);
	return path;
}

int sim_set(unsigned int slot, const char *file, uint64_t value)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%llu", (unsigned long long)value);
	return file_write(sim_file(slot, file), buf);
}

int64_t sim_get(unsigned int slot, const char *file)
{
	return file_read_s64(sim_file(slot, file));
}

bool sim_wait(unsigned int slot, const char *file, int64_t at_least,
	      unsigned int ms)
{
	for (;; ms -= ms < 10 ? ms : 10) {
		if (sim_get(slot, file) >= at_least)
			return true;
		if (!ms)
			return false;
		tick();
	}
}

uint64_t sims_sum(const struct sims *s, const char *file)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < s->nr; i++)
		sum += sim_get(i, file);
	return sum;
}

int sims_stop(void)
{
	int rc = file_write(MGX_PARAM "dmaengine", "0");

	if (access("/sys/module/mgx_sim", F_OK))
		return rc;
	return rc ?: module_remove_of("mgx_sim");
}

static int sim_channel(const struct sims *s, unsigned int slot)
{
	char name[64];

	if (!s->dma)
		snprintf(name, sizeof(name), "sim%u", slot);
	else if (file_read(sim_file(slot, "dma_name"), name, sizeof(name)))
		return -ENOENT;
	return channel_find(name);
}

int sims_find(struct sims *s)
{
	unsigned int i;
	int rc = 0;

	if (s->dma)
		rc = file_write(MGX_PARAM "dmaengine", "1");
	for (i = 0; i < s->nr && !rc; i++) {
		s->id[i] = sim_channel(s, i);
		rc = s->id[i] < 0 ? s->id[i] : 0;
	}
	return rc;
}

int sims_start(struct sims *s, unsigned int nr, bool dma)
{
	char params[32];
	int rc = sims_stop();

	*s = (struct sims){ .nr = nr, .dma = dma };
	snprintf(params, sizeof(params), "slots=%u", nr);
	rc = rc ?: module_insert(module_path_of("mgx_sim"), params);
	rc = rc ?: sims_find(s);
	if (rc)
		note("no simulated engines: %s", strerror(-rc));
	return rc;
}

/* --- the policy on them ------------------------------------------------------ */

int roundrobin_load(struct policy *p, const struct roundrobin *r)
{
	int rc = policy_open(p, "mgx_roundrobin");

	rc = rc ?: policy_set(p, "first", r->first);
	rc = rc ?: policy_set(p, "last", r->last);
	rc = rc ?: policy_set(p, "width", r->width);
	rc = rc ?: policy_set(p, "chunk_bytes", r->chunk);
	rc = rc ?: policy_set(p, "free_cpu", r->free_cpu);
	return rc ?: policy_load(p);
}

int roundrobin_start(struct policy *p, const struct roundrobin *r)
{
	int rc = roundrobin_load(p, r);

	rc = rc ?: policy_attach(p);
	if (rc)
		policy_close(p);
	return rc;
}

int roundrobin_sims(struct policy *p, const struct sims *s, bool free_cpu)
{
	const struct roundrobin r = {
		.first = s->id[0],
		.last = s->id[s->nr - 1],
		.width = s->nr,
		.chunk = KIB(64),
		.free_cpu = free_cpu,
	};

	if (r.last != r.first + s->nr - 1) {
		note("the channels are not in a row");
		return -ERANGE;
	}
	return roundrobin_start(p, &r);
}

int deadline_set(unsigned int ms)
{
	return setting_set_u64(MGX_PARAM "deadline_ms", ms);
}
