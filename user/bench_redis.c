// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_redis.c - 'mgxbench app --workload redis': a redis-server of its own,
 * asked by redis-benchmark, first as it is, then while it is moved to and fro.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "bench_app.h"
#include "error.h"

#define KEYS	    "20000"
#define VALUE	    "1024"
#define START_TRIES 200
#define START_NS    50000000

/**
 * struct redis - a server of this run's own
 * @dir: for its socket
 * @socket: there
 * @pid: it, 0 if it does not run
 */
struct redis {
	char dir[64];
	char socket[96];
	pid_t pid;
};

static bool installed(const char *program)
{
	const char *path = getenv("PATH");
	char *copy = strdup(path ? path : ""), *rest = copy, *dir;
	bool found = false;

	while (!found && copy && (dir = strsep(&rest, ":"))) {
		char file[PATH_MAX];

		snprintf(file, sizeof(file), "%s/%s", dir, program);
		found = !access(file, X_OK);
	}
	free(copy);
	return found;
}

/* @out: where its standard output goes. It ends with us, whatever happens. */
static pid_t start(const char *const argv[], int out)
{
	pid_t pid = fork();
	sigset_t none;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(out, STDOUT_FILENO);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

static int server_start(struct redis *redis, const struct bench *b)
{
	const char *const argv[] = {
		"redis-server", "--port", "0",	      "--unixsocket",
		redis->socket,	"--save", "",	      "--appendonly",
		"no",		"--dir",  redis->dir, "--logfile",
		"/dev/null",	NULL
	};
	const struct timespec pause = { .tv_nsec = START_NS };

	bench_node_bind(b->from);
	redis->pid = start(argv, STDERR_FILENO);
	bench_node_bind(-1);
	for (int i = 0; i < START_TRIES; i++) {
		if (!access(redis->socket, F_OK))
			return 0;
		if (waitpid(redis->pid, NULL, WNOHANG)) {
			redis->pid = 0;
			break;
		}
		nanosleep(&pause, NULL);
	}
	return fail("run it by hand", "redis-server does not start");
}

/*
 * Requests per second of one redis-benchmark, for about as long as asked: it is
 * told a number of requests. NULL @while_it: nothing happens meanwhile.
 */
struct ask {
	const char *test;
	const char *requests;
	void (*while_it)(void *arg);
	void *arg;
};

static double parse_rate(FILE *stream)
{
	double rate = NAN;
	char line[512];

	/* "GET","1234.56",... */
	while (fgets(line, sizeof(line), stream)) {
		char *comma = strstr(line, "\",\"");

		if (comma && comma[3] >= '0' && comma[3] <= '9')
			rate = strtod(comma + 3, NULL);
	}
	return rate;
}

static double ask(const struct redis *redis, const struct ask *ask)
{
	const char *const argv[] = { "redis-benchmark",
				     "-s",
				     redis->socket,
				     "-t",
				     ask->test,
				     "-n",
				     ask->requests,
				     "-r",
				     KEYS,
				     "-d",
				     VALUE,
				     "-c",
				     "8",
				     "--csv",
				     NULL };
	FILE *out = tmpfile();
	double rate = NAN;
	int status = -1;
	pid_t pid;

	if (!out)
		return NAN;
	pid = start(argv, fileno(out));
	while (pid > 0 && !waitpid(pid, &status, WNOHANG)) {
		const struct timespec pause = { .tv_nsec = 10000000 };

		if (ask->while_it)
			ask->while_it(ask->arg);
		else
			nanosleep(&pause, NULL);
	}
	if (!status && !fseek(out, 0, SEEK_SET))
		rate = parse_rate(out);
	fclose(out);
	return rate;
}

static int setup(const struct bench *b, const struct bench_case *c, void **data)
{
	struct redis *redis = calloc(1, sizeof(*redis));
	const struct ask fill = { .test = "set", .requests = "40000" };

	(void)c;
	if (!redis)
		return fail(NULL, "out of memory");
	*data = redis;
	if (!installed("redis-server") || !installed("redis-benchmark"))
		return bench_skip("install redis-server and redis-tools",
				  "redis-server or redis-benchmark is missing");
	snprintf(redis->dir, sizeof(redis->dir), "/tmp/mgxbench.XXXXXX");
	if (!mkdtemp(redis->dir)) {
		redis->dir[0] = '\0';
		return fail(NULL, "/tmp: %s", strerror(errno));
	}
	snprintf(redis->socket, sizeof(redis->socket), "%s/socket", redis->dir);
	if (server_start(redis, b))
		return -1;
	if (isnan(ask(redis, &fill)))
		return fail("run it by hand", "redis-benchmark failed");
	return 0;
}

static void teardown(void *data)
{
	struct redis *redis = data;

	if (redis && redis->pid) {
		kill(redis->pid, SIGKILL);
		waitpid(redis->pid, NULL, 0);
	}
	if (redis && *redis->dir) {
		unlink(redis->socket);
		rmdir(redis->dir);
	}
	free(redis);
}

/**
 * struct shuttle - the server goes to and fro
 * @pid: it
 * @node: where it is, where it goes next
 */
struct shuttle {
	pid_t pid;
	int node[2];
};

static int process_move(pid_t pid, int from, int to)
{
	unsigned long from_mask[16] = { 0 }, to_mask[16] = { 0 };
	const int bits = 8 * sizeof(long);

	from_mask[from / bits] = 1UL << from % bits;
	to_mask[to / bits] = 1UL << to % bits;
	return syscall(SYS_migrate_pages, pid, 8 * sizeof(from_mask), from_mask,
		       to_mask);
}

static void shuttle_go(void *arg)
{
	struct shuttle *shuttle = arg;
	int here = shuttle->node[0];

	process_move(shuttle->pid, here, shuttle->node[1]);
	shuttle->node[0] = shuttle->node[1];
	shuttle->node[1] = here;
}

/* Base pages that the kernel has moved since it was booted. */
static __u64 pages_moved(void)
{
	FILE *file = fopen("/proc/vmstat", "re");
	unsigned long long value = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "pgmigrate_success %llu", &value) == 1)
			break;
	if (file)
		fclose(file);
	return value;
}

static int once(const struct bench *b, const struct bench_case *c, void *data,
		struct bench_sample *sample)
{
	struct redis *redis = data;
	struct shuttle shuttle = { redis->pid, { b->from, b->to } };
	char requests[16];
	struct ask get = { .test = "get", .requests = "2000" };
	__u64 pages, start;

	(void)c;
	/* A short run tells how many requests fill the time. */
	sample->value[APP_BEFORE] = ask(redis, &get);
	snprintf(requests, sizeof(requests), "%.0f",
		 sample->value[APP_BEFORE] * app_seconds(b) + 1);
	get.requests = requests;
	sample->value[APP_BEFORE] = ask(redis, &get);
	get.while_it = shuttle_go;
	get.arg = &shuttle;
	pages = pages_moved();
	start = bench_now();
	sample->value[APP_DURING] = ask(redis, &get);
	sample->moved = (pages_moved() - pages) * sysconf(_SC_PAGESIZE);
	sample->value[APP_MOVED] = sample->moved * 1e3 / (bench_now() - start);
	sample->value[APP_LOST] = app_lost(sample);
	if (isnan(sample->value[APP_DURING]))
		return fail("run it by hand", "redis-benchmark failed");
	if (shuttle.node[0] != b->from)
		shuttle_go(&shuttle);
	return 0;
}

const struct bench_mode redis_mode = {
	.name = "app-redis",
	.metrics = app_metrics,
	.nr_metrics = APP_METRICS,
	.defaults = { .batch = "1" },
	.sizeless = true,
	.setup = setup,
	.once = once,
	.teardown = teardown,
};
