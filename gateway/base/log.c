/* log.c: one write(2) per line, so that lines of several threads and processes do not mix. */
#include "log.h"
#include "civil.h"
#include "rate.h"
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 8192u

static enum gt_level verbosity = GT_LOG_INFO;
static bool as_json;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct gt_rate rate = {.most = 10, .window_us = INT64_C(60000000)};

void gt_log_setup(enum gt_level most_verbose, bool json)
{
	pthread_mutex_lock(&lock);
	verbosity = most_verbose;
	as_json = json;
	pthread_mutex_unlock(&lock);
}

static int64_t now_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static struct gt_str time_text(char out[GT_TIME_TEXT_MAX])
{
	int64_t us = now_us(CLOCK_REALTIME);
	time_t seconds = (time_t)(us / 1000000);
	struct tm local;
	int zone = localtime_r(&seconds, &local) ? (int)(local.tm_gmtoff / 60) : 0;

	return gt_str(out, gt_time_write(out, us, zone, GT_SECOND));
}

static const char *level_name(enum gt_level level)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};

	return names[level];
}

static void member(struct gt_buf *line, const char *name, struct gt_str value)
{
	gt_buf_addf(line, ",\"%s\":", name);
	gt_buf_json(line, value);
}

static void write_json(
	struct gt_buf *line, enum gt_level level, struct gt_str flow, const struct gt_err *err)
{
	char time[GT_TIME_TEXT_MAX], text[2048];
	const struct gt_sentence *message = gt_message_find(err->code);

	gt_buf_adds(line, "{\"time\":");
	gt_buf_json(line, time_text(time));
	member(line, "level", gt_cstr(level_name(level)));
	gt_buf_addf(line, ",\"code\":\"GT%04d\"", (int)err->code);
	if (flow.n > 0)
		member(line, "flow", flow);
	member(line, "message", gt_cstr(gt_err_sentence(err, text, sizeof text)));
	if (message && *message->remedy[gt_language()])
		member(line, "remedy", gt_cstr(message->remedy[gt_language()]));
	gt_buf_adds(line, "}\n");
}

static void write_plain(
	struct gt_buf *line, enum gt_level level, struct gt_str flow, const struct gt_err *err)
{
	char time[GT_TIME_TEXT_MAX], text[2048];
	struct gt_str now = time_text(time),
		      sentence = gt_cstr(gt_err_text(err, text, sizeof text));
	const char *blank = strchr(text, ' '); /* behind the code; the flow goes between */
	size_t code = blank ? (size_t)(blank - text) : sentence.n;

	gt_buf_addf(line, "%.*s %s %.*s", GT_STR_ARGS(now), level_name(level), (int)code, text);
	if (flow.n > 0)
		gt_buf_addf(line, " flow=%.*s", GT_STR_ARGS(flow));
	gt_buf_adds(line, text + code);
	gt_buf_adds(line, "\n");
}

static void emit(enum gt_level level, struct gt_str flow, const struct gt_err *err)
{
	struct gt_buf line;

	gt_buf_init(&line, LINE_MAX_BYTES);
	(as_json ? write_json : write_plain)(&line, level, flow, err);

	struct gt_str s = gt_buf_str(&line);
	ssize_t written = write(STDERR_FILENO, s.p, s.n);

	(void)written; /* there is nobody left to tell */
	gt_buf_fini(&line);
}

static void report_suppressed(int64_t now)
{
	struct gt_rate_slot slot;

	while (gt_rate_overdue(&rate, now, &slot)) {
		struct gt_err err;

		gt_fail(&err, GT_E_LOG_SUPPRESSED, GT_TEXT("%u", slot.suppressed),
			GT_TEXT("%04d", slot.tag));
		emit(GT_LOG_INFO, gt_cstr(slot.label), &err);
	}
}

void gt_log(enum gt_level level, struct gt_str flow, const struct gt_err *err)
{
	int64_t now = now_us(CLOCK_MONOTONIC);

	pthread_mutex_lock(&lock);
	if (level <= verbosity) {
		report_suppressed(now);
		if (gt_rate_admit(&rate, (int)err->code, flow, now))
			emit(level, flow, err);
	}
	pthread_mutex_unlock(&lock);
}

void gt_log_with(enum gt_level level, struct gt_str flow, struct gt_failure failure)
{
	struct gt_err err;

	gt_fail_with(&err, failure);
	gt_log(level, flow, &err);
}
