/* new.c: `guantong new`: a source file from some answers and a look at the source. Which flags
 * there are follows from the option tables of adapter and format. */
#include "new.h"

#include "cmd.h"
#include "gt_assert.h"
#include "io.h"
#include "loading.h"
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX (4u << 20)
#define ROWS 200u
#define WAIT_US INT64_C(15000000)
#define FIXED_FLAGS 11u

/* The value of a flag, before the table of flags can be made. */
static const char *flag(int argc, char **argv, const char *name)
{
	size_t n = strlen(name);

	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) != 0 || strncmp(argv[i] + 2, name, n) != 0)
			continue;
		if (argv[i][2 + n] == '=')
			return argv[i] + 3 + n;
		if (argv[i][2 + n] == '\0' && i + 1 < argc)
			return argv[i + 1];
	}
	return NULL;
}

static bool scalar(enum gt_option_type type)
{
	return type != GT_OPT_GROUP && type != GT_OPT_PAIRS && type != GT_OPT_TEXTS;
}

static void add_answer(struct gt_new *new, const struct gt_option *row,
	const struct gt_option *group, bool profiled)
{
	struct gt_answer *answer = &new->answers[new->n];

	if (!scalar(row->type))
		return;
	GT_ASSERT(new->n < GT_ANSWERS_MAX);
	new->n++;
	answer->row = row;
	answer->group = group;
	gt_text(answer->name, sizeof(answer->name), "%s%s%s", group ? group->name : "",
		group ? "." : "", row->name);
	answer->required = !group && (row->flags & GT_OPT_REQUIRED) && !profiled;
}

static void add_answers(struct gt_new *new, const struct gt_option *rows)
{
	for (; rows && rows->name; rows++) {
		bool profiled = new->profile_yaml &&gt_yaml_get(new->profile_yaml, rows->name);

		if (rows->type != GT_OPT_GROUP) {
			add_answer(new, rows, NULL, profiled);
			continue;
		}
		for (const struct gt_option *row = rows->group; row && row->name; row++)
			add_answer(new, row, rows, false);
	}
}

static struct gt_str profile_word(const struct gt_new *new, const char *key)
{
	const struct gt_yaml *node = new->profile_yaml ? gt_yaml_get(new->profile_yaml, key) : NULL;

	return node && node->kind == GT_YAML_SCALAR ? node->text : (struct gt_str){0};
}

/* Beside guantong.yaml, or with the program; one that is missing is told by `check`. */
static void load_profile(struct gt_new *new)
{
	const char *folders[] = {gt_arena_printf(&new->memory, "%s/profiles", new->folder).p,
		gt_arena_printf(&new->memory, "%s/adapters/profiles", gt_data_folder()).p};

	for (size_t i = 0; new->profile && !strchr(new->profile, '/') && i < 2; i++) {
		const char *path =
			gt_arena_printf(&new->memory, "%s/%s.yaml", folders[i], new->profile).p;

		if (access(path, R_OK) != 0)
			continue;
		new->profile_yaml = gt_yaml_load(path, &new->memory, &new->ignored);
		return;
	}
}

/* What is known of adapter and format so far, and with them the options. */
static bool know_parts(struct gt_new *new, struct gt_err *err)
{
	struct gt_str adapter = new->adapter ? gt_cstr(new->adapter) : profile_word(new, "adapter");
	struct gt_str format = new->format ? gt_cstr(new->format) : profile_word(new, "format");

	new->of_adapter = adapter.n ? gt_registry_adapter(adapter) : NULL;
	if (adapter.n && !new->of_adapter)
		return gt_fail(err, GT_E_ADAPTER_UNKNOWN, GT_TEXT("%.*s", GT_STR_ARGS(adapter)));
	if (new->of_adapter && !(new->of_adapter->caps &GT_CAP_BYTES))
		return true;
	new->of_format = format.n ? gt_registry_format(format) : NULL;
	if (format.n && !new->of_format)
		return gt_fail(err, GT_E_ADAPTER_UNKNOWN, GT_TEXT("%.*s", GT_STR_ARGS(format)));
	return true;
}

static void know_options(struct gt_new *new)
{
	new->n = 0;
	if (new->of_adapter)
		add_answers(new, new->of_adapter->options);
	if (new->of_format)
		add_answers(new, new->of_format->options);
}

/* ---- the files ---- */

static bool make_folder(const char *path, struct gt_err *err)
{
	return mkdir(path, 0755) == 0 || errno == EEXIST ||
	       gt_fail(err, GT_E_FILE_WRITE, path, strerror(errno));
}

/* guantong.yaml, where there is none. */
static bool write_gateway(struct gt_new *new, struct gt_err *err)
{
	char path[4096];
	struct gt_buf text;
	bool ok;

	gt_text(path, sizeof(path), "%s/guantong.yaml", new->folder);
	if (access(path, F_OK) == 0)
		return true;
	if (!gt_new_ask_gateway(new, err))
		return false;
	gt_buf_init(&text, TEXT_MAX);
	gt_new_gateway(new, &text);
	ok = make_folder(new->folder, err) && gt_file_replace(path, gt_buf_str(&text), 0644, err);
	gt_buf_fini(&text);
	if (ok)
		gt_report_say(GT_E_NEW_GATEWAY, path);
	return ok;
}

static bool write_secrets(struct gt_new *new, struct gt_err *err)
{
	for (size_t i = 0; i < new->n; i++) {
		const struct gt_answer *answer = &new->answers[i];

		if (answer->value && answer->row->type == GT_OPT_SECRET &&
			!gt_new_secret(new, answer, err))
			return false;
	}
	return true;
}

/* Looks at the source as it is described so far. */
static void look(struct gt_new *new, const struct gt_config *config, struct gt_things *things)
{
	struct gt_look_limits limits = {ROWS, ROWS + 1, gt_host_monotonic_us() + WAIT_US};
	const struct gt_flow_conf *flow = NULL;
	struct gt_err err;
	char text[1024];

	for (size_t i = 0; i < config->gateway.flow_count; i++)
		if (gt_str_eq(config->gateway.flows[i].source, gt_cstr(new->name)))
			flow = &config->gateway.flows[i];
	if (!flow || !config->gateway.standard)
		return;
	if (!gt_look_around(things, flow, &err)) {
		gt_report_say(GT_E_NEW_NOT_REACHED, gt_err_sentence(&err, text, sizeof(text)));
		return;
	}
	for (size_t i = 0; i < things->n && i < GT_FLOWS_WRITTEN; i++) {
		struct gt_thing *thing = &things->v[i];

		gt_look_into(things, thing, gt_standard_words(config->gateway.standard), &limits);
		if (thing->failed)
			gt_report(&thing->why);
	}
}

static const char *list_entities(struct gt_new *new, const struct gt_standard *standard)
{
	const struct gt_entity *const *entities;
	size_t n = gt_standard_entities(standard, &entities);
	struct gt_str list = {"", 0};

	for (size_t i = 0; i < n; i++)
		list = gt_arena_printf(&new->memory, "%.*s%s%.*s@%u", GT_STR_ARGS(list),
			i ? " " : "", GT_STR_ARGS(entities[i]->name), entities[i]->major);
	return list.p;
}

static bool entity_there(struct gt_new *new, const struct gt_standard *standard)
{
	const struct gt_entity *const *entities;
	size_t n = gt_standard_entities(standard, &entities);

	for (size_t i = 0; new->entity &&i < n; i++)
		if (strcmp(new->entity, GT_TEXT("%.*s@%u", GT_STR_ARGS(entities[i]->name),
						entities[i]->major)) == 0)
			return true;
	return !new->entity;
}

/* Head and flows. False: err. */
static bool compose(struct gt_new *new, const struct gt_config *config, struct gt_written *written,
	struct gt_buf *text, struct gt_err *err)
{
	struct gt_things things;
	bool ok;

	*written = (struct gt_written){.new = new,
		.standard = config->gateway.standard,
		.pseudonyms = config->gateway.pseudonym.set,
		.entity = gt_cstr(new->entity)};
	if (!entity_there(new, written->standard))
		return gt_fail(
			err, GT_E_NEW_ENTITY, new->entity, list_entities(new, written->standard));
	gt_things_init(&things);
	look(new, config, &things);
	gt_new_head(new, text);
	ok = gt_new_flows(written, &things, text) ||
	     gt_fail(err, GT_E_NEW_NO_ENTITY, list_entities(new, written->standard));
	gt_things_fini(&things);
	return ok;
}

/* The file is there: is it good, and what is left to do? */
static int conclude(const struct gt_new *new, const char *path, const char *flow)
{
	struct gt_config *config = gt_config_load(new->folder, 0);
	struct gt_buf out;
	int code = config->diags.n ? GT_EXIT_CONFIG : GT_EXIT_OK;

	if (code == GT_EXIT_OK) {
		gt_report_say(
			GT_E_NEW_DONE, path, GT_TEXT("%s/%s %s", new->name, flow, new->folder));
	} else {
		gt_report_say(GT_E_NEW_UNFINISHED, path);
		gt_buf_init(&out, 1u << 20);
		gt_print_diags(config, &out);
		fputs(gt_buf_cstr(&out), stderr);
		gt_buf_fini(&out);
	}
	gt_config_free(config);
	return code;
}

/* First without flows, so that the answers are checked and the source can be looked at. */
static int write_source(struct gt_new *new, const char *path)
{
	struct gt_config *config;
	struct gt_written written;
	struct gt_buf text;
	struct gt_err err;
	bool ok;

	gt_buf_init(&text, TEXT_MAX);
	gt_new_head(new, &text);
	ok = gt_file_replace(path, gt_buf_str(&text), 0644, &err);
	gt_buf_clear(&text);
	config = ok ? gt_load_source(new->folder, new->name) : NULL;
	if (!ok)
		gt_report(&err);
	if (!config) {
		unlink(path);
		gt_buf_fini(&text);
		return ok ? GT_EXIT_CONFIG : GT_EXIT_FAILED;
	}
	ok = compose(new, config, &written, &text, &err) &&
	     gt_file_replace(path, gt_buf_str(&text), 0644, &err);
	gt_config_free(config);
	gt_buf_fini(&text);
	if (ok)
		return conclude(new, path, written.first);
	gt_report(&err);
	unlink(path);
	return gt_exit_of(&err);
}

/* On the command line a path is relative to where one is; in a file, to the file. */
static void fix_paths(struct gt_new *new)
{
	char here[4096];

	for (size_t i = 0; i < new->n; i++) {
		struct gt_answer *answer = &new->answers[i];

		if (answer->value && answer->row->type == GT_OPT_PATH && answer->value[0] != '/' &&
			getcwd(here, sizeof(here)))
			answer->value =
				gt_arena_printf(&new->memory, "%s/%s", here, answer->value).p;
	}
}

static int make(struct gt_new *new)
{
	char path[4096];
	struct gt_err err;

	for (int round = 0; round < 3; round++) {
		if (!gt_new_ask(new, &err) || !know_parts(new, &err)) {
			gt_report(&err);
			return GT_EXIT_USAGE;
		}
		if (new->n == 0)
			know_options(new);
	}
	if (!gt_slug_good(gt_cstr(new->name), GT_SLUG_MAX)) {
		gt_report_say(GT_E_NEW_VALUE, new->name, "name",
			gt_bi("use a-z, 0-9 and -, a letter first, at most 40 of them",
				"只能用 a-z、0-9 和 -，以字母开头，最多 40 个字符"));
		return GT_EXIT_USAGE;
	}
	fix_paths(new);
	gt_text(path, sizeof(path), "%s/sources/%s.yaml", new->folder, new->name);
	if (access(path, F_OK) == 0 && !new->force) {
		gt_report_say(GT_E_NEW_EXISTS, path);
		return GT_EXIT_FAILED;
	}
	char folder[4096];
	gt_text(folder, sizeof(folder), "%s/sources", new->folder);
	if (!write_gateway(new, &err) || !make_folder(folder, &err) || !write_secrets(new, &err)) {
		gt_report(&err);
		return err.code == GT_E_NEW_NEEDS ? GT_EXIT_USAGE : GT_EXIT_FAILED;
	}
	return write_source(new, path);
}

/* The flags: ours, then the options of adapter and format. */
static void make_flags(struct gt_new *new, struct gt_arg args[])
{
	const struct gt_arg fixed[FIXED_FLAGS] = {{"name", 0, GT_ARG_TEXT, &new->name, 0, 0, "NAME",
							  "name of the system", "来源系统名"},
		{"adapter", 0, GT_ARG_TEXT, &new->adapter, 0, 0, "NAME",
			"how it is reached; with --help: its options too",
			"接入方式；与 --help 同用时显示其选项"},
		{"format", 0, GT_ARG_TEXT, &new->format, 0, 0, "NAME", "format of its files",
			"文件格式"},
		{"profile", 0, GT_ARG_TEXT, &new->profile, 0, 0, "NAME", "known product",
			"产品模板"},
		{"entity", 0, GT_ARG_TEXT, &new->entity, 0, 0, "ENTITY",
			"entity of the standard, if it is not recognised",
			"数据标准中的实体，未能识别时指定"},
		{"division", 0, GT_ARG_TEXT, &new->division, 0, 0, "CODE",
			"GB/T 2260 code of all its records", "全部记录的行政区划代码"},
		{"site", 0, GT_ARG_TEXT, &new->site, 0, 0, "NAME",
			"for a new guantong.yaml: this site",
			"新建 guantong.yaml 时：接入节点标识"},
		{"brokers", 0, GT_ARG_TEXT, &new->brokers, 0, 0, "HOST:PORT,…",
			"for a new guantong.yaml: Kafka", "新建 guantong.yaml 时：Kafka 地址"},
		{"yes", 'y', GT_ARG_FLAG, &new->yes, 0, 0, NULL, "ask nothing", "不提问"},
		{"force", 0, GT_ARG_FLAG, &new->force, 0, 0, NULL, "replace an existing file",
			"覆盖已有文件"},
		{.name = NULL}};
	size_t n = 0;

	for (; fixed[n].name; n++)
		args[n] = fixed[n];
	for (size_t i = 0; i < new->n; i++) {
		struct gt_answer *answer = &new->answers[i];
		bool clash = false;

		for (size_t k = 0; k < n; k++)
			clash |= strcmp(args[k].name, answer->name) == 0;
		if (!clash)
			args[n++] = (struct gt_arg){answer->name, 0, GT_ARG_TEXT, &answer->value, 0,
				0, answer->row->type == GT_OPT_SECRET ? "FILE" : "…",
				answer->row->en, answer->row->zh};
	}
	args[n] = (struct gt_arg){.name = NULL};
}

int gt_cmd_new(const struct gt_verb *verb, int argc, char **argv)
{
	struct gt_new *new = gt_alloc(sizeof(*new));
	struct gt_arg args[GT_ANSWERS_MAX + FIXED_FLAGS + 1];
	struct gt_err err;
	char **operands;
	size_t n;
	int code;

	gt_arena_init(&new->memory, 0);
	new->folder = ".";
	new->adapter = flag(argc, argv, "adapter");
	new->format = flag(argc, argv, "format");
	new->profile = flag(argc, argv, "profile");
	load_profile(new);
	if (!know_parts(new, &err)) {
		gt_report(&err);
		code = GT_EXIT_USAGE;
	} else {
		know_options(new);
		make_flags(new, args);
		if (gt_args_read(verb, argc, argv, args, 0, 1, &operands, &n, &code)) {
			new->folder = n ? operands[0] : ".";
			code = make(new);
		}
	}
	gt_diags_fini(&new->ignored);
	gt_arena_fini(&new->memory);
	free(new);
	return code;
}
