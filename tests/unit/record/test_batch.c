#include "batch.h"
#include "unit.h"
#include <stdio.h>

static struct gt_batch *batch;

static void start(size_t fields, size_t rows, size_t raw)
{
	batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	gt_batch_reset(batch, fields, rows, raw);
}

static struct gt_value *add(const char *raw, uint64_t row)
{
	return gt_batch_add(
		batch, gt_batch_copy(batch, gt_cstr(raw)), (struct gt_place){row * 10, row});
}

static struct gt_err why(const char *what)
{
	struct gt_err err;

	gt_fail(&err, GT_E_FILE_MISSING, what);
	return err;
}

START_TEST(rows_keep_values_place_and_document)
{
	struct gt_document a = {.name = GT_LIT("a.csv"), .format = GT_LIT("csv")},
			   b = {.name = GT_LIT("b.csv"), .columns = GT_LIT("[\"x\"]")};

	start(3, 10, 1000);
	add("before", 1);
	gt_batch_document(batch, &a);
	struct gt_value *values = add("one", 2);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(values[i].kind, GT_ABSENT);
	values[1] = gt_value_text(gt_batch_copy(batch, GT_LIT("贯通")));
	gt_batch_document(batch, &b);
	add("two", 3);
	ck_assert_uint_eq(gt_batch_rows(batch), 3);
	ck_assert_uint_eq(gt_batch_bytes(batch), 12);
	ck_str_is(gt_value_str(&batch->rows[1].values[1]), "贯通");
	ck_str_is(batch->rows[1].raw, "one");
	ck_assert_uint_eq(batch->rows[1].offset, 20);
	ck_assert_uint_eq(batch->rows[1].row, 2);
	ck_assert_ptr_null(batch->documents[batch->rows[0].document].name.p);
	ck_str_is(batch->documents[batch->rows[1].document].name, "a.csv");
	ck_assert_ptr_null(batch->documents[batch->rows[1].document].columns.p);
	ck_str_is(batch->documents[batch->rows[2].document].columns, "[\"x\"]");
	ck_assert(gt_batch_ok(batch));
	gt_batch_free(batch);
	gt_batch_free(NULL);
}
END_TEST

START_TEST(limits_refuse_and_stick)
{
	start(1, 2, 1000);
	ck_assert_ptr_nonnull(add("a", 1));
	ck_assert_ptr_nonnull(add("b", 2));
	ck_assert(gt_batch_ok(batch)); /* exactly full is not refused */
	ck_assert_ptr_null(add("c", 3));
	ck_assert(!gt_batch_ok(batch));
	ck_assert_ptr_null(gt_batch_alloc(batch, 1));
	ck_assert_ptr_null(gt_batch_copy(batch, GT_LIT("x")).p);
	gt_batch_cursor(batch, GT_LIT("behind b")); /* what was read still counts */
	ck_str_is(gt_batch_cursor_get(batch), "behind b");
	ck_assert_uint_eq(gt_batch_rows(batch), 2);

	gt_batch_reset(batch, 1, 10, 5);
	ck_assert_ptr_nonnull(add("123", 1));
	ck_assert_ptr_nonnull(add("45", 2));
	ck_assert_ptr_null(add("6", 3));

	gt_batch_reset(batch, 1, 10, 5);
	ck_assert_ptr_nonnull(add("longer than all", 1)); /* the first always */
	ck_assert_ptr_null(add("", 2));

	gt_batch_reset(batch, 1, 0, 5);
	ck_assert_ptr_null(add("", 1));
	gt_batch_free(batch);
}
END_TEST

START_TEST(rows_leave_room_for_messages)
{
	size_t rows = 0;

	batch = gt_batch_new(1 << 20);
	gt_batch_reset(batch, GT_FIELDS_MAX, GT_BATCH_ROWS_MAX, GT_BATCH_RAW_MAX);
	while (add("x", rows + 1))
		rows++;
	ck_assert_uint_ge(rows, 2);
	ck_assert_uint_le(batch->arena.used, (1 << 20) / 2);
	ck_assert_ptr_nonnull(gt_arena_alloc(&batch->arena, (1 << 20) / 2)); /* the host's own */
	gt_batch_free(batch);
}
END_TEST

START_TEST(an_exhausted_arena_refuses)
{
	batch = gt_batch_new(4096);
	gt_batch_reset(batch, 4, 100, 100000);
	ck_assert_ptr_nonnull(gt_batch_alloc(batch, 4040));
	ck_assert_ptr_null(add("a row without room", 1));
	ck_assert(!gt_batch_ok(batch));
	gt_batch_reset(batch, 4, 100, 100000);
	ck_assert_ptr_nonnull(add("a", 1));
	ck_assert_ptr_null(gt_batch_alloc(batch, SIZE_MAX));
	ck_assert(!gt_batch_ok(batch));
	gt_batch_free(batch);
}
END_TEST

START_TEST(bad_rows_say_why)
{
	struct gt_err a = why("a"), b = why("b");

	start(2, 10, 1000);
	ck_assert(gt_batch_add_bad(
		batch, gt_batch_copy(batch, GT_LIT("cut")), (struct gt_place){5, 1}, 5000000, &a));
	add("fine", 2);
	add("broken", 3);
	gt_batch_spoil(batch, &b);
	a = b = (struct gt_err){0}; /* they were copied */
	ck_assert_uint_eq(gt_batch_rows(batch), 3);
	ck_assert_ptr_null(batch->rows[0].values);
	ck_assert_uint_eq(batch->rows[0].whole_bytes, 5000000);
	ck_assert_int_eq(batch->rows[0].bad->code, GT_E_FILE_MISSING);
	ck_assert_ptr_null(batch->rows[1].bad);
	ck_assert_ptr_null(batch->rows[2].values);
	ck_assert_uint_eq(batch->rows[2].bad->used, 2);
	gt_batch_free(batch);

	/* Without room for the reason the row is left for the next batch. */
	b = why("b");
	batch = gt_batch_new(1024);
	gt_batch_reset(batch, 1, 10, 1000);
	ck_assert_ptr_nonnull(add("broken", 1));
	gt_batch_spoil(batch, &b);
	ck_assert_uint_eq(gt_batch_rows(batch), 0);
	ck_assert_uint_eq(gt_batch_bytes(batch), 0);
	ck_assert(!gt_batch_ok(batch));
	gt_batch_reset(batch, 1, 10, 1000);
	ck_assert(!gt_batch_add_bad(batch, GT_LIT("x"), (struct gt_place){0, 1}, 0, &b));
	gt_batch_free(batch);
}
END_TEST

START_TEST(totals_are_summed_by_name)
{
	char name[] = "n0";

	start(0, 10, 1000);
	gt_batch_total(batch, "rows", 7);
	gt_batch_total(batch, "sum", -3);
	gt_batch_total(batch, "rows", 5);
	ck_assert_uint_eq(batch->total_count, 2);
	ck_assert_str_eq(batch->totals[0].name, "rows");
	ck_assert_int_eq(batch->totals[0].value, 12);
	ck_assert_int_eq(batch->totals[1].value, -3);
	gt_batch_total(batch, "sum", INT64_MIN);
	ck_assert_int_eq(batch->totals[1].value, INT64_MIN); /* not around the corner */
	gt_batch_total(batch, "rows", INT64_MAX);
	ck_assert_int_eq(batch->totals[0].value, INT64_MAX);
	for (; name[1] < '6'; name[1]++)
		gt_batch_total(batch, name, 1);
	ck_assert(gt_batch_ok(batch));
	gt_batch_total(batch, "a ninth", 1);
	ck_assert(!gt_batch_ok(batch));
	gt_batch_reset(batch, 0, 10, 1000);
	gt_batch_total(batch, "a name of more than thirty-one bytes", 1);
	ck_assert(!gt_batch_ok(batch));
	gt_batch_free(batch);
}
END_TEST

START_TEST(entries_and_their_limits)
{
	char big[5000] = {0};

	start(0, 10, 1000);
	gt_batch_entry(batch, GT_LIT("k"), GT_LIT("v"));
	gt_batch_entry(batch, GT_LIT("gone"), gt_cstr(NULL));
	gt_batch_entry(batch, GT_LIT("empty"), GT_LIT(""));
	gt_batch_entry(batch, gt_str(big, 512), gt_str(big, 4096));
	ck_assert(gt_batch_ok(batch));
	ck_assert_uint_eq(batch->entry_count, 4);
	ck_str_is(batch->entries[0].value, "v");
	ck_assert_ptr_null(batch->entries[1].value.p);
	ck_assert_ptr_nonnull(batch->entries[2].value.p);
	gt_batch_entry(batch, gt_str(big, 513), GT_LIT(""));
	ck_assert(!gt_batch_ok(batch));
	gt_batch_reset(batch, 0, 10, 1000);
	gt_batch_entry(batch, GT_LIT("k"), gt_str(big, 4097));
	ck_assert(!gt_batch_ok(batch));
	gt_batch_reset(batch, 0, 10, 1000);
	for (unsigned i = 0; i < GT_ENTRIES_MAX; i++)
		gt_batch_entry(batch, GT_LIT("k"), GT_LIT("v"));
	ck_assert(gt_batch_ok(batch));
	gt_batch_entry(batch, GT_LIT("k"), GT_LIT("v"));
	ck_assert(!gt_batch_ok(batch));
	ck_assert_uint_eq(batch->entry_count, GT_ENTRIES_MAX);
	gt_batch_free(batch);
}
END_TEST

START_TEST(documents_have_a_limit)
{
	struct gt_document document = {.name = GT_LIT("x")};

	start(0, 10, 1000);
	for (unsigned i = 1; i < GT_DOCUMENTS_MAX; i++)
		gt_batch_document(batch, &document);
	ck_assert(gt_batch_ok(batch));
	gt_batch_document(batch, &document);
	ck_assert(!gt_batch_ok(batch));
	ck_assert_uint_eq(batch->document_count, GT_DOCUMENTS_MAX);
	gt_batch_free(batch);
}
END_TEST

START_TEST(the_cursor)
{
	char big[GT_CURSOR_MAX + 1];

	memset(big, 'c', sizeof big);
	start(0, 10, 1000);
	ck_assert_ptr_null(gt_batch_cursor_get(batch).p);
	gt_batch_cursor(batch, GT_LIT(""));
	ck_assert_ptr_nonnull(gt_batch_cursor_get(batch).p);
	gt_batch_cursor(batch, gt_str(big, GT_CURSOR_MAX));
	ck_assert_uint_eq(gt_batch_cursor_get(batch).n, GT_CURSOR_MAX);
	ck_assert(gt_batch_ok(batch));
	gt_batch_cursor(batch, gt_str(big, GT_CURSOR_MAX + 1));
	ck_assert(!gt_batch_ok(batch));
	gt_batch_reset(batch, 0, 10, 1000);
	ck_assert_ptr_null(gt_batch_cursor_get(batch).p);
	gt_batch_wait(batch, 5, 1, 99);
	ck_assert(batch->wait_fd == 5 && batch->wait_events == 1 && batch->wait_deadline_us == 99);
	gt_batch_skip(batch, 3);
	gt_batch_skip(batch, 4);
	ck_assert_uint_eq(batch->skipped, 7);
	gt_batch_reset(batch, 0, 10, 1000);
	ck_assert(batch->wait_fd == -1 && batch->skipped == 0);
	gt_batch_free(batch);
}
END_TEST

/* What a batch shows to the outside, as text, to compare two states. */
static const char *picture(char out[4096])
{
	struct gt_str cursor = gt_batch_cursor_get(batch);
	size_t n = (size_t)snprintf(out, 4096, "%zu %zu %d %zu %zu %llu [%.*s]%d", batch->row_count,
		batch->raw_bytes, batch->full, batch->document_count, batch->entry_count,
		(unsigned long long)batch->skipped, GT_STR_ARGS(cursor), cursor.p != NULL);

	for (size_t i = 0; i < batch->total_count; i++)
		n += (size_t)snprintf(out + n, 4096 - n, " %s=%lld", batch->totals[i].name,
			(long long)batch->totals[i].value);
	snprintf(out + n, 4096 - n, " used %zu", batch->arena.used);
	return out;
}

static uint32_t state;

static uint32_t next(uint32_t below)
{
	state = state * 1664525u + 1013904223u;
	return (state >> 8) % below;
}

static void something(void)
{
	static const char *const words[] = {"a", "bb", "ccc", "", "eeeee", "f", "g", "h"};
	const char *word = words[next(8)];
	struct gt_document document = {.name = gt_cstr(word)};

	switch (next(7)) {
	case 0:
		add(word, 1);
		break;
	case 1:
		gt_batch_total(batch, word, next(100));
		break;
	case 2:
		gt_batch_cursor(batch, gt_cstr(word));
		break;
	case 3:
		gt_batch_entry(batch, gt_cstr(word), gt_cstr(word));
		break;
	case 4:
		gt_batch_document(batch, &document);
		break;
	case 5:
		gt_batch_skip(batch, next(5));
		break;
	default:
		gt_batch_alloc(batch, next(3000));
	}
}

/* Property: whatever happens behind a mark, nested marks and rollbacks included, a rollback shows
 * the batch as it was. */
START_TEST(rollback_restores_everything)
{
	start(3, 40, 100);
	for (uint32_t run = 1; run <= 3000; run++) {
		struct gt_mark marks[8];
		char pictures[8][4096], now[4096];
		size_t depth = 0;

		state = run;
		gt_batch_reset(batch, 3, 40, 100);
		for (int step = 0; step < 80; step++) {
			uint32_t what = next(10);

			if (what == 0 && depth < 8) {
				marks[depth] = gt_batch_mark(batch);
				picture(pictures[depth++]);
			} else if (what == 1 && depth > 0) {
				depth = 1 + next((uint32_t)depth); /* to any of them; it stays */
				gt_batch_rollback(batch, marks[depth - 1]);
				ck_assert_str_eq(picture(now), pictures[depth - 1]);
			} else {
				something();
			}
		}
	}
	gt_batch_free(batch);
}
END_TEST

START_TEST(too_many_fields_abort)
{
	start(GT_FIELDS_MAX + 1, 10, 1000);
}
END_TEST

UNIT_MAIN("batch", UNIT_TEST(rows_keep_values_place_and_document),
	UNIT_TEST(limits_refuse_and_stick), UNIT_TEST(rows_leave_room_for_messages),
	UNIT_TEST(an_exhausted_arena_refuses), UNIT_TEST(bad_rows_say_why),
	UNIT_TEST(totals_are_summed_by_name), UNIT_TEST(entries_and_their_limits),
	UNIT_TEST(documents_have_a_limit), UNIT_TEST(the_cursor),
	UNIT_TEST(rollback_restores_everything), UNIT_ABORT(too_many_fields_abort))
