/* standard_fixture.h: standard packages written into a folder of their own, loaded, taken away. */
#ifndef STANDARD_FIXTURE_H
#define STANDARD_FIXTURE_H

#include "standard.h"
#include "unit.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	char folder[64];
	struct gt_diags diags;
	struct gt_standard *standard;
};

static inline int fixture_remove(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

static inline void fixture_start(struct fixture *f)
{
	memset(f, 0, sizeof *f);
	strcpy(f->folder, "/tmp/gt-standard-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(f->folder));
}

static inline void fixture_end(struct fixture *f)
{
	gt_standard_unref(f->standard);
	gt_diags_fini(&f->diags);
	nftw(f->folder, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* Writes folder/name, making the folders on the way. */
static inline void fixture_put(struct fixture *f, const char *name, const char *text)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", f->folder, name);
	for (char *at = path + strlen(f->folder) + 1; (at = strchr(at, '/')) != NULL; at++) {
		*at = 0;
		ck_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
		*at = '/';
	}
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert(fputs(text, file) >= 0);
	ck_assert_int_eq(fclose(file), 0);
}

#define FIXTURE_PACKAGE                                                                            \
	"package: base\nversion: 1.0\ntitle: {en: Base, zh: 基础}\nlevel: national\n"
#define FIXTURE_OVERLAY                                                                            \
	"package: city\nversion: 3.1\ntitle: {en: City, zh: 市}\nlevel: city\nextends: base@1\n"  \
	"divisions: [\"4201\"]\n"

/* A sound base package: one entity, one code list, one kind of unit. */
static inline void fixture_base(struct fixture *f)
{
	fixture_put(f, "base/package.yaml", FIXTURE_PACKAGE);
	fixture_put(f, "base/units.yaml",
		"units: length\ntitle: {en: Length, zh: 长度}\nrows:\n"
		"  m: {factor: 1, synonyms: [米, metre]}\n"
		"  km: {factor: 1000, synonyms: [公里]}\n"
		"  尺: {factor: 1/3}\n");
	fixture_put(f, "base/codes.yaml",
		"codes: colour\ntitle: {en: Colour, zh: 颜色}\nstatus: verified\nrows:\n"
		"  red: {en: Red, zh: 红, synonyms: [红色]}\n"
		"  pink: {en: Pink, zh: 粉, from: 2010-01-01, to: 2020-12-31, successor: red}\n");
	fixture_put(f, "base/trip.yaml",
		"entity: car.trip\nversion: 2.4\ntitle: {en: Trip, zh: 行程}\nkey: [no]\n"
		"event_time: left\nelements:\n"
		"  no: {title: {en: Number, zh: 编号}, type: text, required: true, max_length: "
		"20}\n"
		"  left: {title: {en: Left, zh: 出发}, type: time, max: 2100-01-01}\n"
		"  back: {title: {en: Back, zh: 返回}, type: time}\n"
		"  far: {title: {en: Far, zh: 里程}, type: decimal, scale: 1, unit: km, min: 0, "
		"max: 900.5}\n"
		"  hue: {title: {en: Hue, zh: 色}, type: code, codes: colour}\n"
		"  who: {title: {en: Who, zh: 谁}, type: text, protection: pseudonym}\n"
		"rules:\n"
		"  in-order: {title: {en: In order, zh: 先后}, check: left <= back, on_breach: "
		"reject}\n"
		"sample: {no: A1, left: 2024-01-01}\n"
		"examples: []\n");
}

static inline struct gt_standard *fixture_load(struct fixture *f, const char *a, const char *b)
{
	struct gt_str specs[2] = {gt_cstr(a), gt_cstr(b)};

	f->standard = gt_standard_load(f->folder, specs, b ? 2 : 1, GT_LIT("jgsw"), &f->diags);
	gt_diags_sort(&f->diags);
	return f->standard;
}

/* Fails unless some diagnostic has this code, this place ("base/x.yaml:3:5", NULL = any) and
 * contains this text. The load must have failed. */
static inline void fixture_expect(
	const struct fixture *f, enum gt_code code, const char *place, const char *text)
{
	char all[16384] = "", sentence[2048], line[4096];

	ck_assert_ptr_null(f->standard);
	for (size_t i = 0; i < f->diags.n; i++) {
		const struct gt_diag *diag = &f->diags.v[i];
		const char *file = diag->pos.file ? diag->pos.file : "";
		size_t skip = strncmp(file, f->folder, strlen(f->folder)) == 0
				      ? strlen(f->folder) + 1
				      : 0;
		gt_err_text(&diag->err, sentence, sizeof sentence);
		snprintf(line, sizeof line, "%s:%u:%u", file + skip, diag->pos.line,
			diag->pos.column);
		if (diag->err.code == code && (!place || strcmp(place, line) == 0) &&
			strstr(sentence, text))
			return;
		strncat(all, line, sizeof all - strlen(all) - 1);
		strncat(all, " ", sizeof all - strlen(all) - 1);
		strncat(all, sentence, sizeof all - strlen(all) - 1);
		strncat(all, "\n", sizeof all - strlen(all) - 1);
	}
	ck_abort_msg("no GT%d at %s with “%s” among:\n%s", (int)code, place ? place : "any place",
		text, all);
}

/* One mistake in one file of a sound package. */
struct mistake {
	const char *file, *text; /* written over the sound one */
	enum gt_code code;
	const char *place, *says;
};

static inline void fixture_mistake(const struct mistake *mistake, const char *spec)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	if (strncmp(mistake->file, "city/", 5) == 0)
		fixture_put(&f, "city/package.yaml", FIXTURE_OVERLAY);
	fixture_put(&f, mistake->file, mistake->text);
	fixture_load(&f, spec, NULL);
	fixture_expect(&f, mistake->code, mistake->place, mistake->says);
	fixture_end(&f);
}

#endif
