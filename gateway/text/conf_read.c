#include "conf_read.h"

#include <stdlib.h>

#include "gt_assert.h"
#include "io.h"

#define SECRET_MAX 65536u

static const char *folder_of(struct gt_conf_ctx *ctx, const struct gt_yaml *node)
{
	if (ctx->base_dir)
		return ctx->base_dir;
	const char *slash = node->pos.file ? strrchr(node->pos.file, '/') : NULL;
	if (!slash)
		return ".";
	size_t n = slash == node->pos.file ? 1 : (size_t)(slash - node->pos.file);
	return gt_arena_copy(ctx->memory, gt_str(node->pos.file, n)).p;
}

static bool word(struct gt_conf_ctx *ctx, const struct gt_option *row, void *into,
	const struct gt_yaml *node)
{
	struct gt_option lenient = *row;
	struct gt_err err;
	if (node->kind != GT_YAML_SCALAR) {
		gt_diags_add(ctx->diags, node->pos, GT_E_OPTION_WANTS_VALUE, row->name);
		return false;
	}
	if (gt_yaml_is_null(node)) {
		gt_diags_add(ctx->diags, node->pos, GT_E_OPTION_EMPTY, row->name);
		return false;
	}
	const char *base = row->type == GT_OPT_PATH ? folder_of(ctx, node) : NULL;
	if (ctx->paths_may_miss)
		lenient.flags &= ~(uint32_t)GT_OPT_MUST_EXIST;
	if (gt_option_store(&lenient, into, node->text, base, ctx->memory, &err))
		return true;
	gt_diags_add_err(ctx->diags, node->pos, &err);
	return false;
}

/* A scalar within a list or a mapping. */
static bool inner_word(struct gt_conf_ctx *ctx, const struct gt_option *row,
	const struct gt_yaml *node, struct gt_str *text)
{
	if (node->kind != GT_YAML_SCALAR || gt_yaml_is_null(node)) {
		gt_diags_add(ctx->diags, node->pos, GT_E_CONF_WANTS_WORD, row->name);
		return false;
	}
	*text = node->text;
	return true;
}

static bool texts(
	struct gt_conf_ctx *ctx, const struct gt_option *row, void *at, const struct gt_yaml *node)
{
	struct gt_yaml *only = (struct gt_yaml *)(uintptr_t)node;
	bool list = node->kind == GT_YAML_SEQ, ok = true;
	if (node->kind == GT_YAML_MAP) {
		gt_diags_add(ctx->diags, node->pos, GT_E_OPTION_WANTS_LIST, row->name);
		return false;
	}
	size_t n = list ? node->n : 1;
	struct gt_yaml *const *items = list ? node->v : &only;
	struct gt_str *v = gt_arena_alloc(ctx->memory, (n + 1) * sizeof(*v));
	for (size_t i = 0; i < n; i++)
		ok &= inner_word(ctx, row, items[i], &v[i]);
	if (ok)
		*(struct gt_texts *)at = (struct gt_texts){v, n};
	return ok;
}

static bool pairs(
	struct gt_conf_ctx *ctx, const struct gt_option *row, void *at, const struct gt_yaml *node)
{
	bool ok = true;
	if (node->kind != GT_YAML_MAP) {
		gt_diags_add(ctx->diags, node->pos, GT_E_OPTION_WANTS_MAPPING, row->name);
		return false;
	}
	struct gt_pair *v = gt_arena_alloc(ctx->memory, (node->n + 1) * sizeof(*v));
	for (size_t i = 0; i < node->n; i++) {
		v[i].key = node->keys[i]->text;
		ok &= inner_word(ctx, row, node->v[i], &v[i].value);
	}
	if (ok)
		*(struct gt_pairs *)at = (struct gt_pairs){v, node->n};
	return ok;
}

static bool secret_name(struct gt_str name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	if (name.n == 0 || name.n > 255 || name.p[0] == '.')
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!name.p[i] || !strchr(allowed, name.p[i]))
			return false;
	return true;
}

/* Reads the file that holds a secret, less the newline at its end. */
static bool secret_file(struct gt_conf_ctx *ctx, const struct gt_option *row,
	const struct gt_yaml *node, const char *path, struct gt_str *secret)
{
	struct gt_buf buf;
	struct gt_err err;
	gt_buf_init(&buf, SECRET_MAX);
	bool ok = gt_file_read(path, &buf, &err);
	if (!ok && err.code == GT_E_FILE_MISSING)
		gt_diags_add(ctx->diags, node->pos, GT_E_SECRET_MISSING, row->name, path);
	else if (!ok)
		gt_diags_add(ctx->diags, node->pos, GT_E_SECRET_UNREADABLE, row->name, path,
			gt_err_sentence(&err, (char[512]){0}, 512));
	struct gt_str text = gt_buf_str(&buf);
	if (ok && text.n && text.p[text.n - 1] == '\n')
		text.n--;
	if (ok && text.n && text.p[text.n - 1] == '\r')
		text.n--;
	if (ok && text.n == 0) {
		gt_diags_add(ctx->diags, node->pos, GT_E_SECRET_EMPTY, row->name, path);
		ok = false;
	}
	if (ok)
		*secret = gt_arena_copy(ctx->memory, text);
	gt_buf_fini(&buf);
	return ok;
}

static bool secret_from(struct gt_conf_ctx *ctx, const struct gt_option *row,
	const struct gt_yaml *how, const struct gt_yaml *from, struct gt_str *secret)
{
	const char *name = gt_arena_copy(ctx->memory, from->text).p; /* with a NUL behind */
	if (gt_str_eq(how->text, GT_LIT("env"))) {
		const char *value = getenv(name);
		if (value && *value) {
			*secret = gt_arena_copy(ctx->memory, gt_cstr(value));
			return true;
		}
		gt_diags_add(ctx->diags, from->pos, value ? GT_E_SECRET_EMPTY : GT_E_SECRET_ENV,
			row->name, name);
		return false;
	}
	if (gt_str_eq(how->text, GT_LIT("file"))) {
		struct gt_str path = from->text.p[0] == '/' ? from->text
							    : gt_arena_printf(ctx->memory, "%s/%s",
								      folder_of(ctx, from), name);
		return secret_file(ctx, row, from, path.p, secret);
	}
	if (!secret_name(from->text)) {
		gt_diags_add(ctx->diags, from->pos, GT_E_SECRET_NAME, row->name, name);
		return false;
	}
	*secret = (struct gt_str){0};
	return !ctx->secrets_dir ||
	       secret_file(ctx, row, from,
		       gt_arena_printf(ctx->memory, "%s/%s", ctx->secrets_dir, name).p, secret);
}

static bool secret(
	struct gt_conf_ctx *ctx, const struct gt_option *row, void *at, const struct gt_yaml *node)
{
	static const char *const forms[] = {"secret", "env", "file"};
	struct gt_str found;
	if (node->kind == GT_YAML_SCALAR && !gt_yaml_is_null(node)) {
		gt_diags_add(ctx->diags, node->pos, GT_E_SECRET_LITERAL, row->name);
		return false;
	}
	bool known = false;
	for (size_t i = 0; node->kind == GT_YAML_MAP && node->n == 1 && i < 3; i++)
		known |= gt_str_eq(node->keys[0]->text, gt_cstr(forms[i]));
	if (!known || node->v[0]->kind != GT_YAML_SCALAR || gt_yaml_is_null(node->v[0]) ||
		node->v[0]->text.n == 0) {
		gt_diags_add(ctx->diags, node->pos, GT_E_SECRET_FORM, row->name);
		return false;
	}
	if (!secret_from(ctx, row, node->keys[0], node->v[0], &found))
		return false;
	*(struct gt_str *)at = found;
	return true;
}

bool gt_conf_set(struct gt_conf_ctx *ctx, const struct gt_option *row, void *into,
	const struct gt_yaml *node)
{
	void *at = (char *)into + row->offset;
	switch (row->type) {
	case GT_OPT_TEXTS:
		return texts(ctx, row, at, node);
	case GT_OPT_PAIRS:
		return pairs(ctx, row, at, node);
	case GT_OPT_SECRET:
		return secret(ctx, row, at, node);
	case GT_OPT_GROUP:
		if (node->kind != GT_YAML_MAP) {
			gt_diags_add(ctx->diags, node->pos, GT_E_OPTION_WANTS_MAPPING, row->name);
			return false;
		}
		return gt_conf_read(ctx, row->group, at, node, NULL);
	default:
		return word(ctx, row, into, node);
	}
}

static size_t count(const char *const *names)
{
	size_t n = 0;
	while (names && names[n])
		n++;
	return n;
}

static void unknown(struct gt_conf_ctx *ctx, const struct gt_option *table,
	const struct gt_yaml *key, const char *const *also)
{
	size_t n = 0, others = count(also);
	while (table[n].name)
		n++;
	const char **names = gt_alloc((n + others + 1) * sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = table[i].name;
	for (size_t i = 0; also && i < others; i++)
		names[n + i] = also[i];
	const char *nearest = gt_nearest(key->text, names, n + others);
	const char *shown = GT_TEXT("%.*s", GT_STR_ARGS(key->text));
	if (nearest)
		gt_diags_add(ctx->diags, key->pos, GT_E_OPTION_UNKNOWN_NEAR, shown, nearest);
	else
		gt_diags_add(ctx->diags, key->pos, GT_E_OPTION_UNKNOWN, shown);
	free(names);
}

static bool listed(const char *const *names, struct gt_str name)
{
	for (; names && *names; names++)
		if (gt_str_eq(gt_cstr(*names), name))
			return true;
	return false;
}

bool gt_conf_read(struct gt_conf_ctx *ctx, const struct gt_option *table, void *into,
	const struct gt_yaml *map, const char *const *also)
{
	bool ok = true;
	if (map->kind != GT_YAML_MAP) {
		gt_diags_add(ctx->diags, map->pos, GT_E_CONF_WANTS_MAPPING);
		return false;
	}
	for (size_t i = 0; i < map->n; i++) {
		const struct gt_option *row = gt_option_find(table, map->keys[i]->text);
		if (row) {
			ok &= gt_conf_set(ctx, row, into, map->v[i]);
		} else if (!listed(also, map->keys[i]->text)) {
			unknown(ctx, table, map->keys[i], also);
			ok = false;
		}
	}
	for (const struct gt_option *row = table; row->name; row++) {
		if (!(row->flags & GT_OPT_REQUIRED) || gt_yaml_get(map, row->name))
			continue;
		gt_diags_add(ctx->diags, map->pos, GT_E_OPTION_REQUIRED, row->name);
		ok = false;
	}
	return ok;
}
