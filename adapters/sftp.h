/* sftp.h: the parts of the sftp adapter among themselves. Nothing outside adapters/sftp*.c and its
 * tests includes this.
 *
 *   sftp.c        options, the callbacks
 *   sftp_store.c  the server's folder as the storage of a drop folder (lib/dropfolder.h)
 *   sftp_move.c   what a commit does to the folder
 *   sftp_wire.c   one exchange at a time over libcurl: host keys, addresses, time, interrupt
 *   sftp_fail.c   what went wrong, in one sentence
 *   sftp_list.c   lines of a listing */
#ifndef GUANTONG_ADAPTERS_SFTP_H
#define GUANTONG_ADAPTERS_SFTP_H

#include "lib/dropfolder.h"

#include <curl/curl.h>

#define SFTP_PATH_MAX 1024u /* of a folder, decoded */
#define SFTP_URL_MAX (3 * (SFTP_PATH_MAX + GT_NAME_MAX) + 512)
#define SFTP_LIST_MAX (4u << 20) /* bytes of one listing: some 50,000 files */
#define SFTP_CALL_US (30 * 1000000)

enum sftp_text {
	SFTP_PATTERN,
	SFTP_TEMPORARY,
	SFTP_MARKERS,
	SFTP_DONE_TO,
	SFTP_FAILED_TO,
	SFTP_USER,
	SFTP_PASSWORD,
	SFTP_KEY,
	SFTP_PASSPHRASE,
	SFTP_KNOWN_HOSTS,
	SFTP_CA,
	SFTP_SPOOL,
	SFTP_TEXTS
};
enum sftp_after { SFTP_MOVE, SFTP_KEEP };

/* What a line of a listing says. */
struct sftp_entry {
	struct gt_str name; /* raw bytes; a view of the line */
	uint64_t size;
	int64_t mtime; /* seconds; of the server's own zone unless it says UTC */
	bool coarse;   /* mtime is known to the minute or the day only */
};
enum sftp_line {
	SFTP_LINE_FILE,
	SFTP_LINE_OTHER,  /* a folder, a link, a heading: nothing to take */
	SFTP_LINE_STRANGE /* not understood */
};

/* Where the bytes of an exchange go. */
enum sftp_sink { SFTP_TO_NOTHING, SFTP_TO_LIST, SFTP_TO_SPOOL };
enum sftp_io {
	SFTP_OK,
	SFTP_AGAIN,   /* under way still */
	SFTP_MISSING, /* there is no such file or folder */
	SFTP_FAILED   /* *err */
};
enum sftp_verdict { SFTP_KEY_UNSEEN, SFTP_KEY_GOOD, SFTP_KEY_UNKNOWN, SFTP_KEY_WRONG };
/* What open() has under way. */
enum sftp_step { SFTP_IDLE, SFTP_LOOK, SFTP_STAT, SFTP_GET, SFTP_CHECK };

struct sftp {
	/* options */
	struct gt_str url, given[SFTP_TEXTS];
	struct gt_texts host_keys;
	int complete, after;
	int64_t stable_ms, timeout_ms;

	struct gt_drop drop;
	char *text[SFTP_TEXTS];   /* the options as C strings */
	bool ftp;                 /* else SFTP */
	bool facts;               /* the server knows MLSD; asked once */
	bool loopback;            /* url names this machine itself */
	char base[512];           /* "sftp://host:22", without the path */
	char path[SFTP_PATH_MAX]; /* of the folder as commands name it, "" or with a slash behind */
	char place[SFTP_URL_MAX]; /* url: as it stands, for messages */

	/* the exchange */
	CURL *easy;
	CURLM *multi;
	struct curl_slist *quotes;
	bool busy;
	int fd, sockets; /* the last descriptor, and how many there are */
	enum sftp_sink sink;
	uint64_t got, heard;   /* bytes of it so far, and when it was last looked at */
	int64_t quiet_us;      /* monotonic: since when no byte has come */
	int64_t mtime, length; /* of the file, seconds and bytes; -1 = the server does not say */
	bool large;            /* more bytes than allowed */
	int disk;              /* errno of a write that failed */
	bool denied_address;   /* link-local, or this machine itself */
	bool denied_memory;
	enum sftp_verdict verdict;
	char key_shown[64], key_type[16]; /* the host's key: "SHA256:…", "ed25519" */
	char reply[256], detail[256];     /* the server's last line, libcurl's reason */
	char curl_error[CURL_ERROR_SIZE];

	/* the storage */
	enum sftp_step step;
	struct {
		char *p;
		size_t n, cap;
	} listing;
	bool coarse;   /* the last listing's times are */
	int spool;     /* the file being fetched, -1 = none */
	uint64_t size; /* of what was fetched */
	int64_t expected, listed_mtime;
};

/* sftp_list.c. facts: the line is one of MLSD. now_s: for the year of dates without one. */
enum sftp_line sftp_list_line(
	struct gt_str line, bool facts, int64_t now_s, struct sftp_entry *entry);

/* sftp_wire.c */
bool sftp_wire_open(struct sftp *s, struct gt_err *err) GT_MUST_CHECK;
void sftp_wire_close(struct sftp *s);
struct sftp_ask {
	const char *folder; /* another one than the drop folder, relative to it or absolute */
	const char *name;   /* in the folder; NULL = the folder itself */
	const char *range;  /* NULL = all of it */
	bool no_body;       /* only what the quotes do, or (FTP) size and time */
	enum sftp_sink sink;
};
/* Starts an exchange, giving up one under way. Quotes were added before. */
bool sftp_start(struct sftp *s, const struct sftp_ask *ask, struct gt_err *err) GT_MUST_CHECK;
/* One command for the next exchange: SFTP "rename" with two paths, FTP as it stands. */
bool sftp_quote(
	struct sftp *s, const char *command, const char *path, const char *other) GT_MUST_CHECK;
enum sftp_io sftp_run(struct sftp *s, int64_t deadline_us, struct gt_err *err);
/* Runs it to its end, 30 s at most; an interrupt ends it with an error. */
enum sftp_io sftp_await(struct sftp *s, struct gt_err *err);
void sftp_stop(struct sftp *s);
/* Asks how long the file is and when it was last written (s->length, s->mtime). A transfer without
 * a byte over a connection that was used before counts as a dead one to libcurl: so empty files are
 * never fetched, and this one has no body. */
bool sftp_ask_size(
	struct sftp *s, const char *folder, const char *name, struct gt_err *err) GT_MUST_CHECK;
/* The path of a name in the folder or, with another folder, there; as commands name it. */
void sftp_path(
	const struct sftp *s, const char *folder, const char *name, char out[SFTP_PATH_MAX + 512]);

/* sftp_fail.c */
enum sftp_io sftp_failed(struct sftp *s, CURLcode code, struct gt_err *err);
/* A private key that others can read, or that cannot be read, is refused. */
bool sftp_key_check(struct sftp *s, struct gt_err *err) GT_MUST_CHECK;

/* sftp_store.c, sftp_move.c */
extern const struct gt_drop_storage sftp_storage;
bool sftp_move(
	void *arg, const struct gt_taken *taken, const struct gt_file_id *id, struct gt_err *err);
/* Behind sftp_ask_size(): are size and time these, as far as the server says? */
bool sftp_same(const struct sftp *s, uint64_t size, uint64_t mtime);
/* A file without a name in the spool folder; -1 = *err. room: bytes that must be free. */
int sftp_spool_open(struct sftp *s, uint64_t room, struct gt_err *err);
/* Takes the finished listing into the drop's list. */
bool sftp_list_take(struct sftp *s, struct gt_err *err) GT_MUST_CHECK;

#endif
