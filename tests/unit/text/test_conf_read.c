#include "conf_read.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

struct inner {
	int64_t delay;
	struct gt_str field;
};
struct conf {
	struct gt_str name, folder, password;
	int64_t pages;
	bool strict;
	int kind;
	struct gt_texts list;
	struct gt_pairs pairs;
	struct inner inner;
};

static const char *const kinds[] = {"page", "link", NULL};
static const struct gt_option inner_options[] = {
	{"delay", GT_OPT_DURATION, offsetof(struct inner, delay), 0, 0, NULL, "30 s", 0, "", "",
		NULL, NULL},
	{"field", GT_OPT_TEXT, offsetof(struct inner, field), 0, 0, NULL, NULL, GT_OPT_REQUIRED, "",
		"", NULL, NULL},
	{0},
};
static const struct gt_option options[] = {
	{"name", GT_OPT_TEXT, offsetof(struct conf, name), 0, 8, NULL, NULL, GT_OPT_REQUIRED, "",
		"", NULL, NULL},
	{"folder", GT_OPT_PATH, offsetof(struct conf, folder), 0, 0, NULL, NULL, 0, "", "", NULL,
		NULL},
	{"password", GT_OPT_SECRET, offsetof(struct conf, password), 0, 0, NULL, NULL, 0, "", "",
		NULL, NULL},
	{"pages", GT_OPT_INT, offsetof(struct conf, pages), 1, 10, NULL, "5", 0, "", "", NULL,
		NULL},
	{"strict", GT_OPT_BOOL, offsetof(struct conf, strict), 0, 0, NULL, NULL, 0, "", "", NULL,
		NULL},
	{"kind", GT_OPT_CHOICE, offsetof(struct conf, kind), 0, 0, NULL, NULL, 0, "", "", kinds,
		NULL},
	{"list", GT_OPT_TEXTS, offsetof(struct conf, list), 0, 0, NULL, NULL, 0, "", "", NULL,
		NULL},
	{"pairs", GT_OPT_PAIRS, offsetof(struct conf, pairs), 0, 0, NULL, NULL, 0, "", "", NULL,
		NULL},
	{"cursor", GT_OPT_GROUP, offsetof(struct conf, inner), 0, 0, NULL, NULL, 0, "", "", NULL,
		inner_options},
	{0},
};
static const char *const also[] = {"flows", NULL};

struct fixture {
	struct gt_arena memory;
	struct gt_diags diags;
	struct conf conf;
	struct gt_conf_ctx ctx;
	char secrets[64];
	bool ok;
};

static void put(const char *folder, const char *name, const char *content)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(content, file);
	fclose(file);
}

static void start(struct fixture *f)
{
	memset(f, 0, sizeof *f);
	gt_arena_init(&f->memory, 0);
	strcpy(f->secrets, "/tmp/gt_conf_XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(f->secrets));
	put(f->secrets, "cars", "pa ss\n");
	put(f->secrets, "crlf", "word\r\n");
	put(f->secrets, "empty", "\n");
	f->ctx = (struct gt_conf_ctx){&f->memory, &f->diags, NULL, f->secrets};
}

static void stop(struct fixture *f)
{
	static const char *const names[] = {"cars", "crlf", "empty"};
	for (size_t i = 0; i < 3; i++) {
		char path[128];
		snprintf(path, sizeof path, "%s/%s", f->secrets, names[i]);
		unlink(path);
	}
	rmdir(f->secrets);
	gt_diags_fini(&f->diags);
	gt_arena_fini(&f->memory);
}

static void read_conf(struct fixture *f, const char *text)
{
	struct gt_yaml *root =
		gt_yaml_parse("/etc/gt/x.yaml", gt_cstr(text), &f->memory, &f->diags);
	ck_assert_ptr_nonnull(root);
	f->conf = (struct conf){0};
	gt_options_defaults(options, &f->conf, &f->memory);
	f->ok = gt_conf_read(&f->ctx, options, &f->conf, root, also);
}

START_TEST(reads_everything)
{
	struct fixture f;
	start(&f);
	read_conf(&f, "name: 车\nfolder: in\npassword: {secret: cars}\nstrict: yes\nkind: link\n"
		      "list: [甲, \"乙\"]\npairs: {\"01\": sedan, '02': \"\"}\n"
		      "cursor: {field: t, delay: 2 min}\nflows: {anything: [goes]}\n");
	ck_assert_uint_eq(f.diags.n, 0);
	ck_assert(f.ok);
	ck_str_is(f.conf.name, "车");
	ck_str_is(f.conf.folder, "/etc/gt/in");
	ck_str_is(f.conf.password, "pa ss");
	ck_assert_int_eq(f.conf.pages, 5);
	ck_assert(f.conf.strict);
	ck_assert_int_eq(f.conf.kind, 1);
	ck_assert_uint_eq(f.conf.list.n, 2);
	ck_str_is(f.conf.list.v[1], "乙");
	ck_assert_uint_eq(f.conf.pairs.n, 2);
	ck_str_is(f.conf.pairs.v[0].key, "01");
	ck_str_is(f.conf.pairs.v[0].value, "sedan");
	ck_str_is(f.conf.pairs.v[1].value, "");
	ck_assert_int_eq(f.conf.inner.delay, 120000);
	ck_str_is(f.conf.inner.field, "t");
	read_conf(&f, "name: a\nlist: one\npassword: {secret: crlf}\n");
	ck_assert(f.ok);
	ck_assert_uint_eq(f.conf.list.n, 1);
	ck_str_is(f.conf.list.v[0], "one");
	ck_str_is(f.conf.password, "word");
	stop(&f);
}
END_TEST

START_TEST(says_what_is_wrong)
{
	static const struct {
		const char *text;
		enum gt_code code;
		uint32_t line, column;
	} cases[] = {
		{"pages: 3\n", GT_E_OPTION_REQUIRED, 1, 1},
		{"name: a\npagse: 3\n", GT_E_OPTION_UNKNOWN_NEAR, 2, 1},
		{"name: a\nflosw: 3\n", GT_E_OPTION_UNKNOWN_NEAR, 2, 1},
		{"name: a\nabsolutely: 3\n", GT_E_OPTION_UNKNOWN, 2, 1},
		{"name: a\npages: many\n", GT_E_OPTION_INT, 2, 8},
		{"name: a\npages: 11\n", GT_E_OPTION_RANGE, 2, 8},
		{"name: a\npages:\n", GT_E_OPTION_EMPTY, 2, 7},
		{"name: a\npages: [1]\n", GT_E_OPTION_WANTS_VALUE, 2, 8},
		{"name: a\nlist: {a: b}\n", GT_E_OPTION_WANTS_LIST, 2, 7},
		{"name: a\nlist: [a, [b]]\n", GT_E_CONF_WANTS_WORD, 2, 11},
		{"name: a\npairs: [a]\n", GT_E_OPTION_WANTS_MAPPING, 2, 8},
		{"name: a\npairs: {a: [b]}\n", GT_E_CONF_WANTS_WORD, 2, 12},
		{"name: a\nkind: pages\n", GT_E_OPTION_CHOICE_NEAR, 2, 7},
		{"name: a\ncursor: x\n", GT_E_OPTION_WANTS_MAPPING, 2, 9},
		{"name: a\ncursor: {delay: 1 s}\n", GT_E_OPTION_REQUIRED, 2, 9},
		{"name: a\ncursor: {field: t, dealy: 1 s}\n", GT_E_OPTION_UNKNOWN_NEAR, 2, 20},
		{"[a]\n", GT_E_CONF_WANTS_MAPPING, 1, 1},
		{"name: a\npassword: geheim\n", GT_E_SECRET_LITERAL, 2, 11},
		{"name: a\npassword:\n", GT_E_SECRET_FORM, 2, 10},
		{"name: a\npassword: {secret: a, env: b}\n", GT_E_SECRET_FORM, 2, 11},
		{"name: a\npassword: {value: a}\n", GT_E_SECRET_FORM, 2, 11},
		{"name: a\npassword: {secret: [a]}\n", GT_E_SECRET_FORM, 2, 11},
		{"name: a\npassword: {secret: ../passwd}\n", GT_E_SECRET_NAME, 2, 20},
		{"name: a\npassword: {secret: nobody}\n", GT_E_SECRET_MISSING, 2, 20},
		{"name: a\npassword: {secret: empty}\n", GT_E_SECRET_EMPTY, 2, 20},
		{"name: a\npassword: {env: GT_TEST_UNSET}\n", GT_E_SECRET_ENV, 2, 17},
		{"name: a\npassword: {file: none/such}\n", GT_E_SECRET_MISSING, 2, 18},
		{"name: a\npassword: {file: /tmp}\n", GT_E_SECRET_UNREADABLE, 2, 18},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fixture f;
		start(&f);
		read_conf(&f, cases[i].text);
		ck_assert(!f.ok);
		ck_assert_msg(f.diags.n == 1, "%s: %zu", cases[i].text, f.diags.n);
		const struct gt_diag *diag = &f.diags.v[0];
		ck_assert_msg(
			diag->err.code == cases[i].code, "%s: GT%d", cases[i].text, diag->err.code);
		ck_assert_msg(
			diag->pos.line == cases[i].line && diag->pos.column == cases[i].column,
			"%s: %u:%u", cases[i].text, diag->pos.line, diag->pos.column);
		ck_assert_ptr_null(f.conf.password.p);
		stop(&f);
	}
}
END_TEST

/* No message may repeat what was written where a secret belongs. */
START_TEST(never_repeats_a_secret)
{
	struct fixture f;
	char text[2048];
	start(&f);
	read_conf(&f, "name: a\npassword: geheim\n");
	ck_assert_ptr_null(strstr(gt_err_text(&f.diags.v[0].err, text, sizeof text), "geheim"));
	stop(&f);
}
END_TEST

START_TEST(takes_secrets_from_elsewhere)
{
	struct fixture f;
	char text[256];
	start(&f);
	setenv("GT_TEST_SECRET", "from env", 1);
	read_conf(&f, "name: a\npassword: {env: GT_TEST_SECRET}\n");
	ck_str_is(f.conf.password, "from env");
	snprintf(text, sizeof text, "name: a\npassword: {file: %s/cars}\n", f.secrets);
	read_conf(&f, text);
	ck_str_is(f.conf.password, "pa ss");
	f.ctx.base_dir = f.secrets;
	read_conf(&f, "name: a\nfolder: x\npassword: {file: cars}\n");
	ck_str_is(f.conf.password, "pa ss");
	snprintf(text, sizeof text, "%s/x", f.secrets);
	ck_str_is(f.conf.folder, text);
	f.ctx.secrets_dir = NULL; /* form only */
	read_conf(&f, "name: a\npassword: {secret: nobody}\n");
	ck_assert(f.ok);
	ck_assert_ptr_null(f.conf.password.p);
	read_conf(&f, "name: a\npassword: {secret: a/b}\n");
	ck_assert(!f.ok);
	stop(&f);
}
END_TEST

START_TEST(reports_all_at_once)
{
	struct fixture f;
	start(&f);
	read_conf(&f, "pagse: 1\nkind: 3\nlist: {a: b}\npassword: x\ncursor: {}\n");
	ck_assert_uint_eq(f.diags.n, 6);
	stop(&f);
}
END_TEST

UNIT_MAIN("conf_read", UNIT_TEST(reads_everything), UNIT_TEST(says_what_is_wrong),
	UNIT_TEST(never_repeats_a_secret), UNIT_TEST(takes_secrets_from_elsewhere),
	UNIT_TEST(reports_all_at_once))
