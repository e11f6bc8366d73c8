/* Documents that the flow's format reads, fetched as they are or exported first. */
#include "http.h"

#include "http_pull.h"
#include "unit.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct gt_format guantong_format_csv, guantong_format_json, guantong_format_jsonl;
static const char *const csv_fields[] = {"no", "text", NULL};

static void reopen_as(struct pull *p, const struct gt_format *format)
{
	struct gt_err err = {0};
	char text[1024];
	struct step last = p->last;
	pull_close(p);
	harness_init(
		&p->h, &p->world, &guantong_adapter_http, format, p->options, NULL, csv_fields);
	p->open = true;
	ck_assert_msg(harness_open(&p->h, gt_str(last.cursor, last.cursor_len), &err), "%s",
		gt_err_text(&err, text, sizeof text));
}

static void fails_as(
	struct pull *p, const struct gt_format *format, enum gt_code code, enum gt_class class)
{
	reopen_as(p, format);
	pull_fails(p, code, class);
}

/* ---- plain documents */

struct file {
	char text[65536];
	const char *type;
	_Atomic int status;
};

static void serve_file(void *arg, struct request *r)
{
	struct file *f = arg;
	send_answer(r, f->status ? f->status : 200, f->type ? f->type : "text/csv", "",
		gt_cstr(f->text));
}

static void fill(struct file *f, int rows)
{
	int n = snprintf(f->text, sizeof f->text, "no,text\n");
	for (int i = 0; i < rows; i++)
		n += snprintf(f->text + n, sizeof f->text - (size_t)n, "%d,line %d\n", i, i);
}

START_TEST(reads_a_document_by_its_format)
{
	static struct file f;
	struct pull p;
	fill(&f, 100);
	pull_start(&p, serve_file, &f, "");
	reopen_as(&p, &guantong_format_csv);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 100);
	ck_assert_ptr_nonnull(strstr(p.world.rows[41], "|42|"));
	ck_assert_ptr_nonnull(strstr(p.world.rows[41], "|41|line 41"));
	/* The same document is not handed on again, restarts or not; another one is, whole. */
	pull_ok(&p);
	reopen_as(&p, &guantong_format_csv);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 100);
	fill(&f, 101);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 201);
	ck_assert_int_eq(p.world.bytes > 0, 1);
	pull_end(&p);
}
END_TEST

START_TEST(resumes_in_mid_document)
{
	static struct file f;
	struct pull p;
	enum gt_poll result = GT_POLL_MORE;
	fill(&f, 20);
	pull_start(&p, serve_file, &f, "");
	while (result != GT_POLL_IDLE) {
		struct gt_limits limits = harness_limits;
		struct gt_err err = {0};
		limits.max_records = 3;
		reopen_as(&p, &guantong_format_csv);
		result = pull_once(&p, limits, &err);
		ck_assert_int_ne(result, GT_POLL_ERROR);
	}
	ck_assert_uint_eq(p.world.row_count, 20);
	ck_assert_ptr_nonnull(strstr(p.world.rows[19], "|20|"));
	pull_end(&p);
}
END_TEST

START_TEST(tells_that_a_document_was_replaced_in_the_middle)
{
	static struct file f;
	struct pull p;
	struct gt_limits limits = harness_limits;
	struct gt_err err = {0};
	fill(&f, 20);
	pull_start(&p, serve_file, &f, "");
	limits.max_records = 8;
	reopen_as(&p, &guantong_format_csv);
	ck_assert_int_eq(pull_once(&p, limits, &err), GT_POLL_MORE);
	fill(&f, 30);
	reopen_as(&p, &guantong_format_csv);
	pull_ok(&p);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_HTTP_DOCUMENT_OTHER), 1);
	ck_assert_uint_eq(p.world.row_count, 8 + 30);
	pull_end(&p);
}
END_TEST

START_TEST(refuses_documents_that_are_none)
{
	static struct file f;
	struct pull p;
	pull_start(&p, serve_file, &f, "success: {field: code}\nmax_document: 4 KiB\n");
	snprintf(f.text, sizeof f.text, "{\"code\":500,\"msg\":\"导出失败\"}");
	f.type = "application/json";
	fails_as(&p, &guantong_format_csv, GT_E_HTTP_CODE, GT_RETRY);
	snprintf(f.text, sizeof f.text, "{\"code\":200,\"msg\":\"ok\"}");
	fails_as(&p, &guantong_format_csv, GT_E_HTTP_DOCUMENT_BAD, GT_RETRY);
	f.status = 404;
	f.type = "text/plain";
	fails_as(&p, &guantong_format_csv, GT_E_HTTP_REFUSED, GT_CONFIG);
	f.status = 200;
	fill(&f, 1000);
	fails_as(&p, &guantong_format_csv, GT_E_HTTP_DOCUMENT_LIMIT, GT_RETRY);
	ck_assert_uint_eq(p.world.row_count, 0);
	snprintf(f.text, sizeof f.text, "[{\"no\":1},{\"no\":2");
	fails_as(&p, &guantong_format_json, GT_E_HTTP_DOCUMENT_BAD, GT_RETRY);
	pull_end(&p);
}
END_TEST

START_TEST(says_where_a_download_cannot_go)
{
	static struct file f;
	struct pull p;
	fill(&f, 3);
	pull_start(&p, serve_file, &f, "");
	ck_assert_int_eq(setenv("TMPDIR", "/no/such/folder", 1), 0);
	fails_as(&p, &guantong_format_csv, GT_E_HTTP_SPOOL, GT_RETRY);
	char folder[] = "/tmp/guantong-test-XXXXXX";
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(setenv("TMPDIR", folder, 1), 0);
	reopen_as(&p, &guantong_format_csv);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 3);
	ck_assert_int_eq(rmdir(folder), 0); /* nothing was left in it */
	ck_assert_int_eq(unsetenv("TMPDIR"), 0);
	pull_end(&p);
}
END_TEST

/* ---- a format that wants random access: "n" on line i is row i, read from the last to the first
 */

struct back {
	struct gt_seekable bytes;
	uint64_t rows;
};

static bool back_open(void *self, struct gt_host *host, const struct gt_seekable *bytes,
	struct gt_document *document, struct gt_err *err)
{
	(void)host;
	(void)err;
	*(struct back *)self = (struct back){.bytes = *bytes};
	document->format = GT_LIT("back");
	return true;
}

static enum gt_feed back_rows(void *self, struct gt_batch *batch, uint64_t position,
	struct gt_fed *fed, struct gt_err *err)
{
	struct back *b = self;
	for (uint64_t i = position;; i++) {
		char text[3] = "";
		fed->resume = i;
		fed->rows = b->rows;
		if (2 * (i + 1) > b->bytes.size)
			return GT_FEED_DONE;
		if (!b->bytes.read(b->bytes.arg, b->bytes.size - 2 * (i + 1), text, 2)) {
			(void)gt_fail(err, GT_E_FORMAT_STUCK, "back", "2");
			return GT_FEED_ERROR;
		}
		struct gt_str raw = gt_batch_copy(batch, gt_str(text, 1));
		struct gt_value *v =
			raw.p ? gt_batch_add(batch, raw, (struct gt_place){i, i + 1}) : NULL;
		if (!v)
			return GT_FEED_FULL;
		v[0] = gt_value_text(raw);
		b->rows++;
	}
}

static void back_end(void *self)
{
	(void)self;
}

static const struct gt_option no_options[] = {{NULL}};
static const struct gt_format back = {.abi = GT_FORMAT_ABI,
	.struct_size = sizeof(struct gt_format),
	.name = "back",
	.self_size = sizeof(struct back),
	.options = no_options,
	.end = back_end,
	.caps = GT_FORMAT_SEEK,
	.open = back_open,
	.rows = back_rows};

START_TEST(gives_random_access_to_a_format)
{
	static struct file f;
	struct pull p;
	enum gt_poll result = GT_POLL_MORE;
	snprintf(f.text, sizeof f.text, "a\nb\nc\nd\ne\n");
	pull_start(&p, serve_file, &f, "");
	while (result != GT_POLL_IDLE) {
		struct gt_limits limits = harness_limits;
		struct gt_err err = {0};
		limits.max_records = 2;
		reopen_as(&p, &back);
		result = pull_once(&p, limits, &err);
		ck_assert_int_ne(result, GT_POLL_ERROR);
	}
	ck_assert_uint_eq(p.world.row_count, 5);
	ck_assert_ptr_nonnull(strstr(p.world.rows[0], "|1|0|e|e"));
	ck_assert_ptr_nonnull(strstr(p.world.rows[4], "|5|4|a|a"));
	pull_end(&p);
}
END_TEST

/* ---- exports */

struct export
{
	_Atomic int ready_after, states, started, downloads, fail, vanish, file_gone, no_id, no_url;
	const char *state;
	char asked[1024], host[64];
};

static void serve_export(void *arg, struct request *r)
{
	struct export *e = arg;
	char body[256];
	int job = 0;
	if (strcmp(r->target, "/export") == 0) {
		ck_assert_str_eq(r->method, "POST");
		snprintf(e->asked, sizeof e->asked, "%.1000s", r->body);
		e->states = 0;
		snprintf(body, sizeof body,
			e->no_id ? "{\"data\":{}}" : "{\"data\":{\"taskId\":%d}}", ++e->started);
		send_answer(r, 202, "application/json", "", gt_cstr(body));
	} else if (sscanf(r->target, "/export/%d", &job) == 1) {
		ck_assert_int_eq(job, e->started);
		if (e->vanish) {
			e->vanish--;
			send_answer(r, 404, "application/json", "", GT_LIT("{}"));
			return;
		}
		const char *state = ++e->states <= e->ready_after ? "running"
				    : e->fail                     ? "failed"
								  : "done";
		if (e->fail && strcmp(state, "failed") == 0)
			e->fail--;
		snprintf(body, sizeof body, "{\"state\":\"%s\",\"url\":\"%s/files/%d.csv\"}",
			e->state ? e->state : state, e->host, job);
		send_json(r, e->no_url ? "{\"state\":\"done\"}" : body);
	} else if (sscanf(r->target, "/files/%d.csv", &job) == 1) {
		e->downloads++;
		if (e->file_gone) {
			e->file_gone--;
			send_answer(r, 410, "text/plain", "", GT_LIT("expired"));
			return;
		}
		snprintf(body, sizeof body, "no,text\n%d,a\n%d,b\n", job, job);
		send_answer(r, 200, "application/octet-stream", "", gt_cstr(body));
	}
}

#define JOB                                                                                        \
	"job: {path: /export, body: '{\"to\":\"{until}\",\"from\":\"{from}\"}', id: "              \
	"data.taskId,\n"                                                                           \
	"  poll: '/export/{job}', status: state, result: url, interval: 20 ms}\n"                  \
	"cursor: {start: '2024-01-01', delay: 0 s, lookback: 0 s}\n"

START_TEST(waits_for_an_export_and_reads_it)
{
	static struct export e;
	struct pull p;
	e = (struct export){.ready_after = 3};
	pull_start(&p, serve_export, &e, JOB);
	reopen_as(&p, &guantong_format_csv);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 2);
	ck_assert_int_eq(e.started, 1);
	ck_assert_int_eq(e.states, 4);
	ck_assert_ptr_nonnull(strstr(e.asked, "\"from\":\"2024-01-01 00:00:00\""));
	char until[32] = "";
	(void)sscanf(e.asked, "{\"to\":\"%31[^\"]", until);
	/* The next export begins where this one ended, to the source's clock once it is known. */
	pull_ok(&p);
	ck_assert_int_eq(e.started, 2);
	pull_ok(&p);
	ck_assert_int_eq(e.started, 3);
	ck_assert_ptr_null(strstr(e.asked, "2024-01-01"));
	ck_assert_uint_eq(p.world.row_count, 6);
	pull_end(&p);
}
END_TEST

/* A restart while the export runs waits for the same one. */
START_TEST(waits_for_the_same_export_after_a_restart)
{
	static struct export e;
	struct pull p;
	struct gt_err err = {0};
	e = (struct export){.ready_after = 2};
	pull_start(&p, serve_export, &e, JOB);
	for (int i = 0; i < 4; i++) {
		reopen_as(&p, &guantong_format_csv);
		enum gt_poll result = pull_once(&p, harness_limits, &err);
		ck_assert_int_ne(result, GT_POLL_ERROR);
		if (result == GT_POLL_IDLE)
			break;
	}
	ck_assert_int_eq(e.started, 1);
	ck_assert_uint_eq(p.world.row_count, 2);
	pull_end(&p);
}
END_TEST

START_TEST(asks_again_when_an_export_fails)
{
	static struct export e;
	static const struct {
		int fail, vanish, file_gone;
	} ways[] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
	struct pull p;
	e = (struct export){
		.fail = ways[_i].fail, .vanish = ways[_i].vanish, .file_gone = ways[_i].file_gone};
	pull_start(&p, serve_export, &e, JOB);
	fails_as(&p, &guantong_format_csv, GT_E_HTTP_JOB_FAILED, GT_RETRY);
	ck_assert_int_eq(e.started, 1);
	reopen_as(&p, &guantong_format_csv);
	pull_ok(&p);
	ck_assert_int_eq(e.started, 2);
	ck_assert_uint_eq(p.world.row_count, 2);
	pull_end(&p);
}
END_TEST

START_TEST(gives_an_export_up_that_takes_too_long)
{
	static struct export e;
	struct pull p;
	e = (struct export){.state = "排队中"};
	pull_start(&p, serve_export, &e,
		"job: {path: /export, id: data.taskId, poll: '/export/{job}', status: state,\n"
		"  download: '/files/{job}.csv', interval: 300 ms, deadline: 1 s}\n");
	fails_as(&p, &guantong_format_csv, GT_E_HTTP_JOB_LATE, GT_RETRY);
	e.state = NULL;
	reopen_as(&p, &guantong_format_csv);
	pull_ok(&p);
	ck_assert_int_eq(e.started, 2);
	ck_assert_uint_eq(p.world.row_count, 2);
	pull_end(&p);
}
END_TEST

START_TEST(says_what_an_export_lacks)
{
	static struct export e;
	struct pull p;
	e = (struct export){.no_id = 1};
	pull_start(&p, serve_export, &e, JOB);
	fails_as(&p, &guantong_format_csv, GT_E_HTTP_JOB_ID, GT_RETRY);
	e.no_id = 0;
	e.no_url = 1;
	fails_as(&p, &guantong_format_csv, GT_E_HTTP_JOB_RESULT, GT_RETRY);
	e.no_url = 0;
	snprintf(e.host, sizeof e.host, "http://10.9.9.9");
	fails_as(&p, &guantong_format_csv, GT_E_HTTP_FOREIGN_LINK, GT_CONFIG);
	pull_end(&p);
}
END_TEST

START_TEST(refuses_jobs_and_formats_that_do_not_fit)
{
	static const struct {
		const char *options;
		const struct gt_format *format;
		enum gt_code code;
	} wrong[] = {{"job: {path: /a, poll: /b, result: c}\n", NULL, GT_E_FORMAT_NEEDED},
		{"job: {path: /a}\n", &guantong_format_jsonl, GT_E_HTTP_JOB},
		{"job: {path: /a, poll: /b}\n", &guantong_format_jsonl, GT_E_HTTP_JOB},
		{"parent: {each: [a]}\n", &guantong_format_jsonl, GT_E_HTTP_PARENT}};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct world world = {0};
		struct harness h;
		struct gt_err err = {0};
		char options[256];
		snprintf(options, sizeof options, "url: http://127.0.0.1:1\n%s", wrong[i].options);
		harness_init(&h, &world, &guantong_adapter_http, wrong[i].format, options, NULL,
			csv_fields);
		ck_assert(!harness_open(&h, gt_str(NULL, 0), &err));
		ck_assert_int_eq(err.code, wrong[i].code);
		harness_close(&h);
	}
}
END_TEST

/* ---- looking */

static bool take_found(void *arg, const struct gt_found *found)
{
	char *out = arg;
	snprintf(out, 256, "%.*s:", GT_STR_ARGS(found->kind));
	for (size_t i = 0; i < found->field_count; i++)
		snprintf(out + strlen(out), 256 - strlen(out), " %.*s",
			GT_STR_ARGS(found->fields[i]));
	return true;
}

START_TEST(looks_at_documents)
{
	static struct file f;
	static struct export e;
	struct pull p;
	struct gt_err err = {0};
	char found[256] = "";
	const struct gt_adapter *a = &guantong_adapter_http;
	fill(&f, 3);
	pull_start(&p, serve_file, &f, "");
	reopen_as(&p, &guantong_format_csv);
	ck_assert(a->probe(p.h.self, found, sizeof found, &err));
	ck_assert_ptr_nonnull(strstr(found, "200  35 B"));
	ck_assert(a->discover(p.h.self, take_found, found, &err));
	ck_assert_str_eq(found, "document: no text");
	f.status = 401;
	ck_assert(!a->probe(p.h.self, found, sizeof found, &err));
	ck_assert_int_eq(err.code, GT_E_HTTP_UNAUTHORISED);
	f.status = 200;
	reopen_as(&p, &back);
	ck_assert(a->discover(p.h.self, take_found, found, &err));
	ck_assert_str_eq(found, "document:");
	pull_end(&p);
	/* A look starts no export. */
	pull_start(&p, serve_export, &e, JOB);
	reopen_as(&p, &guantong_format_csv);
	ck_assert(a->discover(p.h.self, take_found, found, &err));
	ck_assert_int_eq(e.started, 0);
	pull_end(&p);
	pull_start(&p, serve_file, &f, JOB);
	reopen_as(&p, &guantong_format_csv);
	ck_assert(a->probe(p.h.self, found, sizeof found, &err));
	ck_assert_uint_eq(server_requests(p.server), 1);
	pull_end(&p);
}
END_TEST

UNIT_MAIN("http_job", UNIT_TEST(looks_at_documents), UNIT_TEST(reads_a_document_by_its_format),
	UNIT_TEST(resumes_in_mid_document),
	UNIT_TEST(tells_that_a_document_was_replaced_in_the_middle),
	UNIT_TEST(refuses_documents_that_are_none), UNIT_TEST(says_where_a_download_cannot_go),
	UNIT_TEST(gives_random_access_to_a_format), UNIT_TEST(waits_for_an_export_and_reads_it),
	UNIT_TEST(waits_for_the_same_export_after_a_restart),
	UNIT_LOOP(asks_again_when_an_export_fails, 3),
	UNIT_TEST(gives_an_export_up_that_takes_too_long), UNIT_TEST(says_what_an_export_lacks),
	UNIT_TEST(refuses_jobs_and_formats_that_do_not_fit))
