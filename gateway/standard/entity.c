/* entity.c: entities and their rules. */
#include "load.h"

void gt_entity_index(struct gt_entity *entity)
{
	gt_map_fini(&entity->by_name);
	for (size_t i = 0; i < entity->n; i++)
		(void)gt_map_set(
			&entity->by_name, entity->elements[i].name, (void *)(uintptr_t)(i + 1));
	entity->restricted = false;
	for (size_t i = 0; i < entity->n; i++)
		entity->restricted |= entity->elements[i].protection != GT_OPEN ||
				      entity->elements[i].personal == GT_NUMBERS_RESTRICT;
}

/* Index of an element, or -1 and a diagnostic. */
static int element_at(struct gt_loader *loader, const struct gt_entity *entity, struct gt_pos pos,
	struct gt_str name)
{
	uintptr_t at = (uintptr_t)gt_map_get(&entity->by_name, name);

	if (at)
		return (int)(at - 1);
	gt_unknown(loader, pos, GT_E_STD_ELEMENT, name, &entity->by_name);
	return -1;
}

static void key_read(struct gt_loader *loader, const struct gt_yaml *root,
	const struct gt_entity_conf *conf, struct gt_entity *entity)
{
	uint32_t *key = gt_arena_zalloc(loader->conf.memory, (conf->key.n + 1) * sizeof *key);
	const struct gt_yaml *node = gt_yaml_get(root, "key");

	for (size_t i = 0; i < conf->key.n; i++) {
		struct gt_pos pos = node->kind == GT_YAML_SEQ ? node->v[i]->pos : node->pos;
		int at = element_at(loader, entity, pos, conf->key.v[i]);
		if (at < 0)
			continue;
		if (!entity->elements[at].required)
			gt_diags_add(loader->conf.diags, pos, GT_E_STD_KEY_OPTIONAL,
				GT_WORD(conf->key.v[i]));
		if (entity->elements[at].list)
			gt_diags_add(loader->conf.diags, pos, GT_E_STD_KEY_LIST,
				GT_WORD(conf->key.v[i]));
		key[i] = (uint32_t)at;
	}
	if (conf->key.n == 0)
		gt_diags_add(loader->conf.diags, gt_pos_of(root, "key"), GT_E_STD_EMPTY, "key");
	entity->key = key;
	entity->key_count = conf->key.n;
	entity->event_time = -1;
	if (!conf->event_time.n)
		return;
	struct gt_pos pos = gt_pos_of(root, "event_time");
	entity->event_time = element_at(loader, entity, pos, conf->event_time);
	if (entity->event_time < 0)
		return;
	enum gt_type type = entity->elements[entity->event_time].type;
	if (type != GT_TYPE_TIME && type != GT_TYPE_DATE)
		gt_diags_add(loader->conf.diags, pos, GT_E_STD_EVENT_TIME,
			GT_WORD(conf->event_time), gt_type_name(type));
}

/* "code lies-in address" is no expression: it asks the table of divisions. False: it is not that.
 */
static bool lies_in_read(
	struct gt_loader *loader, struct gt_entity *entity, struct gt_pos pos, struct gt_rule *rule)
{
	static const char between[] = " lies-in ";
	size_t n = sizeof between - 1, i = 0;

	while (i + n <= rule->text.n && memcmp(rule->text.p + i, between, n) != 0)
		i++;
	if (i + n > rule->text.n)
		return false;
	struct gt_str names[2] = {
		gt_str(rule->text.p, i), gt_str(rule->text.p + i + n, rule->text.n - i - n)};
	uint32_t *const to[2] = {&rule->code, &rule->address};
	for (size_t k = 0; k < 2; k++) {
		int at = element_at(loader, entity, pos, names[k]);
		if (at < 0)
			continue;
		*to[k] = (uint32_t)at;
		if (entity->elements[at].type != GT_TYPE_TEXT)
			gt_diags_add(loader->conf.diags, pos, GT_E_STD_NOT_FOR_TYPE, "lies-in",
				gt_type_name(entity->elements[at].type));
	}
	return true;
}

static void check_read(struct gt_loader *loader, struct gt_entity *entity,
	const struct gt_yaml *node, struct gt_rule *rule)
{
	if (lies_in_read(loader, entity, gt_pos_of(node, "check"), rule))
		return;
	rule->check =
		gt_entity_expr(loader, entity, rule->text, gt_expr_pos(gt_yaml_get(node, "check")));
	if (rule->check && !gt_expr_is_condition(rule->check, loader->conf.diags))
		rule->check = NULL;
}

void gt_rules_read(struct gt_loader *loader, const struct gt_yaml *node, struct gt_entity *entity)
{
	size_t old = entity->rule_count;
	struct gt_rule *rules;

	if (node->kind != GT_YAML_MAP) {
		gt_diags_add(loader->conf.diags, node->pos, GT_E_OPTION_WANTS_MAPPING, "rules");
		return;
	}
	if (old + node->n > GT_RULES_MAX) {
		gt_diags_add(loader->conf.diags, node->pos, GT_E_STD_TOO_MANY,
			GT_WORD(entity->name), GT_TEXT("%d", GT_RULES_MAX), "rules");
		return;
	}
	rules = gt_arena_zalloc(loader->conf.memory, (old + node->n + 1) * sizeof *rules);
	for (size_t i = 0; i < old; i++)
		rules[i] = entity->rules[i];
	for (size_t i = 0; i < node->n; i++) {
		struct gt_rule_conf conf = {0};
		struct gt_rule *rule = &rules[old + i];
		struct gt_str name = node->keys[i]->text;
		*rule = (struct gt_rule){.name = name, .pos = node->keys[i]->pos};
		for (size_t k = 0; k < old; k++)
			if (gt_str_eq(rules[k].name, name))
				gt_diags_add(loader->conf.diags, rule->pos, GT_E_STD_OVERLAY_RULE,
					GT_WORD(name), gt_place_text(loader, rules[k].pos));
		if (!gt_name_check(loader, node->keys[i]->pos, name, '-') ||
			!gt_table_read(loader, gt_rule_table, &conf, node->v[i], NULL))
			continue;
		rule->title = conf.title;
		rule->reject = conf.on_breach == 1;
		rule->text = conf.check;
		check_read(loader, entity, node->v[i], rule);
	}
	entity->rules = rules;
	entity->rule_count = old + node->n;
}

static void name_read(struct gt_loader *loader, const struct gt_yaml *root, struct gt_str name,
	struct gt_entity *entity)
{
	const char *dot = memchr(name.p, '.', name.n);
	size_t n = dot ? (size_t)(dot - name.p) : name.n;
	struct gt_pos pos = gt_pos_of(root, "entity");

	entity->name = name;
	entity->domain = gt_str(name.p, n);
	entity->entity = dot ? gt_str(dot + 1, name.n - n - 1) : gt_str(NULL, 0);
	if (!dot)
		gt_diags_add(
			loader->conf.diags, pos, GT_E_STD_NAME, GT_WORD(name), "domain.entity");
	else if (gt_name_check(loader, pos, entity->domain, '-'))
		gt_name_check(loader, pos, entity->entity, '-');
}

static bool elements_read(struct gt_loader *loader, const struct gt_yaml *rows,
	const struct gt_entity_conf *conf, struct gt_entity *entity)
{
	struct gt_element *elements;
	bool ok = true;

	if (rows->n > GT_ELEMENTS_MAX) {
		gt_diags_add(loader->conf.diags, rows->pos, GT_E_STD_TOO_MANY, GT_WORD(conf->name),
			GT_TEXT("%d", GT_ELEMENTS_MAX), "elements");
		return false;
	}
	elements = gt_arena_zalloc(loader->conf.memory, rows->n * sizeof *elements);
	for (size_t i = 0; i < rows->n; i++)
		ok &= gt_element_read(loader, rows->keys[i], rows->v[i], conf, &elements[i]);
	entity->elements = elements;
	entity->n = rows->n;
	gt_entity_index(entity);
	return ok;
}

static void family_add(struct gt_loader *loader, struct gt_entity *entity)
{
	struct gt_standard *standard = loader->standard;
	struct gt_family *family = gt_arena_zalloc(loader->conf.memory, sizeof *family);
	struct gt_family *other;

	family->id = gt_arena_printf(
		loader->conf.memory, "%.*s@%u", GT_STR_ARGS(entity->name), entity->major);
	other = gt_map_get(&standard->family_by_id, family->id);
	if (other) {
		gt_duplicate(loader, entity->pos, family->id,
			((const struct gt_entity *)other->variants.v[0])->pos);
		return;
	}
	family->of_package =
		gt_arena_zalloc(loader->conf.memory, standard->packages.n * sizeof(size_t));
	gt_list_add(&family->variants, entity);
	gt_list_add(&standard->families, family);
	gt_list_add(&standard->entities, entity);
	(void)gt_map_set(&standard->family_by_id, family->id, family);
}

void gt_entity_read(struct gt_loader *loader, const struct gt_yaml *root)
{
	static const char *const also[] = {"elements", "rules", "sample", "examples", NULL};
	struct gt_entity_conf conf = {0};
	const struct gt_yaml *rows = gt_rows_of(loader, root, "elements");
	const struct gt_yaml *rules = gt_yaml_get(root, "rules");
	struct gt_entity *entity = gt_arena_zalloc(loader->conf.memory, sizeof *entity);
	bool ok = gt_table_read(loader, gt_entity_table, &conf, root, also);

	gt_list_add(&loader->standard->all_entities, entity);
	if (!ok)
		memset(&conf.key, 0, sizeof conf.key);
	entity->pos = gt_pos_of(root, "entity");
	entity->title = conf.title;
	entity->definition = conf.definition;
	/* With mistakes at the head, the elements are still read, so that theirs are told too. */
	bool read = rows && elements_read(loader, rows, &conf, entity);
	if (!ok)
		return;
	name_read(loader, root, conf.name, entity);
	if (!gt_version_read(loader, root, conf.version, &entity->major, &entity->minor))
		return;
	entity->schema = gt_arena_printf(loader->conf.memory, "urn:%.*s:%.*s:%.*s:%u.%u",
		GT_STR_ARGS(loader->standard->prefix), GT_STR_ARGS(entity->domain),
		GT_STR_ARGS(entity->entity), entity->major, entity->minor);
	if (rows)
		key_read(loader, root, &conf, entity);
	if (read)
		gt_derive_read(loader, entity);
	if (rules && read)
		gt_rules_read(loader, rules, entity);
	if (rows)
		family_add(loader, entity);
}
