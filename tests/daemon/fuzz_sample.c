// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_sample.c - libFuzzer: lines of recordings; what is read can be written.
 */
#include <stdint.h>

#include "sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sample sample;
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *tree =
		json_tokener_parse_ex(tokener, (const char *)data, size);

	if (json_object_is_type(tree, json_type_object) &&
	    !sample_from_json(&sample, tree))
		json_object_put(sample_to_json(&sample));
	json_object_put(tree);
	json_tokener_free(tokener);
	return 0;
}
