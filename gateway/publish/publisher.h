/* publisher.h: where commits go. One publisher per process, one gt_tx per slot (= one transactional
 * producer, used by one committer thread). Forms: Kafka (kafka.c; the development broker is Kafka's
 * protocol too) and memory (memory.c: preview, tests with injected faults).
 * Rules R1–R9 and the error classes: measured on Kafka 4.1 with librdkafka 2.14.2; see gateway/adr.
 */
#ifndef GT_PUBLISH_PUBLISHER_H
#define GT_PUBLISH_PUBLISHER_H

#include "message.h"
#include <guantong/option.h>

#define GT_PARTITION_BY_KEY (-1) /* Java-compatible murmur2 */

/* One record to send outside the batches: manifest, state, entries, status. */
struct gt_send {
	struct gt_str topic, key, value; /* value.p NULL = tombstone */
	int32_t partition;
	const struct gt_headers
		*headers; /* may be NULL; names NUL-terminated, at most GT_HEADERS_MAX */
};

/* The messages of one batch. */
struct gt_part {
	const struct gt_message *messages;
	size_t n;
	void *owner; /* whom a failed delivery report blames: the flow */
};

/* One transaction's content, sent in this order: parts, manifest, sends. Memory is referenced, not
 * copied, until commit() returned OK or close() returned. */
struct gt_commit_set {
	const struct gt_part *parts;
	size_t part_count;
	struct gt_send manifest;
	const struct gt_send *sends;
	size_t send_count;
};

struct gt_commit_result {
	bool ok; /* EndTxn(commit) answered OK: delivered. Anything else: the outcome is unknown;
		    close this gt_tx and ask the slot's partition. */
	void *culprit; /* owner of the first failed delivery report other than a purge, or NULL */
	bool culprit_permanent; /* the report's error is about the data or rights, not about
				   transport */
	bool recycle; /* close and open anew before the next commit (EndTxn > 2 s, transport error)
		       */
	int64_t flush_us, commit_us;
	bool slow;         /* flush above 10 s or a time-out: halve the limits */
	struct gt_err why; /* when !ok */
};

struct gt_seen {
	int64_t offset;
	struct gt_str key, value; /* value.p NULL = tombstone */
};
typedef bool gt_seen_fn(void *arg, const struct gt_seen *seen); /* false = stop reading */

struct gt_topic_spec {
	struct gt_str name;
	int partitions;
	bool compact;         /* cleanup.policy compact instead of delete */
	int64_t retention_ms; /* 0 = broker's default, -1 = for ever */
	bool per_slot;        /* has as many partitions as the state topic (the first spec), not
				 `partitions` */
	int64_t max_message_bytes; /* 0 = broker's default */
};

struct gt_tx;
struct gt_publisher;
struct gt_publisher_ops {
	const char *name;
	/* New producer + init_transactions: fences any older one with this slot's id and aborts its
	 * open transaction. Blocks up to timeout_ms. NULL: err (RETRY: Kafka away; CONFIG: rights).
	 */
	struct gt_tx *(*open)(
		struct gt_publisher *publisher, unsigned slot, int timeout_ms, struct gt_err *err);
	/* Blocks until flushed and committed, or until nothing more can be learnt. */
	void (*commit)(
		struct gt_tx *tx, const struct gt_commit_set *set, struct gt_commit_result *result);
	/* Destroys the producer; when it returns, no message memory is referenced any more. */
	void (*close)(struct gt_tx *tx);
	/* Reads a partition from `from` (0 = the beginning) up to its uncommitted end at the call;
	 * committed: only committed records (waits for open transactions to be decided). *next:
	 * where to go on (less than `from`: the partition is shorter than it was). Key and value
	 * are valid during the sink's call. */
	bool (*read)(struct gt_publisher *publisher, struct gt_str topic, int32_t partition,
		int64_t from, bool committed, gt_seen_fn *sink, void *arg, int64_t *next,
		int timeout_ms, struct gt_err *err);
	/* Creates what is missing (when allowed) and checks what is there. False: err names the
	 * first topic that is missing or wrong and what to do. *state_partitions: of the topic
	 * named first. */
	bool (*topics)(struct gt_publisher *publisher, const struct gt_topic_spec *specs, size_t n,
		bool create, int timeout_ms, int *state_partitions, struct gt_err *err);
	/* Identity of the cluster and of one topic, for the journal. Texts of ≤ 63 bytes. */
	bool (*identity)(struct gt_publisher *publisher, struct gt_str topic, char cluster[64],
		char topic_id[64], int timeout_ms, struct gt_err *err);
	void (*free)(struct gt_publisher *publisher);
};
struct gt_publisher {
	const struct gt_publisher_ops *ops;
};

/* Option table and values of `kafka:` in guantong.yaml. */
struct gt_kafka_conf {
	struct gt_texts brokers;
	struct gt_str ca, certificate, key, key_password; /* tls */
	int tls;                                          /* CHOICE: off on */
	int sasl; /* CHOICE: none plain scram-sha-256 scram-sha-512 */
	struct gt_str username, password;
	int64_t transaction_timeout_ms, max_message_bytes, linger_ms;
	int compression; /* CHOICE: none lz4 zstd */
	bool create_topics;
	int64_t replication; /* of topics that the gateway creates; -1 = broker's default */
	int64_t slots;       /* partitions of the state topic when it is created */
};
extern const struct gt_option gt_kafka_options[];

/* NULL: err (CONFIG: librdkafka too old or a setting that it refuses). id: "<prefix>.<site>", the
 * start of every transactional.id. */
struct gt_publisher *gt_publisher_kafka(
	const struct gt_kafka_conf *conf, struct gt_str id, struct gt_err *err);

/* The development broker: librdkafka's mock cluster inside this process. In memory, ignores
 * isolation. */
struct gt_dev_broker;
struct gt_dev_broker *gt_dev_broker_start(struct gt_err *err);
const char *gt_dev_broker_address(const struct gt_dev_broker *broker); /* "127.0.0.1:39041" */
bool gt_dev_broker_topic(struct gt_dev_broker *broker, const char *topic, int partitions,
	struct gt_err *err) GT_MUST_CHECK;
void gt_dev_broker_stop(struct gt_dev_broker *broker);

#endif
