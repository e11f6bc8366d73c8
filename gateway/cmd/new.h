/* new.h: `guantong new` among its files: answers, questions, the text that is written. */
#ifndef GT_CMD_NEW_H
#define GT_CMD_NEW_H

#include "look.h"
#include "suggest.h"

#define GT_ANSWERS_MAX 200u
#define GT_FLOWS_WRITTEN 50u

/* One option of the source, adapter or format that may be answered: "url", "login.username". */
struct gt_answer {
	const struct gt_option *row, *group; /* group: NULL = not in one */
	char name[96];                       /* as the flag of the command line */
	const char *value;                   /* NULL = not given; SECRET: the name of its file */
	bool required;
};

struct gt_new {
	/* flags */
	const char *name, *adapter, *format, *profile, *entity, *division, *site, *brokers;
	bool yes, force;
	const char *folder;

	const struct gt_adapter *of_adapter;
	const struct gt_format *of_format;  /* NULL = none */
	const struct gt_yaml *profile_yaml; /* NULL = none */
	struct gt_answer answers[GT_ANSWERS_MAX];
	size_t n;
	struct gt_arena memory;
	struct gt_diags ignored;
};

/* new_ask.c: on a terminal, as far as something is missing. False: *err. */
bool gt_new_ask(struct gt_new *new, struct gt_err *err);
/* What a new guantong.yaml needs. */
bool gt_new_ask_gateway(struct gt_new *new, struct gt_err *err);
/* A secret's file: asked for without echo and written for its owner alone, or told how. */
bool gt_new_secret(struct gt_new *new, const struct gt_answer *answer, struct gt_err *err);
/* Is there somebody to ask? */
bool gt_new_may_ask(const struct gt_new *new);

/* new_write.c */
struct gt_written {
	const struct gt_new *new;
	const struct gt_standard *standard;
	bool pseudonyms;      /* there is a key: marked elements may be mapped */
	struct gt_str entity; /* --entity, or none */
	const char *first;    /* name of the first flow: set by gt_new_text() */
};
/* The head of the source file: what was answered. */
void gt_new_head(const struct gt_new *new, struct gt_buf *out);
/* The flows: one per thing; things NULL or empty: one with the entity's elements, to be corrected.
 * False: no entity is known for any. */
bool gt_new_flows(struct gt_written *written, const struct gt_things *things, struct gt_buf *out);
/* guantong.yaml for a new site. */
void gt_new_gateway(const struct gt_new *new, struct gt_buf *out);

#endif
