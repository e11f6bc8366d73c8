/* standard.c: loading as a whole, and what readers ask of a loaded standard. */
#include "expr.h"
#include "gt_assert.h"
#include "io.h"
#include "load.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

static void standard_free(struct gt_standard *standard)
{
	for (size_t i = 0; i < standard->all_lists.n; i++)
		gt_map_fini(&((struct gt_code_list *)standard->all_lists.v[i])->by_code);
	for (size_t i = 0; i < standard->all_entities.n; i++)
		gt_map_fini(&((struct gt_entity *)standard->all_entities.v[i])->by_name);
	for (size_t i = 0; i < standard->families.n; i++)
		gt_list_fini(&((struct gt_family *)standard->families.v[i])->variants);
	for (size_t i = 0; i < standard->packages.n; i++) {
		struct gt_package *package = standard->packages.v[i];
		gt_map_fini(&package->lists);
		gt_map_fini(&package->extensions);
	}
	for (size_t i = 0; i < standard->patterns.n; i++)
		gt_pattern_free(standard->patterns.v[i]);
	for (size_t i = 0; i < standard->exprs.n; i++)
		gt_expr_fini(standard->exprs.v[i]);
	for (size_t i = 0; i < standard->coefficients.n; i++)
		gt_map_fini(&((struct gt_coefficients *)standard->coefficients.v[i])->by_key);
	gt_list_fini(&standard->packages);
	gt_list_fini(&standard->families);
	gt_list_fini(&standard->lists);
	gt_list_fini(&standard->units);
	gt_list_fini(&standard->entities);
	gt_list_fini(&standard->all_lists);
	gt_list_fini(&standard->all_entities);
	gt_list_fini(&standard->patterns);
	gt_list_fini(&standard->exprs);
	gt_list_fini(&standard->coefficients);
	gt_map_fini(&standard->coefficients_by_name);
	gt_map_fini(&standard->family_by_id);
	gt_map_fini(&standard->list_by_name);
	gt_map_fini(&standard->unit_by_name);
	gt_map_fini(&standard->substance_by_name);
	gt_map_fini(&standard->divisions);
	gt_map_fini(&standard->division_names);
	gt_words_fini(&standard->words);
	free(standard->examples);
	gt_arena_fini(&standard->memory);
	free(standard);
}

/* What a file is, by its first word. */
struct kind {
	const char *key;
	void (*read)(
		struct gt_loader *loader, const struct gt_yaml *root); /* NULL = in a later pass */
	enum { PASS_LISTS, PASS_COEFFICIENTS, PASS_ENTITIES, PASS_OVERLAYS, PASS_NONE } pass;
	enum { ANYWHERE, OVERLAY_ONLY, BASE_ONLY } where;
};
static const struct kind kinds[] = {
	{"package", NULL, PASS_NONE, ANYWHERE},
	{"units", gt_units_read, PASS_LISTS, ANYWHERE},
	{"coefficients", NULL, PASS_COEFFICIENTS, BASE_ONLY},
	{"substances", gt_substances_read, PASS_LISTS, BASE_ONLY},
	{"words", gt_words_read, PASS_LISTS, BASE_ONLY},
	{"divisions", gt_divisions_read, PASS_LISTS, BASE_ONLY},
	{"codes", gt_list_read, PASS_LISTS, ANYWHERE},
	{"extend_codes", gt_list_extend, PASS_LISTS, OVERLAY_ONLY},
	{"entity", gt_entity_read, PASS_ENTITIES, ANYWHERE},
	{"extend_entity", NULL, PASS_OVERLAYS, OVERLAY_ONLY},
};

static const struct kind *kind_of(const struct gt_yaml *root)
{
	for (size_t i = 0; root->kind == GT_YAML_MAP && i < sizeof kinds / sizeof *kinds; i++)
		if (gt_yaml_get(root, kinds[i].key))
			return &kinds[i];
	return NULL;
}

/* Sorts one file into the pass that reads it. */
static void file_sort(struct gt_loader *loader, struct gt_yaml *root)
{
	const struct kind *kind = kind_of(root);

	if (!kind) {
		gt_diags_add(loader->conf.diags, root->pos, GT_E_STD_FILE_KIND);
		return;
	}
	if (kind->where == BASE_ONLY && loader->package->extends.n) {
		gt_diags_add(loader->conf.diags, gt_pos_of(root, kind->key), GT_E_STD_BASE_ONLY,
			kind->key, GT_WORD(loader->package->name));
		return;
	}
	if (kind->where == OVERLAY_ONLY && !loader->package->parent) {
		if (!loader->package->extends
				.n) /* else its parent is missing, which is told already */
			gt_diags_add(loader->conf.diags, gt_pos_of(root, kind->key),
				GT_E_STD_NOT_OVERLAY, kind->key, GT_WORD(loader->package->name));
		return;
	}
	if (kind->pass == PASS_LISTS)
		kind->read(loader, root);
	else if (kind->pass == PASS_COEFFICIENTS)
		gt_list_add(&loader->coefficient_files, root);
	else if (kind->pass == PASS_ENTITIES)
		gt_list_add(&loader->entity_files, root);
	else if (kind->pass == PASS_OVERLAYS)
		gt_list_add(&loader->overlay_files, root);
}

static void package_load(struct gt_loader *loader, struct gt_package *package)
{
	struct gt_list paths = {0};

	loader->package = package;
	gt_package_files(loader, package, &paths);
	/* Units before lists before entities: several files of each may stand in any order, but a
	 * list never names a unit and no entity is read before all lists of its package. */
	for (size_t i = 0; i < paths.n; i++) {
		struct gt_yaml *root = gt_package_file(loader, paths.v[i]);
		if (root)
			file_sort(loader, root);
	}
	gt_words_resolve(loader);
	gt_lists_resolve(loader);
	for (size_t i = 0; i < loader->coefficient_files.n; i++)
		gt_coefficients_read(loader, loader->coefficient_files.v[i]);
	for (size_t i = 0; i < loader->entity_files.n; i++)
		gt_entity_read(loader, loader->entity_files.v[i]);
	gt_overlays_build(loader, package);
	for (size_t i = 0; i < loader->entity_files.n; i++)
		gt_list_add(&package->examples, loader->entity_files.v[i]);
	for (size_t i = 0; i < loader->overlay_files.n; i++)
		gt_list_add(&package->examples, loader->overlay_files.v[i]);
	gt_list_fini(&loader->coefficient_files);
	gt_list_fini(&loader->entity_files);
	gt_list_fini(&loader->overlay_files);
	gt_list_fini(&paths);
}

static void package_examples(struct gt_loader *loader, struct gt_package *package)
{
	loader->package = package;
	for (size_t i = 0; i < package->examples.n; i++)
		gt_examples_read(loader, package->examples.v[i]);
	gt_list_fini(&package->examples);
}

static void digest_end(struct gt_loader *loader)
{
	unsigned char hash[32];
	char hex[65];

	EVP_DigestFinal_ex(loader->digest, hash, NULL);
	EVP_MD_CTX_free(loader->digest);
	gt_hex(hex, hash, sizeof hash);
	loader->standard->digest = gt_arena_copy(loader->conf.memory, gt_str(hex, 64));
}

static void load(struct gt_loader *loader, const struct gt_str *specs, size_t n)
{
	struct gt_standard *standard = loader->standard;
	struct gt_diags *diags = loader->conf.diags, aside = {0};
	size_t before = diags->n + diags->dropped;

	/* A broken package.yaml that nobody asked for must not stop the others; it is told only
	 * when something that was asked for is missing. */
	loader->conf.diags = &aside;
	(void)gt_packages_find(loader, loader->path);
	loader->conf.diags = diags;
	gt_packages_order(loader, specs, n);
	if (diags->n + diags->dropped != before)
		for (size_t i = 0; i < aside.n; i++)
			gt_diags_add_err(diags, aside.v[i].pos, &aside.v[i].err);
	gt_diags_fini(&aside);
	loader->digest = EVP_MD_CTX_new();
	GT_ASSERT(loader->digest && EVP_DigestInit_ex(loader->digest, EVP_sha256(), NULL));
	for (size_t i = 0; i < standard->packages.n; i++)
		package_load(loader, standard->packages.v[i]);
	/* An example may be of a division for which a later package has an overlay. */
	for (size_t i = 0; i < standard->packages.n; i++)
		package_examples(loader, standard->packages.v[i]);
	digest_end(loader);
	gt_list_fini(&loader->found);
}

struct gt_standard *gt_standard_load(const char *path, const struct gt_str *specs, size_t n,
	struct gt_str prefix, struct gt_diags *diags)
{
	struct gt_standard *standard = gt_alloc(sizeof *standard);
	struct gt_loader loader = {.standard = standard,
		.path = path,
		.conf = {.memory = &standard->memory, .diags = diags}};
	size_t before = diags->n + diags->dropped, first = diags->n;

	atomic_init(&standard->references, 1);
	gt_arena_init(&standard->memory, 0);
	standard->prefix = gt_arena_copy(&standard->memory, prefix);
	load(&loader, specs, n);
	if (diags->n + diags->dropped == before)
		return standard;
	for (size_t i = first; i < diags->n; i++)
		if (diags->v[i].pos.file)
			diags->v[i].pos.file = gt_file_name_keep(diags->v[i].pos.file);
	standard_free(standard);
	return NULL;
}

size_t gt_standard_packages(const char *path, struct gt_arena *memory, struct gt_diags *diags,
	const struct gt_str **specs)
{
	struct gt_loader loader = {.path = path, .conf = {.memory = memory, .diags = diags}};
	struct gt_str *all;
	size_t n;

	(void)gt_packages_find(&loader, path);
	n = loader.found.n;
	all = gt_arena_zalloc(memory, (n + 1) * sizeof *all);
	for (size_t i = 0; i < n; i++) {
		const struct gt_package *package = loader.found.v[i];
		all[i] = gt_arena_printf(
			memory, "%.*s@%u", GT_STR_ARGS(package->name), package->major);
	}
	gt_list_fini(&loader.found);
	*specs = all;
	return n;
}

struct gt_standard *gt_standard_ref(struct gt_standard *standard)
{
	atomic_fetch_add_explicit(&standard->references, 1, memory_order_relaxed);
	return standard;
}

void gt_standard_unref(struct gt_standard *standard)
{
	if (standard &&
		atomic_fetch_sub_explicit(&standard->references, 1, memory_order_acq_rel) == 1)
		standard_free(standard);
}

const struct gt_family *gt_family_of(
	const struct gt_standard *standard, struct gt_str name, unsigned major)
{
	char id[160];
	int n = snprintf(id, sizeof id, "%.*s@%u", GT_STR_ARGS(name), major);

	if (n < 0 || (size_t)n >= sizeof id)
		return NULL;
	return gt_map_get(&standard->family_by_id, gt_str(id, (size_t)n));
}

const struct gt_entity *gt_standard_entity(const struct gt_standard *standard, struct gt_str name,
	unsigned major, struct gt_str division)
{
	const struct gt_family *family = gt_family_of(standard, name, major);

	return family ? family->variants.v[gt_family_for(standard, family, division)] : NULL;
}

size_t gt_standard_variants(const struct gt_standard *standard, struct gt_str name, unsigned major)
{
	const struct gt_family *family = gt_family_of(standard, name, major);

	return family ? family->variants.n : 0;
}

const struct gt_entity *gt_standard_variant(
	const struct gt_standard *standard, struct gt_str name, unsigned major, size_t i)
{
	const struct gt_family *family = gt_family_of(standard, name, major);

	return family && i < family->variants.n ? family->variants.v[i] : NULL;
}

size_t gt_standard_variant_for(const struct gt_standard *standard, struct gt_str name,
	unsigned major, struct gt_str division)
{
	const struct gt_family *family = gt_family_of(standard, name, major);

	return family ? gt_family_for(standard, family, division) : 0;
}

size_t gt_standard_entities(const struct gt_standard *standard, const struct gt_entity *const **v)
{
	*v = (const struct gt_entity *const *)standard->entities.v;
	return standard->entities.n;
}

const struct gt_code_list *gt_standard_codes(const struct gt_standard *standard, struct gt_str name)
{
	return gt_map_get(&standard->list_by_name, name);
}

size_t gt_standard_code_lists(
	const struct gt_standard *standard, const struct gt_code_list *const **v)
{
	*v = (const struct gt_code_list *const *)standard->lists.v;
	return standard->lists.n;
}

const struct gt_unit *gt_standard_unit(const struct gt_standard *standard, struct gt_str name)
{
	return gt_map_get(&standard->unit_by_name, name);
}

size_t gt_standard_units(const struct gt_standard *standard, const struct gt_unit *const **v)
{
	*v = (const struct gt_unit *const *)standard->units.v;
	return standard->units.n;
}

const struct gt_coefficients *gt_standard_coefficients(
	const struct gt_standard *standard, struct gt_str name)
{
	return gt_map_get(&standard->coefficients_by_name, name);
}

const struct gt_words *gt_standard_words(const struct gt_standard *standard)
{
	return &standard->words;
}

struct gt_str gt_standard_digest(const struct gt_standard *standard)
{
	return standard->digest;
}

size_t gt_standard_examples(const struct gt_standard *standard, const struct gt_example **v)
{
	*v = standard->examples;
	return standard->example_count;
}
