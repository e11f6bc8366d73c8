/* registry.c: two lists sorted by name. Loaded modules stay loaded: their tables are referred to.
 */
#include "registry.h"

#include "gt_assert.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PREFIX "guantong_adapter_"
#define NAME_MAX_ 32u

static struct {
	const struct gt_adapter **adapters;
	const struct gt_format **formats;
	size_t adapter_count, format_count;
	char folder[4096];
} registry;

/* Where a name stands or would stand in a sorted list; name_of(i) names its i-th member. */
static size_t place(struct gt_str name, size_t n, const char *(*name_of)(size_t), bool *there)
{
	size_t low = 0, high = n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		struct gt_str at = gt_cstr(name_of(middle));
		size_t shorter = at.n < name.n ? at.n : name.n;
		int order = memcmp(at.p, name.p, shorter);
		if (order == 0)
			order = (at.n > name.n) - (at.n < name.n);
		if (order == 0) {
			*there = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*there = false;
	return low;
}

static const char *adapter_name(size_t i)
{
	return registry.adapters[i]->name;
}

static const char *format_name(size_t i)
{
	return registry.formats[i]->name;
}

const struct gt_adapter *gt_registry_adapter(struct gt_str name)
{
	bool there = false;
	size_t i = name.n ? place(name, registry.adapter_count, adapter_name, &there) : 0;
	return there ? registry.adapters[i] : NULL;
}

const struct gt_format *gt_registry_format(struct gt_str name)
{
	bool there = false;
	size_t i = name.n ? place(name, registry.format_count, format_name, &there) : 0;
	return there ? registry.formats[i] : NULL;
}

const struct gt_adapter *gt_registry_adapter_at(size_t n)
{
	return n < registry.adapter_count ? registry.adapters[n] : NULL;
}

const struct gt_format *gt_registry_format_at(size_t n)
{
	return n < registry.format_count ? registry.formats[n] : NULL;
}

/* Names are parts of file names, symbols and configuration: [a-z][a-z0-9_]* */
static bool good_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	return name && name[0] >= 'a' && name[0] <= 'z' && strspn(name, letters) == strlen(name) &&
	       strlen(name) <= NAME_MAX_;
}

/* The first row that is unsound, as its name or "a row"; NULL = all are sound. */
static const char *bad_option(const struct gt_option *table, size_t size)
{
	for (const struct gt_option *row = table; row && row->name; row++) {
		bool grouped =
			row->type != GT_OPT_GROUP || (row->group && !bad_option(row->group, size));
		if (row->name[0] == '\0' || row->offset >= size ||
			(row->max && row->min > row->max) || !row->en || !row->zh || !grouped ||
			(row->type == GT_OPT_CHOICE && !row->choices))
			return row->name[0] ? row->name : "?";
	}
	return NULL;
}

/* What an adapter's description lacks, or NULL. Its ABI and size were checked before. */
static const char *unsound(const struct gt_adapter *a)
{
	if (!good_name(a->name))
		return "name";
	if (!a->summary || !a->summary_zh)
		return "summary";
	if (!a->open || !a->poll || !a->close)
		return "open, poll, close";
	if ((a->caps & GT_CAP_ACK) && !a->commit)
		return "commit";
	if (!a->options || a->self_size == 0)
		return "options";
	return bad_option(a->options, a->self_size);
}

static bool check(const struct gt_adapter *a, const char *called, struct gt_err *err)
{
	if (a->abi != GT_ADAPTER_ABI)
		return gt_fail(err, GT_E_ADAPTER_ABI, called, GT_TEXT("%u", a->abi),
			GT_TEXT("%u", GT_ADAPTER_ABI));
	/* Once a field is appended, the sizes of earlier versions are accepted here, by copying. */
	if (a->struct_size != sizeof *a)
		return gt_fail(err, GT_E_ADAPTER_SIZE, called, GT_TEXT("%u", a->struct_size),
			GT_TEXT("%zu", sizeof *a));
	return true;
}

static void *room(void *list, size_t n, size_t at, size_t size)
{
	char *grown = gt_realloc(list, (n + 1) * size);
	memmove(grown + (at + 1) * size, grown + at * size, (n - at) * size);
	return grown;
}

static bool insert(const struct gt_adapter *adapter, struct gt_err *err)
{
	bool there = false;
	size_t at = place(gt_cstr(adapter->name), registry.adapter_count, adapter_name, &there);
	if (there)
		return gt_fail(err, GT_E_ADAPTER_TWICE, adapter->name);
	registry.adapters = room(registry.adapters, registry.adapter_count, at, sizeof(void *));
	registry.adapters[at] = adapter;
	registry.adapter_count++;
	return true;
}

bool gt_registry_add(const struct gt_adapter *adapter, struct gt_err *err)
{
	/* Before the ABI is known to be ours not even the name can be read. */
	if (!check(adapter, "", err))
		return false;
	GT_ASSERT(unsound(adapter) == NULL);
	return insert(adapter, err);
}

/* Are the callbacks there that its capabilities promise? */
static bool callable(const struct gt_format *format)
{
	bool seek = (format->caps & GT_FORMAT_SEEK) != 0;
	bool sheets = (format->caps & GT_FORMAT_SHEETS) != 0;
	return (seek ? format->open && format->rows : format->begin && format->feed) &&
	       format->end && (!sheets || format->sheets);
}

static void add_format(const struct gt_format *format)
{
	bool there = false;
	GT_ASSERT(format->abi == GT_FORMAT_ABI && format->struct_size == sizeof *format);
	GT_ASSERT(good_name(format->name) && format->summary && format->summary_zh &&
		  callable(format) && !bad_option(format->options, format->self_size));
	size_t at = place(gt_cstr(format->name), registry.format_count, format_name, &there);
	GT_ASSERT(!there);
	registry.formats = room(registry.formats, registry.format_count, at, sizeof(void *));
	registry.formats[at] = format;
	registry.format_count++;
}

void gt_registry_builtin(
	const struct gt_adapter *const *adapters, const struct gt_format *const *formats)
{
	struct gt_err err = {0};
	for (; *adapters; adapters++)
		GT_ASSERT(gt_registry_add(*adapters, &err));
	for (; *formats; formats++)
		add_format(*formats);
}

/* symbol: guantong_adapter_<name>, which is also the module's file name without .so. */
static bool insert_loaded(
	const struct gt_adapter *adapter, const char *path, const char *symbol, struct gt_err *err)
{
	const char *called = symbol + strlen(PREFIX), *lacks;
	if (!adapter)
		return gt_fail(err, GT_E_ADAPTER_SYMBOL, path, symbol);
	if (!check(adapter, called, err))
		return false;
	if ((lacks = unsound(adapter)) != NULL)
		return gt_fail(err, GT_E_ADAPTER_UNSOUND, called, lacks);
	if (strcmp(adapter->name, called) != 0)
		return gt_fail(err, GT_E_ADAPTER_SYMBOL, path, symbol);
	return insert(adapter, err);
}

static bool load(const char *path, const char *symbol, struct gt_err *err)
{
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!module)
		return gt_fail(err, GT_E_ADAPTER_LOAD, path, dlerror());
	if (insert_loaded(dlsym(module, symbol), path, symbol, err))
		return true;
	dlclose(module);
	return false;
}

static int is_module(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name), prefix = strlen(PREFIX);
	return n > prefix + 3 && strncmp(entry->d_name, PREFIX, prefix) == 0 &&
	       strcmp(entry->d_name + n - 3, ".so") == 0;
}

const char *gt_registry_folder(void)
{
	return registry.folder;
}

void gt_registry_load(const char *folder, struct gt_diags *diags)
{
	struct dirent **names = NULL;
	struct gt_pos nowhere = {0};
	int n = scandir(folder, &names, is_module, alphasort);
	snprintf(registry.folder, sizeof registry.folder, "%s", folder);
	if (n < 0)
		gt_diags_add(diags, nowhere, GT_E_ADAPTER_FOLDER, folder, strerror(errno));
	for (int i = 0; i < n; i++) {
		char path[4096], symbol[NAME_MAX_ + sizeof PREFIX];
		struct gt_err err = {0};
		int stem = (int)strlen(names[i]->d_name) - 3;
		int size = snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
		bool fits = size < (int)sizeof path && stem < (int)sizeof symbol;
		snprintf(symbol, sizeof symbol, "%.*s", stem, names[i]->d_name);
		if (!fits)
			gt_diags_add(
				diags, nowhere, GT_E_ADAPTER_LOAD, path, strerror(ENAMETOOLONG));
		else if (!load(path, symbol, &err))
			gt_diags_add_err(diags, nowhere, &err);
		free(names[i]);
	}
	free(names);
}
