/* standard_diff.c: `guantong standard diff A B`: every change, and whether versions say so. */
#include "standard_view.h"

#include "diff.h"
#include "json_write.h"

#include <stdio.h>

#define OUT_MAX (16u << 20)

struct telling {
	bool json, any;
	struct gt_buf out;
};

static const char *class_word(enum gt_change_class class)
{
	static const char *const en[] = {"wording", "compatible", "BREAKING"};
	static const char *const zh[] = {"文字", "兼容", "不兼容"};

	return gt_bi(en[class], zh[class]);
}

static void tell_json(struct telling *t, const struct gt_change *change)
{
	static const char *const classes[] = {"wording", "compatible", "breaking"};
	const struct {
		const char *name;
		struct gt_str text;
	} parts[] = {{"entity", change->entity}, {"name", change->name},
		{"property", gt_cstr(change->property)}, {"package", change->package},
		{"was", change->was}, {"is", change->is}};

	gt_buf_addf(&t->out, "%s{\"class\":\"%s\"", t->any ? "," : "", classes[change->class]);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (!parts[i].text.n)
			continue;
		gt_buf_addf(&t->out, ",\"%s\":", parts[i].name);
		gt_json_add_text(&t->out, parts[i].text);
	}
	if (change->pos.file)
		gt_buf_addf(&t->out, ",\"line\":%u,\"file\":", (unsigned)change->pos.line);
	if (change->pos.file)
		gt_json_add_text(&t->out, gt_cstr(change->pos.file));
	gt_buf_adds(&t->out, "}");
	t->any = true;
}

static void tell(void *arg, const struct gt_change *change)
{
	struct telling *t = arg;

	if (t->json) {
		tell_json(t, change);
		return;
	}
	gt_put_cell(&t->out, gt_cstr(class_word(change->class)), 11, false);
	gt_buf_addf(&t->out, "%.*s%s%.*s  %s", GT_STR_ARGS(change->entity),
		change->entity.n && change->name.n ? "." : "", GT_STR_ARGS(change->name),
		change->property);
	if (change->package.n)
		gt_buf_addf(&t->out, " (%.*s)", GT_STR_ARGS(change->package));
	gt_buf_addf(&t->out, "  %s%.*s → %s%.*s\n", change->was.n ? "" : "–",
		GT_STR_ARGS(change->was), change->is.n ? "" : "–", GT_STR_ARGS(change->is));
}

static void conclude(struct telling *t, const struct gt_diff_counts *counts)
{
	size_t all = counts->breaking + counts->compatible + counts->wording;

	if (t->json)
		gt_buf_addf(&t->out,
			"],\"breaking\":%zu,\"compatible\":%zu,\"wording\":%zu,"
			"\"unversioned\":%zu}\n",
			counts->breaking, counts->compatible, counts->wording, counts->unversioned);
	else if (all == 0)
		gt_buf_addf(&t->out, "%s\n", GT_SAY(GT_E_STANDARD_SAME));
	else
		gt_buf_addf(&t->out, "%s\n",
			GT_SAY(GT_E_STANDARD_CHANGES, GT_TEXT("%zu", counts->breaking),
				GT_TEXT("%zu", counts->compatible),
				GT_TEXT("%zu", counts->wording)));
}

int gt_standard_changes(struct gt_standard_view *view)
{
	struct gt_standard *a = gt_view_folder(view, view->names[0]);
	struct gt_standard *b = a ? gt_view_folder(view, view->names[1]) : NULL;
	struct telling t = {.json = view->json};
	struct gt_diff_counts counts = {0};
	int code = GT_EXIT_CONFIG;

	if (b) {
		gt_buf_init(&t.out, OUT_MAX);
		gt_buf_adds(&t.out, t.json ? "{\"changes\":[" : "");
		counts = gt_standard_diff(a, b, tell, &t);
		conclude(&t, &counts);
		gt_put_out(&t.out);
		gt_buf_fini(&t.out);
		code = counts.unversioned ? GT_EXIT_FAILED : GT_EXIT_OK;
		if (counts.unversioned && !t.json)
			gt_report_say(
				GT_E_STANDARD_UNVERSIONED, GT_TEXT("%zu", counts.unversioned));
	}
	gt_standard_unref(a);
	gt_standard_unref(b);
	return code;
}
