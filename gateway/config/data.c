/* data.c: where standards, profiles and schemas are. */
#include "config.h"

#include "data_folder.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[PATH_MAX];

static bool holds_data(const char *path)
{
	char standards[PATH_MAX];
	int n = snprintf(standards, sizeof(standards), "%s/standards", path);

	return n > 0 && n < PATH_MAX && access(standards, R_OK) == 0;
}

/* Installed as <prefix>/bin/guantong: <prefix>/share/guantong. */
static bool installed(char path[PATH_MAX])
{
	char program[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (n <= 0)
		return false;
	program[n] = '\0';
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(program, '/');

		if (!slash)
			return false;
		*slash = '\0';
	}
	n = snprintf(path, PATH_MAX, "%s/%s", program, GT_INSTALLED_DATA);
	return n > 0 && n < PATH_MAX && holds_data(path);
}

static void find(void)
{
	const char *named = getenv("GUANTONG_DATA");

	if (named && *named)
		snprintf(folder, sizeof(folder), "%s", named);
	else if (!installed(folder))
		snprintf(folder, sizeof(folder), "%s", GT_SOURCE_FOLDER);
}

const char *gt_data_folder(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find);
	return folder;
}
