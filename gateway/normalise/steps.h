/* steps.h: what a plan is made of, shared by the files of this layer; not for others.
 * compile.c makes a plan, run.c walks its steps over a row; each kind of step has its file. */
#ifndef GT_NORMALISE_STEPS_H
#define GT_NORMALISE_STEPS_H

#include "clean.h"
#include "expr_run.h"
#include "garbled.h"
#include "mask.h"
#include "number.h"
#include "personal.h"
#include "plan.h"

#include <openssl/evp.h>
#include <stdatomic.h>

#define GT_NO_FIELD UINT32_MAX
#define GT_SUBJECT_MAX 400u /* bytes of a business key: entries and Kafka keys carry it */
#define GT_WORD_MAX 128u    /* bytes of a number or a date; longer ones are neither */

/* Exact factor from one unit to another of the same quantity. */
struct gt_ratio {
	int64_t num, den;
};

/* What a line does beyond taking a cell: only such lines pay for it. */
struct gt_program {
	const struct gt_expr *expr, *when; /* NULL = none */
	const struct gt_lookup *lookup;    /* NULL = none */
	bool lookup_rejects;
};

/* How one element of one variant gets its value. */
struct gt_step {
	const struct gt_element *element;
	uint32_t index; /* in the variant's elements */
	uint32_t field; /* wanted source field, or GT_NO_FIELD = constant */
	enum gt_cleaning cleaning;
	int zone_minutes;
	struct gt_str constant, otherwise;
	const struct gt_str *nulls; /* this line's own words for "no value" */
	size_t null_count;
	const struct gt_map *codes; /* local code → struct gt_str of the list; NULL = none */
	struct gt_ratio unit;       /* from the line's unit to the element's */
	uint64_t unit_flags;        /* that come with it */
	size_t max_length;          /* characters */
	const struct gt_program *program; /* NULL = only the cell */
	bool key;                         /* of the business key */
	enum gt_numbers numbers;          /* what becomes of personal numbers in it */
};

struct gt_variant {
	const struct gt_entity *entity;
	struct gt_step *steps; /* the event-time element's first: codes are judged at that time */
	size_t n;
	struct gt_step *derived; /* elements that the standard computes, in that order */
	size_t derived_count;
	bool marked; /* some mapped element is protected */
};

/* HMAC-SHA256 with the key's pads hashed already; only ever copied from. NULL = no key. */
struct gt_hmac {
	EVP_MD_CTX *inner, *outer;
};

struct gt_keyed {
	char id[16];
	struct gt_hmac hmac;
};

struct gt_plan {
	atomic_uint references;
	unsigned long id; /* of this process: an address may come back, an id never does */
	struct gt_standard *standard;
	struct gt_arena memory;
	const struct gt_entity *base;
	struct gt_variant *variants;
	size_t variant_count;
	const struct gt_str *fields;
	bool *field_required; /* feeds a required element of the base */
	size_t field_count;
	struct gt_str division;  /* constant, or none */
	uint32_t division_field; /* or GT_NO_FIELD */
	int zone_minutes;
	const struct gt_words *words;   /* of the standard */
	struct gt_keyed keyed, subject; /* marked elements; those of the business key */
	struct gt_map *code_maps;       /* of all lines that have codes */
	size_t code_map_count;
	struct gt_plan **parts; /* of a split; owned. NULL = none */
	size_t part_count;
	const struct gt_expr *when;   /* of a part; NULL = every row */
	const struct gt_expr *skip;   /* NULL = no row */
	const struct gt_expr **exprs; /* of skip and all lines: what fini frees */
	size_t expr_count;
	struct gt_lookup **lookups; /* of all lines; owned */
	size_t lookup_count;
	char digest[65];
};

/* Contexts of one worker, made once: nothing is fetched or allocated per record. */
struct gt_norm_tools {
	EVP_MD *sha256;
	EVP_MD_CTX *md;
	void *match; /* pcre2_match_data, two pairs */
	struct gt_garbled
		*garbled;  /* NULL: iconv lacks GB18030, which stops a gateway at its start */
	char division[12]; /* the last one, and its variant */
	size_t division_n, division_variant;
	unsigned long division_plan; /* its id; 0 = none yet */
};

/* One row on its way. */
struct gt_run {
	const struct gt_plan *plan;
	const struct gt_variant *variant;
	struct gt_arena *arena;
	struct gt_norm *norm;
	struct gt_str raw;      /* the row's bytes */
	size_t first_reason;    /* of this part */
	int64_t event_day;      /* codes are judged at this day, in the mapping's zone */
	struct gt_trace *trace; /* NULL = nobody asks */
};

enum gt_got { GT_GOT_VALUE, GT_GOT_NULL, GT_GOT_BROKEN, GT_GOT_FULL };

/* plan.c */
void gt_plan_set_digest(struct gt_plan *plan, const struct gt_mapping *mapping);

/* run.c: room for the elements of an entity; only a plan's first rows need it. */
void gt_norm_widen(struct gt_norm *norm, size_t n);

/* convert.c: clean → parse → convert → code → check of one value. */
enum gt_got gt_step_convert(struct gt_run *run, const struct gt_step *step,
	const struct gt_value *raw, struct gt_value *value);
/* A broken value: sets the flag (0 = none) and, for a required element, adds the reason. */
enum gt_got gt_step_broken(struct gt_run *run, const struct gt_step *step, uint64_t flag,
	enum gt_code code, struct gt_str shown, const char *expected);
bool gt_step_is_null_word(const struct gt_run *run, struct gt_str word);
/* A reason; element SIZE_MAX = the record as a whole. Beyond GT_REASONS_MAX they are not kept. */
struct gt_reason *gt_run_reason(
	struct gt_run *run, enum gt_code code, size_t element, struct gt_str name);
/* For drift.h; beyond GT_NOTED_MAX they are not kept. */
void gt_run_note(struct gt_run *run, enum gt_noted_kind kind, const struct gt_step *step,
	struct gt_str text);
/* A text for an error: cut, NUL-terminated. */
#define GT_SHOWN_MAX 100u
const char *gt_shown(struct gt_str s, char out[GT_SHOWN_MAX]);

/* One cleaned word, by the mapping's own words and the element's type. */
enum gt_got gt_step_read(
	struct gt_run *run, const struct gt_step *step, struct gt_str word, struct gt_value *value);

/* The same of a text as it came. */
enum gt_got gt_step_text(
	struct gt_run *run, const struct gt_step *step, struct gt_str in, struct gt_value *value);

/* several.c: elements that are lists; the value is the JSON of an array. */
enum gt_got gt_step_several(
	struct gt_run *run, const struct gt_step *step, struct gt_str in, struct gt_value *value);

/* regain.c */
struct gt_look {
	size_t reasons, noted; /* of the record before the value was looked at */
	uint64_t flags;        /* of the element */
};
/* After gt_step_read() found the word broken. */
enum gt_got gt_step_second_look(struct gt_run *run, const struct gt_step *step, struct gt_str word,
	struct gt_look before, struct gt_value *value);
/* Reads a garbled text anew (flag garbled); one that is lost is broken (flag damaged). */
enum gt_got gt_step_regain(struct gt_run *run, const struct gt_step *step, struct gt_str *word);

/* program.c: the raw value of a line with a program, into *raw; words (room 64) holds what is no
 * text of the source. GT_GOT_VALUE: *raw is to be converted. */
enum gt_got gt_program_run(struct gt_run *run, const struct gt_step *step, const struct gt_row *row,
	struct gt_value *raw, char words[64]);
/* A value that the standard computes where the source gave none. False: the arena is full. */
bool gt_run_derive(struct gt_run *run) GT_MUST_CHECK;
/* Does the condition hold for the row? False: the arena is full. */
bool gt_run_condition(struct gt_run *run, const struct gt_expr *condition, const struct gt_row *row,
	bool *holds) GT_MUST_CHECK;

/* quantity.c: INT and DECIMAL. */
enum gt_got gt_step_number(
	struct gt_run *run, const struct gt_step *step, struct gt_str word, struct gt_value *value);
/* The same, and by the density of the element's substance (flag density where it is assumed).
 * False: no way from one to the other. */
bool gt_ratio_of_element(const struct gt_unit *from, const struct gt_element *element,
	struct gt_ratio *ratio, uint64_t *flags) GT_MUST_CHECK;
bool gt_ratio_between(
	const struct gt_unit *from, const struct gt_unit *to, struct gt_ratio *ratio) GT_MUST_CHECK;

/* code.c */
enum gt_got gt_step_code(
	struct gt_run *run, const struct gt_step *step, struct gt_str word, struct gt_value *value);

/* check.c: length, pattern, format of a text; writes a corrected form to *text where the format has
 * one (divisions). */
enum gt_got gt_step_check_text(struct gt_run *run, const struct gt_step *step, struct gt_str *text);
/* "3301" → "330100", "330106000000" → "330106"; out has 12 bytes. False: no division code. */
bool gt_division_form(struct gt_str s, char out[12], size_t *n) GT_MUST_CHECK;
/* The place that a name, an address, or a code with its name stands for. */
enum gt_placed gt_division_named(
	const struct gt_run *run, struct gt_str text, struct gt_place_of *place) GT_MUST_CHECK;

/* rules.c. False: the arena is full. */
bool gt_run_rules(struct gt_run *run) GT_MUST_CHECK;

/* protect.c. False: the arena is full. */
bool gt_run_protect(struct gt_run *run) GT_MUST_CHECK;
void gt_hmac_init(struct gt_hmac *hmac, const unsigned char key[32]);
void gt_hmac_fini(struct gt_hmac *hmac);
bool gt_pseudonym(struct gt_run *run, const struct gt_keyed *key, struct gt_str clear,
	struct gt_str *text) GT_MUST_CHECK;
/* A value as text; out (room 64 bytes) holds what is no text yet. */
struct gt_str gt_value_words(const struct gt_value *value, char out[64]);
/* trace.c: notes a stage of a value; `value` is copied, its text is not. */
void gt_trace_add(const struct gt_run *run, const struct gt_step *step, enum gt_stage stage,
	const struct gt_value *value, struct gt_str detail);
static inline void gt_trace_value(const struct gt_run *run, const struct gt_step *step,
	enum gt_stage stage, const struct gt_value *value)
{
	if (run->trace)
		gt_trace_add(run, step, stage, value, (struct gt_str){NULL, 0});
}
static inline void gt_trace_word(const struct gt_run *run, const struct gt_step *step,
	enum gt_stage stage, struct gt_str word)
{
	struct gt_value value = gt_value_text(word);

	gt_trace_value(run, step, stage, &value);
}

/* subject.c: the business key. False: the arena is full. */
bool gt_run_subject(struct gt_run *run) GT_MUST_CHECK;

#endif
