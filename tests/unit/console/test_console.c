#include "console.h"
#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char path[64];

static void path_make(void)
{
	snprintf(path, sizeof(path), "/tmp/gt-console-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(path));
	strcat(path, "/s");
}

static void path_remove(void)
{
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

static int listening(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	return fd;
}

/* Answers one connection with the text. */
struct server {
	int fd;
	const char *text;
};

static void *serve(void *arg)
{
	const struct server *server = arg;
	char request[256];
	int fd = accept(server->fd, NULL, NULL);

	if (read(fd, request, sizeof(request)) > 0)
		(void)!write(fd, server->text, strlen(server->text));
	close(fd);
	return NULL;
}

static bool ask(const char *answer, struct gt_buf *out, struct gt_err *err)
{
	struct server server = {.text = answer};
	pthread_t thread;
	bool ok;

	path_make();
	server.fd = listening();
	ck_assert_int_eq(pthread_create(&thread, NULL, serve, &server), 0);
	ok = gt_admin_get(path, "/status", out, err);
	pthread_join(thread, NULL);
	close(server.fd);
	path_remove();
	return ok;
}

START_TEST(only_the_body_of_a_good_answer_comes_back)
{
	struct gt_buf out;
	struct gt_err err;

	gt_buf_init(&out, 4096);
	ck_assert(ask("HTTP/1.1 200 OK\r\nA: b\r\n\r\n{\"x\":1}", &out, &err));
	ck_str_is(gt_buf_str(&out), "{\"x\":1}");
	gt_buf_clear(&out);
	ck_assert(!ask("HTTP/1.1 403 Forbidden\r\n\r\nforbidden", &out, &err));
	ck_assert_int_eq(err.code, GT_E_ADMIN_ANSWER);
	ck_assert_ptr_nonnull(strstr(gt_err_arg(&err, 2), "403"));
	ck_assert(!ask("SSH-2.0-x\r\n\r\n", &out, &err));
	ck_assert_int_eq(err.code, GT_E_ADMIN_AWAY);
	ck_assert_uint_eq(out.n, 0);
	gt_buf_fini(&out);
}
END_TEST

START_TEST(nobody_there_is_said)
{
	char longer[200];
	struct gt_buf out;
	struct gt_err err;

	gt_buf_init(&out, 4096);
	ck_assert(!gt_admin_get("/nonexistent/guantong.sock", "/status", &out, &err));
	ck_assert_int_eq(err.code, GT_E_ADMIN_AWAY);
	ck_assert_int_eq(err.class, GT_RETRY);
	memset(longer, 'a', sizeof(longer));
	longer[0] = '/';
	longer[199] = '\0';
	ck_assert(!gt_admin_get(longer, "/status", &out, &err));
	ck_assert_int_eq(err.code, GT_E_ADMIN_AWAY);
	gt_buf_fini(&out);
}
END_TEST

/* A socket that somebody listens on is left alone; one that a crash left behind is replaced; a file
 * that is no socket is never removed. */
START_TEST(the_socket_of_a_living_gateway_is_not_taken)
{
	struct gt_err err;
	int fd;

	path_make();
	fd = listening();
	ck_assert_ptr_null(gt_console_start(&(struct gt_console_conf){.path = path}, &err));
	ck_assert_int_eq(err.code, GT_E_ADMIN_TAKEN);
	close(fd);
	struct gt_console *console =
		gt_console_start(&(struct gt_console_conf){.path = path}, &err);
	ck_assert_ptr_nonnull(console);
	gt_console_stop(console);
	ck_assert_int_ne(access(path, F_OK), 0);

	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fclose(file);
	ck_assert_ptr_null(gt_console_start(&(struct gt_console_conf){.path = path}, &err));
	ck_assert_int_eq(err.code, GT_E_ADMIN_SOCKET);
	ck_assert_int_eq(access(path, F_OK), 0);
	path_remove();
}
END_TEST

UNIT_MAIN("console", UNIT_TEST(only_the_body_of_a_good_answer_comes_back),
	UNIT_TEST(nobody_there_is_said), UNIT_TEST(the_socket_of_a_living_gateway_is_not_taken))
