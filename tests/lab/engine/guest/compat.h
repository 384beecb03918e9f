/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - what the newest kernel's dmatest.c needs on an older one.
 */
#ifndef _MGX_ENGINE_COMPAT_H
#define _MGX_ENGINE_COMPAT_H

#include <linux/slab.h>

#ifndef kmalloc_obj
#define kmalloc_obj(_type)	kmalloc(sizeof(_type), GFP_KERNEL)
#define kzalloc_obj(_type)	kzalloc(sizeof(_type), GFP_KERNEL)
#define kzalloc_objs(_type, _n) kcalloc(_n, sizeof(_type), GFP_KERNEL)
#endif

#endif /* _MGX_ENGINE_COMPAT_H */
