/* expr.h: the small typed, total language of mappings (`expr:`, `when:`, `skip:`) and of the
 * standard's `derive:` and `check:`. A text becomes a program of a stack machine without jumps:
 * every operation runs exactly once, so a program's length is its cost. No loops, no recursion, no
 * side effects. Whatever cannot work on some value (number('x'), a sum that does not fit) gives a
 * failure as its value, and only a failure that reaches the result counts: if() drops that of the
 * branch it does not take. Missing values stay missing: an operation on null gives null; and, or,
 * not are those of SQL. Grammar, types and functions: gateway/adr/0019-mapping-language.md.
 * Compiling is control path; a program is immutable and may run in any thread (normalise/
 * expr_run.h). */
#ifndef GT_STANDARD_EXPR_H
#define GT_STANDARD_EXPR_H

#include "standard.h"
#include "yaml.h"

enum {
	GT_EXPR_BYTES = 2000, /* of a text */
	GT_EXPR_OPS = 256,    /* of a program: constants, names and operations */
	GT_EXPR_NESTING = 32, /* of brackets and calls */
	GT_EXPR_STACK = 64,   /* values at once */
	GT_EXPR_DIGITS = 18,  /* digits of a number, and behind its point */
	GT_EXPR_TEXT = 8192,  /* bytes of a text that an operation makes; longer is a failure */
	GT_EXPR_NAMES = 500   /* that are looked at for a suggestion */
};

enum gt_expr_type {
	GT_EXPR_NULL, /* only `null` itself */
	GT_EXPR_BOOL,
	GT_EXPR_INT, /* a decimal known to be whole */
	GT_EXPR_DECIMAL,
	GT_EXPR_TEXT_TYPE,
	GT_EXPR_DATE,
	GT_EXPR_TIME
};

/* The unit of a number; NULL = none, or not known (a product): goes with every other. */
struct gt_expr_kind {
	enum gt_expr_type type;
	const struct gt_unit *unit;
};

enum gt_expr_code {
	/* Values */
	GT_OP_CONSTANT, /* arg: index in constants */
	GT_OP_NAME,     /* arg: id that the scope gave */
	/* Operators */
	GT_OP_NEGATE,
	GT_OP_ADD,
	GT_OP_SUBTRACT,
	GT_OP_MULTIPLY,
	GT_OP_JOIN,    /* text + text */
	GT_OP_LATER,   /* date + days */
	GT_OP_EARLIER, /* date − days */
	GT_OP_DAYS,    /* date − date */
	GT_OP_SECONDS, /* time − time */
	GT_OP_EQUAL,
	GT_OP_UNEQUAL,
	GT_OP_LESS,
	GT_OP_AT_MOST,
	GT_OP_MORE,
	GT_OP_AT_LEAST,
	GT_OP_IN, /* count constants from index arg */
	GT_OP_AND,
	GT_OP_OR,
	GT_OP_NOT,
	/* Functions; those with a literal have it as arg */
	GT_OP_IF,
	GT_OP_COALESCE, /* count */
	GT_OP_HAS,
	GT_OP_TRIM,
	GT_OP_UPPER,
	GT_OP_LOWER,
	GT_OP_REPLACE,
	GT_OP_PART, /* arg: n as int32 */
	GT_OP_SUBSTRING,
	GT_OP_LENGTH,
	GT_OP_STARTS_WITH,
	GT_OP_CONTAINS,
	GT_OP_MATCHES, /* arg: pattern */
	GT_OP_EXTRACT, /* arg: pattern */
	GT_OP_TEXT,
	GT_OP_NUMBER,
	GT_OP_ROUND,   /* arg: digits */
	GT_OP_DIVIDE,  /* arg: digits */
	GT_OP_UNIT,    /* only for types: never in a program */
	GT_OP_CONVERT, /* arg: index in conversions */
	GT_OP_DATE,
	GT_OP_TIME,
	GT_OP_YEAR,
	GT_OP_MONTH,
	GT_OP_DAY,
	GT_OP_HOUR,
	GT_OP_MINUTE
};

struct gt_expr_op {
	uint8_t code; /* enum gt_expr_code */
	uint8_t count;
	uint16_t spare;
	uint32_t arg;
};

/* convert(x, 'table', key): from the unit of x, or NULL = not known: as the row wants it. */
struct gt_expr_conversion {
	const struct gt_coefficients *table;
	const struct gt_unit *unit;
};

struct gt_expr {
	struct gt_str text;
	struct gt_pos pos;
	struct gt_expr_kind kind;
	const struct gt_expr_op *ops;
	size_t n;
	const struct gt_value *constants; /* numbers as GT_DECIMAL without trailing zeros */
	void *const *patterns;            /* pcre2_code *, limits inside */
	size_t pattern_count;
	const struct gt_expr_conversion *conversions;
	const uint32_t *names; /* ids, each once */
	size_t name_count;
	int zone_minutes; /* of times without one, and of their parts */
	bool strict;      /* null as soon as one of its names is */
};

/* What names mean. */
struct gt_expr_scope {
	/* False: there is no such name. */
	bool (*name)(void *arg, struct gt_str name, uint32_t *id, struct gt_expr_kind *kind);
	/* For messages: the names that there are, at most `room`; NULL = every name is one. */
	size_t (*names)(void *arg, const char **names, size_t room);
	void *arg;
	const struct gt_standard *standard; /* units and coefficients */
	struct gt_arena *memory;            /* the program lives here; text must live as long */
	struct gt_diags *diags;
	int zone_minutes;
};

/* pos: of the first character of the text. NULL: diagnostics were added, at the column inside the
 * text. The caller calls gt_expr_fini() before it gives the memory up. */
struct gt_expr *gt_expr_compile(
	const struct gt_expr_scope *scope, struct gt_str text, struct gt_pos pos);
void gt_expr_fini(const struct gt_expr *expr); /* accepts NULL */

/* Where the text of a YAML word begins: behind its quote, if it has one. */
struct gt_pos gt_expr_pos(const struct gt_yaml *node);

/* A condition: of type bool, or a diagnostic. */
bool gt_expr_is_condition(const struct gt_expr *expr, struct gt_diags *diags) GT_MUST_CHECK;
/* Fits an element of that type and unit (a text fits all: it is read like a source's cell), or a
 * diagnostic. */
bool gt_expr_fits(const struct gt_expr *expr, const struct gt_element *element,
	struct gt_diags *diags) GT_MUST_CHECK;
/* What an element is in an expression. */
struct gt_expr_kind gt_expr_kind_of(const struct gt_element *element);
/* An operation as a person writes it: "number", "+". */
const char *gt_expr_word(enum gt_expr_code code);
const char *gt_expr_type_name(enum gt_expr_type type); /* "a number", in the process's language */

#endif
