/* kafka.h: what the kafka_*.c files share. Every client of librdkafka is made for one purpose and
 * one thread, and destroyed after it; the publisher itself only holds settings. */
#ifndef GT_PUBLISH_KAFKA_H
#define GT_PUBLISH_KAFKA_H

#include "publisher.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-qualifiers" /* of librdkafka's own declarations */
#include <librdkafka/rdkafka.h>
#pragma GCC diagnostic pop

/* What error_cb heard since it was cleared; it runs in the thread that polls the client. */
struct gt_heard {
	bool transport; /* connections broke or timed out */
	rd_kafka_resp_err_t
		err; /* the most telling one: TLS and login before transport; 0 = none */
	char text[512];
};

struct gt_kafka {
	struct gt_publisher base; /* first member */
	rd_kafka_conf_t *common;  /* template of every client */
	char *id;                 /* "<prefix>.<site>" */
	char *brokers;
	int transaction_timeout_ms, linger_ms, max_message_bytes, replication;
	const char *compression;
};

static inline struct gt_kafka *gt_kafka_of(struct gt_publisher *publisher)
{
	return (struct gt_kafka *)publisher;
}

/* A client with the common settings and the given name/value pairs (NULL-terminated). opaque comes
 * first in *heard, which callbacks fill. conf may be NULL (made from common). NULL: err. */
rd_kafka_t *gt_kafka_client(const struct gt_kafka *kafka, rd_kafka_type_t type,
	rd_kafka_conf_t *conf, struct gt_heard *heard, struct gt_err *err);
bool gt_kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct gt_err *err);

/* The sentence for a client that got no answer: TLS, login, or away. Always false. */
bool gt_kafka_fail_away(const struct gt_heard *heard, const char *otherwise, struct gt_err *err);
/* The sentence for an error code about `what` ("topic", "transactional id"…) named `name` on doing
 * `right` ("Write"); otherwise the text. Always false. */
bool gt_kafka_fail_code(rd_kafka_resp_err_t code, const char *text, const char *right,
	const char *what, const char *name, const struct gt_heard *heard, struct gt_err *err);
bool gt_kafka_is_right(rd_kafka_resp_err_t code); /* an authorisation failure */

/* Monotonic milliseconds; and what is left until `until`, at least 0, at most `most`. */
int64_t gt_kafka_now_ms(void);
int gt_kafka_left_ms(int64_t until, int most);

struct gt_tx *gt_kafka_open(
	struct gt_publisher *publisher, unsigned slot, int timeout_ms, struct gt_err *err);
void gt_kafka_commit(
	struct gt_tx *tx, const struct gt_commit_set *set, struct gt_commit_result *result);
void gt_kafka_close(struct gt_tx *tx);
bool gt_kafka_read(struct gt_publisher *publisher, struct gt_str topic, int32_t partition,
	int64_t from, bool committed, gt_seen_fn *sink, void *arg, int64_t *next, int timeout_ms,
	struct gt_err *err);
bool gt_kafka_topics(struct gt_publisher *publisher, const struct gt_topic_spec *specs, size_t n,
	bool create, int timeout_ms, int *state_partitions, struct gt_err *err);
bool gt_kafka_identity(struct gt_publisher *publisher, struct gt_str topic, char cluster[64],
	char topic_id[64], int timeout_ms, struct gt_err *err);

#endif
