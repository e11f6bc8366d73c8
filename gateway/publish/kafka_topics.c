/* kafka_topics.c: topics looked at, created where that is allowed, and checked; who the cluster is.
 * librdkafka's mock cluster has no administrative requests beyond metadata and would let them time
 * out: with it, only existence and partitions are looked at, and topics are its owner's to create.
 */
#include "arena.h"
#include "gt_assert.h"
#include "kafka.h"
#include "log.h"
#include <stdio.h>
#include <stdlib.h>

#define REQUEST_MS 15000
#define LOOK_MS 200

struct found {
	rd_kafka_resp_err_t err;
	int partitions;
	bool leaders;   /* every partition has one: it can be used */
	bool may_write; /* or it is not known */
	char id[64];
};

struct admin {
	struct gt_heard heard; /* first: the callbacks' opaque */
	const struct gt_kafka *kafka;
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;
	const struct gt_topic_spec *specs;
	const char **names; /* NUL-terminated */
	struct found *found;
	size_t n;
	struct gt_arena memory;
	int64_t until;
};

static bool admin_open(
	struct admin *admin, const struct gt_topic_spec *specs, size_t n, struct gt_err *err)
{
	gt_arena_init(&admin->memory, 0);
	admin->rk = gt_kafka_client(admin->kafka, RD_KAFKA_PRODUCER, NULL, &admin->heard, err);
	if (admin->rk == NULL)
		return false;
	admin->queue = rd_kafka_queue_new(admin->rk);
	admin->specs = specs;
	admin->n = n;
	admin->names = gt_arena_zalloc(&admin->memory, n * sizeof *admin->names);
	admin->found = gt_arena_zalloc(&admin->memory, n * sizeof *admin->found);
	for (size_t i = 0; i < n; i++)
		admin->names[i] = gt_arena_copy(&admin->memory, specs[i].name).p;
	return true;
}

static void admin_close(struct admin *admin)
{
	if (admin->rk != NULL) {
		rd_kafka_queue_destroy(admin->queue);
		rd_kafka_destroy(admin->rk);
	}
	gt_arena_fini(&admin->memory);
}

/* The answer of an administrative request, or NULL (err). */
static rd_kafka_event_t *answer(struct admin *admin, struct gt_err *err)
{
	rd_kafka_event_t *event;

	do {
		event = rd_kafka_queue_poll(admin->queue, 100);
		rd_kafka_poll(admin->rk, 0);
		if (event == NULL && (admin->heard.err == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
					     admin->heard.err == RD_KAFKA_RESP_ERR__SSL))
			break;
	} while (event == NULL && gt_kafka_now_ms() < admin->until);
	if (event == NULL) {
		gt_kafka_fail_away(&admin->heard, "time-out", err);
		return NULL;
	}
	if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
		gt_kafka_fail_code(rd_kafka_event_error(event), rd_kafka_event_error_string(event),
			"Describe", "topic", admin->names[0], &admin->heard, err);
		rd_kafka_event_destroy(event);
		return NULL;
	}
	return event;
}

static rd_kafka_AdminOptions_t *make_options(struct admin *admin, rd_kafka_admin_op_t op)
{
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(admin->rk, op);

	GT_ASSERT(options != NULL);
	rd_kafka_AdminOptions_set_request_timeout(
		options, gt_kafka_left_ms(admin->until, REQUEST_MS) + 1, NULL, 0);
	return options;
}

/* ---- looking ---- */

static void note_found(struct found *found, const rd_kafka_TopicDescription_t *topic)
{
	const rd_kafka_error_t *error = rd_kafka_TopicDescription_error(topic);
	const rd_kafka_AclOperation_t *rights;
	const rd_kafka_TopicPartitionInfo_t **partitions;
	const rd_kafka_Uuid_t *id = rd_kafka_TopicDescription_topic_id(topic);
	size_t n = 0, right_count = 0;

	memset(found, 0, sizeof *found);
	found->err = rd_kafka_error_code(error);
	if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	partitions = rd_kafka_TopicDescription_partitions(topic, &n);
	found->partitions = (int)n;
	found->leaders = n > 0;
	for (size_t i = 0; i < n; i++)
		found->leaders &= rd_kafka_TopicPartitionInfo_leader(partitions[i]) != NULL;
	rights = rd_kafka_TopicDescription_authorized_operations(topic, &right_count);
	found->may_write = right_count == 0;
	for (size_t i = 0; i < right_count; i++)
		found->may_write |= rights[i] == RD_KAFKA_ACL_OPERATION_WRITE ||
				    rights[i] == RD_KAFKA_ACL_OPERATION_ALL;
	if (id != NULL && (rd_kafka_Uuid_most_significant_bits(id) != 0 ||
				  rd_kafka_Uuid_least_significant_bits(id) != 0))
		snprintf(found->id, sizeof found->id, "%s", rd_kafka_Uuid_base64str(id));
}

static bool look(struct admin *admin, struct gt_err *err)
{
	rd_kafka_AdminOptions_t *options = make_options(admin, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS);
	rd_kafka_TopicCollection_t *all =
		rd_kafka_TopicCollection_of_topic_names(admin->names, admin->n);
	const rd_kafka_TopicDescription_t **topics;
	rd_kafka_event_t *event;
	size_t n = 0;

	rd_kafka_error_destroy(rd_kafka_AdminOptions_set_include_authorized_operations(options, 1));
	rd_kafka_DescribeTopics(admin->rk, all, options, admin->queue);
	event = answer(admin, err);
	rd_kafka_TopicCollection_destroy(all);
	rd_kafka_AdminOptions_destroy(options);
	if (event == NULL)
		return false;
	topics = rd_kafka_DescribeTopics_result_topics(
		rd_kafka_event_DescribeTopics_result(event), &n);
	for (size_t i = 0; i < admin->n; i++)
		admin->found[i].err = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < admin->n; i++)
			if (strcmp(admin->names[i], rd_kafka_TopicDescription_name(topics[t])) == 0)
				note_found(&admin->found[i], topics[t]);
	rd_kafka_event_destroy(event);
	return true;
}

/* The development broker: all topics there are, without any authority. */
static bool look_at_metadata(struct admin *admin, struct gt_err *err)
{
	const struct rd_kafka_metadata *all;
	rd_kafka_resp_err_t code = rd_kafka_metadata(
		admin->rk, 1, NULL, &all, gt_kafka_left_ms(admin->until, REQUEST_MS) + 1);

	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return gt_kafka_fail_away(&admin->heard, rd_kafka_err2str(code), err);
	for (size_t i = 0; i < admin->n; i++) {
		admin->found[i] = (struct found){
			.err = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, .may_write = true};
		for (int t = 0; t < all->topic_cnt; t++) {
			if (strcmp(all->topics[t].topic, admin->names[i]) != 0)
				continue;
			admin->found[i].err = all->topics[t].err;
			admin->found[i].partitions = all->topics[t].partition_cnt;
		}
	}
	rd_kafka_metadata_destroy(all);
	return true;
}

/* The cluster's id, or NULL: no answer. In slices, because a login that is refused is reported only
 * between them. The caller frees it with rd_kafka_mem_free(). */
static char *cluster_id(struct admin *admin)
{
	char *id;

	do {
		id = rd_kafka_clusterid(admin->rk, gt_kafka_left_ms(admin->until, 500) + 1);
		rd_kafka_poll(admin->rk, 0);
	} while (id == NULL && gt_kafka_now_ms() < admin->until &&
		 admin->heard.err != RD_KAFKA_RESP_ERR__AUTHENTICATION &&
		 admin->heard.err != RD_KAFKA_RESP_ERR__SSL);
	return id;
}

/* Who answers, and whether it is the development broker. */
static bool meet(struct admin *admin, char cluster[64], bool *development, struct gt_err *err)
{
	char *id = cluster_id(admin);

	if (id == NULL)
		return gt_kafka_fail_away(&admin->heard, "time-out", err);
	snprintf(cluster, 64, "%s", id);
	*development = strncmp(id, "mockCluster", 11) == 0;
	rd_kafka_mem_free(admin->rk, id);
	return true;
}

static bool is_missing(const struct found *found)
{
	return found->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
	       found->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

/* ---- creating ---- */

static void set_config(rd_kafka_NewTopic_t *topic, const char *name, const char *value)
{
	GT_ASSERT(rd_kafka_NewTopic_set_config(topic, name, value) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

static rd_kafka_NewTopic_t *new_topic(
	const struct admin *admin, size_t i, int partitions, char *why, size_t size)
{
	const struct gt_topic_spec *spec = &admin->specs[i];
	rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(
		admin->names[i], partitions, admin->kafka->replication, why, size);

	if (topic == NULL)
		return NULL;
	set_config(topic, "cleanup.policy", spec->compact ? "compact" : "delete");
	if (spec->compact) {
		/* Restoring reads the whole partition: keep what is not compacted yet small. */
		set_config(topic, "min.cleanable.dirty.ratio", "0.1");
		set_config(topic, "segment.bytes", "33554432");
	}
	if (spec->retention_ms != 0)
		set_config(topic, "retention.ms", GT_TEXT("%lld", (long long)spec->retention_ms));
	if (spec->max_message_bytes != 0)
		set_config(topic, "max.message.bytes",
			GT_TEXT("%lld", (long long)spec->max_message_bytes));
	if (admin->kafka->replication >= 3)
		set_config(topic, "min.insync.replicas", "2");
	return topic;
}

/* The first topic that could not be created explains the whole. */
static bool check_created(struct admin *admin, rd_kafka_event_t *event, struct gt_err *err)
{
	size_t n = 0;
	const rd_kafka_topic_result_t **results =
		rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);

	(void)admin;
	for (size_t i = 0; i < n; i++) {
		rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
		const char *text = rd_kafka_topic_result_error_string(results[i]);

		if (code == RD_KAFKA_RESP_ERR_NO_ERROR ||
			code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
			continue;
		/* Not allowed to create it: then it simply is missing. */
		if (gt_kafka_is_right(code))
			return gt_fail(err, GT_E_KAFKA_TOPIC_MISSING,
				rd_kafka_topic_result_name(results[i]));
		return gt_fail(err, GT_E_KAFKA_TOPIC_CREATE, rd_kafka_topic_result_name(results[i]),
			text != NULL ? text : rd_kafka_err2str(code));
	}
	return true;
}

static bool request_creation(
	struct admin *admin, rd_kafka_NewTopic_t **topics, size_t n, struct gt_err *err)
{
	rd_kafka_AdminOptions_t *options = make_options(admin, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_event_t *event;
	bool ok;

	rd_kafka_AdminOptions_set_operation_timeout(
		options, gt_kafka_left_ms(admin->until, REQUEST_MS) + 1, NULL, 0);
	rd_kafka_CreateTopics(admin->rk, topics, n, options, admin->queue);
	event = answer(admin, err);
	ok = event != NULL && check_created(admin, event, err);
	if (event != NULL)
		rd_kafka_event_destroy(event);
	rd_kafka_AdminOptions_destroy(options);
	return ok;
}

static int wanted_partitions(const struct admin *admin, size_t i)
{
	if (!admin->specs[i].per_slot)
		return admin->specs[i].partitions;
	return is_missing(&admin->found[0]) ? admin->specs[0].partitions
					    : admin->found[0].partitions;
}

static bool create_missing(struct admin *admin, struct gt_err *err)
{
	rd_kafka_NewTopic_t **topics =
		gt_arena_zalloc(&admin->memory, admin->n * sizeof(rd_kafka_NewTopic_t *));
	size_t n = 0;
	char why[256];
	bool ok = true;

	for (size_t i = 0; ok && i < admin->n; i++) {
		if (!is_missing(&admin->found[i]))
			continue;
		topics[n] = new_topic(admin, i, wanted_partitions(admin, i), why, sizeof why);
		if (topics[n] == NULL)
			ok = gt_fail(err, GT_E_KAFKA_TOPIC_CREATE, admin->names[i], why);
		else
			n++;
	}
	ok = ok && (n == 0 || request_creation(admin, topics, n, err));
	rd_kafka_NewTopic_destroy_array(topics, n);
	return ok;
}

/* A new topic appears in the brokers' metadata a little later. */
static bool wait_for_leaders(struct admin *admin, struct gt_err *err)
{
	for (;;) {
		bool all = true;

		for (size_t i = 0; i < admin->n; i++)
			all &= admin->found[i].leaders ||
			       (admin->found[i].err != RD_KAFKA_RESP_ERR_NO_ERROR &&
				       !is_missing(&admin->found[i]));
		if (all || gt_kafka_now_ms() >= admin->until)
			return true;
		rd_kafka_poll(admin->rk, LOOK_MS);
		if (!look(admin, err))
			return false;
	}
}

/* ---- checking ---- */

static bool check_found(struct admin *admin, struct gt_err *err)
{
	for (size_t i = 0; i < admin->n; i++) {
		const struct found *found = &admin->found[i];

		if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR)
			return gt_kafka_fail_code(found->err, rd_kafka_err2str(found->err),
				"Describe", "topic", admin->names[i], &admin->heard, err);
		if (!found->may_write)
			return gt_fail(err, GT_E_KAFKA_RIGHT, "Write", "topic", admin->names[i]);
		if (admin->specs[i].per_slot && found->partitions != admin->found[0].partitions)
			return gt_fail(err, GT_E_KAFKA_TOPIC_PARTITIONS, admin->names[i],
				GT_TEXT("%d", found->partitions),
				GT_TEXT("%d", admin->found[0].partitions));
	}
	return true;
}

/* cleanup.policy decides whether state and evidence survive, so it must be exactly what it should.
 */
static bool check_policy(
	struct admin *admin, const rd_kafka_ConfigResource_t *resource, struct gt_err *err)
{
	const char *name = rd_kafka_ConfigResource_name(resource);
	size_t entries = 0, i = 0;
	const rd_kafka_ConfigEntry_t **entry = rd_kafka_ConfigResource_configs(resource, &entries);

	while (i < admin->n && strcmp(admin->names[i], name) != 0)
		i++;
	for (size_t e = 0; i < admin->n && e < entries; e++) {
		const char *want = admin->specs[i].compact ? "compact" : "delete";
		const char *value = rd_kafka_ConfigEntry_value(entry[e]);

		if (strcmp(rd_kafka_ConfigEntry_name(entry[e]), "cleanup.policy") == 0 &&
			value != NULL && strcmp(value, want) != 0)
			return gt_fail(
				err, GT_E_KAFKA_TOPIC_POLICY, name, "cleanup.policy", value, want);
	}
	return true;
}

static bool check_policies(struct admin *admin, struct gt_err *err)
{
	rd_kafka_AdminOptions_t *options = make_options(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
	rd_kafka_ConfigResource_t **asked =
		gt_arena_zalloc(&admin->memory, admin->n * sizeof(rd_kafka_ConfigResource_t *));
	const rd_kafka_ConfigResource_t **resources;
	const char *unchecked = NULL;
	rd_kafka_event_t *event;
	struct gt_err why = {0};
	size_t n = 0;
	bool ok = true;

	for (size_t i = 0; i < admin->n; i++)
		asked[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, admin->names[i]);
	rd_kafka_DescribeConfigs(admin->rk, asked, admin->n, options, admin->queue);
	event = answer(admin, &why);
	rd_kafka_ConfigResource_destroy_array(asked, admin->n);
	rd_kafka_AdminOptions_destroy(options);
	if (event == NULL && why.code != GT_E_KAFKA_RIGHT) {
		if (err != NULL)
			*err = why;
		return false;
	}
	if (event == NULL) {
		gt_log_say(GT_LOG_WARNING, GT_LIT(""), GT_E_KAFKA_TOPIC_UNCHECKED,
			rd_kafka_err2str(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED));
		return true;
	}
	resources = rd_kafka_DescribeConfigs_result_resources(
		rd_kafka_event_DescribeConfigs_result(event), &n);
	for (size_t r = 0; ok && r < n; r++) {
		rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resources[r]);

		if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
			unchecked = rd_kafka_err2str(code);
		else
			ok = check_policy(admin, resources[r], err);
	}
	rd_kafka_event_destroy(event);
	if (ok && unchecked != NULL)
		gt_log_say(GT_LOG_WARNING, GT_LIT(""), GT_E_KAFKA_TOPIC_UNCHECKED, unchecked);
	return ok;
}

/* ---- entry points ---- */

bool gt_kafka_topics(struct gt_publisher *publisher, const struct gt_topic_spec *specs, size_t n,
	bool create, int timeout_ms, int *state_partitions, struct gt_err *err)
{
	struct admin admin = {.kafka = gt_kafka_of(publisher)};
	char cluster[64];
	bool ok, development = false;

	GT_ASSERT(n > 0);
	admin.until = gt_kafka_now_ms() + timeout_ms;
	ok = admin_open(&admin, specs, n, err) && meet(&admin, cluster, &development, err);
	ok = ok && (development ? look_at_metadata(&admin, err) : look(&admin, err));
	if (ok && create && !development)
		ok = create_missing(&admin, err) && wait_for_leaders(&admin, err);
	ok = ok && check_found(&admin, err) && (development || check_policies(&admin, err));
	if (ok)
		*state_partitions = admin.found[0].partitions;
	admin_close(&admin);
	return ok;
}

bool gt_kafka_identity(struct gt_publisher *publisher, struct gt_str topic, char cluster[64],
	char topic_id[64], int timeout_ms, struct gt_err *err)
{
	struct admin admin = {.kafka = gt_kafka_of(publisher)};
	struct gt_topic_spec spec = {.name = topic};
	char id[64];
	bool ok, development = false;

	admin.until = gt_kafka_now_ms() + timeout_ms;
	ok = admin_open(&admin, &spec, 1, err) && meet(&admin, id, &development, err) &&
	     (development || look(&admin, err));
	if (ok) {
		memcpy(cluster, id, sizeof id);
		snprintf(topic_id, 64, "%s",
			admin.found[0].id[0] != '\0' ? admin.found[0].id : admin.names[0]);
	}
	admin_close(&admin);
	return ok;
}
