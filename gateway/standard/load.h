/* load.h: what the parts of the loader share; not for other layers. The life of a load: packages.c
 * finds the packages and their order, tables.c says which keys a file may have, lists.c reads
 * units, codes.c code lists, words.c words, entity.c entities, overlay.c builds the effective
 * variants, examples.c the golden examples. Everything lives in the standard's arena. Control path,
 * one thread. */
#ifndef GT_STANDARD_LOAD_H
#define GT_STANDARD_LOAD_H

#include "clean.h"
#include "conf_read.h"
#include "expr.h"
#include "options.h"
#include "standard.h"

#include <stdatomic.h>

/* A view as a C string, for arguments of errors; cut at 255 bytes. */
#define GT_WORD(s) GT_TEXT("%.*s", GT_STR_ARGS(s))

/* Limits of hostile or mistaken package folders. */
enum {
	GT_PACKAGE_DEPTH = 4, /* folders below one of the path, and below a package's own folder */
	GT_PACKAGE_FOLDERS = 512, /* package.yaml files in the whole path */
	GT_PACKAGE_FILES = 2000,  /* YAML files of one package */
	GT_LOAD_BYTES = 32 << 20, /* of all files of one load */
	GT_RULES_MAX = 32,        /* of one entity: broken ones are bits of 32 */
	GT_ELEMENTS_MAX = 500,    /* of one entity */
	GT_CODE_DEPTH = 16,       /* of a tree of codes */
	GT_NEAR_MAX = 2000,       /* names among which the nearest one is looked for */
	GT_WORDS_MAX = 1000,      /* of one list of words */
	GT_SCALE_MAX = 12,
	GT_STANDARD_ZONE = 480 /* minutes: of days in the standard's own expressions and limits */
};

/* A growing array of pointers. */
struct gt_list {
	void **v;
	size_t n, cap;
};
void gt_list_add(struct gt_list *list, void *item);
void gt_list_fini(struct gt_list *list);

enum gt_level { GT_LEVEL_NATIONAL, GT_LEVEL_PROVINCE, GT_LEVEL_CITY, GT_LEVEL_DISTRICT };

struct gt_package {
	struct gt_str name, version, extends;
	struct gt_title title;
	unsigned major, minor;
	int level;
	struct gt_texts needs, divisions;
	const char *folder;            /* of its package.yaml */
	const struct gt_yaml *root;    /* of package.yaml, for positions */
	struct gt_package *parent;     /* what it extends; NULL = not an overlay */
	const struct gt_package *from; /* on whose account it is being visited */
	enum { GT_PACKAGE_NEW, GT_PACKAGE_OPEN, GT_PACKAGE_DONE } visit;
	size_t index;             /* place in gt_standard.packages */
	struct gt_list examples;  /* struct gt_yaml * of files that may have some */
	struct gt_map lists;      /* OVERLAY: code list name → its extended list */
	struct gt_map extensions; /* OVERLAY: entity "name@major" → struct gt_yaml of the file */
};

/* An entity with all its effective variants. */
struct gt_family {
	struct gt_str id;        /* "vehicle.dispatch-order@1" */
	struct gt_list variants; /* struct gt_entity *; 0 = base */
	size_t *of_package;      /* package index → variant index */
};

struct gt_standard {
	atomic_uint references;
	struct gt_arena memory;
	struct gt_str prefix, digest;
	struct gt_list packages; /* struct gt_package *, what others need first */
	struct gt_list families, lists, units, entities;
	struct gt_list all_lists, all_entities, patterns, exprs,
		coefficients; /* the overlays' too: what fini frees */
	struct gt_map family_by_id, list_by_name, unit_by_name, coefficients_by_name,
		substance_by_name;
	struct gt_map divisions;      /* code → struct gt_division */
	struct gt_map division_names; /* name, whole or short → struct gt_named of places.c */
	size_t division_count;
	struct gt_str divisions_of, words_of; /* packages that brought them last */
	struct gt_words words;
	struct gt_example *examples;
	size_t example_count, example_cap;
};

struct gt_loader {
	struct gt_standard *standard;
	struct gt_conf_ctx conf;    /* memory and diags */
	struct gt_package *package; /* whose files are being read */
	struct gt_list found;       /* every package of the path, wanted or not */
	struct gt_list list_files;  /* struct gt_yaml * of lists with a unit, of the package */
	/* struct gt_yaml *, of the package */
	struct gt_list entity_files, overlay_files, coefficient_files;
	void *digest;        /* EVP_MD_CTX of all bytes read; NULL = not counted */
	size_t bytes;        /* read so far */
	struct gt_pos money; /* where the unit of money was named; file NULL = nowhere */
	const char *path;    /* the whole search path, for messages */
};

/* tables.c: option tables, used by parser and schema alike. */
struct gt_entity_conf {
	struct gt_str name, version, source;
	struct gt_title title, definition;
	struct gt_texts key;
	struct gt_str event_time;
	int status;
};
struct gt_element_conf {
	struct gt_title title, definition;
	int type, protection, personal, format, status;
	bool required, list;
	int64_t scale, max_length;
	struct gt_str unit, substance, codes, pattern, min, max, derive, source;
	struct gt_texts synonyms;
};
struct gt_list_conf {
	struct gt_str name, source, unit;
	struct gt_title title;
	int status;
};
struct gt_row_conf {
	struct gt_title title;
	struct gt_str from, to, successor, parent, value;
	struct gt_texts synonyms;
};
struct gt_units_conf {
	struct gt_str quantity, source;
	struct gt_title title;
	int status;
};
struct gt_unit_conf {
	struct gt_str factor, source;
	struct gt_texts synonyms;
	int status;
};
struct gt_substances_conf {
	struct gt_str name, source, from, to;
	struct gt_title title;
	int status;
};
struct gt_substance_conf {
	struct gt_title title;
	struct gt_str factor, source;
	bool assumed;
	int status;
};
struct gt_divisions_conf {
	struct gt_str name, source;
	struct gt_title title;
	struct gt_texts tables, suffixes, peoples;
	int status;
};
struct gt_coefficients_conf {
	struct gt_str name, to, source;
	struct gt_title title;
	int status;
};
struct gt_coefficient_conf {
	struct gt_str per, factor, source;
	int status;
};
struct gt_words_conf {
	struct gt_str name;
	struct gt_texts no_value, means_yes, means_no, total_row, no_date;
	struct {
		struct gt_texts before, after;
	} about;
	struct {
		struct gt_str unit;
		struct gt_texts before, after;
	} money;
	struct {
		struct gt_texts minus, unclear;
	} signs;
	struct {
		struct gt_texts morning, afternoon;
	} half_days;
	struct {
		int zone;
		struct gt_texts periods;
	} summer_time;
	struct gt_pairs multipliers;
	int64_t adult_years, oldest_years;
	struct gt_texts counters, identity_areas, card_prefixes;
};
struct gt_rule_conf {
	struct gt_title title;
	struct gt_str check;
	int on_breach;
};
struct gt_example_conf {
	struct gt_str name, division;
	struct gt_texts flags, reasons;
	bool filtered;
};
extern const struct gt_option gt_package_table[], gt_entity_table[], gt_element_table[],
	gt_narrow_table[], gt_extend_entity_table[], gt_list_table[], gt_extend_list_table[],
	gt_row_table[], gt_inherited_row_table[], gt_substances_table[], gt_substance_table[],
	gt_divisions_table[], gt_units_table[], gt_unit_table[], gt_coefficients_table[],
	gt_coefficient_table[], gt_words_table[], gt_rule_table[], gt_example_table[];
const char *gt_level_name(int level);
const char *gt_type_name(enum gt_type type);
const char *gt_format_name(enum gt_format_kind format);
const char *gt_protection_name(enum gt_protection protection);
const char *gt_numbers_name(enum gt_numbers numbers);

/* packages.c */
/* Diagnostics outlive a load that failed, so the names of files that they show are kept for good;
 * loading again finds the same ones. Any thread. */
const char *gt_file_name_keep(const char *path);
bool gt_packages_find(struct gt_loader *loader, const char *path);
void gt_packages_order(struct gt_loader *loader, const struct gt_str *specs, size_t n);
void gt_package_files(struct gt_loader *loader, struct gt_package *package, struct gt_list *paths);
struct gt_yaml *gt_package_file(struct gt_loader *loader, const char *path);
/* The bytes of a file of a package, in the arena, counted in limits and digest; none = told. */
struct gt_str gt_package_text(struct gt_loader *loader, const char *path);
/* "national@1" → name and major. */
bool gt_spec_split(struct gt_str spec, struct gt_str *name, unsigned *major);
bool gt_version_split(struct gt_str text, unsigned *major, unsigned *minor);
/* "1.2" → major, minor; a diagnostic at `node` otherwise. */
bool gt_version_read(struct gt_loader *loader, const struct gt_yaml *node, struct gt_str text,
	unsigned *major, unsigned *minor);

/* codes.c */
/* The units that lists name, once the units of the package are known. */
void gt_lists_resolve(struct gt_loader *loader);
void gt_list_read(struct gt_loader *loader, const struct gt_yaml *root);
void gt_list_extend(struct gt_loader *loader, const struct gt_yaml *root);
/* The list of that name as the package sees it (its own extension, its parent's, the base). */
const struct gt_code_list *gt_list_of(
	const struct gt_loader *loader, const struct gt_package *package, struct gt_str name);

/* lists.c */
void gt_units_read(struct gt_loader *loader, const struct gt_yaml *root);
/* A person's name of something unknown: `code` with the word and the nearest known name. */
void gt_unknown(struct gt_loader *loader, struct gt_pos pos, enum gt_code code, struct gt_str word,
	const struct gt_map *known);
/* Reads a mapping through a table, defaults first; `also` as in gt_conf_read. */
bool gt_table_read(struct gt_loader *loader, const struct gt_option *table, void *into,
	const struct gt_yaml *map, const char *const *also);
/* The mapping behind `key`; NULL and a diagnostic when it is missing, empty or no mapping. */
const struct gt_yaml *gt_rows_of(
	struct gt_loader *loader, const struct gt_yaml *root, const char *key);
/* Checks a name: lower-case letters, digits and `extra`, a letter first. */
bool gt_name_check(struct gt_loader *loader, struct gt_pos pos, struct gt_str name, char extra);
/* "already defined at file:line:column". */
void gt_duplicate(
	struct gt_loader *loader, struct gt_pos pos, struct gt_str name, struct gt_pos first);
const char *gt_place_text(struct gt_loader *loader, struct gt_pos pos);
/* True and *days for a real "YYYY-MM-DD". */
bool gt_day_parse(struct gt_str s, int64_t *days);
/* A scaled decimal: "12.5" with scale 2 → 1250. */
bool gt_scaled_parse(struct gt_str s, unsigned scale, int64_t *value);
/* And back, for people; out has room for 32 bytes. Returns out. */
const char *gt_scaled_write(int64_t value, unsigned scale, char *out, size_t size);

/* substances.c */
void gt_substances_read(struct gt_loader *loader, const struct gt_yaml *root);

/* divisions.c */
void gt_divisions_read(struct gt_loader *loader, const struct gt_yaml *root);

/* places.c: the names of all divisions, anew. */
void gt_places_index(struct gt_loader *loader, const struct gt_divisions_conf *conf);

/* words.c */
void gt_words_read(struct gt_loader *loader, const struct gt_yaml *root);
/* The unit of money, once the units of the package are known. */
void gt_words_resolve(struct gt_loader *loader);
void gt_words_fini(struct gt_words *words);
/* The form in which a word is compared: cleaned, ASCII letters in lower case. */
struct gt_str gt_fold(struct gt_loader *loader, struct gt_str word, enum gt_cleaning how);

/* element.c */
/* One new element; false: diagnostics were added. */
bool gt_element_read(struct gt_loader *loader, const struct gt_yaml *name,
	const struct gt_yaml *node, const struct gt_entity_conf *around,
	struct gt_element *element);
/* A limit of the element as a person writes it. */
const char *gt_limit_text(
	struct gt_loader *loader, const struct gt_element *element, int64_t limit);
bool gt_limits_read(struct gt_loader *loader, const struct gt_yaml *node,
	const struct gt_element_conf *conf, struct gt_element *element);
/* Keys that make sense for some types only: tells those that do not fit. */
bool gt_keys_fit(struct gt_loader *loader, const struct gt_yaml *node, enum gt_type type);
void gt_pattern_read(struct gt_loader *loader, const struct gt_yaml *node, struct gt_str text,
	struct gt_element *element);

/* pattern.c */
#define GT_PATTERN_MESSAGE 200u
/* A pcre2_code with its limits inside; whole: it must match a whole text. NULL: the message and the
 * column (from 1) of what is wrong with it. */
void *gt_pattern_make(struct gt_str text, bool whole, struct gt_arena *memory,
	char message[GT_PATTERN_MESSAGE], size_t *column);
void gt_pattern_free(void *pattern);

/* coefficients.c */
void gt_coefficients_read(struct gt_loader *loader, const struct gt_yaml *root);

/* entity.c */
void gt_entity_read(struct gt_loader *loader, const struct gt_yaml *root);
/* Rules of `node` behind those that the entity has. */
void gt_rules_read(struct gt_loader *loader, const struct gt_yaml *node, struct gt_entity *entity);
void gt_entity_index(struct gt_entity *entity); /* by_name */
struct gt_pos gt_pos_of(const struct gt_yaml *map, const char *key);

/* derive.c */
/* An expression over the entity's elements; NULL = told. */
const struct gt_expr *gt_entity_expr(
	struct gt_loader *loader, struct gt_entity *entity, struct gt_str text, struct gt_pos pos);
/* The elements' own expressions and the order in which they are computed. */
void gt_derive_read(struct gt_loader *loader, struct gt_entity *entity);

/* overlay.c */
/* Where the packages say this of the element: in the last layer that does, else where it was
 * defined. */
struct gt_pos gt_said_at(const struct gt_element *element, const char *key);
void gt_overlays_build(struct gt_loader *loader, struct gt_package *package);
/* The package whose divisions match with the longest prefix; NULL = none, the base is seen. */
const struct gt_package *gt_package_for(const struct gt_standard *standard, struct gt_str division);
size_t gt_family_for(
	const struct gt_standard *standard, const struct gt_family *family, struct gt_str division);

/* standard.c: NULL = no such entity. */
const struct gt_family *gt_family_of(
	const struct gt_standard *standard, struct gt_str name, unsigned major);

/* examples.c */
void gt_examples_read(struct gt_loader *loader, const struct gt_yaml *root);

#endif
