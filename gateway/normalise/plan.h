/* plan.h: a mapping compiled against the standard into an immutable plan, and its run over rows.
 * Stages: resolve → clean → parse → convert → code → derive → validate → protect.
 * A plan is shared by all threads and by the batches in flight that were made with it. */
#ifndef GT_NORMALISE_PLAN_H
#define GT_NORMALISE_PLAN_H

#include "batch.h"
#include "flags.h"
#include "standard.h"
#include "yaml.h"

/* A key that protects marked elements, made by `guantong keygen --pseudonym`. */
struct gt_pseudonym_key {
	char id[16]; /* "p1": written in front of the pseudonym */
	unsigned char key[32];
	bool set;
};

#define GT_PSEUDONYM_KEYS_MAX 8u
struct gt_pseudonym_keys {
	struct gt_pseudonym_key v[GT_PSEUDONYM_KEYS_MAX]; /* the last one is the newest */
	size_t n;
};

/* `lookup: {file: lookups/units.csv, key: CODE, value: NAME, missing: reject}`: the cell is a key
 * of that table, and what stands beside it is the value. */
struct gt_map_lookup {
	struct gt_str file;       /* relative to the source file */
	struct gt_str key, value; /* its columns */
	bool reject; /* a key that is not there rejects the row; else null with a flag */
	struct gt_pos pos;
};

/* One line of a source file's `map:`. Positions are kept for errors. Written short (`plate_no:
 * CPH`) or long (`distance: {from: LC, unit: km, null: [无], codes: {"01": sedan}, default: "0",
 * zone: +08:00, when: has(LC), lookup: {…}}`); instead of `from:`, `value:` gives a constant and
 * `expr:` computes (standard/expr.h; names are source fields). */
struct gt_map_line {
	struct gt_str element;
	struct gt_str from;                 /* source field or path; none with `value` and `expr` */
	struct gt_str value;                /* constant */
	struct gt_str expr, when;           /* when: the line applies only where it holds */
	const struct gt_map_lookup *lookup; /* NULL = none */
	bool shared; /* of all parts of a split: left out where the entity has no such element */
	struct gt_str unit, otherwise; /* `default` */
	int zone_minutes;
	bool has_zone;
	const struct gt_str *nulls;
	size_t null_count;
	const struct gt_str *code_from, *code_to; /* local code → code of the list */
	size_t code_count;
	const struct gt_pos *code_at; /* of each code_to; NULL = not known */
	struct gt_pos pos, from_pos, unit_pos, value_pos, default_pos, code_pos, zone_pos;
	struct gt_pos expr_pos, when_pos; /* of the text's first character */
};

struct gt_mapping {
	const struct gt_map_line *v;
	size_t n;
	struct gt_str entity; /* "vehicle.dispatch-order" */
	unsigned major;
	struct gt_str division;      /* constant, or none */
	struct gt_str division_from; /* source field that holds it, or none */
	struct gt_str skip;          /* condition of rows that are counted but not published */
	int zone_minutes;
	const struct gt_pseudonym_key *subject_key; /* of marked key elements; NULL = the plan's */
	struct gt_pos pos, entity_pos, division_pos, skip_pos;
	/* A row that becomes several messages: a mapping for each; then v, n, entity and major are
	 * not used, and `skip` is the whole row's. */
	const struct gt_mapping *parts;
	size_t part_count;  /* 0 = not split; ≤ GT_SPLIT_MAX */
	struct gt_str when; /* of a part: a row where it does not hold has no such part */
	struct gt_pos when_pos;
};
#define GT_SPLIT_MAX 40u /* the days of a month side by side, and some more */

/* Reads the YAML of `map:` into v, n and pos of *mapping; the rest is the caller's. Texts are views
 * of the YAML tree. False: diagnostics were added. */
bool gt_mapping_read(const struct gt_yaml *map, struct gt_arena *memory, struct gt_diags *diags,
	struct gt_mapping *mapping) GT_MUST_CHECK;

struct gt_plan;

/* Compiles; all mistakes at once. NULL: diagnostics were added (unknown entity, element, code list,
 * code, unit; type clash such as a unit on a text or codes on a number; element mapped twice;
 * required element not mapped). Holds a reference on the standard. */
struct gt_plan *gt_plan_new(struct gt_standard *standard, const struct gt_mapping *mapping,
	const struct gt_pseudonym_key *key, struct gt_diags *diags);
struct gt_plan *gt_plan_ref(struct gt_plan *plan); /* any thread */
void gt_plan_unref(struct gt_plan *plan);

const struct gt_str *gt_plan_fields(
	const struct gt_plan *plan, size_t *n);           /* wanted source fields */
struct gt_str gt_plan_digest(const struct gt_plan *plan); /* hex SHA-256 of mapping + standard */
const struct gt_words *gt_plan_words(const struct gt_plan *plan);
const struct gt_entity *gt_plan_entity(
	const struct gt_plan *plan); /* the base variant, of the first part */
/* The parts of a split, at most GT_SPLIT_MAX; a plan that does not split has itself. All of them
 * have the fields of the whole. */
size_t gt_plan_parts(const struct gt_plan *plan);
const struct gt_plan *gt_plan_part(const struct gt_plan *plan, size_t part);

/* One rule that a record broke. `element` is SIZE_MAX for cross-element rules. The detail never
 * contains a marked value. */
struct gt_reason {
	enum gt_code code;
	size_t element;
	struct gt_str element_name;
	struct gt_err err; /* the whole sentence, for preview and reject headers */
};
#define GT_REASONS_MAX 16u

/* Seen on the way, whatever became of the value. Texts live as long as the batch. */
enum gt_noted_kind { GT_NOTED_CODE /* unknown */, GT_NOTED_UNIT /* behind a number */ };
struct gt_noted {
	enum gt_noted_kind kind;
	struct gt_str element; /* its name */
	struct gt_str text;    /* none: the element is protected */
};
#define GT_NOTED_MAX 8u

/* The outcome for one row: scratch of one worker, reused for every row. Texts live in the row's
 * batch (borrowed or written into its arena). */
struct gt_norm {
	const struct gt_entity *entity; /* effective variant (overlay by division) */
	size_t part;                    /* of the plan */
	size_t cap;
	struct gt_value *values; /* open values by element index; ABSENT/NULL = not set */
	struct gt_value
		*clear; /* marked elements: the clear value (kind ABSENT = not marked or null) */
	struct gt_str *salt; /* of commitments: 22 characters of base64url; else none */
	uint64_t *flags;     /* by element: bits of flags.h */
	uint32_t rule_flags; /* bits by index of the entity's rules that were broken without reject
			      */
	struct gt_str division;
	struct gt_str
		subject;  /* business key: key elements joined by "/", pseudonyms where marked */
	int64_t event_us; /* event-time element, or `now_us` */
	size_t reason_count;
	struct gt_reason reasons[GT_REASONS_MAX];
	size_t noted_count; /* what drift.h asks about: strange codes, units in values */
	struct gt_noted noted[GT_NOTED_MAX];
	struct gt_norm_tools
		*tools; /* digest and match contexts, made once: not for other layers */
};
void gt_norm_init(struct gt_norm *norm);
void gt_norm_fini(struct gt_norm *norm);

enum gt_ran {
	GT_RAN_ACCEPTED,
	GT_RAN_REJECTED, /* norm->reasons say why, all of them */
	GT_RAN_FILTERED, /* no record but a total or a note of its table, or one that the mapping
			    skips: nothing is published */
	GT_RAN_FULL, /* the batch's arena is exhausted: this and later rows go back to the source */
	GT_RAN_NO_PART /* this part of a split does not apply to the row */
};
/* Runs a plan that does not split over one good row of the batch (row->values set), or a part of
 * one that does. now_us: the poll's wall time. A total or a note is a row whose first cell that is
 * not blank, in the order of the mapping, begins with a word of the standard's total_row, and which
 * is no record: either that cell is of a required element, or the row would be rejected. */
enum gt_ran gt_plan_run(const struct gt_plan *plan, struct gt_batch *batch,
	const struct gt_row *row, int64_t now_us, struct gt_norm *norm);

/* What becomes of an accepted part. */
enum gt_taken {
	GT_TAKEN,
	GT_TAKEN_REFUSED, /* the row is rejected after all; norm->reasons say why */
	GT_TAKEN_FULL
};
typedef enum gt_taken gt_take_fn(void *arg, const struct gt_norm *norm);
/* Runs all parts over one good row; each that is accepted goes to `take` before the next one is
 * run. A row is one decision: ACCEPTED only if every part that applies is, else what was taken of
 * it must be given up (REJECTED: the reasons of all parts; FILTERED: nothing is left of it). */
enum gt_ran gt_plan_run_row(const struct gt_plan *plan, struct gt_batch *batch,
	const struct gt_row *row, int64_t now_us, struct gt_norm *norm, gt_take_fn *take,
	void *arg);

/* A value on its way: what a stage made of it. */
enum gt_stage {
	GT_STAGE_RAW,       /* as the source has it */
	GT_STAGE_CLEANED,   /* spaces, widths, separators */
	GT_STAGE_NO_VALUE,  /* blank, or a word for "no value" */
	GT_STAGE_CODED,     /* the mapping's own code for it */
	GT_STAGE_CONVERTED, /* `detail`: the factor between units; the value is the number before */
	GT_STAGE_HIDDEN,    /* personal numbers in it were masked */
	GT_STAGE_PARSED,    /* read as the element's type, and within its limits */
	GT_STAGE_BROKEN,    /* refused; left empty, or a reason to reject */
	GT_STAGE_DEFAULT,   /* the mapping's default came in */
	GT_STAGE_PROTECTED  /* as the open message shows it */
};
struct gt_trace_step {
	enum gt_stage stage;
	size_t element;
	struct gt_value value; /* behind the stage; texts live in the batch's arena */
	struct gt_str detail;
	uint64_t flags; /* set by this stage */
};
#define GT_TRACE_MAX 4096u /* steps kept of one row */
struct gt_trace {
	struct gt_trace_step *v; /* heap: gt_trace_fini() */
	size_t n, cap;
};
/* gt_plan_run() that notes every stage of every value, in order. */
enum gt_ran gt_plan_trace(const struct gt_plan *plan, struct gt_batch *batch,
	const struct gt_row *row, int64_t now_us, struct gt_norm *norm, struct gt_trace *trace);
void gt_trace_fini(struct gt_trace *trace);

/* Where each value came from, for preview: source field id of an element or SIZE_MAX. */
size_t gt_plan_source_of(const struct gt_plan *plan, size_t element);
/* Does the element's value depend on this field? */
bool gt_plan_uses(const struct gt_plan *plan, size_t element, size_t field);

#endif
