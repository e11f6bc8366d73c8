/* config_fixture.h: an adapter and a format with options of all shapes that layers lay over each
 * other, and folders of configuration files to load. */
#ifndef GT_CONFIG_FIXTURE_H
#define GT_CONFIG_FIXTURE_H

#include "config.h"
#include "unit.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct pump {
	struct gt_str url, user, password, folder;
	int64_t rows;
	struct gt_pairs query;
};
static const struct gt_option pump_login[] = {{.name = "user",
						      .type = GT_OPT_TEXT,
						      .offset = offsetof(struct pump, user),
						      .en = "e",
						      .zh = "z"},
	{.name = "password",
		.type = GT_OPT_SECRET,
		.offset = offsetof(struct pump, password),
		.en = "e",
		.zh = "z"},
	{.name = NULL}};
static const struct gt_option pump_options[] = {{.name = "url",
							.type = GT_OPT_TEXT,
							.offset = offsetof(struct pump, url),
							.flags = GT_OPT_REQUIRED,
							.en = "e",
							.zh = "z"},
	{.name = "rows",
		.type = GT_OPT_INT,
		.offset = offsetof(struct pump, rows),
		.min = 1,
		.max = 500,
		.fallback = "7",
		.en = "e",
		.zh = "z"},
	{.name = "query",
		.type = GT_OPT_PAIRS,
		.offset = offsetof(struct pump, query),
		.en = "e",
		.zh = "z"},
	{.name = "folder",
		.type = GT_OPT_PATH,
		.offset = offsetof(struct pump, folder),
		.flags = GT_OPT_MUST_EXIST,
		.en = "e",
		.zh = "z"},
	{.name = "login", .type = GT_OPT_GROUP, .group = pump_login, .en = "e", .zh = "z"},
	{.name = NULL}};

/* Takes a format or none; skip: is the format's, too. */
struct valve {
	int64_t skip;
};
static const struct gt_option valve_options[] = {{.name = "skip",
							 .type = GT_OPT_INT,
							 .offset = offsetof(struct valve, skip),
							 .min = 0,
							 .max = 9,
							 .en = "e",
							 .zh = "z"},
	{.name = NULL}};

struct lines {
	int64_t skip;
};
static const struct gt_option lines_options[] = {{.name = "skip",
							 .type = GT_OPT_INT,
							 .offset = offsetof(struct lines, skip),
							 .min = 0,
							 .max = 9,
							 .en = "e",
							 .zh = "z"},
	{.name = NULL}};

static bool never_open(void *self, struct gt_host *host, struct gt_str cursor, struct gt_err *err)
{
	(void)self, (void)host, (void)cursor, (void)err;
	return false;
}

static enum gt_poll never_poll(
	void *self, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	(void)self, (void)batch, (void)limits, (void)err;
	return GT_POLL_END;
}

static void never_close(void *self)
{
	(void)self;
}

static bool never_begin(void *self, struct gt_host *host, struct gt_str head, bool whole,
	struct gt_document *document, uint64_t *start, struct gt_err *err)
{
	(void)self, (void)host, (void)head, (void)whole, (void)document, (void)start, (void)err;
	return false;
}

static enum gt_feed never_feed(void *self, struct gt_batch *batch, struct gt_str bytes,
	uint64_t offset, bool last, struct gt_fed *fed, struct gt_err *err)
{
	(void)self, (void)batch, (void)bytes, (void)offset, (void)last, (void)fed, (void)err;
	return GT_FEED_DONE;
}

GT_ADAPTER(pump, .summary = "e", .summary_zh = "z", .self_size = sizeof(struct pump),
	.options = pump_options, .open = never_open, .poll = never_poll, .close = never_close);
GT_ADAPTER(pipe, .summary = "e", .summary_zh = "z", .self_size = sizeof(struct pump),
	.caps = GT_CAP_BYTES, .options = pump_options, .open = never_open, .poll = never_poll,
	.close = never_close);
GT_ADAPTER(valve, .summary = "e", .summary_zh = "z", .self_size = sizeof(struct valve),
	.caps = GT_CAP_FORMAT, .options = valve_options, .open = never_open, .poll = never_poll,
	.close = never_close);
GT_FORMAT(lines, .summary = "e", .summary_zh = "z", .self_size = sizeof(struct lines),
	.options = lines_options, .begin = never_begin, .feed = never_feed, .end = never_close);

static inline void register_fixtures(void)
{
	static const struct gt_adapter *const adapters[] = {
		&guantong_adapter_pump, &guantong_adapter_pipe, &guantong_adapter_valve, NULL};
	static const struct gt_format *const formats[] = {&guantong_format_lines, NULL};

	setenv("GUANTONG_DATA", getenv("GT_SOURCE_ROOT"), 1);
	if (!gt_registry_adapter_at(0))
		gt_registry_builtin(adapters, formats);
}

static char folder[64];

static inline int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st, (void)flag, (void)at;
	return remove(path);
}

static inline void folder_make(void)
{
	register_fixtures();
	snprintf(folder, sizeof(folder), "/tmp/gt-config-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static inline void folder_remove(void)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* name may begin with one folder, which is made. */
static inline void put_file(const char *name, const char *text, unsigned mode)
{
	char path[256];
	const char *slash = strchr(name, '/');
	FILE *file;

	if (slash) {
		snprintf(path, sizeof(path), "%s/%.*s", folder, (int)(slash - name), name);
		(void)mkdir(path, 0755);
	}
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

#define GATEWAY "site: wuchang\nkafka: {brokers: [k:1]}\n"
#define ENTITY                                                                                     \
	"    entity: energy.meter-reading@1\n"                                                     \
	"    map: {meter_no: A, read_time: B, active_energy: C}\n"

/* All diagnostics as "file:line:column GT<code>[ first argument]" lines. */
static inline const char *said(const struct gt_config *config)
{
	static char text[8192];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < config->diags.n; i++) {
		const struct gt_diag *diag = &config->diags.v[i];
		const char *file = diag->pos.file ? diag->pos.file : "";

		if (strncmp(file, config->folder, strlen(config->folder)) == 0)
			file += strlen(config->folder) + 1;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s:%u:%u GT%d %s\n", file,
			(unsigned)diag->pos.line, (unsigned)diag->pos.column, (int)diag->err.code,
			gt_err_arg(&diag->err, 1));
	}
	return text;
}

#endif
