/* options_fixture.h: a table with one row of every type, for the tests of options*.c. */
#ifndef GT_OPTIONS_FIXTURE_H
#define GT_OPTIONS_FIXTURE_H

#include "options.h"

struct login {
	struct gt_str user, password;
};

struct all {
	struct gt_str text, bounded, path, folder, secret;
	bool flag;
	int64_t count, least, wait, memory;
	int colour, zone;
	struct gt_texts words;
	struct gt_pairs headers;
	struct login login;
};

static const char *const colours[] = {"red", "green", "bluish", NULL};

static const struct gt_option login_table[] = {{.name = "user",
						       .type = GT_OPT_TEXT,
						       .offset = offsetof(struct login, user),
						       .flags = GT_OPT_REQUIRED,
						       .en = "user name",
						       .zh = "用户名"},
	{.name = "password",
		.type = GT_OPT_SECRET,
		.offset = offsetof(struct login, password),
		.en = "password",
		.zh = "口令"},
	{.name = NULL}};

static const struct gt_option all_table[] = {{.name = "text",
						     .type = GT_OPT_TEXT,
						     .offset = offsetof(struct all, text),
						     .fallback = "a b",
						     .en = "any | text",
						     .zh = "文本"},
	{.name = "bounded",
		.type = GT_OPT_TEXT,
		.offset = offsetof(struct all, bounded),
		.min = 2,
		.max = 6},
	{.name = "path",
		.type = GT_OPT_PATH,
		.offset = offsetof(struct all, path),
		.fallback = "x/y"},
	{.name = "folder",
		.type = GT_OPT_PATH,
		.offset = offsetof(struct all, folder),
		.flags = GT_OPT_MUST_EXIST | GT_OPT_REQUIRED,
		.fallback = "/never/there"},
	{.name = "secret", .type = GT_OPT_SECRET, .offset = offsetof(struct all, secret)},
	{.name = "flag",
		.type = GT_OPT_BOOL,
		.offset = offsetof(struct all, flag),
		.fallback = "true"},
	{.name = "count",
		.type = GT_OPT_INT,
		.offset = offsetof(struct all, count),
		.min = 1,
		.max = 100,
		.fallback = "7",
		.unit = "rows"},
	{.name = "least", .type = GT_OPT_INT, .offset = offsetof(struct all, least), .min = 5},
	{.name = "wait",
		.type = GT_OPT_DURATION,
		.offset = offsetof(struct all, wait),
		.min = 100,
		.max = 3600000,
		.fallback = "30 s"},
	{.name = "memory",
		.type = GT_OPT_BYTES,
		.offset = offsetof(struct all, memory),
		.min = 1 << 20,
		.max = 1 << 30,
		.fallback = "256 MiB"},
	{.name = "colour",
		.type = GT_OPT_CHOICE,
		.offset = offsetof(struct all, colour),
		.choices = colours,
		.fallback = "green"},
	{.name = "zone",
		.type = GT_OPT_ZONE,
		.offset = offsetof(struct all, zone),
		.fallback = "+08:00"},
	{.name = "words",
		.type = GT_OPT_TEXTS,
		.offset = offsetof(struct all, words),
		.fallback = "one, two"},
	{.name = "headers", .type = GT_OPT_PAIRS, .offset = offsetof(struct all, headers)},
	{.name = "login",
		.type = GT_OPT_GROUP,
		.offset = offsetof(struct all, login),
		.group = login_table},
	{.name = NULL}};

#endif
