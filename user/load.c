// SPDX-License-Identifier: GPL-2.0-only
/*
 * load.c - 'mgxctl load': puts a policy in charge.
 *
 * The policy stays by a link that is pinned, or, in the foreground, held by
 * this process, so that it goes with it however the process ends.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "error.h"
#include "guard.h"
#include "module.h"
#include "notify.h"
#include "option.h"
#include "pin.h"
#include "policy.h"
#include "privilege.h"
#include "report.h"
#include "rodata.h"
#include "signals.h"
#include "slot.h"
#include "sysfs.h"

#define POLL_MS 200

/**
 * struct loader - a policy on its way
 * @options: command line
 * @policy: the policy
 * @slot: where it goes
 * @lock_fd: keeps other loaders out, or -1
 * @link: once it is attached by this process
 * @replaced: whose place it took
 */
struct loader {
	const struct options *options;
	struct policy policy;
	struct slot slot;
	int lock_fd;
	struct bpf_link *link;
	char replaced[64];
};

/* All that needs no kernel comes first: it works, and fails, for everyone. */
static int loader_open(struct loader *loader, const char *arg)
{
	const struct options *options = loader->options;
	char path[PATH_MAX];

	if (options->foreground && (options->replace || options->wait))
		return fail("use one of them",
			    "--foreground and --%s exclude each other",
			    options->replace ? "replace" : "wait");
	if (policy_find(arg, path) || policy_open(&loader->policy, path))
		return -1;
	if (options->guard && guard_set(&loader->policy, options->guard))
		return -1;
	for (int i = 0; i < options->nr_sets; i++)
		if (rodata_set(loader->policy.object, options->sets[i]))
			return -1;
	if (privilege_require())
		return -1;
	return module_require();
}

/* Makes room, or fails if the policy that is there is not to be replaced. */
static int loader_claim(struct loader *loader)
{
	struct slot *slot = &loader->slot;

	loader->lock_fd = pin_lock();
	if (loader->lock_fd < 0)
		return -1;
	if (slot_claim(slot, loader->options->replace,
		       "swap it with --replace, or 'mgxctl unload' first"))
		return -1;
	if (slot->holder == SLOT_PINNED)
		snprintf(loader->replaced, sizeof(loader->replaced), "%s",
			 slot->name);
	return 0;
}

static int loader_attach(struct loader *loader)
{
	if (*loader->replaced)
		return attach_swap(&loader->policy, loader->slot.link_fd);
	loader->link = attach_new(&loader->policy);
	return loader->link ? 0 : -1;
}

static int loader_pin(struct loader *loader)
{
	int err;

	if (loader->link) {
		err = bpf_link__pin(loader->link, PIN_LINK);
		if (err)
			return fail(NULL, "the link could not be pinned: %s",
				    strerror(-err));
	}
	return pin_commit_maps();
}

static struct json_object *report_loaded(const struct loader *loader)
{
	struct json_object *tree = json_object_new_object();
	bool pinned = !loader->options->foreground;

	put_string(tree, "policy", loader->policy.name);
	put_string(tree, "state", "active");
	put_string(tree, "file", loader->policy.path);
	put_string(tree, "link", pinned ? PIN_LINK : NULL);
	put_string(tree, "maps", pinned ? PIN_MAPS : NULL);
	put_string(tree, "replaced",
		   *loader->replaced ? loader->replaced : NULL);
	return tree;
}

/* Undoes what a failed load has done so far. */
static void loader_abort(struct loader *loader)
{
	if (loader->lock_fd < 0)
		return;
	pin_discard_staged();
	if (loader->slot.holder == SLOT_FREE)
		pin_remove();
}

/* Several reports: a document a line. */
static enum output_form report_form(const struct options *options)
{
	return options->json ? OUTPUT_JSON_LINE : OUTPUT_PLAIN;
}

/*
 * Until a signal comes, the link is detached, or the policy has ended. A link of
 * -1 is not watched. False if it was a signal.
 */
static bool wait_for_end(int link_fd, int signal_fd)
{
	struct pollfd fds[] = {
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = link_fd },
	};

	notify("READY=1");
	while (sysfs_active())
		if (poll(fds, 2, POLL_MS) > 0)
			break;
	return !fds[0].revents;
}

static int report_end(const struct loader *loader)
{
	struct json_object *tree = json_object_new_object();
	char kind[32];

	sysfs_wait_ended();
	sysfs_read("exit/kind", kind, sizeof(kind));
	report_exit_dump(tree, "exit");
	output_print(tree, report_form(loader->options));
	if (!strncmp(kind, "error", strlen("error")))
		return STATUS_FAILED;
	return STATUS_OK;
}

static int load_foreground(struct loader *loader)
{
	int signal_fd = signals_open();

	if (loader_claim(loader) || policy_load(&loader->policy) ||
	    loader_attach(loader)) {
		loader_abort(loader);
		return STATUS_FAILED;
	}
	pin_unlock(loader->lock_fd);
	loader->lock_fd = -1;
	output_print(report_loaded(loader), report_form(loader->options));
	wait_for_end(bpf_link__fd(loader->link), signal_fd);
	bpf_link__destroy(loader->link);
	loader->link = NULL;
	close(signal_fd);
	return report_end(loader);
}

static int load_pinned(struct loader *loader)
{
	if (loader_claim(loader) || policy_load(&loader->policy) ||
	    pin_stage_maps(loader->policy.object) || loader_attach(loader) ||
	    loader_pin(loader)) {
		loader_abort(loader);
		return STATUS_FAILED;
	}
	return STATUS_OK;
}

/* What the policy in charge needs of this process: nothing. */
static void loader_let_go(struct loader *loader)
{
	bpf_link__destroy(loader->link);
	loader->link = NULL;
	slot_close(&loader->slot);
	policy_close(&loader->policy);
	loader->policy.object = NULL;
	loader->policy.log = NULL;
	pin_unlock(loader->lock_fd);
	loader->lock_fd = -1;
}

/* Waits for the exit() of a policy that ended by itself, and cleans up. */
static void clear_ended(void)
{
	int lock_fd = pin_lock();
	struct slot slot;

	if (lock_fd < 0)
		return;
	slot_open(&slot);
	if (slot.holder == SLOT_PINNED && !slot.active)
		slot_clear(&slot);
	slot_close(&slot);
	pin_unlock(lock_fd);
}

/*
 * Follows whoever is in charge: the policy may be swapped meanwhile. At a signal
 * it stays as it is.
 */
static int load_wait(struct loader *loader)
{
	int signal_fd = signals_open(), status = STATUS_OK;

	if (load_pinned(loader))
		return STATUS_FAILED;
	output_print(report_loaded(loader), report_form(loader->options));
	fflush(stdout);
	loader_let_go(loader);
	if (wait_for_end(-1, signal_fd)) {
		clear_ended();
		status = report_end(loader);
	}
	close(signal_fd);
	return status;
}

static int load_and_leave(struct loader *loader)
{
	if (load_pinned(loader))
		return STATUS_FAILED;
	output_print(report_loaded(loader), options_form(loader->options));
	return STATUS_OK;
}

static int load_as_told(struct loader *loader)
{
	if (loader->options->foreground)
		return load_foreground(loader);
	return loader->options->wait ? load_wait(loader) :
				       load_and_leave(loader);
}

int load_run(const struct options *options, const char *arg)
{
	struct loader loader = {
		.options = options,
		.lock_fd = -1,
		.slot.link_fd = -1,
	};
	int status = STATUS_FAILED;

	error_about("load", arg);
	if (!loader_open(&loader, arg))
		status = load_as_told(&loader);
	bpf_link__destroy(loader.link);
	slot_close(&loader.slot);
	if (loader.lock_fd >= 0)
		pin_unlock(loader.lock_fd);
	policy_close(&loader.policy);
	return status;
}
