/* packages.c: from names to folders: finds packages in the path and orders them so that each comes
 * behind those that it extends or needs. */
#include "gt_assert.h"
#include "io.h"
#include "load.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FILE_MAX_BYTES (4u << 20)

void gt_list_add(struct gt_list *list, void *item)
{
	if (list->n == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 16;
		list->v = gt_realloc(list->v, list->cap * sizeof *list->v);
	}
	list->v[list->n++] = item;
}

void gt_list_fini(struct gt_list *list)
{
	free(list->v);
	*list = (struct gt_list){0};
}

const char *gt_file_name_keep(const char *path)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct gt_map names;
	const char *kept;

	pthread_mutex_lock(&lock);
	kept = gt_map_get(&names, gt_cstr(path));
	if (!kept) {
		char *copy = gt_strdup(gt_cstr(path));
		(void)gt_map_set(&names, gt_cstr(copy), copy);
		kept = copy;
	}
	pthread_mutex_unlock(&lock);
	return kept;
}

static void too_many(struct gt_loader *loader, const char *path, int most, const char *what)
{
	struct gt_pos pos = {path, 1, 1};

	gt_diags_add(loader->conf.diags, pos, GT_E_STD_TOO_MANY, path, GT_TEXT("%d", most), what);
}

/* Folders between a folder and a path below it. */
static size_t depth_of(const char *folder, const char *path)
{
	size_t n = 0;

	for (const char *at = path + strlen(folder); (at = strchr(at, '/')) != NULL; at++)
		n++;
	return n;
}

struct gt_str gt_package_text(struct gt_loader *loader, const char *path)
{
	struct gt_buf bytes;
	struct gt_err err;
	struct gt_str text = {0};

	gt_buf_init(&bytes, FILE_MAX_BYTES);
	if (!gt_file_read(path, &bytes, &err)) {
		gt_diags_add_err(loader->conf.diags, (struct gt_pos){path, 1, 1}, &err);
	} else if ((loader->bytes += bytes.n) > GT_LOAD_BYTES) {
		too_many(loader, path, GT_LOAD_BYTES, "bytes");
	} else {
		text = gt_arena_copy(loader->conf.memory, gt_buf_str(&bytes));
		if (loader->digest)
			EVP_DigestUpdate(loader->digest, text.p, text.n);
	}
	gt_buf_fini(&bytes);
	return text;
}

struct gt_yaml *gt_package_file(struct gt_loader *loader, const char *path)
{
	struct gt_str text = gt_package_text(loader, path);

	return text.p ? gt_yaml_parse(path, text, loader->conf.memory, loader->conf.diags) : NULL;
}

bool gt_spec_split(struct gt_str spec, struct gt_str *name, unsigned *major)
{
	const char *at = spec.n ? memchr(spec.p, '@', spec.n) : NULL;
	int64_t number;

	if (!at || at == spec.p)
		return false;
	size_t n = (size_t)(at - spec.p);
	if (!gt_parse_int(gt_str(at + 1, spec.n - n - 1), &number) || number < 1 || number > 9999)
		return false;
	*name = gt_str(spec.p, n);
	*major = (unsigned)number;
	return true;
}

bool gt_version_split(struct gt_str text, unsigned *major, unsigned *minor)
{
	const char *dot = text.n ? memchr(text.p, '.', text.n) : NULL;
	size_t n = dot ? (size_t)(dot - text.p) : 0;
	int64_t a, b;

	if (!dot || !gt_parse_int(gt_str(text.p, n), &a) ||
		!gt_parse_int(gt_str(dot + 1, text.n - n - 1), &b) || a < 1 || a > 9999 || b < 0 ||
		b > 9999)
		return false;
	*major = (unsigned)a;
	*minor = (unsigned)b;
	return true;
}

bool gt_version_read(struct gt_loader *loader, const struct gt_yaml *node, struct gt_str text,
	unsigned *major, unsigned *minor)
{
	if (gt_version_split(text, major, minor))
		return true;
	gt_diags_add(
		loader->conf.diags, gt_pos_of(node, "version"), GT_E_STD_VERSION, GT_WORD(text));
	return false;
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Names in a folder, hidden ones left out, in byte order; each to be freed. False: not readable. */
static bool folder_names(const char *folder, struct gt_list *names)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (!dir)
		return false;
	while (names->n < GT_PACKAGE_FILES && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			gt_list_add(names, gt_strdup(gt_cstr(entry->d_name)));
	closedir(dir);
	if (names->n > 1)
		qsort(names->v, names->n, sizeof *names->v, by_text);
	return true;
}

static void free_names(struct gt_list *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
	gt_list_fini(names);
}

enum what { NOTHING, FILE_HERE, FOLDER_HERE };
static enum what what_is(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return NOTHING;
	return S_ISREG(st.st_mode) ? FILE_HERE : S_ISDIR(st.st_mode) ? FOLDER_HERE : NOTHING;
}

static const char *join(struct gt_loader *loader, const char *folder, const char *name)
{
	return gt_arena_printf(loader->conf.memory, "%s/%s", folder, name).p;
}

/* Reads one package.yaml. Its mistakes matter only if it is wanted, so they go where the caller
 * says. */
static void found(struct gt_loader *loader, const char *folder, const char *path)
{
	struct gt_package *package = gt_arena_zalloc(loader->conf.memory, sizeof *package);
	struct gt_yaml *root = gt_package_file(loader, path);

	if (!root)
		return;
	bool ok = gt_conf_read(&loader->conf, gt_package_table, package, root, NULL);
	if (package->name.n)
		ok &= gt_name_check(loader, gt_pos_of(root, "package"), package->name, '-');
	if (package->version.n)
		ok &= gt_version_read(
			loader, root, package->version, &package->major, &package->minor);
	if (!ok)
		return;
	package->folder = folder;
	package->root = root;
	gt_list_add(&loader->found, package);
}

static void search(struct gt_loader *loader, const char *folder, int depth)
{
	const char *path = join(loader, folder, "package.yaml");
	struct gt_list names = {0};

	if (what_is(path) == FILE_HERE)
		found(loader, folder, path);
	if (depth == GT_PACKAGE_DEPTH || !folder_names(folder, &names))
		return;
	for (size_t i = 0; i < names.n && loader->found.n < GT_PACKAGE_FOLDERS; i++) {
		const char *inner = join(loader, folder, names.v[i]);
		if (what_is(inner) == FOLDER_HERE)
			search(loader, inner, depth + 1);
	}
	free_names(&names);
}

bool gt_packages_find(struct gt_loader *loader, const char *path)
{
	bool ok = true;

	while (*path) {
		size_t n = strcspn(path, ":");
		const char *folder = gt_arena_copy(loader->conf.memory, gt_str(path, n)).p;
		if (n > 0 && what_is(folder) == FOLDER_HERE) {
			search(loader, folder, 0);
		} else if (n > 0) {
			gt_diags_add(loader->conf.diags, (struct gt_pos){0}, GT_E_STD_FOLDER,
				folder, strerror(ENOTDIR));
			ok = false;
		}
		path += n + (path[n] == ':');
	}
	return ok;
}

void gt_package_files(struct gt_loader *loader, struct gt_package *package, struct gt_list *paths)
{
	struct gt_list folders = {0}, names = {0};

	/* Breadth first; a folder inside with a package.yaml of its own is another package. */
	gt_list_add(&folders, (void *)(uintptr_t)package->folder);
	for (size_t i = 0; i < folders.n && paths->n < GT_PACKAGE_FILES; i++) {
		if (i > 0 && what_is(join(loader, folders.v[i], "package.yaml")) == FILE_HERE)
			continue;
		if (!folder_names(folders.v[i], &names))
			continue;
		for (size_t k = 0; k < names.n; k++) {
			const char *inner = join(loader, folders.v[i], names.v[k]);
			size_t n = strlen(inner);
			enum what what = what_is(inner);
			if (what == FOLDER_HERE && folders.n < GT_PACKAGE_FOLDERS &&
				depth_of(package->folder, inner) <= GT_PACKAGE_DEPTH)
				gt_list_add(&folders, (void *)(uintptr_t)inner);
			else if (what == FILE_HERE && n > 5 && strcmp(inner + n - 5, ".yaml") == 0)
				gt_list_add(paths, (void *)(uintptr_t)inner);
		}
		free_names(&names);
	}
	gt_list_fini(&folders);
	if (paths->n >= GT_PACKAGE_FILES)
		too_many(loader, package->folder, GT_PACKAGE_FILES, "files");
	if (paths->n > 1)
		qsort(paths->v, paths->n, sizeof *paths->v, by_text);
}

static struct gt_package *find(const struct gt_loader *loader, struct gt_str name, unsigned major)
{
	for (size_t i = 0; i < loader->found.n; i++) {
		struct gt_package *package = loader->found.v[i];
		if (gt_str_eq(package->name, name) && package->major == major)
			return package;
	}
	return NULL;
}

/* Says that there is no such package, and which one comes nearest. */
static void missing(
	struct gt_loader *loader, const char *path, struct gt_pos pos, struct gt_str spec)
{
	const char *word = GT_WORD(spec);
	struct gt_list known = {0};

	for (size_t i = 0; i < loader->found.n; i++) {
		const struct gt_package *package = loader->found.v[i];
		gt_list_add(&known, (void *)(uintptr_t)gt_arena_printf(loader->conf.memory,
					    "%.*s@%u", GT_STR_ARGS(package->name), package->major)
					    .p);
	}
	const char *near = gt_nearest(spec, (const char *const *)known.v, known.n);
	if (near)
		gt_diags_add(loader->conf.diags, pos, GT_E_STD_PACKAGE_NEAR, word, path, near);
	else
		gt_diags_add(loader->conf.diags, pos, GT_E_STD_PACKAGE_UNKNOWN, word, path);
	gt_list_fini(&known);
}

static struct gt_package *visit(struct gt_loader *loader, struct gt_pos pos, struct gt_str spec,
	const struct gt_package *from);

/* Is one of these prefixes the beginning of the division? */
static bool covers(struct gt_texts prefixes, struct gt_str division)
{
	for (size_t i = 0; i < prefixes.n; i++)
		if (prefixes.v[i].n <= division.n &&
			memcmp(prefixes.v[i].p, division.p, prefixes.v[i].n) == 0)
			return true;
	return false;
}

static bool stands_on(const struct gt_package *package, const struct gt_package *other)
{
	while (package && package != other)
		package = package->parent;
	return package != NULL;
}

/* False where something that it extends is missing or in a circle, which is told already. */
static bool is_whole(const struct gt_package *package)
{
	while (package->parent)
		package = package->parent;
	return package->extends.n == 0;
}

static struct gt_pos division_pos(const struct gt_package *package, size_t i)
{
	const struct gt_yaml *divisions = gt_yaml_get(package->root, "divisions");

	return divisions->kind == GT_YAML_SEQ ? divisions->v[i]->pos : divisions->pos;
}

static void division_check(struct gt_loader *loader, const struct gt_package *package, size_t i)
{
	struct gt_str division = package->divisions.v[i];
	const char *text = GT_WORD(division);
	struct gt_pos pos = division_pos(package, i);
	const struct gt_package *parent = package->parent;
	bool digits = division.n >= 2 && division.n <= 6;

	for (size_t k = 0; digits && k < division.n; k++)
		digits = division.p[k] >= '0' && division.p[k] <= '9';
	if (!digits)
		gt_diags_add(loader->conf.diags, pos, GT_E_STD_DIVISION, text);
	else if (parent && parent->divisions.n && !covers(parent->divisions, division))
		gt_diags_add(loader->conf.diags, pos, GT_E_STD_DIVISION_OUTSIDE, text,
			GT_WORD(parent->name));
}

/* What two overlays of one standard say of the same divisions: each division has one overlay, which
 * stands on those of the divisions around it. */
static void divisions_meet(
	struct gt_loader *loader, const struct gt_package *package, const struct gt_package *other)
{
	for (size_t i = 0; i < package->divisions.n; i++) {
		struct gt_str division = package->divisions.v[i];
		struct gt_pos pos = division_pos(package, i);
		size_t k = 0;
		while (k < other->divisions.n && !gt_str_eq(other->divisions.v[k], division))
			k++;
		if (k < other->divisions.n && package->index > other->index)
			gt_diags_add(loader->conf.diags, pos, GT_E_STD_DIVISION_TAKEN,
				GT_WORD(division), GT_WORD(other->name),
				gt_place_text(loader, division_pos(other, k)));
		else if (k == other->divisions.n && covers(other->divisions, division) &&
			 !stands_on(package, other))
			gt_diags_add(loader->conf.diags, pos, GT_E_STD_DIVISION_AROUND,
				GT_WORD(division), GT_WORD(other->name),
				gt_place_text(loader, other->root->pos));
	}
}

static void overlays_meet(struct gt_loader *loader)
{
	const struct gt_list *packages = &loader->standard->packages;

	for (size_t i = 0; i < packages->n; i++)
		for (size_t k = 0; k < packages->n; k++)
			if (i != k && is_whole(packages->v[i]) && is_whole(packages->v[k]))
				divisions_meet(loader, packages->v[i], packages->v[k]);
}

static void overlay_checks(struct gt_loader *loader, const struct gt_package *package)
{
	const struct gt_package *parent = package->parent;

	if ((package->extends.n > 0) != (package->divisions.n > 0))
		gt_diags_add(loader->conf.diags, package->root->pos, GT_E_STD_OVERLAY_DIVISIONS);
	if (parent && package->level < parent->level)
		gt_diags_add(loader->conf.diags, gt_pos_of(package->root, "level"), GT_E_STD_LEVEL,
			gt_level_name(package->level), gt_level_name(parent->level),
			gt_place_text(loader, gt_pos_of(parent->root, "level")));
	for (size_t i = 0; i < package->divisions.n; i++)
		division_check(loader, package, i);
}

/* "a → b → a", from the package back to itself. */
static void circle(struct gt_loader *loader, struct gt_pos pos, const struct gt_package *package,
	const struct gt_package *from)
{
	struct gt_str way = package->name;

	for (; from != package; from = from->from)
		way = gt_arena_printf(loader->conf.memory, "%.*s → %.*s", GT_STR_ARGS(from->name),
			GT_STR_ARGS(way));
	gt_diags_add(loader->conf.diags, pos, GT_E_STD_CYCLE, GT_WORD(package->name),
		GT_TEXT("%.*s → %.*s", GT_STR_ARGS(package->name), GT_STR_ARGS(way)));
}

static void visit_needed(struct gt_loader *loader, struct gt_package *package)
{
	const struct gt_yaml *needs = gt_yaml_get(package->root, "needs");

	if (package->extends.n > 0)
		package->parent = visit(
			loader, gt_pos_of(package->root, "extends"), package->extends, package);
	for (size_t i = 0; i < package->needs.n; i++) {
		struct gt_pos pos = needs->kind == GT_YAML_SEQ ? needs->v[i]->pos : needs->pos;
		(void)visit(loader, pos, package->needs.v[i], package);
	}
	overlay_checks(loader, package);
}

static struct gt_package *visit(struct gt_loader *loader, struct gt_pos pos, struct gt_str spec,
	const struct gt_package *from)
{
	struct gt_package *package;
	struct gt_str name;
	unsigned major;

	if (!gt_spec_split(spec, &name, &major)) {
		gt_diags_add(loader->conf.diags, pos, GT_E_STD_SPEC, GT_WORD(spec));
		return NULL;
	}
	package = find(loader, name, major);
	if (!package) {
		missing(loader, loader->path, pos, spec);
		return NULL;
	}
	if (package->visit == GT_PACKAGE_OPEN) {
		circle(loader, pos, package, from);
		return NULL;
	}
	if (package->visit == GT_PACKAGE_DONE)
		return package;
	package->visit = GT_PACKAGE_OPEN;
	package->from = from;
	visit_needed(loader, package);
	package->visit = GT_PACKAGE_DONE;
	package->index = loader->standard->packages.n;
	gt_list_add(&loader->standard->packages, package);
	return package;
}

void gt_packages_order(struct gt_loader *loader, const struct gt_str *specs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)visit(loader, (struct gt_pos){0}, specs[i], NULL);
	overlays_meet(loader);
}
