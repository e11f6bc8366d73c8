/* manifest.c: what one commit held, per origin and topic, as one signed line of JSON. */
#include "manifest.h"
#include "arena.h"
#include "batch.h"
#include "civil.h"
#include "gt_assert.h"
#include "io.h"
#include "log.h"
#include <openssl/evp.h>
#include <stdlib.h>

#define VALUE_MAX (8u << 20)
#define ARENA_KEEP (1u << 20)

struct total {
	struct total *next;
	char name[sizeof((struct gt_total *)0)->name];
	int64_t value;
};

/* Leaves that are listed singly, in blocks so that they grow without copying. */
#define LEAF_BLOCK 128u
struct leaves {
	struct leaves *next;
	size_t n;
	unsigned char leaf[LEAF_BLOCK][32];
};

struct topic {
	struct topic *next;
	struct gt_str name;
	const char *pointer; /* of the last message's topic: equal names mostly share it */
	uint64_t count;
	bool listed; /* restricted: redaction of one must not hide the others */
	struct gt_merkle tree;
	struct leaves *first, *last;
};

struct origin {
	struct origin *next;
	struct gt_str name;
	uint64_t epoch, first_seq, count;
	struct gt_manifest_counts counts;
	struct total *totals;
	struct topic *topics;
};

struct gt_manifest {
	struct gt_arena arena;
	struct gt_hasher *hasher;
	struct gt_buf value;
	struct origin *origins;
};

struct gt_manifest *gt_manifest_new(void)
{
	struct gt_manifest *manifest = gt_alloc(sizeof *manifest);

	gt_arena_init(&manifest->arena, 0);
	gt_buf_init(&manifest->value, VALUE_MAX);
	manifest->hasher = gt_hasher_new();
	return manifest;
}

void gt_manifest_free(struct gt_manifest *manifest)
{
	if (manifest == NULL)
		return;
	gt_hasher_free(manifest->hasher);
	gt_buf_fini(&manifest->value);
	gt_arena_fini(&manifest->arena);
	free(manifest);
}

void gt_manifest_start(struct gt_manifest *manifest)
{
	gt_arena_reset(&manifest->arena, ARENA_KEEP);
	gt_buf_clear(&manifest->value);
	manifest->origins = NULL;
}

static struct origin *find_origin(
	struct gt_manifest *manifest, struct gt_str name, uint64_t epoch, uint64_t first_seq)
{
	struct origin **at = &manifest->origins;

	for (; *at != NULL; at = &(*at)->next)
		if ((*at)->epoch == epoch && gt_str_eq((*at)->name, name))
			return *at;
	*at = gt_arena_zalloc(&manifest->arena, sizeof **at);
	(*at)->name = gt_arena_copy(&manifest->arena, name);
	(*at)->epoch = epoch;
	(*at)->first_seq = first_seq;
	return *at;
}

static struct topic *find_topic(
	struct gt_manifest *manifest, struct origin *origin, const struct gt_message *message)
{
	struct topic **at = &origin->topics;

	for (struct topic *topic = origin->topics; topic != NULL; topic = topic->next)
		if (topic->pointer == message->topic.p)
			return topic;
	for (; *at != NULL; at = &(*at)->next) {
		if (gt_str_eq((*at)->name, message->topic)) {
			(*at)->pointer = message->topic.p;
			return *at;
		}
	}
	*at = gt_arena_zalloc(&manifest->arena, sizeof **at);
	(*at)->name = gt_arena_copy(&manifest->arena, message->topic);
	(*at)->pointer = message->topic.p;
	(*at)->listed = message->kind == GT_MSG_RESTRICTED;
	return *at;
}

static void list_leaf(
	struct gt_manifest *manifest, struct topic *topic, const unsigned char leaf[32])
{
	struct leaves *block = topic->last;

	if (block == NULL || block->n == LEAF_BLOCK) {
		block = gt_arena_alloc(&manifest->arena, sizeof *block);
		block->next = NULL;
		block->n = 0;
		if (topic->last != NULL)
			topic->last->next = block;
		else
			topic->first = block;
		topic->last = block;
	}
	memcpy(block->leaf[block->n++], leaf, 32);
}

/* Sums that do not fit are held at the limit: a false total must look impossible, not plausible. */
static int64_t add_clamped(int64_t a, int64_t b)
{
	if (b > 0 && a > INT64_MAX - b)
		return INT64_MAX;
	if (b < 0 && a < INT64_MIN - b)
		return INT64_MIN;
	return a + b;
}

static void add_total(
	struct gt_manifest *manifest, struct origin *origin, const struct gt_total *total)
{
	struct total **at = &origin->totals;

	for (; *at != NULL; at = &(*at)->next) {
		if (strcmp((*at)->name, total->name) == 0) {
			(*at)->value = add_clamped((*at)->value, total->value);
			return;
		}
	}
	*at = gt_arena_zalloc(&manifest->arena, sizeof **at);
	memcpy((*at)->name, total->name, sizeof(*at)->name);
	(*at)->value = total->value;
}

void gt_manifest_add(struct gt_manifest *manifest, struct gt_str origin_name, uint64_t epoch,
	uint64_t first_seq, const struct gt_message *messages, size_t n,
	const struct gt_manifest_counts *counts, const struct gt_total *totals, size_t total_count)
{
	struct origin *origin = find_origin(manifest, origin_name, epoch, first_seq);

	GT_ASSERT(origin->first_seq + origin->count == first_seq);
	for (size_t i = 0; i < n; i++) {
		struct topic *topic = find_topic(manifest, origin, &messages[i]);

		GT_ASSERT(messages[i].seq == first_seq + i);
		topic->count++;
		if (topic->listed)
			list_leaf(manifest, topic, messages[i].leaf);
		else
			gt_merkle_add(manifest->hasher, &topic->tree, messages[i].leaf);
	}
	origin->count += n;
	origin->counts.read += counts->read;
	origin->counts.accepted += counts->accepted;
	origin->counts.rejected += counts->rejected;
	origin->counts.filtered += counts->filtered;
	origin->counts.unchanged += counts->unchanged;
	for (size_t i = 0; i < total_count; i++)
		add_total(manifest, origin, &totals[i]);
}

static void write_hex(struct gt_buf *out, const unsigned char digest[32])
{
	char hex[65];

	gt_hex(hex, digest, 32);
	gt_buf_add(out, gt_str(hex, 64));
}

static void write_topic(struct gt_manifest *manifest, const struct topic *topic)
{
	struct gt_buf *out = &manifest->value;
	unsigned char root[32];

	gt_buf_adds(out, "{\"topic\":");
	gt_buf_json(out, topic->name);
	gt_buf_addf(out, ",\"count\":%llu", (unsigned long long)topic->count);
	if (!topic->listed) {
		gt_merkle_root(manifest->hasher, &topic->tree, root);
		gt_buf_adds(out, ",\"root\":\"");
		write_hex(out, root);
		gt_buf_adds(out, "\"}");
		return;
	}
	gt_buf_adds(out, ",\"leaves\":[");
	for (const struct leaves *block = topic->first; block != NULL; block = block->next) {
		for (size_t i = 0; i < block->n; i++) {
			gt_buf_adds(out, block == topic->first && i == 0 ? "\"" : ",\"");
			write_hex(out, block->leaf[i]);
			gt_buf_adds(out, "\"");
		}
	}
	gt_buf_adds(out, "]}");
}

static void write_origin(struct gt_manifest *manifest, const struct origin *origin)
{
	struct gt_buf *out = &manifest->value;
	const struct gt_manifest_counts *counts = &origin->counts;

	gt_buf_adds(out, "{\"origin\":");
	gt_buf_json(out, origin->name);
	gt_buf_addf(out,
		",\"epoch\":%llu,\"first_seq\":%llu,\"count\":%llu,\"read\":%llu,"
		"\"accepted\":%llu,\"rejected\":%llu,\"filtered\":%llu,\"unchanged\":%llu",
		(unsigned long long)origin->epoch, (unsigned long long)origin->first_seq,
		(unsigned long long)origin->count, (unsigned long long)counts->read,
		(unsigned long long)counts->accepted, (unsigned long long)counts->rejected,
		(unsigned long long)counts->filtered, (unsigned long long)counts->unchanged);
	gt_buf_adds(out, ",\"totals\":{");
	for (const struct total *total = origin->totals; total != NULL; total = total->next) {
		gt_buf_adds(out, total == origin->totals ? "" : ",");
		gt_buf_json(out, gt_cstr(total->name));
		gt_buf_addf(out, ":%lld", (long long)total->value);
	}
	gt_buf_adds(out, "},\"topics\":[");
	for (const struct topic *topic = origin->topics; topic != NULL; topic = topic->next) {
		gt_buf_adds(out, topic == origin->topics ? "" : ",");
		write_topic(manifest, topic);
	}
	gt_buf_adds(out, "]}");
}

static void write_head(struct gt_buf *out, const struct gt_manifest_head *head)
{
	char when[GT_TIME_TEXT_MAX];
	size_t n = gt_time_write(when, head->time_us, 0, GT_MICRO);

	gt_buf_adds(out, "{\"manifest\":1,\"log\":");
	gt_buf_json(out, head->log);
	gt_buf_addf(out, ",\"number\":%llu,\"previous\":\"", (unsigned long long)head->number);
	if (head->previous != NULL)
		write_hex(out, head->previous);
	gt_buf_addf(out, "\",\"time\":\"%.*s\",\"owner\":", (int)n, when);
	gt_buf_json(out, head->owner);
	gt_buf_addf(
		out, ",\"generation\":%llu,\"origins\":[", (unsigned long long)head->generation);
}

/* Appends key and signature. A signature that cannot be made leaves the manifest unsigned: evidence
 * never stops exchange, and is never silently skipped. */
static void write_signature(struct gt_manifest *manifest, struct gt_signer *signer)
{
	struct gt_buf *out = &manifest->value;
	unsigned char signature[64], text[96];
	size_t before = out->n;

	if (signer != NULL && !out->full) {
		gt_buf_addf(out, ",\"key\":\"%s\"", gt_signer_key_id(signer));
		if (!out->full && gt_signer_sign(signer, gt_buf_str(out), signature)) {
			EVP_EncodeBlock(text, signature, sizeof signature);
			gt_buf_addf(out, ",\"signature\":\"%s\"}", (const char *)text);
			return;
		}
		out->n = before;
		gt_log_say(GT_LOG_ERROR, GT_LIT(""), GT_E_SIGN_FAILED, gt_signer_key_id(signer));
	}
	gt_buf_adds(out, ",\"key\":\"\",\"signature\":\"\"}");
}

bool gt_manifest_finish(struct gt_manifest *manifest, const struct gt_manifest_head *head,
	struct gt_signer *signer, struct gt_str *value, unsigned char hash[32], struct gt_err *err)
{
	struct gt_buf *out = &manifest->value;

	gt_buf_clear(out);
	write_head(out, head);
	for (const struct origin *origin = manifest->origins; origin != NULL;
		origin = origin->next) {
		gt_buf_adds(out, origin == manifest->origins ? "" : ",");
		write_origin(manifest, origin);
	}
	gt_buf_adds(out, "]");
	write_signature(manifest, signer);
	if (out->full)
		return gt_fail(err, GT_E_MANIFEST_TOO_LARGE, GT_TEXT("%u", VALUE_MAX));
	*value = gt_buf_str(out);
	gt_sha256(manifest->hasher, *value, hash);
	return true;
}
