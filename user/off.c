// SPDX-License-Identifier: GPL-2.0-only
/*
 * off.c - 'mgxctl off' and 'mgxctl restore': back to the stock path, from any
 * state.
 *
 * They take no lock and ask nobody: a loader or a daemon that hangs must not be
 * in the way.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"
#include "link.h"
#include "option.h"
#include "pin.h"
#include "report.h"
#include "sysfs.h"

/*
 * A monitor leaves this soon after the policy, see mgxd(8); the kernel lets go of
 * a policy's programs after grace periods, which take seconds on a busy machine.
 */
#define REMOVE_TRIES 200
#define REMOVE_MS    100

/* From here on no migration enters the policy; the rest is cleaning up. */
static int eject(void)
{
	int err = sysfs_write("eject", "1");

	if (err == -EACCES || err == -EPERM)
		return fail("run it as root", "only root may end a policy");
	return err ? fail("rmmod migrate_ext", MGX_SYSFS "/eject: %s",
			  strerror(-err)) :
		     0;
}

/* Links keep the slot, and the module. There is one at most, or a race. */
static int detach_all(void)
{
	int err = 0;

	for (int i = 0; i < 16 && !err; i++)
		err = link_detach_held();
	if (!err || err == -ENOENT)
		return 0;
	return fail("see 'mgxctl status'",
		    "no policy decides any more, but its link stays: %s",
		    strerror(-err));
}

/* The directory stays while mgxd's monitor has pins in it. */
static void remove_pins(void)
{
	pin_remove();
	rmdir(PIN_DIR);
}

/* @tree: what was done */
static int turn_off(struct json_object *tree)
{
	char name[64];
	bool active;

	if (!sysfs_present()) {
		remove_pins();
		put_string(tree, "ended", NULL);
		put_string(tree, "state", "the module is not loaded");
		return 0;
	}
	sysfs_read("ops", name, sizeof(name));
	active = sysfs_active();
	if (eject() || detach_all())
		return -1;
	remove_pins();
	sysfs_wait_ended();
	put_string(tree, "ended", *name ? name : NULL);
	report_sysfs(tree, "state", "state");
	report_sysfs(tree, "hooks", "hooks");
	if (active)
		report_exit(tree, "exit");
	return 0;
}

static int remove_module(void)
{
	int err;

	for (int i = 0; i < REMOVE_TRIES; i++) {
		err = syscall(SYS_delete_module, "migrate_ext", O_NONBLOCK) ?
			      errno :
			      0;
		if (err != EAGAIN && err != EBUSY)
			break;
		poll(NULL, 0, REMOVE_MS);
	}
	switch (err) {
	case 0:
	case ENOENT:
		return 0;
	case EPERM:
		return fail("run it as root",
			    "the module cannot be removed: %s", strerror(err));
	default:
		return fail(
			"remove first what 'lsmod | grep migrate_ext' names, and end who holds BPF objects of it",
			"no policy decides any more, but the module cannot be removed: %s",
			strerror(err));
	}
}

static int finish(const struct options *options, struct json_object *tree,
		  int err)
{
	if (err) {
		json_object_put(tree);
		return STATUS_FAILED;
	}
	output_print(tree, options_form(options));
	return STATUS_OK;
}

int off_run(const struct options *options, const char *arg)
{
	struct json_object *tree = json_object_new_object();

	(void)arg;
	return finish(options, tree, turn_off(tree));
}

int restore_run(const struct options *options, const char *arg)
{
	struct json_object *tree = json_object_new_object();
	int err;

	(void)arg;
	err = turn_off(tree);
	if (!err)
		err = remove_module();
	if (!err)
		put_string(tree, "module", "not loaded");
	return finish(options, tree, err);
}
