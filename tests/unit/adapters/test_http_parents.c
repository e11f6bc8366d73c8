/* A list for each row of another list. */
#include "http.h"

#include "http_pull.h"
#include "unit.h"

static const char *const child_fields[] = {"parent.id", "parent.name", "v", NULL};

/* Meters m0 …, two a page; each has readings, three a page. */
struct meters {
	_Atomic int meters, readings, gone, code_404;
	const char *ids; /* instead: a whole answer */
	char last[4096];
	_Atomic unsigned lists, details;
};

static void readings(struct meters *m, struct request *r)
{
	char body[4096], id[64] = "";
	int n, page = (int)query_number(r, "p", 1);
	m->details++;
	snprintf(m->last, sizeof m->last, "%s", r->target);
	(void)sscanf(r->target, "/meters/%63[^/?]", id);
	if (m->gone && atoi(id + 1) == m->gone) {
		if (m->code_404)
			send_json(r, "{\"code\":404,\"msg\":\"没有该表计\"}");
		else
			send_answer(r, 404, "application/json", "", GT_LIT("{}"));
		return;
	}
	n = snprintf(body, sizeof body, "{\"code\":200,\"total\":%d,\"rows\":[", m->readings);
	for (int i = (page - 1) * 3; i < page * 3 && i < m->readings; i++)
		n += snprintf(body + n, sizeof body - (size_t)n, "%s{\"v\":%d}",
			i > (page - 1) * 3 ? "," : "", i);
	snprintf(body + n, sizeof body - (size_t)n, "]}");
	send_json(r, body);
}

static void serve(void *arg, struct request *r)
{
	struct meters *m = arg;
	char body[4096];
	int n, page = (int)query_number(r, "page", 1);
	if (strncmp(r->target, "/meters/", 8) == 0) {
		readings(m, r);
		return;
	}
	ck_assert_int_eq(strncmp(r->target, "/meters?kind=e", 14), 0);
	m->lists++;
	if (m->ids) {
		send_json(r, m->ids);
		return;
	}
	n = snprintf(body, sizeof body, "{\"code\":200,\"count\":%d,\"data\":[", m->meters);
	for (int i = (page - 1) * 2; i < page * 2 && i < m->meters; i++)
		n += snprintf(body + n, sizeof body - (size_t)n,
			"%s{\"id\":\"m%d\",\"name\":\"表\\\"%d\",\"o\":{}}",
			i > (page - 1) * 2 ? "," : "", i, i);
	snprintf(body + n, sizeof body - (size_t)n, "]}");
	send_json(r, body);
}

#define PARENT                                                                                     \
	"path: /meters/{parent.id}/readings\nrecords: rows\ntotal: total\n"                        \
	"success: {field: code}\npaging: {style: page, page: p, size: s, rows: 3}\n"               \
	"parent: {path: /meters, query: {kind: e}, records: data, total: count, fields: [id, "     \
	"name, o],\n  paging: {style: page, page: page, size: size, rows: 2}}\n"

static void start(struct pull *p, struct meters *m, const char *options)
{
	pull_start(p, serve, m, "");
	snprintf(p->options, sizeof p->options, "url: http://127.0.0.1:%u\n%s",
		server_port(p->server), options);
}

static void reopen(struct pull *p)
{
	struct gt_err err = {0};
	char text[1024];
	struct step last = p->last;
	pull_close(p);
	harness_init(
		&p->h, &p->world, &guantong_adapter_http, NULL, p->options, NULL, child_fields);
	p->open = true;
	ck_assert_msg(harness_open(&p->h, gt_str(last.cursor, last.cursor_len), &err), "%s",
		gt_err_text(&err, text, sizeof text));
}

START_TEST(reads_a_list_for_each_row_of_another)
{
	struct meters m = {.meters = 5, .readings = 4};
	struct pull p;
	start(&p, &m, PARENT);
	reopen(&p);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 20);
	ck_assert_uint_eq(m.lists, 3);
	ck_assert_uint_eq(m.details, 10);
	/* The same bytes below two parents are two rows; a row tells its parent. */
	ck_assert_ptr_nonnull(strstr(p.world.rows[4],
		"{\"parent.id\":\"m1\",\"parent.name\":\"表\\\"1\",\"parent.o\":null,\"v\":0}"
		"|m1|表\"1|0"));
	ck_assert_ptr_nonnull(strstr(p.world.rows[4], "[m1] #1|"));
	m.readings = 5;
	reopen(&p);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 25);
	pull_end(&p);
}
END_TEST

/* A restart goes on with the parent where it was, though others came and went meanwhile. */
START_TEST(resumes_with_the_same_parent)
{
	struct meters m = {.meters = 5, .readings = 4};
	struct pull p;
	enum gt_poll result = GT_POLL_MORE;
	start(&p, &m, PARENT);
	for (int i = 0; result != GT_POLL_IDLE; i++) {
		struct gt_limits limits = harness_limits;
		struct gt_err err = {0};
		limits.max_records = 1;
		reopen(&p);
		result = pull_once(&p, limits, &err);
		ck_assert_int_ne(result, GT_POLL_ERROR);
		if (i == 12)
			ck_assert_ptr_nonnull(strstr(p.last.cursor, "\"parent\":\"m3\""));
	}
	ck_assert_uint_eq(p.world.row_count, 20);
	ck_assert_uint_lt(m.details, 40); /* not from the first parent each time */
	pull_end(&p);
}
END_TEST

START_TEST(begins_again_when_the_parent_is_gone)
{
	struct meters m = {.meters = 3, .readings = 4};
	struct pull p;
	struct gt_err err = {0};
	struct gt_limits limits = harness_limits;
	limits.max_records = 10;
	start(&p, &m, PARENT);
	reopen(&p);
	ck_assert_int_eq(pull_once(&p, limits, &err), GT_POLL_MORE);
	m.ids = "{\"code\":200,\"data\":[{\"id\":\"m1\"},{\"id\":\"m7\"}]}";
	reopen(&p);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 10 + 8); /* m1 has another name now */
	pull_end(&p);
}
END_TEST

START_TEST(passes_over_a_list_that_is_not_there)
{
	struct meters m = {.meters = 4, .readings = 4, .gone = 2, .code_404 = _i};
	struct pull p;
	start(&p, &m, PARENT);
	reopen(&p);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 12);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_HTTP_CHILD_GONE), 1);
	pull_end(&p);
}
END_TEST

/* Ids are values, whatever they look like; one that cannot be part of a path is told. */
START_TEST(never_lets_an_id_become_a_path)
{
	static const struct {
		const char *id, *target;
	} ids[] = {{"\"a/../b\"", "/meters/a%2F..%2Fb/readings?p=1&s=3"},
		{"\"x?y=1#z\"", "/meters/x%3Fy%3D1%23z/readings?p=1&s=3"},
		{"\"%2e%2e\"", "/meters/%252e%252e/readings?p=1&s=3"},
		{"\"表 1\"", "/meters/%E8%A1%A8%201/readings?p=1&s=3"},
		{"1234567890123456789", "/meters/1234567890123456789/readings?p=1&s=3"}};
	static const char *const bad[] = {"\"\"", "null", "{}", "\"a\\nb\"", "[1]"};
	char answer[512];
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		struct meters m = {.readings = 1, .ids = answer};
		struct pull p;
		snprintf(answer, sizeof answer, "{\"code\":200,\"data\":[{\"id\":%s}]}", ids[i].id);
		start(&p, &m, PARENT);
		reopen(&p);
		pull_ok(&p);
		ck_assert_str_eq(m.last, ids[i].target);
		ck_assert_uint_eq(p.world.row_count, 1);
		pull_end(&p);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct meters m = {.readings = 1, .ids = answer};
		struct pull p;
		snprintf(answer, sizeof answer,
			"{\"code\":200,\"data\":[{\"id\":%s},{\"id\":1},7]}", bad[i]);
		start(&p, &m, PARENT);
		reopen(&p);
		pull_ok(&p);
		ck_assert_uint_eq(p.world.row_count, 1);
		ck_assert_uint_eq(world_notes(&p.world, GT_E_HTTP_PARENT_BAD), 2);
		pull_end(&p);
	}
}
END_TEST

/* "..", which no escaping makes harmless, is passed over like an id that is none. */
START_TEST(passes_over_ids_of_dots)
{
	struct meters m = {.readings = 1,
		.ids = "{\"code\":200,\"data\":[{\"id\":\"..\"},{\"id\":\".\"},{\"id\":\"m\"}]}"};
	struct pull p;
	start(&p, &m, PARENT);
	reopen(&p);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 1);
	ck_assert_uint_eq(m.details, 1);
	ck_assert_uint_eq(world_notes(&p.world, GT_E_HTTP_PARENT_BAD), 2);
	pull_end(&p);
}
END_TEST

START_TEST(takes_parents_from_the_file)
{
	struct meters m = {.readings = 2};
	struct pull p;
	start(&p, &m,
		"path: /meters/{parent.id}/readings\nrecords: rows\n"
		"query: {again: '{parent.id}'}\nparent: {each: [m1, 00712, 'm 3']}\n");
	reopen(&p);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 6);
	ck_assert_uint_eq(m.lists, 0);
	ck_assert_str_eq(m.last, "/meters/m%203/readings?again=m%203");
	ck_assert_ptr_nonnull(strstr(p.world.rows[2], "{\"parent.id\":\"00712\",\"v\":0}|00712"));
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 6);
	pull_end(&p);
}
END_TEST

START_TEST(does_nothing_without_parents)
{
	struct meters m = {.readings = 2, .ids = "{\"code\":200,\"data\":[]}"};
	struct pull p;
	start(&p, &m, PARENT);
	reopen(&p);
	pull_ok(&p);
	ck_assert_uint_eq(p.world.row_count, 0);
	ck_assert_uint_eq(m.details, 0);
	pull_end(&p);
}
END_TEST

/* Each window is read for all parents before the next. */
static void windowed(void *arg, struct request *r)
{
	char *log = arg, from[64] = "", id[16] = "";
	query_text(r, "a", from, sizeof from);
	(void)sscanf(r->target, "/r/%15[^?]", id);
	snprintf(log + strlen(log), 4096 - strlen(log), "%s@%.10s ", id, from);
	send_answer(r, 200, "application/json", "Date: Wed, 03 Jan 2024 12:00:00 GMT\r\n",
		GT_LIT("[]"));
}

START_TEST(reads_all_parents_of_a_window_first)
{
	struct pull p;
	static char log[4096];
	pull_start(&p, windowed, log, "");
	snprintf(p.options, sizeof p.options,
		"url: http://127.0.0.1:%u\npath: /r/{parent.id}\nparent: {each: [x, y]}\n"
		"cursor: {field: t, from: a, layout: iso, bounds: '%%Y-%%m-%%d', start: "
		"'2024-01-01', step: 1 d}\n",
		server_port(p.server));
	pull_ok(&p);
	ck_assert_ptr_nonnull(strstr(log, "x@2024-01-01 y@2024-01-01 x@2024-01-02 y@2024-01-02 "));
	pull_end(&p);
}
END_TEST

static char *many_answer;

static void many(void *arg, struct request *r)
{
	(void)arg;
	send_answer(r, 200, "application/json", "", gt_cstr(many_answer));
}

START_TEST(refuses_more_parents_than_it_can_hold)
{
	struct pull p;
	size_t n = 0, row = 1800, rows = 20000;
	many_answer = malloc(rows * (row + 64) + 64);
	ck_assert_ptr_nonnull(many_answer);
	n += (size_t)sprintf(many_answer, "[");
	for (size_t i = 0; i < rows; i++) {
		n += (size_t)sprintf(many_answer + n, "%s{\"id\":%zu,\"name\":\"", i ? "," : "", i);
		memset(many_answer + n, 'x', row);
		n += row;
		n += (size_t)sprintf(many_answer + n, "\"}");
	}
	sprintf(many_answer + n, "]");
	pull_start(&p, many, NULL, "max_body: 64 MiB\nparent: {path: /all, fields: [id, name]}\n");
	pull_fails(&p, GT_E_HTTP_PARENTS_MANY, GT_CONFIG);
	pull_end(&p);
	free(many_answer);
}
END_TEST

START_TEST(refuses_parents_that_contradict_themselves)
{
	static const char *const wrong[] = {"parent: {each: [a], path: /b}\n",
		"parent: {each: [a], fields: [a, b, c, d, e, f, g, h, i]}\n"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct world world = {0};
		struct harness h;
		struct gt_err err = {0};
		char options[256];
		snprintf(options, sizeof options, "url: http://127.0.0.1:1\n%s", wrong[i]);
		harness_init(&h, &world, &guantong_adapter_http, NULL, options, NULL, child_fields);
		ck_assert(!harness_open(&h, gt_str(NULL, 0), &err));
		ck_assert_int_eq(err.code, GT_E_HTTP_PARENT);
		harness_close(&h);
	}
}
END_TEST

UNIT_MAIN("http_parents", UNIT_TEST(reads_a_list_for_each_row_of_another),
	UNIT_TEST(resumes_with_the_same_parent), UNIT_TEST(begins_again_when_the_parent_is_gone),
	UNIT_LOOP(passes_over_a_list_that_is_not_there, 2),
	UNIT_TEST(never_lets_an_id_become_a_path), UNIT_TEST(passes_over_ids_of_dots),
	UNIT_TEST(takes_parents_from_the_file), UNIT_TEST(does_nothing_without_parents),
	UNIT_TEST(reads_all_parents_of_a_window_first),
	UNIT_TEST(refuses_more_parents_than_it_can_hold),
	UNIT_TEST(refuses_parents_that_contradict_themselves))
