#include "batch.h"
#include "unit.h"

static int notes;

static bool entry(void *arg, struct gt_str key, struct gt_str *value)
{
	if (!gt_str_eq(key, GT_LIT("known")))
		return false;
	*value = gt_cstr(arg);
	return true;
}

static bool memory(void *arg, size_t bytes)
{
	(void)arg;
	return bytes <= 100;
}

static void note(void *arg, const struct gt_err *err)
{
	(void)arg;
	notes += err->code == GT_E_FILE_MISSING;
}

START_TEST(hands_calls_to_its_owner)
{
	static const struct gt_str fields[] = {{"a", 1}, {"b", 1}};
	char text[] = "value";
	struct gt_reader reader = {0};
	struct gt_host host = {.flow = GT_LIT("cars/trips"),
		.fields = fields,
		.field_count = 2,
		.zone_minutes = 480,
		.reader = &reader,
		.arg = text,
		.entry = entry,
		.memory = memory,
		.note = note};
	struct gt_str value = {0};
	struct gt_err err;
	size_t n;

	ck_assert_ptr_eq(gt_host_fields(&host, &n), fields);
	ck_assert_uint_eq(n, 2);
	ck_str_is(gt_host_flow(&host), "cars/trips");
	ck_assert_int_eq(gt_host_zone(&host), 480);
	ck_assert_ptr_eq(gt_host_reader(&host), &reader);
	ck_assert(gt_host_entry(&host, GT_LIT("known"), &value));
	ck_str_is(value, "value");
	ck_assert(!gt_host_entry(&host, GT_LIT("unknown"), &value));
	ck_assert(gt_host_memory(&host, 100));
	ck_assert(!gt_host_memory(&host, 101));
	gt_fail(&err, GT_E_FILE_MISSING, "x");
	gt_host_note(&host, &err);
	ck_assert_int_eq(notes, 1);
}
END_TEST

START_TEST(an_empty_host_has_nothing_and_grants_everything)
{
	struct gt_host host = {0};
	struct gt_str value;

	ck_assert(!gt_host_entry(&host, GT_LIT("known"), &value));
	ck_assert(gt_host_memory(&host, SIZE_MAX));
	ck_assert_ptr_null(gt_host_reader(&host));
	ck_assert_int_gt(gt_host_wall_us(), INT64_C(1700000000000000));
	int64_t before = gt_host_monotonic_us();
	ck_assert_int_ge(gt_host_monotonic_us(), before);
}
END_TEST

static bool begin(void *self, struct gt_host *host, struct gt_str head, bool whole,
	struct gt_document *document, uint64_t *start, struct gt_err *err)
{
	(void)host;
	(void)err;
	*(size_t *)self = head.n + whole;
	document->format = GT_LIT("dots");
	*start = 3;
	return true;
}

static enum gt_feed feed(void *self, struct gt_batch *batch, struct gt_str bytes, uint64_t offset,
	bool last, struct gt_fed *fed, struct gt_err *err)
{
	(void)batch;
	(void)err;
	*(size_t *)self += bytes.n;
	fed->resume = offset + bytes.n;
	return last ? GT_FEED_DONE : GT_FEED_MORE;
}

static void fields(void *self, struct gt_str bytes, gt_field_fn *sink, void *arg)
{
	(void)self;
	sink(arg, bytes);
}

static void see_field(void *arg, struct gt_str name)
{
	*(struct gt_str *)arg = name;
}

START_TEST(a_reader_calls_its_format)
{
	static const struct gt_format format = {.name = "dots", .begin = begin, .feed = feed},
				      named = {.name = "dots", .fields = fields};
	size_t self = 0;
	struct gt_reader reader = {&format, &self}, naming = {&named, &self};
	struct gt_str field = GT_LIT("none");
	struct gt_host host = {0};
	struct gt_document document = {0};
	struct gt_fed fed = {0};
	uint64_t begins = 0;
	struct gt_err err;

	ck_assert(gt_reader_begin(&reader, &host, GT_LIT("1234"), true, &document, &begins, &err));
	ck_assert(self == 5 && begins == 3);
	ck_str_is(document.format, "dots");
	ck_assert_int_eq(
		gt_reader_feed(&reader, NULL, GT_LIT("67"), 3, false, &fed, &err), GT_FEED_MORE);
	ck_assert_int_eq(
		gt_reader_feed(&reader, NULL, GT_LIT("8"), 5, true, &fed, &err), GT_FEED_DONE);
	ck_assert(self == 8 && fed.resume == 6);
	ck_assert_str_eq(gt_reader_format(&reader), "dots");
	gt_reader_fields(&reader, GT_LIT("a"), see_field, &field);
	ck_str_is(field, "none");
	gt_reader_fields(&naming, GT_LIT("a"), see_field, &field);
	ck_str_is(field, "a");
}
END_TEST

static bool open_seek(void *self, struct gt_host *host, const struct gt_seekable *bytes,
	struct gt_document *document, struct gt_err *err)
{
	(void)host;
	document->format = GT_LIT("dots");
	if (!bytes->read(bytes->arg, bytes->size - 1, self, 1))
		return gt_fail(err, GT_E_FILE_MISSING, "x");
	return true;
}

static enum gt_feed rows(void *self, struct gt_batch *batch, uint64_t position, struct gt_fed *fed,
	struct gt_err *err)
{
	(void)self;
	(void)batch;
	(void)err;
	fed->resume = position + 1;
	return GT_FEED_DONE;
}

static void end_dots(void *self)
{
	*(char *)self = 0;
}

static bool sheets(void *self, struct gt_host *host, const struct gt_seekable *bytes,
	gt_sheet_fn *sink, void *arg, struct gt_err *err)
{
	(void)self;
	(void)host;
	(void)bytes;
	(void)err;
	return sink(arg, &(struct gt_sheet){.name = GT_LIT("s")});
}

static bool see_sheet(void *arg, const struct gt_sheet *sheet)
{
	*(char *)arg = sheet->name.p[0];
	return true;
}

static bool read_text(void *arg, uint64_t offset, void *to, size_t n)
{
	memcpy(to, (const char *)arg + offset, n);
	return true;
}

START_TEST(a_reader_with_random_access_calls_its_format)
{
	static const struct gt_format format = {.name = "dots",
		.caps = GT_FORMAT_SEEK,
		.open = open_seek,
		.rows = rows,
		.sheets = sheets,
		.end = end_dots};
	char last = 0, text[] = "123", sheet = 0;
	uint64_t start = 0;
	struct gt_seekable bytes = {.arg = text, .size = 3, .read = read_text};
	struct gt_reader reader = {&format, &last};
	struct gt_host host = {0};
	struct gt_document document = {0};
	struct gt_fed fed = {0};
	struct gt_err err;

	ck_assert_uint_eq(gt_reader_caps(&reader), GT_FORMAT_SEEK);
	ck_assert(gt_reader_open(&reader, &host, &bytes, &document, &err));
	ck_assert_int_eq(last, '3');
	ck_assert_int_eq(gt_reader_rows(&reader, NULL, 7, &fed, &err), GT_FEED_DONE);
	ck_assert_uint_eq(fed.resume, 8);
	ck_assert(gt_reader_sheets(&reader, &host, &bytes, see_sheet, &sheet, &err));
	ck_assert_int_eq(sheet, 's');
	gt_reader_end(&reader);
	ck_assert_int_eq(last, 0);
	ck_assert(!gt_reader_begin(&reader, &host, GT_LIT("1"), true, &document, &start, &err));
	ck_assert_int_eq(err.code, GT_E_FORMAT_NEEDS_SEEK);
	ck_assert_int_eq(err.class, GT_CONFIG);
}
END_TEST

static int64_t permit(void *arg)
{
	return *(int64_t *)arg;
}

START_TEST(a_backfill_has_a_range_and_requests_need_a_permit)
{
	int64_t wait = 7;
	struct gt_host host = {.arg = &wait}, ordinary = {0};
	struct gt_str from, until;

	ck_assert(!gt_host_range(&ordinary, &from, &until));
	ck_assert_int_eq(gt_host_permit(&ordinary), 0);
	host.permit = permit;
	host.range = true;
	host.range_from = GT_LIT("1");
	host.range_until = GT_LIT("9");
	ck_assert(gt_host_range(&host, &from, &until));
	ck_str_is(from, "1");
	ck_str_is(until, "9");
	ck_assert_int_eq(gt_host_permit(&host), 7);
}
END_TEST

UNIT_MAIN("host", UNIT_TEST(hands_calls_to_its_owner),
	UNIT_TEST(a_reader_with_random_access_calls_its_format),
	UNIT_TEST(a_backfill_has_a_range_and_requests_need_a_permit),
	UNIT_TEST(an_empty_host_has_nothing_and_grants_everything),
	UNIT_TEST(a_reader_calls_its_format))
