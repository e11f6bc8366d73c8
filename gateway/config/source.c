/* source.c: one file of sources/: profile, source and flows laid over each other. */
#include "loading.h"

#include "gt_assert.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#define AT(field) offsetof(struct gt_source_conf, field)

const struct gt_option gt_source_options[] = {
	{.name = "source",
		.type = GT_OPT_TEXT,
		.offset = AT(source),
		.min = 1,
		.max = GT_SLUG_MAX,
		.flags = GT_OPT_REQUIRED,
		.en = "name of this system, as its file is called",
		.zh = "来源系统名，与文件名相同"},
	{.name = "adapter",
		.type = GT_OPT_TEXT,
		.offset = AT(adapter),
		.min = 1,
		.max = 32,
		.flags = GT_OPT_REQUIRED,
		.en = "how the system is reached (guantong adapters)",
		.zh = "接入方式（见 guantong adapters）"},
	{.name = "format",
		.type = GT_OPT_TEXT,
		.offset = AT(format),
		.min = 1,
		.max = 32,
		.en = "format of its files (guantong adapters)",
		.zh = "文件格式（见 guantong adapters）"},
	{.name = "profile",
		.type = GT_OPT_TEXT,
		.offset = AT(profile),
		.min = 1,
		.max = 64,
		.en = "what is known about this product: defaults for the options below",
		.zh = "产品模板：为以下选项提供默认值"},
	{.name = NULL}};

struct source {
	struct gt_loading *loading;
	struct gt_str name;
	const struct gt_yaml *root, *profile;
	const struct gt_adapter *adapter;
	bool open; /* a name of an adapter or format is wrong: their options cannot be judged */
};

#define NAMES_MAX 256u

/* A word of the file, or none (what is wrong with its form is reported when the flow is read). */
static struct gt_str word_of(const struct gt_yaml *map, const char *key, struct gt_pos *pos)
{
	const struct gt_yaml *node = map ? gt_yaml_get(map, key) : NULL;

	if (!node || node->kind != GT_YAML_SCALAR || gt_yaml_is_null(node))
		return (struct gt_str){0};
	*pos = node->pos;
	return node->text;
}

static void find_adapter(struct source *s)
{
	struct gt_pos pos;
	struct gt_str name = word_of(s->root, "adapter", &pos);
	const char *names[NAMES_MAX];
	size_t n = 0;

	if (!name.p)
		name = word_of(s->profile, "adapter", &pos);
	s->adapter = name.p ? gt_registry_adapter(name) : NULL;
	s->open = !s->adapter;
	if (s->adapter || !name.p)
		return;
	for (; n < NAMES_MAX && gt_registry_adapter_at(n); n++)
		names[n] = gt_registry_adapter_at(n)->name;
	gt_choice_unknown(s->loading->ctx.diags, pos, "adapter", name, names, n);
}

static void check_name(struct source *s)
{
	struct gt_pos pos;
	struct gt_str name = word_of(s->root, "source", &pos);
	struct gt_diags *diags = s->loading->ctx.diags;

	if (!name.p || !gt_slug_check(diags, pos, "source", name, GT_SLUG_MAX))
		return;
	if (!gt_str_eq(name, s->name))
		gt_diags_add(diags, pos, GT_E_SOURCE_NAME, GT_TEXT("%.*s", GT_STR_ARGS(name)),
			s->name.p);
}

/* profiles/ beside guantong.yaml, then those that came with the program. */
static const char *profile_folder(struct source *s, int i)
{
	struct gt_arena *memory = s->loading->ctx.memory;

	if (i == 0)
		return gt_arena_printf(memory, "%s/profiles", s->loading->config->folder).p;
	return gt_arena_printf(memory, "%s/adapters/profiles", gt_data_folder()).p;
}

static void unknown_profile(struct source *s, struct gt_pos pos, struct gt_str name)
{
	const char *names[NAMES_MAX];
	size_t n = 0;

	for (int i = 0; i < 2; i++) {
		DIR *dir = opendir(profile_folder(s, i));
		struct dirent *entry;

		while (dir && n < NAMES_MAX && (entry = readdir(dir)) != NULL) {
			size_t length = strlen(entry->d_name);
			if (length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0)
				names[n++] = gt_arena_copy(
					s->loading->ctx.memory, gt_str(entry->d_name, length - 5))
						     .p;
		}
		if (dir)
			closedir(dir);
	}
	gt_choice_unknown(s->loading->ctx.diags, pos, "profile", name, names, n);
}

static void find_profile(struct source *s)
{
	struct gt_pos pos;
	struct gt_str name = word_of(s->root, "profile", &pos);
	struct gt_conf_ctx *ctx = &s->loading->ctx;

	if (!name.p)
		return;
	for (int i = 0; i < 2 && !memchr(name.p, '/', name.n); i++) {
		const char *path = gt_arena_printf(
			ctx->memory, "%s/%.*s.yaml", profile_folder(s, i), GT_STR_ARGS(name))
					   .p;

		if (access(path, F_OK) != 0)
			continue;
		s->profile = gt_yaml_load(path, ctx->memory, ctx->diags);
		if (s->profile && s->profile->kind != GT_YAML_MAP) {
			gt_diags_add(ctx->diags, s->profile->pos, GT_E_CONF_WANTS_MAPPING);
			s->profile = NULL;
		}
		return;
	}
	s->open = true;
	unknown_profile(s, pos, name);
}

/* The flow's format; what is wrong with it is reported. */
static const struct gt_format *find_format(
	struct source *s, const struct gt_yaml *merged, bool *open)
{
	struct gt_diags *diags = s->loading->ctx.diags;
	struct gt_pos pos = merged->pos;
	struct gt_str name = word_of(merged, "format", &pos);
	const struct gt_format *format = name.p ? gt_registry_format(name) : NULL;
	const char *names[NAMES_MAX];
	size_t n = 0;

	if (s->adapter && (s->adapter->caps & GT_CAP_BYTES) && !name.p)
		gt_diags_add(diags, pos, GT_E_FORMAT_NEEDED, s->adapter->name);
	bool takes = !s->adapter || (s->adapter->caps & (GT_CAP_BYTES | GT_CAP_FORMAT));
	if (!takes && name.p)
		gt_diags_add(diags, pos, GT_E_FORMAT_UNUSED, s->adapter->name);
	for (; n < NAMES_MAX && gt_registry_format_at(n); n++)
		names[n] = gt_registry_format_at(n)->name;
	if (name.p && !format)
		gt_choice_unknown(diags, pos, "format", name, names, n);
	/* Without its format a file's options cannot be told from mistakes. */
	*open = s->open ||
		(s->adapter && !format && ((s->adapter->caps & GT_CAP_BYTES) || (takes && name.p)));
	return takes ? format : NULL;
}

static void read_flow(struct source *s, const struct gt_yaml *name, const struct gt_yaml *own)
{
	static const char *const not_inherited[] = {"profile", "flows", NULL};
	static const char *const of_profile[] = {"title", NULL};
	static const struct gt_yaml nothing = {.kind = GT_YAML_MAP};
	struct gt_loading *l = s->loading;
	struct gt_flow_layers layers = {.source = s->name,
		.name = name->text,
		.name_pos = name->pos,
		.adapter = s->adapter};
	struct gt_table parts[GT_PARTS_MAX] = {{gt_flow_options, NULL}, {gt_source_options, NULL},
		{s->adapter ? s->adapter->options : NULL, NULL}};
	struct gt_yaml *merged = gt_merge(l->ctx.memory, NULL, 0, NULL, s->profile, of_profile);

	if (own->kind != GT_YAML_MAP && !gt_yaml_is_null(own)) {
		gt_diags_add(l->ctx.diags, own->pos, GT_E_CONF_WANTS_MAPPING);
		return;
	}
	if (own->kind != GT_YAML_MAP)
		own = &nothing;
	merged = gt_merge(l->ctx.memory, parts, 3, merged, s->root, not_inherited);
	/* The format decides which keys are groups; it may stand in any layer. */
	struct gt_pos pos;
	struct gt_str format = word_of(own, "format", &pos);
	const struct gt_format *known =
		gt_registry_format(format.p ? format : word_of(merged, "format", &pos));
	parts[3].rows = known ? known->options : NULL;
	merged = gt_merge(l->ctx.memory, parts, 4, merged, own, NULL);
	merged->pos = own->pos.line ? own->pos : name->pos;
	layers.merged = merged;
	layers.format = find_format(s, merged, &layers.open);
	gt_flow_read(l, &layers);
}

static void read_flows(struct source *s, const struct gt_yaml *flows)
{
	const struct gt_yaml name = {.text = GT_LIT("look"), .pos = s->root->pos},
			     nothing = {.kind = GT_YAML_MAP, .pos = s->root->pos};
	struct gt_diags *all = s->loading->ctx.diags;

	if ((s->loading->flags & GT_CONFIG_LOOK) &&
		(!flows || gt_yaml_is_null(flows) || flows->n == 0)) {
		read_flow(s, &name, &nothing);
		return;
	}
	if (!flows) {
		gt_diags_add(all, s->root->pos, GT_E_OPTION_REQUIRED, "flows");
		return;
	}
	if (flows->kind != GT_YAML_MAP) {
		gt_diags_add(all, flows->pos,
			gt_yaml_is_null(flows) ? GT_E_SOURCE_FLOWS : GT_E_OPTION_WANTS_MAPPING,
			"flows");
		return;
	}
	if (flows->n == 0)
		gt_diags_add(all, flows->pos, GT_E_SOURCE_FLOWS);
	for (size_t i = 0; i < flows->n; i++) {
		struct gt_diags found = {0};

		s->loading->ctx.diags = &found;
		read_flow(s, flows->keys[i], flows->v[i]);
		s->loading->ctx.diags = all;
		gt_diags_join(all, &found);
	}
}

void gt_source_read(struct gt_loading *loading, const char *path, struct gt_str stem)
{
	struct source s = {.loading = loading, .name = stem};

	s.root = gt_yaml_load(path, loading->ctx.memory, loading->ctx.diags);
	if (!s.root)
		return;
	if (s.root->kind != GT_YAML_MAP) {
		gt_diags_add(loading->ctx.diags, s.root->pos, GT_E_CONF_WANTS_MAPPING);
		return;
	}
	check_name(&s);
	find_profile(&s);
	bool open = s.open;
	find_adapter(&s);
	s.open = s.open || open;
	read_flows(&s, gt_yaml_get(s.root, "flows"));
}
