#include "fixture.h"

#include <stdio.h>

extern const struct gt_adapter guantong_adapter_counter;

static void *up(char *options, size_t size)
{
	snprintf(options, size, "rows: 37\n");
	return NULL;
}

static void down(void *source)
{
	(void)source;
}

static const char *const fields[] = {"n", "text", "other", NULL};
extern const struct fixture fixture_counter;
const struct fixture fixture_counter = {.title = "counter",
	.adapter = &guantong_adapter_counter,
	.fields = fields,
	.rows = 37,
	.up = up,
	.down = down};
