/* parts.c: keys that come from several option tables, names, and mistakes in them. */
#include "loading.h"

#include "gt_assert.h"
#include "registry.h"

#include <stdlib.h>

const struct gt_option *gt_parts_find(
	const struct gt_table *parts, size_t n, struct gt_str name, size_t *which)
{
	for (size_t i = 0; i < n; i++) {
		const struct gt_option *row =
			parts[i].rows ? gt_option_find(parts[i].rows, name) : NULL;

		if (row) {
			*which = i;
			return row;
		}
	}
	return NULL;
}

/* Names gathered for a suggestion. */
struct names {
	const char **v;
	size_t n, cap;
};

static void add_name(struct names *names, const char *name)
{
	if (names->n == names->cap) {
		names->cap = names->cap ? 2 * names->cap : 64;
		names->v = gt_realloc(names->v, names->cap * sizeof(const char *));
	}
	names->v[names->n++] = name;
}

static void unknown(struct gt_conf_ctx *ctx, const struct gt_table *parts, size_t n,
	const struct gt_yaml *key, const char *const *also)
{
	struct names names = {0};
	const char *near, *shown = GT_TEXT("%.*s", GT_STR_ARGS(key->text));

	for (size_t i = 0; i < n; i++)
		for (const struct gt_option *row = parts[i].rows; row && row->name; row++)
			add_name(&names, row->name);
	for (; also && *also; also++)
		add_name(&names, *also);
	near = gt_nearest(key->text, names.v, names.n);
	if (near)
		gt_diags_add(ctx->diags, key->pos, GT_E_OPTION_UNKNOWN_NEAR, shown, near);
	else
		gt_diags_add(ctx->diags, key->pos, GT_E_OPTION_UNKNOWN, shown);
	free(names.v);
}

static bool listed(const char *const *names, struct gt_str name)
{
	for (; names && *names; names++)
		if (gt_str_eq(gt_cstr(*names), name))
			return true;
	return false;
}

/* An option that several parts have is one option, and all of them get it. */
static void set_all(struct gt_conf_ctx *ctx, const struct gt_table *parts, size_t n,
	const struct gt_yaml *map, size_t key)
{
	for (size_t i = 0; i < n; i++) {
		const struct gt_option *row =
			parts[i].rows ? gt_option_find(parts[i].rows, map->keys[key]->text) : NULL;

		if (row && !gt_conf_set(ctx, row, parts[i].into, map->v[key]))
			return;
	}
}

void gt_parts_read(struct gt_conf_ctx *ctx, const struct gt_table *parts, size_t n,
	const struct gt_yaml *map, const char *const *also, bool open)
{
	if (map->kind != GT_YAML_MAP) {
		gt_diags_add(ctx->diags, map->pos, GT_E_CONF_WANTS_MAPPING);
		return;
	}
	for (size_t i = 0; i < map->n; i++) {
		size_t which = 0;
		const struct gt_option *row = gt_parts_find(parts, n, map->keys[i]->text, &which);

		if (row)
			set_all(ctx, parts, n, map, i);
		else if (!open && !listed(also, map->keys[i]->text))
			unknown(ctx, parts, n, map->keys[i], also);
	}
	for (size_t i = 0; i < n; i++)
		for (const struct gt_option *row = parts[i].rows; row && row->name; row++)
			if ((row->flags & GT_OPT_REQUIRED) && !gt_yaml_get(map, row->name) &&
				!listed(also, gt_cstr(row->name)))
				gt_diags_add(ctx->diags, map->pos, GT_E_OPTION_REQUIRED, row->name);
}

void gt_choice_unknown(struct gt_diags *diags, struct gt_pos pos, const char *option,
	struct gt_str word, const char *const *names, size_t n)
{
	const char *near = gt_nearest(word, names, n), *shown = GT_TEXT("%.*s", GT_STR_ARGS(word));
	struct gt_buf list;

	gt_buf_init(&list, GT_ERR_TEXT_MAX);
	for (size_t i = 0; i < n; i++)
		gt_buf_addf(&list, "%s%s", i ? " " : "", names[i]);
	if (near)
		gt_diags_add(diags, pos, GT_E_OPTION_CHOICE_NEAR, option, shown, near,
			gt_buf_cstr(&list));
	else
		gt_diags_add(diags, pos, GT_E_OPTION_CHOICE, option, shown, gt_buf_cstr(&list));
	gt_buf_fini(&list);
}

bool gt_slug_good(struct gt_str word, size_t max)
{
	bool ok = word.n > 0 && word.n <= max && word.p[0] >= 'a' && word.p[0] <= 'z';

	for (size_t i = 0; ok && i < word.n; i++)
		ok = (word.p[i] >= 'a' && word.p[i] <= 'z') ||
		     (word.p[i] >= '0' && word.p[i] <= '9') || word.p[i] == '-';
	return ok;
}

bool gt_slug_check(struct gt_diags *diags, struct gt_pos pos, const char *option,
	struct gt_str word, size_t max)
{
	bool ok = gt_slug_good(word, max);

	if (!ok)
		gt_diags_add(diags, pos, GT_E_CONFIG_SLUG, option,
			GT_TEXT("%.*s", GT_STR_ARGS(word)), GT_TEXT("%zu", max));
	return ok;
}

static bool same(const struct gt_diag *a, const struct gt_diag *b)
{
	return a->pos.line == b->pos.line && a->pos.column == b->pos.column &&
	       a->err.code == b->err.code && a->err.used == b->err.used &&
	       gt_str_eq(gt_cstr(a->pos.file), gt_cstr(b->pos.file)) &&
	       memcmp(a->err.text, b->err.text, a->err.used) == 0;
}

void gt_diags_join(struct gt_diags *into, struct gt_diags *from)
{
	for (size_t i = 0; i < from->n; i++) {
		bool known = false;

		for (size_t k = 0; k < into->n && !known; k++)
			known = same(&into->v[k], &from->v[i]);
		if (!known)
			gt_diags_add_err(into, from->v[i].pos, &from->v[i].err);
	}
	into->dropped += from->dropped;
	gt_diags_fini(from);
}

/* Names of `table` that `others` use too. */
static void clashes(struct gt_diags *diags, const char *owner, const struct gt_option *table,
	const struct gt_option *others)
{
	for (; table && table->name; table++)
		if (others && gt_option_find(others, gt_cstr(table->name)))
			gt_diags_add(diags, (struct gt_pos){0}, GT_E_ADAPTER_UNSOUND, owner,
				table->name);
}

void gt_namespaces_check(struct gt_diags *diags)
{
	const struct gt_adapter *adapter;
	const struct gt_format *format;

	for (size_t i = 0; (adapter = gt_registry_adapter_at(i)) != NULL; i++) {
		clashes(diags, adapter->name, adapter->options, gt_flow_options);
		clashes(diags, adapter->name, adapter->options, gt_source_options);
		for (size_t k = 0; (adapter->caps & GT_CAP_BYTES) && gt_registry_format_at(k); k++)
			clashes(diags, adapter->name, adapter->options,
				gt_registry_format_at(k)->options);
	}
	for (size_t i = 0; (format = gt_registry_format_at(i)) != NULL; i++) {
		clashes(diags, format->name, format->options, gt_flow_options);
		clashes(diags, format->name, format->options, gt_source_options);
	}
}
