/* What an answer means: success rules, charsets, compression, and answers that nothing changed. */
#include "http.h"

#include "http_pull.h"
#include "unit.h"

#define RECORDS "records: rows\n"
#define ROW "\"rows\":[{\"id\":1}]"

/* ---- success rules */

#define BOTH "success: {field: [success, code], values: ['true', '200', '0'], message: message}\n"
#define ONE "success: {field: code, values: ['0'], expired: ['1001', A0230], message: error.text}\n"

static const struct {
	const char *rule, *answer;
	enum gt_code code; /* GT_E_NONE = it worked */
	const char *said;
} outcomes[] = {
	{BOTH, "{\"success\":true,\"code\":200," ROW "}", GT_E_NONE, NULL},
	{BOTH, "{\"success\":true,\"code\":0," ROW "}", GT_E_NONE, NULL},
	{BOTH, "{\"success\":true," ROW "}", GT_E_NONE, NULL},
	{BOTH, "{\"code\":\"0\"," ROW "}", GT_E_NONE, NULL},
	{BOTH, "{\"success\":null,\"code\":0," ROW "}", GT_E_NONE, NULL},
	{BOTH, "{\"success\":true,\"code\":500,\"message\":\"超时\"," ROW "}", GT_E_HTTP_CODE,
		"error 500: 超时"},
	{BOTH, "{\"success\":false,\"code\":200,\"message\":\"坏\"," ROW "}", GT_E_HTTP_CODE,
		"error false: 坏"},
	{BOTH, "{\"success\":false,\"code\":510,\"message\":\"无权\"}", GT_E_HTTP_CODE,
		"error 510: 无权"},
	{BOTH, "{\"success\":false,\"code\":403,\"message\":\"无权\"}", GT_E_HTTP_CODE_REFUSED,
		"code 403: 无权"},
	{BOTH, "{\"success\":false,\"code\":401}", GT_E_HTTP_UNAUTHORISED, NULL},
	{BOTH, "{" ROW "}", GT_E_HTTP_CODE, "error -"},
	{ONE, "{\"code\":0," ROW "}", GT_E_NONE, NULL},
	{ONE, "{\"code\":200,\"error\":{\"text\":\"系统繁忙\"}}", GT_E_HTTP_CODE,
		"error 200: 系统繁忙"},
	{ONE, "{\"code\":\"A0230\"}", GT_E_HTTP_UNAUTHORISED, NULL},
	{ONE, "{\"code\":1001}", GT_E_HTTP_UNAUTHORISED, NULL},
};

START_TEST(judges_answers)
{
	struct rule rules[] = {{"/list", 0, NULL, outcomes[_i].answer, NULL, 0}, {NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	struct gt_err err;
	char options[512], text[1024];
	snprintf(options, sizeof options, RECORDS "%s", outcomes[_i].rule);
	pull_start(&p, play_rules, &s, options);
	enum gt_poll result = pull_pass(&p, &err);
	ck_assert_int_eq(result, outcomes[_i].code ? GT_POLL_ERROR : GT_POLL_IDLE);
	ck_assert_int_eq(err.code, outcomes[_i].code);
	if (outcomes[_i].said) {
		gt_err_text(&err, text, sizeof text);
		ck_assert_msg(strstr(text, outcomes[_i].said) != NULL, "%s", text);
	}
	pull_end(&p);
}
END_TEST

/* ---- charsets */

#define CAR_GB "\xb3\xb5\xc1\xbe"  /* 车辆 */
#define RARE_GB "\x81\x39\xee\x39" /* U+3400, four bytes */

static const struct {
	const char *options, *type, *body;
	enum gt_code code;
	const char *row; /* how the row ends as it is published */
} texts[] = {
	{"", "application/json;charset=GBK", "[{\"id\":\"" CAR_GB "\"}]", 0, "|车辆|"},
	{"", "application/json; charset=\"gb2312\"", "[{\"id\":\"" CAR_GB "\"}]", 0, "|车辆|"},
	{"", "application/json;charset=gb18030", "[{\"id\":\"" RARE_GB CAR_GB "\"}]", 0,
		"|\xe3\x90\x80车辆|"},
	{"", "application/json", "[{\"id\":\"" CAR_GB "\"}]", 0, "|车辆|"},
	{"", "text/html", "[{\"id\":\"" CAR_GB "\"}]", 0, "|车辆|"},
	{"charset: GB18030\n", "application/json;charset=UTF-8", "[{\"id\":\"" CAR_GB "\"}]", 0,
		"|车辆|"},
	{"", "application/json", "\xEF\xBB\xBF[{\"id\":\"车辆\"}]", 0, "|车辆|"},
	/* The mark tells more than the header. */
	{"", "application/json;charset=GBK", "\xEF\xBB\xBF[{\"id\":\"车辆\"}]", 0, "|车辆|"},
	{"", "application/json;charset=GBK", "[{\"id\":\"\xff\xff\"}]", GT_E_HTTP_CHARSET, NULL},
	/* What is right in UTF-8 is UTF-8; one broken row costs that row, not its neighbours. */
	{"", "application/json", "[{\"id\":\"公务用车\"},{\"id\":\"\xb3\xb5\"}]", 0, "|GT2"},
	{"", "application/json;charset=UTF-8", "[{\"id\":\"" CAR_GB "\"}]", 0, "|GT2"},
	{"charset: UTF-8\n", "application/json", "[{\"id\":\"" CAR_GB "\"}]", 0, "|GT2"},
};

START_TEST(reads_charsets)
{
	struct rule rules[] = {{"/list", 0, NULL, texts[_i].body, texts[_i].type, 0}, {NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	pull_start(&p, play_rules, &s, texts[_i].options);
	if (texts[_i].code) {
		pull_fails(&p, texts[_i].code, GT_RETRY);
		ck_assert_uint_eq(p.world.row_count, 0);
	} else {
		pull_ok(&p);
		const char *row = p.world.rows[p.world.row_count - 1];
		ck_assert_msg(strstr(row, texts[_i].row) != NULL, "%d: %s", _i, row);
		if (p.world.row_count == 2)
			ck_assert_ptr_nonnull(strstr(p.world.rows[0], "|公务用车|"));
	}
	pull_end(&p);
}
END_TEST

START_TEST(asks_for_memory_to_convert)
{
	static const struct rule rules[] = {
		{"/list", 0, NULL, "[{\"id\":\"" CAR_GB "\"}]", "application/json;charset=GBK", 0},
		{NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	struct gt_err err;
	pull_start(&p, play_rules, &s, "");
	pull_reopen(&p);
	p.h.declared_max = (64u << 10) + 16; /* enough for the body alone */
	ck_assert_int_eq(pull_pass(&p, &err), GT_POLL_ERROR);
	ck_assert_int_eq(err.code, GT_E_MEMORY_BUDGET);
	pull_end(&p);
}
END_TEST

/* ---- compression */

/* gzip of {"code":200,"rows":[{"id":"zip"}]} */
static const unsigned char small[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
	0xab, 0x56, 0x4a, 0xce, 0x4f, 0x49, 0x55, 0xb2, 0x32, 0x32, 0x30, 0xd0, 0x51, 0x2a, 0xca,
	0x2f, 0x2f, 0x56, 0xb2, 0x8a, 0xae, 0x56, 0xca, 0x4c, 0x51, 0xb2, 0x52, 0xaa, 0xca, 0x2c,
	0x50, 0xaa, 0x8d, 0xad, 0x05, 0x00, 0xee, 0xf5, 0x87, 0xf6, 0x22, 0x00, 0x00, 0x00};

/* zlib of {"rows":[ … ]} with 100,000 blanks: 137 bytes. */
static const unsigned char bomb_head[] = {0x78, 0xda, 0xed, 0xc1, 0x31, 0x0d, 0x00, 0x20, 0x0c,
	0x00, 0x30, 0x2b, 0x64, 0x32, 0xb0, 0xb2, 0xa0, 0x81, 0x04, 0x0e, 0x8e, 0x05, 0xef, 0xd8,
	0xe0, 0x68, 0x5b, 0xb1, 0xe6, 0xd9, 0xd1, 0xb3, 0x01};
static const unsigned char bomb_tail[] = {0xdf, 0x1a, 0xf7, 0x01, 0x58, 0x83, 0xda, 0xca};

struct packed {
	const char *coding;
	unsigned char bytes[256];
	size_t n;
	bool asked;
};

static void serve_packed(void *arg, struct request *r)
{
	struct packed *packed = arg;
	char extra[64];
	packed->asked = strstr(r->headers, "Accept-Encoding: gzip, deflate") != NULL;
	snprintf(extra, sizeof extra, "Content-Encoding: %s\r\n", packed->coding);
	send_answer(
		r, 200, "application/json", extra, gt_str((const char *)packed->bytes, packed->n));
}

START_TEST(unpacks_answers)
{
	struct packed packed = {.coding = "gzip", .n = sizeof small};
	struct pull p;
	memcpy(packed.bytes, small, sizeof small);
	pull_start(&p, serve_packed, &packed, RECORDS);
	pull_ok(&p);
	ck_assert(packed.asked);
	ck_assert_ptr_nonnull(strstr(p.world.rows[0], "|zip|"));
	packed.n -= 12; /* cut off in the middle */
	pull_fails(&p, GT_E_HTTP_TRUNCATED, GT_RETRY);
	pull_end(&p);
}
END_TEST

/* The limit counts what comes out, not what is sent. */
START_TEST(refuses_a_packed_bomb)
{
	struct packed packed = {.coding = "deflate", .n = 137};
	struct pull p;
	memcpy(packed.bytes, bomb_head, sizeof bomb_head);
	memcpy(packed.bytes + packed.n - sizeof bomb_tail, bomb_tail, sizeof bomb_tail);
	pull_start(&p, serve_packed, &packed, RECORDS "max_body: 200 KiB\n");
	pull_ok(&p); /* it is right in itself */
	pull_end(&p);
	pull_start(&p, serve_packed, &packed, RECORDS "max_body: 64 KiB\n");
	pull_fails(&p, GT_E_HTTP_BODY_LIMIT, GT_RETRY);
	pull_end(&p);
}
END_TEST

/* ---- conditional GET */

struct tagged {
	_Atomic int version; /* of the list */
	_Atomic int asked;   /* conditionally */
	_Atomic int same;    /* answered with 304 */
	bool by_date;
};

static void serve_tagged(void *arg, struct request *r)
{
	struct tagged *t = arg;
	char tag[64], extra[128], body[64];
	if (t->by_date)
		snprintf(tag, sizeof tag, "Tue, 0%d Feb 2024 08:00:00 GMT", t->version);
	else
		snprintf(tag, sizeof tag, "\"v%d\"", t->version);
	const char *known =
		strcasestr(r->headers, t->by_date ? "If-Modified-Since: " : "If-None-Match: ");
	t->asked += known != NULL;
	snprintf(extra, sizeof extra, "%s: %s\r\n", t->by_date ? "Last-Modified" : "ETag", tag);
	if (known && strncmp(strchr(known, ' ') + 1, tag, strlen(tag)) == 0) {
		t->same++;
		send_answer(r, 304, "application/json", extra, GT_LIT(""));
		return;
	}
	snprintf(body, sizeof body, "{\"rows\":[{\"id\":%d}]}", t->version);
	send_answer(r, 200, "application/json", extra, gt_cstr(body));
}

START_TEST(reads_only_what_changed)
{
	struct tagged t = {.version = 1, .by_date = _i == 1};
	struct pull p;
	pull_start(&p, serve_tagged, &t, RECORDS "conditional: yes\n");
	pull_ok(&p);
	ck_assert_int_eq(t.asked, 0);
	pull_ok(&p);
	ck_assert_int_eq(t.same, 1);
	/* Also after the flow was closed. */
	pull_reopen(&p);
	pull_ok(&p);
	ck_assert_int_eq(t.same, 2);
	t.version = 2;
	pull_ok(&p);
	pull_ok(&p);
	ck_assert_int_eq(t.same, 3);
	ck_assert_uint_eq(p.world.row_count, 2);
	/* Back to what it was: 304 says nothing about what was published, the list does. */
	t.version = 1;
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 3);
	/* A flow that begins anew asks for everything. */
	int asked = t.asked;
	p.last = (struct step){.cursor_set = false};
	pull_reopen(&p);
	pull_ok(&p);
	ck_assert_int_eq(t.asked, asked);
	pull_end(&p);
}
END_TEST

/* Another address is another list, whatever was known of the first. */
START_TEST(forgets_validators_of_another_address)
{
	struct tagged t = {.version = 1};
	struct pull p;
	pull_start(&p, serve_tagged, &t, RECORDS "conditional: yes\n");
	pull_ok(&p);
	pull_close(&p);
	strcat(p.options, "query: {year: '2024'}\n");
	pull_ok(&p);
	ck_assert_int_eq(t.asked, 0);
	pull_end(&p);
}
END_TEST

START_TEST(asks_unconditionally_unless_told)
{
	static const char *const options[] = {RECORDS,
		RECORDS "conditional: yes\npaging: {style: page, page: p, rows: 1}\n",
		RECORDS "conditional: yes\ncursor: {field: [id], layout: number}\n"};
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		struct tagged t = {.version = 1};
		struct pull p;
		pull_start(&p, serve_tagged, &t, options[i]);
		pull_ok(&p);
		pull_ok(&p);
		ck_assert_int_eq(t.asked, 0);
		pull_end(&p);
	}
}
END_TEST

START_TEST(takes_no_304_that_was_not_asked_for)
{
	static const struct rule rules[] = {{"/list", 304, NULL, "", NULL, 0}, {NULL}};
	struct play s = {.rules = rules};
	struct pull p;
	pull_start(&p, play_rules, &s, RECORDS "conditional: yes\n");
	pull_fails(&p, GT_E_HTTP_STATUS, GT_RETRY);
	pull_end(&p);
}
END_TEST

UNIT_MAIN("http_answer", UNIT_LOOP(judges_answers, sizeof outcomes / sizeof *outcomes),
	UNIT_LOOP(reads_charsets, sizeof texts / sizeof *texts),
	UNIT_TEST(asks_for_memory_to_convert), UNIT_TEST(unpacks_answers),
	UNIT_TEST(refuses_a_packed_bomb), UNIT_LOOP(reads_only_what_changed, 2),
	UNIT_TEST(forgets_validators_of_another_address),
	UNIT_TEST(asks_unconditionally_unless_told), UNIT_TEST(takes_no_304_that_was_not_asked_for))
