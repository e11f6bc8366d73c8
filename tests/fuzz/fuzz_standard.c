/* A file of a standard package from outside, beside a sound package that it may extend: first as
 * one of the files of an overlay, then as the package.yaml of a package. Whatever it says, the
 * loader ends with a standard or with diagnostics, and gives back all memory; a standard that loads
 * can be compared with itself, and nothing changed. The loader reads folders, so the input is
 * written into one of its own (made once, removed at the end). */
#include "diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64] = "/tmp/gt-fuzz-standard-XXXXXX", input[96], package[96];
static const struct {
	const char *name, *text;
} sound[] = {
	{"base", NULL},
	{"base/package.yaml",
		"package: base\nversion: 1.0\ntitle: {en: B, zh: 基}\nlevel: national\n"},
	{"base/units.yaml", "units: length\ntitle: {en: L, zh: 长}\nrows:\n  km: {factor: 1000}\n"},
	{"base/codes.yaml",
		"codes: colour\ntitle: {en: C, zh: 色}\nrows:\n  red: {en: Red, zh: 红}\n"},
	{"base/trip.yaml",
		"entity: car.trip\nversion: 2.4\ntitle: {en: T, zh: 行}\nkey: [no]\nelements:\n"
		"  no: {title: {en: N, zh: 号}, type: text, required: true}\n"
		"  far: {title: {en: F, zh: 程}, type: decimal, unit: km, max: 9}\n"
		"  hue: {title: {en: H, zh: 色}, type: code, codes: colour}\n"},
	{"city", NULL},
	{"city/package.yaml", "package: city\nversion: 1.0\ntitle: {en: C, zh: 市}\nlevel: "
			      "city\nextends: base@1\n"
			      "divisions: [\"4201\"]\n"},
	{"other", NULL},
};
enum { SOUND = sizeof sound / sizeof *sound };

static void put(const char *path, const void *bytes, size_t n)
{
	FILE *file = fopen(path, "w");

	if (!file || fwrite(bytes, 1, n, file) != n || fclose(file) != 0)
		abort();
}

static const char *place(char *out, size_t size, const char *name)
{
	snprintf(out, size, "%s/%s", folder, name);
	return out;
}

static void clean_up(void)
{
	char path[96];

	(void)unlink(input);
	(void)unlink(package);
	for (size_t i = SOUND; i-- > 0;)
		(void)remove(place(path, sizeof path, sound[i].name));
	(void)rmdir(folder);
}

static void set_up(void)
{
	char path[96];

	if (!mkdtemp(folder))
		abort();
	atexit(clean_up);
	for (size_t i = 0; i < SOUND; i++) {
		place(path, sizeof path, sound[i].name);
		if (sound[i].text)
			put(path, sound[i].text, strlen(sound[i].text));
		else if (mkdir(path, 0700) != 0)
			abort();
	}
	place(input, sizeof input, "city/input.yaml");
	place(package, sizeof package, "other/package.yaml");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void no_change(void *arg, const struct gt_change *change)
{
	(void)arg;
	(void)change;
	abort();
}

static void load(const struct gt_str *specs, size_t n)
{
	struct gt_diags diags = {0};
	struct gt_standard *standard = gt_standard_load(folder, specs, n, GT_LIT("jgsw"), &diags);

	if (!standard != (diags.n > 0))
		abort();
	if (standard)
		(void)gt_standard_diff(standard, standard, no_change, NULL);
	gt_standard_unref(standard);
	gt_diags_fini(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gt_str spec = GT_LIT("city@1");
	const struct gt_str *found;
	struct gt_diags diags = {0};
	struct gt_arena memory;

	if (!input[0])
		set_up();
	put(input, data, size);
	load(&spec, 1);
	(void)unlink(input);
	put(package, data, size);
	gt_arena_init(&memory, 0);
	size_t n = gt_standard_packages(folder, &memory, &diags, &found);
	load(found, n);
	(void)unlink(package);
	gt_arena_fini(&memory);
	gt_diags_fini(&diags);
	return 0;
}
