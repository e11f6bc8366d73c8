/* new_write.c: the text of a source file, with what is known and, as comments, what is not. */
#include "new.h"

#include "cmd.h"
#include "gt_assert.h"
#include "hide.h"
#include "json_write.h"

#include <stdlib.h>

#define NOTE_COLUMN 34u

/* A YAML scalar: plain where nothing else can be meant, else in quotes. */
static void put_scalar(struct gt_buf *out, struct gt_str s)
{
	bool plain = s.n > 0 && !(s.p[0] >= '0' && s.p[0] <= '9');

	for (size_t i = 0; plain && i < s.n; i++)
		plain = (s.p[i] & 0x80) || (s.p[i] >= 'a' && s.p[i] <= 'z') ||
			(s.p[i] >= 'A' && s.p[i] <= 'Z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
			(i > 0 && strchr("_-./@", s.p[i]));
	if (plain && !gt_str_eq(s, GT_LIT("null")) && !gt_str_eq(s, GT_LIT("true")))
		gt_buf_add(out, s);
	else
		gt_json_add_text(out, s);
}

static void put_pair(struct gt_buf *out, const char *indent, const char *key, struct gt_str value)
{
	gt_buf_addf(out, "%s%s: ", indent, key);
	put_scalar(out, value);
	gt_buf_adds(out, "\n");
}

static void put_answer(struct gt_buf *out, const struct gt_answer *answer, const char *indent)
{
	bool bare = answer->row->type != GT_OPT_TEXT && answer->row->type != GT_OPT_PATH;

	if (answer->row->type == GT_OPT_SECRET)
		gt_buf_addf(out, "%s%s: {secret: %s}\n", indent, answer->row->name, answer->value);
	else if (bare) /* numbers, durations, choices: words of their tables */
		put_pair(out, indent, answer->row->name, gt_cstr(answer->value));
	else {
		gt_buf_addf(out, "%s%s: ", indent, answer->row->name);
		gt_json_add_text(out, gt_cstr(answer->value));
		gt_buf_adds(out, "\n");
	}
}

void gt_new_head(const struct gt_new *new, struct gt_buf *out)
{
	const struct gt_option *group = NULL;

	gt_buf_addf(out, "# yaml-language-server: $schema=%s/schemas/source.schema.json\n",
		gt_data_folder());
	gt_buf_addf(out, "# %s\n",
		gt_bi("Made by guantong new. When it is corrected: guantong check, then guantong "
		      "preview.",
			"由 guantong new 生成。修改后请执行 guantong check，再执行 guantong "
			"preview。"));
	gt_buf_addf(out, "source: %s\n", new->name);
	if (new->profile)
		put_pair(out, "", "profile", gt_cstr(new->profile));
	if (new->adapter)
		put_pair(out, "", "adapter", gt_cstr(new->adapter));
	if (new->format)
		put_pair(out, "", "format", gt_cstr(new->format));
	for (size_t i = 0; i < new->n; i++) {
		const struct gt_answer *answer = &new->answers[i];

		if (!answer->value)
			continue;
		if (answer->group && answer->group != group)
			gt_buf_addf(out, "%s:\n", answer->group->name);
		group = answer->group;
		put_answer(out, answer, group ? "  " : "");
	}
	if (new->division)
		gt_buf_addf(out, "division: \"%s\"\n", new->division);
	else
		gt_buf_addf(out, "# division: \"420106\"  # %s\n",
			gt_bi("GB/T 2260 code of the place, if it is the same for all records",
				"行政区划代码（GB/T 2260），全部记录相同时填写"));
}

/* ---- flows ---- */

/* What stands behind a line, in a column of its own. */
static void put_note(struct gt_buf *out, size_t line_start, const char *note)
{
	size_t width = gt_width(gt_str(out->p + line_start, out->n - line_start));

	do
		gt_buf_adds(out, " ");
	while (++width < NOTE_COLUMN);
	gt_buf_addf(out, " # %s\n", note);
}

static const char *title(const struct gt_element *e)
{
	struct gt_str own = gt_language() == GT_ZH && e->title.zh.n ? e->title.zh : e->title.en;

	return own.n ? own.p : "";
}

/* The first codes of a list, for a note. */
static void put_codes(struct gt_buf *out, const struct gt_code_list *list)
{
	for (size_t i = 0; i < list->n && i < 8; i++)
		gt_buf_addf(out, " %.*s", GT_STR_ARGS(list->v[i].code));
	if (list->n > 8)
		gt_buf_adds(out, " …");
}

/* Values that the element's list does not have. */
static bool strange_codes(
	const struct gt_element *e, const struct gt_profile *p, struct gt_buf *out)
{
	size_t before = out->n;

	for (size_t i = 0; p && i < p->example_count; i++) {
		struct gt_str value = gt_str(p->examples[i].text, p->examples[i].n);

		if (!gt_code_find(e->codes, value))
			gt_buf_addf(out, "%s%.*s", out->n > before ? ", " : "", GT_STR_ARGS(value));
	}
	return out->n > before;
}

static void note_codes(const struct gt_element *e, const struct gt_profile *p, struct gt_buf *note)
{
	struct gt_buf strange;

	gt_buf_init(&strange, 4096);
	if (strange_codes(e, p, &strange)) {
		gt_buf_addf(note, "%s%s%s", note->n ? "; " : "", gt_bi("no codes: ", "不是代码："),
			gt_buf_cstr(&strange));
		gt_buf_adds(note, gt_bi("; write {from: …, codes: {LOCAL: CODE}}; codes:",
					  "；请写 {from: …, codes: {本地代码: 代码}}；可用："));
		put_codes(note, e->codes);
	}
	gt_buf_fini(&strange);
}

static void put_line(const struct gt_written *w, const struct gt_element *e,
	const struct gt_thing *thing, size_t field, bool exactly, struct gt_buf *out)
{
	const struct gt_profile *p = thing->profiles ? &thing->profiles[field] : NULL;
	const struct gt_unit *unit = gt_heading_unit(w->standard, thing->fields[field]);
	size_t start = out->n;
	struct gt_buf note;

	gt_buf_init(&note, 8192);
	gt_buf_addf(out, "      %.*s: ", GT_STR_ARGS(e->name));
	if (unit && e->unit && gt_str_eq(unit->quantity, e->unit->quantity)) {
		gt_buf_adds(out, "{from: ");
		put_scalar(out, thing->fields[field]);
		gt_buf_adds(out, ", unit: ");
		put_scalar(out, unit->name);
		gt_buf_adds(out, "}");
	} else {
		put_scalar(out, thing->fields[field]);
		if (e->unit)
			gt_buf_addf(&note,
				gt_language() == GT_ZH
					? "按 %.*s 处理；如不是，请写 {from: …, unit: …}"
					: "taken for %.*s: else {from: …, unit: …}",
				GT_STR_ARGS(e->unit->name));
	}
	if (!exactly)
		gt_buf_addf(&note, "%s%s", note.n ? "; " : "",
			gt_bi("a similar name: is it right?", "名称相近，请核对"));
	if (e->codes)
		note_codes(e, p, &note);
	if (note.n)
		put_note(out, start, gt_buf_cstr(&note));
	else
		gt_buf_adds(out, "\n");
	gt_buf_fini(&note);
}

static void put_comment(const struct gt_element *e, struct gt_buf *out)
{
	size_t start = out->n;

	gt_buf_addf(out, "      # %.*s:", GT_STR_ARGS(e->name));
	put_note(out, start,
		GT_TEXT("%s%s", e->required ? gt_bi("required: ", "必填：") : "", title(e)));
}

static bool mappable(const struct gt_written *w, const struct gt_element *e)
{
	return e->protection == GT_OPEN || w->pseudonyms;
}

/* Elements in the order of the standard: mapped ones, then comments for required ones. */
static void put_map(const struct gt_written *w, const struct gt_thing *thing,
	const struct gt_suggestion *s, struct gt_buf *out)
{
	gt_buf_adds(out, "    map:\n");
	for (size_t e = 0; e < s->entity->n; e++) {
		const struct gt_element *element = &s->entity->elements[e];
		size_t f = 0;

		while (f < thing->field_count && s->v[f].element != e)
			f++;
		if (f == thing->field_count) {
			if (element->required)
				put_comment(element, out);
			continue;
		}
		if (mappable(w, element)) {
			put_line(w, element, thing, f, s->v[f].alike == GT_ALIKE_EXACTLY, out);
			continue;
		}
		size_t start = out->n;
		gt_buf_addf(out, "      # %.*s: ", GT_STR_ARGS(element->name));
		put_scalar(out, thing->fields[f]);
		put_note(out, start,
			gt_bi("personal: needs pseudonym_key: (guantong keygen --pseudonym)",
				"个人信息：须先配置 pseudonym_key:（guantong keygen "
				"--pseudonym）"));
	}
}

/* Fields that no element was found for. */
static void put_rest(
	const struct gt_thing *thing, const struct gt_suggestion *s, struct gt_buf *out)
{
	bool any = false;

	for (size_t f = 0; f < thing->field_count; f++) {
		size_t start;

		if (s && s->v[f].element != SIZE_MAX)
			continue;
		if (!any)
			gt_buf_addf(out, "      # %s\n",
				gt_bi("Fields without an element; leave them out, or write "
				      "ELEMENT: "
				      "FIELD above:",
					"以下字段没有对应要素，可不采集，或在上面写 要素: 字段："));
		any = true;
		start = out->n;
		gt_buf_adds(out, "      #   ");
		put_scalar(out, thing->fields[f]);
		put_note(out, start,
			thing->profiles ? gt_looks_name(gt_profile_looks(&thing->profiles[f]))
					: "");
	}
}

/* A flow's name from a thing's: letters, digits and "-", a letter first, not there yet. */
static const char *flow_name(
	const struct gt_written *w, struct gt_str name, size_t number, struct gt_map *taken)
{
	struct gt_arena *memory = (struct gt_arena *)(uintptr_t)&w->new->memory;
	char slug[25];
	size_t n = 0;

	for (size_t i = 0; i < name.n && n < sizeof(slug) - 1; i++) {
		char c = name.p[i] >= 'A' && name.p[i] <= 'Z' ? (char)(name.p[i] + 32) : name.p[i];
		bool letter = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';

		if (letter || (digit && n > 0))
			slug[n++] = c;
		else if (n > 0 && slug[n - 1] != '-' && strchr("_- ./", c))
			slug[n++] = '-';
	}
	while (n > 0 && slug[n - 1] == '-')
		n--;
	struct gt_str made = gt_arena_copy(memory, gt_str(slug, n));
	if (n == 0 || gt_map_get(taken, made))
		made = gt_arena_printf(
			memory, "%s%zu", n ? GT_TEXT("%.*s-", (int)n, slug) : "flow", number);
	(void)gt_map_set(taken, made, (void *)(uintptr_t)made.p);
	return made.p;
}

/* Files of one folder with the same fields are one flow: only the first is written. */
static bool same_fields(const struct gt_thing *a, const struct gt_thing *b)
{
	bool same = a->field_count == b->field_count && a->field_count > 0;

	for (size_t i = 0; same && i < a->field_count; i++)
		same = gt_str_eq(a->fields[i], b->fields[i]);
	return same;
}

static bool find_entity(const struct gt_written *w, const struct gt_thing *thing,
	const struct gt_entity *fixed, struct gt_suggestion *s)
{
	if (fixed) {
		gt_suggest_entity(fixed, thing->fields, thing->field_count, s);
		return true;
	}
	return gt_suggest(w->standard, thing->fields, thing->field_count, s);
}

static void put_select(const struct gt_thing *thing, bool alone, struct gt_buf *out)
{
	for (size_t i = 0; i < thing->select_count; i++) {
		/* The only file of a folder today is not its only file. */
		if (alone && gt_str_eq(thing->kind, GT_LIT("file")))
			continue;
		gt_buf_addf(out, "    %.*s: ", GT_STR_ARGS(thing->select[i].key));
		gt_json_add_text(out, thing->select[i].value);
		gt_buf_adds(out, "\n");
	}
}

static void put_flow(struct gt_written *w, const struct gt_thing *thing, bool alone,
	const struct gt_suggestion *s, const char *name, struct gt_buf *out)
{
	gt_buf_addf(out, "  %s:\n    # %.*s", name, GT_STR_ARGS(thing->name));
	gt_buf_addf(out,
		gt_language() == GT_ZH ? "：识别 %zu / %zu 个字段\n"
				       : ": %zu of %zu fields known\n",
		s->known, thing->field_count);
	put_select(thing, alone, out);
	gt_buf_addf(out, "    entity: %.*s@%u\n", GT_STR_ARGS(s->entity->name), s->entity->major);
	gt_buf_addf(out, "    # basis: declared  # %s\n",
		gt_bi("how the values came to be: metered billed declared estimated apportioned",
			"取得方式：metered 计量 billed 账单 declared 填报 estimated 估算 "
			"apportioned 分摊"));
	put_map(w, thing, s, out);
	put_rest(thing, s, out);
	if (!w->first)
		w->first = name;
}

/* Nothing could be looked at: the elements' own names stand for the fields'. */
static void put_blind(struct gt_written *w, const struct gt_entity *entity, struct gt_buf *out)
{
	w->first = gt_arena_copy((struct gt_arena *)(uintptr_t)&w->new->memory, entity->entity).p;
	gt_buf_addf(out, "  %s:\n    entity: %.*s@%u\n    map:\n      # %s\n", w->first,
		GT_STR_ARGS(entity->name), entity->major,
		gt_bi("The fields are not known: write the source's own names on the right.",
			"字段未知：请在右侧填写来源中的字段名。"));
	for (size_t e = 0; e < entity->n; e++) {
		const struct gt_element *element = &entity->elements[e];
		size_t start = out->n;

		gt_buf_addf(out, "      %s%.*s: %.*s",
			element->required && mappable(w, element) ? "" : "# ",
			GT_STR_ARGS(element->name), GT_STR_ARGS(element->name));
		put_note(out, start, title(element));
	}
}

static const struct gt_entity *named_entity(const struct gt_written *w)
{
	const struct gt_entity *const *entities;
	size_t n = gt_standard_entities(w->standard, &entities);

	for (size_t i = 0; w->entity.n && i < n; i++)
		if (gt_str_eq(w->entity, gt_cstr(GT_TEXT("%.*s@%u", GT_STR_ARGS(entities[i]->name),
						 entities[i]->major))))
			return entities[i];
	return NULL;
}

static bool repeated(const struct gt_things *things, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (gt_str_eq(things->v[i].kind, GT_LIT("file")) &&
			same_fields(&things->v[k], &things->v[i]))
			return true;
	return false;
}

bool gt_new_flows(struct gt_written *w, const struct gt_things *things, struct gt_buf *out)
{
	const struct gt_entity *fixed = named_entity(w);
	struct gt_suggestion s = {.v = gt_alloc((GT_FIELDS_MAX + 1) * sizeof(*s.v))};
	struct gt_map taken = {0};
	size_t written = 0, different = 0;

	gt_buf_adds(out, "flows:\n");
	for (size_t i = 0; things && i < things->n; i++)
		different += !repeated(things, i);
	for (size_t i = 0; things && i < things->n && written < GT_FLOWS_WRITTEN; i++) {
		const struct gt_thing *thing = &things->v[i];

		if (thing->field_count == 0 || repeated(things, i) ||
			!find_entity(w, thing, fixed, &s))
			continue;
		put_flow(w, thing, different == 1, &s, flow_name(w, thing->name, ++written, &taken),
			out);
	}
	if (written == 0 && fixed) {
		put_blind(w, fixed, out);
		written++;
	}
	gt_map_fini(&taken);
	free(s.v);
	return written > 0;
}

void gt_new_gateway(const struct gt_new *new, struct gt_buf *out)
{
	struct gt_str brokers = gt_cstr(new->brokers);

	gt_buf_addf(out, "# yaml-language-server: $schema=%s/schemas/guantong.schema.json\n",
		gt_data_folder());
	gt_buf_addf(
		out, "site: %s  # %s\n", new->site, gt_bi("fixed at enrolment", "登记后不可更改"));
	gt_buf_addf(out, "language: %s\n", gt_bi("en", "zh"));
	gt_buf_addf(out, "# key: site.key  # guantong keygen site.key: %s\n",
		gt_bi("signs what is sent", "用于签名"));
	gt_buf_addf(out,
		"# pseudonym_key: pseudonym.key  # guantong keygen --pseudonym pseudonym.key\n");
	gt_buf_adds(out, "kafka:\n  brokers: [");
	for (bool first = true; brokers.n; first = false) {
		size_t n = strcspn(brokers.p, ",");

		gt_buf_adds(out, first ? "" : ", ");
		gt_json_add_text(out, gt_str(brokers.p, n));
		brokers = n < brokers.n ? gt_str(brokers.p + n + 1, brokers.n - n - 1)
					: (struct gt_str){0};
	}
	gt_buf_addf(out,
		"]\n  # tls: {ca: ca.pem}  # %s\n  # sasl: {mechanism: scram-sha-512, username: "
		"%s, password: {secret: kafka}}\n",
		gt_bi("as its operator says", "按 Kafka 管理员的要求填写"), new->site);
}
