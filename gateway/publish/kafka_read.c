/* kafka_read.c: reading one partition from an offset to its end, without a consumer group. The end
 * is the uncommitted one: the last stable offset that a read_committed reader is told can lie
 * before committed records while another producer's transaction is open (rule R2). */
#include "gt_assert.h"
#include "kafka.h"
#include <stdio.h>
#include <stdlib.h>

#define FETCH_MS 100

struct reader {
	struct gt_heard heard; /* first: the callbacks' opaque */
	rd_kafka_t *rk;
	rd_kafka_topic_t *rkt;
	char *topic;
	int32_t partition;
	int64_t start, end, until;
	int timeout_ms;
};

static bool fail_late(struct reader *reader, struct gt_err *err)
{
	if (reader->heard.err != RD_KAFKA_RESP_ERR_NO_ERROR)
		return gt_kafka_fail_away(&reader->heard, "", err);
	return gt_fail(err, GT_E_KAFKA_READ_TIMEOUT, reader->topic,
		GT_TEXT("%d", reader->partition), GT_TEXT("%d", reader->timeout_ms / 1000));
}

static bool fail_read(
	struct reader *reader, rd_kafka_resp_err_t code, const char *text, struct gt_err *err)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
	case RD_KAFKA_RESP_ERR__SSL:
		return gt_kafka_fail_code(
			code, text, "Read", "topic", reader->topic, &reader->heard, err);
	default:
		return gt_fail(err, GT_E_KAFKA_READ, reader->topic,
			GT_TEXT("%d", reader->partition), text);
	}
}

static bool may_pass(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
	       code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__RESOLVE ||
	       code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
	       code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
	       code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS ||
	       code == RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE;
}

/* First and uncommitted end offset of the partition by ListOffsets; answers in one round trip. */
static rd_kafka_resp_err_t list_offset(
	struct reader *reader, int64_t spec, int64_t *offset, char *text, size_t size)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_AdminOptions_t *options =
		rd_kafka_AdminOptions_new(reader->rk, RD_KAFKA_ADMIN_OP_LISTOFFSETS);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(reader->rk);
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
	rd_kafka_event_t *event;

	rd_kafka_topic_partition_list_add(list, reader->topic, reader->partition)->offset = spec;
	rd_kafka_AdminOptions_set_request_timeout(
		options, gt_kafka_left_ms(reader->until, 10000) + 1, NULL, 0);
	rd_kafka_error_destroy(rd_kafka_AdminOptions_set_isolation_level(
		options, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED));
	rd_kafka_ListOffsets(reader->rk, list, options, queue);
	event = rd_kafka_queue_poll(queue, gt_kafka_left_ms(reader->until, 11000) + 1);
	if (event != NULL && (code = rd_kafka_event_error(event)) == RD_KAFKA_RESP_ERR_NO_ERROR) {
		size_t n = 0;
		const rd_kafka_ListOffsetsResultInfo_t **found = rd_kafka_ListOffsets_result_infos(
			rd_kafka_event_ListOffsets_result(event), &n);
		const rd_kafka_topic_partition_t *at =
			n == 1 ? rd_kafka_ListOffsetsResultInfo_topic_partition(found[0]) : NULL;

		code = at != NULL ? at->err : RD_KAFKA_RESP_ERR__BAD_MSG;
		if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
			*offset = at->offset;
	}
	snprintf(text, size, "%s",
		event != NULL && rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR
			? rd_kafka_event_error_string(event)
			: rd_kafka_err2str(code));
	if (event != NULL)
		rd_kafka_event_destroy(event);
	rd_kafka_queue_destroy(queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_topic_partition_list_destroy(list);
	return code;
}

static bool find_offset(struct reader *reader, int64_t spec, int64_t *offset, struct gt_err *err)
{
	char text[256];

	for (;;) {
		rd_kafka_resp_err_t code = list_offset(reader, spec, offset, text, sizeof text);

		rd_kafka_poll(reader->rk, 0);
		if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
			return true;
		if (reader->heard.err == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
			reader->heard.err == RD_KAFKA_RESP_ERR__SSL)
			return gt_kafka_fail_away(&reader->heard, text, err);
		/* No leader: a broker that is restarting, or a topic that is missing or hidden. */
		bool leaderless = code == RD_KAFKA_RESP_ERR__NOENT;
		bool late = gt_kafka_now_ms() >= reader->until;

		if (leaderless ? late : !may_pass(code))
			return fail_read(reader, code, text, err);
		if (late)
			return fail_late(reader, err);
		rd_kafka_poll(reader->rk, FETCH_MS);
	}
}

/* One step: a record for the sink, or news about the position. */
enum step { STEP_ON, STEP_DONE, STEP_FAILED };
static enum step take(struct reader *reader, rd_kafka_message_t *message, gt_seen_fn *sink,
	void *arg, int64_t *position, struct gt_err *err)
{
	struct gt_seen seen;

	if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		/* Control records and aborted ones move the position without a message. */
		if (message->offset > *position)
			*position = message->offset;
		return STEP_ON;
	}
	if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
		if (may_pass(message->err))
			return STEP_ON;
		fail_read(reader, message->err, rd_kafka_message_errstr(message), err);
		return STEP_FAILED;
	}
	memset(&reader->heard, 0, sizeof reader->heard); /* whatever it was, it is over */
	if (message->offset >= reader->end)
		return STEP_DONE;
	*position = message->offset + 1;
	seen.offset = message->offset;
	seen.key = gt_str(message->key, message->key_len);
	seen.value = gt_str(message->payload, message->len);
	return sink(arg, &seen) ? STEP_ON : STEP_DONE;
}

static bool consume(
	struct reader *reader, gt_seen_fn *sink, void *arg, int64_t *next, struct gt_err *err)
{
	int64_t position = reader->start;
	enum step step = STEP_ON;

	if (rd_kafka_consume_start(reader->rkt, reader->partition, reader->start) != 0)
		return fail_read(reader, rd_kafka_last_error(),
			rd_kafka_err2str(rd_kafka_last_error()), err);
	while (step == STEP_ON && position < reader->end) {
		rd_kafka_message_t *message =
			rd_kafka_consume(reader->rkt, reader->partition, FETCH_MS);

		rd_kafka_poll(reader->rk, 0);
		if (message != NULL) {
			step = take(reader, message, sink, arg, &position, err);
			rd_kafka_message_destroy(message);
		}
		if (step == STEP_ON && position < reader->end &&
			gt_kafka_now_ms() >= reader->until) {
			fail_late(reader, err);
			step = STEP_FAILED;
		}
	}
	rd_kafka_consume_stop(reader->rkt, reader->partition);
	if (step != STEP_FAILED)
		*next = position;
	return step != STEP_FAILED;
}

static rd_kafka_t *make_consumer(
	const struct gt_kafka *kafka, struct gt_heard *heard, bool committed, struct gt_err *err)
{
	static const char *const pairs[][2] = {{"enable.partition.eof", "true"},
		{"auto.offset.reset", "error"}, {"fetch.wait.max.ms", "100"},
		{"fetch.error.backoff.ms", "100"}, {"check.crcs", "true"},
		{"allow.auto.create.topics", "false"}, {"enable.auto.commit", "false"},
		{"queued.max.messages.kbytes", "16384"}, {"fetch.message.max.bytes", "4194304"}};
	rd_kafka_conf_t *conf = rd_kafka_conf_dup(kafka->common);
	bool ok = gt_kafka_set(
		conf, "isolation.level", committed ? "read_committed" : "read_uncommitted", err);

	for (size_t i = 0; ok && i < sizeof pairs / sizeof *pairs; i++)
		ok = gt_kafka_set(conf, pairs[i][0], pairs[i][1], err);
	if (!ok) {
		rd_kafka_conf_destroy(conf);
		return NULL;
	}
	return gt_kafka_client(kafka, RD_KAFKA_CONSUMER, conf, heard, err);
}

/* Where to start and where to end; *empty: there is nothing to read between them. */
static bool find_range(
	struct reader *reader, int64_t from, int64_t *next, bool *empty, struct gt_err *err)
{
	int64_t first = 0;

	if (!find_offset(reader, RD_KAFKA_OFFSET_SPEC_LATEST, &reader->end, err) ||
		!find_offset(reader, RD_KAFKA_OFFSET_SPEC_EARLIEST, &first, err))
		return false;
	reader->start = from > first ? from : first;
	*empty = reader->start >= reader->end;
	if (*empty)
		*next = reader->end;
	return true;
}

bool gt_kafka_read(struct gt_publisher *publisher, struct gt_str topic, int32_t partition,
	int64_t from, bool committed, gt_seen_fn *sink, void *arg, int64_t *next, int timeout_ms,
	struct gt_err *err)
{
	struct reader reader = {.partition = partition, .timeout_ms = timeout_ms};
	bool ok, empty = false;

	reader.until = gt_kafka_now_ms() + timeout_ms;
	reader.rk = make_consumer(gt_kafka_of(publisher), &reader.heard, committed, err);
	if (reader.rk == NULL)
		return false;
	reader.topic = gt_strdup(topic);
	reader.rkt = rd_kafka_topic_new(reader.rk, reader.topic, NULL);
	GT_ASSERT(reader.rkt != NULL);
	ok = find_range(&reader, from, next, &empty, err);
	if (ok && !empty)
		ok = consume(&reader, sink, arg, next, err);
	rd_kafka_topic_destroy(reader.rkt);
	rd_kafka_destroy(reader.rk);
	free(reader.topic);
	return ok;
}
