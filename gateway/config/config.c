/* config.c: finds the files of a configuration, reads them all, keeps what they say. */
#include "loading.h"

#include "gt_assert.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FILE_NAME "guantong.yaml"

/* The folder and, in it, the main file. False: reported. */
static bool find_files(struct gt_config *config, const char *named, const char **file)
{
	char path[PATH_MAX];
	struct stat st;
	const char *slash;

	if (!realpath(named, path) || stat(path, &st) != 0) {
		gt_diags_add(&config->diags, (struct gt_pos){0}, GT_E_CONFIG_MISSING, named);
		config->folder = gt_arena_copy(&config->memory, gt_cstr(named)).p;
		return false;
	}
	if (S_ISDIR(st.st_mode)) {
		config->folder = gt_arena_copy(&config->memory, gt_cstr(path)).p;
		*file = gt_arena_printf(&config->memory, "%s/" FILE_NAME, path).p;
		if (stat(*file, &st) == 0)
			return true;
		gt_diags_add(&config->diags, (struct gt_pos){0}, GT_E_CONFIG_MISSING, named);
		return false;
	}
	slash = strrchr(path, '/');
	GT_ASSERT(slash != NULL);
	config->folder = gt_arena_copy(
		&config->memory, gt_str(path, slash == path ? 1 : (size_t)(slash - path)))
				 .p;
	*file = gt_arena_copy(&config->memory, gt_cstr(path)).p;
	return true;
}

/* Bytes of the name without .yaml or .yml; 0 = not such a file. */
static size_t stem_of(const char *name)
{
	size_t n = strlen(name);

	if (name[0] == '.')
		return 0;
	if (n > 5 && strcmp(name + n - 5, ".yaml") == 0)
		return n - 5;
	return n > 4 && strcmp(name + n - 4, ".yml") == 0 ? n - 4 : 0;
}

static int is_source(const struct dirent *entry)
{
	return stem_of(entry->d_name) > 0;
}

static void read_sources(struct gt_loading *l)
{
	struct gt_arena *memory = l->ctx.memory;
	const char *folder = gt_arena_printf(memory, "%s/sources", l->config->folder).p;
	struct gt_map stems = {0}; /* of the source files so far */
	struct dirent **names = NULL;
	int n = scandir(folder, &names, is_source, alphasort);

	if (n < 0 && errno != ENOENT)
		gt_diags_add(l->ctx.diags, ((struct gt_pos){folder, 1, 1}), GT_E_FILE_READ, folder,
			strerror(errno));
	else if (n <= 0)
		gt_diags_add(l->ctx.diags, (struct gt_pos){0}, GT_E_SOURCES_NONE, folder);
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		const char *path = gt_arena_printf(memory, "%s/%s", folder, name).p;
		struct gt_str stem = gt_arena_copy(memory, gt_str(name, stem_of(name)));

		if (gt_map_set(&stems, stem, &stems))
			gt_diags_add(l->ctx.diags, ((struct gt_pos){path, 1, 1}), GT_E_SOURCE_TWICE,
				stem.p);
		else
			gt_source_read(l, path, stem);
		free(names[i]);
	}
	free(names);
	gt_map_fini(&stems);
}

static void end(struct gt_conf_life *life);

/* source NULL = all of sources/ */
static struct gt_config *load(
	const char *folder, const char *source, struct gt_str name, unsigned flags)
{
	struct gt_config *config = gt_alloc(sizeof(*config));
	struct gt_loading l = {.config = config, .flags = flags};
	const char *file = NULL;

	gt_arena_init(&config->memory, 0);
	config->life = (struct gt_conf_life){.users = 1, .end = end};
	config->gateway.life = &config->life;
	l.ctx = (struct gt_conf_ctx){.memory = &config->memory, .diags = &config->diags};
	if (find_files(config, folder, &file)) {
		gt_gateway_read(&l, gt_yaml_load(file, &config->memory, &config->diags));
		l.ctx.paths_may_miss = source || (flags & GT_CONFIG_RUN) != 0;
		if (source)
			gt_source_read(&l, gt_arena_copy(&config->memory, gt_cstr(source)).p,
				gt_arena_copy(&config->memory, name));
		else
			read_sources(&l);
	}
	gt_map_fini(&l.plans);
	gt_diags_sort(&config->diags);
	return config;
}

struct gt_config *gt_config_load(const char *folder, unsigned flags)
{
	return load(folder, NULL, (struct gt_str){0}, flags);
}

struct gt_config *gt_config_load_file(
	const char *folder, const char *file, struct gt_str name, unsigned flags)
{
	return load(folder, file, name, flags);
}

void gt_config_free(struct gt_config *config)
{
	if (config)
		gt_conf_let_go(&config->life);
}

static void end(struct gt_conf_life *life)
{
	struct gt_config *config =
		(struct gt_config *)((char *)life - offsetof(struct gt_config, life));

	for (size_t i = 0; i < config->gateway.flow_count; i++)
		if (config->gateway.flows[i].plan)
			gt_plan_unref(config->gateway.flows[i].plan);
	free(config->gateway.flows);
	gt_standard_unref(config->gateway.standard);
	explicit_bzero(&config->gateway.pseudonym, sizeof(config->gateway.pseudonym));
	explicit_bzero(&config->gateway.pseudonyms, sizeof(config->gateway.pseudonyms));
	gt_diags_fini(&config->diags);
	gt_arena_fini(&config->memory);
	free(config);
}

const struct gt_flow_conf *gt_config_flow(
	const struct gt_config *config, struct gt_str name, const char **nearest)
{
	const struct gt_gateway_conf *gateway = &config->gateway;
	const char **names = gt_alloc((gateway->flow_count + 1) * sizeof(const char *));
	const struct gt_flow_conf *found = NULL;

	for (size_t i = 0; i < gateway->flow_count; i++) {
		names[i] = gateway->flows[i].name.p;
		if (gt_str_eq(gateway->flows[i].name, name))
			found = &gateway->flows[i];
	}
	if (nearest)
		*nearest = found ? NULL : gt_nearest(name, names, gateway->flow_count);
	free(names);
	return found;
}
