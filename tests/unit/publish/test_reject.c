#include "../normalise/fixture.h"
#include "envelope.h"
#include "io.h"
#include "leaf.h"

#define MAP "order_no: ID\nplate_no: CPH\ndepart_time: CFSJ\nvehicle_type: CLLX\n"

struct rejecting {
	struct fixture f;
	struct gt_stamp *stamp;
	struct gt_message message;
};

static void start(struct rejecting *r)
{
	struct gt_pseudonym_key key = test_key();
	struct gt_document document = {GT_LIT("出车.csv"), GT_LIT("00ff"), GT_LIT("csv"),
		GT_LIT("GB18030"), GT_LIT("[\"ID\",\"CPH\"]")};

	fixture_standard(&r->f);
	ck_assert_ptr_nonnull(fixture_plan(&r->f, "vehicle.dispatch-order", MAP, &key));
	r->stamp = gt_stamp_new(&(struct gt_stamp_conf){.prefix = GT_LIT("jgsw"),
		.site = GT_LIT("wuchang"),
		.source = GT_LIT("cars"),
		.flow = GT_LIT("trips"),
		.basis = GT_LIT("declared"),
		.standard = GT_LIT("abcd"),
		.epoch = 1795320000,
		.plan = r->f.plan});
	gt_batch_reset(r->f.batch, 4, 10, GT_BATCH_RAW_MAX);
	gt_batch_document(r->f.batch, &document);
}

static void end(struct rejecting *r)
{
	gt_stamp_unref(r->stamp);
	fixture_end(&r->f);
}

static struct gt_str header(const struct gt_message *message, const char *name)
{
	struct gt_str found = {NULL, 0};
	size_t times = 0;

	for (size_t i = 0; i < message->headers->n; i++) {
		if (!gt_str_eq(message->headers->v[i].name, gt_cstr(name)))
			continue;
		found = message->headers->v[i].value;
		times++;
	}
	ck_assert_msg(times <= 1, "header %s stands %zu times", name, times);
	return found;
}

START_TEST(tells_everything_that_a_replay_needs)
{
	struct rejecting r;

	start(&r);
	ck_assert_ptr_nonnull(gt_batch_add(r.f.batch,
		gt_batch_copy(r.f.batch, GT_LIT("1,x,\x81\x30")), (struct gt_place){1234, 56}));

	struct gt_reason reasons[2] = {
		{.code = GT_E_FILE_MISSING, .element = 1, .element_name = GT_LIT("plate_no")},
		{.code = GT_E_FILE_DENIED, .element = SIZE_MAX}};

	gt_fail(&reasons[0].err, GT_E_FILE_MISSING, "a\"b");
	gt_fail(&reasons[1].err, GT_E_FILE_DENIED, "c");
	gt_language_set(GT_EN);
	ck_assert_uint_eq(gt_stamp_reject(r.stamp, r.f.batch, &r.f.batch->rows[0], reasons, 2, 419,
				  NOW_US, &r.message),
		1);
	ck_str_is(r.message.topic, "jgsw.wuchang.rejected");
	ck_str_is(r.message.key, "wuchang/cars/trips");
	ck_str_is(r.message.value, "1,x,\x81\x30");
	ck_assert_ptr_eq(r.message.value.p, r.f.batch->rows[0].raw.p);
	ck_assert_uint_eq(r.message.seq, 419);
	ck_assert_int_eq(r.message.kind, GT_MSG_REJECT);
	ck_str_is(header(&r.message, "gt_origin"), "/wuchang/cars/trips");
	ck_str_is(header(&r.message, "gt_id"), "1795320000.419");
	ck_str_is(header(&r.message, "gt_entity"), "vehicle.dispatch-order@1");
	ck_str_is(header(&r.message, "gt_basis"), "declared");
	ck_str_is(header(&r.message, "gt_poll_time"), "2024-03-27T00:25:00Z");
	ck_str_is(header(&r.message, "gt_standard_digest"), "abcd");
	ck_assert_uint_eq(header(&r.message, "gt_plan_digest").n, 64);
	ck_str_is(header(&r.message, "gt_format"), "csv");
	ck_str_is(header(&r.message, "gt_charset"), "GB18030");
	ck_str_is(header(&r.message, "gt_columns"), "[\"ID\",\"CPH\"]");
	ck_str_is(header(&r.message, "gt_document"), "出车.csv");
	ck_str_is(header(&r.message, "gt_document_digest"), "00ff");
	ck_str_is(header(&r.message, "gt_offset"), "1234");
	ck_str_is(header(&r.message, "gt_row"), "56");
	ck_str_is(header(&r.message, "gt_reasons"),
		"[{\"code\":\"GT1001\",\"element\":\"plate_no\",\"message\":\"there is no file "
		"“a\\\"b”\"},"
		"{\"code\":\"GT1002\",\"element\":\"\",\"message\":\"no permission for the file "
		"“c”\"}]");
	ck_str_is(header(&r.message, "__connect.errors.connector.name"), "cars/trips");
	ck_str_is(header(&r.message, "__connect.errors.stage"), "TRANSFORMATION");
	ck_str_is(header(&r.message, "__connect.errors.exception.class.name"), "GT1001");
	ck_str_is(header(&r.message, "__connect.errors.exception.message"),
		"there is no file “a\"b”");
	ck_assert_ptr_null(header(&r.message, "gt_content_length").p);
	ck_assert_uint_le(r.message.headers->n, GT_HEADERS_MAX);
	for (size_t i = 0; i < r.message.headers->n; i++)
		ck_assert_int_eq(
			r.message.headers->v[i].name.p[r.message.headers->v[i].name.n], '\0');
	end(&r);
}
END_TEST

START_TEST(a_bad_row_says_its_stage)
{
	struct rejecting r;
	struct gt_err why = {.class = GT_DATA};

	start(&r);
	gt_fail(&why, GT_E_FILE_MISSING, "x");
	ck_assert(gt_batch_add_bad(r.f.batch, gt_batch_copy(r.f.batch, GT_LIT("{")),
		(struct gt_place){0, 1}, 5000000, &why));

	struct gt_reason reason = {.code = why.code, .element = SIZE_MAX, .err = why};

	ck_assert_uint_eq(gt_stamp_reject(r.stamp, r.f.batch, &r.f.batch->rows[0], &reason, 1, 7,
				  NOW_US, &r.message),
		1);
	ck_str_is(header(&r.message, "__connect.errors.stage"), "VALUE_CONVERTER");
	/* Cut by whoever read it: the length is known, the digest is not. */
	ck_str_is(header(&r.message, "gt_content_length"), "5000000");
	ck_assert_ptr_null(header(&r.message, "gt_content_digest").p);
	end(&r);
}
END_TEST

START_TEST(a_long_row_is_published_in_part)
{
	struct rejecting r;
	struct gt_reason reason = {.code = GT_E_FILE_MISSING, .element = SIZE_MAX};
	struct gt_hasher *hasher = gt_hasher_new();
	size_t sizes[] = {512 * 1024, 512 * 1024 + 1};

	start(&r);
	gt_fail(&reason.err, GT_E_FILE_MISSING, "x");
	for (size_t i = 0; i < 2; i++) {
		char *large = gt_batch_alloc(r.f.batch, sizes[i]), hex[65];
		struct gt_row row = {.raw = {large, sizes[i]}};
		unsigned char digest[32];

		memset(large, 'y', sizes[i]);
		ck_assert_uint_eq(gt_stamp_reject(r.stamp, r.f.batch, &row, &reason, 1, 7, NOW_US,
					  &r.message),
			1);
		ck_assert_uint_eq(r.message.value.n, i == 0 ? sizes[i] : GT_REJECT_KEEP);
		if (i == 0) {
			ck_assert_ptr_null(header(&r.message, "gt_content_digest").p);
			continue;
		}
		gt_sha256(hasher, row.raw, digest);
		gt_hex(hex, digest, 32);
		ck_str_is(header(&r.message, "gt_content_digest"), hex);
		ck_str_is(header(&r.message, "gt_content_length"), "524289");
	}
	gt_hasher_free(hasher);
	end(&r);
}
END_TEST

START_TEST(an_empty_row_is_no_tombstone)
{
	struct rejecting r;
	struct gt_reason reason = {.code = GT_E_FILE_MISSING, .element = SIZE_MAX};
	struct gt_row row = {.raw = {NULL, 0}};

	start(&r);
	gt_fail(&reason.err, GT_E_FILE_MISSING, "x");
	ck_assert_uint_eq(
		gt_stamp_reject(r.stamp, r.f.batch, &row, &reason, 1, 7, NOW_US, &r.message), 1);
	ck_assert_ptr_nonnull(r.message.value.p);
	ck_assert_uint_eq(r.message.value.n, 0);
	end(&r);
}
END_TEST

START_TEST(a_full_arena_gives_nothing)
{
	struct rejecting r;
	struct gt_reason reason = {.code = GT_E_FILE_MISSING, .element = SIZE_MAX};
	struct gt_row row = {.raw = GT_LIT("raw")};
	bool some = false, none = false;

	start(&r);
	gt_fail(&reason.err, GT_E_FILE_MISSING, "x");
	for (size_t room = 0; room < 30000; room += 100) {
		size_t max = r.f.batch->arena.max, used = r.f.batch->arena.used;

		r.f.batch->arena.max = used + room;

		size_t n = gt_stamp_reject(
			r.stamp, r.f.batch, &row, &reason, 1, 7, NOW_US, &r.message);

		if (n == 0)
			ck_assert_uint_eq(r.f.batch->arena.used, used);
		some |= n == 1;
		none |= n == 0;
		r.f.batch->arena.max = max;
	}
	ck_assert(some && none);
	end(&r);
}
END_TEST

UNIT_MAIN("reject", UNIT_TEST(tells_everything_that_a_replay_needs),
	UNIT_TEST(a_bad_row_says_its_stage), UNIT_TEST(a_long_row_is_published_in_part),
	UNIT_TEST(an_empty_row_is_no_tombstone), UNIT_TEST(a_full_arena_gives_nothing))
