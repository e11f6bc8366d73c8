/* topics.c: `guantong topics plan|check`: what the configuration needs in Kafka, and whether it is
 * there. */
#include "cmd.h"

#include "gt_assert.h"
#include "needs.h"

#include <stdlib.h>

#define WAIT_MS 30000
#define PLAN_MAX (16u << 20)

static int print(const struct gt_config *config, const struct gt_topic_plan *plan, bool json)
{
	struct gt_buf out;

	gt_buf_init(&out, PLAN_MAX);
	gt_topic_plan_print(plan, config->gateway.prefix, config->gateway.site,
		config->gateway.kafka.replication, json, &out);
	gt_put_out(&out);
	gt_buf_fini(&out);
	return GT_EXIT_OK;
}

static int compare(const struct gt_config *config, const struct gt_topic_plan *plan, bool json)
{
	const struct gt_gateway_conf *gateway = &config->gateway;
	struct gt_str id = gt_cstr(
		GT_TEXT("%.*s.%.*s", GT_STR_ARGS(gateway->prefix), GT_STR_ARGS(gateway->site)));
	struct gt_err err;
	struct gt_publisher *publisher = gt_publisher_kafka(&gateway->kafka, id, &err);
	struct gt_buf out;
	int partitions;
	bool ok = publisher && publisher->ops->topics(publisher, plan->v, plan->n, false, WAIT_MS,
				       &partitions, &err);

	if (publisher)
		publisher->ops->free(publisher);
	if (!ok) {
		gt_report(&err);
		return err.class == GT_RETRY ? GT_EXIT_UNREACHABLE : GT_EXIT_FAILED;
	}
	gt_buf_init(&out, 65536);
	if (json)
		gt_buf_addf(&out, "{\"topics\":%zu,\"good\":true}\n", plan->n);
	else
		gt_buf_addf(&out, "%s\n", GT_SAY(GT_E_TOPICS_GOOD, GT_TEXT("%zu", plan->n)));
	gt_put_out(&out);
	gt_buf_fini(&out);
	return GT_EXIT_OK;
}

int gt_cmd_topics(const struct gt_verb *verb, int argc, char **argv)
{
	bool json = false;
	const struct gt_arg args[] = {
		{"json", 0, GT_ARG_FLAG, &json, 0, 0, NULL, "print JSON", "输出 JSON"},
		{.name = NULL}};
	char **operands;
	struct gt_config *config;
	struct gt_topic_plan plan;
	size_t n;
	int code;

	if (!gt_args_read(verb, argc, argv, args, 1, 2, &operands, &n, &code))
		return code;
	bool check = strcmp(operands[0], "check") == 0;
	if (!check && strcmp(operands[0], "plan") != 0) {
		gt_report_say(GT_E_TOPICS_VERB, operands[0]);
		return GT_EXIT_USAGE;
	}
	config = gt_load(n > 1 ? operands[1] : ".", check ? 0 : GT_CONFIG_NO_SECRETS);
	if (!config)
		return GT_EXIT_CONFIG;
	gt_gateway_topics(&config->gateway, &config->memory, &plan);
	code = check ? compare(config, &plan, json) : print(config, &plan, json);
	gt_config_free(config);
	return code;
}
