/* console.c: the admin socket: who may ask, and what is answered. */
#include "console.h"

#include "gt_assert.h"
#include "orders.h"
#include "report.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BODY_MAX (64u << 20)
#define REQUEST_MAX 8192u
#define CONNECTIONS 16u
#define CONNECTION_SECONDS 10u
#define CONNECTION_BYTES 32768u

struct gt_console {
	struct gt_console_conf conf;
	char *path;
	struct MHD_Daemon *daemon;
};

/* One request: its body, as far as it has come. */
struct request {
	struct gt_buf body;
};

typedef void report_fn(const struct gt_runtime_status *status, struct gt_buf *out);

static void report_health(const struct gt_runtime_status *status, struct gt_buf *out)
{
	gt_buf_addf(
		out, "{\"health\":\"ok\",\"balanced\":%s}\n", status->balanced ? "true" : "false");
}

static const struct {
	const char *url, *type;
	report_fn *report;
} routes[] = {
	{"/status", "application/json; charset=UTF-8", gt_report_json},
	{"/metrics", "text/plain; version=0.0.4; charset=utf-8", gt_report_metrics},
	{"/health", "application/json; charset=UTF-8", report_health},
};
#define ROUTES (sizeof(routes) / sizeof(routes[0]))

static enum MHD_Result answer(
	struct MHD_Connection *connection, unsigned code, const char *type, struct gt_str body)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		body.n, (void *)(uintptr_t)body.p, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

/* Root or our own user, as the kernel knows the peer. */
static bool allowed(struct MHD_Connection *connection, uid_t *uid)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);
	bool known =
		info && getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;

	*uid = peer.uid;
	return known && (peer.uid == 0 || peer.uid == geteuid());
}

static enum MHD_Result report(
	const struct gt_console *console, struct MHD_Connection *connection, size_t route)
{
	struct gt_runtime_status status;
	struct gt_arena memory;
	struct gt_buf out;
	enum MHD_Result result;

	gt_arena_init(&memory, 0);
	gt_buf_init(&out, BODY_MAX);
	gt_runtime_status(console->conf.runtime, &memory, &status);
	routes[route].report(&status, &out);
	result = answer(connection, MHD_HTTP_OK, routes[route].type, gt_buf_str(&out));
	gt_buf_fini(&out);
	gt_arena_fini(&memory);
	return result;
}

static enum MHD_Result act(const struct gt_console *console, struct MHD_Connection *connection,
	const char *url, uid_t uid, const struct request *request)
{
	struct gt_buf out;
	enum MHD_Result result;
	unsigned code;

	gt_buf_init(&out, BODY_MAX);
	code = gt_orders_take(&console->conf, url, uid, &request->body, &out);
	result = answer(connection, code, "application/json; charset=UTF-8", gt_buf_str(&out));
	gt_buf_fini(&out);
	return result;
}

static enum MHD_Result dispatch(const struct gt_console *console, struct MHD_Connection *connection,
	const char *url, const char *method, const struct request *request)
{
	static const char text[] = "text/plain";
	bool get = strcmp(method, "GET") == 0;
	uid_t uid;

	if (!allowed(connection, &uid))
		return answer(connection, MHD_HTTP_FORBIDDEN, text, GT_LIT("forbidden\n"));
	for (size_t i = 0; i < ROUTES; i++) {
		if (strcmp(url, routes[i].url) == 0)
			return get ? report(console, connection, i)
				   : answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, text,
					     GT_LIT("GET only\n"));
	}
	if (!gt_orders_known(&console->conf, url))
		return answer(connection, MHD_HTTP_NOT_FOUND, text, GT_LIT("not found\n"));
	if (strcmp(method, "POST") != 0)
		return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, text, GT_LIT("POST only\n"));
	return act(console, connection, url, uid, request);
}

/* Called with the headers, then with each piece of the body, then once more: then it is answered.
 */
static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **state)
{
	struct request *request = *state;

	(void)version;
	if (!request) {
		*state = request = gt_alloc(sizeof(*request));
		gt_buf_init(&request->body, REQUEST_MAX);
		return MHD_YES;
	}
	if (*upload_size > 0) { /* what is too long is not JSON any more, and is refused as such */
		gt_buf_add(&request->body, gt_str(upload, *upload_size));
		*upload_size = 0;
		return MHD_YES;
	}
	return dispatch(arg, connection, url, method, request);
}

static void completed(void *arg, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode why)
{
	struct request *request = *state;

	(void)arg;
	(void)connection;
	(void)why;
	if (request)
		gt_buf_fini(&request->body);
	free(request);
	*state = NULL;
}

/* -1 and errno, or a listening socket. */
static int listen_at(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* On Linux the file gets the mode that the socket has when it is bound. */
	if (fd >= 0 && fchmod(fd, 0600) == 0 &&
		bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 &&
		listen(fd, (int)CONNECTIONS) == 0)
		return fd;
	int error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

/* Does somebody listen there? If not, a socket that a crash left behind is removed. */
static bool in_use(const struct sockaddr_un *address)
{
	struct stat st;
	bool used = false;
	int fd;

	if (lstat(address->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		used = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		       errno != ECONNREFUSED;
	if (fd >= 0)
		close(fd);
	if (!used)
		unlink(address->sun_path);
	return used;
}

static int open_socket(const char *path, struct gt_err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		gt_fail(err, GT_E_ADMIN_SOCKET, path, strerror(ENAMETOOLONG));
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (in_use(&address)) {
		gt_fail(err, GT_E_ADMIN_TAKEN, path);
		return -1;
	}
	fd = listen_at(&address);
	if (fd < 0)
		gt_fail(err, GT_E_ADMIN_SOCKET, path, strerror(errno));
	return fd;
}

struct gt_console *gt_console_start(const struct gt_console_conf *conf, struct gt_err *err)
{
	const char *path = conf->path;
	int fd = open_socket(path, err);
	struct gt_console *console;

	if (fd < 0)
		return NULL;
	console = gt_alloc(sizeof(*console));
	console->path = gt_strdup(gt_cstr(path));
	console->conf = *conf;
	console->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle,
		console, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
		MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
		CONNECTION_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		MHD_OPTION_END);
	if (console->daemon)
		return console;
	gt_fail(err, GT_E_ADMIN_SOCKET, path, "libmicrohttpd");
	close(fd);
	unlink(path);
	free(console->path);
	free(console);
	return NULL;
}

void gt_console_stop(struct gt_console *console)
{
	if (!console)
		return;
	MHD_stop_daemon(console->daemon);
	unlink(console->path);
	free(console->path);
	free(console);
}
