/* export_schema.c: JSON Schema of an entity's messages. */
#include "export.h"

#include "load.h"

/* What a date or time looks like whose day, or month, is not known (precision: GB/T 7408.1). */
#define MONTH_PATTERN "(0[1-9]|1[0-2])"
#define DATE_PATTERN                                                                               \
	"^[0-9]{4}(-" MONTH_PATTERN "(-[0-3][0-9]|/[0-9]{4}-" MONTH_PATTERN ")?|-Q[1-4]|-H[12])?$"
#define TIME_PATTERN                                                                               \
	"^[0-9]{4}(-(0[1-9]|1[0-2])(-[0-3][0-9](T[0-2][0-9]:[0-5][0-9](:[0-6][0-9]([.][0-9]{1,6})" \
	"?)?(Z|[+-][0-2][0-9]:[0-5][0-9]))?)?)?$"
#define PSEUDONYM_PATTERN "^[A-Za-z0-9]{1,15}:[A-Za-z0-9_-]{22}$"
#define COMMITMENT_PATTERN "^c1:[A-Za-z0-9_-]{43}$"

static void member(struct gt_buf *out, const char *name, struct gt_str text)
{
	gt_buf_addf(out, ",\"%s\":", name);
	gt_buf_json(out, text);
}

static void limit(struct gt_buf *out, const char *name, const struct gt_element *e, int64_t value)
{
	gt_buf_addf(out, ",\"%s\":", name);
	gt_limit_put(e, value, out);
}

/* Patterns of PCRE2 that ECMA 262, the dialect of JSON Schema, reads the same way: no group but
 * (?:, no property, no possessive quantifier. Others are told as x-pattern. */
static bool portable(struct gt_str pattern)
{
	for (size_t i = 0; i + 1 < pattern.n; i++) {
		char c = pattern.p[i], next = pattern.p[i + 1];
		if (c == '\\' && strchr("pPKQERGAZzhHvVNX", next))
			return false;
		if (c == '(' && (next == '*' || (next == '?' && i + 2 < pattern.n &&
							pattern.p[i + 2] != ':')))
			return false;
		if (strchr("*+?}", c) && next == '+')
			return false;
		i += c == '\\';
	}
	return true;
}

static void put_open_text(const struct gt_element *e, struct gt_buf *out)
{
	gt_buf_addf(out, "\"type\":\"string\",\"minLength\":1,\"maxLength\":%zu", e->max_length);
	if (e->pattern_text.n && portable(e->pattern_text)) {
		struct gt_buf whole;
		gt_buf_init(&whole, 4096);
		gt_buf_addf(&whole, "^(?:%.*s)$", GT_STR_ARGS(e->pattern_text));
		member(out, "pattern", gt_buf_str(&whole));
		gt_buf_fini(&whole);
	} else if (e->pattern_text.n) {
		member(out, "x-pattern", e->pattern_text);
	}
	if (e->format != GT_FORMAT_NONE)
		member(out, "x-format", gt_cstr(gt_format_name(e->format)));
}

static void put_codes(const struct gt_code_list *list, struct gt_buf *out)
{
	gt_buf_adds(out, "\"type\":\"string\",\"enum\":[");
	for (size_t i = 0; i < list->n; i++) {
		gt_buf_adds(out, i ? "," : "");
		gt_buf_json(out, list->v[i].code);
	}
	gt_buf_adds(out, "]");
	member(out, "x-codes", list->name);
}

static void put_number(const struct gt_element *e, struct gt_buf *out)
{
	gt_buf_addf(out, "\"type\":\"%s\"", e->type == GT_TYPE_INT ? "integer" : "number");
	if (e->has_min)
		limit(out, "minimum", e, e->min);
	if (e->has_max)
		limit(out, "maximum", e, e->max);
	if (e->type == GT_TYPE_DECIMAL)
		gt_buf_addf(out, ",\"x-decimals\":%u", e->scale);
	if (e->unit)
		member(out, "x-unit", e->unit->name);
}

static void put_pattern(struct gt_buf *out, const char *pattern)
{
	gt_buf_adds(out, "\"type\":\"string\"");
	member(out, "pattern", gt_cstr(pattern));
}

static void put_shape(const struct gt_element *e, struct gt_buf *out)
{
	switch (e->type) {
	case GT_TYPE_TEXT:
		put_open_text(e, out);
		break;
	case GT_TYPE_CODE:
		put_codes(e->codes, out);
		break;
	case GT_TYPE_INT:
	case GT_TYPE_DECIMAL:
		put_number(e, out);
		break;
	case GT_TYPE_DATE:
		put_pattern(out, DATE_PATTERN);
		break;
	case GT_TYPE_TIME:
		put_pattern(out, TIME_PATTERN);
		break;
	case GT_TYPE_BOOL:
		gt_buf_adds(out, "\"type\":\"boolean\"");
		break;
	}
}

/* A marked element: what stands in the open message instead of the value. */
static void put_protected(const struct gt_element *e, struct gt_buf *out)
{
	if (e->protection == GT_PSEUDONYM)
		put_pattern(out, PSEUDONYM_PATTERN);
	else if (e->protection == GT_COMMITMENT)
		put_pattern(out, COMMITMENT_PATTERN);
	else
		gt_buf_adds(out, "\"type\":\"string\",\"minLength\":1");
	member(out, "x-protection", gt_cstr(gt_protection_name(e->protection)));
}

static void put_element(const struct gt_element *e, struct gt_buf *out)
{
	gt_buf_json(out, e->name);
	gt_buf_adds(out, ":{");
	if (e->list)
		gt_buf_adds(out, "\"type\":\"array\",\"minItems\":1,\"items\":{");
	if (e->protection == GT_OPEN)
		put_shape(e, out);
	else
		put_protected(e, out);
	if (e->list)
		gt_buf_adds(out, "}");
	member(out, "title", e->title.en);
	member(out, "x-title-zh", e->title.zh);
	if (e->definition.en.n) {
		member(out, "description", e->definition.en);
		member(out, "x-definition-zh", e->definition.zh);
	}
	if (e->source.n)
		member(out, "x-source", e->source);
	member(out, "x-status", gt_cstr(e->status == GT_VERIFIED ? "verified" : "unconfirmed"));
	gt_buf_adds(out, "}");
}

static void put_names(const struct gt_entity *entity, bool key_only, struct gt_buf *out)
{
	const char *comma = "";

	gt_buf_adds(out, "\"required\":[");
	for (size_t i = 0; i < entity->n; i++) {
		bool named = !key_only && entity->elements[i].required;
		for (size_t k = 0; key_only && k < entity->key_count; k++)
			named = named || entity->key[k] == i;
		if (!named)
			continue;
		gt_buf_adds(out, comma);
		gt_buf_json(out, entity->elements[i].name);
		comma = ",";
	}
	gt_buf_adds(out, "]");
}

static void put_envelope(const struct gt_entity *entity, struct gt_str prefix, struct gt_buf *out)
{
	gt_buf_adds(out,
		"\"type\":\"object\",\"required\":[\"specversion\",\"type\",\"source\",\"id\","
		"\"time\",\"subject\",\"dataschema\",\"data\"],\"additionalProperties\":false,"
		"\"properties\":{\"specversion\":{\"const\":\"1.0\"},\"type\":{\"enum\":[");
	for (int i = 0; i < 2; i++)
		gt_buf_addf(out, "%s\"%.*s.%.*s.%s\"", i ? "," : "", GT_STR_ARGS(prefix),
			GT_STR_ARGS(entity->name), i ? "deleted" : "upserted");
	gt_buf_adds(out,
		"]},\"source\":{\"type\":\"string\",\"pattern\":\"^/[^/]+/[^/]+/[^/]+$\"},"
		"\"id\":{\"type\":\"string\",\"pattern\":\"^[0-9]+[.][0-9]+$\"},"
		"\"time\":{\"type\":\"string\",\"format\":\"date-time\"},"
		"\"subject\":{\"type\":\"string\",\"minLength\":1},\"dataschema\":{\"const\":");
	gt_buf_json(out, entity->schema);
	gt_buf_adds(out, "},\"division\":{\"type\":\"string\"},\"basis\":{\"type\":\"string\"},"
			 "\"quality\":{\"type\":\"string\",\"minLength\":1},"
			 "\"replayof\":{\"type\":\"string\"},\"data\":{\"type\":\"object\","
			 "\"additionalProperties\":false,\"properties\":{");
}

void gt_export_json_schema(const struct gt_entity *entity, struct gt_str prefix, struct gt_buf *out)
{
	gt_buf_adds(out, "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"$id\":");
	gt_buf_json(out, entity->schema);
	member(out, "title", entity->title.en);
	member(out, "x-title-zh", entity->title.zh);
	if (entity->definition.en.n) {
		member(out, "description", entity->definition.en);
		member(out, "x-definition-zh", entity->definition.zh);
	}
	gt_buf_adds(out, ",");
	put_envelope(entity, prefix, out);
	for (size_t i = 0; i < entity->n; i++) {
		gt_buf_adds(out, i ? "," : "");
		put_element(&entity->elements[i], out);
	}
	gt_buf_adds(out, "}}},\"if\":{\"properties\":{\"type\":{\"pattern\":\"[.]deleted$\"}}},"
			 "\"then\":{\"properties\":{\"data\":{");
	put_names(entity, true, out);
	gt_buf_adds(out, "}}},\"else\":{\"properties\":{\"data\":{");
	put_names(entity, false, out);
	gt_buf_adds(out, "}}}}\n");
}
