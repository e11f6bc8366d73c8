#include "yaml.h"

#include <stdio.h>

#include "unit.h"

struct fixture {
	struct gt_arena memory;
	struct gt_diags diags;
	struct gt_yaml *root;
};

static void parse_str(struct fixture *f, struct gt_str text)
{
	memset(f, 0, sizeof *f);
	gt_arena_init(&f->memory, 0);
	f->root = gt_yaml_parse("x.yaml", text, &f->memory, &f->diags);
}

static void parse(struct fixture *f, const char *text)
{
	parse_str(f, gt_cstr(text));
}

static void stop(struct fixture *f)
{
	gt_diags_fini(&f->diags);
	gt_arena_fini(&f->memory);
}

static void ck_at(const struct gt_yaml *node, uint32_t line, uint32_t column)
{
	ck_assert_ptr_nonnull(node);
	ck_assert_uint_eq(node->pos.line, line);
	ck_assert_uint_eq(node->pos.column, column);
	ck_assert_str_eq(node->pos.file, "x.yaml");
}

START_TEST(gives_a_tree_with_positions)
{
	struct fixture f;
	parse(&f, "source: cars\n标题: {甲: 'null', 乙: [1, \"~\", ~]}\nempty:\nflows:\n  trips:\n "
		  "   every: 1 min\n");
	ck_assert_uint_eq(f.diags.n, 0);
	ck_assert_int_eq(f.root->kind, GT_YAML_MAP);
	ck_assert_uint_eq(f.root->n, 4);
	ck_str_is(f.root->keys[0]->text, "source");
	ck_at(gt_yaml_get(f.root, "source"), 1, 9);
	const struct gt_yaml *title = gt_yaml_get(f.root, "标题");
	ck_at(title, 2, 5);
	ck_at(gt_yaml_get(title, "甲"), 2, 9);
	ck_assert(gt_yaml_get(title, "甲")->quoted);
	ck_assert(!gt_yaml_is_null(gt_yaml_get(title, "甲")));
	const struct gt_yaml *list = gt_yaml_get(title, "乙");
	ck_assert_int_eq(list->kind, GT_YAML_SEQ);
	ck_assert_uint_eq(list->n, 3);
	ck_at(list->v[1], 2, 24);
	ck_assert(!gt_yaml_is_null(list->v[1]));
	ck_assert(gt_yaml_is_null(list->v[2]));
	ck_assert(gt_yaml_is_null(gt_yaml_get(f.root, "empty")));
	ck_assert_ptr_null(gt_yaml_get(f.root, "none"));
	ck_assert_ptr_null(gt_yaml_get(list, "none"));
	const struct gt_yaml *trips = gt_yaml_get(gt_yaml_get(f.root, "flows"), "trips");
	ck_str_is(gt_yaml_get(trips, "every")->text, "1 min");
	ck_at(gt_yaml_get(trips, "every"), 6, 12);
	stop(&f);
}
END_TEST

START_TEST(an_empty_file_is_an_empty_map)
{
	static const char *const texts[] = {
		"", "\n\n", "# only a comment\n", "---\n", "\xEF\xBB\xBF"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct fixture f;
		parse(&f, texts[i]);
		ck_assert_ptr_nonnull(f.root);
		ck_assert_int_eq(f.root->kind, GT_YAML_MAP);
		ck_assert_uint_eq(f.root->n, 0);
		ck_assert_uint_eq(f.diags.n, 0);
		stop(&f);
	}
}
END_TEST

/* One mistake each: its code, where, and whether the rest can still be read. */
START_TEST(refuses_with_a_position)
{
	static const struct {
		const char *text;
		enum gt_code code;
		uint32_t line, column;
		bool tree;
	} cases[] = {
		{"a: 1\nb: &x 2\n", GT_E_YAML_ANCHOR, 2, 4, true},
		{"a: *x\nb: 2\n", GT_E_YAML_ANCHOR, 1, 4, true},
		{"*x\n", GT_E_YAML_ANCHOR, 1, 1, true},
		{"a: !!str 1\n", GT_E_YAML_TAG, 1, 4, true},
		{"a: !secret x\n", GT_E_YAML_TAG, 1, 4, true},
		{"a: 1\nb: 2\na: 3\n", GT_E_OPTION_DUPLICATE, 3, 1, true},
		{"? [a, b]\n: 1\n", GT_E_YAML_KEY, 1, 3, true},
		{"a: 1\n---\nb: 2\n", GT_E_YAML_DOCUMENTS, 2, 1, false},
		{"a:\n\tb: 1\n", GT_E_YAML_TAB, 2, 1, false},
		{"a: b: c\n", GT_E_YAML_COLON, 1, 5, false},
		{"a: 1\n b: 2\n", GT_E_YAML_COLON, 2, 3, false},
		{"a: 1\nword\n", GT_E_YAML_NO_COLON, 2, 1, false},
		{"a: \"x\nb: 1\n", GT_E_YAML_UNCLOSED, 1, 4, false},
		{"车: 'x", GT_E_YAML_UNCLOSED, 1, 4, false},
		{"a: [1, 2\nb: 3\n", GT_E_YAML_UNCLOSED, 1, 4, false},
		{"a: {b: 1\n", GT_E_YAML_UNCLOSED, 1, 4, false},
		{"a:\n  - 1\n b: 2\n", GT_E_YAML_INDENT, 3, 2, false},
		{"a: 1\nb: @x\n", GT_E_YAML_SYNTAX, 2, 4, false},
		{"a: 车\x01\n", GT_E_YAML_CONTROL, 1, 5, false},
		{"a: 1\n车: \xD5\xC5\n", GT_E_YAML_BYTES, 2, 4, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fixture f;
		parse(&f, cases[i].text);
		ck_assert_msg(f.diags.n == 1, "%s: %zu diagnostics", cases[i].text, f.diags.n);
		const struct gt_diag *diag = &f.diags.v[0];
		ck_assert_msg(diag->err.code == cases[i].code, "%s: GT%d at %u:%u", cases[i].text,
			diag->err.code, diag->pos.line, diag->pos.column);
		ck_assert_msg(
			diag->pos.line == cases[i].line && diag->pos.column == cases[i].column,
			"%s: %u:%u", cases[i].text, diag->pos.line, diag->pos.column);
		ck_assert_msg((f.root != NULL) == cases[i].tree, "%s", cases[i].text);
		ck_assert_int_eq(diag->err.class, GT_CONFIG);
		stop(&f);
	}
}
END_TEST

START_TEST(reports_all_at_once)
{
	struct fixture f;
	parse(&f, "a: &x 1\na: 2\nb: *x\nc: !t {a: 1, a: 2}\n");
	ck_assert_uint_eq(f.diags.n, 5);
	ck_assert_ptr_nonnull(f.root);
	ck_str_is(gt_yaml_get(f.root, "a")->text, "1");
	stop(&f);
}
END_TEST

START_TEST(limits_depth)
{
	static char text[100001];
	struct fixture f;
	memset(text, '[', 100000);
	parse(&f, text);
	ck_assert_ptr_null(f.root);
	ck_assert_uint_eq(f.diags.n, 1);
	ck_assert_int_eq(f.diags.v[0].err.code, GT_E_YAML_DEPTH);
	ck_assert_uint_eq(f.diags.v[0].pos.column, 33);
	stop(&f);
	memset(text, '[', 32);
	memset(text + 32, ']', 32);
	parse_str(&f, gt_str(text, 64));
	ck_assert_uint_eq(f.diags.n, 0);
	stop(&f);
}
END_TEST

START_TEST(limits_size)
{
	size_t n = (4u << 20) + 1;
	char *text = malloc(n);
	struct fixture f;
	memset(text, '#', n);
	parse_str(&f, gt_str(text, n));
	ck_assert_ptr_null(f.root);
	ck_assert_int_eq(f.diags.v[0].err.code, GT_E_FILE_TOO_LARGE);
	stop(&f);
	parse_str(&f, gt_str(text, n - 1));
	ck_assert_ptr_nonnull(f.root);
	stop(&f);
	free(text);
}
END_TEST

START_TEST(limits_values)
{
	static char text[65536 + 16] = "a: ";
	struct fixture f;
	memset(text + 3, 'x', 65536);
	strcpy(text + 3 + 65536, "\nb: c\n");
	parse_str(&f, gt_cstr(text));
	ck_assert_uint_eq(f.diags.n, 0);
	ck_assert_uint_eq(gt_yaml_get(f.root, "a")->text.n, 65536);
	stop(&f);
	strcpy(text + 3 + 65536, "x\nb: c\n");
	parse_str(&f, gt_cstr(text));
	ck_assert_uint_eq(f.diags.n, 1);
	ck_assert_int_eq(f.diags.v[0].err.code, GT_E_YAML_SCALAR);
	ck_assert_uint_eq(f.diags.v[0].pos.column, 4);
	ck_str_is(gt_yaml_get(f.root, "b")->text, "c");
	stop(&f);
}
END_TEST

START_TEST(loads_a_file)
{
	char path[] = "/tmp/gt_yaml_XXXXXX";
	int fd = mkstemp(path);
	struct gt_arena memory;
	struct gt_diags diags = {0};
	FILE *file = fdopen(fd, "w");
	gt_arena_init(&memory, 0);
	fputs("a: b\n", file);
	fclose(file);
	struct gt_yaml *root = gt_yaml_load(path, &memory, &diags);
	ck_assert_ptr_nonnull(root);
	ck_str_is(gt_yaml_get(root, "a")->text, "b");
	ck_assert_str_eq(root->pos.file, path);
	remove(path);
	ck_assert_ptr_null(gt_yaml_load(path, &memory, &diags));
	ck_assert_uint_eq(diags.n, 1);
	ck_assert_int_eq(diags.v[0].err.code, GT_E_FILE_MISSING);
	gt_diags_fini(&diags);
	gt_arena_fini(&memory);
}
END_TEST

UNIT_MAIN("yaml", UNIT_TEST(gives_a_tree_with_positions), UNIT_TEST(an_empty_file_is_an_empty_map),
	UNIT_TEST(refuses_with_a_position), UNIT_TEST(reports_all_at_once), UNIT_TEST(limits_depth),
	UNIT_TEST(limits_size), UNIT_TEST(limits_values), UNIT_TEST(loads_a_file))
