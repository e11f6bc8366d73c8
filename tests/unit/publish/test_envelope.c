/* What arrives, byte for byte: a row through the national standard, then as messages. */
#include "../normalise/fixture.h"
#include "envelope.h"

#define MAP                                                                                        \
	"order_no: ID\nplate_no: CPH\ndepart_time: CFSJ\ndistance: {from: LC, unit: km}\n"         \
	"fuel: YH\nvehicle_type: CLLX\napplicant: SQR\n"

static struct gt_stamp *stamp_of(struct fixture *f, const char *basis)
{
	struct gt_stamp_conf conf = {.prefix = GT_LIT("jgsw"),
		.site = GT_LIT("wuchang"),
		.source = GT_LIT("cars"),
		.flow = GT_LIT("trips"),
		.basis = gt_cstr(basis),
		.standard = GT_LIT("abcd"),
		.epoch = 1795320000,
		.plan = f->plan};

	return gt_stamp_new(&conf);
}

static void start(struct fixture *f, const char *map)
{
	struct gt_pseudonym_key key = test_key();
	char text[2048];

	fixture_standard(f);
	if (fixture_plan(f, "vehicle.dispatch-order", map, &key) == NULL)
		ck_abort_msg("%s", gt_err_text(&f->diags.v[0].err, text, sizeof text));
}

START_TEST(one_record_as_it_arrives)
{
	static const char expected[] =
		"{\"specversion\":\"1.0\",\"type\":\"jgsw.vehicle.dispatch-order.upserted\","
		"\"source\":\"/wuchang/cars/trips\",\"id\":\"1795320000.418\","
		"\"time\":\"2024-03-27T00:25:00Z\",\"subject\":\"YC0000000418\","
		"\"dataschema\":\"urn:jgsw:vehicle:dispatch-order:1.0\",\"basis\":\"declared\","
		"\"quality\":\"distance.unit-in-value\",\"data\":{\"order_no\":\"YC0000000418\","
		"\"plate_no\":\"鄂A12345\",\"vehicle_type\":\"suv\","
		"\"applicant\":\"p1:g06pQ20ts-6eql8kv4nznQ\","
		"\"depart_time\":\"2024-03-27T08:25:00+08:00\",\"distance\":29.1,\"fuel\":8}}";
	static const char restricted[] =
		"{\"specversion\":\"1.0\",\"type\":\"jgsw.vehicle.dispatch-order.restricted\","
		"\"source\":\"/wuchang/cars/trips\",\"id\":\"1795320000.419\","
		"\"time\":\"2024-03-27T00:25:00Z\",\"subject\":\"YC0000000418\","
		"\"dataschema\":\"urn:jgsw:vehicle:dispatch-order:1.0\","
		"\"restricts\":\"1795320000.418\",\"data\":{\"applicant\":{\"value\":\"张三\"}}}";
	struct fixture f;
	struct gt_message messages[GT_FAN_OUT_MAX];
	bool too_large = true;

	start(&f, MAP);

	struct gt_stamp *stamp = stamp_of(&f, "declared");

	ck_assert_int_eq(
		fixture_run(&f, "ID", "YC0000000418", "CPH", "鄂A·12345", "CFSJ", "2024.3.27 8:25",
			"LC", "29.1公里", "YH", "8.00", "CLLX", "suv", "SQR", "张三"),
		GT_RAN_ACCEPTED);
	ck_assert_uint_eq(gt_stamp_accept(stamp, f.batch, &f.norm, 418, messages, &too_large), 2);
	ck_assert(!too_large);
	ck_str_is(messages[0].value, expected);
	ck_str_is(messages[0].topic, "jgsw.wuchang.vehicle.dispatch-order.v1");
	ck_str_is(messages[0].key, "wuchang/cars/YC0000000418");
	ck_assert_uint_eq(messages[0].seq, 418);
	ck_assert_int_eq(messages[0].kind, GT_MSG_OPEN);
	ck_assert_uint_eq(messages[0].headers->n, 1);
	ck_str_is(messages[0].headers->v[0].name, "content-type");
	ck_str_is(messages[0].headers->v[0].value, "application/cloudevents+json; charset=UTF-8");
	ck_str_is(messages[1].value, restricted);
	ck_str_is(messages[1].topic, "jgsw.wuchang.vehicle.dispatch-order.v1.restricted");
	ck_str_is(messages[1].key, "/wuchang/cars/trips/1795320000.418");
	ck_assert_uint_eq(messages[1].seq, 419);
	ck_assert_int_eq(messages[1].kind, GT_MSG_RESTRICTED);

	const struct gt_str *topics;

	ck_assert_uint_eq(gt_stamp_topics(stamp, &topics), 3);
	ck_assert_ptr_eq(topics[1].p, messages[0].topic.p);
	ck_str_is(topics[0], "jgsw.wuchang.rejected");
	ck_str_is(gt_stamp_origin(stamp), "/wuchang/cars/trips");
	ck_assert_uint_eq(gt_stamp_epoch(stamp), 1795320000);
	gt_stamp_unref(stamp);
	fixture_end(&f);
}
END_TEST

/* Nothing to hide, nothing to say about quality or basis: no empty members, one message. */
START_TEST(what_is_not_there_is_left_out)
{
	static const char expected[] =
		"{\"specversion\":\"1.0\",\"type\":\"jgsw.vehicle.dispatch-order.upserted\","
		"\"source\":\"/wuchang/cars/trips\",\"id\":\"1795320000.1\","
		"\"time\":\"2024-03-27T00:25:07.500Z\",";
	struct fixture f;
	struct gt_message messages[GT_FAN_OUT_MAX];
	bool too_large;

	start(&f, MAP);

	struct gt_stamp *stamp = stamp_of(&f, NULL), *second = gt_stamp_ref(stamp);

	gt_stamp_unref(stamp);
	ck_assert_int_eq(fixture_run(&f, "ID",
				 "A\"\\\x01"
				 "B",
				 "CPH", "鄂A12345", "CFSJ", "2024-03-27 08:25:07", "CLLX", "suv"),
		GT_RAN_ACCEPTED);
	f.norm.event_us += 500000;
	ck_assert_uint_eq(gt_stamp_accept(second, f.batch, &f.norm, 1, messages, &too_large), 1);

	struct gt_str value = gt_arena_copy(&f.memory, messages[0].value); /* with a NUL */

	ck_assert_mem_eq(value.p, expected, strlen(expected));
	ck_assert_ptr_null(strstr(value.p, "quality"));
	ck_assert_ptr_null(strstr(value.p, "basis"));
	ck_assert_ptr_null(strstr(value.p, "division"));
	ck_assert_ptr_null(strstr(value.p, "null"));
	ck_assert_ptr_null(strstr(value.p, "applicant"));
	ck_assert_ptr_nonnull(strstr(value.p, "\"subject\":\"A\\\"\\\\"));
	gt_stamp_unref(second);
	fixture_end(&f);
}
END_TEST

START_TEST(a_record_beyond_the_limit_is_said_to_be_too_large)
{
	struct fixture f;
	struct gt_message messages[GT_FAN_OUT_MAX];
	bool too_large = false;
	size_t sizes[] = {GT_MESSAGE_MAX - 300, 2 * GT_MESSAGE_MAX + 1000}, used;

	start(&f, MAP);

	struct gt_stamp *stamp = stamp_of(&f, "declared");

	ck_assert_int_eq(fixture_run(&f, "ID", "1", "CPH", "鄂A12345", "CFSJ",
				 "2024-03-27 08:25:07", "CLLX", "suv"),
		GT_RAN_ACCEPTED);
	for (size_t i = 0; i < 2; i++) {
		char *large = gt_batch_alloc(f.batch, sizes[i]);

		memset(large, 'x', sizes[i]);
		f.norm.values[fixture_index(&f, "reason")] = gt_value_text(gt_str(large, sizes[i]));
		used = f.batch->arena.used;
		ck_assert_uint_eq(
			gt_stamp_accept(stamp, f.batch, &f.norm, 1, messages, &too_large), 0);
		ck_assert(too_large);
		ck_assert_uint_eq(f.batch->arena.used, used);
	}
	gt_stamp_unref(stamp);
	fixture_end(&f);
}
END_TEST

/* Every arena size from too small to large enough: all or nothing, never beyond the end. */
START_TEST(a_full_arena_gives_nothing)
{
	struct fixture f;
	struct gt_message messages[GT_FAN_OUT_MAX];
	bool too_large, some = false, none = false;

	start(&f, MAP);

	struct gt_stamp *stamp = stamp_of(&f, "declared");

	for (size_t room = 0; room < 8000; room += 50) {
		ck_assert_int_eq(fixture_run(&f, "ID", "1", "CPH", "鄂A12345", "CFSJ",
					 "2024-03-27 08:25:07", "CLLX", "suv", "SQR", "张三"),
			GT_RAN_ACCEPTED);

		size_t max = f.batch->arena.max, used = f.batch->arena.used;

		f.batch->arena.max = used + room;

		size_t n = gt_stamp_accept(stamp, f.batch, &f.norm, 1, messages, &too_large);

		ck_assert(!too_large);
		ck_assert(n == 0 || n == 2);
		if (n == 0)
			ck_assert_uint_eq(f.batch->arena.used, used);
		some |= n == 2;
		none |= n == 0;
		f.batch->arena.max = max;
	}
	ck_assert(some && none);
	gt_stamp_unref(stamp);
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("envelope", UNIT_TEST(one_record_as_it_arrives), UNIT_TEST(what_is_not_there_is_left_out),
	UNIT_TEST(a_record_beyond_the_limit_is_said_to_be_too_large),
	UNIT_TEST(a_full_arena_gives_nothing))
