/* A slot's state: what was applied, and the pending writes of batches in flight in front of it. */
#include "batch.h"
#include "state.h"
#include "unit.h"

static struct gt_buf value;

static const char *entry(struct gt_state *state, const char *flow, const char *key)
{
	if (!gt_state_entry(state, gt_cstr(flow), gt_cstr(key), &value))
		return NULL;
	return gt_buf_cstr(&value);
}

static struct gt_entry write_of(const char *key, const char *text)
{
	return (struct gt_entry){gt_cstr(key), gt_cstr(text)};
}

START_TEST(entries_are_read_through_pending_writes)
{
	struct gt_state *state = gt_state_new();
	struct gt_entry first = write_of("k", "1"), second = write_of("k", "2");

	gt_buf_init(&value, 4096);
	gt_state_apply_entry(state, gt_str("f\0k", 3), GT_LIT("0"));
	ck_assert_str_eq(entry(state, "f", "k"), "0");
	ck_assert_ptr_null(entry(state, "g", "k"));
	gt_state_pend(state, GT_LIT("f"), &first, 1);
	gt_state_pend(state, GT_LIT("f"), &second, 1);
	ck_assert_str_eq(entry(state, "f", "k"), "2");
	gt_state_settle(state, GT_LIT("f"), &first, 1); /* the newer batch is still in flight */
	ck_assert_str_eq(entry(state, "f", "k"), "2");
	gt_state_discard(state, GT_LIT("f"));
	ck_assert_str_eq(entry(state, "f", "k"), "1");
	gt_state_free(state);
	gt_buf_fini(&value);
}
END_TEST

START_TEST(a_pending_delete_hides_the_entry)
{
	struct gt_state *state = gt_state_new();
	struct gt_entry gone = {GT_LIT("k"), {0}};

	gt_buf_init(&value, 4096);
	gt_state_apply_entry(state, gt_str("f\0k", 3), GT_LIT("0"));
	gt_state_pend(state, GT_LIT("f"), &gone, 1);
	ck_assert_ptr_null(entry(state, "f", "k"));
	gt_state_settle(state, GT_LIT("f"), &gone, 1);
	ck_assert_ptr_null(entry(state, "f", "k"));
	ck_assert_uint_eq(gt_state_entry_bytes(state), 0);
	gt_state_free(state);
	gt_buf_fini(&value);
}
END_TEST

START_TEST(records_are_restored_and_cleared)
{
	struct gt_state *state = gt_state_new();
	struct gt_flow_record flow = {.adapter = "file", .next_seq = 5}, got;
	struct gt_slot_record slot = {.owner = "ab", .frontier = "0:", .partitions = 4}, got_slot;
	struct gt_err err;

	gt_buf_init(&value, 1 << 16);
	ck_assert(!gt_state_slot(state, &got_slot));
	gt_flow_record_write(&flow, &value);
	ck_assert(gt_state_apply(state, GT_LIT("cars/trips"), gt_buf_str(&value), &err));
	gt_buf_clear(&value);
	gt_slot_record_write(&slot, &value);
	ck_assert(gt_state_apply(state, GT_LIT(GT_SLOT_KEY), gt_buf_str(&value), &err));
	ck_assert(gt_state_flow(state, GT_LIT("cars/trips"), &got));
	ck_assert_uint_eq(got.next_seq, 5);
	ck_assert(gt_state_slot(state, &got_slot));
	ck_assert(!gt_state_apply(state, GT_LIT("x"), GT_LIT("rubbish"), &err));
	ck_assert_int_ne(err.class, GT_OK);
	gt_state_clear(state);
	ck_assert(!gt_state_flow(state, GT_LIT("cars/trips"), &got));
	ck_assert(!gt_state_slot(state, &got_slot));
	gt_state_free(state);
	gt_buf_fini(&value);
}
END_TEST

UNIT_MAIN("state", UNIT_TEST(entries_are_read_through_pending_writes),
	UNIT_TEST(a_pending_delete_hides_the_entry), UNIT_TEST(records_are_restored_and_cleared))
