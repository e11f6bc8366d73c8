#include "server.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct server {
	answer_fn *answer;
	void *arg;
	int listener;
	unsigned port;
	pthread_t thread;
	atomic_uint requests;
	atomic_bool stopping, stalled;
};

/* Waits until fd can be read or the server stops. */
static bool readable(struct server *s, int fd)
{
	while (!s->stopping) {
		struct pollfd p = {fd, POLLIN, 0};
		if (poll(&p, 1, 20) > 0)
			return true;
	}
	return false;
}

void send_raw(struct request *r, const char *bytes, size_t n)
{
	while (n && !r->server->stopping) {
		struct pollfd p = {r->fd, POLLOUT, 0};
		if (poll(&p, 1, 20) <= 0)
			continue;
		ssize_t sent = send(r->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0) {
			r->hang_up = true;
			return;
		}
		bytes += sent;
		n -= (size_t)sent;
	}
}

void send_answer(
	struct request *r, int status, const char *type, const char *extra, struct gt_str body)
{
	char head[2048], date[64] = "";
	time_t now = time(NULL);
	struct tm tm;
	if (!strstr(extra, "Date:"))
		strftime(date, sizeof date, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n",
			gmtime_r(&now, &tm));
	int n = snprintf(head, sizeof head,
		"HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s%s\r\n", status,
		type, body.n, date, extra);
	send_raw(r, head, (size_t)n);
	send_raw(r, body.p, body.n);
}

void send_json(struct request *r, const char *json)
{
	send_answer(r, 200, "application/json;charset=UTF-8", "", gt_cstr(json));
}

struct gt_str query_text(const struct request *r, const char *name, char *out, size_t size)
{
	const char *p = strchr(r->target, '?');
	size_t n = strlen(name);
	while (p) {
		p++;
		if (strncmp(p, name, n) == 0 && p[n] == '=') {
			size_t length = strcspn(p + n + 1, "&");
			ck_assert_uint_lt(length, size);
			memcpy(out, p + n + 1, length);
			out[length] = '\0';
			return gt_str(out, length);
		}
		p = strchr(p, '&');
	}
	return gt_str(NULL, 0);
}

long query_number(const struct request *r, const char *name, long none)
{
	char text[64];
	return query_text(r, name, text, sizeof text).p ? strtol(text, NULL, 10) : none;
}

/* Reads one request; false: the client is gone or the server stops. */
static bool read_request(struct server *s, struct request *r)
{
	size_t n = 0;
	char *end = NULL;
	while (!end) {
		if (!readable(s, r->fd) || n == sizeof r->headers - 1)
			return false;
		ssize_t got = recv(r->fd, r->headers + n, sizeof r->headers - 1 - n, 0);
		if (got <= 0)
			return false;
		n += (size_t)got;
		r->headers[n] = '\0';
		end = strstr(r->headers, "\r\n\r\n");
	}
	if (sscanf(r->headers, "%7s %4095s", r->method, r->target) != 2)
		return false;
	const char *length = strcasestr(r->headers, "content-length:");
	size_t want = length && length < end ? strtoul(length + 15, NULL, 10) : 0;
	size_t have = n - (size_t)(end + 4 - r->headers);
	ck_assert_uint_lt(want, sizeof r->body);
	memcpy(r->body, end + 4, have);
	*end = '\0';
	while (have < want) {
		ssize_t got = readable(s, r->fd) ? recv(r->fd, r->body + have, want - have, 0) : 0;
		if (got <= 0)
			return false;
		have += (size_t)got;
	}
	r->body[have] = '\0';
	return true;
}

static void serve(struct server *s, int fd)
{
	bool open = true;
	while (open && !s->stopping) {
		struct request *r = calloc(1, sizeof *r);
		ck_assert_ptr_nonnull(r);
		r->server = s;
		r->fd = fd;
		open = read_request(s, r);
		if (open) {
			r->number = ++s->requests;
			while (s->stalled && !s->stopping)
				nanosleep(&(struct timespec){0, 5000000}, NULL);
			if (!s->stopping)
				s->answer(s->arg, r);
			open = !r->hang_up;
		}
		free(r);
	}
	close(fd);
}

static void *run(void *arg)
{
	struct server *s = arg;
	while (readable(s, s->listener)) {
		int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			serve(s, fd);
	}
	return NULL;
}

struct server *server_start(answer_fn *answer, void *arg, unsigned port)
{
	struct server *s = calloc(1, sizeof *s);
	ck_assert_ptr_nonnull(s);
	s->answer = answer;
	s->arg = arg;
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof at;
	ck_assert_int_eq(
		setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)), 0);
	ck_assert_int_eq(bind(s->listener, (struct sockaddr *)&at, size), 0);
	ck_assert_int_eq(listen(s->listener, 16), 0);
	ck_assert_int_eq(getsockname(s->listener, (struct sockaddr *)&at, &size), 0);
	s->port = ntohs(at.sin_port);
	ck_assert_int_eq(pthread_create(&s->thread, NULL, run, s), 0);
	return s;
}

void server_stop(struct server *s)
{
	s->stopping = true;
	pthread_join(s->thread, NULL);
	close(s->listener);
	free(s);
}

unsigned server_port(const struct server *s)
{
	return s->port;
}

unsigned server_requests(const struct server *s)
{
	return s->requests;
}

void server_stall(struct server *s)
{
	s->stalled = true;
}

bool server_stopping(const struct server *s)
{
	return s->stopping;
}
