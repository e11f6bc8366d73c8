/* broker.c: `guantong broker`: the development broker alone, with the configuration's topics in it.
 */
#include "cmd.h"

#include "needs.h"

bool gt_needs_topics(
	struct gt_dev_broker *broker, const struct gt_topic_plan *plan, struct gt_err *err)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct gt_topic_spec *spec = &plan->v[i];
		int partitions = spec->per_slot ? plan->v[0].partitions : spec->partitions;

		if (!gt_dev_broker_topic(broker, spec->name.p, partitions, err))
			return false;
	}
	return true;
}

static void print(const struct gt_dev_broker *broker, bool json)
{
	struct gt_buf out;

	gt_buf_init(&out, 4096);
	gt_buf_addf(&out, json ? "{\"brokers\":\"%s\"}\n" : "%s\n", gt_dev_broker_address(broker));
	gt_put_out(&out);
	gt_buf_fini(&out);
}

int gt_cmd_broker(const struct gt_verb *verb, int argc, char **argv)
{
	bool json = false;
	const struct gt_arg args[] = {
		{"json", 0, GT_ARG_FLAG, &json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{.name = NULL}};
	char **operands;
	struct gt_config *config = NULL;
	struct gt_topic_plan plan;
	struct gt_dev_broker *broker;
	struct gt_err err;
	sigset_t signals;
	size_t n;
	int code, number;

	if (!gt_args_read(verb, argc, argv, args, 0, 1, &operands, &n, &code))
		return code;
	if (n > 0) {
		config = gt_load(operands[0], GT_CONFIG_NO_SECRETS | GT_CONFIG_NO_KAFKA);
		if (!config)
			return GT_EXIT_CONFIG;
		gt_gateway_topics(&config->gateway, &config->memory, &plan);
	}
	gt_signals_block(&signals);
	broker = gt_dev_broker_start(&err);
	bool ok = broker && (n == 0 || gt_needs_topics(broker, &plan, &err));
	if (ok) {
		print(broker, json);
		sigwait(&signals, &number);
	} else {
		gt_report(&err);
	}
	gt_dev_broker_stop(broker);
	gt_config_free(config);
	return ok ? GT_EXIT_OK : GT_EXIT_FAILED;
}
