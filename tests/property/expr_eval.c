/* Reads lines "expression TAB A TAB B TAB C" and writes what each gives: "type:value", "null",
 * "!operation", or "refused GT…". For expr.py. */
#include "../unit/normalise/fixture.h"
#include "expr_run.h"
#include "steps.h"

static bool cell_of(void *arg, struct gt_str name, uint32_t *id, struct gt_expr_kind *kind)
{
	(void)arg;
	*id = (uint32_t)(name.p[0] - 'A');
	*kind = (struct gt_expr_kind){GT_EXPR_TEXT_TYPE, NULL};
	return name.n == 1 && *id < 3;
}

static void give(struct fixture *f, const struct gt_expr *expr, const struct gt_value *cells)
{
	static const char *const types[] = {[GT_BOOL] = "bool",
		[GT_TEXT] = "text",
		[GT_DECIMAL] = "number",
		[GT_DATE] = "date",
		[GT_TIME] = "time"};
	struct gt_expr_run run = {.expr = expr,
		.values = cells,
		.cells = true,
		.arena = &f->batch->arena,
		.words = gt_standard_words(f->standard),
		.match = f->norm.tools->match};
	struct gt_value value;
	enum gt_expr_code failed;
	char words[64];

	gt_batch_reset(f->batch, 1, 1, GT_BATCH_RAW_MAX);
	enum gt_expr_got got = gt_expr_run(&run, &value, &failed);
	if (got == GT_EXPR_FAILED)
		printf("!%s\n", gt_expr_word(failed));
	else if (value.kind == GT_NULL)
		puts("null");
	else
		printf("%s:%.*s\n", types[value.kind], GT_STR_ARGS(gt_value_words(&value, words)));
}

int main(void)
{
	static struct fixture f;
	static char line[65536];

	fixture_standard(&f);
	const struct gt_expr_scope scope = {.name = cell_of,
		.standard = f.standard,
		.memory = &f.memory,
		.diags = &f.diags,
		.zone_minutes = 480};
	while (fgets(line, sizeof line, stdin)) {
		struct gt_value cells[3] = {{0}};
		char *rest = line, *text = strsep(&rest, "\t\n");
		for (size_t i = 0; i < 3 && rest; i++)
			cells[i] = gt_value_text(gt_cstr(strsep(&rest, "\t\n")));
		size_t before = f.diags.n;
		struct gt_expr *expr =
			gt_expr_compile(&scope, gt_cstr(text), (struct gt_pos){"x", 1, 1});
		if (expr)
			give(&f, expr, cells);
		else
			printf("refused GT%d\n", (int)f.diags.v[before].err.code);
		gt_expr_fini(expr);
		gt_diags_fini(&f.diags);
		f.diags = (struct gt_diags){0};
	}
	fixture_end(&f);
	return 0;
}
