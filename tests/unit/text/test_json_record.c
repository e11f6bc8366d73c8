#include <stdio.h>

#include "batch.h"
#include "catalogue.h"
#include <guantong/json.h>

#include "unit.h"

#define FIELDS 6
static const struct gt_str fields[FIELDS] = {
	{"ID", 2}, {"名称", 6}, {"a.b", 3}, {"a", 1}, {"x.y.z", 5}, {"N", 1}};

struct fixture {
	struct gt_json_reader *reader;
	struct gt_batch *batch;
	struct gt_value values[FIELDS];
	struct gt_str record; /* in the batch */
	struct gt_err err;
};

static void start(struct fixture *f)
{
	memset(f, 0, sizeof *f);
	f->reader = gt_json_reader_new(fields, FIELDS);
	f->batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	gt_batch_reset(f->batch, FIELDS, 100, GT_BATCH_RAW_MAX);
}

static void stop(struct fixture *f)
{
	gt_json_reader_free(f->reader);
	gt_batch_free(f->batch);
}

static bool read_str(struct fixture *f, struct gt_str record)
{
	f->record = gt_batch_copy(f->batch, record);
	memset(f->values, 0, sizeof f->values);
	return gt_json_reader_read(f->reader, f->record, f->batch, f->values, &f->err);
}

static bool read_record(struct fixture *f, const char *record)
{
	return read_str(f, gt_cstr(record));
}

/* The values as text: kind letter and content, one per field. */
static const char *shown(const struct fixture *f)
{
	static char out[4096];
	static const char letters[] = "-0b#tj";
	size_t n = 0;
	for (size_t i = 0; i < FIELDS; i++) {
		const struct gt_value *v = &f->values[i];
		n += (size_t)snprintf(out + n, sizeof out - n, "%c", letters[v->kind]);
		if (v->kind == GT_BOOL)
			n += (size_t)snprintf(out + n, sizeof out - n, "%d", (int)v->number);
		else if (v->kind >= GT_NUMBER)
			n += (size_t)snprintf(
				out + n, sizeof out - n, "%.*s", (int)v->size, v->text);
		n += (size_t)snprintf(out + n, sizeof out - n, "|");
	}
	return out;
}

START_TEST(reads_every_kind)
{
	static const struct {
		const char *record, *values;
	} cases[] = {
		{"{}", "-|-|-|-|-|-|"},
		{"{\"ID\":\"x\",\"名称\":\"车\",\"N\":1}", "tx|t车|-|-|-|#1|"},
		{"{\"ID\":-0.10E+02,\"名称\":12345678901234567890.5}",
			"#-0.10E+02|#12345678901234567890.5|-|-|-|-|"},
		{"{\"ID\":true,\"名称\":false,\"a\":null}", "b1|b0|-|0|-|-|"},
		{" { \"ID\" : \"\" , \"other\" : [ { } ] } ", "t|-|-|-|-|-|"},
		{"{\"ID\":\"a\\\"b\\\\\",\"名称\":\"\\u8f66\\ud842\\udfb7\",\"N\":\"\\\\\"}",
			"ta\"b\\|t车𠮷|-|-|-|t\\|"},
		{"{\"a\":{\"b\":5,\"c\":[1, 2]}}", "-|-|#5|j{\"b\":5,\"c\":[1, 2]}|-|-|"},
		{"{\"a\" : [ \"]\" ] ,\"N\":2}", "-|-|-|j[ \"]\" ]|-|#2|"},
		{"{\"a.b\":1,\"a\":{\"b\":2}}", "-|-|#1|j{\"b\":2}|-|-|"},
		{"{\"a\":{\"b\":2},\"a.b\":1}", "-|-|#1|j{\"b\":2}|-|-|"},
		{"{\"x\":{\"y\":{\"z\":\"deep\",\"z2\":1},\"z\":0},\"z\":3}", "-|-|-|-|tdeep|-|"},
		{"{\"x\":{\"y\":[{\"z\":1}]}}", "-|-|-|-|-|-|"},
		{"{\"\\u0049D\":\"k\"}", "tk|-|-|-|-|-|"},
		{"{\"u\":1,\"u\":2,\"ID\":3}", "#3|-|-|-|-|-|"},
		{"{\"a\\\\\":{\"b\":1},\"a\":{\"b\":\"\\n\"}}", "-|-|t\n|j{\"b\":\"\\n\"}|-|-|"},
	};
	struct fixture f;
	start(&f);
	/* Twice: predictions made by one record must not mislead another. */
	for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
		size_t k = i % (sizeof cases / sizeof *cases);
		ck_assert_msg(read_record(&f, cases[k].record), "%s", cases[k].record);
		ck_assert_str_eq(shown(&f), cases[k].values);
	}
	stop(&f);
}
END_TEST

START_TEST(refuses_a_bad_record)
{
	static const struct {
		const char *record;
		enum gt_code code;
		const char *arg;
	} cases[] = {
		{"", GT_E_JSON_CUT_OFF, "0"},
		{"  ", GT_E_JSON_CUT_OFF, NULL},
		{"{\"ID\":1", GT_E_JSON_CUT_OFF, "7"},
		{"{\"ID\":1}x", GT_E_JSON_TRAILING, "8"},
		{"{\"ID\":01}", GT_E_JSON_UNEXPECTED, NULL},
		{"{\"ID\":NaN}", GT_E_JSON_UNEXPECTED, "6"},
		{"{\"ID\":1,}", GT_E_JSON_UNEXPECTED, NULL},
		{"{\"ID\":1 /* c */}", GT_E_JSON_UNEXPECTED, "8"},
		{"{'ID':1}", GT_E_JSON_UNEXPECTED, "1"},
		{"{\"ID\":\"\\ud800\"}", GT_E_JSON_STRING, NULL},
		{"{\"other\":\"\\udfff\"}", GT_E_JSON_STRING, NULL},
		{"{\"ID\":\"\xD5\xC5\"}", GT_E_JSON_STRING, NULL},
		{"{\"ID\":\"a\nb\"}", GT_E_JSON_STRING, NULL},
		{"{\"ID\":\"\\x\"}", GT_E_JSON_STRING, NULL},
		{"[1]", GT_E_JSON_NOT_OBJECT, ""},
		{"\"text\"", GT_E_JSON_NOT_OBJECT, ""},
		{"{\"ID\":1,\"ID\":1}", GT_E_JSON_TWICE, "ID"},
		{"{\"ID\":1,\"I\\u0044\":1}", GT_E_JSON_TWICE, "ID"},
		{"{\"a\":{\"b\":1,\"b\":2}}", GT_E_JSON_TWICE, "b"},
		{"{\"x\":{\"y\":{}},\"x\":{\"y\":{}}}", GT_E_JSON_TWICE, "x"},
	};
	struct fixture f;
	start(&f);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ck_assert_msg(!read_record(&f, cases[i].record), "%s", cases[i].record);
		ck_assert_msg(f.err.code == cases[i].code, "%s: GT%d", cases[i].record, f.err.code);
		ck_assert_int_eq(f.err.class, GT_DATA);
		if (cases[i].arg)
			ck_assert_msg(strcmp(gt_err_arg(&f.err, 1), cases[i].arg) == 0, "%s: %s",
				cases[i].record, gt_err_arg(&f.err, 1));
	}
	stop(&f);
}
END_TEST

static void nest(char *out, size_t levels)
{
	strcpy(out, "{\"q\":");
	memset(out + 5, '[', levels);
	memset(out + 5 + levels, ']', levels);
	strcpy(out + 5 + 2 * levels, ",\"ID\":1}");
}

START_TEST(limits_depth)
{
	static char record[20100];
	struct fixture f;
	start(&f);
	nest(record, GT_JSON_DEPTH_MAX - 1);
	ck_assert(read_record(&f, record));
	ck_assert_str_eq(shown(&f), "#1|-|-|-|-|-|");
	nest(record, GT_JSON_DEPTH_MAX);
	ck_assert(!read_record(&f, record));
	ck_assert_int_eq(f.err.code, GT_E_JSON_DEPTH);
	nest(record, 10000);
	ck_assert(!read_record(&f, record));
	ck_assert_int_eq(f.err.code, GT_E_JSON_DEPTH);
	/* siblings are not depth */
	strcpy(record, "{\"q\":[");
	for (int i = 0; i < 200; i++)
		strcat(record, "[[],{}],");
	strcat(record, "1],\"ID\":2}");
	ck_assert(read_record(&f, record));
	ck_assert_str_eq(shown(&f), "#2|-|-|-|-|-|");
	stop(&f);
}
END_TEST

START_TEST(texts_without_escapes_are_views_of_the_record)
{
	struct fixture f;
	start(&f);
	ck_assert(read_record(&f, "{\"ID\":\"plain\",\"名称\":\"公务\\n\",\"N\":12}"));
	ck_assert_ptr_eq(f.values[0].text, f.record.p + 7);
	ck_assert(f.values[1].text < f.record.p || f.values[1].text >= f.record.p + f.record.n);
	ck_assert_ptr_eq(f.values[5].text, f.record.p + f.record.n - 3);
	stop(&f);
}
END_TEST

START_TEST(takes_the_largest_record_and_small_ones_after_it)
{
	struct fixture f;
	char *big = malloc(GT_RECORD_MAX);
	start(&f);
	memset(big, '[', GT_RECORD_MAX);
	ck_assert(!read_str(&f, gt_str(big, GT_RECORD_MAX)));
	for (size_t i = 0; i < GT_RECORD_MAX; i += 2)
		memcpy(big + i, "1,", 2);
	memcpy(big, "{\"q\":[", 6);
	memcpy(big + GT_RECORD_MAX - 10, "1],\"ID\":7}", 10);
	ck_assert(read_str(&f, gt_str(big, GT_RECORD_MAX)));
	ck_assert_str_eq(shown(&f), "#7|-|-|-|-|-|");
	ck_assert(read_record(&f, "{\"ID\":8}"));
	ck_assert_str_eq(shown(&f), "#8|-|-|-|-|-|");
	free(big);
	stop(&f);
}
END_TEST

START_TEST(reads_more_members_than_it_predicts)
{
	static char record[40000];
	struct fixture f;
	size_t n = 1;
	start(&f);
	record[0] = '{';
	for (int i = 0; i < 1000; i++)
		n += (size_t)sprintf(record + n, "\"k%d%s\":%d,", i,
			i % 3 ? "" : "_a_key_that_is_longer_than_what_is_remembered_of_keys", i);
	strcpy(record + n, "\"ID\":5}");
	for (int i = 0; i < 2; i++) {
		ck_assert(read_record(&f, record));
		ck_assert_str_eq(shown(&f), "#5|-|-|-|-|-|");
	}
	stop(&f);
}
END_TEST

UNIT_MAIN("json_record", UNIT_TEST(reads_every_kind), UNIT_TEST(refuses_a_bad_record),
	UNIT_TEST(limits_depth), UNIT_TEST(texts_without_escapes_are_views_of_the_record),
	UNIT_TEST(takes_the_largest_record_and_small_ones_after_it),
	UNIT_TEST(reads_more_members_than_it_predicts))
