/* discover.c: `guantong discover SOURCE|FILE`: what a system or a file has, as a flow would read
 * it. Nothing is published, nothing acknowledged, no state kept. */
#include "discover.h"

#include "cmd.h"
#include "file_kind.h"
#include "gt_assert.h"
#include "json_write.h"
#include "one_file.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUT_MAX (64u << 20)
#define COUNT_MAX UINT64_C(10000000) /* rows of a file that are counted */

struct discover {
	int64_t rows, wait_s;
	bool personal, json;
	const char *format, *set; /* of a bare file; NULL = by its bytes, the defaults */
	struct gt_things things;
	struct gt_standard *standard;
	struct gt_flow_conf file; /* that reads a bare file */
};

/* Options of a format: "header=17 delimiter=tab". */
static bool set_options(const struct gt_format *format, void *into, const char *set,
	struct gt_arena *memory, struct gt_err *err)
{
	while (set && *(set += strspn(set, " "))) {
		size_t n = strcspn(set, " "), name = strcspn(set, "=");
		struct gt_str key = gt_str(set, name < n ? name : n), value;
		const struct gt_option *row = gt_option_find(format->options, key);

		value = name < n ? gt_str(set + name + 1, n - name - 1) : (struct gt_str){"", 0};
		if (!row)
			return gt_fail(err, GT_E_DISCOVER_OPTION, format->name,
				GT_TEXT("%.*s", GT_STR_ARGS(key)));
		if (!gt_option_store(row, into, value, NULL, memory, err))
			return false;
		set += n;
	}
	return true;
}

bool gt_file_flow(struct gt_flow_conf *flow, struct gt_arena *memory, const char *path,
	const char *named, const char *set, struct gt_err *err)
{
	const char *slash = strrchr(path, '/');
	char *head = gt_alloc(GT_FORMAT_HEAD);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, head, GT_FORMAT_HEAD);
	void *options = gt_arena_zalloc(memory, gt_one_file.self_size), *of_format;
	const struct gt_format *format = NULL;

	if (n < 0)
		gt_fail(err, GT_E_DISCOVER_NO_FILE, path, strerror(errno));
	else if (!named)
		format = gt_file_format(
			gt_str(head, (size_t)n), gt_cstr(slash ? slash + 1 : path), err);
	else if ((format = gt_registry_format(gt_cstr(named))) == NULL)
		gt_fail(err, GT_E_ADAPTER_UNKNOWN, named);
	if (fd >= 0)
		close(fd);
	free(head);
	if (!format)
		return false;
	of_format = gt_arena_zalloc(memory, format->self_size);
	gt_options_defaults(format->options, of_format, memory);
	if (!set_options(format, of_format, set, memory, err))
		return false;
	gt_one_file_path(options, gt_arena_copy(memory, gt_cstr(path)));
	*flow = (struct gt_flow_conf){.name = gt_arena_copy(memory, gt_cstr(path)),
		.adapter = &gt_one_file,
		.adapter_options = options,
		.format = format,
		.format_options = of_format,
		.zone_minutes = 480};
	return true;
}

struct gt_standard *gt_installed_standard(void)
{
	const struct gt_str spec = GT_LIT("national@1");
	struct gt_diags diags = {0};
	char path[4096];
	struct gt_standard *standard =
		gt_standard_load(gt_text(path, sizeof(path), "%s/standards", gt_data_folder()),
			&spec, 1, GT_LIT("jgsw"), &diags);

	if (!standard && diags.n > 0)
		gt_report(&diags.v[0].err);
	gt_diags_fini(&diags);
	return standard;
}

/* Mistakes in other sources' files are no hindrance here. */
static void keep_diags(struct gt_config *config, const char *source)
{
	struct gt_diags *diags = &config->diags, kept = {0};
	size_t n = strlen(source);

	for (size_t i = 0; i < diags->n; i++) {
		const char *file = diags->v[i].pos.file,
			   *at = file ? strstr(file, "/sources/") : NULL;

		if (at && (strncmp(at + 9, source, n) != 0 || at[9 + n] != '.'))
			continue;
		if (diags->v[i].err.code != GT_E_SOURCES_NONE)
			gt_diags_add_err(&kept, diags->v[i].pos, &diags->v[i].err);
	}
	gt_diags_fini(diags);
	*diags = kept;
}

struct gt_config *gt_load_source(const char *folder, const char *source)
{
	struct gt_config *config = gt_config_load(folder, GT_CONFIG_LOOK | GT_CONFIG_NO_KAFKA);
	struct gt_buf out;

	keep_diags(config, source);
	if (gt_language_asked < 0 && config->gateway.language > 0)
		gt_language_set(config->gateway.language == 2 ? GT_ZH : GT_EN);
	if (config->diags.n == 0)
		return config;
	gt_buf_init(&out, 1u << 20);
	gt_print_mistakes(config, &out);
	fputs(gt_buf_cstr(&out), stderr);
	gt_buf_fini(&out);
	gt_config_free(config);
	return NULL;
}

void gt_report_unknown_source(const struct gt_config *config, const char *name)
{
	const struct gt_gateway_conf *gateway = &config->gateway;
	struct gt_buf list;

	gt_buf_init(&list, GT_ERR_TEXT_MAX);
	for (size_t i = 0; i < gateway->flow_count; i++)
		if (i == 0 || !gt_str_eq(gateway->flows[i].source, gateway->flows[i - 1].source))
			gt_buf_addf(&list, "%s%.*s", i ? " " : "",
				GT_STR_ARGS(gateway->flows[i].source));
	gt_report_say(GT_E_DISCOVER_NO_SOURCE, name, gt_buf_cstr(&list));
	gt_buf_fini(&list);
}

static void look_into_all(struct discover *d, uint64_t count)
{
	struct gt_look_limits limits = {
		(uint64_t)d->rows, count, gt_host_monotonic_us() + d->wait_s * 1000000};

	for (size_t i = 0; i < d->things.n; i++)
		gt_look_into(&d->things, &d->things.v[i], gt_standard_words(d->standard), &limits);
}

/* Things are shown also when some of them could not be read; the first trouble is the exit code. */
static int show(struct discover *d)
{
	struct gt_showing showing = {d->standard, d->personal, gt_colour(STDOUT_FILENO)};
	int code = GT_EXIT_OK;
	struct gt_buf out;

	gt_buf_init(&out, OUT_MAX);
	gt_buf_adds(&out, d->json ? "{\"things\":[" : "");
	for (size_t i = 0; i < d->things.n; i++) {
		const struct gt_thing *thing = &d->things.v[i];

		gt_buf_adds(&out, i == 0 ? "" : d->json ? ",\n" : "\n");
		if (d->json)
			gt_show_thing_json(&showing, thing, &out);
		else
			gt_show_thing(&showing, thing, &out);
		if (thing->failed && code == GT_EXIT_OK)
			code = gt_exit_of(&thing->why);
	}
	gt_buf_adds(&out, d->json ? "]}\n" : "");
	gt_put_out(&out);
	gt_buf_fini(&out);
	if (d->things.n == 0)
		gt_report_say(GT_E_DISCOVER_NOTHING);
	return code;
}

static int discover_file(struct discover *d, const char *path)
{
	struct gt_err err;
	int code;

	if (!gt_file_flow(&d->file, &d->things.memory, path, d->format, d->set, &err)) {
		gt_report(&err);
		return gt_exit_of(&err);
	}
	d->standard = gt_installed_standard();
	if (!d->standard)
		return GT_EXIT_FAILED;
	(void)gt_look_add(&d->things, &d->file, GT_LIT("file"));
	look_into_all(d, COUNT_MAX);
	code = show(d);
	gt_standard_unref(d->standard);
	return code;
}

static int discover_source(struct discover *d, const char *name, const char *folder)
{
	struct gt_config *config = gt_load_source(folder, name);
	bool there = false, ok = true;
	struct gt_err err;
	int code;

	if (!config)
		return GT_EXIT_CONFIG;
	d->standard = config->gateway.standard;
	for (size_t i = 0; ok && i < config->gateway.flow_count; i++) {
		if (!gt_str_eq(config->gateway.flows[i].source, gt_cstr(name)))
			continue;
		there = true;
		ok = gt_look_around(&d->things, &config->gateway.flows[i], &err);
	}
	if (!there) {
		gt_report_unknown_source(config, name);
		code = GT_EXIT_USAGE;
	} else if (!ok) {
		gt_report(&err);
		code = gt_exit_of(&err);
	} else {
		look_into_all(d, (uint64_t)d->rows + 1);
		code = show(d);
	}
	gt_config_free(config);
	return code;
}

static bool is_file(const char *word)
{
	struct stat st;

	return strchr(word, '/') || strchr(word, '.') ||
	       (stat(word, &st) == 0 && !S_ISDIR(st.st_mode));
}

int gt_cmd_discover(const struct gt_verb *verb, int argc, char **argv)
{
	struct discover d = {.rows = 200, .wait_s = 60};
	const struct gt_arg args[] = {{"rows", 'n', GT_ARG_NUMBER, &d.rows, 1, 1000000, "N",
					      "rows of each table or file to look at (200)",
					      "每个表或文件查看的行数（默认 200）"},
		{"format", 0, GT_ARG_TEXT, &d.format, 0, 0, "NAME",
			"format of a bare file, if it is not recognised",
			"文件格式，未能识别时指定"},
		{"set", 0, GT_ARG_TEXT, &d.set, 0, 0, "NAME=VALUE",
			"options of a bare file's format, separated by blanks",
			"文件格式的选项，以空格分隔"},
		{"wait", 0, GT_ARG_NUMBER, &d.wait_s, 0, 86400, "SECONDS",
			"how long to wait for a source that has nothing yet (60)",
			"来源暂无数据时最多等待的秒数（默认 60）"},
		{"show-personal", 0, GT_ARG_FLAG, &d.personal, 0, 0, NULL,
			"show personal values too", "同时显示个人信息的原始值"},
		{"json", 0, GT_ARG_FLAG, &d.json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{.name = NULL}};
	char **operands;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 1, 2, &operands, &n, &code))
		return code;
	gt_things_init(&d.things);
	if (n == 1 && is_file(operands[0]))
		code = discover_file(&d, operands[0]);
	else
		code = discover_source(&d, operands[0], n > 1 ? operands[1] : ".");
	gt_things_fini(&d.things);
	return code;
}
