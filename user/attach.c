// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach.c - puts a loaded policy in charge.
 */
#include <errno.h>
#include <string.h>

#include "attach.h"
#include "error.h"
#include "link.h"
#include "sysfs.h"

static const char *attach_remedy(int err)
{
	switch (err) {
	case EBUSY:
		return "'mgxctl unload' first, or swap it with --replace";
	case EPROTO:
		return "build it with the loaded module's migrate_ext.h";
	case EINVAL:
		return "correct its struct mgx_ops";
	case EAGAIN:
		return "try again";
	case ENODEV:
		return "see 'mgxctl check'";
	case ECANCELED:
		return "see its message";
	default:
		return "see the policy's documentation and the kernel log";
	}
}

/* The module's own words, if it was the module that refused. */
static int fail_attach(__u64 nr_rejected, int err)
{
	char reason[256] = "", message[256] = "";

	if (sysfs_u64("nr_rejected") != nr_rejected)
		sysfs_read("reject_reason", reason, sizeof(reason));
	if (err == ECANCELED)
		sysfs_read("exit/msg", message, sizeof(message));
	if (err == ECANCELED)
		return fail(attach_remedy(err),
			    "the policy ended itself in init(): %s",
			    *message ? message : "no message");
	if (*reason)
		return fail(attach_remedy(err),
			    "the module refused it: %s (%s)", reason,
			    strerror(err));
	return fail(attach_remedy(err), "attaching it failed: %s",
		    strerror(err));
}

struct bpf_link *attach_new(const struct policy *policy)
{
	__u64 nr_rejected = sysfs_u64("nr_rejected");
	struct bpf_link *link = bpf_map__attach_struct_ops(policy->ops);

	if (!link)
		fail_attach(nr_rejected, errno);
	return link;
}

int attach_swap(const struct policy *policy, int link_fd)
{
	__u64 nr_rejected = sysfs_u64("nr_rejected");
	int err = link_swap(link_fd, policy);

	return err ? fail_attach(nr_rejected, -err) : 0;
}
