/* manifest.h: the signed summary of one commit (DESIGN section 10). Format:
 * schemas/manifest.schema.json One JSON line, members in this order:
 * {"manifest":1,"log":"<prefix>.<site>.<slot>","number":N,"previous":"<hex SHA-256 of the previous
 * manifest's value bytes, or
 * \"\">","time":"…Z","owner":"<hex>","generation":G,"origins":[{"origin":"…",
 * "epoch":E,"first_seq":F,"count":C,"read":R,"accepted":A,"rejected":J,"filtered":L,"unchanged":U,
 * "totals":{…},"topics":[{"topic":"…","count":n,"root":"hex"}|{…,"leaves":["hex",…]}]}],
 * "key":"<key id>","signature":"<base64>"}
 * The signature covers the bytes before `,"signature":`; without a key both members are ""
 * (unsigned: a later signed manifest covers them through `previous`). Control path: one per commit.
 */
#ifndef GT_EVIDENCE_MANIFEST_H
#define GT_EVIDENCE_MANIFEST_H

#include "buf.h"
#include "merkle.h"
#include "sign.h"

struct gt_manifest_counts {
	uint64_t read, accepted, rejected, filtered, unchanged;
};

struct gt_manifest; /* a builder, reused for every commit of a slot; its maximum is 8 MiB */
struct gt_manifest *gt_manifest_new(void);
void gt_manifest_free(struct gt_manifest *manifest);
void gt_manifest_start(struct gt_manifest *manifest);
/* One batch of an origin, batches of one origin in order. Messages in seq order with their leaves
 * set; first_seq is the next seq when the batch had no message. totals: name/value pairs, summed.
 */
struct gt_total;
void gt_manifest_add(struct gt_manifest *manifest, struct gt_str origin_name, uint64_t epoch,
	uint64_t first_seq, const struct gt_message *messages, size_t n,
	const struct gt_manifest_counts *counts, const struct gt_total *totals, size_t total_count);
struct gt_manifest_head {
	struct gt_str log, owner;
	uint64_t number, generation;
	const unsigned char *previous; /* 32 bytes, or NULL for the first */
	int64_t time_us;
};
/* Writes the value and its hash; the value lives until the next start. signer NULL: unsigned. False
 * only when the 8 MiB are exceeded. */
bool gt_manifest_finish(struct gt_manifest *manifest, const struct gt_manifest_head *head,
	struct gt_signer *signer, struct gt_str *value, unsigned char hash[32],
	struct gt_err *err) GT_MUST_CHECK;

#endif
