// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_request.c - libFuzzer: what comes by the control socket and in the
 * headers and queries of HTTP.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct request request;
	char *text = malloc(size + 1);
	__u64 value;

	memcpy(text, data, size);
	text[size] = '\0';
	if (!request_parse(&request, (const char *)data, size) &&
	    (strpbrk(request.policy, "/. ") || *request.policy == '-'))
		abort();
	request_host_allowed(text, NULL);
	request_number(text, 1000, &value);
	free(text);
	return 0;
}
