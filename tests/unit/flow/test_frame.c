#include "isolate.h"

#include "unit.h"

/* What a child's format knows of a value comes through; bits that nobody knows do not. */
START_TEST(marks_of_values_travel)
{
	struct gt_batch *batch = gt_batch_new(1u << 20), *again = gt_batch_new(1u << 20);
	struct gt_buf out;

	gt_buf_init(&out, GT_FRAME_MAX);
	gt_batch_reset(batch, 2, 10, 1u << 20);
	gt_batch_reset(again, 2, 10, 1u << 20);
	struct gt_value *values =
		gt_batch_add(batch, gt_batch_copy(batch, GT_LIT("{}")), (struct gt_place){1, 1});
	values[0] = (struct gt_value){
		.kind = GT_NUMBER, .marks = GT_VALUE_DAMAGED, .size = 2, .text = "12"};
	values[1] = gt_value_text(GT_LIT("1900-01-01"));
	values[1].marks = GT_VALUE_LEAP;
	gt_frame_put_batch(&out, batch);
	struct gt_wire in = {gt_buf_str(&out), false};
	ck_assert(gt_frame_get_batch(&in, again));
	ck_assert_int_eq(again->rows[0].values[0].kind, GT_NUMBER);
	ck_assert_int_eq(again->rows[0].values[0].marks, GT_VALUE_DAMAGED);
	ck_assert_int_eq(again->rows[0].values[1].kind, GT_TEXT);
	ck_assert_int_eq(again->rows[0].values[1].marks, GT_VALUE_LEAP);

	values[1].marks = 8;
	gt_buf_clear(&out);
	gt_frame_put_batch(&out, batch);
	in = (struct gt_wire){gt_buf_str(&out), false};
	gt_batch_reset(again, 2, 10, 1u << 20);
	ck_assert(!gt_frame_get_batch(&in, again));
	gt_buf_fini(&out);
	gt_batch_free(batch);
	gt_batch_free(again);
}
END_TEST

UNIT_MAIN("frame", UNIT_TEST(marks_of_values_travel))
