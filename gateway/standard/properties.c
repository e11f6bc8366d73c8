/* properties.c: the rows of properties.h, and where each property of an effective element comes
 * from: the last package on the way that made it what it is. */
#include "properties.h"

#include "civil.h"
#include "load.h"

void gt_limit_put(const struct gt_element *element, int64_t limit, struct gt_buf *out)
{
	char text[48];
	int year, month, day;

	if (element->type != GT_TYPE_DATE && element->type != GT_TYPE_TIME) {
		gt_buf_adds(out, gt_scaled_write(limit, element->scale, text, sizeof text));
		return;
	}
	/* Limits of times are starts of days at +08:00. */
	if (element->type == GT_TYPE_TIME)
		limit = (limit / INT64_C(3600000000) + 8) / 24;
	gt_civil_from_days(limit, &year, &month, &day);
	gt_buf_addf(out, "%04d-%02d-%02d", year, month, day);
}

static void put_day(int64_t day, struct gt_buf *out)
{
	int year, month, date;

	if (day == INT64_MIN || day == INT64_MAX)
		return;
	gt_civil_from_days(day, &year, &month, &date);
	gt_buf_addf(out, "%04d-%02d-%02d", year, month, date);
}

void gt_validity_put(int64_t from, int64_t to, struct gt_buf *out)
{
	put_day(from, out);
	if (from != INT64_MIN || to != INT64_MAX)
		gt_buf_adds(out, " … ");
	put_day(to, out);
}

static void put_type(const struct gt_element *e, struct gt_buf *out)
{
	gt_buf_adds(out, gt_type_name(e->type));
}

static void put_unit(const struct gt_element *e, struct gt_buf *out)
{
	if (e->unit)
		gt_buf_add(out, e->unit->name);
}

static void put_scale(const struct gt_element *e, struct gt_buf *out)
{
	if (e->type == GT_TYPE_DECIMAL)
		gt_buf_addf(out, "%u", e->scale);
}

static void put_required(const struct gt_element *e, struct gt_buf *out)
{
	if (e->required)
		gt_buf_adds(out, "true");
}

static void put_substance(const struct gt_element *e, struct gt_buf *out)
{
	if (e->substance)
		gt_buf_add(out, e->substance->name);
}

static void put_list(const struct gt_element *e, struct gt_buf *out)
{
	if (e->list)
		gt_buf_adds(out, "true");
}

static void put_codes(const struct gt_element *e, struct gt_buf *out)
{
	if (e->codes)
		gt_buf_add(out, e->codes->name);
}

static void put_format(const struct gt_element *e, struct gt_buf *out)
{
	if (e->format != GT_FORMAT_NONE)
		gt_buf_adds(out, gt_format_name(e->format));
}

static void put_pattern(const struct gt_element *e, struct gt_buf *out)
{
	gt_buf_add(out, e->pattern_text);
}

static void put_length(const struct gt_element *e, struct gt_buf *out)
{
	if (e->type == GT_TYPE_TEXT)
		gt_buf_addf(out, "%zu", e->max_length);
}

static void put_min(const struct gt_element *e, struct gt_buf *out)
{
	if (e->has_min)
		gt_limit_put(e, e->min, out);
}

static void put_max(const struct gt_element *e, struct gt_buf *out)
{
	if (e->has_max)
		gt_limit_put(e, e->max, out);
}

static void put_protection(const struct gt_element *e, struct gt_buf *out)
{
	if (e->protection != GT_OPEN)
		gt_buf_adds(out, gt_protection_name(e->protection));
}

static void put_derive(const struct gt_element *e, struct gt_buf *out)
{
	gt_buf_add(out, e->derive_text);
}

static void put_numbers(const struct gt_element *e, struct gt_buf *out)
{
	if (e->personal != GT_NUMBERS_MASK)
		gt_buf_adds(out, gt_numbers_name(e->personal));
}

static void put_pair(const struct gt_title *title, struct gt_buf *out)
{
	gt_buf_add(out, title->zh);
	if (title->en.n)
		gt_buf_addf(out, " · %.*s", GT_STR_ARGS(title->en));
}

static void put_title(const struct gt_element *e, struct gt_buf *out)
{
	put_pair(&e->title, out);
}

static void put_definition(const struct gt_element *e, struct gt_buf *out)
{
	put_pair(&e->definition, out);
}

static void put_synonyms(const struct gt_element *e, struct gt_buf *out)
{
	for (size_t i = 0; i < e->synonym_count; i++)
		gt_buf_addf(out, "%s%.*s", i ? " " : "", GT_STR_ARGS(e->synonyms[i]));
}

static void put_source(const struct gt_element *e, struct gt_buf *out)
{
	gt_buf_add(out, e->source);
}

static void put_status(const struct gt_element *e, struct gt_buf *out)
{
	gt_buf_adds(out, e->status == GT_VERIFIED ? "verified" : "unconfirmed");
}

static enum gt_change_class wording(const struct gt_element *was, const struct gt_element *is)
{
	(void)was;
	(void)is;
	return GT_CHANGE_WORDING;
}

static enum gt_change_class breaking(const struct gt_element *was, const struct gt_element *is)
{
	(void)was;
	(void)is;
	return GT_CHANGE_BREAKING;
}

static enum gt_change_class compatible(const struct gt_element *was, const struct gt_element *is)
{
	(void)was;
	(void)is;
	return GT_CHANGE_COMPATIBLE;
}

/* Subscribers rely on what is within the limits: they may become narrower, never wider. */
static enum gt_change_class narrower(bool yes)
{
	return yes ? GT_CHANGE_COMPATIBLE : GT_CHANGE_BREAKING;
}

/* Orders two limits whose scales may differ: below 0, 0 or above. */
static int limit_order(int64_t a, unsigned a_scale, int64_t b, unsigned b_scale)
{
	int64_t parts[2][2], power[GT_SCALE_MAX + 1] = {1};

	for (unsigned i = 1; i <= GT_SCALE_MAX; i++)
		power[i] = power[i - 1] * 10;
	parts[0][0] = a / power[a_scale];
	parts[0][1] = a % power[a_scale] * power[GT_SCALE_MAX - a_scale];
	parts[1][0] = b / power[b_scale];
	parts[1][1] = b % power[b_scale] * power[GT_SCALE_MAX - b_scale];
	for (size_t i = 0; i < 2; i++)
		if (parts[0][i] != parts[1][i])
			return parts[0][i] < parts[1][i] ? -1 : 1;
	return 0;
}

static enum gt_change_class change_min(const struct gt_element *was, const struct gt_element *is)
{
	int order = limit_order(is->min, is->scale, was->min, was->scale);

	if (is->has_min && was->has_min && order == 0)
		return GT_CHANGE_WORDING;
	return narrower(is->has_min && (!was->has_min || order > 0));
}

static enum gt_change_class change_max(const struct gt_element *was, const struct gt_element *is)
{
	int order = limit_order(is->max, is->scale, was->max, was->scale);

	if (is->has_max && was->has_max && order == 0)
		return GT_CHANGE_WORDING;
	return narrower(is->has_max && (!was->has_max || order < 0));
}

static enum gt_change_class change_length(const struct gt_element *was, const struct gt_element *is)
{
	return narrower(is->max_length <= was->max_length);
}

/* A new pattern on what had none narrows; one pattern for another cannot be judged. */
static enum gt_change_class change_pattern(
	const struct gt_element *was, const struct gt_element *is)
{
	return narrower(!was->pattern_text.n && is->pattern_text.n);
}

const struct gt_property gt_properties[] = {
	{"title", "title", "名称", put_title, wording, true},
	{"definition", "definition", "定义", put_definition, wording, true},
	{"type", "type", "类型", put_type, breaking, false},
	{"unit", "unit", "计量单位", put_unit, breaking, false},
	{"scale", "decimals", "小数位", put_scale, breaking, false},
	{"substance", "substance", "物质", put_substance, breaking, false},
	{"list", "several values", "多值", put_list, breaking, false},
	{"required", "required", "必填", put_required, breaking, false},
	{"codes", "code list", "代码表", put_codes, breaking, false},
	{"format", "format", "格式", put_format, breaking, false},
	{"pattern", "pattern", "模式", put_pattern, change_pattern, false},
	{"max_length", "longest", "最大长度", put_length, change_length, false},
	{"min", "min", "最小值", put_min, change_min, false},
	{"max", "max", "最大值", put_max, change_max, false},
	{"protection", "protection", "保护方式", put_protection, breaking, false},
	{"derive", "computed as", "计算方法", put_derive, compatible, false},
	{"personal_numbers", "personal numbers", "个人号码", put_numbers, breaking, false},
	{"synonyms", "synonyms", "同义字段名", put_synonyms, wording, true},
	{"source", "source", "出处", put_source, wording, true},
	{"status", "status", "核对状态", put_status, wording, true},
	{NULL},
};

const struct gt_element *gt_entity_element(const struct gt_entity *entity, struct gt_str name)
{
	uintptr_t at = (uintptr_t)gt_map_get(&entity->by_name, name);

	return at ? &entity->elements[at - 1] : NULL;
}

size_t gt_standard_layers(const struct gt_standard *standard, struct gt_str name, unsigned major,
	struct gt_str division, struct gt_layer v[GT_LAYERS_MAX])
{
	const struct gt_family *family = gt_family_of(standard, name, major);
	const struct gt_package *chain[GT_LAYERS_MAX];
	size_t n = 0, depth = 0;

	if (!family)
		return 0;
	for (const struct gt_package *p = gt_package_for(standard, division);
		p && p->parent && depth < GT_LAYERS_MAX - 1; p = p->parent)
		chain[depth++] = p;
	const struct gt_entity *base = family->variants.v[0];
	v[n++] = (struct gt_layer){base->n ? base->elements[0].layer : base->name, base};
	while (depth-- > 0)
		v[n++] = (struct gt_layer){chain[depth]->name,
			family->variants.v[family->of_package[chain[depth]->index]]};
	return n;
}

/* Texts longer than any that tells two apart: synonyms and definitions. */
#define PROPERTY_MAX 65536u

static bool same(
	const struct gt_property *property, const struct gt_element *a, const struct gt_element *b)
{
	struct gt_buf one, other;

	gt_buf_init(&one, PROPERTY_MAX);
	gt_buf_init(&other, PROPERTY_MAX);
	property->put(a, &one);
	property->put(b, &other);
	bool equal = gt_str_eq(gt_buf_str(&one), gt_buf_str(&other));
	gt_buf_fini(&one);
	gt_buf_fini(&other);
	return equal;
}

/* An extended code list is another list of the same name. */
static bool same_codes(const struct gt_element *a, const struct gt_element *b)
{
	return a->codes == b->codes;
}

const struct gt_layer *gt_layer_of(const struct gt_layer *layers, size_t n,
	const struct gt_element *element, const struct gt_property *property)
{
	const struct gt_layer *from = &layers[n - 1];

	while (from > layers) {
		const struct gt_element *below = gt_entity_element(from[-1].entity, element->name);
		if (!below || !same(property, below, element) ||
			(strcmp(property->name, "codes") == 0 && !same_codes(below, element)))
			break;
		from--;
	}
	return from;
}
