#include "drop.h"
#include "fixture.h"

#include <stdio.h>

extern const struct gt_adapter guantong_adapter_file;
extern const struct gt_format guantong_format_lines, guantong_format_blocks, guantong_format_csv,
	guantong_format_json, guantong_format_jsonl, guantong_format_xml;

static void *up_lines(char *options, size_t size)
{
	struct drop *drop = drop_new();
	char content[1024];
	for (int file = 0; file < 4; file++) {
		int n = 0;
		for (int line = 0; line < 4 * file; line++)
			n += snprintf(content + n, sizeof content - (size_t)n,
				"file %d line %d%s\n", file, line,
				line % 3 ? "" : " with a tail that makes it longer");
		char name[32];
		snprintf(name, sizeof name, "in-%d.txt", 9 - file);
		drop_put(drop, name, gt_str(content, (size_t)n), file);
	}
	snprintf(options, size, "folder: %s\npattern: '*.txt'\nstable_for: 0 s\n", drop->path);
	return drop;
}

/* Two files; each of the second's rows has a neighbour that is broken in the way of its format. */
static void *up_with(
	char *options, size_t size, const char *extension, const char *first, const char *second)
{
	struct drop *drop = drop_new();
	char name[32];
	snprintf(name, sizeof name, "b.%s", extension);
	drop_put(drop, name, gt_cstr(first), 0);
	snprintf(name, sizeof name, "a.%s", extension);
	drop_put(drop, name, gt_cstr(second), 1);
	snprintf(options, size, "folder: %s\npattern: '*.%s'\nstable_for: 0 s\n", drop->path,
		extension);
	return drop;
}

static void *up_csv(char *options, size_t size)
{
	return up_with(options, size, "csv",
		"no,text\n1,one\n2,\"two\nlines, \"\"quoted\"\"\"\n3,three\n",
		"\xef\xbb\xbfno;text\r\n4;四\r\n5;too;many\r\n6;six\r\n7;bad \xff\xfe "
		"byte\r\n8;eight");
}

/* 读数 in GB18030, whole, over two lines, and broken. */
static void *up_csv_gb(char *options, size_t size)
{
	return up_with(options, size, "csv",
		"no,text\n1,\xb6\xc1\xca\xfd\n2,\"\xb6\xc1\n\xca\xfd\"\n3,x\n",
		"no,text\n4,\xb6\xc1\n5,\xb6\xff\xff\n6,\xca\xfd\n");
}

static void *up_blocks(char *options, size_t size)
{
	return up_with(options, size, "blk", "row 003\nrow 002\nrow 001\nend 003\n",
		"row 009\nrow 008\nrow 007\nrow 006\nrow 005\nrow 004\nend 006\n");
}

static void *up_json(char *options, size_t size)
{
	return up_with(options, size, "json",
		"[{\"no\":1,\"text\":\"one\"}, "
		"{\"no\":2,\"text\":\"\\u4e8c\\n\"},\n{\"no\":3,\"text\":null}]\n",
		"[{\"no\":4,\"text\":{\"a\":[1,2]}},{\"no\":5,\"text\":\"\\ud800\"},{\"no\":6}]");
}

static void *up_jsonl(char *options, size_t size)
{
	return up_with(options, size, "jsonl",
		"{\"no\":1,\"text\":\"one\"}\n{\"no\":2,\"text\":\"\\u4e8c\"}\n{\"no\":3}\n",
		"{\"no\":4}\n{\"no\":5,\n{\"no\":6,\"text\":\"six\"}");
}

static void *up_xml(char *options, size_t size)
{
	return up_with(options, size, "xml",
		"<list><row><no>1</no><text>one</text></row><row><no>2</no><text>&lt;\n"
		"&#x8f66;</text></row>\n<row><no>3</no></row></list>\n",
		"<x:list xmlns:x='u'><x:row><no>4</no><text>A&T</text></x:row><x:row><no>5</no>"
		"<text>a</text><text>b</text></x:row><x:row/></x:list>");
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
static const char *const fields[] = {"no", "text", NULL};

#define FIXTURE(id, format_, format_options_, count, fields_)                                      \
	extern const struct fixture fixture_file_##id;                                             \
	const struct fixture fixture_file_##id = {.title = "file, " #id,                           \
		.adapter = &guantong_adapter_file,                                                 \
		.format = &guantong_format_##format_,                                              \
		.format_options = format_options_,                                                 \
		.fields = fields_,                                                                 \
		.rows = count,                                                                     \
		.up = up_##id,                                                                     \
		.down = down,                                                                      \
		.absent = absent}

FIXTURE(lines, lines, NULL, 24, line_fields);
FIXTURE(blocks, blocks, NULL, 9, line_fields);
/* The charset is pinned: with a broken byte it could not be found. */
FIXTURE(csv, csv, "charset: UTF-8\n", 8, fields);
FIXTURE(csv_gb, csv, "charset: GB18030\n", 6, fields);
FIXTURE(json, json, NULL, 6, fields);
FIXTURE(jsonl, jsonl, NULL, 6, fields);
FIXTURE(xml, xml, "records: /list/row\n", 6, fields);
