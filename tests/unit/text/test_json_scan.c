#include <stdio.h>

#include "buf.h"
#include "catalogue.h"
#include <guantong/json.h>

#include "unit.h"

/* What a scan gives, as text: elements with their offsets, then the outcome. */
struct outcome {
	struct gt_buf text;
	struct gt_err err;
};

static void add(struct outcome *out, const char *what, uint64_t offset, struct gt_str record)
{
	gt_buf_addf(&out->text, "%s@%llu:", what, (unsigned long long)offset);
	gt_buf_add(&out->text, record);
	gt_buf_adds(&out->text, "\n");
}

/* Feeds the document in pieces of `piece` bytes (0 = sizes drawn from *seed). */
static void run(struct outcome *out, struct gt_json_scan *scan, struct gt_str doc, size_t from,
	size_t piece, unsigned *seed)
{
	size_t at = from, have = from;
	gt_buf_init(&out->text, 64u << 20);
	for (;;) {
		struct gt_str record;
		size_t used;
		struct gt_str input = gt_str(doc.p + at, have - at);
		enum gt_json_step step =
			gt_json_scan_next(scan, input, have == doc.n, &used, &record, &out->err);
		at += used;
		uint64_t offset = gt_json_scan_offset(scan);
		switch (step) {
		case GT_JSON_RECORD:
			ck_assert_uint_eq(offset, at);
			add(out, "row", offset - record.n, record);
			continue;
		case GT_JSON_LARGE:
			add(out, "large", (uint64_t)(record.p - doc.p), gt_str(record.p, 8));
			ck_assert_uint_eq(record.n, GT_RECORD_MAX);
			continue;
		case GT_JSON_SKIPPED:
			add(out, "skipped", offset, GT_LIT(""));
			continue;
		case GT_JSON_END:
			ck_assert_uint_eq(at, doc.n);
			gt_buf_adds(&out->text, "end\n");
			return;
		case GT_JSON_BROKEN:
			gt_buf_addf(&out->text, "broken %s %s\n",
				gt_message_find(out->err.code)->name, gt_err_arg(&out->err, 1));
			return;
		case GT_JSON_MORE:
			ck_assert_uint_lt(have, doc.n);
			have += piece ? piece : 1 + (size_t)rand_r(seed) % 9;
			if (have > doc.n)
				have = doc.n;
		}
	}
}

static void check(const char *path, const char *doc, const char *expected)
{
	unsigned seed = 7;
	for (size_t piece = 0; piece < 12; piece++) {
		struct outcome out;
		struct gt_json_scan scan;
		gt_json_scan_start(&scan, gt_cstr(path));
		run(&out, &scan, gt_cstr(doc), 0, piece == 11 ? 100000 : piece, &seed);
		ck_assert_msg(strcmp(gt_buf_cstr(&out.text), expected) == 0,
			"pieces of %zu: %s in %s gives\n%sinstead of\n%s", piece, path, doc,
			gt_buf_cstr(&out.text), expected);
		gt_buf_fini(&out.text);
	}
}

START_TEST(finds_the_rows)
{
	static const struct {
		const char *path, *doc, *rows;
	} cases[] = {
		{"", "[]", "end\n"},
		{"", " [ ] \n", "end\n"},
		{"", "\xEF\xBB\xBF[1]", "row@4:1\nend\n"},
		{"", "{\"a\":1}", "row@0:{\"a\":1}\nend\n"},
		{"", " {} ", "row@1:{}\nend\n"},
		{"", "[{\"a\":\"]}\"},{\"b\":[1,{\"c\":\"\\\"\"}]}]",
			"row@1:{\"a\":\"]}\"}\nrow@12:{\"b\":[1,{\"c\":\"\\\"\"}]}\nend\n"},
		{"", "[ 1 , \"x\" , null,true]",
			"row@2:1\nrow@6:\"x\"\nrow@12:null\nrow@17:true\nend\n"},
		{"rows", "{\"total\":3,\"rows\":[{},{}],\"code\":200}",
			"row@19:{}\nrow@22:{}\nend\n"},
		{"data.rows",
			"{\"x\":{\"rows\":[9]},\"data\":{\"t\":\"\\\\\",\"rows\":[7]},\"msg\":"
			"null}",
			"row@43:7\nend\n"},
		{"数据", "{\"\\u6570据\":[1]}", "row@14:1\nend\n"},
		{"a.b.c", "{\"a\":{\"b\":{\"c\":[]}}}", "end\n"},
		{"rows", "{\"rows\":[1],\"x\":{\"rows\":[2]}}", "row@9:1\nend\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(cases[i].path, cases[i].doc, cases[i].rows);
}
END_TEST

START_TEST(says_where_a_document_is_broken)
{
	static const struct {
		const char *path, *doc, *rows;
	} cases[] = {
		{"", "", "broken JSON_CUT_OFF 0\n"},
		{"", "[1,", "row@1:1\nbroken JSON_CUT_OFF 3\n"},
		{"", "[{\"a\":1}", "row@1:{\"a\":1}\nbroken JSON_CUT_OFF 8\n"},
		{"", "[{\"a\":\"x", "broken JSON_CUT_OFF 8\n"},
		{"", "[1 2]", "row@1:1\nbroken JSON_EXPECTED 3\n"},
		{"", "[,1]", "broken JSON_UNEXPECTED 1\n"},
		{"", "[1,]", "row@1:1\nbroken JSON_UNEXPECTED 3\n"},
		{"", "[{\"a\":]}]", "broken JSON_EXPECTED 6\n"},
		{"", "[1]x", "row@1:1\nbroken JSON_TRAILING 3\n"},
		{"", "{}\n{}", "row@0:{}\nbroken JSON_TRAILING 3\n"},
		{"", "\"text\"", "broken JSON_EXPECTED 0\n"},
		{"rows", "[1]", "broken JSON_NO_ARRAY rows\n"},
		{"rows", "{\"row\":[1]}", "broken JSON_NO_ARRAY rows\n"},
		{"rows", "{\"rows\":{\"a\":1}}", "broken JSON_NO_ARRAY rows\n"},
		{"rows", "{\"rows\":[1],\"rows\":[2]}", "row@9:1\nbroken JSON_TWICE rows\n"},
		{"rows", "{\"a\" 1}", "broken JSON_EXPECTED 5\n"},
		{"rows", "{\"a\":1 \"b\":2}", "broken JSON_EXPECTED 7\n"},
		{"rows", "{\"a\":1,}", "broken JSON_EXPECTED 7\n"},
		{"rows", "{a:1}", "broken JSON_EXPECTED 1\n"},
		{"rows", "{\"rows\":[1]", "row@9:1\nbroken JSON_CUT_OFF 11\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(cases[i].path, cases[i].doc, cases[i].rows);
}
END_TEST

/* A row nested 10,000 levels deep is found and left to the reader, which refuses it alone. */
START_TEST(walks_over_deep_rows)
{
	enum { LEVELS = 10000 };
	static char doc[2 * LEVELS + 16];
	struct gt_json_scan scan;
	struct outcome out;
	char *p = doc;
	*p++ = '[';
	memset(p, '[', LEVELS);
	memset(p + LEVELS, ']', LEVELS);
	strcpy(p + 2 * LEVELS, ",{}]");
	gt_json_scan_start(&scan, GT_LIT(""));
	run(&out, &scan, gt_cstr(doc), 0, 777, NULL);
	ck_assert_ptr_nonnull(strstr(gt_buf_cstr(&out.text), "row@20002:{}\nend\n"));
	gt_buf_fini(&out.text);
}
END_TEST

START_TEST(skips_an_element_that_is_too_large)
{
	size_t big = GT_RECORD_MAX + 5000 * (size_t)_i, n = big + 64;
	char *doc = malloc(n);
	struct gt_json_scan scan;
	struct outcome out;
	char expected[256];
	memcpy(doc, "[{},{\"a\":\"", 10);
	memset(doc + 10, 'x', big);
	strcpy(doc + 10 + big, "\"},{\"b\":1}]");
	snprintf(expected, sizeof expected,
		"row@1:{}\nlarge@4:{\"a\":\"xx\nskipped@%zu:\nrow@%zu:{\"b\":1}\nend\n", big + 12,
		big + 13);
	gt_json_scan_start(&scan, GT_LIT(""));
	run(&out, &scan, gt_cstr(doc), 0, _i % 2 ? 4096 : 70000, NULL);
	ck_assert_str_eq(gt_buf_cstr(&out.text), expected);
	gt_buf_fini(&out.text);
	free(doc);
}
END_TEST

START_TEST(goes_on_behind_any_row)
{
	static const char doc[] =
		"{\"rows\":[{\"a\":1}, {\"b\":[2]},3 ,\"x\"],\"total\":{\"n\":4}}";
	static const struct {
		size_t behind;
		const char *rows;
	} cases[] = {
		{16, "row@18:{\"b\":[2]}\nrow@28:3\nrow@31:\"x\"\nend\n"},
		{27, "row@28:3\nrow@31:\"x\"\nend\n"},
		{29, "row@31:\"x\"\nend\n"},
		{34, "end\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct gt_json_scan scan;
		struct outcome out;
		gt_json_scan_resume(&scan, GT_LIT("rows"), cases[i].behind);
		run(&out, &scan, gt_cstr(doc), cases[i].behind, 3, NULL);
		ck_assert_str_eq(gt_buf_cstr(&out.text), cases[i].rows);
		gt_buf_fini(&out.text);
	}
}
END_TEST

START_TEST(gives_a_row_again)
{
	static const char *const docs[] = {"[ {\"a\":1} ,2]", " {\"a\":1} "};
	for (size_t i = 0; i < 2; i++) {
		struct gt_str doc = gt_cstr(docs[i]), record;
		struct gt_json_scan scan;
		struct gt_err err;
		size_t used, at = 0;
		gt_json_scan_start(&scan, GT_LIT(""));
		for (int round = 0; round < 3; round++) {
			struct gt_str rest = gt_str(doc.p + at, doc.n - at);
			ck_assert_int_eq(gt_json_scan_next(&scan, rest, true, &used, &record, &err),
				GT_JSON_RECORD);
			ck_str_is(record, "{\"a\":1}");
			at = (size_t)(record.p - doc.p);
			gt_json_scan_again(&scan, at);
		}
	}
}
END_TEST

UNIT_MAIN("json_scan", UNIT_TEST(finds_the_rows), UNIT_TEST(says_where_a_document_is_broken),
	UNIT_TEST(walks_over_deep_rows), UNIT_LOOP(skips_an_element_that_is_too_large, 4),
	UNIT_TEST(goes_on_behind_any_row), UNIT_TEST(gives_a_row_again))
