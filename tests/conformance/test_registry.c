#include "builtin.h"
#include "harness.h"
#include "registry.h"
#include "unit.h"

#include <stdio.h>

extern const struct gt_format guantong_format_blocks;

static const struct gt_diag *diag_of(
	const struct gt_diags *diags, enum gt_code code, const char *arg)
{
	for (size_t i = 0; i < diags->n; i++)
		for (unsigned n = 1; n <= 6 && diags->v[i].err.code == code; n++)
			if (strstr(gt_err_arg(&diags->v[i].err, n), arg))
				return &diags->v[i];
	return NULL;
}

START_TEST(knows_what_is_built_in)
{
	size_t n = 0;
	gt_registry_builtin(gt_builtin_adapters, gt_builtin_formats);
	for (; gt_builtin_adapters[n]; n++)
		ck_assert_ptr_eq(gt_registry_adapter(gt_cstr(gt_builtin_adapters[n]->name)),
			gt_builtin_adapters[n]);
	ck_assert_uint_ge(n, 1);
	ck_assert_ptr_null(gt_registry_adapter_at(n));
	for (size_t i = 1; i < n; i++)
		ck_assert_int_lt(strcmp(gt_registry_adapter_at(i - 1)->name,
					 gt_registry_adapter_at(i)->name),
			0);
	for (n = 0; gt_builtin_formats[n]; n++)
		ck_assert_ptr_eq(gt_registry_format(gt_cstr(gt_builtin_formats[n]->name)),
			gt_builtin_formats[n]);
	ck_assert_ptr_null(gt_registry_format_at(n));
	ck_assert_ptr_null(gt_registry_adapter(GT_LIT("fil")));
	ck_assert_ptr_null(gt_registry_adapter(GT_LIT("files")));
	ck_assert_ptr_null(gt_registry_adapter(GT_LIT("")));
	ck_assert_ptr_null(gt_registry_format(GT_LIT("nothing")));
}
END_TEST

START_TEST(refuses_a_second_of_the_same_name)
{
	struct gt_err err = {0};
	ck_assert(gt_registry_add(gt_builtin_adapters[0], &err));
	ck_assert(!gt_registry_add(gt_builtin_adapters[0], &err));
	ck_assert_int_eq(err.code, GT_E_ADAPTER_TWICE);
	ck_assert_ptr_null(gt_registry_adapter_at(1));
}
END_TEST

/* _i: 0 the format is sound, 1 … 4 a callback is missing that its capabilities promise */
static void add_format(int i)
{
	static const struct gt_adapter *const none[] = {NULL};
	static struct gt_format format, blocks;
	const struct gt_format *list[] = {i < 2 ? &format : &blocks, NULL};
	format = *gt_builtin_formats[0];
	blocks = guantong_format_blocks;
	if (i == 1)
		format.feed = NULL;
	else if (i == 2)
		blocks.rows = NULL;
	else if (i == 3)
		blocks.sheets = NULL;
	else if (i == 4)
		blocks.end = NULL;
	gt_registry_builtin(none, list);
}

START_TEST(takes_formats_with_all_their_callbacks)
{
	add_format(0);
	add_format(5);
	ck_assert_ptr_nonnull(gt_registry_format(GT_LIT("blocks")));
}
END_TEST

START_TEST(asserts_that_no_callback_is_missing)
{
	add_format(_i + 1);
}
END_TEST

static bool has_word(const struct gt_option *row, const char *word)
{
	for (const char *const *w = row->choices; w && *w; w++)
		if (strcmp(*w, word) == 0)
			return true;
	return false;
}

/* An option that an adapter and a format both have is read by both: what the one takes the other
 * must take, too. */
START_TEST(shared_options_are_alike)
{
	size_t shared = 0;
	gt_registry_builtin(gt_builtin_adapters, gt_builtin_formats);
	for (size_t a = 0; gt_builtin_adapters[a]; a++)
		for (size_t f = 0; gt_builtin_formats[f]; f++) {
			const struct gt_adapter *adapter = gt_builtin_adapters[a];
			const struct gt_option *theirs = gt_builtin_formats[f]->options;
			if (!(adapter->caps & (GT_CAP_BYTES | GT_CAP_FORMAT)))
				continue;
			for (; theirs && theirs->name; theirs++) {
				const struct gt_option *ours = adapter->options;
				while (ours->name && strcmp(ours->name, theirs->name) != 0)
					ours++;
				if (!ours->name)
					continue;
				shared++;
				ck_assert_msg(ours->type == theirs->type, "%s", ours->name);
				for (const char *const *w = theirs->choices; w && *w; w++)
					ck_assert_msg(has_word(ours, *w), "%s %s: %s",
						adapter->name, ours->name, *w);
			}
		}
	ck_assert_uint_ge(shared, 1); /* charset of http and csv */
}
END_TEST

/* The folder holds counter, good, and one module for each way of being wrong. */
START_TEST(loads_modules_and_tells_what_is_wrong_with_others)
{
	struct gt_diags diags = {0};
	gt_registry_builtin(gt_builtin_adapters, gt_builtin_formats);
	gt_registry_load(getenv("GT_TEST_MODULES"), &diags);
	ck_assert_ptr_nonnull(gt_registry_adapter(GT_LIT("counter")));
	ck_assert_ptr_nonnull(gt_registry_adapter(GT_LIT("good")));
	ck_assert_ptr_nonnull(diag_of(&diags, GT_E_ADAPTER_ABI, "abi"));
	ck_assert_ptr_nonnull(diag_of(&diags, GT_E_ADAPTER_SIZE, "size"));
	ck_assert_ptr_nonnull(diag_of(&diags, GT_E_ADAPTER_SYMBOL, "symbol"));
	ck_assert_ptr_nonnull(diag_of(&diags, GT_E_ADAPTER_UNSOUND, "open"));
	ck_assert_uint_eq(diags.n, 4);
	ck_assert_ptr_null(gt_registry_adapter(GT_LIT("abi")));
	ck_assert_ptr_null(gt_registry_adapter(GT_LIT("size")));
	gt_registry_load(getenv("GT_TEST_MODULES"), &diags);
	ck_assert_ptr_nonnull(diag_of(&diags, GT_E_ADAPTER_TWICE, "good"));
	ck_assert_ptr_nonnull(diag_of(&diags, GT_E_ADAPTER_TWICE, "counter"));
	gt_diags_fini(&diags);
}
END_TEST

START_TEST(a_loaded_adapter_runs)
{
	struct gt_diags diags = {0};
	struct world world = {0};
	struct harness h;
	struct gt_err err = {0};
	static const char *const fields[] = {"n", "text", NULL};
	gt_registry_load(getenv("GT_TEST_MODULES"), &diags);
	const struct gt_adapter *counter = gt_registry_adapter(GT_LIT("counter"));
	ck_assert_ptr_nonnull(counter);
	harness_init(&h, &world, counter, NULL, "rows: 3\n", NULL, fields);
	ck_assert(harness_open(&h, GT_LIT("1"), &err));
	ck_assert_int_eq(harness_poll(&h, harness_limits, &err).result, GT_POLL_END);
	ck_assert_uint_eq(world.row_count, 2);
	ck_assert_str_eq(world.rows[1], "|3|0|{\"n\":3,\"text\":\"row 3\"}|3|row 3");
	harness_close(&h);
	world_free(&world);
	gt_diags_fini(&diags);
}
END_TEST

START_TEST(tells_of_a_folder_that_is_not_there_and_of_what_is_no_module)
{
	struct gt_diags diags = {0};
	gt_registry_load("/nonexistent/adapters", &diags);
	ck_assert_ptr_nonnull(diag_of(&diags, GT_E_ADAPTER_FOLDER, "/nonexistent"));
	gt_diags_fini(&diags);
	char folder[] = "/tmp/guantong-modules-XXXXXX", path[128];
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/guantong_adapter_text.so", folder);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs("no module", f);
	fclose(f);
	diags = (struct gt_diags){0};
	gt_registry_load(folder, &diags);
	ck_assert_ptr_nonnull(diag_of(&diags, GT_E_ADAPTER_LOAD, "text.so"));
	gt_diags_fini(&diags);
	remove(path);
	remove(folder);
}
END_TEST

UNIT_MAIN("registry", UNIT_TEST(knows_what_is_built_in), UNIT_TEST(shared_options_are_alike),
	UNIT_TEST(refuses_a_second_of_the_same_name),
	UNIT_TEST(takes_formats_with_all_their_callbacks),
	{(asserts_that_no_callback_is_missing), SIGABRT, 4},
	UNIT_TEST(loads_modules_and_tells_what_is_wrong_with_others),
	UNIT_TEST(a_loaded_adapter_runs),
	UNIT_TEST(tells_of_a_folder_that_is_not_there_and_of_what_is_no_module))
