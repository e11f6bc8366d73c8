/* sftp_pull.h: the sftp adapter on a real server: its rig, and what the adapter says. */
#ifndef TESTS_SFTP_PULL_H
#define TESTS_SFTP_PULL_H

#include "pull.h"
#include "rig.h"
#include "sftp.h"

extern const struct gt_adapter guantong_adapter_sftp;

#define KNOWN "known_hosts: %s/known_hosts\nkey: %s/client\nstable_for: 0 s\n"

/* The adapter with any options; nothing is opened. */
static inline void sftp_options(struct pull *p, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(p->options, sizeof p->options, format, args);
	va_end(args);
}

/* A drop folder behind an SSH server; more: options beside those of the happy case. */
static inline struct rig *sftp_init(struct pull *p, const char *more)
{
	struct rig *rig = rig_start("sftp_rig.py", NULL);
	pull_init(p, "");
	p->adapter = &guantong_adapter_sftp;
	sftp_options(p, "url: sftp://127.0.0.1:%s%s\nuser: %s\n" KNOWN "%s", rig_value(rig, "port"),
		p->drop->path, rig_value(rig, "user"), rig->folder, rig->folder, more);
	return rig;
}

static inline void sftp_fini(struct pull *p, struct rig *rig)
{
	pull_fini(p);
	rig_stop(rig);
}

/* Opens and polls until an error comes. */
static inline void sftp_errs(struct pull *p, enum gt_code code, enum gt_class class)
{
	char text[1024];
	struct gt_err err = {0};
	if (p->open)
		harness_close(&p->h);
	harness_init(&p->h, &p->world, p->adapter, p->format, p->options, NULL, pull_fields);
	p->open = true;
	if (harness_open(&p->h, gt_str(NULL, 0), &err)) {
		enum gt_poll result;
		while ((result = harness_poll(&p->h, harness_limits, &err).result) !=
			GT_POLL_ERROR) {
			ck_assert_int_ne(result, GT_POLL_IDLE);
			if (result == GT_POLL_WAIT)
				harness_wait(&p->h);
		}
	}
	ck_assert_msg(err.code == code, "%s", gt_err_text(&err, text, sizeof text));
	ck_assert_int_eq(err.class, class);
	gt_err_sentence_in(&err, GT_EN, text, sizeof text);
	ck_assert_ptr_null(strstr(text, "s3cret"));
}

/* Polls as a gateway does, opening anew behind every error, until nothing is left. */
static inline size_t sftp_persist(struct pull *p, enum gt_code code)
{
	struct step step, last = {0};
	size_t errors = 0;
	do {
		struct gt_err err = {0};
		step = harness_poll(&p->h, harness_limits, &err);
		if (step.result == GT_POLL_ERROR) {
			ck_assert_int_eq(err.code, code);
			ck_assert_uint_lt(++errors, 20);
			pull_start(p, &last);
		} else if (step.cursor_set) {
			last = step;
			pull_commit(p, &step);
		}
		if (step.result == GT_POLL_WAIT)
			harness_wait(&p->h);
	} while (step.result != GT_POLL_IDLE);
	return errors;
}

static inline struct sftp *sftp_self(struct pull *p)
{
	return p->h.self;
}

/* The next poll that gives rows, or an answer other than WAIT and MORE. */
static inline struct step sftp_poll(struct pull *p, size_t records)
{
	struct step step;
	for (;;) {
		step = pull_poll(p, records);
		if (step.result == GT_POLL_WAIT)
			harness_wait(&p->h);
		else if (step.cursor_set || step.result != GT_POLL_MORE)
			return step;
	}
}

#endif
