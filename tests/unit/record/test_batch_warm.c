/* A warm batch asks the system for no memory: 10,000 rows with documents, entries, bad rows, marks
 * and cursors, counted by wrapping the allocator at link time. */
#include "batch.h"
#include "unit.h"

static unsigned long calls;

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);

void *__wrap_malloc(size_t size)
{
	calls++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	calls++;
	return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	calls++;
	return __real_realloc(p, size);
}

#define ROWS 10000
#define FIELDS 12

static void fill(struct gt_batch *batch)
{
	struct gt_document document = {
		GT_LIT("a.csv"), GT_LIT("00"), GT_LIT("csv"), GT_LIT("UTF-8"), GT_LIT("[]")};
	struct gt_err why = {.class = GT_DATA, .code = GT_E_FILE_MISSING};

	for (uint64_t i = 0; i < ROWS; i++) {
		if (i % 100 == 0)
			gt_batch_document(batch, &document);

		struct gt_mark mark = gt_batch_mark(batch);
		struct gt_str raw = gt_batch_copy(batch, GT_LIT("one,two,three"));
		struct gt_value *values =
			gt_batch_add(batch, raw, (struct gt_place){i * 14, i + 1});

		if (!values)
			abort(); /* Check's assertions allocate */
		for (size_t f = 0; f < FIELDS; f++)
			values[f] = gt_value_text(raw);
		if (i % 50 == 7)
			gt_batch_spoil(batch, &why);
		if (i % 10 == 0)
			gt_batch_entry(batch, GT_LIT("key"), GT_LIT("value"));
		gt_batch_total(batch, "rows", 1);
		gt_batch_cursor(batch, GT_LIT("a.csv:1234"));
		if (i % 1000 == 500)
			gt_batch_rollback(batch, mark);
	}
	if (!gt_batch_ok(batch) || gt_batch_rows(batch) != ROWS - ROWS / 1000)
		abort();
}

START_TEST(a_warm_batch_allocates_nothing)
{
	struct gt_batch *batch = gt_batch_new(GT_BATCH_ARENA_MAX);

	gt_batch_reset(batch, FIELDS, GT_BATCH_ROWS_MAX, GT_BATCH_RAW_MAX);
	fill(batch);
	ck_assert_uint_gt(calls, 0); /* the counting works */
	for (int round = 0; round < 3; round++) {
		unsigned long before = calls;

		gt_batch_reset(batch, FIELDS, GT_BATCH_ROWS_MAX, GT_BATCH_RAW_MAX);
		fill(batch);

		unsigned long during = calls - before;

		ck_assert_uint_eq(during, 0);
	}
	gt_batch_free(batch);
}
END_TEST

UNIT_MAIN("batch_warm", UNIT_TEST(a_warm_batch_allocates_nothing))
