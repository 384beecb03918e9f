/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - the only place that knows kernel versions and architectures.
 */
#ifndef _MGX_COMPAT_H
#define _MGX_COMPAT_H

#include <linux/btf.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/ftrace.h>
#include <linux/iommu-dma.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/smp.h>
#include <linux/static_call.h>
#include <linux/sysfs.h>
#include <linux/version.h>
#include <asm/cacheflush.h>
#ifdef CONFIG_X86
#include <asm/text-patching.h>
#endif
#ifdef CONFIG_ARM64
#include <asm/insn.h>
#include <asm/mte.h>
#endif

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

/* Whether what is mapped for @dev has to be unmapped. It can be asked since 6.16. */
static inline bool mgx_dma_need_unmap(struct device *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
	return dma_need_unmap(dev);
#else
	return true;
#endif
}

/* Whether addresses for @dev are those of memory, or of bounce buffers: no IOMMU's. */
static inline bool mgx_dma_is_direct(struct device *dev)
{
	return !get_dma_ops(dev) && !use_dma_iommu(dev);
}

/* Whether copy_mc_to_kernel() and its like can be tried with bad memory. */
#define MGX_SURVIVES_BAD_SOURCE \
	(IS_ENABLED(CONFIG_X86_64) && IS_ENABLED(CONFIG_ARCH_HAS_COPY_MC))

/* Out of the caches, so that a copy takes what it takes from memory. */
static inline void mgx_evict(struct page *page, unsigned int bytes)
{
	void *at = page_address(page);

#if defined(CONFIG_X86)
	clflush_cache_range(at, bytes);
#elif defined(CONFIG_ARM64)
	void *end = at + bytes;

	for (; at < end; at += L1_CACHE_BYTES)
		asm volatile("dc civac, %0" : : "r"(at) : "memory");
	dsb(sy);
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

/*
 * Memory tags (arm64 MTE) are beside the content, and an engine copies content
 * only. Tagged folios are left to the kernel, which copies both. With KASAN's
 * own tags no folio is known to be without.
 */
static inline bool mgx_has_tags(struct folio *folio)
{
#ifdef CONFIG_ARM64_MTE
	long i, nr = folio_nr_pages(folio);

	if (IS_ENABLED(CONFIG_KASAN_HW_TAGS))
		return true;
	if (!system_supports_mte())
		return false;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	if (folio_test_hugetlb(folio))
		return folio_test_hugetlb_mte_tagged(folio);
#endif
	for (i = 0; i < nr; i++)
		if (page_mte_tagged(folio_page(folio, i)))
			return true;
#endif
	return false;
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
 * Where ftrace has its call in a function, given where kprobes would put a probe
 * at the function's name; and the first instruction behind that call. To call
 * the latter enters the function without being traced again.
 *
 * On x86-64 a probe is where the call is, and the call behind it, being direct,
 * needs no landing pad: migrate_pages() is not exported, so its ENDBR may be
 * sealed on CPUs with IBT.
 *
 * On arm64 a function begins with a landing pad, if the kernel has them, and two
 * instructions that ftrace patches: one saves the link register, the next is the
 * call. Static calls are indirect there; what follows, in a function that is no
 * leaf of a kernel that has landing pads, signs its return address, and so is one.
 */
#if defined(CONFIG_X86_64)
static inline unsigned long mgx_fentry(unsigned long probe)
{
	return probe;
}

static inline void *mgx_behind_fentry(unsigned long loc)
{
	return (void *)(loc + MCOUNT_INSN_SIZE);
}

/*
 * Whether somebody calls, from where ftrace has its call, something other than @ours,
 * on a CPU where that can be fatal. A trampoline of BPF (fexit) that shares the
 * function goes on where it is told to by an indirect call, and has to be made anew
 * when the one who tells comes or goes: ftrace does one after the other, and what is
 * behind its call has no landing pad, which IBT does not forgive.
 */
static inline bool mgx_entry_shared(unsigned long loc, unsigned long ours)
{
	const u8 *call = (const u8 *)loc;

	if (!cpu_feature_enabled(X86_FEATURE_IBT) || *call == 0x0f) /* NOP */
		return false;
	return *call != CALL_INSN_OPCODE ||
	       loc + CALL_INSN_SIZE + *(const s32 *)(call + 1) != ours;
}
#elif defined(CONFIG_ARM64)
static inline bool mgx_entry_shared(unsigned long loc, unsigned long ours)
{
	return false;
}

static inline unsigned long mgx_fentry(unsigned long probe)
{
	if (aarch64_insn_is_bti(le32_to_cpup((const __le32 *)probe)))
		probe += AARCH64_INSN_SIZE;
	return probe + AARCH64_INSN_SIZE;
}

static inline void *mgx_behind_fentry(unsigned long loc)
{
	return (void *)(loc + AARCH64_INSN_SIZE);
}
#else
#error "migrate_ext does not know this architecture's ftrace entry yet"
#endif

#endif /* _MGX_COMPAT_H */
