/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ioat.h - what software sees of an Intel I/OAT function, as far as copying
 * goes. Names and values are those of the kernel's drivers/dma/ioat.
 *
 * The model is the function of Ice Lake servers, version 3.4: the newest that
 * ioatdma knows, and the one it drives without work-arounds (no DCA, no error
 * registers in config space to clear on reset, no forced version).
 */
#ifndef _MGX_ENGINE_IOAT_H
#define _MGX_ENGINE_IOAT_H

#include <stdint.h>

#define IOAT_VENDOR_ID	 0x8086
#define IOAT_DEVICE_ID	 0x0b00
#define IOAT_VERSION	 0x34
#define IOAT_NR_CHANNELS 4
/* log2 of what one descriptor may copy */
#define IOAT_XFERCAP  20
#define IOAT_MAX_COPY (1U << IOAT_XFERCAP)

/* BAR 0: the function's registers, then 0x80 bytes for each channel. */
#define IOAT_BAR_SIZE	0x4000
#define IOAT_MSIX_TABLE 0x2000
#define IOAT_MSIX_PBA	0x3000
#define IOAT_WINDOW	0x80

#define IOAT_CHANCNT	 0x00
#define IOAT_XFERCAP_REG 0x01
#define IOAT_INTRCTRL	 0x03
#define IOAT_CBVER	 0x08
#define IOAT_INTRDELAY	 0x0c

#define IOAT_INTRCTRL_MASTER_INT_EN 0x01

/* A channel's window */
#define IOAT_CHANCTRL	  0x00
#define IOAT_CHANCMD	  0x04
#define IOAT_DMACOUNT	  0x06
#define IOAT_CHANSTS	  0x08
#define IOAT_CHAINADDR	  0x10
#define IOAT_CHANCMP	  0x18
#define IOAT_CDAR	  0x20
#define IOAT_CHANERR	  0x28
#define IOAT_CHANERR_MASK 0x2c
#define IOAT_DCACTRL	  0x30

#define IOAT_CHANCTRL_INT_REARM		0x0001
#define IOAT_CHANCTRL_ERR_COMPLETION_EN 0x0004
#define IOAT_CHANCTRL_ERR_INT_EN	0x0010

#define IOAT_CHANCMD_SUSPEND 0x04
#define IOAT_CHANCMD_ABORT   0x08
#define IOAT_CHANCMD_RESUME  0x10
#define IOAT_CHANCMD_RESET   0x20

/* Low bits of CHANSTS; the rest is the address of the last descriptor done. */
enum ioat_state {
	IOAT_ACTIVE = 0,
	IOAT_DONE = 1,
	IOAT_SUSPENDED = 2,
	IOAT_HALTED = 3,
};

#define IOAT_CHANSTS_ADDR (~0x3fULL)

/* Bits of CHANERR */
#define IOAT_ERR_SRC_ADDR	 0x0001
#define IOAT_ERR_DEST_ADDR	 0x0002
#define IOAT_ERR_NEXT_ADDR	 0x0004
#define IOAT_ERR_DESC_ALIGN	 0x0008
#define IOAT_ERR_CHAIN_ADDR	 0x0010
#define IOAT_ERR_CHANCMD	 0x0020
#define IOAT_ERR_CHIPSET_PARITY	 0x0040
#define IOAT_ERR_DMA_PARITY	 0x0080
#define IOAT_ERR_READ_DATA	 0x0100
#define IOAT_ERR_WRITE_DATA	 0x0200
#define IOAT_ERR_CONTROL	 0x0400
#define IOAT_ERR_LENGTH		 0x0800
#define IOAT_ERR_COMPLETION_ADDR 0x1000

/* Extended config space: errors of all channels, cleared by writing ones */
#define IOAT_PCI_CHANERR_INT	  0x180
#define IOAT_PCI_CHANERR_INT_MASK 0x184

#define IOAT_DESC_SIZE 64

struct ioat_desc {
	uint32_t size;
	uint32_t ctl;
	uint64_t src;
	uint64_t dst;
	uint64_t next;
	uint64_t unused[4];
};

_Static_assert(sizeof(struct ioat_desc) == IOAT_DESC_SIZE, "descriptor");

#define IOAT_CTL_INT_EN		0x00000001
#define IOAT_CTL_SRC_SNOOP_DIS	0x00000002
#define IOAT_CTL_DEST_SNOOP_DIS 0x00000004
#define IOAT_CTL_COMPL_WRITE	0x00000008
#define IOAT_CTL_FENCE		0x00000010
#define IOAT_CTL_NULL		0x00000020
#define IOAT_CTL_OP		0xff000000

#endif /* _MGX_ENGINE_IOAT_H */
