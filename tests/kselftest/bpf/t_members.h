/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * t_members.h - what the policy t_members tells, which has every member.
 */
#ifndef _T_MEMBERS_H
#define _T_MEMBERS_H

#include <linux/types.h>

enum t_member {
	T_INIT,
	T_EXIT,
	T_ADMIT,
	T_DISPATCH,
	T_COMPLETE,
	T_CHANNEL,
	T_DUMP,
	T_NR_MEMBERS,
};

/* What each member does with each kfunc. */
enum t_kfunc {
	T_SUBMIT,
	T_WAIT,
	T_LIMIT,
	T_SKIP,
	T_INFO,
	T_INFO_NO_ROOM,
	T_ITER,
	T_CPU_NS,
	T_EVENTS,
	T_EVENTS_ODD,
	T_PRINT,
	T_CALLS, /* of the member */
	T_NR_KFUNCS,
};

#define T_RESULT(member, kfunc) ((member) * T_NR_KFUNCS + (kfunc))
#define T_NONE			4242 /* not tried yet, in t_result */

/* What channel() was told, in the order of coming. */
#define T_NOTICES 64

struct t_notice {
	__u32 id;
	__u32 event;
	__u32 state;
	__u32 told;
};

#define T_LINE "t_members dumps, in all"
#define T_TEXT 64

#endif /* _T_MEMBERS_H */
