/* rig.h: a server for tests that is a program of tests/tools: it prints "name=value" lines and
 * "ready", obeys commands, and ends with its standard input, so also with a test that dies. */
#ifndef TESTS_RIG_H
#define TESTS_RIG_H

#include <stdbool.h>
#include <stddef.h>

#define RIG_VALUES 8u

struct rig {
	int in, out;
	int pid;
	char folder[64]; /* its own: keys, configuration */
	char name[RIG_VALUES][32], value[RIG_VALUES][256];
	size_t n;
};

/* program: in tests/tools; home: a further argument, or NULL. Ends the test if it does not start.
 */
struct rig *rig_start(const char *program, const char *home);
void rig_stop(struct rig *rig);
const char *rig_value(const struct rig *rig, const char *name);
/* Sends a command and waits for its answer. */
void rig_say(struct rig *rig, const char *command);

#endif
