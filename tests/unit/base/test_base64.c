#include "base64.h"
#include "unit.h"

START_TEST(vectors_of_rfc_4648)
{
	static const struct {
		const char *plain, *text, *url;
	} rows[] = {{"", "", ""}, {"f", "Zg==", "Zg"}, {"fo", "Zm8=", "Zm8"},
		{"foo", "Zm9v", "Zm9v"}, {"foob", "Zm9vYg==", "Zm9vYg"},
		{"fooba", "Zm9vYmE=", "Zm9vYmE"}, {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
		{"\xfb\xff\xbf", "+/+/", "-_-_"}};
	struct gt_buf buf;

	gt_buf_init(&buf, 100);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char out[16];
		size_t n = 99;

		gt_buf_clear(&buf);
		gt_base64_add(&buf, gt_cstr(rows[i].plain));
		ck_str_is(gt_buf_str(&buf), rows[i].text);
		ck_assert(gt_base64_decode(gt_cstr(rows[i].text), out, sizeof out, &n));
		ck_str_is(gt_str(out, n), rows[i].plain);
		n = gt_base64url_write(out, rows[i].plain, strlen(rows[i].plain));
		ck_str_is(gt_str(out, n), rows[i].url);
	}
	gt_buf_fini(&buf);
}
END_TEST

START_TEST(every_length_round_trips)
{
	unsigned char bytes[200], back[200];
	struct gt_buf buf;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 151 + 7);
	gt_buf_init(&buf, 1000);
	for (size_t n = 0; n <= sizeof bytes; n++) {
		size_t got = 0;

		gt_buf_clear(&buf);
		gt_base64_add(&buf, gt_str((const char *)bytes, n));
		ck_assert(gt_base64_decode(gt_buf_str(&buf), back, n, &got)); /* exactly fits */
		ck_assert_uint_eq(got, n);
		ck_assert(n == 0 || memcmp(bytes, back, n) == 0);
		ck_assert(n == 0 || !gt_base64_decode(gt_buf_str(&buf), back, n - 1, &got));
	}
	gt_buf_fini(&buf);
}
END_TEST

START_TEST(what_is_not_base64)
{
	static const char *const rows[] = {"Z", "Zg",
		"Zg=", "Zg===", "Zm9v=", "====", "Z===", "Zm9v\n", "Zm-v", "Zm_v",
		"Z=g=", "Zg==Zg==", " Zg==", "Zm9v\xE8\xB4\xAF="};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char out[64];
		size_t n;

		ck_assert_msg(
			!gt_base64_decode(gt_cstr(rows[i]), out, sizeof out, &n), "“%s”", rows[i]);
	}
}
END_TEST

UNIT_MAIN("base64", UNIT_TEST(vectors_of_rfc_4648), UNIT_TEST(every_length_round_trips),
	UNIT_TEST(what_is_not_base64))
