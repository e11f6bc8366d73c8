/* dev_broker.c: librdkafka's mock cluster as a broker for demonstrations and tests. In memory, at
 * most 5 MiB a partition, ignores isolation levels, fences nobody: it says so when it starts. */
#include "gt_assert.h"
#include "kafka.h"
#include "log.h"
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>

struct gt_dev_broker {
	rd_kafka_t *rk;
	rd_kafka_mock_cluster_t *cluster;
};

struct gt_dev_broker *gt_dev_broker_start(struct gt_err *err)
{
	struct gt_dev_broker *broker = gt_alloc(sizeof *broker);
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[256];

	/* The cluster lives in a client, which itself never connects to anything: no need to warn.
	 */
	rd_kafka_conf_set(conf, "log_level", "3", why, sizeof why);
	broker->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
	if (broker->rk == NULL) {
		rd_kafka_conf_destroy(conf);
		gt_fail(err, GT_E_DEV_BROKER_FAILED, why);
		free(broker);
		return NULL;
	}
	broker->cluster = rd_kafka_mock_cluster_new(broker->rk, 1);
	if (broker->cluster == NULL) {
		gt_fail(err, GT_E_DEV_BROKER_FAILED, "mock cluster");
		rd_kafka_destroy(broker->rk);
		free(broker);
		return NULL;
	}
	gt_log_say(GT_LOG_WARNING, GT_LIT(""), GT_E_DEV_BROKER_NOTE, gt_dev_broker_address(broker));
	return broker;
}

const char *gt_dev_broker_address(const struct gt_dev_broker *broker)
{
	return rd_kafka_mock_cluster_bootstraps(broker->cluster);
}

bool gt_dev_broker_topic(
	struct gt_dev_broker *broker, const char *topic, int partitions, struct gt_err *err)
{
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_INVALID_PARTITIONS;

	if (partitions > 0)
		code = rd_kafka_mock_topic_create(broker->cluster, topic, partitions, 1);
	/* Creating one that is there already is no mistake of the caller's. */
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
		return true;
	return gt_fail(err, GT_E_DEV_BROKER_FAILED, rd_kafka_err2str(code));
}

void gt_dev_broker_stop(struct gt_dev_broker *broker)
{
	if (broker == NULL)
		return;
	rd_kafka_mock_cluster_destroy(broker->cluster);
	rd_kafka_destroy(broker->rk);
	free(broker);
}
