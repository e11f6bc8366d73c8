/* kafka_conf.c: settings of `kafka:`, clients made from them, and errors in plain words. */
#include "gt_assert.h"
#include "io.h"
#include "kafka.h"
#include "log.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define OLDEST 0x020a01ff /* 2.10.1: older ones lose or double records; see gateway/adr */

#define AT(member) offsetof(struct gt_kafka_conf, member)

static const char *const switches[] = {"off", "on", NULL};
static const char *const mechanisms[] = {"none", "plain", "scram-sha-256", "scram-sha-512", NULL};
static const char *const codecs[] = {"none", "lz4", "zstd", NULL};

static const struct gt_option tls_options[] = {
	{.name = "ca",
		.type = GT_OPT_PATH,
		.offset = AT(ca),
		.flags = GT_OPT_MUST_EXIST,
		.en = "certificates of the authority that signed the brokers' (PEM); none: the "
		      "system's",
		.zh = "签发代理证书的 CA 证书（PEM）；不填则用系统自带的"},
	{.name = "certificate",
		.type = GT_OPT_PATH,
		.offset = AT(certificate),
		.flags = GT_OPT_MUST_EXIST,
		.en = "this gateway's certificate (PEM)",
		.zh = "本网关的证书（PEM）"},
	{.name = "key",
		.type = GT_OPT_PATH,
		.offset = AT(key),
		.flags = GT_OPT_MUST_EXIST,
		.en = "private key of the certificate (PEM)",
		.zh = "证书的私钥（PEM）"},
	{.name = "key_password",
		.type = GT_OPT_SECRET,
		.offset = AT(key_password),
		.en = "password of the private key",
		.zh = "私钥口令"},
	{.name = "enabled",
		.type = GT_OPT_CHOICE,
		.offset = AT(tls),
		.fallback = "off",
		.choices = switches,
		.en = "encrypt the connection and verify the brokers",
		.zh = "加密连接并验证代理身份"},
	{.name = NULL}};

static const struct gt_option sasl_options[] = {{.name = "mechanism",
							.type = GT_OPT_CHOICE,
							.offset = AT(sasl),
							.fallback = "none",
							.choices = mechanisms,
							.en = "how to log in",
							.zh = "登录方式"},
	{.name = "username",
		.type = GT_OPT_TEXT,
		.offset = AT(username),
		.en = "user name",
		.zh = "用户名"},
	{.name = "password",
		.type = GT_OPT_SECRET,
		.offset = AT(password),
		.en = "password",
		.zh = "口令"},
	{.name = NULL}};

const struct gt_option gt_kafka_options[] = {{.name = "brokers",
						     .type = GT_OPT_TEXTS,
						     .offset = AT(brokers),
						     .flags = GT_OPT_REQUIRED,
						     .en = "addresses to begin with, HOST:PORT",
						     .zh = "起始代理地址，主机:端口"},
	{.name = "tls",
		.type = GT_OPT_GROUP,
		.group = tls_options,
		.en = "encryption; on as soon as one of its files is given",
		.zh = "加密；填写其中任一文件即启用"},
	{.name = "sasl", .type = GT_OPT_GROUP, .group = sasl_options, .en = "login", .zh = "登录"},
	{.name = "transaction_timeout",
		.type = GT_OPT_DURATION,
		.offset = AT(transaction_timeout_ms),
		.min = 10000,
		.max = 900000,
		.fallback = "60 s",
		.en = "how long a commit may take before Kafka gives it up",
		.zh = "一次提交最长时间，超过后 Kafka 放弃该事务"},
	{.name = "max_message",
		.type = GT_OPT_BYTES,
		.offset = AT(max_message_bytes),
		.min = 65536,
		.max = 64 << 20,
		.fallback = "1000000",
		.unit = "B",
		.en = "largest batch of messages in one request; at most message.max.bytes of the "
		      "brokers",
		.zh = "一次请求中消息批的最大字节数；不超过代理的 message.max.bytes"},
	{.name = "linger",
		.type = GT_OPT_DURATION,
		.offset = AT(linger_ms),
		.min = 1,
		.max = 10000,
		.fallback = "1 s",
		.en = "how long a batch that is not full may wait within a commit (a commit's end "
		      "sends it at once)",
		.zh = "提交过程中未满的消息批最多等待多久（提交结束时立即发送）"},
	{.name = "compression",
		.type = GT_OPT_CHOICE,
		.offset = AT(compression),
		.fallback = "lz4",
		.choices = codecs,
		.en = "compression of messages; zstd for thin lines",
		.zh = "消息压缩方式；线路较慢时用 zstd"},
	{.name = "create_topics",
		.type = GT_OPT_BOOL,
		.offset = AT(create_topics),
		.fallback = "true",
		.en = "create missing topics where the brokers allow it",
		.zh = "在代理允许时创建缺少的主题"},
	{.name = "replication",
		.type = GT_OPT_INT,
		.offset = AT(replication),
		.min = -1,
		.max = 9,
		.fallback = "-1",
		.en = "copies of topics that the gateway creates; -1 = the brokers' default",
		.zh = "网关所建主题的副本数；-1 表示用代理的缺省值"},
	{.name = "slots",
		.type = GT_OPT_INT,
		.offset = AT(slots),
		.min = 1,
		.max = 64,
		.fallback = "4",
		.en = "commit groups = partitions of the state topic when it is created; fixed for "
		      "ever",
		.zh = "提交分组数，即创建状态主题时的分区数；以后不可更改"},
	{.name = NULL}};

int64_t gt_kafka_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int gt_kafka_left_ms(int64_t until, int most)
{
	int64_t left = until - gt_kafka_now_ms();

	return left <= 0 ? 0 : left < most ? (int)left : most;
}

/* ---- callbacks ---- */

/* Any thread of librdkafka's. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	gt_log_say(level <= 4 ? GT_LOG_WARNING : GT_LOG_DEBUG, GT_LIT(""), GT_E_KAFKA_LOG,
		GT_TEXT("%s: %.200s", facility, text));
}

static int telling(rd_kafka_resp_err_t err)
{
	switch (err) {
	case RD_KAFKA_RESP_ERR__SSL:
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
		return 3;
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
		return 1; /* says less than the connection's own error */
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		return 0;
	default:
		return 2;
	}
}

static void on_error(rd_kafka_t *rk, int code, const char *text, void *opaque)
{
	struct gt_heard *heard = opaque;
	rd_kafka_resp_err_t err = (rd_kafka_resp_err_t)code;

	(void)rk;
	if (err == RD_KAFKA_RESP_ERR__TRANSPORT || err == RD_KAFKA_RESP_ERR__TIMED_OUT ||
		err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
		heard->transport = true;
	if (telling(err) >= telling(heard->err)) {
		heard->err = err;
		snprintf(heard->text, sizeof heard->text, "%s", text);
	}
}

/* ---- settings ---- */

bool gt_kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct gt_err *err)
{
	char why[512];

	if (rd_kafka_conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK)
		return true;
	return gt_fail(err, GT_E_KAFKA_SETTING, why);
}

static bool set_text(
	rd_kafka_conf_t *conf, const char *name, struct gt_str value, struct gt_err *err)
{
	char *text;
	bool ok;

	if (value.n == 0)
		return true;
	text = gt_strdup(value);
	ok = gt_kafka_set(conf, name, text, err);
	explicit_bzero(text, value.n);
	free(text);
	return ok;
}

static bool set_pairs(rd_kafka_conf_t *conf, const char *const *pairs, struct gt_err *err)
{
	for (; pairs[0] != NULL; pairs += 2)
		if (!gt_kafka_set(conf, pairs[0], pairs[1], err))
			return false;
	return true;
}

static bool set_security(
	rd_kafka_conf_t *conf, const struct gt_kafka_conf *from, struct gt_err *err)
{
	static const char *const words[] = {NULL, "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
	bool tls = from->tls != 0 || from->ca.n > 0 || from->certificate.n > 0 || from->key.n > 0;
	const char *protocol = from->sasl == 0 ? (tls ? "ssl" : "plaintext")
					       : (tls ? "sasl_ssl" : "sasl_plaintext");

	if (!gt_kafka_set(conf, "security.protocol", protocol, err))
		return false;
	if (tls && !(gt_kafka_set(conf, "ssl.endpoint.identification.algorithm", "https", err) &&
			   set_text(conf, "ssl.ca.location", from->ca, err) &&
			   set_text(conf, "ssl.certificate.location", from->certificate, err) &&
			   set_text(conf, "ssl.key.location", from->key, err) &&
			   set_text(conf, "ssl.key.password", from->key_password, err)))
		return false;
	return from->sasl == 0 || (gt_kafka_set(conf, "sasl.mechanism", words[from->sasl], err) &&
					  set_text(conf, "sasl.username", from->username, err) &&
					  set_text(conf, "sasl.password", from->password, err));
}

static bool set_common(struct gt_kafka *kafka, const struct gt_kafka_conf *from, struct gt_err *err)
{
	static const char *const pairs[] = {"socket.timeout.ms", "10000", "socket.keepalive.enable",
		"true", "reconnect.backoff.ms", "100", "reconnect.backoff.max.ms", "5000",
		"log.connection.close", "false", "enable.metrics.push", "false", NULL, NULL};
	struct gt_buf brokers;
	bool ok;

	gt_buf_init(&brokers, 16384);
	for (size_t i = 0; i < from->brokers.n; i++) {
		gt_buf_adds(&brokers, i > 0 ? "," : "");
		gt_buf_add(&brokers, from->brokers.v[i]);
	}
	kafka->brokers = gt_strdup(gt_buf_str(&brokers));
	gt_buf_fini(&brokers);
	ok = gt_kafka_set(kafka->common, "bootstrap.servers", kafka->brokers, err) &&
	     gt_kafka_set(kafka->common, "client.id", kafka->id, err) &&
	     set_pairs(kafka->common, pairs, err) && set_security(kafka->common, from, err);
	rd_kafka_conf_set_log_cb(kafka->common, on_log);
	rd_kafka_conf_set_error_cb(kafka->common, on_error);
	return ok;
}

static void kafka_free(struct gt_publisher *publisher)
{
	struct gt_kafka *kafka = gt_kafka_of(publisher);

	rd_kafka_conf_destroy(kafka->common);
	free(kafka->id);
	free(kafka->brokers);
	free(kafka);
}

static const struct gt_publisher_ops ops = {"kafka", gt_kafka_open, gt_kafka_commit, gt_kafka_close,
	gt_kafka_read, gt_kafka_topics, gt_kafka_identity, kafka_free};

static bool new_enough(int version, struct gt_err *err)
{
	if (version >= OLDEST)
		return true;
	return gt_fail(err, GT_E_KAFKA_OLD, rd_kafka_version_str(), "2.10.1");
}

struct gt_publisher *gt_publisher_kafka(
	const struct gt_kafka_conf *conf, struct gt_str id, struct gt_err *err)
{
	struct gt_kafka *kafka;

	if (!new_enough(rd_kafka_version(), err))
		return NULL;
	kafka = gt_alloc(sizeof *kafka);
	kafka->base.ops = &ops;
	kafka->common = rd_kafka_conf_new();
	kafka->id = gt_strdup(id);
	kafka->transaction_timeout_ms = (int)conf->transaction_timeout_ms;
	kafka->linger_ms = (int)conf->linger_ms;
	kafka->max_message_bytes = (int)conf->max_message_bytes;
	kafka->replication = (int)conf->replication;
	kafka->compression = codecs[conf->compression];
	if (!set_common(kafka, conf, err)) {
		kafka_free(&kafka->base);
		return NULL;
	}
	return &kafka->base;
}

rd_kafka_t *gt_kafka_client(const struct gt_kafka *kafka, rd_kafka_type_t type,
	rd_kafka_conf_t *conf, struct gt_heard *heard, struct gt_err *err)
{
	char why[512];
	rd_kafka_t *rk;

	if (conf == NULL)
		conf = rd_kafka_conf_dup(kafka->common);
	rd_kafka_conf_set_opaque(conf, heard);
	rk = rd_kafka_new(type, conf, why, sizeof why);
	if (rk == NULL) {
		rd_kafka_conf_destroy(conf);
		gt_fail(err, GT_E_KAFKA_SETTING, why);
	}
	return rk;
}

/* ---- errors ---- */

bool gt_kafka_fail_away(const struct gt_heard *heard, const char *otherwise, struct gt_err *err)
{
	const char *text = heard->err != RD_KAFKA_RESP_ERR_NO_ERROR ? heard->text : otherwise;

	/* A broker that hangs up on our first TLS bytes speaks none: that comes as a lost
	 * connection. */
	if (heard->err == RD_KAFKA_RESP_ERR__SSL || strstr(text, "SSL_HANDSHAKE") != NULL)
		return gt_fail(err, GT_E_KAFKA_TLS, text);
	if (heard->err == RD_KAFKA_RESP_ERR__AUTHENTICATION)
		return gt_fail(err, GT_E_KAFKA_LOGIN, text);
	return gt_fail(err, GT_E_KAFKA_AWAY, text);
}

bool gt_kafka_is_right(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
	       code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
	       code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
	       code == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
}

bool gt_kafka_fail_code(rd_kafka_resp_err_t code, const char *text, const char *right,
	const char *what, const char *name, const struct gt_heard *heard, struct gt_err *err)
{
	if (gt_kafka_is_right(code))
		return gt_fail(err, GT_E_KAFKA_RIGHT, right, what, name);
	switch (code) {
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		return gt_fail(err, GT_E_KAFKA_TOPIC_MISSING, name);
	case RD_KAFKA_RESP_ERR__FENCED:
	case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
	case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
		return gt_fail(err, GT_E_KAFKA_FENCED, name);
	case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
	case RD_KAFKA_RESP_ERR__INVALID_ARG:
		return gt_fail(err, GT_E_KAFKA_SETTING, text);
	case RD_KAFKA_RESP_ERR__SSL:
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
	case RD_KAFKA_RESP_ERR__TRANSPORT:
	case RD_KAFKA_RESP_ERR__RESOLVE:
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
	case RD_KAFKA_RESP_ERR__TIMED_OUT:
		return gt_kafka_fail_away(heard, text, err);
	default:
		return gt_fail(err, GT_E_KAFKA_TX_FAILED, text);
	}
}
