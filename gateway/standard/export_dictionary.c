/* export_dictionary.c: the printed data dictionary, and the names of exports. */
#include "export.h"

#include "load.h"

struct page {
	bool zh;
	struct gt_buf *out;
};

static const char *word(const struct page *page, const char *en, const char *zh)
{
	return page->zh ? zh : en;
}

static struct gt_str in_language(const struct page *page, const struct gt_title *title)
{
	return page->zh ? title->zh : title->en;
}

/* A cell of a Markdown table: one line, its bars escaped. */
static void cell(struct gt_buf *out, struct gt_str text)
{
	gt_buf_adds(out, " ");
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '|')
			gt_buf_adds(out, "\\|");
		else
			gt_buf_add(out, gt_str(c == '\n' || c == '\r' ? " " : &text.p[i], 1));
	}
	gt_buf_adds(out, " |");
}

/* Type with unit, decimals, list, format: what a value is. */
static void put_kind(struct gt_buf *out, const struct gt_element *e)
{
	gt_buf_adds(out, gt_type_name(e->type));
	if (e->type == GT_TYPE_DECIMAL)
		gt_buf_addf(out, "(%u)", e->scale);
	if (e->type == GT_TYPE_TEXT)
		gt_buf_addf(out, "(%zu)", e->max_length);
	if (e->unit)
		gt_buf_addf(out, " %.*s", GT_STR_ARGS(e->unit->name));
	if (e->codes)
		gt_buf_addf(out, " %.*s", GT_STR_ARGS(e->codes->name));
	if (e->format != GT_FORMAT_NONE)
		gt_buf_addf(out, " %s", gt_format_name(e->format));
}

static void put_range(struct gt_buf *out, const struct gt_element *e)
{
	if (e->has_min)
		gt_limit_put(e, e->min, out);
	if (e->has_min || e->has_max)
		gt_buf_adds(out, " … ");
	if (e->has_max)
		gt_limit_put(e, e->max, out);
	gt_buf_add(out, e->pattern_text);
}

static void put_meaning(const struct page *page, struct gt_buf *out, const struct gt_element *e)
{
	struct gt_str definition = in_language(page, &e->definition);

	gt_buf_add(out, in_language(page, &e->title));
	if (definition.n)
		gt_buf_addf(out, "%s%.*s", word(page, ": ", "："), GT_STR_ARGS(definition));
}

static const char *confirmed(const struct page *page, enum gt_status status)
{
	return status == GT_VERIFIED ? word(page, " (verified)", "（已核对）")
				     : word(page, " (unconfirmed)", "（待确认）");
}

static void put_origin(const struct page *page, struct gt_buf *out, const struct gt_element *e)
{
	gt_buf_addf(out, "%.*s%s", GT_STR_ARGS(e->source), confirmed(page, e->status));
}

static void element(const struct page *page, const struct gt_entity *entity,
	const struct gt_element *e, struct gt_buf *text)
{
	struct gt_buf *out = page->out;
	size_t index = (size_t)(e - entity->elements);
	bool key = false;

	for (size_t k = 0; k < entity->key_count; k++)
		key = key || entity->key[k] == index;
	gt_buf_adds(out, "|");
	cell(out, e->name);
	gt_buf_clear(text);
	put_meaning(page, text, e);
	cell(out, gt_buf_str(text));
	gt_buf_clear(text);
	put_kind(text, e);
	cell(out, gt_buf_str(text));
	cell(out, gt_cstr(key           ? word(page, "key", "主键")
			  : e->required ? word(page, "yes", "必填")
					: ""));
	gt_buf_clear(text);
	put_range(text, e);
	cell(out, gt_buf_str(text));
	cell(out, gt_cstr(e->protection == GT_OPEN ? "" : gt_protection_name(e->protection)));
	gt_buf_clear(text);
	put_origin(page, text, e);
	cell(out, gt_buf_str(text));
	cell(out, e->layer);
	gt_buf_adds(out, "\n");
}

static void list(const struct page *page, const struct gt_code_list *codes, struct gt_buf *text)
{
	struct gt_buf *out = page->out;

	gt_buf_addf(out, "\n### %.*s `%.*s`\n\n", GT_STR_ARGS(in_language(page, &codes->title)),
		GT_STR_ARGS(codes->name));
	gt_buf_addf(out, "%s%.*s%s\n\n", word(page, "Source: ", "出处："),
		GT_STR_ARGS(codes->source), confirmed(page, codes->status));
	bool parents = false, values = false;
	for (size_t i = 0; i < codes->n; i++) {
		parents = parents || codes->v[i].parent.n;
		values = values || codes->v[i].value.n;
	}
	gt_buf_addf(out, "| %s | %s |", word(page, "code", "代码"), word(page, "name", "名称"));
	if (parents)
		gt_buf_addf(out, " %s |", word(page, "part of", "上级代码"));
	if (values)
		gt_buf_addf(out, " %s %.*s |", word(page, "value", "数值"),
			GT_STR_ARGS(codes->unit ? codes->unit->name : gt_str(NULL, 0)));
	gt_buf_addf(out, " %s | %s | %s |\n|---|---|---|---|---|%s%s\n",
		word(page, "valid", "有效期"), word(page, "successor", "替代代码"),
		word(page, "layer", "层级"), parents ? "---|" : "", values ? "---|" : "");
	for (size_t i = 0; i < codes->n; i++) {
		const struct gt_code_row *row = &codes->v[i];
		gt_buf_adds(out, "|");
		cell(out, row->code);
		cell(out, in_language(page, &row->title));
		if (parents)
			cell(out, row->parent);
		if (values)
			cell(out, row->value);
		gt_buf_clear(text);
		gt_validity_put(row->valid_from, row->valid_to, text);
		cell(out, gt_buf_str(text));
		cell(out, row->successor);
		cell(out, row->layer);
		gt_buf_adds(out, "\n");
	}
}

static void lists(const struct page *page, const struct gt_entity *entity, struct gt_buf *text)
{
	for (size_t i = 0; i < entity->n; i++) {
		const struct gt_code_list *codes = entity->elements[i].codes;
		bool told = !codes;
		for (size_t k = 0; k < i && !told; k++)
			told = entity->elements[k].codes == codes;
		if (!told)
			list(page, codes, text);
	}
}

static void rules(const struct page *page, const struct gt_entity *entity)
{
	struct gt_buf *out = page->out;

	if (entity->rule_count == 0)
		return;
	gt_buf_addf(out, "\n### %s\n\n", word(page, "Rules", "规则"));
	for (size_t i = 0; i < entity->rule_count; i++) {
		const struct gt_rule *rule = &entity->rules[i];
		gt_buf_addf(out, "- %.*s: `%.*s` – %s\n",
			GT_STR_ARGS(in_language(page, &rule->title)), GT_STR_ARGS(rule->text),
			rule->reject ? word(page, "else rejected", "否则不合格")
				     : word(page, "else flagged", "否则标记"));
	}
}

static void head(const struct page *page, const struct gt_entity *entity)
{
	struct gt_buf *out = page->out;
	struct gt_str definition = in_language(page, &entity->definition);

	gt_buf_addf(out, "## %.*s `%.*s@%u`\n\n", GT_STR_ARGS(in_language(page, &entity->title)),
		GT_STR_ARGS(entity->name), entity->major);
	if (definition.n)
		gt_buf_addf(out, "%.*s\n\n", GT_STR_ARGS(definition));
	gt_buf_addf(out, "%s %u.%u · `%.*s`", word(page, "Version", "版本"), entity->major,
		entity->minor, GT_STR_ARGS(entity->schema));
	if (entity->event_time >= 0)
		gt_buf_addf(out, " · %s `%.*s`", word(page, "event time", "业务时间"),
			GT_STR_ARGS(entity->elements[entity->event_time].name));
	gt_buf_addf(out, "\n\n| %s | %s | %s | %s | %s | %s | %s | %s |\n",
		word(page, "element", "要素"), word(page, "meaning", "名称与定义"),
		word(page, "type", "类型"), word(page, "required", "必填"),
		word(page, "range", "取值范围"), word(page, "protection", "保护方式"),
		word(page, "source", "出处"), word(page, "layer", "层级"));
	gt_buf_adds(out, "|---|---|---|---|---|---|---|---|\n");
}

void gt_export_dictionary(const struct gt_entity *entity, bool chinese, struct gt_buf *out)
{
	struct page page = {.zh = chinese, .out = out};
	struct gt_buf text;

	gt_buf_init(&text, 65536);
	head(&page, entity);
	for (size_t i = 0; i < entity->n; i++)
		element(&page, entity, &entity->elements[i], &text);
	rules(&page, entity);
	lists(&page, entity, &text);
	gt_buf_adds(out, "\n");
	gt_buf_fini(&text);
}

void gt_export_name(const struct gt_entity *entity, struct gt_buf *out)
{
	gt_buf_addf(out, "%.*s.v%u", GT_STR_ARGS(entity->name), entity->major);
	if (entity->overlay.n)
		gt_buf_addf(out, "+%.*s", GT_STR_ARGS(entity->overlay));
}
