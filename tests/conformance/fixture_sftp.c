/* The sftp adapter on a real OpenSSH server, one for all tests: the sources are folders of this
 * machine. */
#include "drop.h"
#include "fixture.h"
#include "rig.h"

#include <stdio.h>

extern const struct gt_adapter guantong_adapter_sftp;
extern const struct gt_format guantong_format_lines;

/* libssh2 forgets 64 bytes of a key exchange that is broken off, as a test on a slow machine may
 * do. Whole sessions that get lost are what tests/unit/adapters/test_sftp_lost.c finds. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libssh2.so\n";
}

static struct rig *rig;

static void begin(void)
{
	rig = rig_start("sftp_rig.py", NULL);
}

static void end(void)
{
	rig_stop(rig);
}

static void options_for(const struct drop *drop, const char *port, char *options, size_t size)
{
	snprintf(options, size,
		"url: sftp://127.0.0.1:%s%s\nuser: %s\nkey: %s/client\nknown_hosts: "
		"%s/known_hosts\npattern: '*.txt'\nstable_for: 0 s\n",
		port, drop->path, rig_value(rig, "user"), rig->folder, rig->folder);
}

static void *up(char *options, size_t size)
{
	struct drop *drop = drop_new();
	char content[1024];
	for (int file = 0; file < 3; file++) {
		char name[32];
		int n = 0;
		for (int line = 0; line < 5 * file; line++)
			n += snprintf(content + n, sizeof content - (size_t)n, "file %d line %d\n",
				file, line);
		snprintf(name, sizeof name, "in-%d.txt", 9 - file);
		drop_put(drop, name, gt_str(content, (size_t)n), file * 90000);
	}
	options_for(drop, rig_value(rig, "port"), options, size);
	return drop;
}

static void down(void *source)
{
	rig_say(rig, "pass");
	drop_free(source);
}

static void absent(char *options, size_t size)
{
	struct drop *drop = drop_new();
	options_for(drop, "1", options, size);
	drop_free(drop);
}

static void stall(void *source)
{
	(void)source;
	rig_say(rig, "stall");
}

static const char *const fields[] = {"line", "missing", NULL};
const struct fixture fixture_sftp = {.title = "sftp, lines",
	.adapter = &guantong_adapter_sftp,
	.format = &guantong_format_lines,
	.fields = fields,
	.rows = 15,
	.begin = begin,
	.end = end,
	.up = up,
	.down = down,
	.absent = absent,
	.stall = stall};
