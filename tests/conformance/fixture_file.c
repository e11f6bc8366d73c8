#include "fixture.h"
#include "drop.h"

#include <stdio.h>

extern const struct gt_adapter guantong_adapter_file;
extern const struct gt_format guantong_format_lines;

static void *up_lines(char *options, size_t size)
{
	struct drop *drop = drop_new();
	char content[1024];
	for (int file = 0; file < 4; file++) {
		int n = 0;
		for (int line = 0; line < 4 * file; line++)
			n += snprintf(content + n, sizeof content - (size_t)n, "file %d line %d%s\n", file, line,
				line % 3 ? "" : " with a tail that makes it longer");
		char name[32];
		snprintf(name, sizeof name, "in-%d.txt", 9 - file);
		drop_put(drop, name, gt_str(content, (size_t)n), file);
	}
	snprintf(options, size, "folder: %s\npattern: '*.txt'\nstable_for: 0 s\n", drop->path);
	return drop;
}

static void down(void *source)
{
	drop_free(source);
}

/* The folder was there when the configuration was checked, and is gone when it is opened. */
static void absent(char *options, size_t size)
{
	struct drop *drop = drop_new();
	snprintf(options, size, "folder: /proc/self/fdinfo\ndone: x\nfailed: x\n");
	drop_free(drop);
}

static const char *const line_fields[] = {"line", "missing", NULL};
extern const struct fixture fixture_file_lines;
const struct fixture fixture_file_lines = {.title = "file, lines", .adapter = &guantong_adapter_file,
	.format = &guantong_format_lines, .fields = line_fields, .rows = 24, .up = up_lines, .down = down,
	.absent = absent};
