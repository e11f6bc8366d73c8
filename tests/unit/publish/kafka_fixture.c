#include "kafka_fixture.h"
#include "catalogue.h"
#include "io.h"
#include "options.h"
#include <stdio.h>

/* The address in the broker's folder. */
static struct gt_str real_address(struct fixture *f)
{
	const char *folder = getenv("GT_TEST_KAFKA");
	char line[128] = "";
	FILE *file;

	ck_assert_msg(folder != NULL, "GT_REAL_KAFKA without GT_TEST_KAFKA");
	file = fopen(gt_arena_printf(&f->memory, "%s/bootstrap", folder).p, "r");
	ck_assert_msg(
		file != NULL && fgets(line, sizeof line, file) != NULL, "no broker in %s", folder);
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return gt_arena_copy(&f->memory, gt_cstr(line));
}

void fixture_start(struct fixture *f)
{
	unsigned char random[6];
	char hex[13];

	memset(f, 0, sizeof *f);
	gt_arena_init(&f->memory, 0);
	gt_random(random, sizeof random);
	gt_hex(hex, random, sizeof random);
	f->site = gt_arena_printf(&f->memory, "t.%s", hex);
	gt_options_defaults(gt_kafka_options, &f->conf, &f->memory);
	f->conf.transaction_timeout_ms = 60000;
	if (real_kafka()) {
		f->address = real_address(f);
	} else {
		f->broker = gt_dev_broker_start(&f->err);
		ck_assert_msg(f->broker != NULL, "%s", fixture_why(&f->err));
		f->address = gt_cstr(gt_dev_broker_address(f->broker));
	}
	f->conf.brokers = (struct gt_texts){&f->address, 1};
	f->publisher = gt_publisher_kafka(&f->conf, f->site, &f->err);
	ck_assert_msg(f->publisher != NULL, "%s", fixture_why(&f->err));
}

void fixture_stop(struct fixture *f)
{
	f->publisher->ops->free(f->publisher);
	gt_dev_broker_stop(f->broker);
	gt_arena_fini(&f->memory);
}

struct gt_str fixture_topic(struct fixture *f, const char *name)
{
	return gt_arena_printf(&f->memory, "%.*s.%s", GT_STR_ARGS(f->site), name);
}

const char *fixture_why(const struct gt_err *err)
{
	static char text[2048];

	return gt_err_text(err, text, sizeof text);
}

void fixture_topics(struct fixture *f, struct gt_topic_spec *specs, size_t n)
{
	int partitions = 0;

	for (size_t i = 0; f->broker != NULL && i < n; i++)
		ck_assert(gt_dev_broker_topic(
			f->broker, specs[i].name.p, specs[i].partitions, &f->err));
	ck_assert_msg(f->publisher->ops->topics(
			      f->publisher, specs, n, true, WAIT_MS, &partitions, &f->err),
		"%s", fixture_why(&f->err));
	ck_assert_int_eq(partitions, specs[0].partitions);
}

struct gt_message *fixture_messages(struct fixture *f, struct gt_str topic, size_t from, size_t n)
{
	static const struct gt_header header = {{"content-type", 12}, {"text/plain", 10}};
	static const struct gt_headers headers = {1, &header};
	struct gt_message *messages = gt_arena_zalloc(&f->memory, n * sizeof *messages);

	for (size_t i = 0; i < n; i++) {
		messages[i].topic = topic;
		messages[i].key = gt_arena_printf(&f->memory, "k%zu", i);
		messages[i].value = gt_arena_printf(&f->memory, "v%zu", from + i);
		messages[i].headers = &headers;
		messages[i].seq = from + i;
	}
	return messages;
}

bool seen_collect(void *arg, const struct gt_seen *seen)
{
	struct seen_all *all = arg;

	ck_assert_uint_lt(all->n, sizeof all->v / sizeof *all->v);
	all->v[all->n] = *seen;
	all->v[all->n].key = gt_arena_copy(all->memory, seen->key);
	if (seen->value.p != NULL)
		all->v[all->n].value = gt_arena_copy(all->memory, seen->value);
	all->n++;
	return all->stop_after == 0 || all->n < all->stop_after;
}
