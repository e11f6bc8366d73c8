/* mapping.c: the YAML of `map:` to lines. What the lines mean is compile.c's business. */
#include "expr.h"
#include "gt_assert.h"
#include "options.h"
#include "plan.h"

struct reading {
	struct gt_arena *memory;
	struct gt_diags *diags;
	bool ok;
};

static const char *const option_names[] = {
	"from", "value", "expr", "when", "lookup", "unit", "null", "codes", "default", "zone"};
enum { FROM, VALUE, EXPR, WHEN, LOOKUP, UNIT, NULLS, CODES, DEFAULT, ZONE, OPTIONS };

static void form(
	struct reading *r, const struct gt_yaml *node, struct gt_str name, const char *expected)
{
	gt_diags_add(r->diags, node->pos, GT_E_MAP_VALUE_FORM, GT_TEXT("%.*s", GT_STR_ARGS(name)),
		expected);
	r->ok = false;
}

static bool is_word(const struct gt_yaml *node)
{
	return node->kind == GT_YAML_SCALAR && !gt_yaml_is_null(node);
}

static void word(struct reading *r, const struct gt_yaml *node, int option, struct gt_str *text,
	struct gt_pos *pos)
{
	if (!is_word(node) || (option != VALUE && option != DEFAULT && node->text.n == 0)) {
		form(r, node, gt_cstr(option_names[option]),
			gt_bi("one word or text", "一个词或一段文字"));
		return;
	}
	*text = node->text;
	*pos = node->pos;
}

static void nulls(struct reading *r, const struct gt_yaml *node, struct gt_map_line *line)
{
	size_t n = node->kind == GT_YAML_SEQ ? node->n : 1;
	struct gt_str *v = gt_arena_alloc(r->memory, (n + 1) * sizeof *v);

	for (size_t i = 0; i < n; i++) {
		const struct gt_yaml *item = node->kind == GT_YAML_SEQ ? node->v[i] : node;
		if (item->kind != GT_YAML_SCALAR) {
			form(r, item, GT_LIT("null"), gt_bi("a list of words", "词的列表"));
			return;
		}
		v[i] = item->text;
	}
	line->nulls = v;
	line->null_count = n;
}

static void codes(struct reading *r, const struct gt_yaml *node, struct gt_map_line *line)
{
	if (node->kind != GT_YAML_MAP || node->n == 0) {
		form(r, node, GT_LIT("codes"), "{\"01\": sedan, …}");
		return;
	}
	struct gt_str *from = gt_arena_alloc(r->memory, node->n * sizeof *from);
	struct gt_str *to = gt_arena_alloc(r->memory, node->n * sizeof *to);
	struct gt_pos *at = gt_arena_alloc(r->memory, node->n * sizeof *at);
	for (size_t i = 0; i < node->n; i++) {
		if (!is_word(node->v[i])) {
			form(r, node->v[i], GT_LIT("codes"), "{\"01\": sedan, …}");
			return;
		}
		from[i] = node->keys[i]->text;
		to[i] = node->v[i]->text;
		at[i] = node->v[i]->pos;
	}
	line->code_from = from;
	line->code_to = to;
	line->code_at = at;
	line->code_count = node->n;
	line->code_pos = node->pos;
}

static void expression(struct reading *r, const struct gt_yaml *node, int option,
	struct gt_str *text, struct gt_pos *pos)
{
	word(r, node, option, text, pos);
	*pos = gt_expr_pos(node);
}

static void lookup(struct reading *r, const struct gt_yaml *node, struct gt_map_line *line)
{
	struct gt_map_lookup *l = gt_arena_zalloc(r->memory, sizeof *l);
	struct gt_str missing = GT_LIT("null");
	const struct {
		const char *name;
		struct gt_str *text;
	} keys[] = {
		{"file", &l->file}, {"key", &l->key}, {"value", &l->value}, {"missing", &missing}};
	size_t count = sizeof keys / sizeof *keys;
	bool good = node->kind == GT_YAML_MAP;

	for (size_t i = 0; good && i < node->n; i++) {
		size_t k = 0;
		while (k < count && !gt_str_eq(gt_cstr(keys[k].name), node->keys[i]->text))
			k++;
		good = k < count && node->v[i]->kind == GT_YAML_SCALAR && node->v[i]->text.n;
		if (good)
			*keys[k].text = node->v[i]->text;
	}
	l->reject = gt_str_eq(missing, GT_LIT("reject"));
	l->pos = node->pos;
	line->lookup = l;
	if (!good || !l->file.n || !l->key.n || !l->value.n ||
		(!l->reject && !gt_str_eq(missing, GT_LIT("null"))))
		form(r, node, GT_LIT("lookup"),
			"{file: lookups/units.csv, key: CODE, value: NAME, missing: null|reject}");
}

static void zone(struct reading *r, const struct gt_yaml *node, struct gt_map_line *line)
{
	if (node->kind != GT_YAML_SCALAR || !gt_parse_zone(node->text, &line->zone_minutes)) {
		form(r, node, GT_LIT("zone"), "+08:00, Z");
		return;
	}
	line->has_zone = true;
	line->zone_pos = node->pos;
}

static void option(struct reading *r, const struct gt_yaml *key, const struct gt_yaml *node,
	struct gt_map_line *line)
{
	int i = 0;

	while (i < OPTIONS && !gt_str_eq(gt_cstr(option_names[i]), key->text))
		i++;
	switch (i) {
	case FROM:
		word(r, node, FROM, &line->from, &line->from_pos);
		return;
	case VALUE:
		word(r, node, VALUE, &line->value, &line->value_pos);
		return;
	case EXPR:
		expression(r, node, EXPR, &line->expr, &line->expr_pos);
		return;
	case WHEN:
		expression(r, node, WHEN, &line->when, &line->when_pos);
		return;
	case LOOKUP:
		lookup(r, node, line);
		return;
	case UNIT:
		word(r, node, UNIT, &line->unit, &line->unit_pos);
		return;
	case DEFAULT:
		word(r, node, DEFAULT, &line->otherwise, &line->default_pos);
		return;
	case NULLS:
		nulls(r, node, line);
		return;
	case CODES:
		codes(r, node, line);
		return;
	case ZONE:
		zone(r, node, line);
		return;
	default:
		break;
	}
	const char *near = gt_nearest(key->text, option_names, OPTIONS);
	gt_diags_add(r->diags, key->pos, near ? GT_E_MAP_OPTION_NEAR : GT_E_MAP_OPTION,
		GT_TEXT("%.*s", GT_STR_ARGS(key->text)), near);
	r->ok = false;
}

static void read_line(struct reading *r, const struct gt_yaml *key, const struct gt_yaml *node,
	struct gt_map_line *line)
{
	*line = (struct gt_map_line){.element = key->text, .pos = key->pos, .from_pos = node->pos};
	if (is_word(node) && node->text.n) {
		line->from = node->text;
		return;
	}
	if (node->kind != GT_YAML_MAP || node->n == 0) {
		gt_diags_add(r->diags, node->pos, GT_E_MAP_LINE_FORM,
			GT_TEXT("%.*s", GT_STR_ARGS(key->text)));
		r->ok = false;
		return;
	}
	size_t before = r->diags->n;
	for (size_t i = 0; i < node->n; i++)
		option(r, node->keys[i], node->v[i], line);
	/* A misspelt from: is one mistake, not two. */
	if (r->diags->n == before &&
		(line->from.p != NULL) + (line->value.p != NULL) + (line->expr.p != NULL) != 1) {
		gt_diags_add(r->diags, key->pos, GT_E_MAP_SOURCE,
			GT_TEXT("%.*s", GT_STR_ARGS(key->text)));
		r->ok = false;
	}
}

bool gt_mapping_read(const struct gt_yaml *map, struct gt_arena *memory, struct gt_diags *diags,
	struct gt_mapping *mapping)
{
	struct reading r = {memory, diags, true};

	if (map->kind != GT_YAML_MAP || map->n == 0) {
		gt_diags_add(diags, map->pos, GT_E_MAP_FORM);
		return false;
	}
	struct gt_map_line *lines = gt_arena_alloc(memory, map->n * sizeof *lines);
	for (size_t i = 0; i < map->n; i++)
		read_line(&r, map->keys[i], map->v[i], &lines[i]);
	if (!r.ok)
		return false;
	mapping->v = lines;
	mapping->n = map->n;
	mapping->pos = map->pos;
	return true;
}
