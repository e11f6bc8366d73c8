/* doctor.h: checks of everything that a gateway needs, each one line: all right, worth knowing, or
 * what to do. Nothing is changed, nothing published. */
#ifndef GT_CMD_DOCTOR_H
#define GT_CMD_DOCTOR_H

#include "config.h"

enum gt_verdict { GT_WELL, GT_NOTICE, GT_TO_DO };

struct gt_finding {
	enum gt_verdict verdict;
	struct gt_str part; /* "kafka", "cars", "cars/trips" */
	struct gt_err what;
	struct gt_pos pos; /* of a mistake in a file */
};

struct gt_doctor {
	struct gt_config *config;
	struct gt_arena memory;
	struct gt_finding *v;
	size_t n, cap;
};
/* Adds a finding; the part is copied. */
void gt_doctor_add(struct gt_doctor *doctor, enum gt_verdict verdict, struct gt_str part,
	const struct gt_err *what);
#define gt_doctor_say(doctor, verdict, part, ...)                                                  \
	do {                                                                                       \
		struct gt_err said_;                                                               \
		gt_fail_with(&said_, (struct gt_failure){__VA_ARGS__});                            \
		gt_doctor_add((doctor), (verdict), (part), &said_);                                \
	} while (0)

/* doctor_local.c: this machine, files, the running gateway. */
void gt_doctor_machine(struct gt_doctor *doctor);
/* doctor_net.c: name, port and, with tls, certificate. False: what follows would not work either.
 */
bool gt_doctor_endpoint(
	struct gt_doctor *doctor, struct gt_str part, const struct gt_endpoint *endpoint);
/* doctor_kafka.c */
void gt_doctor_kafka(struct gt_doctor *doctor);
/* doctor_source.c: every flow of one source. */
void gt_doctor_source(struct gt_doctor *doctor, struct gt_str source);

#endif
