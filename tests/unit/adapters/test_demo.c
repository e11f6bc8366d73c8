/* The demo's sample systems, pulled by the adapter that they are made for. */
#include "demo_files.h"
#include "demo_service.h"
#include "harness.h"
#include "unit.h"

#include "io.h"
#include "options.h"
#include <dirent.h>
#include <errno.h>
#include <guantong/charset.h>
#include <guantong/format.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

extern const struct gt_adapter guantong_adapter_http;
extern const struct gt_format guantong_format_xlsx;

static const char *const fields[] = {"ID", "CLLX", "updateTime", NULL};

static struct gt_demo_service *start_service(
	const struct gt_demo_service_conf *conf, char *options, size_t size, const char *more)
{
	struct gt_err err = {0};
	struct gt_demo_service *service = gt_demo_service_start(conf, &err);
	ck_assert_ptr_nonnull(service);
	setenv("DEMO_PASSWORD", "demo-password", 1);
	snprintf(options, size,
		"url: http://127.0.0.1:%u\npath: /dispatch/list\nrecords: rows\ntotal: total\n"
		"paging: {style: page, page: pageNum, size: pageSize, rows: 20}\n"
		"success: {field: code, values: '200'}\n"
		"login: {username: exchange, password: {env: DEMO_PASSWORD}}\n%s",
		gt_demo_service_port(service), more);
	return service;
}

static void pull(struct harness *h)
{
	struct gt_err err = {0};
	char text[1024];
	enum gt_poll result = GT_POLL_MORE;
	while (result == GT_POLL_MORE || result == GT_POLL_WAIT) {
		result = harness_poll(h, harness_limits, &err).result;
		ck_assert_msg(result != GT_POLL_ERROR, "%s", gt_err_text(&err, text, sizeof text));
		if (result == GT_POLL_WAIT)
			harness_wait(h);
	}
}

/* 800 rows in pages of 20: the token dies once on the way. */
START_TEST(gives_all_rows)
{
	struct gt_demo_service_conf conf = {
		.rows = 800, .username = "exchange", .password = "demo-password"};
	char options[1024];
	struct gt_demo_service *service = start_service(&conf, options, sizeof options,
		_i ? "cursor: {field: updateTime, tie: ID, from: 'params[beginTime]', until: "
		     "'params[endTime]'}\n"
		   : "");
	struct world world = {0};
	struct harness h;
	struct gt_err err = {0};
	size_t unknown = 0;
	harness_init(&h, &world, &guantong_adapter_http, NULL, options, NULL, fields);
	ck_assert(harness_open(&h, gt_str(NULL, 0), &err));
	pull(&h);
	ck_assert_uint_eq(world.row_count, 800);
	for (size_t i = 0; i < world.row_count; i++)
		unknown += strstr(world.rows[i], "|99|") != NULL;
	ck_assert_uint_ge(unknown, 1); /* dirty enough to show rejects */
	pull(&h);
	ck_assert_uint_eq(world.row_count, 800);
	harness_close(&h);
	world_free(&world);
	gt_demo_service_stop(service);
}
END_TEST

START_TEST(refuses_the_wrong_password)
{
	struct gt_demo_service_conf conf = {
		.rows = 3, .username = "exchange", .password = "another"};
	char options[1024];
	struct gt_demo_service *service = start_service(&conf, options, sizeof options, "");
	struct world world = {0};
	struct harness h;
	struct gt_err err = {0};
	enum gt_poll result = GT_POLL_MORE;
	harness_init(&h, &world, &guantong_adapter_http, NULL, options, NULL, fields);
	ck_assert(harness_open(&h, gt_str(NULL, 0), &err));
	while (result != GT_POLL_ERROR) {
		result = harness_poll(&h, harness_limits, &err).result;
		ck_assert_int_ne(result, GT_POLL_IDLE);
	}
	ck_assert_int_eq(err.code, GT_E_HTTP_LOGIN);
	ck_assert_int_eq(err.class, GT_CONFIG);
	harness_close(&h);
	world_free(&world);
	gt_demo_service_stop(service);
}
END_TEST

/* Away in mid-list: told as something to try again, and nothing is missing afterwards. */
START_TEST(is_away_for_a_while_and_heals)
{
	struct gt_demo_service_conf conf = {.rows = 200,
		.outage_after = 3,
		.outage_ms = 300,
		.username = "exchange",
		.password = "demo-password"};
	char options[1024];
	struct gt_demo_service *service = start_service(&conf, options, sizeof options, "");
	struct world world = {0};
	struct harness h;
	unsigned failures = 0;
	struct gt_err err = {0};
	harness_init(&h, &world, &guantong_adapter_http, NULL, options, NULL, fields);
	ck_assert(harness_open(&h, gt_str(NULL, 0), &err));
	struct step last = {0}, step = {.result = GT_POLL_MORE};
	while (step.result != GT_POLL_IDLE) {
		step = harness_poll(&h, harness_limits, &err);
		if (step.cursor_set)
			last = step;
		if (step.result == GT_POLL_WAIT)
			harness_wait(&h);
		if (step.result != GT_POLL_ERROR)
			continue;
		ck_assert_int_eq(err.class, GT_RETRY);
		failures++;
		harness_close(&h);
		harness_init(&h, &world, &guantong_adapter_http, NULL, options, NULL, fields);
		ck_assert(harness_open(&h, step_cursor(&last), &err));
	}
	ck_assert_uint_ge(failures, 1);
	ck_assert_uint_eq(world.row_count, 200);
	harness_close(&h);
	world_free(&world);
	gt_demo_service_stop(service);
}
END_TEST

START_TEST(rows_depend_on_the_seed_alone)
{
	char a[GT_DEMO_ROW_MAX], b[GT_DEMO_ROW_MAX];
	size_t n = gt_demo_service_row(7, 41, 1711497600, a);
	ck_assert_uint_eq(gt_demo_service_row(7, 41, 1711497600, b), n);
	ck_assert_mem_eq(a, b, n);
	ck_assert(gt_demo_service_row(8, 41, 1711497600, b) != n || memcmp(a, b, n) != 0);
}
END_TEST

/* The only file of the folder. */
static struct gt_str only_file(const char *folder, struct gt_buf *content)
{
	char path[512] = "";
	struct gt_err err = {0};
	DIR *dir = opendir(folder);
	ck_assert_ptr_nonnull(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		ck_assert_str_eq(path, "");
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
	}
	closedir(dir);
	ck_assert(gt_file_read(path, content, &err));
	ck_assert_int_eq(unlink(path), 0);
	return gt_buf_str(content);
}

START_TEST(writes_gb18030_files)
{
	char folder[] = "/tmp/guantong-demo-XXXXXX";
	struct gt_buf first, again;
	struct gt_err err = {0};
	size_t lines = 0, bom = 0;
	gt_buf_init(&first, 1u << 20);
	gt_buf_init(&again, 1u << 20);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert(gt_demo_file_write(folder, 5, 3, 500, &err));
	struct gt_str a = only_file(folder, &first);
	ck_assert(gt_demo_file_write(folder, 5, 3, 500, &err));
	struct gt_str b = only_file(folder, &again);
	ck_assert(gt_str_eq(a, b));
	ck_assert_int_eq(gt_charset_detect(a, true, &bom), GT_CHARSET_GB18030);
	for (size_t i = 1; i < a.n; i++)
		lines += a.p[i - 1] == '\r' && a.p[i] == '\n';
	ck_assert_uint_eq(lines, 501);
	ck_assert_int_eq(rmdir(folder), 0);
	ck_assert(!gt_demo_file_write(folder, 5, 3, 500, &err));
	ck_assert_int_eq(err.code, GT_E_FILE_WRITE);
	gt_buf_fini(&first);
	gt_buf_fini(&again);
}
END_TEST

static bool read_at(void *arg, uint64_t offset, void *to, size_t n)
{
	struct gt_str *bytes = arg;

	if (offset > bytes->n || n > bytes->n - offset) {
		errno = ENODATA;
		return false;
	}
	memcpy(to, bytes->p + offset, n);
	return true;
}

/* The rows of a workbook as the format gives them: one JSON object a line. */
static size_t read_workbook(struct gt_str bytes, struct gt_buf *out)
{
	const struct gt_str names[] = {GT_LIT("统一社会信用代码"), GT_LIT("from"),
		GT_LIT("电.数量(万kWh)"), GT_LIT("水.费用(元)")};
	const struct gt_format *format = &guantong_format_xlsx;
	struct gt_host host = {.flow = GT_LIT("demo"), .fields = names, .field_count = 4};
	struct gt_document document = {0};
	struct gt_batch *batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	struct gt_seekable document_bytes = {&bytes, bytes.n, read_at};
	struct gt_pair cell = {GT_LIT("from"), GT_LIT("B2")};
	struct gt_arena memory;
	struct gt_fed fed = {0};
	struct gt_err err = {0};
	char text[1024];
	void *self = calloc(1, format->self_size);
	size_t rows;

	gt_arena_init(&memory, 0);
	gt_options_defaults(format->options, self, &memory);
	*(struct gt_pairs *)((char *)self +
			     gt_option_find(format->options, GT_LIT("cells"))->offset) =
		(struct gt_pairs){&cell, 1};
	ck_assert_msg(format->open(self, &host, &document_bytes, &document, &err), "%s",
		gt_err_text(&err, text, sizeof text));
	gt_batch_reset(batch, 4, 20000, GT_BATCH_RAW_MAX);
	ck_assert_int_eq(format->rows(self, batch, 0, &fed, &err), GT_FEED_DONE);
	rows = batch->row_count;
	for (size_t i = 0; i < rows; i++) {
		ck_assert(!batch->rows[i].bad);
		gt_buf_add(out, batch->rows[i].raw);
		gt_buf_adds(out, "\n");
	}
	format->end(self);
	gt_batch_free(batch);
	gt_arena_fini(&memory);
	free(self);
	return rows;
}

START_TEST(writes_returns)
{
	char folder[] = "/tmp/guantong-demo-XXXXXX";
	static const char *const parts[] = {"\"from\":\"2025年1月1日\"", "\"电.数量(万kWh)\":\"",
		"\"水.费用(元)\":\"", "．", "万度", "\"—\"", "¥", "\"合计\"", "填表人：", NULL};
	struct gt_buf bytes, out;
	struct gt_err err = {0};
	size_t rows = 0;

	gt_buf_init(&bytes, 1u << 20);
	gt_buf_init(&out, 1u << 20);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert(gt_demo_return_write(folder, 5, 10, &rows, &err));
	ck_assert_uint_eq(read_workbook(only_file(folder, &bytes), &out), rows);
	for (size_t i = 0; parts[i]; i++)
		ck_assert_msg(strstr(gt_buf_cstr(&out), parts[i]) != NULL, "%s in %s", parts[i],
			gt_buf_cstr(&out));
	ck_assert_int_eq(rmdir(folder), 0);
	ck_assert(!gt_demo_return_write(folder, 5, 10, &rows, &err));
	ck_assert_int_eq(err.code, GT_E_FILE_WRITE);
	gt_buf_fini(&bytes);
	gt_buf_fini(&out);
}
END_TEST

START_TEST(says_why_it_cannot_listen)
{
	struct gt_demo_service_conf conf = {.rows = 3, .username = "u", .password = "p"};
	struct rlimit before, none;
	struct gt_err err = {0};

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 3;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_ptr_null(gt_demo_service_start(&conf, &err));
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(err.code, GT_E_DEMO_SERVICE);
}
END_TEST

UNIT_MAIN("demo", UNIT_LOOP(gives_all_rows, 2), UNIT_TEST(refuses_the_wrong_password),
	UNIT_TEST(is_away_for_a_while_and_heals), UNIT_TEST(says_why_it_cannot_listen),
	UNIT_TEST(rows_depend_on_the_seed_alone), UNIT_TEST(writes_gb18030_files),
	UNIT_TEST(writes_returns))
