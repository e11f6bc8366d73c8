#include "buf.h"
#include "unit.h"

START_TEST(grows_to_its_maximum_and_no_further)
{
	struct gt_buf buf;

	gt_buf_init(&buf, 100);
	ck_assert_str_eq(gt_buf_cstr(&buf), "");
	for (int i = 0; i < 10; i++)
		gt_buf_adds(&buf, "0123456789");
	ck_assert(!buf.full);
	ck_assert_uint_eq(buf.n, 100);
	ck_assert_uint_eq(strlen(gt_buf_cstr(&buf)), 100);
	gt_buf_adds(&buf, "x");
	ck_assert(buf.full);
	gt_buf_adds(&buf, "");
	ck_assert_uint_eq(buf.n, 100);
	gt_buf_drop(&buf, 95);
	gt_buf_adds(&buf, "y"); /* sticky: still refused */
	ck_str_is(gt_buf_str(&buf), "56789");
	gt_buf_clear(&buf);
	gt_buf_adds(&buf, "z");
	ck_str_is(gt_buf_str(&buf), "z");
	gt_buf_fini(&buf);
	gt_buf_fini(&buf);
}
END_TEST

START_TEST(prints_exactly_up_to_the_maximum)
{
	struct gt_buf buf;

	gt_buf_init(&buf, 5);
	gt_buf_addf(&buf, "%s", "12345");
	ck_assert(!buf.full);
	ck_str_is(gt_buf_str(&buf), "12345");
	gt_buf_addf(&buf, "%d", 6);
	ck_assert(buf.full);
	gt_buf_fini(&buf);
}
END_TEST

START_TEST(room_is_writable_and_bounded)
{
	struct gt_buf buf;

	gt_buf_init(&buf, 10);
	char *room = gt_buf_room(&buf, 10);
	memset(room, 'a', 10);
	buf.n += 10;
	ck_str_is(gt_buf_str(&buf), "aaaaaaaaaa");
	ck_assert_ptr_null(gt_buf_room(&buf, 1));
	ck_assert(buf.full);
	gt_buf_fini(&buf);
}
END_TEST

START_TEST(escapes_json)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"", "\"\""},
		{"贯通 a", "\"贯通 a\""},
		{"\"\\/", "\"\\\"\\\\/\""},
		{"\b\t\n\v\f\r\x01\x1f\x7f", "\"\\b\\t\\n\\u000b\\f\\r\\u0001\\u001f\x7f\""},
	};
	struct gt_buf buf;

	gt_buf_init(&buf, 1000);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		gt_buf_clear(&buf);
		gt_buf_json(&buf, gt_cstr(rows[i].in));
		ck_str_is(gt_buf_str(&buf), rows[i].out);
	}
	gt_buf_fini(&buf);
}
END_TEST

START_TEST(wire_round_trip)
{
	struct gt_buf buf;

	gt_buf_init(&buf, 1000);
	gt_buf_u8(&buf, 0xFE);
	gt_buf_u32(&buf, 0x01020304);
	gt_buf_u64(&buf, UINT64_C(0xFFEEDDCCBBAA9988));
	gt_buf_blob(&buf, GT_LIT("abc"));
	gt_buf_blob(&buf, GT_LIT(""));
	gt_buf_blob(&buf, gt_cstr(NULL));
	ck_assert_mem_eq(buf.p, "\xFE\1\2\3\4\xFF\xEE\xDD\xCC\xBB\xAA\x99\x88\0\0\0\3abc", 20);

	struct gt_wire wire = {gt_buf_str(&buf), false};
	ck_assert_uint_eq(gt_wire_u8(&wire), 0xFE);
	ck_assert_uint_eq(gt_wire_u32(&wire), 0x01020304);
	ck_assert_uint_eq(gt_wire_u64(&wire), UINT64_C(0xFFEEDDCCBBAA9988));
	ck_str_is(gt_wire_blob(&wire), "abc");
	struct gt_str empty = gt_wire_blob(&wire), none = gt_wire_blob(&wire);
	ck_assert(empty.p != NULL && empty.n == 0);
	ck_assert_ptr_null(none.p);
	ck_assert(!wire.broken && wire.rest.n == 0);

	/* Every shorter text is broken and reads nothing beyond itself. */
	for (size_t n = 0; n < buf.n; n++) {
		char *copy = malloc(n + 1);

		memcpy(copy, buf.p, n);
		wire = (struct gt_wire){gt_str(copy, n), false};
		gt_wire_u8(&wire);
		gt_wire_u32(&wire);
		gt_wire_u64(&wire);
		gt_wire_blob(&wire);
		gt_wire_blob(&wire);
		gt_wire_blob(&wire);
		ck_assert(wire.broken);
		ck_assert_uint_eq(gt_wire_u64(&wire), 0);
		free(copy);
	}
	gt_buf_fini(&buf);
}
END_TEST

UNIT_MAIN("buf", UNIT_TEST(grows_to_its_maximum_and_no_further),
	UNIT_TEST(prints_exactly_up_to_the_maximum), UNIT_TEST(room_is_writable_and_bounded),
	UNIT_TEST(escapes_json), UNIT_TEST(wire_round_trip))
