/* standard.c: `guantong standard`: finds the standard that is meant and hands over to the part that
 * was asked for. */
#include "standard_view.h"

#include "diag.h"
#include "gt_assert.h"
#include "json_write.h"
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SPECS_MAX 64u

static void print_mistakes(struct gt_diags *diags)
{
	struct gt_config shown = {.diags = *diags, .folder = "."};
	struct gt_buf out;

	gt_diags_sort(&shown.diags);
	gt_buf_init(&out, 4u << 20);
	gt_print_diags(&shown, &out);
	fflush(stdout);
	fputs(gt_buf_cstr(&out), stderr);
	gt_buf_fini(&out);
	*diags = shown.diags;
}

static struct gt_standard *load(struct gt_standard_view *view, const char *path,
	const struct gt_str *specs, size_t n, struct gt_diags *diags)
{
	struct gt_standard *standard = gt_standard_load(path, specs, n, view->prefix, diags);

	if (!standard || diags->n) {
		print_mistakes(diags);
		gt_standard_unref(standard);
		standard = NULL;
	}
	gt_diags_fini(diags);
	return standard;
}

static const char *installed(struct gt_standard_view *view, const char *before)
{
	return gt_arena_printf(&view->memory, "%s%s%s/standards", before ? before : "",
		before ? ":" : "", gt_data_folder())
		.p;
}

struct gt_standard *gt_view_folder(struct gt_standard_view *view, const char *folder)
{
	struct gt_diags diags = {0};
	const struct gt_str *specs;
	size_t n = gt_standard_packages(folder, &view->memory, &diags, &specs);

	return load(view, installed(view, folder), specs, n, &diags);
}

/* "national@1,hubei@1" into its parts. */
static size_t split(const char *text, struct gt_str specs[SPECS_MAX])
{
	size_t n = 0;

	while (*text && n < SPECS_MAX) {
		size_t length = strcspn(text, ", ");
		if (length)
			specs[n++] = gt_str(text, length);
		text += length + (text[length] != '\0');
	}
	return n;
}

static bool has_configuration(const char *folder)
{
	char path[4096];

	gt_text(path, sizeof(path), "%s/guantong.yaml", folder);
	return access(path, R_OK) == 0;
}

bool gt_view_load(struct gt_standard_view *view, int *exit)
{
	struct gt_diags diags = {0};
	struct gt_str specs[SPECS_MAX];

	*exit = GT_EXIT_CONFIG;
	if (view->config_folder || (!view->specs && !view->path && has_configuration("."))) {
		view->config = gt_load(view->config_folder ? view->config_folder : ".",
			GT_CONFIG_NO_KAFKA | GT_CONFIG_NO_SECRETS);
		if (!view->config)
			return false;
		view->standard = view->config->gateway.standard;
		view->prefix = view->config->gateway.prefix;
		return true;
	}
	if (view->specs)
		view->standard = load(view, installed(view, view->path), specs,
			split(view->specs, specs), &diags);
	else
		view->standard =
			gt_view_folder(view, view->path ? view->path : installed(view, NULL));
	return view->standard != NULL;
}

/* "vehicle.trip@2" into name and major; 0 = none was written. */
static struct gt_str name_of(const char *text, unsigned *major)
{
	size_t n = strcspn(text, "@");
	int64_t number = 0;

	if (text[n] == '@' &&
		(!gt_parse_int(gt_cstr(text + n + 1), &number) || number < 1 || number > 9999))
		n = strlen(text);
	*major = (unsigned)number;
	return gt_str(text, n);
}

static void unknown_entity(const struct gt_standard_view *view, const char *name)
{
	const struct gt_entity *const *v;
	size_t n = gt_standard_entities(view->standard, &v);
	const char **names = gt_alloc((n + 1) * sizeof(*names));

	for (size_t i = 0; i < n; i++)
		names[i] = gt_strdup(v[i]->name);
	const char *near = gt_nearest(gt_cstr(name), names, n);
	if (near)
		gt_report_say(GT_E_STANDARD_ENTITY_NEAR, name, near);
	else
		gt_report_say(GT_E_STANDARD_ENTITY, name);
	for (size_t i = 0; i < n; i++)
		free((char *)(uintptr_t)names[i]);
	free(names);
}

size_t gt_view_layers(const struct gt_standard_view *view, const char *name,
	struct gt_layer layers[GT_LAYERS_MAX])
{
	const struct gt_entity *const *v;
	size_t n = gt_standard_entities(view->standard, &v), found;
	unsigned major;
	struct gt_str wanted = name_of(name, &major);
	bool asked = major != 0;

	for (size_t i = 0; i < n && !asked; i++)
		if (gt_str_eq(v[i]->name, wanted) && v[i]->major > major)
			major = v[i]->major;
	found = gt_standard_layers(view->standard, wanted, major,
		view->division ? gt_cstr(view->division) : gt_str(NULL, 0), layers);
	if (!found)
		unknown_entity(view, name);
	return found;
}

/* Check: a standard that loads is sound; this says what is in it. */
static int summary(struct gt_standard_view *view)
{
	const struct gt_entity *const *v;
	const struct gt_code_list *const *lists;
	const struct gt_str *packages;
	struct gt_diags diags = {0};
	size_t n = gt_standard_entities(view->standard, &v), elements = 0, unconfirmed = 0;
	size_t count = gt_standard_packages(
		view->path ? view->path : installed(view, NULL), &view->memory, &diags, &packages);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < v[i]->n; k++) {
			elements++;
			unconfirmed += v[i]->elements[k].status == GT_UNCONFIRMED;
		}
	gt_diags_fini(&diags);
	printf("%s\n", GT_SAY(GT_E_STANDARD_GOOD, GT_TEXT("%zu", count), GT_TEXT("%zu", n),
			       GT_TEXT("%zu", elements), GT_TEXT("%zu", unconfirmed),
			       GT_TEXT("%zu", gt_standard_code_lists(view->standard, &lists))));
	return GT_EXIT_OK;
}

static bool division_is_right(const char *division)
{
	size_t n = division ? strlen(division) : 0;

	if (!division || (n >= 2 && n <= 12 && strspn(division, "0123456789") == n))
		return true;
	gt_report_say(GT_E_STANDARD_DIVISION, division);
	return false;
}

static const struct {
	const char *name;
	int (*run)(struct gt_standard_view *view);
	size_t min;          /* operands behind it */
	bool loads;          /* the standard first */
	const char *en, *zh; /* what the operands are */
} parts[] = {
	{"list", gt_standard_list, 0, true, "", ""},
	{"check", summary, 0, true, "", ""},
	{"show", gt_standard_show, 1, true, "the name of an entity", "一个实体名"},
	{"diff", gt_standard_changes, 2, false, "the folders of two versions", "两个版本的文件夹"},
	{"export", gt_standard_export, 0, true, "", ""},
};

static int run(struct gt_standard_view *view, const char *what)
{
	int code = GT_EXIT_USAGE;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (strcmp(parts[i].name, what) != 0)
			continue;
		if (view->n < parts[i].min) {
			gt_report_say(
				GT_E_STANDARD_OPERANDS, what, gt_bi(parts[i].en, parts[i].zh));
			return GT_EXIT_USAGE;
		}
		if (!division_is_right(view->division))
			return GT_EXIT_USAGE;
		if (parts[i].run == summary && view->n)
			view->path = view->names[0];
		if (parts[i].loads && !gt_view_load(view, &code))
			return code;
		return parts[i].run(view);
	}
	gt_report_say(GT_E_STANDARD_VERB, what);
	return GT_EXIT_USAGE;
}

int gt_cmd_standard(const struct gt_verb *verb, int argc, char **argv)
{
	struct gt_standard_view view = {.prefix = GT_LIT("jgsw")};
	const struct gt_arg args[] = {
		{"for", 0, GT_ARG_TEXT, &view.division, 0, 0, "DIVISION",
			"as this division sees it, with its overlays", "该行政区划所适用的标准"},
		{"as", 0, GT_ARG_TEXT, &view.form, 0, 0, "FORM",
			"markdown, json-schema, csv-template, xlsx-template",
			"markdown、json-schema、csv-template、xlsx-template"},
		{"out", 0, GT_ARG_TEXT, &view.out, 0, 0, "FOLDER", "write files there",
			"写入该文件夹"},
		{"standards", 0, GT_ARG_TEXT, &view.specs, 0, 0, "NAME@MAJOR,…",
			"these packages instead of the configuration's", "指定标准包"},
		{"path", 0, GT_ARG_TEXT, &view.path, 0, 0, "FOLDER", "packages there, too",
			"标准包所在文件夹"},
		{"config", 0, GT_ARG_TEXT, &view.config_folder, 0, 0, "FOLDER",
			"the standard of this configuration", "该配置所用的标准"},
		{"json", 0, GT_ARG_FLAG, &view.json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{.name = NULL}};
	char **operands;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 1, 64, &operands, &n, &code))
		return code;
	view.names = operands + 1;
	view.n = n - 1;
	gt_arena_init(&view.memory, 0);
	code = run(&view, operands[0]);
	if (view.config)
		gt_config_free(view.config);
	else
		gt_standard_unref(view.standard);
	gt_arena_fini(&view.memory);
	return code;
}
