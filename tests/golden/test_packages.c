/* Loads every package of standards/, found by its package.yaml, and runs all golden examples. */
#define _XOPEN_SOURCE 700
#include "examples.h"
#include "unit.h"

#include <ftw.h>
#include <stdio.h>

enum { PACKAGES_MAX = 200 };
static char specs[PACKAGES_MAX][80];
static size_t spec_count;

/* "package:" and "version:" stand on lines of their own in every package.yaml. */
static int note_package(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	char line[256], name[64] = "";
	unsigned major = 0;
	FILE *file;

	(void)st;
	if (flag != FTW_F || strcmp(path + at->base, "package.yaml") != 0)
		return 0;
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof line, file)) {
		(void)sscanf(line, "package: %63s", name);
		(void)sscanf(line, "version: %u.", &major);
	}
	fclose(file);
	ck_assert_msg(name[0] && major && spec_count < PACKAGES_MAX, "%s", path);
	snprintf(specs[spec_count++], sizeof specs[0], "%s@%u", name, major);
	return 0;
}

static struct gt_standard *load_all(void)
{
	char folder[4096], text[2048];
	struct gt_str wanted[PACKAGES_MAX];
	struct gt_diags diags = {0};

	snprintf(folder, sizeof folder, "%s/standards", getenv("GT_SOURCE_ROOT"));
	spec_count = 0;
	ck_assert_int_eq(nftw(folder, note_package, 16, FTW_PHYS), 0);
	ck_assert_uint_ge(spec_count, 4);
	for (size_t i = 0; i < spec_count; i++)
		wanted[i] = gt_cstr(specs[i]);
	struct gt_standard *standard =
		gt_standard_load(folder, wanted, spec_count, GT_LIT("jgsw"), &diags);
	for (size_t i = 0; i < diags.n; i++)
		fprintf(stderr, "%s:%u:%u %s\n", diags.v[i].pos.file ? diags.v[i].pos.file : "",
			diags.v[i].pos.line, diags.v[i].pos.column,
			gt_err_text(&diags.v[i].err, text, sizeof text));
	ck_assert_ptr_nonnull(standard);
	gt_diags_fini(&diags);
	return standard;
}

static void mismatch(void *arg, const struct gt_example *example, const struct gt_err *err)
{
	char text[2048];

	(void)arg;
	fprintf(stderr, "%s:%u %s\n", example->pos.file, example->pos.line,
		gt_err_text(err, text, sizeof text));
}

START_TEST(every_example_comes_out_as_it_says)
{
	struct gt_standard *standard = load_all();
	const struct gt_example *examples;

	ck_assert_uint_ge(gt_standard_examples(standard, &examples), 90);
	ck_assert_uint_eq(gt_examples_run(standard, mismatch, NULL), 0);
	gt_standard_unref(standard);
}
END_TEST

static bool has_example(const struct gt_standard *standard, const struct gt_entity *entity)
{
	const struct gt_example *examples;
	size_t n = gt_standard_examples(standard, &examples);
	char id[200];

	snprintf(id, sizeof id, "%.*s@%u", GT_STR_ARGS(entity->name), entity->major);
	for (size_t i = 0; i < n; i++)
		if (gt_str_eq(examples[i].entity, gt_cstr(id)))
			return true;
	return false;
}

/* A definition says more than the title does, and ends as a sentence. */
static bool is_defined(const struct gt_element *element)
{
	const struct gt_title *title = &element->title, *said = &element->definition;

	return said->en.n > title->en.n && said->en.p[said->en.n - 1] == '.' &&
	       said->zh.n > title->zh.n && memcmp(said->zh.p + said->zh.n - 3, "。", 3) == 0;
}

/* What the project promises of its packages: sources, both languages, definitions, an example of
 * each entity; the same of what overlays add. */
START_TEST(every_entity_is_documented_and_shown)
{
	struct gt_standard *standard = load_all();
	const struct gt_entity *const *entities;
	size_t n = gt_standard_entities(standard, &entities), elements = 0;

	ck_assert_uint_ge(n, 4);
	for (size_t i = 0; i < n; i++) {
		struct gt_str name = entities[i]->name;
		unsigned major = entities[i]->major;
		ck_assert_msg(has_example(standard, entities[i]), "%.*s has no example",
			GT_STR_ARGS(name));
		for (size_t v = 0; v < gt_standard_variants(standard, name, major); v++) {
			const struct gt_entity *entity =
				gt_standard_variant(standard, name, major, v);
			for (size_t k = 0; k < entity->n; k++, elements++) {
				const struct gt_element *element = &entity->elements[k];
				ck_assert_msg(element->source.n && element->title.en.n &&
						      element->title.zh.n && element->synonym_count,
					"%.*s.%.*s lacks source, title or synonyms",
					GT_STR_ARGS(name), GT_STR_ARGS(element->name));
				ck_assert_msg(is_defined(element),
					"%.*s.%.*s lacks a definition of its own",
					GT_STR_ARGS(name), GT_STR_ARGS(element->name));
			}
		}
	}
	ck_assert_uint_ge(elements, 450);
	gt_standard_unref(standard);
}
END_TEST

UNIT_MAIN("packages", UNIT_TEST(every_example_comes_out_as_it_says),
	UNIT_TEST(every_entity_is_documented_and_shown))
