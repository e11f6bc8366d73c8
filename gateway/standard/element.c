/* element.c: one element of an entity: type, limits, unit, code list, pattern. */
#include "load.h"
#include "properties.h"

void gt_pattern_read(struct gt_loader *loader, const struct gt_yaml *node, struct gt_str text,
	struct gt_element *element)
{
	char message[GT_PATTERN_MESSAGE];
	size_t column;

	element->pattern = gt_pattern_make(text, true, loader->conf.memory, message, &column);
	if (element->pattern) {
		element->pattern_text = text;
		gt_list_add(&loader->standard->patterns, element->pattern);
		return;
	}
	gt_diags_add(loader->conf.diags, gt_pos_of(node, "pattern"), GT_E_STD_PATTERN, message,
		GT_TEXT("%zu", column));
}

/* A limit in the element's own terms: scaled, days, or µs (the start of that day, +08:00). */
static bool limit_parse(const struct gt_element *element, struct gt_str text, int64_t *value)
{
	switch (element->type) {
	case GT_TYPE_INT:
		return gt_parse_int(text, value);
	case GT_TYPE_DECIMAL:
		return gt_scaled_parse(text, element->scale, value);
	case GT_TYPE_DATE:
		return gt_day_parse(text, value);
	case GT_TYPE_TIME:
		if (!gt_day_parse(text, value))
			return false;
		*value = (*value * 24 - 8) * INT64_C(3600000000);
		return true;
	case GT_TYPE_TEXT:
	case GT_TYPE_CODE:
	case GT_TYPE_BOOL:
		break;
	}
	return false;
}

static bool limit_read(struct gt_loader *loader, const struct gt_yaml *node, const char *key,
	struct gt_str text, const struct gt_element *element, int64_t *value)
{
	static const char *const forms[] = {"", "", "12", "12.5", "2000-01-01", "2000-01-01", ""};

	if (limit_parse(element, text, value))
		return true;
	gt_diags_add(loader->conf.diags, gt_pos_of(node, key), GT_E_STD_LIMIT, GT_WORD(text),
		gt_type_name(element->type), forms[element->type]);
	return false;
}

const char *gt_limit_text(struct gt_loader *loader, const struct gt_element *element, int64_t limit)
{
	struct gt_buf text;

	gt_buf_init(&text, 64);
	gt_limit_put(element, limit, &text);
	const char *kept = gt_arena_copy(loader->conf.memory, gt_buf_str(&text)).p;
	gt_buf_fini(&text);
	return kept;
}

bool gt_limits_read(struct gt_loader *loader, const struct gt_yaml *node,
	const struct gt_element_conf *conf, struct gt_element *element)
{
	if (conf->min.n) {
		if (!limit_read(loader, node, "min", conf->min, element, &element->min))
			return false;
		element->has_min = true;
	}
	if (conf->max.n) {
		if (!limit_read(loader, node, "max", conf->max, element, &element->max))
			return false;
		element->has_max = true;
	}
	if (!element->has_min || !element->has_max || element->min <= element->max)
		return true;
	gt_diags_add(loader->conf.diags, gt_pos_of(node, conf->min.n ? "min" : "max"),
		GT_E_STD_LIMITS, gt_limit_text(loader, element, element->min),
		gt_limit_text(loader, element, element->max));
	return false;
}

bool gt_keys_fit(struct gt_loader *loader, const struct gt_yaml *node, enum gt_type type)
{
	bool number = type == GT_TYPE_INT || type == GT_TYPE_DECIMAL;
	bool words = type == GT_TYPE_TEXT || type == GT_TYPE_CODE;
	const struct {
		const char *key;
		bool fits;
	} keys[] = {
		{"unit", number},
		{"substance", number},
		{"list", words},
		{"scale", type == GT_TYPE_DECIMAL},
		{"codes", type == GT_TYPE_CODE},
		{"format", type == GT_TYPE_TEXT},
		{"pattern", type == GT_TYPE_TEXT},
		{"personal_numbers", type == GT_TYPE_TEXT},
		{"max_length", words},
		{"min", !words && type != GT_TYPE_BOOL},
		{"max", !words && type != GT_TYPE_BOOL},
	};
	bool ok = true;

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		if (keys[i].fits || !gt_yaml_get(node, keys[i].key))
			continue;
		gt_diags_add(loader->conf.diags, gt_pos_of(node, keys[i].key),
			GT_E_STD_NOT_FOR_TYPE, keys[i].key, gt_type_name(type));
		ok = false;
	}
	return ok;
}

static bool references_read(struct gt_loader *loader, const struct gt_yaml *node,
	const struct gt_element_conf *conf, struct gt_element *element)
{
	struct gt_standard *standard = loader->standard;
	bool ok = true;

	if (conf->unit.n) {
		element->unit = gt_map_get(&standard->unit_by_name, conf->unit);
		ok = element->unit != NULL;
		if (!ok)
			gt_unknown(loader, gt_pos_of(node, "unit"), GT_E_STD_UNIT, conf->unit,
				&standard->unit_by_name);
	}
	if (conf->substance.n) {
		element->substance = gt_map_get(&standard->substance_by_name, conf->substance);
		ok = ok && element->substance;
		if (!element->substance)
			gt_unknown(loader, gt_pos_of(node, "substance"), GT_E_STD_SUBSTANCE,
				conf->substance, &standard->substance_by_name);
	}
	if (element->list && element->protection != GT_OPEN) {
		gt_diags_add(loader->conf.diags, gt_pos_of(node, "list"), GT_E_STD_LIST_MARKED);
		ok = false;
	}
	if (element->type == GT_TYPE_CODE && !conf->codes.n) {
		gt_diags_add(loader->conf.diags, node->pos, GT_E_STD_CODES_MISSING);
		return false;
	}
	if (conf->codes.n) {
		element->codes = gt_list_of(loader, loader->package, conf->codes);
		if (!element->codes)
			gt_unknown(loader, gt_pos_of(node, "codes"), GT_E_STD_LIST, conf->codes,
				&standard->list_by_name);
		ok = ok && element->codes != NULL;
	}
	return ok;
}

bool gt_element_read(struct gt_loader *loader, const struct gt_yaml *name,
	const struct gt_yaml *node, const struct gt_entity_conf *around, struct gt_element *element)
{
	struct gt_element_conf conf = {0};

	*element = (struct gt_element){.name = name->text, .pos = name->pos};
	if (!gt_name_check(loader, name->pos, name->text, '_') ||
		!gt_table_read(loader, gt_element_table, &conf, node, NULL))
		return false;
	*element = (struct gt_element){
		.name = name->text,
		.title = conf.title,
		.definition = conf.definition,
		.type = (enum gt_type)conf.type,
		.required = conf.required,
		.list = conf.list,
		.scale = (unsigned)conf.scale,
		.protection = (enum gt_protection)conf.protection,
		.personal = (enum gt_numbers)conf.personal,
		.format = (enum gt_format_kind)conf.format,
		.max_length = (size_t)conf.max_length,
		.synonyms = conf.synonyms.v,
		.synonym_count = conf.synonyms.n,
		.derive_text = conf.derive,
		.source = conf.source.n ? conf.source : around->source,
		.status = (enum gt_status)(
			gt_yaml_get(node, "status") ? conf.status : around->status),
		.layer = loader->package->name,
		.pos = name->pos,
		.said = node,
	};
	if (conf.derive.n)
		element->derive_pos = gt_expr_pos(gt_yaml_get(node, "derive"));
	bool ok = gt_keys_fit(loader, node, element->type);
	ok &= references_read(loader, node, &conf, element);
	if (conf.pattern.n)
		gt_pattern_read(loader, node, conf.pattern, element);
	return ok && gt_limits_read(loader, node, &conf, element);
}
