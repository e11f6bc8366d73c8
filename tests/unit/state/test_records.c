/* Flow and slot records survive the way to the state topic and back; broken ones are refused. */
#include "flow_record.h"
#include "unit.h"

static struct gt_flow_record sample(void)
{
	struct gt_flow_record r = {.adapter = "file",
		.epoch = 1795320000,
		.next_seq = 419,
		.plan_digest = "abc",
		.read = 7,
		.accepted = 5,
		.rejected = 1,
		.unchanged = 1,
		.published = 6,
		.fan_out = 5,
		.last_record_us = 1795320000123456};

	memcpy(r.cursor, "a\0\"\xff\n", 5);
	r.cursor_len = 5;
	return r;
}

START_TEST(flow_record_round_trip)
{
	struct gt_flow_record before = sample(), after;
	struct gt_buf buf;
	struct gt_err err;

	gt_buf_init(&buf, 1 << 20);
	for (size_t n = 0; n <= GT_CURSOR_MAX; n = n < 6 ? n + 1 : n * 2) {
		before.cursor_len = n;
		before.retired = n % 2 == 1;
		gt_buf_clear(&buf);
		gt_flow_record_write(&before, &buf);
		ck_assert(gt_flow_record_parse(gt_buf_str(&buf), &after, &err));
		ck_assert_uint_eq(after.cursor_len, n);
		ck_assert(memcmp(after.cursor, before.cursor, n) == 0);
		ck_assert_uint_eq(after.next_seq, 419);
		ck_assert_uint_eq(after.epoch, before.epoch);
		ck_assert_int_eq(after.retired, before.retired);
		ck_assert_uint_eq(after.published, 6);
		ck_assert_int_eq(after.last_record_us, before.last_record_us);
		ck_assert_str_eq(after.plan_digest, "abc");
	}
	gt_buf_fini(&buf);
}
END_TEST

START_TEST(flow_record_refuses_what_it_cannot_trust)
{
	static const char *const bad[] = {"", "{}", "[]", "{\"flow_record\":2}", "nonsense",
		"{\"flow_record\":1,\"adapter\":\"file\",\"cursor\":\"%%%%\",\"epoch\":1,"
		"\"next_seq\":1,\"plan\":\"\",\"state\":\"active\"}",
		"{\"flow_record\":1,\"adapter\":\"file\",\"cursor\":\"\",\"epoch\":1,"
		"\"next_seq\":0,\"plan\":\"\",\"state\":\"active\"}",
		"{\"flow_record\":1,\"adapter\":\"file\",\"cursor\":\"\",\"epoch\":1,"
		"\"next_seq\":1,\"plan\":\"\",\"state\":\"asleep\"}"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct gt_flow_record record = {.next_seq = 77};
		struct gt_err err;

		ck_assert_msg(!gt_flow_record_parse(gt_cstr(bad[i]), &record, &err), "%s", bad[i]);
		ck_assert_uint_eq(record.next_seq, 77); /* untouched */
	}
}
END_TEST

START_TEST(slot_record_round_trip)
{
	struct gt_slot_record before = {.owner = "00112233445566778899aabbccddeeff",
		.generation = 3,
		.number = 18204,
		.frontier = "2:aa",
		.partitions = 4};
	struct gt_slot_record after;
	struct gt_buf buf;
	struct gt_err err;

	memset(before.manifest_hash, 0x5a, 32);
	gt_buf_init(&buf, 1 << 20);
	gt_slot_record_write(&before, &buf);
	ck_assert(gt_slot_record_parse(gt_buf_str(&buf), &after, &err));
	ck_assert(memcmp(&before, &after, sizeof(before)) == 0);
	buf.n -= 5;
	ck_assert(!gt_slot_record_parse(gt_buf_str(&buf), &after, &err));
	gt_buf_fini(&buf);
}
END_TEST

UNIT_MAIN("records", UNIT_TEST(flow_record_round_trip),
	UNIT_TEST(flow_record_refuses_what_it_cannot_trust), UNIT_TEST(slot_record_round_trip))
