/* discover_show.c: a thing as a table of its fields, for people and as JSON. */
#include "discover.h"

#include "cmd.h"
#include "gt_assert.h"
#include "hide.h"
#include "json_write.h"

#include <inttypes.h>
#include <stdlib.h>

#define NAME_WIDTH 28u
#define TYPE_WIDTH 22u
#define VALUES_WIDTH 44u
#define TEXT_ROOM 65536u
#define DAY_US INT64_C(86400000000)

static const struct {
	const char *en, *zh;
} words[GT_LOOKS_COUNT] = {{"empty", "空"}, {"nested", "嵌套"}, {"boolean", "是否"},
	{"identity number", "公民身份号码"}, {"VIN", "车辆识别代号"}, {"USCC", "统一社会信用代码"},
	{"plate", "号牌"}, {"phone", "电话号码"}, {"bank card", "银行卡号"}, {"date", "日期"},
	{"time", "时间"}, {"integer", "整数"}, {"decimal", "小数"}, {"code", "代码"},
	{"id", "编号"}, {"text", "文本"}};

/* A field as it is shown. */
struct field {
	const struct gt_showing *showing;
	const struct gt_thing *thing;
	const struct gt_profile *profile; /* NULL = rows were not read */
	size_t i;
	bool hidden; /* every value is personal */
};

static struct field field_at(
	const struct gt_showing *showing, const struct gt_thing *thing, size_t i)
{
	struct field f = {showing, thing, thing->profiles ? &thing->profiles[i] : NULL, i, false};

	f.hidden = !showing->personal &&
		   (gt_suggest_marked(showing->standard, thing->fields[i]) ||
			   (f.profile && gt_hide_column(gt_profile_looks(f.profile))));
	return f;
}

static void put_kept(const struct field *f, const struct gt_kept *kept, struct gt_buf *out)
{
	char room[GT_PROFILE_TEXT + 1];
	struct gt_str text = gt_str(kept->text, kept->n);

	if (!f->showing->personal && gt_profile_looks(f->profile) == GT_LOOKS_NESTED)
		text = kept->text[0] == '[' ? GT_LIT("[…]") : GT_LIT("{…}"); /* holds what it may */
	else if (!f->showing->personal)
		text = gt_str(room, gt_hide(gt_standard_words(f->showing->standard),
					    gt_host_wall_us() / DAY_US, f->hidden, text, room));
	gt_buf_add(out, text);
}

static void put_values(const struct field *f, struct gt_buf *out)
{
	const struct gt_profile *p = f->profile;
	const struct gt_kept *min = f->hidden || !p ? NULL : gt_profile_min(p);

	if (min && p->distinct > GT_PROFILE_EXAMPLES) {
		put_kept(f, min, out);
		gt_buf_adds(out, " … ");
		put_kept(f, gt_profile_max(p), out);
		return;
	}
	for (size_t i = 0; p && i < p->example_count; i++) {
		gt_buf_adds(out, i ? gt_bi(", ", "、") : "");
		put_kept(f, &p->examples[i], out);
	}
}

static void put_type(const struct field *f, struct gt_buf *out)
{
	const struct gt_str *declared = f->thing->types ? &f->thing->types[f->i] : NULL;

	if (f->profile) {
		enum gt_looks looks = gt_profile_looks(f->profile);
		gt_buf_adds(out, gt_bi(words[looks].en, words[looks].zh));
	}
	if (declared && declared->n)
		gt_buf_addf(out, "%s%.*s%s", f->profile ? " (" : "", GT_STR_ARGS(*declared),
			f->profile ? ")" : "");
}

static void put_share(const struct field *f, size_t width, struct gt_buf *out)
{
	const struct gt_profile *p = f->profile;
	char text[32] = "–";

	if (p && p->rows > 0)
		gt_text(text, sizeof(text), "%s%" PRIu64 " %%",
			p->nulls > 0 && p->nulls * 100 < p->rows ? "≤" : "",
			(p->nulls * 100 + p->rows - 1) / p->rows);
	gt_put_cell(out, gt_cstr(text), width, true);
}

static void put_distinct(const struct field *f, size_t width, struct gt_buf *out)
{
	const struct gt_profile *p = f->profile;
	char text[32] = "–";

	if (p)
		gt_text(text, sizeof(text), "%s%zu", p->distinct == GT_PROFILE_DISTINCT ? "≥" : "",
			p->distinct);
	gt_put_cell(out, gt_cstr(text), width, true);
}

static const struct gt_element *element_of(const struct gt_suggestion *s, size_t i)
{
	return s && s->v[i].element != SIZE_MAX ? &s->entity->elements[s->v[i].element] : NULL;
}

static void put_field(const struct field *f, const struct gt_suggestion *suggestion, size_t name,
	struct gt_buf *out)
{
	const struct gt_element *element = element_of(suggestion, f->i);
	struct gt_buf cell;

	gt_buf_init(&cell, TEXT_ROOM);
	gt_buf_adds(out, "  ");
	gt_put_cell(out, f->thing->fields[f->i], name, false);
	gt_buf_adds(out, "  ");
	put_type(f, &cell);
	gt_put_cell(out, gt_buf_str(&cell), TYPE_WIDTH, false);
	put_share(f, 6, out);
	put_distinct(f, 9, out);
	gt_buf_adds(out, "  ");
	gt_buf_clear(&cell);
	put_values(f, &cell);
	gt_put_cell(out, gt_buf_str(&cell), VALUES_WIDTH, false);
	if (element)
		gt_buf_addf(out, "  %s%.*s",
			suggestion->v[f->i].alike == GT_ALIKE_EXACTLY ? "" : "≈ ",
			GT_STR_ARGS(element->name));
	while (out->n > 0 && out->p[out->n - 1] == ' ')
		out->n--;
	gt_buf_adds(out, "\n");
	gt_buf_fini(&cell);
}

static void put_heading(size_t name, struct gt_buf *out)
{
	gt_buf_adds(out, "  ");
	gt_put_cell(out, gt_cstr(gt_bi("field", "字段")), name, false);
	gt_buf_adds(out, "  ");
	gt_put_cell(out, gt_cstr(gt_bi("looks like", "类型")), TYPE_WIDTH, false);
	gt_put_cell(out, gt_cstr(gt_bi("empty", "空值")), 6, true);
	gt_put_cell(out, gt_cstr(gt_bi("distinct", "不同值")), 9, true);
	gt_buf_adds(out, "  ");
	gt_put_cell(out, gt_cstr(gt_bi("smallest … largest, or examples", "最小…最大，或示例")),
		VALUES_WIDTH, false);
	gt_buf_addf(out, "  %s\n", gt_bi("element", "要素"));
}

static void put_title(
	const struct gt_showing *showing, const struct gt_thing *thing, struct gt_buf *out)
{
	bool zh = gt_language() == GT_ZH;

	gt_buf_addf(out, "%s%.*s%s", showing->colour ? "\033[1m" : "", GT_STR_ARGS(thing->name),
		showing->colour ? "\033[0m" : "");
	if (thing->format.n)
		gt_buf_addf(out, "  %.*s  %.*s", GT_STR_ARGS(thing->format),
			GT_STR_ARGS(thing->charset));
	if (thing->profiles) {
		gt_buf_adds(out, thing->more ? zh ? "  超过 " : "  more than " : "  ");
		gt_put_grouped(out, thing->more ? thing->rows - 1 : thing->rows);
		gt_buf_adds(out, zh ? " 行" : thing->rows == 1 ? " row" : " rows");
		if (thing->profiled + thing->bad < thing->rows && !thing->more)
			gt_buf_addf(out,
				zh ? "（查看了前 %" PRIu64 " 行）"
				   : " (the first %" PRIu64 " looked at)",
				thing->profiled);
	}
	for (size_t i = 0; i < thing->select_count; i++)
		gt_buf_addf(out, "  %.*s: %.*s", GT_STR_ARGS(thing->select[i].key),
			GT_STR_ARGS(thing->select[i].value));
	gt_buf_adds(out, "\n");
}

static void put_troubles(const struct gt_thing *thing, struct gt_buf *out)
{
	char text[2048];

	if (thing->bad > 0)
		gt_buf_addf(out, "  ✗ %" PRIu64 " × %s\n", thing->bad,
			gt_err_text(&thing->first_bad, text, sizeof(text)));
	if (thing->failed)
		gt_buf_addf(out, "  ✗ %s\n", gt_err_text(&thing->why, text, sizeof(text)));
}

/* The entity that the fields look like; v: room for them. */
static bool suggest(const struct gt_showing *showing, const struct gt_thing *thing,
	struct gt_suggestion *suggestion)
{
	suggestion->v = gt_alloc((thing->field_count + 1) * sizeof(*suggestion->v));
	return gt_suggest(showing->standard, thing->fields, thing->field_count, suggestion);
}

void gt_show_thing(
	const struct gt_showing *showing, const struct gt_thing *thing, struct gt_buf *out)
{
	struct gt_suggestion suggestion;
	bool likely = suggest(showing, thing, &suggestion);
	size_t width = 8;

	put_title(showing, thing, out);
	if (likely)
		gt_buf_addf(out,
			gt_language() == GT_ZH ? "  像是 %.*s@%u（识别 %zu / %zu 个字段）\n"
					       : "  looks like %.*s@%u (%zu of %zu fields known)\n",
			GT_STR_ARGS(suggestion.entity->name), suggestion.entity->major,
			suggestion.known, thing->field_count);
	for (size_t i = 0; i < thing->field_count; i++) {
		size_t own = gt_width(thing->fields[i]);
		width = own > width ? own : width;
	}
	width = width > NAME_WIDTH ? NAME_WIDTH : width;
	if (thing->field_count > 0)
		put_heading(width, out);
	for (size_t i = 0; i < thing->field_count; i++) {
		struct field f = field_at(showing, thing, i);
		put_field(&f, likely ? &suggestion : NULL, width, out);
	}
	put_troubles(thing, out);
	free(suggestion.v);
}

/* ---- JSON ---- */

static void json_kept(const struct field *f, const struct gt_kept *kept, struct gt_buf *out)
{
	struct gt_buf text;

	gt_buf_init(&text, TEXT_ROOM);
	put_kept(f, kept, &text);
	gt_json_add_text(out, gt_buf_str(&text));
	gt_buf_fini(&text);
}

static void json_profile(const struct field *f, struct gt_buf *out)
{
	const struct gt_profile *p = f->profile;
	const struct gt_kept *min = f->hidden ? NULL : gt_profile_min(p);

	gt_buf_addf(out, ",\"type\":\"%s\",\"rows\":%" PRIu64 ",\"nulls\":%" PRIu64,
		gt_looks_name(gt_profile_looks(p)), p->rows, p->nulls);
	gt_buf_addf(out, ",\"distinct\":%zu,\"distinct_more\":%s", p->distinct,
		p->distinct == GT_PROFILE_DISTINCT ? "true" : "false");
	if (min) {
		gt_buf_adds(out, ",\"min\":");
		json_kept(f, min, out);
		gt_buf_adds(out, ",\"max\":");
		json_kept(f, gt_profile_max(p), out);
	}
	gt_buf_adds(out, ",\"examples\":[");
	for (size_t i = 0; i < p->example_count; i++) {
		gt_buf_adds(out, i ? "," : "");
		json_kept(f, &p->examples[i], out);
	}
	gt_buf_addf(out, "],\"hidden\":%s", f->hidden ? "true" : "false");
}

static void json_field(
	const struct field *f, const struct gt_suggestion *suggestion, struct gt_buf *out)
{
	const struct gt_element *element = element_of(suggestion, f->i);
	const struct gt_unit *unit = gt_heading_unit(f->showing->standard, f->thing->fields[f->i]);

	gt_buf_adds(out, f->i ? ",{\"name\":" : "{\"name\":");
	gt_json_add_text(out, f->thing->fields[f->i]);
	if (f->thing->types && f->thing->types[f->i].n) {
		gt_buf_adds(out, ",\"declared\":");
		gt_json_add_text(out, f->thing->types[f->i]);
	}
	if (f->profile)
		json_profile(f, out);
	if (element) {
		gt_buf_adds(out, ",\"element\":");
		gt_json_add_text(out, element->name);
		gt_buf_addf(out, ",\"exactly\":%s",
			suggestion->v[f->i].alike == GT_ALIKE_EXACTLY ? "true" : "false");
	}
	if (unit) {
		gt_buf_adds(out, ",\"unit\":");
		gt_json_add_text(out, unit->name);
	}
	gt_buf_adds(out, "}");
}

static void json_head(const struct gt_thing *thing, struct gt_buf *out)
{
	gt_buf_adds(out, "{\"kind\":");
	gt_json_add_text(out, thing->kind);
	gt_buf_adds(out, ",\"name\":");
	gt_json_add_text(out, thing->name);
	if (thing->format.n) {
		gt_buf_adds(out, ",\"format\":");
		gt_json_add_text(out, thing->format);
		gt_buf_adds(out, ",\"charset\":");
		gt_json_add_text(out, thing->charset);
	}
	gt_buf_adds(out, ",\"select\":{");
	for (size_t i = 0; i < thing->select_count; i++) {
		gt_buf_adds(out, i ? "," : "");
		gt_json_add_text(out, thing->select[i].key);
		gt_buf_adds(out, ":");
		gt_json_add_text(out, thing->select[i].value);
	}
	gt_buf_addf(out,
		"},\"rows\":%" PRIu64 ",\"more\":%s,\"looked_at\":%" PRIu64 ",\"bad\":%" PRIu64,
		thing->more ? thing->rows - 1 : thing->rows, thing->more ? "true" : "false",
		thing->profiled, thing->bad);
}

static void json_error(const char *name, const struct gt_err *err, struct gt_buf *out)
{
	char text[2048];

	gt_buf_addf(out, ",\"%s\":{\"code\":\"GT%04d\",\"message\":", name, (int)err->code);
	gt_json_add_text(out, gt_cstr(gt_err_text(err, text, sizeof(text))));
	gt_buf_adds(out, "}");
}

void gt_show_thing_json(
	const struct gt_showing *showing, const struct gt_thing *thing, struct gt_buf *out)
{
	struct gt_suggestion suggestion;
	bool likely = suggest(showing, thing, &suggestion);

	json_head(thing, out);
	if (thing->bad > 0)
		json_error("first_bad", &thing->first_bad, out);
	if (thing->failed)
		json_error("error", &thing->why, out);
	if (likely) {
		gt_buf_adds(out, ",\"looks_like\":{\"entity\":");
		gt_json_add_text(
			out, gt_cstr(GT_TEXT("%.*s@%u", GT_STR_ARGS(suggestion.entity->name),
				     suggestion.entity->major)));
		gt_buf_addf(out, ",\"known\":%zu,\"fields\":%zu}", suggestion.known,
			thing->field_count);
	}
	gt_buf_adds(out, ",\"fields\":[");
	for (size_t i = 0; i < thing->field_count; i++) {
		struct field f = field_at(showing, thing, i);
		json_field(&f, likely ? &suggestion : NULL, out);
	}
	gt_buf_adds(out, "]}");
	free(suggestion.v);
}
