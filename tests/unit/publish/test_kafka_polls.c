/* librdkafka's broker thread can spin in poll() for the whole flush of a transaction (kafka_tx.c).
 * The calls are counted by wrapping poll at link time, on a line with 50 ms of delay. */
#include "kafka_fixture.h"
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-qualifiers"
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#pragma GCC diagnostic pop

static _Atomic unsigned long calls;

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout);

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	atomic_fetch_add(&calls, 1);
	return __real_poll(fds, n, timeout);
}

#define MESSAGES 20000u
#define BYTES 300u
/* A busy machine can keep us from a quiet flush now and then; without the design every commit
 * spins. */
#define COMMITS 10u
#define CALM 2000u /* spinning takes tens of thousands */

START_TEST(a_commit_does_not_spin)
{
	struct fixture f;
	rd_kafka_t *rk;
	rd_kafka_mock_cluster_t *cluster;
	struct gt_commit_result result;
	char why[256];
	unsigned long before, fewest = ULONG_MAX;

	fixture_start(&f);
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
	cluster = rd_kafka_mock_cluster_new(rk, 1);
	f.address = gt_cstr(rd_kafka_mock_cluster_bootstraps(cluster));
	f.conf.compression = 0;
	f.publisher->ops->free(f.publisher);
	f.publisher = gt_publisher_kafka(&f.conf, f.site, &f.err);

	struct gt_str data = fixture_topic(&f, "data");

	ck_assert_int_eq(rd_kafka_mock_topic_create(cluster, data.p, 1, 1), 0);
	rd_kafka_mock_broker_set_rtt(cluster, 1, 50);

	struct gt_message *messages = fixture_messages(&f, data, 0, MESSAGES);
	char *large = gt_arena_alloc(&f.memory, BYTES);

	memset(large, 'x', BYTES);
	for (size_t i = 0; i < MESSAGES; i++)
		messages[i].value = gt_str(large, BYTES);

	struct gt_part part = {messages, MESSAGES, NULL};
	struct gt_commit_set set = {.parts = &part, .part_count = 1};
	struct gt_tx *tx = f.publisher->ops->open(f.publisher, 0, WAIT_MS, &f.err);

	ck_assert_ptr_nonnull(tx);
	for (unsigned i = 0; i < COMMITS && fewest >= CALM; i++) {
		before = calls;
		f.publisher->ops->commit(tx, &set, &result);
		ck_assert_msg(result.ok, "%s", fixture_why(&result.why));
		if (calls - before < fewest)
			fewest = calls - before;
	}
	printf("poll calls for a commit of %u messages: %lu\n", MESSAGES, fewest);
	ck_assert_uint_lt(fewest, CALM);
	f.publisher->ops->close(tx);
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(rk);
	fixture_stop(&f);
}
END_TEST

UNIT_MAIN("kafka_polls", UNIT_TEST(a_commit_does_not_spin))
