/* cmd.h: the command line: one file per verb, what they share in args.c and term.c.
 * Data goes to stdout, everything else to stderr. */
#ifndef GT_CMD_CMD_H
#define GT_CMD_CMD_H

#include "buf.h"
#include "catalogue.h"
#include "config.h"

#include <signal.h>

/* Exit codes, as documented in --help and README. */
enum gt_exit {
	GT_EXIT_OK = 0,
	GT_EXIT_FAILED = 1,
	GT_EXIT_USAGE = 2,
	GT_EXIT_CONFIG = 3,      /* the configuration is not valid */
	GT_EXIT_UNREACHABLE = 4, /* a source, Kafka or the running gateway does not answer */
	GT_EXIT_REJECTS = 5,     /* done, but records did not meet the standard */
	GT_EXIT_INTERRUPTED = 130
};

struct gt_verb {
	const char *name;
	const char *operands;                                          /* of the usage line */
	int (*run)(const struct gt_verb *verb, int argc, char **argv); /* argv[0] = the verb */
	const char *en, *zh; /* one line each; NULL = not listed */
	const char *example;
};
extern const struct gt_verb gt_verbs[]; /* ends with name NULL */

/* args.c: long options (GNU style) from a table. --help, --language LANG are added to each. */
enum gt_arg_type {
	GT_ARG_FLAG /* bool */,
	GT_ARG_TEXT /* const char * */,
	GT_ARG_NUMBER /* int64_t */
};
struct gt_arg {
	const char *name;
	char letter; /* short form, or 0 */
	enum gt_arg_type type;
	void *into;
	int64_t min, max;  /* NUMBER */
	const char *value; /* word for the value in help */
	const char *en, *zh;
};
/* Operands: min to max of them. True: *operands points into argv, *n of them (those not given are
 * not touched). False: *exit says how to end (help was printed, or a mistake was reported). */
bool gt_args_read(const struct gt_verb *verb, int argc, char **argv, const struct gt_arg *args,
	size_t min, size_t max, char ***operands, size_t *n, int *exit) GT_MUST_CHECK;
void gt_args_help(void); /* of the whole program */

/* term.c */
void gt_report(const struct gt_err *err); /* to stderr: "guantong: GT… sentence (remedy)" */
#define gt_report_say(...)                                                                         \
	do {                                                                                       \
		struct gt_err report_;                                                             \
		gt_fail_with(&report_, (struct gt_failure){__VA_ARGS__});                          \
		gt_report(&report_);                                                               \
	} while (0)
int gt_exit_of(const struct gt_err *err); /* the code that an error ends the process with */
bool gt_colour(int fd); /* a terminal, and NO_COLOR and TERM=dumb do not forbid it */
/* Columns that a text takes: Han and full-width characters two, marks none. */
size_t gt_width(struct gt_str s);
/* Text, cut with "…" if wider than `width`, filled up with blanks; control characters made
 * harmless. */
void gt_put_cell(struct gt_buf *out, struct gt_str s, size_t width, bool right);
void gt_put_grouped(struct gt_buf *out, uint64_t n); /* 1,204,331 */
void gt_put_age(struct gt_buf *out, int64_t us); /* 12 s, 8 min, 2 h, 3 d in the language's words */
/* A flow's state by its name in JSON ("running"), in the language's words. */
const char *gt_state_word(struct gt_str name);
/* Writes to a descriptor, all of it; a closed pipe ends the process quietly. */
void gt_put_out(struct gt_buf *out);

/* SIGTERM, SIGINT and SIGHUP are blocked in all threads from here on, to be taken one by one;
 * SIGPIPE is ignored. */
void gt_signals_block(sigset_t *set);

/* load.c: a configuration for a verb: sets the language, prints mistakes, exits are the caller's.
 */
struct gt_config *gt_load(const char *folder, unsigned flags); /* NULL = mistakes were printed */
struct gt_config *gt_load_file(/* one source file instead of sources/ */
	const char *folder, const char *file, struct gt_str name, unsigned flags);
void gt_print_diags(const struct gt_config *config, struct gt_buf *out);
void gt_print_mistakes(const struct gt_config *config, struct gt_buf *out); /* and their sum */
const char *gt_shown_path(
	const struct gt_config *config, const char *path); /* relative if inside */
extern int gt_language_asked; /* of --language: enum gt_language, or -1 */

/* Verbs. */
typedef int gt_verb_fn(const struct gt_verb *verb, int argc, char **argv);
gt_verb_fn gt_cmd_check, gt_cmd_preview, gt_cmd_test, gt_cmd_run, gt_cmd_status, gt_cmd_keygen,
	gt_cmd_pause, gt_cmd_resume, gt_cmd_reload, gt_cmd_backfill, gt_cmd_topics, gt_cmd_adapters,
	gt_cmd_broker, gt_cmd_demo, gt_cmd_schema, gt_cmd_standard, gt_cmd_discover, gt_cmd_doctor,
	gt_cmd_new, gt_cmd_capture, gt_cmd_diff_mapping;

#endif
