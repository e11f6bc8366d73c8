/* new_ask.c: questions on a terminal: what no flag has said. */
#include "new.h"

#include "cmd.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define LINE_BYTES 4096u

bool gt_new_may_ask(const struct gt_new *new)
{
	return !new->yes &&isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* Without its line end; false at the end of input. */
static bool read_line(char line[LINE_BYTES])
{
	size_t n;

	if (!fgets(line, LINE_BYTES, stdin))
		return false;
	n = strlen(line);
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		line[--n] = '\0';
	return true;
}

/* The answer in *into; an empty one takes `otherwise` (NULL = nothing). */
static bool ask(struct gt_new *new, const char *name, const char *help, const char *otherwise,
	const char **into, struct gt_err *err)
{
	char line[LINE_BYTES];

	if (*into)
		return true;
	if (!gt_new_may_ask(new)) {
		*into = otherwise;
		return otherwise || gt_fail(err, GT_E_NEW_NEEDS, name, help);
	}
	for (;;) {
		fprintf(stderr, "%s – %s%s%s%s: ", name, help, otherwise ? " [" : "",
			otherwise ? otherwise : "", otherwise ? "]" : "");
		fflush(stderr);
		if (!read_line(line))
			return gt_fail(err, GT_E_NEW_NEEDS, name, help);
		if (line[0] || otherwise)
			break;
	}
	*into = line[0] ? gt_arena_copy(&new->memory, gt_cstr(line)).p : otherwise;
	return true;
}

static const char *list_adapters(struct gt_new *new)
{
	struct gt_str list = {"", 0};

	for (size_t i = 0; gt_registry_adapter_at(i); i++)
		list = gt_arena_printf(&new->memory, "%.*s%s%s", GT_STR_ARGS(list), i ? " " : "",
			gt_registry_adapter_at(i)->name);
	return list.p;
}

static const char *list_formats(struct gt_new *new)
{
	struct gt_str list = {"", 0};

	for (size_t i = 0; gt_registry_format_at(i); i++)
		list = gt_arena_printf(&new->memory, "%.*s%s%s", GT_STR_ARGS(list), i ? " " : "",
			gt_registry_format_at(i)->name);
	return list.p;
}

static bool has_secret(const struct gt_option *group)
{
	for (; group && group->name; group++)
		if (group->type == GT_OPT_SECRET)
			return true;
	return false;
}

/* A group that holds a secret is a way to log in. NULL behind the last one. */
static const struct gt_option *next_login(const struct gt_option *row)
{
	while (row->name && !(row->type == GT_OPT_GROUP && has_secret(row->group)))
		row++;
	return row->name ? row : NULL;
}

/* All of a group that has no default. */
static bool ask_group(struct gt_new *new, const struct gt_option *group, struct gt_err *err)
{
	for (size_t i = 0; i < new->n; i++) {
		struct gt_answer *answer = &new->answers[i];
		bool secret = answer->row->type == GT_OPT_SECRET;

		if (answer->group != group || answer->row->fallback ||
			(!secret && answer->row->type != GT_OPT_TEXT))
			continue;
		if (!ask(new, answer->name,
			    secret ? gt_bi("name of its file in the folder secrets",
					     "secrets 文件夹中口令文件的名称")
				   : gt_bi(answer->row->en, answer->row->zh),
			    secret ? new->name : NULL, &answer->value, err))
			return false;
	}
	return true;
}

static bool begun_by_flags(const struct gt_new *new, const struct gt_option *group)
{
	for (size_t i = 0; i < new->n; i++)
		if (new->answers[i].group == group &&new->answers[i].value)
			return true;
	return false;
}

/* One question for all ways to log in; flags that began one say all of it. */
static bool ask_login(struct gt_new *new, struct gt_err *err)
{
	const struct gt_option *first = next_login(new->of_adapter->options), *row;
	char line[LINE_BYTES];

	for (row = first; row; row = next_login(row + 1))
		if (begun_by_flags(new, row))
			return true;
	if (!first || !gt_new_may_ask(new))
		return true;
	for (row = first; row; row = next_login(row + 1))
		fprintf(stderr, "  %-8s %s\n", row->name, gt_bi(row->en, row->zh));
	for (;;) {
		fprintf(stderr, "%s: ",
			gt_bi("how to log in? one of these [none]",
				"如何登录？请填写以上一种 [不登录]"));
		fflush(stderr);
		if (!read_line(line) || !line[0])
			return true;
		for (row = first; row; row = next_login(row + 1))
			if (strcmp(row->name, line) == 0)
				return ask_group(new, row, err);
	}
}

static bool ask_options(struct gt_new *new, struct gt_err *err)
{
	for (size_t i = 0; i < new->n; i++) {
		struct gt_answer *answer = &new->answers[i];

		if (answer->required &&
			!ask(new, answer->name, gt_bi(answer->row->en, answer->row->zh), NULL,
				&answer->value, err))
			return false;
	}
	return ask_login(new, err);
}

bool gt_new_ask(struct gt_new *new, struct gt_err *err)
{
	const char *help = gt_bi("name of the system: a-z, 0-9, -", "来源系统名：a-z、0-9、-");

	if (!ask(new, "name", help, NULL, &new->name, err))
		return false;
	if (!new->of_adapter) {
		help = list_adapters(new);
		if (!ask(new, "adapter", help, NULL, &new->adapter, err))
			return false;
		return true; /* the rest is asked when its options are known */
	}
	if ((new->of_adapter->caps &GT_CAP_BYTES) && !new->of_format) {
		if (!ask(new, "format", list_formats(new), NULL, &new->format, err))
			return false;
		return true;
	}
	return ask_options(new, err);
}

bool gt_new_ask_gateway(struct gt_new *new, struct gt_err *err)
{
	return ask(new, "site",
		       gt_bi("there is no guantong.yaml yet: name of this site, as enrolled",
			       "尚无 guantong.yaml：请填写登记的接入节点标识"),
		       NULL, &new->site, err) &&
	       ask(new, "brokers",
		       gt_bi("there is no guantong.yaml yet: Kafka, HOST:PORT,HOST:PORT",
			       "尚无 guantong.yaml：请填写 Kafka 地址，主机:端口,主机:端口"),
		       NULL, &new->brokers, err);
}

static bool make_folder(const char *path, struct gt_err *err)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST ||
	       gt_fail(err, GT_E_FILE_WRITE, path, strerror(errno));
}

/* Typed without being shown. */
static bool read_secret(const char *name, char line[LINE_BYTES])
{
	struct termios old, quiet;
	bool ok;

	if (tcgetattr(STDIN_FILENO, &old) != 0)
		return false;
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(
		STDIN_FILENO, TCSAFLUSH, &quiet); /* before the question: none is too quick */
	fprintf(stderr, "%s – %s: ", name,
		gt_bi("the secret itself (not shown)", "口令（不显示）"));
	fflush(stderr);
	ok = read_line(line);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fputs("\n", stderr);
	return ok && line[0];
}

bool gt_new_secret(struct gt_new *new, const struct gt_answer *answer, struct gt_err *err)
{
	char path[4096], line[LINE_BYTES];
	bool ok;

	gt_text(path, sizeof(path), "%s/secrets", new->folder);
	if (!make_folder(path, err))
		return false;
	gt_text(path, sizeof(path), "%s/secrets/%s", new->folder, answer->value);
	if (access(path, F_OK) == 0)
		return true;
	if (!gt_new_may_ask(new) || !read_secret(answer->name, line)) {
		gt_report_say(GT_E_NEW_SECRET, answer->value, path);
		return true;
	}
	ok = gt_file_replace(path, gt_cstr(line), 0600, err);
	explicit_bzero(line, sizeof(line));
	return ok;
}
