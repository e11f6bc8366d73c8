/* doctor_kafka.c: every broker named, then the topics with their settings and rights. */
#include "doctor.h"

#include "needs.h"

#include <stdlib.h>

#define WAIT_MS 15000
/* A transactional.id that the rights of this site cover and no gateway has: slots are few. Kafka
 * keeps it until transactional.id.expiration.ms. */
#define NO_SLOT 99999u

static const struct gt_str part = {"kafka", 5};

/* "kafka-1.example:9093", "[::1]:9092" */
static bool split(struct gt_str broker, struct gt_endpoint *endpoint)
{
	const char *colon = broker.n ? memrchr(broker.p, ':', broker.n) : NULL;
	size_t n = colon ? (size_t)(colon - broker.p) : 0;
	unsigned long port = colon ? strtoul(colon + 1, NULL, 10) : 0;
	struct gt_str host = gt_str(broker.p, n);

	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = gt_str(host.p + 1, host.n - 2);
	if (host.n == 0 || host.n >= sizeof(endpoint->host) || port == 0 || port > 65535)
		return false;
	gt_text(endpoint->host, sizeof(endpoint->host), "%.*s", GT_STR_ARGS(host));
	endpoint->port = (uint16_t)port;
	return true;
}

static bool check_brokers(struct gt_doctor *d)
{
	const struct gt_kafka_conf *kafka = &d->config->gateway.kafka;
	bool any = false;

	for (size_t i = 0; i < kafka->brokers.n; i++) {
		struct gt_endpoint e = {
			.tls = kafka->tls || kafka->ca.n || kafka->certificate.n || kafka->key.n};

		gt_text(e.ca, sizeof(e.ca), "%.*s", GT_STR_ARGS(kafka->ca));
		if (!split(kafka->brokers.v[i], &e))
			gt_doctor_say(d, GT_TO_DO, part, GT_E_DOCTOR_BROKER,
				GT_TEXT("%.*s", GT_STR_ARGS(kafka->brokers.v[i])));
		else
			any |= gt_doctor_endpoint(d, part, &e);
	}
	return any;
}

/* What is wrong with one topic, compared with that of state where that one is good. False: Kafka
 * does not answer any more. */
static bool check_topic(struct gt_doctor *d, struct gt_publisher *publisher,
	const struct gt_topic_plan *plan, size_t i, bool *state_good)
{
	struct gt_topic_spec both[] = {plan->v[0], plan->v[i]};
	bool pair = i > 0 && *state_good;
	struct gt_err err;
	int partitions;

	if (publisher->ops->topics(publisher, pair ? both : &both[1], pair ? 2 : 1, false, WAIT_MS,
		    &partitions, &err))
		return true;
	*state_good &= i > 0;
	if (err.code == GT_E_KAFKA_TOPIC_MISSING && d->config->gateway.kafka.create_topics)
		gt_doctor_say(d, GT_NOTICE, part, GT_E_DOCTOR_TOPICS_LATER, gt_err_arg(&err, 1));
	else
		gt_doctor_add(d, GT_TO_DO, part, &err);
	return err.class != GT_RETRY;
}

/* All at once; what is wrong is then found one by one, so that all of it can be put right at once.
 */
static bool check_topics(struct gt_doctor *d, struct gt_publisher *publisher)
{
	bool state_good = true, answers = true;
	struct gt_topic_plan plan;
	struct gt_err err;
	int partitions;

	gt_gateway_topics(&d->config->gateway, &d->config->memory, &plan);
	if (publisher->ops->topics(publisher, plan.v, plan.n, false, WAIT_MS, &partitions, &err)) {
		gt_doctor_say(d, GT_WELL, part, GT_E_DOCTOR_TOPICS_GOOD, GT_TEXT("%zu", plan.n));
		return true;
	}
	if (err.class == GT_RETRY) {
		gt_doctor_add(d, GT_TO_DO, part, &err);
		return false;
	}
	for (size_t i = 0; answers && i < plan.n; i++)
		answers = check_topic(d, publisher, &plan, i, &state_good);
	return answers;
}

/* Kafka tells rights on topics, but of transactional ids only by letting one be used. */
static void check_transactions(struct gt_doctor *d, struct gt_publisher *publisher)
{
	const struct gt_gateway_conf *gateway = &d->config->gateway;
	struct gt_err err;
	struct gt_tx *tx = publisher->ops->open(publisher, NO_SLOT, WAIT_MS, &err);

	if (tx) {
		publisher->ops->close(tx);
		gt_doctor_say(d, GT_WELL, part, GT_E_DOCTOR_TX_GOOD,
			GT_TEXT("%.*s.%.*s.%u", GT_STR_ARGS(gateway->prefix),
				GT_STR_ARGS(gateway->site), NO_SLOT));
	} else {
		gt_doctor_add(d, GT_TO_DO, part, &err);
	}
}

static bool plans_made(const struct gt_gateway_conf *gateway)
{
	for (size_t i = 0; i < gateway->flow_count; i++)
		if (!gateway->flows[i].plan)
			return false;
	return true;
}

void gt_doctor_kafka(struct gt_doctor *d)
{
	const struct gt_gateway_conf *gateway = &d->config->gateway;
	struct gt_str id = gt_cstr(
		GT_TEXT("%.*s.%.*s", GT_STR_ARGS(gateway->prefix), GT_STR_ARGS(gateway->site)));
	struct gt_publisher *publisher;
	struct gt_err err;

	if (!check_brokers(d) || !plans_made(gateway))
		return;
	publisher = gt_publisher_kafka(&gateway->kafka, id, &err);
	if (!publisher) {
		gt_doctor_add(d, GT_TO_DO, part, &err);
		return;
	}
	if (check_topics(d, publisher))
		check_transactions(d, publisher);
	publisher->ops->free(publisher);
}
