/* run.c: `guantong run`: the gateway itself, until it is asked to stop. */
#include "cmd.h"

#include "console.h"
#include "json_write.h"
#include "log.h"
#include "sign.h"
#include "topics.h"
#include <guantong/charset.h>

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define WATCH_MS 200
#define LARGE_BYTES (512 << 10)
#define IDENTITY_MS 30000
#define RECONNECT_S 5
#define MOCK_CLUSTER "mock" /* librdkafka's mock cluster names itself "mockCluster…" */

/* What a running gateway needs to read its configuration again. */
struct again {
	const char *folder;
	struct gt_runtime *runtime;
};

static void add_mistakes(const struct gt_config *config, struct gt_buf *out)
{
	char text[2048];

	gt_buf_adds(out, ",\"mistakes\":[");
	for (size_t i = 0; i < config->diags.n; i++) {
		const struct gt_diag *d = &config->diags.v[i];

		gt_buf_adds(out, i ? ",{\"file\":" : "{\"file\":");
		gt_json_add_text(
			out, gt_cstr(d->pos.file ? gt_shown_path(config, d->pos.file) : ""));
		gt_buf_addf(out, ",\"line\":%u,\"column\":%u,\"code\":\"GT%04d\",\"en\":",
			(unsigned)d->pos.line, (unsigned)d->pos.column, (int)d->err.code);
		gt_json_add_text(out, gt_cstr(gt_err_text_in(&d->err, GT_EN, text, sizeof(text))));
		gt_buf_adds(out, ",\"zh\":");
		gt_json_add_text(out, gt_cstr(gt_err_text_in(&d->err, GT_ZH, text, sizeof(text))));
		gt_buf_adds(out, "}");
	}
	gt_buf_adds(out, "]");
}

/* Each mistake in the log, for whoever sent a signal and hears no answer. */
static void log_mistakes(const struct gt_config *config, const struct gt_err *why)
{
	for (size_t i = 0; i < config->diags.n; i++) {
		const struct gt_diag *d = &config->diags.v[i];
		char text[2048];

		fprintf(stderr, "%s:%u:%u %s\n",
			d->pos.file ? gt_shown_path(config, d->pos.file) : "",
			(unsigned)d->pos.line, (unsigned)d->pos.column,
			gt_err_text(&d->err, text, sizeof(text)));
	}
	gt_log(GT_LOG_ERROR, GT_LIT(""), why);
}

/* gt_console_reload, and SIGHUP. */
static bool reload(void *arg, const char *who, struct gt_buf *out)
{
	const struct again *again = arg;
	struct gt_config *config = gt_config_load(again->folder, GT_CONFIG_RUN);
	struct gt_reloaded done;
	struct gt_err err;
	bool ok = config->diags.n == 0;

	gt_log_say(GT_LOG_INFO, GT_LIT(""), GT_E_FLOW_ORDER, "reload", "*", who, "–");
	if (!ok)
		gt_fail(&err, GT_E_RELOAD_MISTAKES,
			GT_TEXT("%zu", config->diags.n + config->diags.dropped));
	ok = ok && gt_runtime_reload(again->runtime, &config->gateway, &done, &err);
	if (ok) {
		gt_buf_addf(out, "\"added\":%zu,\"removed\":%zu,\"changed\":%zu,\"same\":%zu",
			done.added, done.removed, done.changed, done.same);
	} else {
		gt_admin_error(out, &err);
		add_mistakes(config, out);
		log_mistakes(config, &err);
	}
	gt_config_free(config);
	return ok;
}

static void watch(struct gt_runtime *runtime, const sigset_t *set, struct again *again)
{
	struct gt_buf answer;

	gt_buf_init(&answer, 4u << 20);
	const struct timespec slice = {0, WATCH_MS * 1000000L};

	while (!gt_runtime_wait(runtime, 0)) {
		int number = sigtimedwait(set, NULL, &slice);

		if (number == SIGHUP) {
			(void)reload(again, "SIGHUP", &answer); /* it has said so */
			gt_buf_clear(&answer);
		} else if (number > 0) {
			gt_log_say(GT_LOG_INFO, GT_LIT(""), GT_E_RUN_DRAINING);
			gt_runtime_drain(runtime);
		}
	}
	gt_buf_fini(&answer);
}

/* A production gateway must not send to a broker that forgets. */
static bool broker_allowed(
	const struct gt_gateway_conf *gateway, struct gt_publisher *publisher, struct gt_err *err)
{
	char cluster[64], topic[64], state[128];

	if (!gateway->production)
		return true;
	gt_text(state, sizeof(state), "%.*s.%.*s.state", GT_STR_ARGS(gateway->prefix),
		GT_STR_ARGS(gateway->site));
	if (!publisher->ops->identity(publisher, gt_cstr(state), cluster, topic, IDENTITY_MS, err))
		return false;
	if (strncmp(cluster, MOCK_CLUSTER, strlen(MOCK_CLUSTER)) != 0)
		return true;
	return gt_fail(err, GT_E_RUN_DEVELOPMENT,
		GT_TEXT("%.*s", GT_STR_ARGS(gateway->kafka.brokers.v[0])));
}

/* Kafka may be away when the machine starts: the gateway says so and waits for it. NULL: err, or
 * asked to stop meanwhile (*stopped). */
static struct gt_runtime *wait_for_kafka(const struct gt_runtime_conf *conf,
	const sigset_t *signals, bool *stopped, struct gt_err *err)
{
	const struct timespec pause = {RECONNECT_S, 0};

	for (;;) {
		struct gt_runtime *runtime = NULL;
		int number;

		if (broker_allowed(conf->gateway, conf->publisher, err))
			runtime = gt_runtime_new(conf, err);
		if (runtime || err->class != GT_RETRY)
			return runtime;
		gt_log(GT_LOG_WARNING, GT_LIT(""), err);
		number = sigtimedwait(signals, NULL, &pause);
		if (number > 0 && number != SIGHUP) {
			*stopped = true;
			return NULL;
		}
	}
}

static bool make_data_folder(const struct gt_gateway_conf *gateway, struct gt_err *err)
{
	if (mkdir(gateway->data.p, 0750) == 0 || errno == EEXIST)
		return true;
	return gt_fail(err, GT_E_FILE_WRITE, gateway->data.p, strerror(errno));
}

static bool serve(const struct gt_gateway_conf *gateway, const char *folder,
	struct gt_runtime *runtime, const sigset_t *signals, struct gt_err *err)
{
	struct again again = {folder, runtime};
	struct gt_console *console = gt_console_start(
		&(struct gt_console_conf){gateway->admin.p, runtime, reload, &again}, err);
	bool ok = console && gt_runtime_start(runtime, err);

	if (ok) {
		gt_log_say(GT_LOG_INFO, GT_LIT(""), GT_E_RUN_STARTED, gateway->site.p,
			GT_TEXT("%zu", gateway->flow_count), gateway->admin.p);
		watch(runtime, signals, &again);
		ok = !gt_runtime_failed(runtime, err);
	}
	gt_console_stop(console);
	return ok;
}

static bool run(
	const struct gt_gateway_conf *gateway, const char *folder, bool once, struct gt_err *err)
{
	struct gt_str id = gt_cstr(
		GT_TEXT("%.*s.%.*s", GT_STR_ARGS(gateway->prefix), GT_STR_ARGS(gateway->site)));
	struct gt_runtime_conf conf = {
		.gateway = gateway, .once = once, .create_topics = gateway->kafka.create_topics};
	struct gt_runtime *runtime = NULL;
	sigset_t signals;
	bool ok, stopped = false;

	gt_signals_block(&signals);
	if (!gt_charset_selftest(err))
		return false;
	if (!make_data_folder(gateway, err))
		return false;
	if (gateway->key.n && (conf.signer = gt_signer_load(gateway->key.p, err)) == NULL)
		return false;
	conf.publisher = gt_publisher_kafka(&gateway->kafka, id, err);
	if (conf.publisher)
		runtime = wait_for_kafka(&conf, &signals, &stopped, err);
	ok = stopped || (runtime && serve(gateway, folder, runtime, &signals, err));
	gt_runtime_free(runtime);
	if (conf.publisher)
		conf.publisher->ops->free(conf.publisher);
	gt_signer_free(conf.signer);
	return ok;
}

int gt_cmd_run(const struct gt_verb *verb, int argc, char **argv)
{
	bool once = false;
	const struct gt_arg args[] = {
		{"once", 0, GT_ARG_FLAG, &once, 0, 0, NULL,
			"stop when every flow has caught up and all is committed",
			"全部追平并提交后自动停止"},
		{.name = NULL}};
	char **operands;
	struct gt_config *config;
	struct gt_err err;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 0, 1, &operands, &n, &code))
		return code;
	config = gt_load(n ? operands[0] : ".", GT_CONFIG_RUN);
	if (!config)
		return GT_EXIT_CONFIG;
	/* What is large and short-lived (a status of thousands of flows, a configuration that was
	 * read again) goes back to the system at once. */
	(void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
	gt_log_setup(GT_LOG_INFO, config->gateway.log_format == 1);
	if (run(&config->gateway, n ? operands[0] : ".", once, &err)) {
		gt_log_say(GT_LOG_INFO, GT_LIT(""), GT_E_RUN_ENDED);
		code = GT_EXIT_OK;
	} else {
		gt_log(GT_LOG_ERROR, GT_LIT(""), &err);
		code = gt_exit_of(&err);
	}
	gt_config_free(config);
	return code;
}
