/* kafka_tx.c: a slot's transactional producer. One committer thread uses it; callbacks run inside
 * that thread's calls. After any result but OK the producer is thrown away (rule R3), never reused.
 */
#include "failpoint.h"
#include "gt_assert.h"
#include "hash.h"
#include "kafka.h"
#include "log.h"
#include <stdio.h>
#include <stdlib.h>

#define SLICE_MS 5000
#define SLOW_FLUSH_US 10000000
#define RECYCLE_US 2000000
#define QUIET_MIN_MS 5
#define QUIET_MAX_MS 250
#define MEMO 8u

struct topic {
	struct gt_str name; /* owned */
	rd_kafka_topic_t *rkt;
	uint64_t commit; /* that `bytes` counts for */
	size_t bytes;
};

struct gt_tx {
	struct gt_heard heard; /* first: the callbacks' opaque */
	const struct gt_kafka *kafka;
	char *id;
	rd_kafka_t *rk;
	struct gt_map topics;
	struct {
		const char *name;
		struct topic *topic;
	} memo[MEMO]; /* by name pointer, of this commit only: pointers are reused later */
	size_t memo_at;
	uint64_t commit;
	size_t left;           /* reports that are still to come */
	bool filled;           /* some topic has more than one full batch */
	int64_t flushed_ms;    /* when the last report came */
	int64_t round_trip_us; /* of the last EndTxn */
	bool failed;           /* a report failed, other than by a purge */
	bool permanent;
	void *culprit;
	struct gt_err why; /* the report's */
	size_t produced, half;
};

/* ---- reports ---- */

static bool is_permanent(rd_kafka_resp_err_t code)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
	case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		return true;
	default:
		return false;
	}
}

static void blame(struct gt_tx *tx, rd_kafka_resp_err_t code, void *owner, const char *topic)
{
	bool permanent = is_permanent(code);

	/* The first is the culprit; but one that will fail for ever outweighs one that may not. */
	if (tx->failed && (tx->permanent || !permanent))
		return;
	tx->failed = true;
	tx->permanent = permanent;
	tx->culprit = owner;
	if (permanent && !gt_kafka_is_right(code) && code != RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC &&
		code != RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION &&
		code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		gt_fail(&tx->why, GT_E_KAFKA_REFUSED, topic, rd_kafka_err2str(code));
	else if (code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
		gt_kafka_fail_away(&tx->heard, rd_kafka_err2str(code), &tx->why);
	else
		gt_kafka_fail_code(code, rd_kafka_err2str(code), "Write", "topic", topic,
			&tx->heard, &tx->why);
}

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
	struct gt_tx *tx = opaque;

	(void)rk;
	if (--tx->left == 0)
		tx->flushed_ms = gt_kafka_now_ms();
	if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR ||
		message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
		message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
		return;
	blame(tx, message->err, message->_private, rd_kafka_topic_name(message->rkt));
}

/* ---- open and close ---- */

#ifdef GT_FAILPOINTS
static rd_kafka_resp_err_t on_request_sent(rd_kafka_t *rk, int sock, const char *broker, int32_t id,
	int16_t key, int16_t version, int32_t correlation, size_t size, void *opaque)
{
	(void)rk, (void)sock, (void)broker, (void)id, (void)version, (void)correlation, (void)size,
		(void)opaque;
	if (key == 26) /* EndTxn */
		GT_FAILPOINT("tx-endtxn-sent");
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(
	rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *opaque, char *text, size_t size)
{
	(void)conf, (void)text, (void)size;
	return rd_kafka_interceptor_add_on_request_sent(rk, "failpoint", on_request_sent, opaque);
}

static void intercept(rd_kafka_conf_t *conf)
{
	rd_kafka_conf_interceptor_add_on_new(conf, "failpoint", on_new, NULL);
}

/* Before a crash that is to leave a half-written transaction behind, what was produced must be
 * there. */
static void settle(struct gt_tx *tx)
{
	if (getenv("GT_FAILPOINT") != NULL)
		rd_kafka_flush(tx->rk, 30000);
}
#else
static void intercept(rd_kafka_conf_t *conf)
{
	(void)conf;
}

static void settle(struct gt_tx *tx)
{
	(void)tx;
}
#endif

static rd_kafka_t *make_producer(struct gt_tx *tx, struct gt_err *err)
{
	const struct gt_kafka *kafka = tx->kafka;
	rd_kafka_conf_t *conf = rd_kafka_conf_dup(kafka->common);
	char transaction[16], message[16], linger[16], batch[16];
	const char *const pairs[][2] = {{"transactional.id", tx->id},
		{"transaction.timeout.ms", transaction}, {"message.timeout.ms", message},
		{"linger.ms", linger}, {"batch.size", batch}, {"batch.num.messages", "1000000"},
		/* A manifest may be larger than a batch: its topic says so (topics.c). */
		{"message.max.bytes", "67108864"}, {"compression.type", kafka->compression},
		{"partitioner", "murmur2_random"}, {"queue.buffering.max.messages", "200000"},
		{"queue.buffering.max.kbytes", "131072"}};

	snprintf(transaction, sizeof transaction, "%d", kafka->transaction_timeout_ms);
	snprintf(message, sizeof message, "%d", kafka->transaction_timeout_ms / 10 * 9);
	snprintf(linger, sizeof linger, "%d", kafka->linger_ms);
	snprintf(batch, sizeof batch, "%d", kafka->max_message_bytes);
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		if (!gt_kafka_set(conf, pairs[i][0], pairs[i][1], err)) {
			rd_kafka_conf_destroy(conf);
			return NULL;
		}
	}
	rd_kafka_conf_set_dr_msg_cb(conf, on_report);
	intercept(conf);
	return gt_kafka_client(kafka, RD_KAFKA_PRODUCER, conf, &tx->heard, err);
}

/* init_transactions in slices: a login that is refused must not take the whole time-out. */
static bool init(struct gt_tx *tx, int timeout_ms, struct gt_err *err)
{
	int64_t start = gt_kafka_now_ms(), until = start + timeout_ms;

	for (;;) {
		rd_kafka_error_t *error =
			rd_kafka_init_transactions(tx->rk, gt_kafka_left_ms(until, 1000) + 1);
		rd_kafka_resp_err_t code = rd_kafka_error_code(error);
		bool again = rd_kafka_error_is_retriable(error) != 0;

		/* Several round trips: the first guess until an EndTxn was timed. */
		tx->round_trip_us = (gt_kafka_now_ms() - start) * 1000;
		if (error == NULL)
			return true;
		rd_kafka_poll(tx->rk, 0);
		again = again && gt_kafka_now_ms() < until &&
			tx->heard.err != RD_KAFKA_RESP_ERR__AUTHENTICATION &&
			tx->heard.err != RD_KAFKA_RESP_ERR__SSL;
		if (!again)
			gt_kafka_fail_code(code, rd_kafka_error_string(error), "Write",
				"transactional id", tx->id, &tx->heard, err);
		rd_kafka_error_destroy(error);
		if (!again)
			return false;
	}
}

struct gt_tx *gt_kafka_open(
	struct gt_publisher *publisher, unsigned slot, int timeout_ms, struct gt_err *err)
{
	const struct gt_kafka *kafka = gt_kafka_of(publisher);
	struct gt_tx *tx = gt_alloc(sizeof *tx);
	size_t size = strlen(kafka->id) + 16;

	tx->kafka = kafka;
	tx->id = gt_alloc(size);
	snprintf(tx->id, size, "%s.%u", kafka->id, slot);
	tx->rk = make_producer(tx, err);
	if (tx->rk == NULL || !init(tx, timeout_ms, err)) {
		gt_kafka_close(tx);
		return NULL;
	}
	return tx;
}

void gt_kafka_close(struct gt_tx *tx)
{
	struct gt_map_slot *slot;

	if (tx->rk != NULL)
		rd_kafka_purge(tx->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	for (size_t i = 0; (slot = gt_map_next(&tx->topics, &i)) != NULL;) {
		struct topic *topic = slot->value;

		rd_kafka_topic_destroy(topic->rkt);
		free((char *)(uintptr_t)topic->name.p);
		free(topic);
	}
	gt_map_fini(&tx->topics);
	/* Returns when the client's threads are gone, and with them every view of message memory.
	 */
	if (tx->rk != NULL)
		rd_kafka_destroy(tx->rk);
	free(tx->id);
	free(tx);
}

/* ---- producing ---- */

static struct topic *find_topic(struct gt_tx *tx, struct gt_str name)
{
	struct topic *topic;

	for (size_t i = 0; i < MEMO; i++)
		if (tx->memo[i].name == name.p)
			return tx->memo[i].topic;
	topic = gt_map_get(&tx->topics, name);
	if (topic == NULL) {
		topic = gt_alloc(sizeof *topic);
		topic->name = gt_str(gt_strdup(name), name.n);
		topic->rkt = rd_kafka_topic_new(tx->rk, topic->name.p, NULL);
		GT_ASSERT(topic->rkt != NULL);
		gt_map_set(&tx->topics, topic->name, topic);
	}
	tx->memo[tx->memo_at].name = name.p;
	tx->memo[tx->memo_at].topic = topic;
	tx->memo_at = (tx->memo_at + 1) % MEMO;
	return topic;
}

/* Message memory is referenced, not copied (no F_COPY, no F_FREE). False: result->why. */
static bool produce(struct gt_tx *tx, const struct gt_send *send, void *owner, struct gt_err *why)
{
	struct topic *topic = find_topic(tx, send->topic);
	rd_kafka_vu_t vu[GT_HEADERS_MAX + 5];
	size_t n = 0;

	vu[n].vtype = RD_KAFKA_VTYPE_RKT;
	vu[n++].u.rkt = topic->rkt;
	vu[n].vtype = RD_KAFKA_VTYPE_PARTITION;
	vu[n++].u.i32 =
		send->partition == GT_PARTITION_BY_KEY ? RD_KAFKA_PARTITION_UA : send->partition;
	vu[n].vtype = RD_KAFKA_VTYPE_KEY;
	vu[n].u.mem.ptr = (void *)(uintptr_t)send->key.p;
	vu[n++].u.mem.size = send->key.n;
	vu[n].vtype = RD_KAFKA_VTYPE_VALUE;
	vu[n].u.mem.ptr = (void *)(uintptr_t)send->value.p;
	vu[n++].u.mem.size = send->value.n;
	vu[n].vtype = RD_KAFKA_VTYPE_OPAQUE;
	vu[n++].u.ptr = owner;
	for (size_t i = 0; send->headers != NULL && i < send->headers->n; i++) {
		const struct gt_header *header = &send->headers->v[i];

		/* Header names are constants of ours, NUL-terminated. */
		vu[n].vtype = RD_KAFKA_VTYPE_HEADER;
		vu[n].u.header.name = header->name.p;
		vu[n].u.header.val = header->value.p;
		vu[n++].u.header.size = (ssize_t)header->value.n;
	}
	for (;;) {
		rd_kafka_error_t *error = rd_kafka_produceva(tx->rk, vu, n);
		rd_kafka_resp_err_t code = rd_kafka_error_code(error);

		if (error == NULL)
			break;
		if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
			rd_kafka_error_destroy(error);
			rd_kafka_poll(tx->rk, 5);
			continue;
		}
		blame(tx, code, owner, topic->name.p);
		*why = tx->why;
		rd_kafka_error_destroy(error);
		return false;
	}
	tx->left++;
	if (topic->commit != tx->commit) {
		topic->commit = tx->commit;
		topic->bytes = 0;
	}
	topic->bytes += send->value.n + send->key.n;
	tx->filled |= topic->bytes >= (size_t)tx->kafka->max_message_bytes;
	if (++tx->produced == tx->half) {
		settle(tx);
		GT_FAILPOINT("tx-half-produced");
	}
	/* Serving reports now and then keeps their queue and the flush at the end short. */
	if (tx->produced % 1024 == 0)
		rd_kafka_poll(tx->rk, 0);
	return true;
}

static bool produce_all(struct gt_tx *tx, const struct gt_commit_set *set, struct gt_err *why)
{
	for (size_t i = 0; i < set->part_count; i++) {
		const struct gt_part *part = &set->parts[i];

		for (size_t j = 0; j < part->n; j++) {
			const struct gt_message *message = &part->messages[j];
			struct gt_send send = {message->topic, message->key, message->value,
				GT_PARTITION_BY_KEY, message->headers};

			if (!produce(tx, &send, part->owner, why))
				return false;
		}
	}
	if (set->manifest.topic.n > 0 && !produce(tx, &set->manifest, NULL, why))
		return false;
	settle(tx);
	GT_FAILPOINT("tx-manifest-produced");
	for (size_t i = 0; i < set->send_count; i++)
		if (!produce(tx, &set->sends[i], NULL, why))
			return false;
	settle(tx);
	GT_FAILPOINT("tx-state-produced");
	return true;
}

/* ---- flush and EndTxn ---- */

/* During a flush librdkafka spins while a partition has both a request in flight and messages
 * queued. So the flush is reached with the full batches answered: reports are served until none
 * came for about a round trip. Commits below one batch have nothing in flight yet and go straight
 * on. */
static void serve_reports(struct gt_tx *tx, int64_t until)
{
	int64_t quiet = tx->round_trip_us / 1000 * 2;
	int64_t last = gt_kafka_now_ms();
	size_t left = tx->left;

	quiet = quiet < QUIET_MIN_MS ? QUIET_MIN_MS : quiet > QUIET_MAX_MS ? QUIET_MAX_MS : quiet;
	while (tx->filled && tx->left > 0 && !tx->failed) {
		int64_t now = gt_kafka_now_ms();

		if (now - last >= quiet || now >= until)
			break;
		rd_kafka_poll(tx->rk, (int)(quiet - (now - last)));
		if (tx->left != left) {
			left = tx->left;
			last = gt_kafka_now_ms();
		}
	}
}

/* What went wrong when no report says it. */
static void explain(
	struct gt_tx *tx, struct gt_commit_result *result, const rd_kafka_error_t *error, bool late)
{
	if (tx->failed) {
		result->culprit = tx->culprit;
		result->culprit_permanent = tx->permanent;
		result->why = tx->why;
	} else if (late) {
		gt_fail(&result->why, GT_E_KAFKA_TX_TIMEOUT,
			GT_TEXT("%d", tx->kafka->transaction_timeout_ms / 1000),
			tx->left > 0 ? "flush" : "EndTxn");
	} else {
		/* The topic of a right that is missing stands only in librdkafka's log. */
		bool topic =
			rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;

		gt_kafka_fail_code(rd_kafka_error_code(error), rd_kafka_error_string(error),
			"Write", topic ? "topics of" : "transactional id", tx->id, &tx->heard,
			&result->why);
	}
	result->slow |= late || (tx->failed && !tx->permanent);
}

/* Flushes what is left and ends the transaction: rd_kafka_commit_transaction() does both, and
 * unlike rd_kafka_flush() it notices a transaction that can no longer succeed. In slices, because
 * librdkafka retries EndTxn inside for ever. */
static bool finish(struct gt_tx *tx, struct gt_commit_result *result, int64_t until)
{
	serve_reports(tx, until);
	if (tx->left == 0)
		tx->flushed_ms = gt_kafka_now_ms();
	for (;;) {
		int slice = tx->left > 0 ? SLICE_MS / 5 : SLICE_MS;
		rd_kafka_error_t *error =
			rd_kafka_commit_transaction(tx->rk, gt_kafka_left_ms(until, slice) + 1);
		bool again = rd_kafka_error_is_retriable(error) != 0;
		bool late = gt_kafka_now_ms() >= until;

		if (error == NULL)
			return true;
		if (!again || late)
			explain(tx, result, error, again && late);
		rd_kafka_error_destroy(error);
		if (!again || late)
			return false;
	}
}

static bool begin(struct gt_tx *tx, const struct gt_commit_set *set, struct gt_err *why)
{
	rd_kafka_error_t *error;

	tx->commit++;
	memset(tx->memo, 0, sizeof tx->memo);
	memset(&tx->heard, 0, sizeof tx->heard);
	tx->filled = tx->failed = tx->permanent = false;
	tx->culprit = NULL;
	tx->produced = tx->half = 0;
	for (size_t i = 0; i < set->part_count; i++)
		tx->half += set->parts[i].n;
	tx->half = (tx->half + 1) / 2;
	GT_ASSERT(tx->left == 0);
	GT_FAILPOINT("tx-before-begin");
	error = rd_kafka_begin_transaction(tx->rk);
	if (error == NULL)
		return true;
	gt_kafka_fail_code(rd_kafka_error_code(error), rd_kafka_error_string(error), "Write",
		"transactional id", tx->id, &tx->heard, why);
	rd_kafka_error_destroy(error);
	return false;
}

void gt_kafka_commit(
	struct gt_tx *tx, const struct gt_commit_set *set, struct gt_commit_result *result)
{
	int64_t start_ms = gt_kafka_now_ms(), ended_ms;
	/* What the broker has not got by then it has aborted. */
	int64_t until = start_ms + tx->kafka->transaction_timeout_ms + SLICE_MS;

	memset(result, 0, sizeof *result);
	if (!begin(tx, set, &result->why))
		return;
	if (!produce_all(tx, set, &result->why)) {
		result->culprit = tx->culprit;
		result->culprit_permanent = tx->permanent;
		return;
	}

	result->ok = finish(tx, result, until);
	ended_ms = gt_kafka_now_ms();
	if (tx->left > 0)
		tx->flushed_ms = ended_ms;
	result->flush_us = (tx->flushed_ms - start_ms) * 1000;
	result->commit_us = (ended_ms - tx->flushed_ms) * 1000;
	result->slow |= result->flush_us > SLOW_FLUSH_US;
	tx->round_trip_us = result->commit_us;
	rd_kafka_poll(tx->rk, 0);
	result->recycle = result->commit_us > RECYCLE_US || tx->heard.transport;
}
