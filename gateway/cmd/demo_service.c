/* demo_service.c: see demo_service.h. One libmicrohttpd thread serves everything. */
#include "demo_service.h"
#include "demo_words.h"

#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TOKEN_USES 29u
#define PAGE_ROWS 10u /* RuoYi's pageSize when none is sent */
#define PAGE_ROWS_MAX 1000u
#define TIME_TEXT 80u   /* room for any int in each of its places */
#define ZONE_S 28800    /* +08:00 */
#define UPDATE_STEP_S 7 /* rows that are there at the start: one every seven seconds before it */

struct gt_demo_service {
	struct gt_demo_service_conf conf;
	struct MHD_Daemon *daemon;
	unsigned port;
	int64_t start_s, start_ms;
	unsigned uses_left;      /* MHD's thread only */
	uint64_t token;          /* MHD's thread only; 0 = nobody is logged in */
	unsigned lists;          /* MHD's thread only: requests for the list so far */
	_Atomic int64_t back_ms; /* end of the outage, monotonic; 0 = there was none yet */
};

#define PICK(words, which) words[gt_demo_pick(seed, i, which) % (sizeof(words) / sizeof(*(words)))]

static const char *const purposes[] = {"公务出行:赴省机关事务管理局参加公务用车平台建设推进会议",
	"应急保障:防汛巡查沿江泵站及值守点位物资运送", "执法检查:道路运输市场秩序专项整治现场取证",
	"机要通信:送取机要文件至市委机要局", "调研考察:陪同上级调研组前往社区服务中心",
	"会议接送:接送参加全区年度机关后勤工作会议的代表"};
/* What is wrong with a row: about one in ten has something, one in fifty cannot be accepted. */
enum dirt {
	CLEAN,
	PLATE_DOT,
	PLATE_SPACE,
	DOTTED_DATE,
	KM_IN_VALUE,
	FULL_WIDTH,
	NOT_BACK,
	CODE_99,
	NO_PLATE,
	NO_APPLICANT
};

static enum dirt dirt_of(uint64_t seed, size_t i)
{
	static const struct {
		unsigned below; /* of 1000 */
		enum dirt dirt;
	} shares[] = {{20, PLATE_DOT}, {30, PLATE_SPACE}, {50, DOTTED_DATE}, {65, KM_IN_VALUE},
		{75, FULL_WIDTH}, {90, NOT_BACK}, {102, CODE_99}, {108, NO_PLATE},
		{115, NO_APPLICANT}};
	unsigned at = (unsigned)(gt_demo_pick(seed, i, 0) % 1000);
	for (size_t k = 0; k < sizeof(shares) / sizeof(*shares); k++)
		if (at < shares[k].below)
			return shares[k].dirt;
	return CLEAN;
}

static void civil(int64_t seconds, struct tm *tm)
{
	time_t t = (time_t)(seconds + ZONE_S);
	(void)gmtime_r(&t, tm);
}

static void write_time(char *out, size_t size, int64_t seconds, enum dirt dirt)
{
	struct tm t;
	civil(seconds, &t);
	if (dirt == DOTTED_DATE)
		(void)snprintf(out, size, "%d.%d.%d %d:%02d", t.tm_year + 1900, t.tm_mon + 1,
			t.tm_mday, t.tm_hour, t.tm_min);
	else
		(void)snprintf(out, size, "%04d-%02d-%02d %02d:%02d:%02d", t.tm_year + 1900,
			t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

static void write_plate(char *out, size_t size, uint64_t seed, size_t i, enum dirt dirt)
{
	static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ";
	bool green =
		gt_demo_pick(seed, i, 1) % 4 == 0; /* new-energy plates have one more character */
	unsigned number = (unsigned)(gt_demo_pick(seed, i, 2) % 100000);
	char letter = letters[gt_demo_pick(seed, i, 3) % (sizeof(letters) - 1)];
	const char *mark = dirt == PLATE_DOT ? "·" : dirt == PLATE_SPACE ? " " : "";
	if (dirt == NO_PLATE)
		out[0] = '\0';
	else if (green)
		(void)snprintf(out, size, "鄂%c%sD%05u", letter, mark, number);
	else
		(void)snprintf(out, size, "鄂%c%s%05u", letter, mark, number);
}

static void write_distance(char *out, size_t size, unsigned tenths, enum dirt dirt)
{
	char plain[16];
	(void)snprintf(plain, sizeof(plain), "%u.%u", tenths / 10, tenths % 10);
	if (dirt == KM_IN_VALUE)
		(void)snprintf(out, size, "%s公里", plain);
	else if (dirt == FULL_WIDTH)
		(void)gt_demo_full_width(plain, out, size);
	else
		(void)snprintf(out, size, "%s", plain);
}

size_t gt_demo_service_row(uint64_t seed, size_t i, int64_t update_s, char *out)
{
	enum dirt dirt = dirt_of(seed, i);
	char plate[32], out_at[TIME_TEXT], back_at[TIME_TEXT], update[TIME_TEXT], km[64];
	char who[GT_DEMO_PERSON];
	/* Trips end before the row was last changed; 20 minutes to 5 hours long. */
	int64_t back_s = update_s - 60 * (int64_t)(5 + gt_demo_pick(seed, i, 4) % 300);
	int64_t out_s = back_s - 60 * (int64_t)(20 + gt_demo_pick(seed, i, 5) % 280);
	unsigned tenths = (unsigned)(gt_demo_pick(seed, i, 6) % 3000) + 1;
	unsigned fuel = tenths * (unsigned)(6 + gt_demo_pick(seed, i, 7) % 7) / 10;
	static const char *const types[] = {"01", "02", "03", "04"}, *const states[] = {
									     "1", "2", "3"};
	size_t org = gt_demo_pick(seed, i, 8) % GT_DEMO_UNITS;
	write_plate(plate, sizeof(plate), seed, i, dirt);
	write_time(out_at, sizeof(out_at), out_s - out_s % 60, dirt);
	write_time(back_at, sizeof(back_at), back_s - back_s % 60, dirt);
	write_time(update, sizeof(update), update_s, CLEAN);
	write_distance(km, sizeof(km), tenths, dirt);
	(void)gt_demo_person(seed, i, 9, who);
	int n = snprintf(out, GT_DEMO_ROW_MAX,
		"{\"ID\":\"YC%010zu\",\"CPH\":\"%s\",\"DWBM\":\"420106%03zu\",\"DWMC\":\"%s\","
		"\"SQR\":%s%s%"
		"s,"
		"\"YCSY\":\"%s\",\"CFSJ\":\"%s\",\"FHSJ\":\"%s\",\"LC\":\"%s\",\"YH\":\"%u.%02u\","
		"\"CLLX\":\"%s\",\"ZT\":\"%s\",\"updateTime\":\"%s\"}",
		i + 1, plate, org + 1, gt_demo_units[org], dirt == NO_APPLICANT ? "" : "\"",
		dirt == NO_APPLICANT ? "null" : who, dirt == NO_APPLICANT ? "" : "\"",
		PICK(purposes, 13), out_at, dirt == NOT_BACK ? "未归" : back_at, km, fuel / 100,
		fuel % 100, dirt == CODE_99 ? "99" : PICK(types, 14), PICK(states, 15), update);
	return n > 0 ? (size_t)n : 0;
}

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now = {0};
	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

size_t gt_demo_service_rows(const struct gt_demo_service *s)
{
	int64_t ms = clock_ms(CLOCK_MONOTONIC) - s->start_ms;
	return s->conf.rows + (size_t)(ms / 1000) * s->conf.rows_per_second;
}

/* Grows with the index, so that the list in index order is in time order. */
static int64_t update_time(const struct gt_demo_service *s, size_t i)
{
	if (i < s->conf.rows)
		return s->start_s - 300 - (int64_t)(s->conf.rows - i) * UPDATE_STEP_S;
	return s->start_s + (int64_t)((i - s->conf.rows) / s->conf.rows_per_second) + 1;
}

static enum MHD_Result answer(struct MHD_Connection *connection, char *body, size_t n)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(n, body, MHD_RESPMEM_MUST_FREE);
	if (!response)
		return MHD_NO;
	(void)MHD_add_response_header(response, "Content-Type", "application/json;charset=UTF-8");
	enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

/* RuoYi's AjaxResult: failures too are HTTP 200. */
static enum MHD_Result say(
	struct MHD_Connection *connection, int code, const char *message, const char *token)
{
	char *body = NULL;
	int n = token ? asprintf(&body, "{\"msg\":\"%s\",\"code\":%d,\"token\":\"%s\"}", message,
				code, token)
		      : asprintf(&body, "{\"msg\":\"%s\",\"code\":%d}", message, code);
	return n < 0 ? MHD_NO : answer(connection, body, (size_t)n);
}

static size_t argument(struct MHD_Connection *connection, const char *name, size_t none)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
	long v = value ? strtol(value, NULL, 10) : 0;
	return v > 0 ? (size_t)v : none;
}

/* The first row whose updateTime is at or after the text of a bound ("yyyy-MM-dd HH:mm:ss"). */
static size_t first_at(const struct gt_demo_service *s, const char *bound, size_t rows, bool after)
{
	size_t low = 0, high = rows;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		char text[TIME_TEXT];
		write_time(text, sizeof(text), update_time(s, middle), CLEAN);
		int order = strcmp(text, bound);
		if (order < 0 || (after && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static enum MHD_Result list(struct gt_demo_service *s, struct MHD_Connection *connection)
{
	const char *begin =
		MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "params[beginTime]");
	const char *end =
		MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "params[endTime]");
	size_t all = gt_demo_service_rows(s), page = argument(connection, "pageNum", 1);
	size_t size = argument(connection, "pageSize", PAGE_ROWS);
	size = size < PAGE_ROWS_MAX ? size : PAGE_ROWS_MAX;
	size_t from = begin ? first_at(s, begin, all, false) : 0;
	size_t to = end ? first_at(s, end, all, true) : all;
	size_t total = to > from ? to - from : 0, pages = (total + size - 1) / size;
	if (page > pages)
		page = pages ? pages : 1; /* `reasonable`: past the end means the last page again */
	size_t at = (page - 1) * size, count = at < total ? total - at : 0;
	count = count < size ? count : size;
	char *body = malloc(count * GT_DEMO_ROW_MAX + 256);
	if (!body)
		return MHD_NO;
	size_t n = (size_t)sprintf(body, "{\"total\":%zu,\"rows\":[", total);
	for (size_t i = from + at; i < from + at + count; i++) {
		if (i > from + at)
			body[n++] = ',';
		n += gt_demo_service_row(s->conf.seed, i, update_time(s, i), body + n);
	}
	n += (size_t)sprintf(body + n, "],\"code\":200,\"msg\":\"查询成功\"}");
	return answer(connection, body, n);
}

static bool has_token(struct gt_demo_service *s, struct MHD_Connection *connection)
{
	char expected[64];
	const char *header =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
	(void)snprintf(expected, sizeof(expected), "Bearer demo-%016" PRIx64, s->token);
	if (!s->token || !header || strcmp(header, expected) != 0)
		return false;
	if (s->uses_left == 0)
		s->token = 0;
	else
		s->uses_left--;
	return s->token != 0;
}

#define LOGIN_MAX 1024u
struct request {
	size_t n;
	char body[LOGIN_MAX];
};

static enum MHD_Result login(
	struct gt_demo_service *s, struct MHD_Connection *connection, const struct request *request)
{
	char user[256], password[256], token[32];
	(void)snprintf(user, sizeof(user), "\"username\":\"%s\"", s->conf.username);
	(void)snprintf(password, sizeof(password), "\"password\":\"%s\"", s->conf.password);
	if (!strstr(request->body, user) || !strstr(request->body, password))
		return say(connection, 500, "用户不存在/密码错误", NULL);
	s->uses_left = s->conf.token_uses;
	s->token = gt_demo_pick(s->conf.seed, (size_t)clock_ms(CLOCK_MONOTONIC), 63) | 1;
	(void)snprintf(token, sizeof(token), "demo-%016" PRIx64, s->token);
	return say(connection, 200, "操作成功", token);
}

static bool away(const struct gt_demo_service *s)
{
	return clock_ms(CLOCK_MONOTONIC) < s->back_ms;
}

enum gt_demo_outage gt_demo_service_outage(const struct gt_demo_service *s)
{
	return s->back_ms == 0 ? GT_DEMO_NOT_YET : away(s) ? GT_DEMO_AWAY : GT_DEMO_BACK;
}

/* A system that is down: the connection is closed without an answer. */
static bool goes_away(struct gt_demo_service *s)
{
	if (s->conf.outage_after && s->lists++ == s->conf.outage_after)
		s->back_ms = clock_ms(CLOCK_MONOTONIC) + s->conf.outage_ms;
	return away(s);
}

static enum MHD_Result accepts(void *arg, const struct sockaddr *from, socklen_t size)
{
	(void)from;
	(void)size;
	return away(arg) ? MHD_NO : MHD_YES;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **state)
{
	struct gt_demo_service *s = arg;
	struct request *request = *state;
	(void)version;
	if (!request) {
		*state = calloc(1, sizeof(*request));
		return *state ? MHD_YES : MHD_NO;
	}
	if (*upload_size) {
		size_t room = sizeof(request->body) - 1 - request->n;
		size_t n = *upload_size < room ? *upload_size : room;
		memcpy(request->body + request->n, upload, n);
		request->n += n;
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(url, "/login") == 0 && strcmp(method, "POST") == 0)
		return login(s, connection, request);
	if (strcmp(url, "/dispatch/list") != 0 || strcmp(method, "GET") != 0)
		return say(connection, 404, "请求的资源不存在", NULL);
	if (!has_token(s, connection))
		return say(connection, 401, "认证失败，无法访问系统资源", NULL);
	return goes_away(s) ? MHD_NO : list(s, connection);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode why)
{
	(void)arg;
	(void)connection;
	(void)why;
	free(*state);
}

struct gt_demo_service *gt_demo_service_start(
	const struct gt_demo_service_conf *conf, struct gt_err *err)
{
	struct gt_demo_service *s = calloc(1, sizeof(*s));
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	if (!s) {
		(void)gt_fail(err, GT_E_DEMO_SERVICE, strerror(ENOMEM));
		return NULL;
	}
	s->conf = *conf;
	s->conf.seed = conf->seed ? conf->seed : 20240327;
	s->conf.token_uses = conf->token_uses ? conf->token_uses : TOKEN_USES;
	s->start_s = clock_ms(CLOCK_REALTIME) / 1000;
	s->start_ms = clock_ms(CLOCK_MONOTONIC);
	s->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, accepts, s, on_request, s,
		MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, NULL, MHD_OPTION_END);
	const union MHD_DaemonInfo *info =
		s->daemon ? MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
	if (!info) {
		(void)gt_fail(err, GT_E_DEMO_SERVICE, strerror(errno));
		gt_demo_service_stop(s);
		return NULL;
	}
	s->port = info->port;
	return s;
}

unsigned gt_demo_service_port(const struct gt_demo_service *service)
{
	return service->port;
}

void gt_demo_service_stop(struct gt_demo_service *service)
{
	if (!service)
		return;
	if (service->daemon)
		MHD_stop_daemon(service->daemon);
	free(service);
}
