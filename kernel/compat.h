/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - the only place that knows kernel versions and architectures.
 */
#ifndef _MGX_COMPAT_H
#define _MGX_COMPAT_H

#include <linux/btf.h>
#include <linux/ftrace.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/smp.h>
#include <linux/static_call.h>
#include <linux/sysfs.h>
#include <linux/version.h>
#include <asm/cacheflush.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#error "migrate_ext needs Linux 6.12 or later"
#endif

#if !defined(CONFIG_DEBUG_INFO_BTF_MODULES)
#error "migrate_ext needs a kernel with CONFIG_DEBUG_INFO_BTF_MODULES"
#endif

#if !defined(CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS) || \
	!defined(CONFIG_DYNAMIC_FTRACE) || !defined(CONFIG_MIGRATION)
#error "migrate_ext needs dynamic ftrace with arguments, and page migration"
#endif

/* Trusted arguments are the default since 6.18, the flag is gone from 7.x. */
#ifndef KF_TRUSTED_ARGS
#define KF_TRUSTED_ARGS 0
#endif

/* Binary attributes of sysfs are const since 6.18. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define mgx_bin_attribute const struct bin_attribute
#define mgx_bin_list	  const
#else
#define mgx_bin_attribute struct bin_attribute
#define mgx_bin_list
#endif

/* Out of the caches, so that a copy takes what it takes from memory. */
static inline void mgx_evict(struct page *page, unsigned int bytes)
{
#ifdef CONFIG_X86
	clflush_cache_range(page_address(page), bytes);
#endif
}

/* 6.18 took movable_ops pages out of folios; before, the mapping told them. */
static inline bool mgx_has_movable_ops(struct folio *folio)
{
#ifdef PAGE_MAPPING_MOVABLE
	return __folio_test_movable(folio);
#else
	return page_has_type(&folio->page) &&
	       page_has_movable_ops(&folio->page);
#endif
}

/* CPUs with the same id share a last-level cache. */
static inline int mgx_llc_id(int cpu)
{
#ifdef CONFIG_X86
	return cpu_data(cpu).topo.llc_id;
#else
	return cpu_to_node(cpu);
#endif
}

/*
 * The first instruction behind the ftrace call of a function whose ftrace
 * location is @loc. A call of it enters the function without being traced
 * again, and, being direct, needs no landing pad: migrate_pages() is not
 * exported, so its ENDBR may be sealed on CPUs with IBT.
 */
#ifdef CONFIG_X86_64
static inline void *mgx_behind_fentry(unsigned long loc)
{
	return (void *)(loc + MCOUNT_INSN_SIZE);
}
#else
#error "migrate_ext does not know this architecture's ftrace entry yet"
#endif

#endif /* _MGX_COMPAT_H */
