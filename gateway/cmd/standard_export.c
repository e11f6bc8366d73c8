/* standard_export.c: `guantong standard export`: the standard for printers, validators and people
 * who fill in forms. */
#include "standard_view.h"

#include "export.h"
#include "io.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define OUT_MAX (32u << 20)

struct form {
	const char *name, *suffix;
	const char *source; /* format of the source file that goes with it; NULL = none */
	void (*put)(const struct gt_standard_view *view, const struct gt_entity *entity,
		struct gt_buf *out); /* NULL = writes a file itself */
};

static void markdown(
	const struct gt_standard_view *view, const struct gt_entity *entity, struct gt_buf *out)
{
	(void)view;
	gt_export_dictionary(entity, gt_language() == GT_ZH, out);
}

static void json_schema(
	const struct gt_standard_view *view, const struct gt_entity *entity, struct gt_buf *out)
{
	gt_export_json_schema(entity, view->prefix, out);
}

static void csv_template(
	const struct gt_standard_view *view, const struct gt_entity *entity, struct gt_buf *out)
{
	(void)view;
	gt_export_csv_template(entity, out);
}

static const struct form forms[] = {{"markdown", ".md", NULL, markdown},
	{"json-schema", ".schema.json", NULL, json_schema},
	{"csv-template", ".csv", "csv", csv_template}, {"xlsx-template", ".xlsx", "xlsx", NULL}};

static const struct form *form_of(const char *name)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (strcmp(forms[i].name, name) == 0)
			return &forms[i];
	gt_report_say(GT_E_STANDARD_FORM, name);
	return NULL;
}

static bool say_written(const char *path, bool ok, const struct gt_err *err)
{
	if (ok)
		printf("%s\n", GT_SAY(GT_E_STANDARD_WRITTEN, path));
	else
		gt_report(err);
	return ok;
}

static bool write_text(const char *path, struct gt_buf *text)
{
	struct gt_err err;
	bool ok = gt_file_replace(path, gt_buf_str(text), 0644, &err);

	gt_buf_clear(text);
	return say_written(path, ok, &err);
}

/* The template, and the source file that reads what was filled in. */
static bool write_entity(const struct gt_standard_view *view, const struct form *form,
	const struct gt_entity *entity, struct gt_buf *text)
{
	struct gt_buf name;
	char path[4096];
	struct gt_err err;
	bool ok = true;

	gt_buf_init(&name, 512);
	gt_export_name(entity, &name);
	gt_text(path, sizeof(path), "%s/%s%s", view->out, gt_buf_cstr(&name), form->suffix);
	if (form->put) {
		form->put(view, entity, text);
		ok = write_text(path, text);
	} else {
		ok = gt_export_xlsx_template(entity, path, &err);
		ok = say_written(path, ok, &err);
	}
	if (ok && form->source) {
		gt_text(path, sizeof(path), "%s/%.*s-form.yaml", view->out,
			GT_STR_ARGS(entity->entity));
		gt_export_template_source(entity, form->source, text);
		ok = write_text(path, text);
	}
	gt_buf_fini(&name);
	return ok;
}

/* The entities that were named, or all. False: told. */
static bool entities(struct gt_standard_view *view, const struct gt_entity ***v, size_t *n)
{
	const struct gt_entity *const *all;
	size_t count = gt_standard_entities(view->standard, &all);
	const struct gt_entity **chosen = gt_arena_zalloc(
		&view->memory, (view->n + count + 1) * sizeof(const struct gt_entity *));
	struct gt_layer layers[GT_LAYERS_MAX];

	*n = view->n ? view->n : count;
	for (size_t i = 0; i < *n; i++) {
		char name[160];
		gt_text(name, sizeof(name), "%.*s@%u", GT_STR_ARGS(all[view->n ? 0 : i]->name),
			all[view->n ? 0 : i]->major);
		size_t depth = gt_view_layers(view, view->n ? view->names[i] : name, layers);
		if (!depth)
			return false;
		chosen[i] = layers[depth - 1].entity;
	}
	*v = chosen;
	return true;
}

int gt_standard_export(struct gt_standard_view *view)
{
	const struct form *form = form_of(view->form ? view->form : "markdown");
	const struct gt_entity **v;
	struct gt_buf text;
	size_t n;
	bool ok = true;

	if (!form || !entities(view, &v, &n))
		return GT_EXIT_USAGE;
	if (!view->out && (!form->put || (n != 1 && form->put != markdown))) {
		gt_report_say(GT_E_STANDARD_OUT);
		return GT_EXIT_USAGE;
	}
	if (view->out && mkdir(view->out, 0755) != 0 && errno != EEXIST) {
		gt_report_say(GT_E_FILE_WRITE, view->out, strerror(errno));
		return GT_EXIT_FAILED;
	}
	gt_buf_init(&text, OUT_MAX);
	for (size_t i = 0; i < n && ok; i++) {
		if (view->out)
			ok = write_entity(view, form, v[i], &text);
		else
			form->put(view, v[i], &text);
	}
	if (!view->out)
		gt_put_out(&text);
	gt_buf_fini(&text);
	return ok ? GT_EXIT_OK : GT_EXIT_FAILED;
}
