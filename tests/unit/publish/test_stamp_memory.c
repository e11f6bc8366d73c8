/* From row to message and leaf, no memory is asked from the system: counted by wrapping the
 * allocator at link time, over a warm batch. */
#include "../normalise/fixture.h"
#include "envelope.h"
#include "leaf.h"

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

#define ROWS 500

/* Fills and stamps one batch; every tenth row is rejected. Returns the messages made. */
static size_t fill(struct fixture *f, const struct gt_stamp *stamp, struct gt_hasher *hasher)
{
	static const char *const texts[] = {
		"YC0000000418", "鄂A·12345", "2024.3.27 8:25", "suv", "张三"};
	struct gt_message messages[GT_FAN_OUT_MAX];
	struct gt_reason reason = {.code = GT_E_FILE_MISSING, .element = SIZE_MAX};
	size_t fields, made = 0;
	bool too_large;

	gt_fail(&reason.err, GT_E_FILE_MISSING, "x");
	gt_plan_fields(f->plan, &fields);
	gt_batch_reset(f->batch, fields, ROWS, GT_BATCH_RAW_MAX);
	for (uint64_t i = 0; i < ROWS; i++) {
		struct gt_str raw = gt_batch_copy(f->batch, GT_LIT("{raw}"));
		struct gt_value *values = gt_batch_add(f->batch, raw, (struct gt_place){i, i + 1});
		size_t n;

		for (size_t v = 0; v < fields; v++)
			values[v] = gt_value_text(gt_cstr(texts[v]));
		if (i % 10 == 9)
			n = gt_stamp_reject(stamp, f->batch, &f->batch->rows[i], &reason, 1, i + 1,
				NOW_US, messages);
		else if (gt_plan_run(f->plan, f->batch, &f->batch->rows[i], NOW_US, &f->norm) ==
			 GT_RAN_ACCEPTED)
			n = gt_stamp_accept(
				stamp, f->batch, &f->norm, made + 1, messages, &too_large);
		else
			abort();
		for (size_t m = 0; m < n; m++)
			gt_leaf(hasher, messages[m].key, messages[m].value, messages[m].headers,
				messages[m].leaf);
		made += n;
	}
	return made;
}

START_TEST(a_warm_batch_asks_for_nothing)
{
	struct gt_pseudonym_key key = test_key();
	struct gt_hasher *hasher = gt_hasher_new();
	struct fixture f;
	struct gt_stamp *stamp;
	unsigned long before;
	size_t made;

	fixture_standard(&f);
	ck_assert_ptr_nonnull(fixture_plan(&f, "vehicle.dispatch-order",
		"order_no: a\nplate_no: b\ndepart_time: c\nvehicle_type: d\napplicant: e\n", &key));
	stamp = gt_stamp_new(&(struct gt_stamp_conf){.prefix = GT_LIT("jgsw"),
		.site = GT_LIT("wuchang"),
		.source = GT_LIT("cars"),
		.flow = GT_LIT("trips"),
		.epoch = 1795320000,
		.plan = f.plan});
	ck_assert_uint_eq(fill(&f, stamp, hasher), ROWS / 10 + 2 * (ROWS - ROWS / 10));
	before = calls;
	made = fill(&f, stamp, hasher);
	ck_assert_uint_eq(calls - before, 0);
	ck_assert_uint_gt(made, ROWS);
	gt_stamp_unref(stamp);
	gt_hasher_free(hasher);
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("stamp_memory", UNIT_TEST(a_warm_batch_asks_for_nothing))
