/* flow.c: one flow's merged options into its configuration, and its mapping into a plan. */
#include "each.h"
#include "loading.h"

#include "expr.h"
#include "flow_record.h"
#include "gt_assert.h"
#include "options.h"

_Static_assert(2 * GT_SLUG_MAX + 1 <= GT_FLOW_NAME_MAX, "source/flow is a flow's name");

/* "vehicle.dispatch-order@1" */
static bool split_entity(struct gt_str text, struct gt_str *name, unsigned *major)
{
	const char *at = text.n ? memchr(text.p, '@', text.n) : NULL;
	size_t n = at ? (size_t)(at - text.p) : 0;
	int64_t number;

	if (n == 0 || !gt_parse_int(gt_str(at + 1, text.n - n - 1), &number) || number < 1 ||
		number > 9999)
		return false;
	*name = gt_str(text.p, n);
	*major = (unsigned)number;
	return true;
}

static struct gt_pos pos_of(const struct gt_yaml *map, const char *key)
{
	const struct gt_yaml *node = gt_yaml_get(map, key);

	return node ? node->pos : map->pos;
}

/* The basis as the standard's code list writes it. */
static void check_basis(
	struct gt_loading *l, const struct gt_yaml *merged, struct gt_flow_conf *flow)
{
	struct gt_standard *standard = l->config->gateway.standard;
	const struct gt_code_list *list =
		standard ? gt_standard_codes(standard, GT_LIT("basis")) : NULL;
	const struct gt_code_row *row = list ? gt_map_get(&list->by_code, flow->basis) : NULL;
	struct gt_buf known;

	if (!list || !flow->basis.n)
		return;
	if (row) {
		flow->basis = row->code;
		return;
	}
	gt_buf_init(&known, GT_ERR_TEXT_MAX);
	for (size_t i = 0; i < list->n; i++)
		gt_buf_addf(&known, "%s%.*s", i ? " " : "", GT_STR_ARGS(list->v[i].code));
	gt_diags_add(l->ctx.diags, pos_of(merged, "basis"), GT_E_MAP_CODE, "basis",
		GT_TEXT("%.*s", GT_STR_ARGS(flow->basis)), gt_buf_cstr(&known));
	gt_buf_fini(&known);
}

static void read_pace(struct gt_loading *l, const struct gt_yaml *merged, struct gt_flow_conf *flow)
{
	struct gt_err err;

	if (!gt_quiet_read(&flow->quiet, &flow->quiet_hours, &err))
		gt_diags_add_err(l->ctx.diags, pos_of(merged, "quiet"), &err);
	if (flow->rate.n && !gt_rate_read(flow->rate, &flow->rate_us, &err))
		gt_diags_add_err(l->ctx.diags, pos_of(merged, "rate"), &err);
}

/* Flows with the same mapping share one plan. */
static struct gt_plan *shared(struct gt_loading *l, struct gt_plan *plan)
{
	struct gt_plan *first = plan ? gt_map_get(&l->plans, gt_plan_digest(plan)) : NULL;

	if (first) {
		gt_plan_unref(plan);
		return gt_plan_ref(first);
	}
	if (plan)
		(void)gt_map_set(&l->plans, gt_plan_digest(plan), plan);
	return plan;
}

/* The key that the business key's pseudonyms were begun with: another one would give every record
 * another key in the middle of a major. */
static const struct gt_pseudonym_key *subject_key(
	struct gt_loading *l, const struct gt_yaml *merged, const struct gt_flow_conf *flow)
{
	const struct gt_pseudonym_keys *keys = &l->config->gateway.pseudonyms;
	struct gt_buf known;

	if (!flow->subject_key.n || (l->flags & GT_CONFIG_NO_SECRETS))
		return NULL;
	for (size_t i = 0; i < keys->n; i++)
		if (gt_str_eq(gt_cstr(keys->v[i].id), flow->subject_key))
			return &keys->v[i];
	gt_buf_init(&known, GT_ERR_TEXT_MAX);
	for (size_t i = 0; i < keys->n; i++)
		gt_buf_addf(&known, "%s%s", i ? " " : "", keys->v[i].id);
	gt_diags_add(l->ctx.diags, pos_of(merged, "subject_key"), GT_E_SUBJECT_KEY_UNKNOWN,
		GT_TEXT("%.*s", GT_STR_ARGS(flow->subject_key)), gt_buf_cstr(&known));
	gt_buf_fini(&known);
	return NULL;
}

/* With several keys it has to be said which, so that taking one away later is noticed. */
static void check_subject_key(
	struct gt_loading *l, const struct gt_yaml *merged, const struct gt_flow_conf *flow)
{
	const struct gt_pseudonym_keys *keys = &l->config->gateway.pseudonyms;
	bool marked = false;

	for (size_t p = 0; flow->plan && p < gt_plan_parts(flow->plan); p++) {
		const struct gt_entity *entity = gt_plan_entity(gt_plan_part(flow->plan, p));
		for (size_t i = 0; i < entity->key_count; i++)
			marked |= entity->elements[entity->key[i]].protection != GT_OPEN;
	}
	if (marked && keys->n > 1 && !flow->subject_key.n)
		gt_diags_add(l->ctx.diags, pos_of(merged, "entity"), GT_E_SUBJECT_KEY,
			GT_TEXT("%.*s", GT_STR_ARGS(flow->entity)), keys->v[0].id,
			keys->v[keys->n - 1].id);
}

/* What all mappings of a flow have in common. */
static struct gt_mapping mapping_of(
	struct gt_loading *l, const struct gt_yaml *merged, const struct gt_flow_conf *flow)
{
	return (struct gt_mapping){
		.division = flow->division.n ? flow->division : (struct gt_str){0},
		.division_from = flow->division_from.n ? flow->division_from : (struct gt_str){0},
		.zone_minutes = flow->zone_minutes,
		.pos = merged->pos,
		.subject_key = subject_key(l, merged, flow),
		.entity_pos = pos_of(merged, "entity"),
		.division_pos = pos_of(merged, "division")};
}

static void set_skip(
	const struct gt_yaml *merged, const struct gt_flow_conf *flow, struct gt_mapping *mapping)
{
	if (!flow->skip.n)
		return;
	mapping->skip = flow->skip;
	mapping->skip_pos = gt_expr_pos(gt_yaml_get(merged, "skip_when"));
}

static bool set_entity(struct gt_loading *l, struct gt_str entity, struct gt_mapping *mapping)
{
	if (entity.n == 0)
		gt_diags_add(l->ctx.diags, mapping->pos, GT_E_OPTION_REQUIRED, "entity");
	else if (split_entity(entity, &mapping->entity, &mapping->major))
		return true;
	else
		gt_diags_add(l->ctx.diags, mapping->entity_pos, GT_E_ENTITY_FORM,
			GT_TEXT("%.*s", GT_STR_ARGS(entity)));
	return false;
}

static bool read_map(struct gt_loading *l, const struct gt_yaml *map, struct gt_pos pos,
	struct gt_mapping *mapping)
{
	if (map)
		return gt_mapping_read(map, l->lines, l->ctx.diags, mapping);
	gt_diags_add(l->ctx.diags, pos, GT_E_OPTION_REQUIRED, "map");
	return false;
}

/* One item of `split:`: its own lines on top of those that all parts have. */
static bool read_part(struct gt_loading *l, const struct gt_yaml *shared,
	const struct gt_yaml *part, struct gt_str entity, struct gt_mapping *mapping)
{
	static const struct gt_option rows[] = {
		{"entity", GT_OPT_TEXT, 0, .max = 100},
		{"when", GT_OPT_TEXT, sizeof(struct gt_str), 1, GT_EXPR_BYTES},
		{NULL},
	};
	static const char *const also[] = {"map", NULL};
	struct {
		struct gt_str entity, when;
	} words = {entity, {NULL, 0}};
	struct gt_table table = {rows, &words};
	const struct gt_yaml *own = gt_yaml_get(part, "map");
	size_t before = l->ctx.diags->n;

	gt_parts_read(&l->ctx, &table, 1, part, also, false);
	if (l->ctx.diags->n > before)
		return false;
	mapping->pos = part->pos;
	if (gt_yaml_get(part, "entity"))
		mapping->entity_pos = pos_of(part, "entity");
	mapping->when = words.when.n ? words.when : gt_str(NULL, 0);
	if (mapping->when.p)
		mapping->when_pos = gt_expr_pos(gt_yaml_get(part, "when"));
	bool ok = set_entity(l, words.entity, mapping);
	if (own && own->kind == GT_YAML_MAP && shared && shared->kind == GT_YAML_MAP)
		own = gt_merge(l->ctx.memory, NULL, 0, shared, own, NULL);
	if (!read_map(l, own ? own : shared, part->pos, mapping) || !ok)
		return false;
	for (size_t i = 0; i < mapping->n; i++) {
		const char *name = GT_TEXT("%.*s", GT_STR_ARGS(mapping->v[i].element));
		const struct gt_yaml *mine = gt_yaml_get(part, "map");
		((struct gt_map_line *)(uintptr_t)mapping->v)[i].shared =
			!mine || !gt_yaml_get(mine, name);
	}
	return true;
}

static bool split_form(struct gt_loading *l, struct gt_pos pos)
{
	gt_diags_add(l->ctx.diags, pos, GT_E_SPLIT_FORM, GT_TEXT("%u", GT_SPLIT_MAX));
	return false;
}

/* The items with each of their columns on its own; *n of them, at most GT_SPLIT_MAX. */
static bool split_items(struct gt_loading *l, const struct gt_yaml *split,
	const struct gt_yaml *items[GT_SPLIT_MAX], size_t *n)
{
	const struct gt_yaml *columns, *bad;

	*n = 0;
	if (split->kind != GT_YAML_SEQ || split->n == 0)
		return split_form(l, split->pos);
	for (size_t i = 0; i < split->n; i++) {
		if (!gt_each_columns(split->v[i], &columns, &bad)) {
			gt_diags_add(l->ctx.diags, bad->pos, GT_E_SPLIT_EACH);
			return false;
		}
		if (*n + (columns ? columns->n : 1) > GT_SPLIT_MAX)
			return split_form(l, split->pos);
		if (!columns)
			items[(*n)++] = split->v[i];
		for (size_t k = 0; columns && k < columns->n; k++)
			items[(*n)++] = gt_each_item(l->ctx.memory, split->v[i], columns, k);
	}
	return true;
}

static bool read_split(struct gt_loading *l, const struct gt_yaml *merged,
	const struct gt_flow_conf *flow, struct gt_mapping *whole)
{
	const struct gt_yaml *items[GT_SPLIT_MAX];
	struct gt_mapping *parts;
	bool ok = true;
	size_t n;

	if (!split_items(l, gt_yaml_get(merged, "split"), items, &n))
		return false;
	parts = gt_arena_zalloc(l->ctx.memory, n * sizeof(*parts));
	for (size_t i = 0; i < n; i++) {
		parts[i] = mapping_of(l, merged, flow);
		if (!read_part(l, gt_yaml_get(merged, "map"), items[i], flow->entity, &parts[i]))
			ok = false;
	}
	/* The whole row's: asked once. */
	set_skip(merged, flow, &parts[0]);
	whole->parts = parts;
	whole->part_count = n;
	return ok;
}

static void make_plan(struct gt_loading *l, const struct gt_yaml *merged, struct gt_flow_conf *flow)
{
	struct gt_gateway_conf *gateway = &l->config->gateway;
	struct gt_mapping mapping = mapping_of(l, merged, flow);
	struct gt_arena lines;
	bool ok;

	gt_arena_init(&lines, 0);
	l->lines = &lines;

	if (gt_yaml_get(merged, "split")) {
		ok = read_split(l, merged, flow, &mapping);
	} else {
		ok = set_entity(l, flow->entity, &mapping);
		ok = read_map(l, gt_yaml_get(merged, "map"), merged->pos, &mapping) && ok;
		set_skip(merged, flow, &mapping);
	}
	if (ok && gateway->standard)
		flow->plan = shared(l, gt_plan_new(gateway->standard, &mapping, &gateway->pseudonym,
					       l->ctx.diags));
	gt_arena_fini(&lines);
	l->lines = NULL;
	check_subject_key(l, merged, flow);
}

static struct gt_flow_conf *append(struct gt_loading *l)
{
	struct gt_gateway_conf *gateway = &l->config->gateway;

	if (gateway->flow_count == l->flow_cap) {
		l->flow_cap = l->flow_cap ? 2 * l->flow_cap : 16;
		gateway->flows = gt_realloc(gateway->flows, l->flow_cap * sizeof(*gateway->flows));
	}
	struct gt_flow_conf *flow = &gateway->flows[gateway->flow_count++];
	*flow = (struct gt_flow_conf){0};
	return flow;
}

static void *options_room(struct gt_loading *l, const struct gt_option *rows, size_t size)
{
	void *into = gt_arena_zalloc(l->ctx.memory, size ? size : 1);

	gt_options_defaults(rows, into, l->ctx.memory);
	return into;
}

void gt_flow_read(struct gt_loading *l, const struct gt_flow_layers *layers)
{
	static const char *const also[] = {"map", "split", NULL};
	bool look = (l->flags & GT_CONFIG_LOOK) != 0;
	struct gt_source_conf source = {{0}};
	struct gt_table parts[GT_PARTS_MAX] = {{gt_source_options, &source}};
	struct gt_flow_conf *flow;

	if (!gt_slug_check(l->ctx.diags, layers->name_pos, "flows", layers->name, GT_SLUG_MAX))
		return;
	flow = append(l);
	gt_options_defaults(gt_flow_options, flow, l->ctx.memory);
	flow->source = layers->source;
	flow->flow = layers->name;
	flow->name = gt_arena_printf(
		l->ctx.memory, "%.*s/%.*s", GT_STR_ARGS(layers->source), GT_STR_ARGS(layers->name));
	flow->pos = layers->name_pos;
	flow->adapter = layers->adapter;
	flow->format = layers->format;
	parts[1] = (struct gt_table){gt_flow_options, flow};
	if (flow->adapter) {
		void *into = options_room(l, flow->adapter->options, flow->adapter->self_size);
		parts[2] = (struct gt_table){flow->adapter->options, into};
		flow->adapter_options = into;
	}
	if (flow->format) {
		void *into = options_room(l, flow->format->options, flow->format->self_size);
		parts[3] = (struct gt_table){flow->format->options, into};
		flow->format_options = into;
	}
	gt_parts_read(&l->ctx, parts, GT_PARTS_MAX, layers->merged, also, layers->open);
	read_pace(l, layers->merged, flow);
	if (l->config->gateway.standard)
		check_basis(l, layers->merged, flow);
	if (!look)
		make_plan(l, layers->merged, flow);
}
