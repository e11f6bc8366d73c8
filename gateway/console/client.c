/* client.c: one question to the admin socket. HTTP/1.0, so that the answer ends with the
 * connection. */
#include "console.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_SECONDS 10
#define POST_SECONDS 60 /* a reload asks Kafka, too */

static bool away(struct gt_err *err, const char *path, int error)
{
	return gt_fail(err, GT_E_ADMIN_AWAY, path, strerror(error));
}

static int dial(const char *path, int seconds)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval wait = {seconds, 0};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == 0 &&
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) == 0 &&
		connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static bool send_all(int fd, struct gt_str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
	return true;
}

static bool read_all(int fd, struct gt_buf *into)
{
	char piece[16384];

	while (!into->full) {
		ssize_t n = recv(fd, piece, sizeof(piece), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		gt_buf_add(into, gt_str(piece, (size_t)n));
	}
	errno = EMSGSIZE;
	return false;
}

/* Status line, headers, empty line, body. refused: NULL, or set when it is a refusal. */
static bool unpack(struct gt_str answer, const char *path, bool *refused, struct gt_buf *out,
	struct gt_err *err)
{
	static const char end[] = "\r\n\r\n";
	const char *body = answer.p ? memmem(answer.p, answer.n, end, 4) : NULL;
	const char *line = answer.p ? memchr(answer.p, '\r', answer.n) : NULL;

	if (!body || !line || answer.n < 12 || memcmp(answer.p, "HTTP/1.", 7) != 0)
		return away(err, path, EPROTO);
	if (refused)
		*refused = memcmp(answer.p + 8, " 409", 4) == 0;
	if (memcmp(answer.p + 8, " 200", 4) != 0 && !(refused && *refused))
		return gt_fail(err, GT_E_ADMIN_ANSWER, path,
			GT_TEXT("%.*s", (int)(line - answer.p), answer.p));
	body += 4;
	gt_buf_add(out, gt_str(body, answer.n - (size_t)(body - answer.p)));
	return true;
}

static bool ask(const char *path, struct gt_str request, int seconds, bool *refused,
	struct gt_buf *out, struct gt_err *err)
{
	struct gt_buf answer;
	int fd = dial(path, seconds);
	bool ok;

	if (fd < 0)
		return away(err, path, errno);
	gt_buf_init(&answer, out->max);
	ok = send_all(fd, request) && read_all(fd, &answer);
	if (!ok)
		away(err, path, errno);
	close(fd);
	ok = ok && unpack(gt_buf_str(&answer), path, refused, out, err);
	gt_buf_fini(&answer);
	return ok;
}

bool gt_admin_get(const char *path, const char *what, struct gt_buf *out, struct gt_err *err)
{
	char request[256];

	gt_text(request, sizeof(request), "GET %s HTTP/1.0\r\nHost: guantong\r\n\r\n", what);
	return ask(path, gt_cstr(request), WAIT_SECONDS, NULL, out, err);
}

bool gt_admin_post(const char *path, const char *what, struct gt_str body, bool *refused,
	struct gt_buf *out, struct gt_err *err)
{
	struct gt_buf request;
	bool ok;

	gt_buf_init(&request, 65536);
	gt_buf_addf(&request,
		"POST %s HTTP/1.0\r\nHost: guantong\r\nContent-Type: application/json\r\n"
		"Content-Length: %zu\r\n\r\n",
		what, body.n);
	gt_buf_add(&request, body);
	ok = ask(path, gt_buf_str(&request), POST_SECONDS, refused, out, err);
	gt_buf_fini(&request);
	return ok;
}
