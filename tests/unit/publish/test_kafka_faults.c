/* What the Kafka publisher makes of each class of error, ordered from librdkafka's mock cluster. */
#include "kafka_fixture.h"
#include "said.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-qualifiers"
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#pragma GCC diagnostic pop

enum { PRODUCE = 0, LIST_OFFSETS = 2, INIT = 22, ADD_PARTITIONS = 24, END_TXN = 26 };

struct faults {
	struct fixture f;
	rd_kafka_t *rk;
	rd_kafka_mock_cluster_t *cluster;
	struct gt_message *messages;
	struct gt_part part;
	struct gt_commit_set set;
	struct gt_commit_result result;
	int owner;
};

static void restart(struct faults *t)
{
	t->f.publisher->ops->free(t->f.publisher);
	t->f.publisher = gt_publisher_kafka(&t->f.conf, t->f.site, &t->f.err);
	ck_assert_ptr_nonnull(t->f.publisher);
}

static void start(struct faults *t)
{
	char why[256];

	memset(t, 0, sizeof *t);
	fixture_start(&t->f);
	t->rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
	t->cluster = rd_kafka_mock_cluster_new(t->rk, 1);
	ck_assert_ptr_nonnull(t->cluster);
	t->f.address = gt_cstr(rd_kafka_mock_cluster_bootstraps(t->cluster));
	t->f.conf.transaction_timeout_ms = 10000; /* the least that the option allows */
	restart(t);

	struct gt_str data = fixture_topic(&t->f, "data");

	ck_assert_int_eq(rd_kafka_mock_topic_create(t->cluster, data.p, 1, 1), 0);
	t->messages = fixture_messages(&t->f, data, 0, 10);
	t->part = (struct gt_part){t->messages, 10, &t->owner};
	t->set = (struct gt_commit_set){.parts = &t->part, .part_count = 1};
}

static void end(struct faults *t)
{
	rd_kafka_mock_cluster_destroy(t->cluster);
	rd_kafka_destroy(t->rk);
	fixture_stop(&t->f);
}

static void order(struct faults *t, int api, rd_kafka_resp_err_t error)
{
	rd_kafka_mock_push_request_errors(t->cluster, (int16_t)api, 1, error);
}

static struct gt_tx *open_slot(struct faults *t)
{
	struct gt_tx *tx = t->f.publisher->ops->open(t->f.publisher, 0, WAIT_MS, &t->f.err);

	ck_assert_msg(tx != NULL, "%s", fixture_why(&t->f.err));
	return tx;
}

/* One commit that meets one error of one request. */
static void commit_with(struct faults *t, int api, rd_kafka_resp_err_t error)
{
	struct gt_tx *tx = open_slot(t);

	order(t, api, error);
	t->f.publisher->ops->commit(tx, &t->set, &t->result);
	t->f.publisher->ops->close(tx);
}

static const struct {
	rd_kafka_resp_err_t error;
	enum gt_code code;
} inits[] = {
	{RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, GT_E_KAFKA_RIGHT},
	{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, GT_E_KAFKA_RIGHT},
	{RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, GT_E_KAFKA_SETTING},
};

START_TEST(a_slot_that_may_not_be_opened)
{
	struct faults t;

	start(&t);
	order(&t, INIT, inits[_i].error);
	ck_assert_ptr_null(t.f.publisher->ops->open(t.f.publisher, 0, WAIT_MS, &t.f.err));
	ck_assert_msg(t.f.err.code == inits[_i].code, "%s", fixture_why(&t.f.err));
	ck_assert_int_eq(t.f.err.class, GT_CONFIG);
	end(&t);
}
END_TEST

static const struct {
	int api;
	rd_kafka_resp_err_t error;
	enum gt_code code; /* NONE: it passes by itself */
	bool culprit;
} commits[] = {
	{PRODUCE, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, GT_E_NONE, false},
	{PRODUCE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, GT_E_KAFKA_REFUSED, true},
	{PRODUCE, RD_KAFKA_RESP_ERR_INVALID_RECORD, GT_E_KAFKA_REFUSED, true},
	{PRODUCE, RD_KAFKA_RESP_ERR_POLICY_VIOLATION, GT_E_KAFKA_REFUSED, true},
	{PRODUCE, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, GT_E_KAFKA_RIGHT, true},
	{PRODUCE, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, GT_E_KAFKA_FENCED, false},
	{ADD_PARTITIONS, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, GT_E_NONE, false},
	{ADD_PARTITIONS, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, GT_E_KAFKA_RIGHT, false},
	{ADD_PARTITIONS, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, GT_E_KAFKA_FENCED, false},
	{END_TXN, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, GT_E_NONE, false},
	{END_TXN, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, GT_E_KAFKA_FENCED, false},
	{END_TXN, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, GT_E_KAFKA_TX_FAILED, false},
	{END_TXN, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, GT_E_KAFKA_TX_FAILED, false},
};

START_TEST(a_commit_that_meets_an_error)
{
	struct faults t;

	start(&t);
	t.f.conf.transaction_timeout_ms = 60000; /* it must end long before */
	restart(&t);
	commit_with(&t, commits[_i].api, commits[_i].error);
	ck_assert_msg(
		t.result.ok == (commits[_i].code == GT_E_NONE), "%s", fixture_why(&t.result.why));
	if (!t.result.ok)
		ck_assert_msg(
			t.result.why.code == commits[_i].code, "%s", fixture_why(&t.result.why));
	ck_assert_int_eq(t.result.culprit_permanent, commits[_i].culprit);
	if (commits[_i].culprit)
		ck_assert_ptr_eq(t.result.culprit, &t.owner);
	end(&t);
}
END_TEST

START_TEST(a_slow_end_recycles_the_producer)
{
	struct faults t;
	struct gt_tx *tx;

	start(&t);
	t.f.conf.transaction_timeout_ms = 60000;
	restart(&t);
	tx = open_slot(&t);
	t.f.publisher->ops->commit(tx, &t.set, &t.result);
	ck_assert_msg(t.result.ok, "%s", fixture_why(&t.result.why));
	rd_kafka_mock_broker_push_request_error_rtts(
		t.cluster, 1, END_TXN, 1, RD_KAFKA_RESP_ERR_NO_ERROR, 2500);
	t.f.publisher->ops->commit(tx, &t.set, &t.result);
	ck_assert_msg(t.result.ok, "%s", fixture_why(&t.result.why));
	ck_assert(t.result.recycle);
	ck_assert_int_gt(t.result.commit_us, 2000000);
	t.f.publisher->ops->close(tx);
	end(&t);
}
END_TEST

/* Nothing is delivered: bounded, nobody's fault for good, and the next ones should be smaller. */
START_TEST(a_broker_that_is_gone_bounds_the_commit)
{
	struct faults t;
	struct gt_tx *tx;

	start(&t);
	tx = open_slot(&t);
	said_start();
	rd_kafka_mock_broker_set_down(t.cluster, 1);
	t.f.publisher->ops->commit(tx, &t.set, &t.result);
	ck_assert(!t.result.ok);
	ck_assert(!t.result.culprit_permanent);
	ck_assert(t.result.slow);
	ck_assert_int_eq(t.result.why.class, GT_RETRY);
	t.f.publisher->ops->close(tx);
	ck_assert(said(GT_E_KAFKA_LOG)); /* librdkafka's own words */
	said_stop();
	rd_kafka_mock_broker_set_up(t.cluster, 1);
	tx = open_slot(&t);
	t.f.publisher->ops->commit(tx, &t.set, &t.result);
	ck_assert_msg(t.result.ok, "%s", fixture_why(&t.result.why));
	t.f.publisher->ops->close(tx);
	end(&t);
}
END_TEST

/* Everything is delivered, but EndTxn gets no answer: the outcome is unknown. */
START_TEST(an_end_without_an_answer_is_bounded)
{
	struct faults t;
	struct gt_tx *tx;

	start(&t);
	tx = open_slot(&t);
	rd_kafka_mock_broker_push_request_error_rtts(t.cluster, 1, END_TXN, 3,
		RD_KAFKA_RESP_ERR_NO_ERROR, 60000, RD_KAFKA_RESP_ERR_NO_ERROR, 60000,
		RD_KAFKA_RESP_ERR_NO_ERROR, 60000);
	t.f.publisher->ops->commit(tx, &t.set, &t.result);
	ck_assert(!t.result.ok);
	ck_assert_int_eq(t.result.why.code, GT_E_KAFKA_TX_TIMEOUT);
	ck_assert_ptr_null(t.result.culprit);
	ck_assert(t.result.recycle);
	t.f.publisher->ops->close(tx);
	end(&t);
}
END_TEST

static int version; /* 0 = what it is */
int __real_rd_kafka_version(void);
int __wrap_rd_kafka_version(void);
int __wrap_rd_kafka_version(void)
{
	return version != 0 ? version : __real_rd_kafka_version();
}

START_TEST(a_library_that_is_too_old)
{
	struct fixture f;

	fixture_start(&f);
	version = 0x020a00ff; /* 2.10.0 */
	ck_assert_ptr_null(gt_publisher_kafka(&f.conf, f.site, &f.err));
	ck_assert_int_eq(f.err.code, GT_E_KAFKA_OLD);
	version = 0;
	fixture_stop(&f);
}
END_TEST

START_TEST(a_read_that_is_refused)
{
	struct faults t;
	int64_t next;

	start(&t);
	order(&t, LIST_OFFSETS, RD_KAFKA_RESP_ERR_INVALID_REQUEST);
	ck_assert(!t.f.publisher->ops->read(t.f.publisher, fixture_topic(&t.f, "data"), 0, 0, true,
		seen_collect, NULL, &next, WAIT_MS, &t.f.err));
	ck_assert_msg(t.f.err.code == GT_E_KAFKA_READ, "%s", fixture_why(&t.f.err));
	end(&t);
}
END_TEST

START_TEST(tls_against_a_broker_without_it)
{
	struct faults t;

	start(&t);
	t.f.conf.tls = 1;
	restart(&t);
	ck_assert_ptr_null(t.f.publisher->ops->open(t.f.publisher, 0, 3000, &t.f.err));
	ck_assert_msg(t.f.err.code == GT_E_KAFKA_TLS, "%s", fixture_why(&t.f.err));
	ck_assert_int_eq(t.f.err.class, GT_RETRY);
	end(&t);
}
END_TEST

START_TEST(a_login_that_is_refused)
{
	struct faults t;
	int partitions;

	start(&t);
	t.f.conf.sasl = 1;
	t.f.conf.username = GT_LIT("site");
	t.f.conf.password = GT_LIT("secret");
	restart(&t);
	ck_assert_ptr_null(t.f.publisher->ops->open(t.f.publisher, 0, WAIT_MS, &t.f.err));
	ck_assert_msg(t.f.err.code == GT_E_KAFKA_LOGIN, "%s", fixture_why(&t.f.err));

	struct gt_topic_spec spec = {.name = fixture_topic(&t.f, "state"), .partitions = 1};

	ck_assert(!t.f.publisher->ops->topics(
		t.f.publisher, &spec, 1, true, WAIT_MS, &partitions, &t.f.err));
	ck_assert_msg(t.f.err.code == GT_E_KAFKA_LOGIN, "%s", fixture_why(&t.f.err));
	/* The secret is in no sentence. */
	ck_assert_ptr_null(strstr(fixture_why(&t.f.err), "secret"));
	end(&t);
}
END_TEST

UNIT_MAIN("kafka_faults",
	UNIT_LOOP(a_slot_that_may_not_be_opened, (int)(sizeof inits / sizeof *inits)),
	UNIT_LOOP(a_commit_that_meets_an_error, (int)(sizeof commits / sizeof *commits)),
	UNIT_TEST(a_slow_end_recycles_the_producer),
	UNIT_TEST(a_broker_that_is_gone_bounds_the_commit),
	UNIT_TEST(an_end_without_an_answer_is_bounded), UNIT_TEST(a_library_that_is_too_old),
	UNIT_TEST(a_read_that_is_refused), UNIT_TEST(tls_against_a_broker_without_it),
	UNIT_TEST(a_login_that_is_refused))
