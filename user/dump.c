// SPDX-License-Identifier: GPL-2.0-only
/*
 * dump.c - 'mgxctl dump': the state of module and policy, in their own words.
 */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "module.h"
#include "option.h"
#include "report.h"

static int fail_dump(struct json_object *tree)
{
	int err = errno;

	json_object_put(tree);
	fail(err == EACCES ? "run it as root: it runs a part of the policy" :
			     NULL,
	     "the dump cannot be read: %s", strerror(err));
	return STATUS_FAILED;
}

int dump_run(const struct options *options, const char *arg)
{
	struct json_object *tree;

	(void)arg;
	if (module_require())
		return STATUS_FAILED;
	tree = json_object_new_object();
	if (options->last)
		report_exit_dump(tree, "exit");
	else if (!report_dump(tree, "dump", "dump"))
		return fail_dump(tree);
	output_print(tree, options_form(options));
	return STATUS_OK;
}
