// SPDX-License-Identifier: GPL-2.0-only
/*
 * config.c - config space: an endpoint with one BAR, the PCI Express and the
 * MSI-X capability, and the error registers of I/OAT.
 */
#include <string.h>

#include <linux/pci_regs.h>

#include "config.h"
#include "ioat.h"

#define CAP_EXPRESS 0x60
#define CAP_MSIX    0xa0

static void put16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void header(struct config *c)
{
	put16(c->value + PCI_VENDOR_ID, IOAT_VENDOR_ID);
	put16(c->value + PCI_DEVICE_ID, IOAT_DEVICE_ID);
	put16(c->value + PCI_SUBSYSTEM_VENDOR_ID, IOAT_VENDOR_ID);
	put16(c->value + PCI_SUBSYSTEM_ID, IOAT_DEVICE_ID);
	put16(c->value + PCI_STATUS, PCI_STATUS_CAP_LIST);
	/* System peripheral, other */
	put16(c->value + PCI_CLASS_DEVICE, 0x0880);
	put32(c->value + PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_MEM_TYPE_64);
	c->value[PCI_CAPABILITY_LIST] = CAP_EXPRESS;
	put16(c->writable + PCI_COMMAND, PCI_COMMAND_MEMORY |
						 PCI_COMMAND_MASTER |
						 PCI_COMMAND_INTX_DISABLE);
	c->writable[PCI_INTERRUPT_LINE] = 0xff;
}

static void express(struct config *c)
{
	uint8_t *cap = c->value + CAP_EXPRESS;
	uint16_t link = PCI_EXP_LNKCAP_SLS_2_5GB | 1 << 4;

	cap[PCI_CAP_LIST_ID] = PCI_CAP_ID_EXP;
	cap[PCI_CAP_LIST_NEXT] = CAP_MSIX;
	put16(cap + PCI_EXP_FLAGS, 2 | PCI_EXP_TYPE_ENDPOINT << 4);
	put32(cap + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_RBER);
	put32(cap + PCI_EXP_LNKCAP, link);
	put16(cap + PCI_EXP_LNKSTA, link);
	put16(c->writable + CAP_EXPRESS + PCI_EXP_DEVCTL, 0x7fff);
}

static void msix(struct config *c)
{
	uint8_t *cap = c->value + CAP_MSIX;

	cap[PCI_CAP_LIST_ID] = PCI_CAP_ID_MSIX;
	put16(cap + PCI_MSIX_FLAGS, IOAT_NR_CHANNELS - 1);
	put32(cap + PCI_MSIX_TABLE, IOAT_MSIX_TABLE);
	put32(cap + PCI_MSIX_PBA, IOAT_MSIX_PBA);
	put16(c->writable + CAP_MSIX + PCI_MSIX_FLAGS,
	      PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
}

void config_reset(struct config *c)
{
	memset(c, 0, sizeof(*c));
	header(c);
	express(c);
	msix(c);
	memset(c->clearable + IOAT_PCI_CHANERR_INT, 0xff, 4);
	memset(c->writable + IOAT_PCI_CHANERR_INT_MASK, 0xff, 4);
}

/* The caller has checked the bounds. */
void config_write(struct config *c, size_t at, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++, at++) {
		uint8_t keep = c->value[at] & ~c->writable[at];

		keep &= ~(data[i] & c->clearable[at]);
		c->value[at] = keep | (data[i] & c->writable[at]);
	}
}

bool config_bus_master(const struct config *c)
{
	return c->value[PCI_COMMAND] & PCI_COMMAND_MASTER;
}

void config_note_errors(struct config *c, uint32_t errors)
{
	uint32_t noted;

	memcpy(&noted, c->value + IOAT_PCI_CHANERR_INT, sizeof(noted));
	put32(c->value + IOAT_PCI_CHANERR_INT, noted | errors);
}
