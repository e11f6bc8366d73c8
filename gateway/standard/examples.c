/* examples.c: golden examples: raw texts in, normalised values out. An example stands on the
 * entity's `sample`, a whole and clean record, and says only what differs. */
#include "gt_assert.h"
#include "load.h"

/* JSON text of a string. */
static struct gt_str quoted(struct gt_arena *memory, struct gt_str s)
{
	struct gt_buf out;

	gt_buf_init(&out, 1u << 20);
	gt_buf_adds(&out, "\"");
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\')
			gt_buf_addf(&out, "\\%c", c);
		else if (c < 0x20)
			gt_buf_addf(&out, "\\u%04x", c);
		else
			gt_buf_add(&out, gt_str(s.p + i, 1));
	}
	gt_buf_adds(&out, "\"");
	struct gt_str copy = gt_arena_copy(memory, gt_buf_str(&out));
	gt_buf_fini(&out);
	return copy;
}

/* The expected JSON lexeme of a value, by the element's type. */
static struct gt_str lexeme(
	struct gt_loader *loader, const struct gt_element *element, const struct gt_yaml *node)
{
	if (gt_yaml_is_null(node))
		return GT_LIT("null");
	if (element->type == GT_TYPE_INT || element->type == GT_TYPE_DECIMAL ||
		element->type == GT_TYPE_BOOL)
		return node->text;
	return quoted(loader->conf.memory, node->text);
}

/* Sets name → node in a list of values, replacing an earlier one. */
static void put(struct gt_pair_of *values, size_t *n, struct gt_str name, struct gt_str value)
{
	size_t at = 0;

	while (at < *n && !gt_str_eq(values[at].name, name))
		at++;
	values[at] = (struct gt_pair_of){name, value};
	*n += at == *n;
}

/* The values of `map` (sample, in or out) behind those that are there. */
static void values_read(struct gt_loader *loader, const struct gt_entity *entity,
	const struct gt_yaml *map, bool expected, struct gt_pair_of *values, size_t *n)
{
	for (size_t i = 0; map && i < map->n; i++) {
		const struct gt_yaml *node = map->v[i];
		struct gt_str name = map->keys[i]->text;
		uintptr_t at = (uintptr_t)gt_map_get(&entity->by_name, name);
		if (!at) {
			gt_unknown(loader, map->keys[i]->pos, GT_E_STD_ELEMENT, name,
				&entity->by_name);
			continue;
		}
		if (node->kind != GT_YAML_SCALAR) {
			gt_diags_add(loader->conf.diags, node->pos, GT_E_OPTION_WANTS_VALUE,
				GT_WORD(name));
			continue;
		}
		if (expected)
			put(values, n, name, lexeme(loader, &entity->elements[at - 1], node));
		else
			put(values, n, name, gt_yaml_is_null(node) ? gt_str(NULL, 0) : node->text);
	}
}

static const struct gt_yaml *map_of(
	struct gt_loader *loader, const struct gt_yaml *node, const char *key)
{
	const struct gt_yaml *map = node ? gt_yaml_get(node, key) : NULL;

	if (!map || map->kind == GT_YAML_MAP)
		return map;
	gt_diags_add(loader->conf.diags, map->pos, GT_E_OPTION_WANTS_MAPPING, key);
	return NULL;
}

static void reasons_check(
	struct gt_loader *loader, const struct gt_yaml *node, struct gt_texts reasons)
{
	for (size_t i = 0; i < reasons.n; i++) {
		struct gt_str s = reasons.v[i];
		int64_t number;
		if (s.n < 5 || memcmp(s.p, "GT", 2) != 0 ||
			!gt_parse_int(gt_str(s.p + 2, s.n - 2), &number))
			gt_diags_add(loader->conf.diags, gt_pos_of(node, "reasons"),
				GT_E_STD_REASON, GT_WORD(s));
	}
}

static void example_add(struct gt_standard *standard, struct gt_example example)
{
	if (standard->example_count == standard->example_cap) {
		standard->example_cap = standard->example_cap ? standard->example_cap * 2 : 32;
		standard->examples =
			gt_realloc(standard->examples, standard->example_cap * sizeof example);
	}
	standard->examples[standard->example_count++] = example;
}

static void example_read(struct gt_loader *loader, const struct gt_family *family,
	const struct gt_yaml *sample, const struct gt_yaml *node)
{
	static const char *const also[] = {"in", "out", NULL};
	struct gt_example_conf conf = {0};
	const struct gt_yaml *in, *out;

	if (!gt_table_read(loader, gt_example_table, &conf, node, also))
		return;
	in = map_of(loader, node, "in");
	out = map_of(loader, node, "out");
	if (!out && conf.reasons.n == 0 && !conf.filtered)
		gt_diags_add(loader->conf.diags, node->pos, GT_E_STD_EMPTY, "out");
	reasons_check(loader, node, conf.reasons);
	if (!conf.division.n && loader->package->divisions.n)
		conf.division = loader->package->divisions.v[0];
	size_t i = gt_family_for(loader->standard, family, conf.division), n_in = 0, n_out = 0;
	const struct gt_entity *entity = family->variants.v[i];
	struct gt_arena *memory = loader->conf.memory;
	size_t most = (sample ? sample->n : 0) + (in ? in->n : 0) + 1;
	struct gt_pair_of *values_in = gt_arena_zalloc(memory, most * sizeof *values_in);
	struct gt_pair_of *values_out =
		gt_arena_zalloc(memory, ((out ? out->n : 0) + 1) * sizeof *values_out);
	values_read(loader, entity, sample, false, values_in, &n_in);
	values_read(loader, entity, in, false, values_in, &n_in);
	values_read(loader, entity, out, true, values_out, &n_out);
	example_add(loader->standard, (struct gt_example){.pos = node->pos,
					      .name = conf.name,
					      .entity = family->id,
					      .division = conf.division,
					      .in = values_in,
					      .in_count = n_in,
					      .out = values_out,
					      .out_count = n_out,
					      .flags = conf.flags.v,
					      .flag_count = conf.flags.n,
					      .reasons = conf.reasons.v,
					      .reason_count = conf.reasons.n,
					      .filtered = conf.filtered});
}

/* root: an entity or extend_entity file whose variants are built. */
void gt_examples_read(struct gt_loader *loader, const struct gt_yaml *root)
{
	const struct gt_yaml *rows = gt_yaml_get(root, "examples"), *sample;
	const struct gt_yaml *extends = gt_yaml_get(root, "extend_entity"),
			     *name = gt_yaml_get(root, "entity");
	struct gt_family *family;
	unsigned major, minor;
	struct gt_str id;

	sample = map_of(loader, root, "sample");
	if (!rows)
		return;
	if (rows->kind != GT_YAML_SEQ) {
		gt_diags_add(loader->conf.diags, rows->pos, GT_E_OPTION_WANTS_LIST, "examples");
		return;
	}
	if (extends) {
		id = extends->text;
	} else {
		const struct gt_yaml *version = gt_yaml_get(root, "version");
		if (!name || name->kind != GT_YAML_SCALAR || !version ||
			version->kind != GT_YAML_SCALAR ||
			!gt_version_split(version->text, &major, &minor))
			return;
		id = gt_arena_printf(
			loader->conf.memory, "%.*s@%u", GT_STR_ARGS(name->text), major);
	}
	family = gt_map_get(&loader->standard->family_by_id, id);
	for (size_t i = 0; family && i < rows->n; i++)
		example_read(loader, family, sample, rows->v[i]);
}
