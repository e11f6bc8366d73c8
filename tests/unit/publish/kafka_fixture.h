/* kafka_fixture.h: the Kafka that publisher tests run against: with GT_REAL_KAFKA set the one whose
 * folder (tests/kafka/kafka) is GT_TEST_KAFKA, else the development broker. Every test has a site
 * of its own, so that tests need no order. */
#ifndef GT_KAFKA_FIXTURE_H
#define GT_KAFKA_FIXTURE_H

#include "arena.h"
#include "publisher.h"
#include "unit.h"

#define WAIT_MS 60000

struct fixture {
	struct gt_arena memory;
	struct gt_dev_broker *broker; /* NULL with a real Kafka */
	struct gt_kafka_conf conf;
	struct gt_str address, site; /* "t.<random>" */
	struct gt_publisher *publisher;
	struct gt_err err;
};

static inline bool real_kafka(void)
{
	return getenv("GT_REAL_KAFKA") != NULL;
}

void fixture_start(struct fixture *f);
void fixture_stop(struct fixture *f);
struct gt_str fixture_topic(struct fixture *f, const char *name); /* "<site>.<name>" */
/* Makes topics (real Kafka: through the publisher), each with that many partitions. */
void fixture_topics(struct fixture *f, struct gt_topic_spec *specs, size_t n);
const char *fixture_why(const struct gt_err *err);

/* n messages "k<i>" → "v<from + i>" of one topic, in the fixture's memory. */
struct gt_message *fixture_messages(struct fixture *f, struct gt_str topic, size_t from, size_t n);

struct seen_all {
	struct gt_arena *memory;
	struct gt_seen v[4096];
	size_t n, stop_after;
};
bool seen_collect(void *arg, const struct gt_seen *seen);

#endif
