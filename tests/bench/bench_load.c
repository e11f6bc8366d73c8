/* Loads a package that it has written: as many elements as it is told, in entities of 500, with the
 * titles, definitions, limits, units, codes and synonyms that real ones have; one overlay that
 * narrows every entity; an example for each. load.py counts the instructions of stage_load under
 * callgrind. */
#include "buf.h"
#include "standard.h"
#include "toolchain.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PER_ENTITY 500u
#define CODES 50u

static char folder[64] = "/tmp/gt-bench-load-XXXXXX";

static void put(const char *name, const struct gt_buf *text)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	GT_ASSERT(file && !text->full && fwrite(text->p, 1, text->n, file) == text->n);
	GT_ASSERT(fclose(file) == 0);
}

static int removed(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

static void element(struct gt_buf *out, unsigned i)
{
	gt_buf_addf(out,
		"  e%u:\n    title: {en: Element number %u, zh: 第%u号要素}\n"
		"    definition: {en: \"What element number %u stands for, in one sentence.\", "
		"zh: 第%u号要素所表示的内容，用一句话写明。}\n",
		i, i, i, i, i);
	if (i % 4 == 0)
		gt_buf_addf(out, "    type: text\n    max_length: 60\n    required: %s\n",
			i == 0 ? "true" : "false");
	else if (i % 4 == 1)
		gt_buf_adds(out, "    type: decimal\n    scale: 2\n    unit: km\n    min: 0\n"
				 "    max: 1000000\n");
	else if (i % 4 == 2)
		gt_buf_adds(out, "    type: code\n    codes: kind\n");
	else
		gt_buf_adds(out, "    type: date\n    min: 1900-01-02\n    max: 2100-01-01\n");
	gt_buf_addf(out, "    synonyms: [要素%u, YS%u, element%u]\n    source: made by a program\n",
		i, i, i);
}

static void entity(struct gt_buf *text, unsigned number)
{
	char name[64];

	gt_buf_clear(text);
	gt_buf_addf(text,
		"entity: made.entity%u\nversion: 1.0\ntitle: {en: Entity %u, zh: 第%u号实体}\n"
		"key: [e0]\nelements:\n",
		number, number, number);
	for (unsigned i = 0; i < PER_ENTITY; i++)
		element(text, i);
	gt_buf_adds(text,
		"sample: {e0: a}\nexamples:\n  - {name: one, in: {e1: 12}, out: {e1: 12.00}}\n");
	snprintf(name, sizeof name, "base/entity%u.yaml", number);
	put(name, text);
	gt_buf_clear(text);
	gt_buf_addf(text, "extend_entity: made.entity%u@1\nelements:\n", number);
	for (unsigned i = 1; i < PER_ENTITY; i += 4)
		gt_buf_addf(text, "  e%u: {max: 5000, synonyms: [更多%u]}\n", i, i);
	snprintf(name, sizeof name, "city/entity%u.yaml", number);
	put(name, text);
}

static void package(unsigned elements)
{
	struct gt_buf text;

	GT_ASSERT(
		mkdtemp(folder) && mkdir(gt_text((char[96]){0}, 96, "%s/base", folder), 0700) == 0);
	GT_ASSERT(mkdir(gt_text((char[96]){0}, 96, "%s/city", folder), 0700) == 0);
	gt_buf_init(&text, 4u << 20);
	gt_buf_adds(
		&text, "package: base\nversion: 1.0\ntitle: {en: B, zh: 基}\nlevel: national\n");
	put("base/package.yaml", &text);
	gt_buf_clear(&text);
	gt_buf_adds(&text, "package: city\nversion: 1.0\ntitle: {en: C, zh: 市}\nlevel: city\n"
			   "extends: base@1\ndivisions: [\"4201\"]\n");
	put("city/package.yaml", &text);
	gt_buf_clear(&text);
	gt_buf_adds(&text, "units: length\ntitle: {en: L, zh: 长}\nrows:\n  km: {factor: 1000}\n");
	put("base/units.yaml", &text);
	gt_buf_clear(&text);
	gt_buf_adds(&text, "codes: kind\ntitle: {en: K, zh: 类}\nrows:\n");
	for (unsigned i = 0; i < CODES; i++)
		gt_buf_addf(
			&text, "  k%u: {en: Kind %u, zh: 第%u类, synonyms: [类%u]}\n", i, i, i, i);
	put("base/kinds.yaml", &text);
	for (unsigned i = 0; i < elements / PER_ENTITY; i++)
		entity(&text, i);
	gt_buf_fini(&text);
}

/* Not inlined and not static: load.py names it to callgrind. */
struct gt_standard *stage_load(void);
__attribute__((noinline)) struct gt_standard *stage_load(void)
{
	struct gt_str spec = GT_LIT("city@1");
	struct gt_diags diags = {0};
	char text[2048];
	struct gt_standard *standard = gt_standard_load(folder, &spec, 1, GT_LIT("jgsw"), &diags);

	for (size_t i = 0; i < diags.n; i++)
		fprintf(stderr, "%s\n", gt_err_text(&diags.v[i].err, text, sizeof text));
	gt_diags_fini(&diags);
	return standard;
}

int main(int argc, char **argv)
{
	const struct gt_entity *const *v;
	size_t found = 0;

	if (argc == 2 && strcmp(argv[1], "toolchain") == 0) {
		print_toolchain();
		return 0;
	}
	unsigned long elements = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	if (elements == 0 || elements % PER_ENTITY != 0 || strcmp(argv[1], "load") != 0) {
		fprintf(stderr, "usage: %s toolchain | load ELEMENTS (a multiple of %u)\n", argv[0],
			PER_ENTITY);
		return 2;
	}
	package((unsigned)elements);
	struct gt_standard *standard = stage_load();
	(void)nftw(folder, removed, 8, FTW_DEPTH | FTW_PHYS);
	for (size_t i = 0; standard && i < gt_standard_entities(standard, &v); i++)
		found += v[i]->n;
	gt_standard_unref(standard);
	printf("%zu elements\n", found);
	return found != elements;
}
