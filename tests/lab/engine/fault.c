// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault.c - when a fault happens, and the names of faults and errors.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "ioat.h"

const struct fault_type fault_types[NR_FAULTS] = {
	[FAULT_ERROR] = { "error", .has_code = true },
	[FAULT_HANG] = { "hang" },
	[FAULT_LATE] = { "late", .has_ms = true },
	[FAULT_LATE_WRITE] = { "late-write", .has_ms = true,
			       .has_never = true },
	[FAULT_CORRUPT] = { "corrupt" },
	[FAULT_DROP_IRQ] = { "drop-irq" },
};

static const struct code {
	const char *name;
	uint32_t bit;
} codes[] = {
	{ "read-data", IOAT_ERR_READ_DATA },
	{ "write-data", IOAT_ERR_WRITE_DATA },
	{ "src-addr", IOAT_ERR_SRC_ADDR },
	{ "dest-addr", IOAT_ERR_DEST_ADDR },
	{ "next-addr", IOAT_ERR_NEXT_ADDR },
	{ "desc-align", IOAT_ERR_DESC_ALIGN },
	{ "chain-addr", IOAT_ERR_CHAIN_ADDR },
	{ "chancmd", IOAT_ERR_CHANCMD },
	{ "chipset-parity", IOAT_ERR_CHIPSET_PARITY },
	{ "dma-parity", IOAT_ERR_DMA_PARITY },
	{ "control", IOAT_ERR_CONTROL },
	{ "length", IOAT_ERR_LENGTH },
	{ "completion-addr", IOAT_ERR_COMPLETION_ADDR },
	{ NULL, 0 },
};

/* Counts; true if the fault happens now. */
bool fault_hits(struct fault *fault)
{
	if (!fault->times || ++fault->seen < fault->nth)
		return false;
	if (fault->times != FAULT_ALWAYS)
		fault->times--;
	return true;
}

/* Number of the kind, -1 if there is none by that name. */
int fault_kind(const char *name)
{
	for (int i = 0; i < NR_FAULTS; i++)
		if (!strcmp(fault_types[i].name, name))
			return i;
	return -1;
}

/* Bit in CHANERR, 0 if there is no such error. */
uint32_t fault_code(const char *name)
{
	for (const struct code *c = codes; c->name; c++)
		if (!strcmp(c->name, name))
			return c->bit;
	return 0;
}

const char *fault_code_name(uint32_t code)
{
	for (const struct code *c = codes; c->name; c++)
		if (c->bit == code)
			return c->name;
	return "none";
}

/* All names, for messages. */
const char *fault_code_names(void)
{
	return "read-data write-data src-addr dest-addr next-addr desc-align "
	       "chain-addr chancmd chipset-parity dma-parity control length "
	       "completion-addr";
}
