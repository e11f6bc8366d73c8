#include "rig.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool read_line(struct rig *rig, char *line, size_t size)
{
	size_t n = 0;
	char c;
	while (read(rig->out, &c, 1) == 1) {
		if (c == '\n') {
			line[n] = '\0';
			return true;
		}
		if (n + 1 < size)
			line[n++] = c;
	}
	return false;
}

static void run(const char *program, const char *folder, const char *home, int in[2], int out[2])
{
	const char *root = getenv("GT_SOURCE_ROOT"), *python = getenv("GT_TEST_PYTHON");
	char path[1024];
	if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0)
		_exit(127);
	snprintf(path, sizeof path, "%s/tests/tools/%s", root ? root : ".", program);
	execlp(python ? python : "python3", python ? python : "python3", path, folder, home,
		(char *)NULL);
	_exit(127);
}

struct rig *rig_start(const char *program, const char *home)
{
	struct rig *rig = calloc(1, sizeof *rig);
	int in[2], out[2];
	char line[512];
	ck_assert_ptr_nonnull(rig);
	snprintf(rig->folder, sizeof rig->folder, "/tmp/guantong-rig-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(rig->folder));
	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	rig->pid = fork();
	ck_assert_int_ge(rig->pid, 0);
	if (rig->pid == 0)
		run(program, rig->folder, home, in, out);
	close(in[0]);
	close(out[1]);
	rig->in = in[1];
	rig->out = out[0];
	for (;;) {
		ck_assert_msg(read_line(rig, line, sizeof line), "%s does not start", program);
		if (strcmp(line, "ready") == 0)
			return rig;
		char *is = strchr(line, '=');
		ck_assert(is && rig->n < RIG_VALUES);
		*is = '\0';
		snprintf(rig->name[rig->n], sizeof rig->name[0], "%.31s", line);
		snprintf(rig->value[rig->n++], sizeof rig->value[0], "%.255s", is + 1);
	}
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void rig_stop(struct rig *rig)
{
	close(rig->in);
	(void)waitpid(rig->pid, NULL, 0);
	close(rig->out);
	(void)nftw(rig->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(rig);
}

const char *rig_value(const struct rig *rig, const char *name)
{
	for (size_t i = 0; i < rig->n; i++)
		if (strcmp(rig->name[i], name) == 0)
			return rig->value[i];
	ck_abort_msg("the rig has no %s", name);
	return "";
}

void rig_say(struct rig *rig, const char *command)
{
	char line[512];
	int n = snprintf(line, sizeof line, "%s\n", command);
	ck_assert_int_eq((int)write(rig->in, line, (size_t)n), n);
	ck_assert_msg(read_line(rig, line, sizeof line) && strcmp(line, "ok") == 0,
		"the rig does not obey: %s", command);
}
