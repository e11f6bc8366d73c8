/* standard.h: the loaded data standard: packages of entities, elements, code lists, units and
 * rules, layered by overlays. Loaded once, immutable, shared by all threads; reference counted,
 * because batches in flight keep the version that made them. Sources of the form: GB/T 41568-2022
 * (terms), GB/T 2260 (divisions), GB 32100 (USCC), GA 36 (plates); each element names its own
 * source and status in the package. */
#ifndef GT_STANDARD_STANDARD_H
#define GT_STANDARD_STANDARD_H

#include "arena.h"
#include "diag.h"
#include "hash.h"
#include "words.h"
#include <guantong/record.h>

enum gt_type {
	GT_TYPE_TEXT,
	GT_TYPE_CODE,
	GT_TYPE_INT,
	GT_TYPE_DECIMAL,
	GT_TYPE_DATE,
	GT_TYPE_TIME,
	GT_TYPE_BOOL
};
/* Was the source read? Tools show what was not as unconfirmed. */
enum gt_status { GT_VERIFIED, GT_UNCONFIRMED };
/* How a marked (personal, sensitive) element appears in the open message (DESIGN section 8). */
enum gt_protection { GT_OPEN, GT_PSEUDONYM, GT_COMMITMENT, GT_MASK };

struct gt_yaml;
struct gt_expr; /* expr.h */

/* What becomes of personal numbers (identity numbers, telephones, bank cards) in an open text. */
enum gt_numbers {
	GT_NUMBERS_MASK,     /* masked in the open message; the clear text goes nowhere */
	GT_NUMBERS_RESTRICT, /* the same, and the clear text goes to the restricted topic */
	GT_NUMBERS_OWN /* the text is a number of its own: only identity numbers are masked in it */
};

struct gt_title {
	struct gt_str en, zh;
};

/* A code of a code list. Validity is judged at event time; INT64_MIN / INT64_MAX = unbounded. */
struct gt_code_row {
	struct gt_str code, successor;
	struct gt_str parent; /* the code that it is a part of; none = it stands at the top */
	struct gt_str
		value; /* a number that it stands for, in the list's unit; none = it does not */
	struct gt_title title;
	int64_t valid_from, valid_to; /* days since 1970-01-01, both included */
	struct gt_str layer;          /* package that defined it */
	struct gt_pos pos;
};

struct gt_code_list {
	struct gt_str name;
	struct gt_title title;
	const struct gt_code_row *v;
	size_t n;
	struct gt_map by_code; /* code → struct gt_code_row; also its titles and other spellings,
				  cleaned and in lower case: ask gt_code_find() */
	const struct gt_unit *unit; /* of the rows' values; NULL = none */
	struct gt_str source;
	enum gt_status status; /* of an extended list: verified if all of it is */
	struct gt_str layer;   /* package that defined it, or extended it last */
	struct gt_pos pos;
};

/* A unit: quantity kind and exact factor to that quantity's base: base = value × num / den. */
struct gt_unit {
	struct gt_str name;     /* "km", "kWh", "万kWh" */
	struct gt_str quantity; /* "length", "energy", … */
	int64_t num, den;
	struct gt_str source;
	enum gt_status status;
	struct gt_str layer; /* package that defined it */
	struct gt_pos pos;
};

/* How much one unit of something is in a unit of another quantity (one kWh of electricity is 0.1229
 * kgce): a number that somebody settled, with its basis and its edition, so it is never a factor of
 * units. A table has one basis; its name says which. */
struct gt_coefficient {
	struct gt_str key;         /* "electricity" */
	const struct gt_unit *per; /* kWh */
	int64_t factor;            /* × 10^-scale */
	unsigned scale;
	struct gt_str source;
	enum gt_status status;
};
struct gt_coefficients {
	struct gt_str name;
	struct gt_title title;
	const struct gt_unit *to; /* kgce */
	struct gt_map by_key;     /* key → const struct gt_coefficient */
	struct gt_str source;
	enum gt_status status;
	struct gt_str layer; /* package that defined it */
	struct gt_pos pos;
};

/* What one base unit of a quantity is in another, of one substance: kg of a litre of diesel. */
struct gt_substance {
	struct gt_str name;
	struct gt_title title;
	struct gt_str from, to; /* quantities; to = from × num / den */
	int64_t num, den;
	bool assumed; /* a usual value: whoever uses it says so */
	struct gt_str source;
	struct gt_pos pos;
};

/* Algorithms that need code; which element uses which, and all tables in them, are package data. */
enum gt_format_kind {
	GT_FORMAT_NONE,
	GT_FORMAT_PLATE,
	GT_FORMAT_USCC,
	GT_FORMAT_VIN,
	GT_FORMAT_DIVISION,
	GT_FORMAT_IDENTITY,
	GT_FORMAT_ORGCODE
};

struct gt_element {
	struct gt_str name; /* [a-z][a-z0-9_]* */
	struct gt_title title, definition;
	enum gt_type type;
	bool required;
	unsigned scale; /* DECIMAL: digits behind the point that are published */
	enum gt_protection protection;
	enum gt_numbers personal;   /* TEXT without format */
	const struct gt_unit *unit; /* NULL = none */
	const struct gt_substance
		*substance;               /* what is measured, for units of the other quantity */
	bool list;                        /* TEXT, CODE: several values in one cell */
	const struct gt_code_list *codes; /* CODE */
	enum gt_format_kind format;
	void *pattern; /* pcre2_code *, anchored at both ends, its limits inside; NULL = none */
	struct gt_str pattern_text;
	size_t max_length; /* TEXT, CODE: characters; 0 = 2000 */
	bool has_min, has_max;
	int64_t min, max;              /* scaled by `scale`; DATE days; TIME µs */
	const struct gt_str *synonyms; /* names in local systems: for suggest and near misses */
	size_t synonym_count;
	struct gt_str derive_text;
	struct gt_pos derive_pos;
	const struct gt_expr *derive; /* its value where the source has none; NULL = none */
	struct gt_str source;
	enum gt_status status;
	struct gt_str layer; /* package that defined it */
	struct gt_pos pos;
	const struct gt_yaml *said;     /* its words in the package's file */
	const struct gt_element *below; /* as the overlay found it; NULL = defined here */
};

/* A rule across elements: a condition that holds, or cannot be judged because a value is missing.
 */
struct gt_rule {
	struct gt_str name;
	struct gt_str text; /* as written */
	const struct gt_expr *check;
	/* check NULL: "code lies-in address": the division that the one begins with is the one that
	 * the other names. */
	uint32_t code, address;
	bool reject; /* false: only a quality flag `rule.<name>` */
	struct gt_title title;
	struct gt_pos pos;
};

struct gt_entity {
	struct gt_str name;           /* "vehicle.dispatch-order" */
	struct gt_str domain, entity; /* "vehicle", "dispatch-order" */
	unsigned major, minor;
	struct gt_title title, definition;
	const struct gt_element *elements;
	size_t n;
	const uint32_t *key; /* indexes of the business key's elements, in order */
	size_t key_count;
	int event_time; /* element index; -1 = the poll's time */
	const struct gt_rule *rules;
	size_t rule_count;
	const uint32_t *derived; /* elements with derive, in the order of computation */
	size_t derived_count;
	struct gt_str overlay; /* "wuhan.3", or none */
	struct gt_str schema;  /* "urn:jgsw:vehicle:dispatch-order:1.2+wuhan.3" */
	bool restricted;       /* some element is marked */
	struct gt_map by_name; /* element name → (void *)(index + 1) */
	struct gt_pos pos;
};

/* A row of the table of divisions. */
struct gt_division {
	struct gt_str code, name, kind; /* "330103" "下城区" "county" */
	struct gt_str successors;       /* codes, separated by spaces; none = it has not changed */
	int64_t valid_from, valid_to;   /* as of a code */
	int64_t boundary; /* day from which it covers other ground than before; INT64_MIN = it does
			     not */
};

struct gt_standard;

/* Loads `specs` ("national@1", "wuhan@1": package name and major) from the folders of `path`
 * (':'-separated; the first that has the package wins). All mistakes go to diags; NULL if any.
 * Packages may stand in any order; an overlay names what it extends. prefix: topic prefix for
 * schema URNs. */
struct gt_standard *gt_standard_load(const char *path, const struct gt_str *specs, size_t n,
	struct gt_str prefix, struct gt_diags *diags);
/* "name@major" of every package in the folders of `path`, in memory's arena: for tools that look at
 * all of them. Mistakes of package.yaml files go to diags. */
size_t gt_standard_packages(const char *path, struct gt_arena *memory, struct gt_diags *diags,
	const struct gt_str **specs);
struct gt_standard *gt_standard_ref(struct gt_standard *standard);
void gt_standard_unref(struct gt_standard *standard); /* accepts NULL */

/* Effective entity for a division ("420106"; none = the base without overlays); NULL = no such. The
 * overlay whose divisions match with the longest prefix applies, on top of those it extends. */
const struct gt_entity *gt_standard_entity(const struct gt_standard *standard, struct gt_str name,
	unsigned major, struct gt_str division);
/* Number of distinct effective variants of an entity and each of them (0 = base), for plans. */
size_t gt_standard_variants(const struct gt_standard *standard, struct gt_str name, unsigned major);
const struct gt_entity *gt_standard_variant(
	const struct gt_standard *standard, struct gt_str name, unsigned major, size_t i);
size_t gt_standard_variant_for(const struct gt_standard *standard, struct gt_str name,
	unsigned major, struct gt_str division);
/* All entities (base variants), for listings and suggestions. */
size_t gt_standard_entities(const struct gt_standard *standard, const struct gt_entity *const **v);

/* The row of a code, or of one of its words; `word` is cleaned (GT_CLEAN_WORD). Case counts only
 * where two codes differ by nothing else. NULL: none. */
const struct gt_code_row *gt_code_find(const struct gt_code_list *list, struct gt_str word);
const struct gt_code_list *gt_standard_codes(
	const struct gt_standard *standard, struct gt_str name);
size_t gt_standard_code_lists(
	const struct gt_standard *standard, const struct gt_code_list *const **v);
const struct gt_unit *gt_standard_unit(const struct gt_standard *standard, struct gt_str name);
size_t gt_standard_units(const struct gt_standard *standard, const struct gt_unit *const **v);
const struct gt_coefficients *gt_standard_coefficients(
	const struct gt_standard *standard, struct gt_str name);
/* The division with these six digits; NULL = there is none. */
const struct gt_division *gt_standard_division(
	const struct gt_standard *standard, struct gt_str code);
/* True if `code` (6 digits and more) lies within d, or is d. */
bool gt_division_within(const struct gt_division *d, struct gt_str code);
/* What a place's names mean at a day: 浙江杭州余杭, 武昌区, 余杭(原), an address. `text` is cleaned
 * (GT_CLEAN_WORD or GT_CLEAN_FORM). Never a guess: a name that several places bear is AMBIGUOUS. */
enum gt_placed {
	GT_PLACED_NOT, /* begins with no division's name */
	GT_PLACED,
	GT_PLACED_AMBIGUOUS
};
struct gt_place_of {
	const struct gt_division *division;
	bool former; /* the text says so: 原, (原) */
};
enum gt_placed gt_standard_place(const struct gt_standard *standard, struct gt_str text,
	int64_t day, struct gt_place_of *place) GT_MUST_CHECK;
bool gt_standard_has_divisions(
	const struct gt_standard *standard); /* some package brings a table */
/* Words of the packages' `words` files: what means "no value", yes, about, ten thousand … */
const struct gt_words *gt_standard_words(const struct gt_standard *standard);
/* SHA-256 (hex) over all files that were loaded, in order: recorded with rejects and plans. */
struct gt_str gt_standard_digest(const struct gt_standard *standard);

/* Golden examples of the packages (DESIGN section 9): run by `guantong test` and by the tests. */
struct gt_example {
	struct gt_pos pos;
	struct gt_str name;   /* what it shows */
	struct gt_str entity; /* "vehicle.dispatch-order@1" */
	struct gt_str division;
	/* in: raw text of each element (none = blank): the entity's sample with the example's own
	 * on top. out: expected JSON lexemes ("null" = not set), only of the elements that the
	 * example is about; of marked elements the clear value. flags and reasons are complete. */
	const struct gt_pair_of {
		struct gt_str name, value;
	} * in, *out;
	size_t in_count, out_count;
	const struct gt_str *flags,
		*reasons; /* expected quality flags; expected reject codes "GT2101" */
	size_t flag_count, reason_count;
	bool filtered; /* a total or a note: no record at all */
};
size_t gt_standard_examples(const struct gt_standard *standard, const struct gt_example **v);

#endif
