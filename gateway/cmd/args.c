/* args.c: options of a verb, and help made from the same tables. */
#include "cmd.h"

#include "diag.h"
#include "gt_assert.h"
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define ARGS_MAX 256u
#define LONG_BASE 256 /* what getopt_long returns for the i-th row: LONG_BASE + i */

int gt_language_asked = -1;

static const char *asked;
static bool help;

static const struct gt_arg common[] = {
	{"language", 0, GT_ARG_TEXT, &asked, 0, 0, "en|zh", "language of messages", "提示语言"},
	{"help", 'h', GT_ARG_FLAG, &help, 0, 0, NULL, "show this help", "显示帮助"},
	{.name = NULL}};

struct rows {
	const struct gt_arg *v[ARGS_MAX];
	size_t n;
};

static struct rows rows_of(const struct gt_arg *args)
{
	struct rows rows = {.n = 0};

	for (; args && args->name; args++) {
		GT_ASSERT(rows.n < ARGS_MAX);
		rows.v[rows.n++] = args;
	}
	for (const struct gt_arg *arg = common; arg->name; arg++) {
		GT_ASSERT(rows.n < ARGS_MAX);
		rows.v[rows.n++] = arg;
	}
	return rows;
}

static void put_option(struct gt_buf *out, const struct gt_arg *arg)
{
	char left[64], letter[8] = "    ";

	if (arg->letter)
		snprintf(letter, sizeof(letter), "-%c, ", arg->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", letter, arg->name, arg->value ? " " : "",
		arg->value ? arg->value : "");
	gt_buf_adds(out, "  ");
	gt_put_cell(out, gt_cstr(left), 28, false);
	gt_buf_addf(out, " %s\n", gt_bi(arg->en, arg->zh));
}

static void verb_help(const struct gt_verb *verb, const struct rows *rows)
{
	struct gt_buf out;

	gt_buf_init(&out, 65536);
	gt_buf_addf(&out, "%s\n\n", gt_bi(verb->en ? verb->en : "", verb->zh ? verb->zh : ""));
	if (verb->example)
		gt_buf_addf(&out, "%s\n  %s\n\n", gt_bi("Example:", "示例："), verb->example);
	gt_buf_addf(&out, "%s\n  guantong %s [%s]%s%s\n\n%s\n", gt_bi("Usage:", "用法："),
		verb->name, gt_bi("OPTIONS", "选项"), *verb->operands ? " " : "", verb->operands,
		gt_bi("Options:", "选项："));
	for (size_t i = 0; i < rows->n; i++)
		put_option(&out, rows->v[i]);
	gt_put_out(&out);
	gt_buf_fini(&out);
}

void gt_args_help(void)
{
	static const struct {
		int code;
		const char *en, *zh;
	} exits[] = {{0, "done", "成功"}, {1, "failed", "失败"}, {2, "wrong usage", "用法有误"},
		{3, "the configuration is not valid", "配置有误"},
		{4, "a source, Kafka or the gateway does not answer", "来源、Kafka 或网关无应答"},
		{5, "done, but some records do not meet the standard", "已完成，但有不合格记录"},
		{130, "interrupted", "被中断"}};
	struct gt_buf out;

	gt_buf_init(&out, 65536);
	gt_buf_addf(&out,
		"guantong 贯通: %s\n\n  guantong demo\n  guantong check /etc/guantong\n\n%s\n",
		gt_bi("from local systems to Kafka, by one data standard, exactly once",
			"把各地业务系统的数据按统一标准、不重不漏地送到 Kafka"),
		gt_bi("Commands (guantong COMMAND --help tells more):",
			"命令（guantong 命令 --help 显示详情）："));
	for (const struct gt_verb *verb = gt_verbs; verb->name; verb++) {
		if (!verb->en)
			continue;
		gt_buf_adds(&out, "  ");
		gt_put_cell(&out, gt_cstr(verb->name), 10, false);
		gt_buf_addf(&out, " %s\n", gt_bi(verb->en, verb->zh));
	}
	gt_buf_addf(&out, "\n%s\n", gt_bi("Exit codes:", "退出码："));
	for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++)
		gt_buf_addf(&out, "  %3d  %s\n", exits[i].code, gt_bi(exits[i].en, exits[i].zh));
	gt_put_out(&out);
	gt_buf_fini(&out);
}

static bool unknown(const struct gt_verb *verb, const struct rows *rows, const char *word)
{
	const char *names[ARGS_MAX], *near;
	struct gt_str name = gt_cstr(word);

	for (size_t i = 0; i < rows->n; i++)
		names[i] = rows->v[i]->name;
	while (name.n && *name.p == '-') {
		name.p++;
		name.n--;
	}
	near = gt_nearest(gt_str(name.p, strcspn(name.p, "=")), names, rows->n);
	if (near)
		gt_report_say(GT_E_ARG_NEAR, word, near);
	else
		gt_report_say(GT_E_ARG_UNKNOWN, word, verb->name);
	return false;
}

static bool store(const struct gt_arg *arg, const char *word)
{
	int64_t number;

	switch (arg->type) {
	case GT_ARG_FLAG:
		*(bool *)arg->into = true;
		return true;
	case GT_ARG_TEXT:
		*(const char **)arg->into = word;
		return true;
	case GT_ARG_NUMBER:
		break;
	}
	if (!gt_parse_int(gt_cstr(word), &number) || number < arg->min || number > arg->max) {
		gt_report_say(GT_E_ARG_NUMBER, arg->name, word,
			GT_TEXT("%lld", (long long)arg->min), GT_TEXT("%lld", (long long)arg->max));
		return false;
	}
	*(int64_t *)arg->into = number;
	return true;
}

static bool parse(const struct gt_verb *verb, int argc, char **argv, const struct rows *rows)
{
	struct option options[ARGS_MAX + 1] = {{0}};
	char letters[2 * ARGS_MAX + 2] = ":";
	size_t used = 1;
	int c;

	for (size_t i = 0; i < rows->n; i++) {
		const struct gt_arg *arg = rows->v[i];

		options[i] = (struct option){arg->name,
			arg->type == GT_ARG_FLAG ? no_argument : required_argument, NULL,
			LONG_BASE + (int)i};
		if (arg->letter) {
			letters[used++] = arg->letter;
			if (arg->type != GT_ARG_FLAG)
				letters[used++] = ':';
		}
	}
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		const struct gt_arg *arg = c >= LONG_BASE ? rows->v[c - LONG_BASE] : NULL;

		for (size_t i = 0; !arg && i < rows->n; i++)
			if (rows->v[i]->letter && rows->v[i]->letter == c)
				arg = rows->v[i];
		if (c == ':') {
			gt_report_say(GT_E_ARG_VALUE, argv[optind - 1], verb->name);
			return false;
		}
		if (!arg)
			return unknown(verb, rows, argv[optind - 1]);
		if (!store(arg, optarg))
			return false;
	}
	return true;
}

static bool set_language(void)
{
	if (!asked)
		return true;
	if (strcmp(asked, "en") != 0 && strcmp(asked, "zh") != 0) {
		gt_report_say(GT_E_ARG_CHOICE, "language", asked, "en zh");
		return false;
	}
	gt_language_asked = strcmp(asked, "zh") == 0 ? GT_ZH : GT_EN;
	gt_language_set((enum gt_language)gt_language_asked);
	return true;
}

bool gt_args_read(const struct gt_verb *verb, int argc, char **argv, const struct gt_arg *args,
	size_t min, size_t max, char ***operands, size_t *n, int *exit)
{
	struct rows rows = rows_of(args);
	size_t count;

	*exit = GT_EXIT_USAGE;
	if (!parse(verb, argc, argv, &rows) || !set_language())
		return false;
	if (help) {
		verb_help(verb, &rows);
		*exit = GT_EXIT_OK;
		return false;
	}
	count = (size_t)(argc - optind);
	if (count < min) {
		gt_report_say(GT_E_ARG_MISSING, verb->operands, verb->name);
		return false;
	}
	if (count > max) {
		gt_report_say(GT_E_ARG_MANY, argv[optind + (int)max], verb->name);
		return false;
	}
	*operands = argv + optind;
	*n = count;
	return true;
}
