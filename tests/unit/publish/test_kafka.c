/* The Kafka publisher, against a real Kafka (GT_REAL_KAFKA) or the development broker. What only a
 * transaction coordinator can show (aborted records hidden, fencing, settings of topics) is tested
 * with the real one. */
#include "io.h"
#include "kafka_fixture.h"
#include "said.h"

static struct gt_topic_spec specs_of(struct gt_str name, int partitions, bool compact)
{
	return (struct gt_topic_spec){.name = name, .partitions = partitions, .compact = compact};
}

static struct seen_all *read_all(struct fixture *f, struct gt_str topic, int32_t partition,
	int64_t from, bool committed, int64_t *next)
{
	struct seen_all *all = gt_arena_zalloc(&f->memory, sizeof *all);

	all->memory = &f->memory;
	ck_assert_msg(f->publisher->ops->read(f->publisher, topic, partition, from, committed,
			      seen_collect, all, next, WAIT_MS, &f->err),
		"%s", fixture_why(&f->err));
	return all;
}

static struct gt_tx *open_slot(struct fixture *f, unsigned slot)
{
	struct gt_tx *tx = f->publisher->ops->open(f->publisher, slot, WAIT_MS, &f->err);

	ck_assert_msg(tx != NULL, "%s", fixture_why(&f->err));
	return tx;
}

struct set {
	struct gt_part part;
	struct gt_send sends[1];
	struct gt_commit_set set;
};

/* One part, manifest, state. */
static void fill(struct set *set, struct gt_message *messages, size_t n, struct gt_str state,
	const char *number)
{
	memset(set, 0, sizeof *set);
	set->part = (struct gt_part){messages, n, set};
	set->sends[0] = (struct gt_send){state, GT_LIT("slot"), gt_cstr(number), 1, NULL};
	set->set = (struct gt_commit_set){.parts = &set->part,
		.part_count = 1,
		.manifest = {state, GT_LIT("manifest"), gt_cstr(number), 0, NULL},
		.sends = set->sends,
		.send_count = 1};
}

START_TEST(commits_and_reads_back)
{
	struct fixture f;
	struct gt_commit_result result;
	struct set set;
	int64_t next;

	fixture_start(&f);

	struct gt_str data = fixture_topic(&f, "data"), state = fixture_topic(&f, "state");
	struct gt_topic_spec specs[] = {specs_of(state, 2, true), specs_of(data, 1, false)};

	fixture_topics(&f, specs, 2);

	struct gt_tx *tx = open_slot(&f, 0);

	for (size_t round = 0; round < 3; round++) {
		fill(&set, fixture_messages(&f, data, round * 1000, 1000), 1000, state, "7");
		f.publisher->ops->commit(tx, &set.set, &result);
		ck_assert_msg(result.ok, "%s", fixture_why(&result.why));
		ck_assert_ptr_null(result.culprit);
		ck_assert(result.flush_us >= 0 && result.commit_us >= 0);
	}
	f.publisher->ops->close(tx);

	struct seen_all *seen = read_all(&f, data, 0, 0, true, &next);

	ck_assert_uint_eq(seen->n, 3000);
	for (size_t i = 0; i < seen->n; i++)
		ck_str_is(seen->v[i].value, gt_arena_printf(&f.memory, "v%zu", i).p);
	ck_assert_int_gt(next, 2999);
	seen = read_all(&f, state, 1, 0, true, &next);
	ck_assert_uint_eq(seen->n, 3);
	ck_str_is(seen->v[2].key, "slot");
	seen = read_all(&f, state, 0, 0, true, &next);
	ck_assert_uint_eq(seen->n, 3);
	ck_str_is(seen->v[0].key, "manifest");

	int64_t again;

	seen = read_all(&f, data, 0, next, true, &again);
	(void)seen;
	fixture_stop(&f);
}
END_TEST

START_TEST(reads_from_an_offset_and_stops_when_told)
{
	struct fixture f;
	struct gt_commit_result result;
	struct set set;
	int64_t next;

	fixture_start(&f);

	struct gt_str data = fixture_topic(&f, "data"), state = fixture_topic(&f, "state");
	struct gt_topic_spec specs[] = {specs_of(state, 2, true), specs_of(data, 1, false)};

	fixture_topics(&f, specs, 2);

	struct gt_tx *tx = open_slot(&f, 0);

	fill(&set, fixture_messages(&f, data, 0, 100), 100, state, "1");
	f.publisher->ops->commit(tx, &set.set, &result);
	ck_assert_msg(result.ok, "%s", fixture_why(&result.why));
	f.publisher->ops->close(tx);

	struct seen_all *seen = read_all(&f, data, 0, 40, true, &next);

	ck_assert_uint_eq(seen->n, 60);
	ck_assert_int_eq(seen->v[0].offset, 40);

	/* At the end: nothing more, and the same place. */
	int64_t end = next;

	seen = read_all(&f, data, 0, end, false, &next);
	ck_assert_uint_eq(seen->n, 0);
	ck_assert_int_eq(next, end);
	/* Behind the end: the partition is shorter than it was. */
	seen = read_all(&f, data, 0, end + 1000, false, &next);
	ck_assert_uint_eq(seen->n, 0);
	ck_assert_int_eq(next, end);

	struct seen_all *some = gt_arena_zalloc(&f.memory, sizeof *some);

	some->memory = &f.memory;
	some->stop_after = 5;
	ck_assert(f.publisher->ops->read(
		f.publisher, data, 0, 0, true, seen_collect, some, &next, WAIT_MS, &f.err));
	ck_assert_uint_eq(some->n, 5);
	ck_assert_int_eq(next, 5);
	fixture_stop(&f);
}
END_TEST

/* Several full batches: more than max_message_bytes in one topic. */
START_TEST(commits_many_batches)
{
	struct fixture f;
	struct gt_commit_result result;
	struct set set;
	int64_t next;
	size_t n = 3000;

	fixture_start(&f);
	f.publisher->ops->free(f.publisher);
	f.conf.max_message_bytes = 65536;
	f.conf.compression = 0;
	f.publisher = gt_publisher_kafka(&f.conf, f.site, &f.err);
	ck_assert_ptr_nonnull(f.publisher);

	struct gt_str data = fixture_topic(&f, "data"), state = fixture_topic(&f, "state");
	struct gt_topic_spec specs[] = {specs_of(state, 2, true), specs_of(data, 1, false)};

	fixture_topics(&f, specs, 2);

	struct gt_message *messages = fixture_messages(&f, data, 0, n);
	char *large = gt_arena_alloc(&f.memory, 300);

	memset(large, 'x', 300);
	for (size_t i = 0; i < n; i++)
		messages[i].value = gt_str(large, 300);

	struct gt_tx *tx = open_slot(&f, 3);

	fill(&set, messages, n, state, "1");
	f.publisher->ops->commit(tx, &set.set, &result);
	ck_assert_msg(result.ok, "%s", fixture_why(&result.why));
	f.publisher->ops->close(tx);
	ck_assert_uint_eq(read_all(&f, data, 0, 0, true, &next)->n, n);
	fixture_stop(&f);
}
END_TEST

START_TEST(a_tombstone_and_an_empty_value_differ)
{
	struct fixture f;
	struct gt_commit_result result;
	int64_t next;

	fixture_start(&f);

	struct gt_str state = fixture_topic(&f, "state");
	struct gt_topic_spec spec = specs_of(state, 1, true);
	struct gt_send sends[] = {{state, GT_LIT("a"), {NULL, 0}, 0, NULL},
		{state, GT_LIT("b"), GT_LIT(""), 0, NULL}};
	struct gt_commit_set set = {.sends = sends, .send_count = 2};

	fixture_topics(&f, &spec, 1);

	struct gt_tx *tx = open_slot(&f, 0);

	f.publisher->ops->commit(tx, &set, &result);
	ck_assert_msg(result.ok, "%s", fixture_why(&result.why));
	f.publisher->ops->close(tx);

	struct seen_all *seen = read_all(&f, state, 0, 0, true, &next);

	ck_assert_uint_eq(seen->n, 2);
	ck_assert_ptr_null(seen->v[0].value.p);
	ck_assert_ptr_nonnull(seen->v[1].value.p);
	fixture_stop(&f);
}
END_TEST

START_TEST(names_a_missing_topic)
{
	struct fixture f;
	int partitions;

	fixture_start(&f);

	struct gt_topic_spec spec = specs_of(fixture_topic(&f, "nowhere"), 1, false);

	ck_assert(!f.publisher->ops->topics(
		f.publisher, &spec, 1, false, WAIT_MS, &partitions, &f.err));
	ck_assert_int_eq(f.err.code, GT_E_KAFKA_TOPIC_MISSING);
	ck_assert_int_eq(f.err.class, GT_CONFIG);
	fixture_stop(&f);
}
END_TEST

START_TEST(partitions_must_agree_with_the_state_topic)
{
	struct fixture f;
	int partitions;

	fixture_start(&f);

	struct gt_topic_spec specs[] = {specs_of(fixture_topic(&f, "state"), 2, true),
		specs_of(fixture_topic(&f, "entries"), 3, true)};

	fixture_topics(&f, specs, 2);
	specs[0].per_slot = specs[1].per_slot = true;
	ck_assert(!f.publisher->ops->topics(
		f.publisher, specs, 2, true, WAIT_MS, &partitions, &f.err));
	ck_assert_int_eq(f.err.code, GT_E_KAFKA_TOPIC_PARTITIONS);
	fixture_stop(&f);
}
END_TEST

START_TEST(knows_the_cluster)
{
	struct fixture f;
	char cluster[64], topic_id[64], again[64];

	fixture_start(&f);

	struct gt_topic_spec spec = specs_of(fixture_topic(&f, "state"), 1, true);

	fixture_topics(&f, &spec, 1);
	ck_assert(f.publisher->ops->identity(
		f.publisher, spec.name, cluster, topic_id, WAIT_MS, &f.err));
	ck_assert(f.publisher->ops->identity(
		f.publisher, spec.name, again, topic_id, WAIT_MS, &f.err));
	ck_assert_str_ne(cluster, "");
	ck_assert_str_eq(cluster, again);
	ck_assert_str_ne(topic_id, "");
	fixture_stop(&f);
}
END_TEST

START_TEST(says_that_nobody_answers)
{
	struct fixture f;
	struct gt_str nowhere = GT_LIT("127.0.0.1:1");
	int64_t next;
	int partitions;

	fixture_start(&f);
	f.publisher->ops->free(f.publisher);
	f.conf.brokers = (struct gt_texts){&nowhere, 1};
	f.publisher = gt_publisher_kafka(&f.conf, f.site, &f.err);
	ck_assert_ptr_nonnull(f.publisher);
	ck_assert_ptr_null(f.publisher->ops->open(f.publisher, 0, 1500, &f.err));
	ck_assert_int_eq(f.err.code, GT_E_KAFKA_AWAY);
	ck_assert_int_eq(f.err.class, GT_RETRY);

	struct gt_topic_spec spec = specs_of(fixture_topic(&f, "state"), 1, true);

	ck_assert(
		!f.publisher->ops->topics(f.publisher, &spec, 1, true, 1500, &partitions, &f.err));
	ck_assert_int_eq(f.err.code, GT_E_KAFKA_AWAY);
	ck_assert(!f.publisher->ops->read(
		f.publisher, spec.name, 0, 0, true, seen_collect, NULL, &next, 1500, &f.err));
	ck_assert_int_eq(f.err.code, GT_E_KAFKA_AWAY);
	fixture_stop(&f);
}
END_TEST

START_TEST(the_development_broker_says_what_it_cannot_do)
{
	struct gt_dev_broker *broker;
	struct gt_err err;

	said_start();
	broker = gt_dev_broker_start(&err);
	ck_assert_ptr_nonnull(broker);
	ck_assert(said(GT_E_DEV_BROKER_NOTE));
	said_stop();
	ck_assert(gt_dev_broker_topic(broker, "once", 1, &err));
	ck_assert(gt_dev_broker_topic(broker, "once", 1, &err));
	ck_assert(!gt_dev_broker_topic(broker, "none", -1, &err));
	ck_assert_int_eq(err.code, GT_E_DEV_BROKER_FAILED);
	gt_dev_broker_stop(broker);
	gt_dev_broker_stop(NULL);
}
END_TEST

START_TEST(refuses_impossible_settings)
{
	struct fixture f;

	fixture_start(&f);
	f.conf.ca = GT_LIT("/nonexistent/ca.pem");

	struct gt_publisher *publisher = gt_publisher_kafka(&f.conf, f.site, &f.err);

	/* librdkafka looks at files when a client is made. */
	if (publisher != NULL) {
		ck_assert_ptr_null(publisher->ops->open(publisher, 0, 1000, &f.err));
		publisher->ops->free(publisher);
	}
	ck_assert_int_eq(f.err.code, GT_E_KAFKA_SETTING);
	fixture_stop(&f);
}
END_TEST

/* ---- only with a real Kafka ---- */

START_TEST(a_newer_producer_fences_the_older)
{
	struct fixture f;
	struct gt_commit_result result;
	struct set set;
	int64_t next;

	if (!real_kafka())
		return;
	fixture_start(&f);

	struct gt_str data = fixture_topic(&f, "data"), state = fixture_topic(&f, "state");
	struct gt_topic_spec specs[] = {specs_of(state, 2, true), specs_of(data, 1, false)};

	fixture_topics(&f, specs, 2);

	struct gt_tx *old = open_slot(&f, 0), *new = open_slot(&f, 0);

	fill(&set, fixture_messages(&f, data, 0, 10), 10, state, "1");
	f.publisher->ops->commit(old, &set.set, &result);
	ck_assert(!result.ok);
	ck_assert_int_eq(result.why.code, GT_E_KAFKA_FENCED);
	ck_assert_ptr_null(result.culprit);
	f.publisher->ops->close(old);
	f.publisher->ops->commit(new, &set.set, &result);
	ck_assert_msg(result.ok, "%s", fixture_why(&result.why));
	f.publisher->ops->close(new);
	ck_assert_uint_eq(read_all(&f, data, 0, 0, true, &next)->n, 10);
	fixture_stop(&f);
}
END_TEST

START_TEST(a_refused_message_names_its_owner_and_is_hidden)
{
	struct fixture f;
	struct gt_commit_result result;
	int64_t next;

	if (!real_kafka())
		return;
	fixture_start(&f);

	struct gt_str small = fixture_topic(&f, "small"), data = fixture_topic(&f, "data");
	struct gt_topic_spec specs[] = {specs_of(data, 1, false), specs_of(small, 1, false)};

	specs[1].max_message_bytes = 1000;
	fixture_topics(&f, specs, 2);

	int guilty, innocent;
	struct gt_message *large = fixture_messages(&f, small, 0, 1);
	char *noise = gt_arena_alloc(&f.memory, 5000);

	gt_random(noise, 5000); /* which no codec makes smaller */
	large->value = gt_str(noise, 5000);

	struct gt_part parts[] = {{fixture_messages(&f, data, 0, 50), 50, &innocent},
		{large, 1, &guilty}, {fixture_messages(&f, data, 50, 50), 50, &innocent}};
	struct gt_commit_set set = {.parts = parts, .part_count = 3};
	struct gt_tx *tx = open_slot(&f, 0);

	f.publisher->ops->commit(tx, &set, &result);
	ck_assert(!result.ok);
	ck_assert_ptr_eq(result.culprit, &guilty);
	ck_assert(result.culprit_permanent);
	ck_assert_int_eq(result.why.code, GT_E_KAFKA_REFUSED);
	f.publisher->ops->close(tx);
	tx = open_slot(&f, 0);
	parts[1].n = 0;
	f.publisher->ops->commit(tx, &set, &result);
	ck_assert_msg(result.ok, "%s", fixture_why(&result.why));
	f.publisher->ops->close(tx);

	struct seen_all *seen = read_all(&f, data, 0, 0, true, &next);

	ck_assert_uint_eq(seen->n, 100);
	ck_str_is(seen->v[99].value, "v99");
	fixture_stop(&f);
}
END_TEST

START_TEST(a_missing_topic_names_its_owner)
{
	struct fixture f;
	struct gt_commit_result result;
	int guilty;

	if (!real_kafka())
		return;
	fixture_start(&f);

	struct gt_str nowhere = fixture_topic(&f, "nowhere");
	struct gt_part part = {fixture_messages(&f, nowhere, 0, 1), 1, &guilty};
	struct gt_commit_set set = {.parts = &part, .part_count = 1};
	struct gt_tx *tx = open_slot(&f, 0);

	f.publisher->ops->commit(tx, &set, &result);
	ck_assert(!result.ok);
	ck_assert_ptr_eq(result.culprit, &guilty);
	ck_assert(result.culprit_permanent);
	ck_assert_int_eq(result.why.code, GT_E_KAFKA_TOPIC_MISSING);
	f.publisher->ops->close(tx);
	fixture_stop(&f);
}
END_TEST

START_TEST(settings_of_topics_are_checked)
{
	struct fixture f;
	int partitions;

	if (!real_kafka())
		return;
	fixture_start(&f);

	struct gt_topic_spec spec = specs_of(fixture_topic(&f, "state"), 2, false);

	fixture_topics(&f, &spec, 1);
	spec.compact = true;
	ck_assert(!f.publisher->ops->topics(
		f.publisher, &spec, 1, true, WAIT_MS, &partitions, &f.err));
	ck_assert_int_eq(f.err.code, GT_E_KAFKA_TOPIC_POLICY);
	fixture_stop(&f);
}
END_TEST

START_TEST(a_topic_that_cannot_be_created_says_why)
{
	struct fixture f;
	int partitions;

	if (!real_kafka())
		return;
	fixture_start(&f);
	f.publisher->ops->free(f.publisher);
	f.conf.replication = 9;
	f.publisher = gt_publisher_kafka(&f.conf, f.site, &f.err);

	struct gt_topic_spec spec = specs_of(fixture_topic(&f, "state"), 2, true);

	ck_assert(!f.publisher->ops->topics(
		f.publisher, &spec, 1, true, WAIT_MS, &partitions, &f.err));
	ck_assert_int_eq(f.err.code, GT_E_KAFKA_TOPIC_CREATE);
	fixture_stop(&f);
}
END_TEST

UNIT_MAIN("kafka", UNIT_TEST(commits_and_reads_back),
	UNIT_TEST(reads_from_an_offset_and_stops_when_told), UNIT_TEST(commits_many_batches),
	UNIT_TEST(a_tombstone_and_an_empty_value_differ), UNIT_TEST(names_a_missing_topic),
	UNIT_TEST(partitions_must_agree_with_the_state_topic), UNIT_TEST(knows_the_cluster),
	UNIT_TEST(says_that_nobody_answers), UNIT_TEST(refuses_impossible_settings),
	UNIT_TEST(the_development_broker_says_what_it_cannot_do),
	UNIT_TEST(a_newer_producer_fences_the_older),
	UNIT_TEST(a_refused_message_names_its_owner_and_is_hidden),
	UNIT_TEST(a_missing_topic_names_its_owner), UNIT_TEST(settings_of_topics_are_checked),
	UNIT_TEST(a_topic_that_cannot_be_created_says_why))
