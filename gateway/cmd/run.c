/* run.c: `guantong run`: the gateway itself, until it is asked to stop. */
#include "cmd.h"

#include "console.h"
#include "log.h"
#include "sign.h"
#include "topics.h"
#include <guantong/charset.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define WATCH_MS 200
#define IDENTITY_MS 30000
#define RECONNECT_S 5
#define MOCK_CLUSTER "mock" /* librdkafka's mock cluster names itself "mockCluster…" */

static void watch(struct gt_runtime *runtime, const sigset_t *set)
{
	const struct timespec slice = {0, WATCH_MS * 1000000L};

	while (!gt_runtime_wait(runtime, 0)) {
		int number = sigtimedwait(set, NULL, &slice);

		if (number == SIGHUP) {
			gt_log_say(GT_LOG_WARNING, GT_LIT(""), GT_E_RUN_HANGUP);
		} else if (number > 0) {
			gt_log_say(GT_LOG_INFO, GT_LIT(""), GT_E_RUN_DRAINING);
			gt_runtime_drain(runtime);
		}
	}
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

static bool serve(const struct gt_gateway_conf *gateway, struct gt_runtime *runtime,
	const sigset_t *signals, struct gt_err *err)
{
	struct gt_console *console = gt_console_start(gateway->admin.p, runtime, err);
	bool ok = console && gt_runtime_start(runtime, err);

	if (ok) {
		gt_log_say(GT_LOG_INFO, GT_LIT(""), GT_E_RUN_STARTED, gateway->site.p,
			GT_TEXT("%zu", gateway->flow_count), gateway->admin.p);
		watch(runtime, signals);
		ok = !gt_runtime_failed(runtime, err);
	}
	gt_console_stop(console);
	return ok;
}

static bool run(const struct gt_gateway_conf *gateway, bool once, struct gt_err *err)
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
	ok = stopped || (runtime && serve(gateway, runtime, &signals, err));
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
	gt_log_setup(GT_LOG_INFO, config->gateway.log_format == 1);
	if (run(&config->gateway, once, &err)) {
		gt_log_say(GT_LOG_INFO, GT_LIT(""), GT_E_RUN_ENDED);
		code = GT_EXIT_OK;
	} else {
		gt_log(GT_LOG_ERROR, GT_LIT(""), &err);
		code = gt_exit_of(&err);
	}
	gt_config_free(config);
	return code;
}
