#include "memory.h"
#include "unit.h"

static struct gt_publisher *p;
static struct gt_err err;

static struct gt_message messages[4];
static int owner_a, owner_b;

struct set {
	struct gt_part parts[2];
	struct gt_send sends[1];
	struct gt_commit_set set;
};

static void fill(struct set *set, const char *number)
{
	for (size_t i = 0; i < 4; i++)
		messages[i] = (struct gt_message){.topic = GT_LIT("data"),
			.key = GT_LIT("k"),
			.value = gt_str(&"0123"[i], 1),
			.seq = i};
	*set = (struct set){.parts = {{messages, 2, &owner_a}, {messages + 2, 2, &owner_b}},
		.sends = {{GT_LIT("state"), GT_LIT("slot"), gt_cstr(number), 1, NULL}}};
	set->set = (struct gt_commit_set){.parts = set->parts,
		.part_count = 2,
		.manifest = {GT_LIT("manifest"), GT_LIT("m"), gt_cstr(number), 1, NULL},
		.sends = set->sends,
		.send_count = 1};
}

static struct gt_commit_result commit(struct gt_tx *tx, const char *number)
{
	struct gt_commit_result result;
	struct set set;

	fill(&set, number);
	p->ops->commit(tx, &set.set, &result);
	return result;
}

static bool count(void *arg, const struct gt_seen *seen)
{
	(void)seen;
	++*(size_t *)arg;
	return true;
}

static size_t read_count(
	const char *topic, int32_t partition, int64_t from, bool committed, int64_t *next)
{
	size_t n = 0;

	ck_assert(p->ops->read(
		p, gt_cstr(topic), partition, from, committed, count, &n, next, 10000, &err));
	return n;
}

START_TEST(commits_are_read_in_order)
{
	const struct gt_seen *seen;
	int64_t next;

	p = gt_publisher_memory(2);

	struct gt_tx *tx = p->ops->open(p, 0, 1000, &err);

	ck_assert(commit(tx, "1").ok);
	ck_assert(commit(tx, "2").ok);
	ck_assert_uint_eq(gt_memory_records(p, GT_LIT("data"), &seen), 8);
	for (size_t i = 0; i < 8; i++)
		ck_assert_int_eq(seen[i].value.p[0], "01230123"[i]);
	/* Each end of a transaction takes an offset, as in Kafka. */
	ck_assert_int_eq(seen[4].offset, 5);
	ck_assert_uint_eq(read_count("data", 0, 0, true, &next), 8);
	ck_assert_int_eq(next, 10);
	ck_assert_uint_eq(read_count("data", 0, 5, true, &next), 4);
	ck_assert_uint_eq(read_count("state", 1, 0, true, &next), 2);
	ck_assert_uint_eq(read_count("state", 0, 0, true, &next), 0);
	ck_assert_int_eq(next, 0);
	p->ops->close(tx);
	p->ops->free(p);
}
END_TEST

START_TEST(a_newer_producer_fences_the_older)
{
	const struct gt_seen *seen;

	p = gt_publisher_memory(2);

	struct gt_tx *old = p->ops->open(p, 1, 1000, &err), *new = p->ops->open(p, 1, 1000, &err);
	struct gt_tx *other = p->ops->open(p, 0, 1000, &err);
	struct gt_commit_result result = commit(old, "1");

	ck_assert(!result.ok);
	ck_assert_int_eq(result.why.code, GT_E_KAFKA_FENCED);
	ck_assert_uint_eq(gt_memory_records(p, GT_LIT("data"), &seen), 0);
	ck_assert(commit(new, "1").ok);
	ck_assert(commit(other, "1").ok);
	p->ops->close(old);
	p->ops->close(new);
	p->ops->close(other);
	p->ops->free(p);
}
END_TEST

START_TEST(a_lost_transaction_is_undecided_until_the_slot_is_opened)
{
	const struct gt_seen *seen;
	int64_t next;
	size_t n = 0;

	p = gt_publisher_memory(2);

	struct gt_tx *tx = p->ops->open(p, 0, 1000, &err), *other = p->ops->open(p, 1, 1000, &err);

	gt_memory_fault(p, GT_FAULT_LOST, 0);
	ck_assert(!commit(tx, "1").ok);
	ck_assert(commit(other, "2").ok);
	ck_assert_uint_eq(read_count("data", 0, 0, false, &next), 8);
	ck_assert(!p->ops->read(p, GT_LIT("data"), 0, 0, true, count, &n, &next, 0, &err));
	ck_assert_int_eq(err.code, GT_E_KAFKA_READ_TIMEOUT);
	ck_assert_uint_eq(n, 0);
	p->ops->close(tx);
	tx = p->ops->open(p, 0, 1000, &err);
	ck_assert_uint_eq(read_count("data", 0, 0, true, &next), 4);
	ck_assert_int_eq(next, 10);
	ck_assert_uint_eq(gt_memory_records(p, GT_LIT("data"), &seen), 4);
	ck_assert(commit(tx, "1").ok);
	p->ops->close(tx);
	p->ops->close(other);
	p->ops->free(p);
}
END_TEST

START_TEST(meets_the_faults_that_are_ordered)
{
	const struct gt_seen *seen;
	struct gt_commit_result result;
	char cluster[64], topic_id[64];
	int64_t next;
	int partitions;
	size_t n = 0;

	p = gt_publisher_memory(2);

	struct gt_tx *tx = p->ops->open(p, 0, 1000, &err);
	struct gt_topic_spec spec = {.name = GT_LIT("state"), .partitions = 1, .per_slot = true};

	gt_memory_fault(p, GT_FAULT_BEFORE_BEGIN, 0);
	ck_assert(!commit(tx, "1").ok);
	ck_assert_uint_eq(read_count("data", 0, 0, false, &next), 0);
	gt_memory_fault(p, GT_FAULT_UNKNOWN_DONE, 0);
	result = commit(tx, "1");
	ck_assert(!result.ok);
	ck_assert_ptr_null(result.culprit);
	ck_assert_uint_eq(gt_memory_records(p, GT_LIT("data"), &seen), 4);
	gt_memory_fault(p, GT_FAULT_REPORT, 2);
	result = commit(tx, "2");
	ck_assert(!result.ok);
	ck_assert_ptr_eq(result.culprit, &owner_b);
	ck_assert(result.culprit_permanent);
	p->ops->close(tx);
	tx = p->ops->open(p, 0, 1000, &err);
	ck_assert_uint_eq(gt_memory_records(p, GT_LIT("data"), &seen), 4);
	gt_memory_fault(p, GT_FAULT_REPORT, 4);
	ck_assert_ptr_null(commit(tx, "2").culprit);
	p->ops->close(tx);
	tx = p->ops->open(p, 0, 1000, &err);
	gt_memory_fault(p, GT_FAULT_DOWN, 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(commit(tx, "2").why.class, GT_RETRY);
		ck_assert_ptr_null(p->ops->open(p, 0, 1000, &err));
		ck_assert_int_eq(err.code, GT_E_KAFKA_AWAY);
		ck_assert(!p->ops->read(p, GT_LIT("data"), 0, 0, true, count, &n, &next, 0, &err));
		ck_assert(!p->ops->topics(p, &spec, 1, true, 0, &partitions, &err));
	}
	gt_memory_fault(p, GT_FAULT_NONE, 0);
	ck_assert(commit(tx, "2").ok);
	ck_assert(p->ops->topics(p, &spec, 1, true, 0, &partitions, &err));
	ck_assert_int_eq(partitions, 2);
	ck_assert(p->ops->identity(p, GT_LIT("state"), cluster, topic_id, 0, &err));
	ck_assert_str_eq(topic_id, "state");
	p->ops->close(tx);
	p->ops->free(p);
}
END_TEST

UNIT_MAIN("memory", UNIT_TEST(commits_are_read_in_order),
	UNIT_TEST(a_newer_producer_fences_the_older),
	UNIT_TEST(a_lost_transaction_is_undecided_until_the_slot_is_opened),
	UNIT_TEST(meets_the_faults_that_are_ordered))
