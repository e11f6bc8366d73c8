/* doctor.c: `guantong doctor [SOURCE] [FOLDER]`: what is all right, and what is to be done. */
#include "doctor.h"

#include "cmd.h"
#include "gt_assert.h"
#include "json_write.h"
#include "look.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUT_MAX (16u << 20)
#define PART_WIDTH 16u

static struct gt_finding *append(struct gt_doctor *d, enum gt_verdict verdict, struct gt_str part)
{
	if (d->n == d->cap) {
		d->cap = d->cap ? 2 * d->cap : 64;
		d->v = gt_realloc(d->v, d->cap * sizeof(*d->v));
	}
	d->v[d->n] =
		(struct gt_finding){.verdict = verdict, .part = gt_arena_copy(&d->memory, part)};
	return &d->v[d->n++];
}

void gt_doctor_add(struct gt_doctor *doctor, enum gt_verdict verdict, struct gt_str part,
	const struct gt_err *what)
{
	append(doctor, verdict, part)->what = *what;
}

/* "/…/sources/cars.yaml" → "cars" */
static struct gt_str source_of(const char *file)
{
	const char *at = file ? strstr(file, "/sources/") : NULL;

	return at ? gt_str(at + 9, strcspn(at + 9, ".")) : (struct gt_str){0};
}

static bool mistaken(const struct gt_config *config, struct gt_str source)
{
	for (size_t i = 0; i < config->diags.n; i++)
		if (gt_str_eq(source_of(config->diags.v[i].pos.file), source))
			return true;
	return false;
}

/* Mistakes of one source, or of all files. */
static void check_config(struct gt_doctor *d, struct gt_str only)
{
	const struct gt_diags *diags = &d->config->diags;
	size_t before = d->n;

	for (size_t i = 0; i < diags->n; i++) {
		struct gt_str source = source_of(diags->v[i].pos.file);
		struct gt_finding *finding;

		if (only.n && source.n && !gt_str_eq(source, only))
			continue;
		finding = append(d, GT_TO_DO, source.n ? source : GT_LIT("guantong.yaml"));
		finding->what = diags->v[i].err;
		finding->pos = diags->v[i].pos;
	}
	if (d->n == before)
		gt_doctor_say(d, GT_WELL, GT_LIT("guantong.yaml"), GT_E_DOCTOR_CONFIG_GOOD,
			GT_TEXT("%zu", d->config->gateway.flow_count));
}

static bool check_sources(struct gt_doctor *d, struct gt_str only)
{
	const struct gt_gateway_conf *gateway = &d->config->gateway;
	bool there = mistaken(d->config, only);

	for (size_t i = 0; i < gateway->flow_count; i++) {
		struct gt_str source = gateway->flows[i].source;

		if ((i > 0 && gt_str_eq(source, gateway->flows[i - 1].source)) ||
			(only.n && !gt_str_eq(source, only)))
			continue;
		there = true;
		if (!mistaken(d->config, source))
			gt_doctor_source(d, source);
	}
	return there || !only.n;
}

static const char *const marks[] = {"✓", "!", "✗"};
static const char *const colours[] = {"\033[32m", "\033[33m", "\033[31m"};
static const char *const verdicts[] = {"ok", "notice", "to-do"};

static void print(const struct gt_doctor *d, size_t to_do, struct gt_buf *out)
{
	bool colour = gt_colour(STDOUT_FILENO);
	char text[2048];
	size_t width = 0;

	for (size_t i = 0; i < d->n; i++) {
		size_t own = gt_width(d->v[i].part);
		width = own > width ? own : width;
	}
	width = width > PART_WIDTH ? PART_WIDTH : width;
	for (size_t i = 0; i < d->n; i++) {
		const struct gt_finding *f = &d->v[i];

		gt_buf_addf(out, "%s%s%s ", colour ? colours[f->verdict] : "", marks[f->verdict],
			colour ? "\033[0m" : "");
		gt_put_cell(out, f->part, width, false);
		gt_buf_adds(out, "  ");
		if (f->pos.file)
			gt_buf_addf(out, "%s:%u:%u ", gt_shown_path(d->config, f->pos.file),
				(unsigned)f->pos.line, (unsigned)f->pos.column);
		gt_buf_addf(out, "%s\n",
			f->verdict == GT_WELL ? gt_err_sentence(&f->what, text, sizeof(text))
					      : gt_err_text(&f->what, text, sizeof(text)));
	}
	gt_buf_addf(
		out, "%s\n", GT_SAY(GT_E_DOCTOR_SUM, GT_TEXT("%zu", d->n), GT_TEXT("%zu", to_do)));
}

static void print_json(const struct gt_doctor *d, size_t to_do, struct gt_buf *out)
{
	char text[2048];

	gt_buf_addf(out, "{\"ok\":%s,\"findings\":[", to_do ? "false" : "true");
	for (size_t i = 0; i < d->n; i++) {
		const struct gt_finding *f = &d->v[i];

		gt_buf_addf(out, "%s{\"verdict\":\"%s\",\"part\":", i ? ",\n" : "",
			verdicts[f->verdict]);
		gt_json_add_text(out, f->part);
		gt_buf_addf(out, ",\"code\":\"GT%04d\",\"message\":", (int)f->what.code);
		gt_json_add_text(out, gt_cstr(gt_err_text(&f->what, text, sizeof(text))));
		if (f->pos.file) {
			gt_buf_adds(out, ",\"file\":");
			gt_json_add_text(out, gt_cstr(gt_shown_path(d->config, f->pos.file)));
			gt_buf_addf(out, ",\"line\":%u", (unsigned)f->pos.line);
		}
		gt_buf_adds(out, "}");
	}
	gt_buf_adds(out, "]}\n");
}

static int conclude(const struct gt_doctor *d, bool json)
{
	size_t to_do = 0;
	struct gt_buf out;

	for (size_t i = 0; i < d->n; i++)
		to_do += d->v[i].verdict == GT_TO_DO;
	gt_buf_init(&out, OUT_MAX);
	if (json)
		print_json(d, to_do, &out);
	else
		print(d, to_do, &out);
	gt_put_out(&out);
	gt_buf_fini(&out);
	return to_do ? GT_EXIT_FAILED : GT_EXIT_OK;
}

static bool is_folder(const char *word)
{
	struct stat st;

	return stat(word, &st) == 0 && (S_ISDIR(st.st_mode) || strstr(word, ".yaml"));
}

static int examine(struct gt_doctor *d, struct gt_str only, bool json)
{
	check_config(d, only);
	if (!only.n) {
		gt_doctor_machine(d);
		gt_doctor_kafka(d);
	}
	if (!check_sources(d, only)) {
		gt_report_unknown_source(d->config, only.p);
		return GT_EXIT_USAGE;
	}
	return conclude(d, json);
}

int gt_cmd_doctor(const struct gt_verb *verb, int argc, char **argv)
{
	struct gt_doctor d = {0};
	bool json = false;
	const struct gt_arg args[] = {
		{"json", 0, GT_ARG_FLAG, &json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{.name = NULL}};
	const char *folder = ".", *source = NULL;
	char **operands;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 0, 2, &operands, &n, &code))
		return code;
	if (n == 1 && is_folder(operands[0]))
		folder = operands[0];
	else if (n > 0)
		source = operands[0];
	if (n > 1)
		folder = operands[1];
	d.config = gt_config_load(folder, GT_CONFIG_RUN);
	if (gt_language_asked < 0 && d.config->gateway.language > 0)
		gt_language_set(d.config->gateway.language == 2 ? GT_ZH : GT_EN);
	gt_arena_init(&d.memory, 0);
	code = examine(&d, gt_cstr(source), json);
	free(d.v);
	gt_arena_fini(&d.memory);
	gt_config_free(d.config);
	return code;
}
