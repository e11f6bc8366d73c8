/* Expressions: the first line is one, the others are cells A, B … What compiles runs on whatever
 * the cells are, gives what its type says, and the same again. */
#include "expr_run.h"
#include "fuzz_words.h"
#include "gt_assert.h"
#include "load.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CELLS 4u

static bool cell_of(void *arg, struct gt_str name, uint32_t *id, struct gt_expr_kind *kind)
{
	(void)arg;
	*id = name.n ? (uint32_t)(unsigned char)name.p[0] % CELLS : 0;
	*kind = (struct gt_expr_kind){GT_EXPR_TEXT_TYPE, NULL};
	return true;
}

static bool kind_fits(const struct gt_expr *expr, const struct gt_value *value)
{
	switch (expr->kind.type) {
	case GT_EXPR_BOOL:
		return value->kind == GT_BOOL && (value->number == 0 || value->number == 1);
	case GT_EXPR_INT:
		return value->kind == GT_DECIMAL && value->scale == 0;
	case GT_EXPR_DECIMAL:
		return value->kind == GT_DECIMAL && value->scale <= GT_EXPR_DIGITS &&
		       (value->scale == 0 || value->number % 10 != 0);
	case GT_EXPR_TEXT_TYPE:
		return value->kind == GT_TEXT;
	case GT_EXPR_DATE:
		return value->kind == GT_DATE;
	case GT_EXPR_TIME:
		return value->kind == GT_TIME;
	case GT_EXPR_NULL:
		break;
	}
	return false;
}

static void run(const struct gt_expr *expr, const struct gt_value *cells)
{
	struct gt_arena arena;
	struct gt_value value[2];
	enum gt_expr_code failed[2] = {0};
	enum gt_expr_got got[2];
	pcre2_match_data *match = pcre2_match_data_create(2, NULL);

	gt_arena_init(&arena, 8u << 20);
	for (int i = 0; i < 2; i++) {
		struct gt_expr_run run = {.expr = expr,
			.values = cells,
			.cells = true,
			.arena = &arena,
			.words = &fuzz_words,
			.match = match};
		got[i] = gt_expr_run(&run, &value[i], &failed[i]);
		GT_ASSERT(got[i] != GT_EXPR_FULL);
	}
	GT_ASSERT(got[0] == got[1] && (got[0] != GT_EXPR_FAILED || failed[0] == failed[1]));
	if (got[0] == GT_EXPR_GOT) {
		GT_ASSERT(value[0].kind == value[1].kind);
		GT_ASSERT(value[0].kind == GT_NULL || kind_fits(expr, &value[0]));
		if (value[0].kind == GT_TEXT)
			GT_ASSERT(gt_str_eq(gt_value_str(&value[0]), gt_value_str(&value[1])));
	}
	pcre2_match_data_free(match);
	gt_arena_fini(&arena);
}

static struct gt_str next_line(struct gt_str *rest)
{
	const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	struct gt_str line = gt_str(rest->p, end ? (size_t)(end - rest->p) : rest->n);

	*rest = end ? gt_str(end + 1, rest->n - line.n - 1) : gt_str(rest->p + rest->n, 0);
	return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gt_unit kwh = {
		.name = {"kWh", 3}, .quantity = {"energy", 6}, .num = 1, .den = 1};
	static struct gt_standard standard;
	struct gt_str rest = {(const char *)data, size}, text = next_line(&rest);
	struct gt_value cells[CELLS] = {{0}};
	struct gt_arena memory;
	struct gt_diags diags = {0};

	if (!standard.unit_by_name.n)
		(void)gt_map_set(&standard.unit_by_name, kwh.name, &kwh);
	gt_arena_init(&memory, 0);
	const struct gt_expr_scope scope = {.name = cell_of,
		.standard = &standard,
		.memory = &memory,
		.diags = &diags,
		.zone_minutes = 480};
	/* As YAML gives it: UTF-8 without NUL. */
	bool sound =
		text.n == 0 || (gt_clean_is(text, GT_CLEAN_TEXT) && !memchr(text.p, 0, text.n));
	struct gt_expr *expr =
		sound ? gt_expr_compile(&scope, text, (struct gt_pos){"x", 1, 1}) : NULL;
	GT_ASSERT(!sound || (expr != NULL) == (diags.n == 0));
	GT_ASSERT(diags.n <= 1);
	for (size_t i = 0; i < CELLS && rest.n; i++)
		cells[i] = gt_value_text(next_line(&rest));
	if (expr)
		run(expr, cells);
	gt_expr_fini(expr);
	gt_diags_fini(&diags);
	gt_arena_fini(&memory);
	return 0;
}
