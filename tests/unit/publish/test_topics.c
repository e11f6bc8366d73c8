#include "buf.h"
#include "topics.h"
#include "unit.h"
#include <jansson.h>

static const struct gt_entity trip = {.name = {"vehicle.dispatch-order", 22},
	.domain = {"vehicle", 7},
	.entity = {"dispatch-order", 14},
	.major = 1,
	.restricted = true};
static const struct gt_entity reading = {.name = {"energy.meter-reading", 20},
	.domain = {"energy", 6},
	.entity = {"meter-reading", 13},
	.major = 2};

static struct gt_arena memory;
static struct gt_topic_plan plan;

static void make(void)
{
	const struct gt_entity *const entities[] = {&trip, &reading, &trip};

	gt_arena_init(&memory, 0);
	gt_topic_plan_make(&plan, &memory, GT_LIT("jgsw"), GT_LIT("wuchang"), 4, entities, 3);
}

START_TEST(every_topic_once_state_first)
{
	static const struct {
		const char *name;
		int partitions;
		bool compact, per_slot;
	} expected[] = {
		{"jgsw.wuchang.state", 4, true, true},
		{"jgsw.wuchang.entries", 4, true, true},
		{"jgsw.wuchang.manifest", 4, false, true},
		{"jgsw.wuchang.status", 1, true, false},
		{"jgsw.wuchang.rejected", 1, false, false},
		{"jgsw.wuchang.vehicle.dispatch-order.v1", 1, false, false},
		{"jgsw.wuchang.vehicle.dispatch-order.v1.restricted", 1, true, false},
		{"jgsw.wuchang.energy.meter-reading.v2", 1, false, false},
	};

	make();
	ck_assert_uint_eq(plan.n, sizeof expected / sizeof *expected);
	for (size_t i = 0; i < plan.n; i++) {
		ck_str_is(plan.v[i].name, expected[i].name);
		ck_assert_int_eq(plan.v[i].partitions, expected[i].partitions);
		ck_assert_int_eq(plan.v[i].compact, expected[i].compact);
		ck_assert_int_eq(plan.v[i].per_slot, expected[i].per_slot);
	}
	/* Evidence is kept for ever. */
	ck_assert_int_eq(plan.v[2].retention_ms, -1);
	ck_str_is(plan.state, "jgsw.wuchang.state");
	ck_str_is(plan.status, "jgsw.wuchang.status");
	gt_arena_fini(&memory);
}
END_TEST

START_TEST(prints_commands)
{
	struct gt_buf out;
	const char *text;

	make();
	gt_buf_init(&out, 65536);
	gt_topic_plan_print(&plan, GT_LIT("jgsw"), GT_LIT("wuchang"), 3, false, &out);
	ck_assert(!out.full);
	text = gt_buf_cstr(&out);
	ck_assert_ptr_nonnull(strstr(text,
		"kafka-topics.sh $KAFKA --create --if-not-exists --topic jgsw.wuchang.state "
		"--partitions 4 --replication-factor 3 --config cleanup.policy=compact"));
	ck_assert_ptr_nonnull(strstr(text,
		"--topic jgsw.wuchang.manifest --partitions 4 --replication-factor 3 "
		"--config cleanup.policy=delete --config retention.ms=-1 "
		"--config max.message.bytes=9437184 --config min.insync.replicas=2\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "kafka-acls.sh $KAFKA --add --allow-principal \"User:$SITE_USER\" "
			     "--operation Describe --operation Write --operation DescribeConfigs "
			     "--topic jgsw.wuchang. --resource-pattern-type prefixed\n"));
	ck_assert_ptr_nonnull(strstr(text,
		"--operation Read --topic jgsw.wuchang.state --resource-pattern-type literal\n"));
	ck_assert_ptr_nonnull(strstr(text,
		"--operation Describe --operation Write --transactional-id jgsw.wuchang. "
		"--resource-pattern-type prefixed\n"));
	/* A right that would reach another site's topics: the pattern must end in a dot. */
	ck_assert_ptr_null(strstr(text, "jgsw.wuchang --resource-pattern-type"));
	gt_buf_fini(&out);
	gt_arena_fini(&memory);
}
END_TEST

START_TEST(prints_json)
{
	struct gt_buf out;
	json_t *root, *topics;

	make();
	gt_buf_init(&out, 65536);
	gt_topic_plan_print(&plan, GT_LIT("jgsw"), GT_LIT("wuchang"), -1, true, &out);
	root = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(root);
	topics = json_object_get(root, "topics");
	ck_assert_uint_eq(json_array_size(topics), plan.n);
	for (size_t i = 0; i < plan.n; i++) {
		json_t *topic = json_array_get(topics, i);

		ck_str_is(plan.v[i].name, json_string_value(json_object_get(topic, "name")));
		ck_assert_str_eq(json_string_value(json_object_get(
					 json_object_get(topic, "config"), "cleanup.policy")),
			plan.v[i].compact ? "compact" : "delete");
	}
	ck_assert_uint_ge(json_array_size(json_object_get(root, "acls")), 5);
	json_decref(root);
	gt_buf_fini(&out);
	gt_arena_fini(&memory);
}
END_TEST

UNIT_MAIN("topics", UNIT_TEST(every_topic_once_state_first), UNIT_TEST(prints_commands),
	UNIT_TEST(prints_json))
