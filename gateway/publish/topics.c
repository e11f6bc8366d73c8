/* topics.c: names and settings of all topics of a site, and the commands that provision them. */
#include "topics.h"

/* Manifests of large commits list restricted leaves singly; one must always fit its topic. */
#define MANIFEST_MAX (9 << 20)

struct gt_str gt_topic_name(struct gt_arena *memory, struct gt_str prefix, struct gt_str site,
	const struct gt_entity *entity, bool restricted)
{
	return gt_arena_printf(memory, "%.*s.%.*s.%.*s.%.*s.v%u%s", GT_STR_ARGS(prefix),
		GT_STR_ARGS(site), GT_STR_ARGS(entity->domain), GT_STR_ARGS(entity->entity),
		entity->major, restricted ? ".restricted" : "");
}

static struct gt_str site_topic(
	struct gt_arena *memory, struct gt_str prefix, struct gt_str site, const char *what)
{
	return gt_arena_printf(
		memory, "%.*s.%.*s.%s", GT_STR_ARGS(prefix), GT_STR_ARGS(site), what);
}

static void add(struct gt_topic_plan *plan, struct gt_topic_spec spec)
{
	for (size_t i = 0; i < plan->n; i++)
		if (gt_str_eq(plan->v[i].name, spec.name))
			return;
	plan->v[plan->n++] = spec;
}

void gt_topic_plan_make(struct gt_topic_plan *plan, struct gt_arena *memory, struct gt_str prefix,
	struct gt_str site, int slots, const struct gt_entity *const *entities, size_t n)
{
	plan->v = gt_arena_zalloc(memory, (5 + 2 * n) * sizeof *plan->v);
	plan->n = 0;
	plan->state = site_topic(memory, prefix, site, "state");
	plan->entries = site_topic(memory, prefix, site, "entries");
	plan->manifest = site_topic(memory, prefix, site, "manifest");
	plan->status = site_topic(memory, prefix, site, "status");
	plan->rejected = site_topic(memory, prefix, site, "rejected");
	add(plan, (struct gt_topic_spec){.name = plan->state,
			  .partitions = slots,
			  .compact = true,
			  .per_slot = true});
	add(plan, (struct gt_topic_spec){.name = plan->entries,
			  .partitions = slots,
			  .compact = true,
			  .per_slot = true});
	add(plan, (struct gt_topic_spec){.name = plan->manifest,
			  .partitions = slots,
			  .retention_ms = -1,
			  .per_slot = true,
			  .max_message_bytes = MANIFEST_MAX});
	add(plan, (struct gt_topic_spec){.name = plan->status, .partitions = 1, .compact = true});
	add(plan, (struct gt_topic_spec){.name = plan->rejected, .partitions = 1});
	for (size_t i = 0; i < n; i++) {
		add(plan, (struct gt_topic_spec){
				  .name = gt_topic_name(memory, prefix, site, entities[i], false),
				  .partitions = 1});
		if (entities[i]->restricted)
			add(plan, (struct gt_topic_spec){.name = gt_topic_name(memory, prefix, site,
								 entities[i], true),
					  .partitions = 1,
					  .compact = true});
	}
}

/* ---- printing ---- */

/* Settings of one topic, as name=value with `before` and `after` around each. */
static void print_settings(struct gt_buf *out, const struct gt_topic_spec *spec, const char *before,
	const char *between, const char *after)
{
	const char *policy = spec->compact ? "compact" : "delete";

	gt_buf_addf(out, "%scleanup.policy%s%s%s", before, between, policy, after);
	if (spec->compact) {
		gt_buf_addf(out, "%smin.cleanable.dirty.ratio%s0.1%s", before, between, after);
		gt_buf_addf(out, "%ssegment.bytes%s33554432%s", before, between, after);
	}
	if (spec->retention_ms != 0)
		gt_buf_addf(out, "%sretention.ms%s%lld%s", before, between,
			(long long)spec->retention_ms, after);
	if (spec->max_message_bytes != 0)
		gt_buf_addf(out, "%smax.message.bytes%s%lld%s", before, between,
			(long long)spec->max_message_bytes, after);
}

/* What the site's user may do. Readers of a slot's past need Read; everything else is written only.
 * Create is for sites that make their own topics. */
struct right {
	const char *resource, *name, *operations; /* name: appended to "<prefix>.<site>." */
	bool prefixed;
};
static const struct right rights[] = {
	{"topic", "", "Describe Write DescribeConfigs", true},
	{"topic", "state", "Read", false},
	{"topic", "entries", "Read", false},
	{"topic", "manifest", "Read", false},
	{"transactional-id", "", "Describe Write", true},
};

static void print_acl(
	struct gt_buf *out, const struct right *right, struct gt_str prefix, struct gt_str site)
{
	const char *at = right->operations;

	gt_buf_addf(out, "kafka-acls.sh $KAFKA --add --allow-principal \"User:$SITE_USER\"");
	while (*at != '\0') {
		size_t n = strcspn(at, " ");

		gt_buf_addf(out, " --operation %.*s", (int)n, at);
		at += n + (at[n] == ' ');
	}
	gt_buf_addf(out, " --%s %.*s.%.*s.%s --resource-pattern-type %s\n", right->resource,
		GT_STR_ARGS(prefix), GT_STR_ARGS(site), right->name,
		right->prefixed ? "prefixed" : "literal");
}

static void print_commands(const struct gt_topic_plan *plan, struct gt_str prefix,
	struct gt_str site, int64_t replication, struct gt_buf *out)
{
	gt_buf_addf(
		out, "KAFKA=\"--bootstrap-server HOST:PORT\"\nSITE_USER=%.*s\n", GT_STR_ARGS(site));
	for (size_t i = 0; i < plan->n; i++) {
		const struct gt_topic_spec *spec = &plan->v[i];

		gt_buf_addf(out,
			"kafka-topics.sh $KAFKA --create --if-not-exists --topic %.*s "
			"--partitions %d",
			GT_STR_ARGS(spec->name), spec->partitions);
		if (replication > 0)
			gt_buf_addf(out, " --replication-factor %lld", (long long)replication);
		print_settings(out, spec, " --config ", "=", "");
		if (replication >= 3)
			gt_buf_adds(out, " --config min.insync.replicas=2");
		gt_buf_adds(out, "\n");
	}
	for (size_t i = 0; i < sizeof rights / sizeof *rights; i++)
		print_acl(out, &rights[i], prefix, site);
}

static void print_json_right(
	struct gt_buf *out, const struct right *right, struct gt_str prefix, struct gt_str site)
{
	gt_buf_addf(out,
		"{\"resource\":\"%s\",\"name\":\"%.*s.%.*s.%s\",\"pattern\":\"%s\",\"operations\":"
		"[",
		right->resource, GT_STR_ARGS(prefix), GT_STR_ARGS(site), right->name,
		right->prefixed ? "prefixed" : "literal");
	for (const char *at = right->operations; *at != '\0';) {
		size_t n = strcspn(at, " ");

		gt_buf_addf(out, "%s\"%.*s\"", at == right->operations ? "" : ",", (int)n, at);
		at += n + (at[n] == ' ');
	}
	gt_buf_adds(out, "]}");
}

static void print_json(const struct gt_topic_plan *plan, struct gt_str prefix, struct gt_str site,
	int64_t replication, struct gt_buf *out)
{
	gt_buf_adds(out, "{\"topics\":[");
	for (size_t i = 0; i < plan->n; i++) {
		const struct gt_topic_spec *spec = &plan->v[i];

		gt_buf_adds(out, i > 0 ? ",{\"name\":" : "{\"name\":");
		gt_buf_json(out, spec->name);
		gt_buf_addf(out, ",\"partitions\":%d,\"replication\":%lld,\"config\":{",
			spec->partitions, (long long)replication);
		print_settings(out, spec, "\"", "\":\"", "\",");
		out->n -= out->full ? 0 : 1; /* the last comma */
		gt_buf_adds(out, "}}");
	}
	gt_buf_adds(out, "],\"acls\":[");
	for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
		gt_buf_adds(out, i > 0 ? "," : "");
		print_json_right(out, &rights[i], prefix, site);
	}
	gt_buf_adds(out, "]}\n");
}

void gt_topic_plan_print(const struct gt_topic_plan *plan, struct gt_str prefix, struct gt_str site,
	int64_t replication, bool json, struct gt_buf *out)
{
	if (json)
		print_json(plan, prefix, site, replication, out);
	else
		print_commands(plan, prefix, site, replication, out);
}
