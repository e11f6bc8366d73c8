"""Back ends that speak as well-known products do, with the traps that a puller meets there.

Every dialect is a small HTTP server over the same table. It follows what the products' sources show:
names, codes, envelopes, paging, logins, date layouts. What it was asked and which traps were sprung
is counted, so that a test can show that it did meet them. Credentials are checked, tokens die.
"""
import collections
import datetime
import hashlib
import http.server
import json
import threading
import urllib.parse

EAST8 = datetime.timezone(datetime.timedelta(hours=8))
ACCOUNT, PASSWORD = "exchange", "口令 p@ss&1"


class Table:
    """Meter readings. `updated` moves with every change; some rows never had one (NULL)."""

    def __init__(self, count, start=datetime.datetime(2024, 3, 27, 8, 0, tzinfo=EAST8)):
        self.lock, self.rows, self.start = threading.Lock(), [], start
        self.add(count)

    def add(self, count, moment=None):
        with self.lock:
            for _ in range(count):
                n = len(self.rows) + 1
                self.rows.append({"n": n, "id": 7020181217000000000 + n, "value": f"{n}.50",
                                  "time": moment or self.start + datetime.timedelta(seconds=n)})

    def change(self, n, value, moment):
        with self.lock:
            self.rows[n - 1].update(value=value, time=moment)

    def all(self):
        with self.lock:
            return [dict(row) for row in self.rows]


def local(moment):
    return moment.astimezone(EAST8).strftime("%Y-%m-%d %H:%M:%S")


def parse_local(text):
    return datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=EAST8)


class Dialect:
    """A server of one dialect. Subclasses answer by login(), listing() and refuse()."""

    token_uses = 7  # a token dies after so many requests
    page_default, page_most = 10, None

    def __init__(self, table):
        self.table, self.sprung = table, collections.Counter()
        self.tokens, self.lock = {}, threading.Lock()
        dialect = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_any(self):
                path, _, query = self.path.partition("?")
                length = int(self.headers.get("Content-Length") or 0)
                sent = self.rfile.read(length)
                query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
                try:
                    status, body = dialect.answer(self.command, path, query, sent, self.headers)
                except Exception as error:  # pylint: disable=broad-except
                    status, body = 500, {"error": repr(error)}
                    dialect.sprung["server error"] += 1
                body = json.dumps(body, ensure_ascii=False).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json;charset=UTF-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            do_GET = do_POST = do_PUT = handle_any

        http.server.ThreadingHTTPServer.daemon_threads = True
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    # --- what the dialects share ---------------------------------------------------------------

    def new_token(self):
        with self.lock:
            self.sprung["login"] += 1
            token = hashlib.sha256(f"{id(self)}{self.sprung['login']}".encode()).hexdigest()
            self.tokens = {token: self.token_uses}
            return token

    def token_lives(self, token):
        with self.lock:
            left = self.tokens.get(token, 0)
            if left <= 0:
                self.sprung["token died" if token in self.tokens else "no token"] += 1
                return False
            self.tokens[token] = left - 1
            return True

    def cut(self, rows, number, size, reasonable=False):
        """Page `number` from 1. A `reasonable` server shows its last page again behind the end."""
        pages = max(1, -(-len(rows) // size))
        if number > pages:
            self.sprung["behind the last page"] += 1
            if not reasonable:
                return []
            number = pages
        return rows[(number - 1) * size:number * size]

    def answer(self, method, path, query, sent, headers):
        self.sprung["asked"] += 1
        if path == self.login_path:
            return self.login(method, query, sent, headers)
        if not self.token_lives(self.token_of(headers)):
            return self.refuse()
        if path != self.list_path:
            return self.missing(path)
        return self.listing(query, sent)

    login_path, list_path = "/login", "/energy/reading/list"

    def token_of(self, headers):
        return headers.get("Authorization", "").removeprefix("Bearer ")

    def missing(self, path):
        return 200, {"code": 404, "msg": f"路径不存在，请检查路径是否正确: {path}"}

    def refuse(self):
        return 200, {"code": 401, "msg": "请求访问：/energy/reading/list，认证失败，无法访问系统资源"}


class RuoYi(Dialect):
    """HTTP 200 to everything; pageNum from 1; the last page again behind the end; 10 rows unless
    asked for more; params[beginTime] and params[endTime] filter."""

    def login(self, method, query, sent, headers):
        sent = json.loads(sent)
        if method != "POST" or (sent.get("username"), sent.get("password")) != (ACCOUNT, PASSWORD):
            return 200, {"code": 500, "msg": "用户不存在/密码错误"}
        return 200, {"msg": "操作成功", "code": 200, "token": self.new_token()}

    @staticmethod
    def row(row):
        return {"createBy": "admin", "createTime": local(row["time"]), "remark": None,
                "id": row["id"], "meterNo": f"M{row['n']:06d}", "readTime": local(row["time"]),
                "updateTime": local(row["time"]), "reading": float(row["value"]), "params": {}}

    def rows(self, query):
        rows = self.table.all()
        begin, end = query.get("params[beginTime]"), query.get("params[endTime]")
        if begin:
            self.sprung["filtered"] += 1
            rows = [r for r in rows if local(r["time"]) >= begin]
        if end:
            rows = [r for r in rows if local(r["time"]) <= end]
        return rows

    reasonable = True

    def listing(self, query, sent):
        if "pageSize" not in query:
            self.sprung["no page size"] += 1
        size = int(query.get("pageSize") or self.page_default)
        rows = self.rows(query)
        page = self.cut(rows, int(query.get("pageNum", 1)), size, self.reasonable)
        return 200, {"total": len(rows), "rows": [self.row(r) for r in page], "code": 200,
                     "msg": "查询成功"}


class RuoYiPlus(RuoYi):
    """RuoYi-Vue-Plus: the token lies in data; without pageSize everything comes; a client id."""

    page_default, reasonable = 2**31 - 1, False

    def login(self, method, query, sent, headers):
        sent = json.loads(sent)
        if (sent.get("username"), sent.get("password")) != (ACCOUNT, PASSWORD):
            return 200, {"code": 500, "msg": "密码输入错误1次", "data": None}
        return 200, {"code": 200, "msg": "操作成功", "data": {"token": self.new_token()}}


class Yudao(Dialect):
    """code 0; data: {list, total}; at most 200 rows a page; epoch milliseconds; numbers beyond 2^53
    come as strings; a tenant; a refresh token that lives longer than the access token."""

    login_path, list_path = "/admin-api/system/auth/login", "/admin-api/energy/reading/page"
    refresh_path = "/admin-api/system/auth/refresh-token"
    page_most = 200

    def tokens_answer(self):
        self.refresh = "r" + self.new_token()
        token = next(iter(self.tokens))
        expires = datetime.datetime.now(EAST8) + datetime.timedelta(minutes=30)
        return 200, {"code": 0, "msg": "", "data": {
            "userId": 1, "accessToken": token, "refreshToken": self.refresh,
            "expiresTime": int(expires.timestamp() * 1000)}}

    def login(self, method, query, sent, headers):
        sent = json.loads(sent)
        if headers.get("tenant-id") != "1":
            return 200, {"code": 400, "msg": "请求的租户标识未传递，请进行排查", "data": None}
        if (sent.get("username"), sent.get("password")) != (ACCOUNT, PASSWORD):
            return 200, {"code": 1002000000, "msg": "登录失败，账号密码不正确", "data": None}
        return self.tokens_answer()

    def answer(self, method, path, query, sent, headers):
        if path == self.refresh_path:
            self.sprung["refresh"] += 1
            if query.get("refreshToken") != getattr(self, "refresh", None):
                return 200, {"code": 401, "msg": "无效的刷新令牌", "data": None}
            return self.tokens_answer()
        if headers.get("tenant-id") != "1":
            self.sprung["no tenant"] += 1
            return 200, {"code": 400, "msg": "请求的租户标识未传递，请进行排查", "data": None}
        return super().answer(method, path, query, sent, headers)

    def refuse(self):
        return 200, {"code": 401, "msg": "账号未登录", "data": None}

    @staticmethod
    def number(n):
        return str(n) if abs(n) > 2**53 - 1 else n

    def row(self, row):
        small = row["n"] % 2  # the type of one field changes from row to row
        millis = int(row["time"].timestamp() * 1000)
        return {"id": self.number(row["n"] if small else row["id"]), "meterNo": f"M{row['n']:06d}",
                "readTime": millis, "createTime": millis, "updateTime": millis,
                "reading": float(row["value"])}

    def listing(self, query, sent):
        size = int(query.get("pageSize", self.page_default))
        if size > self.page_most:
            self.sprung["page too large"] += 1
            return 200, {"code": 400, "msg": "请求参数不正确:每页条数最大值为 200", "data": None}
        rows = self.table.all()
        begin, end = query.get("updateTime[0]"), query.get("updateTime[1]")
        if begin:
            self.sprung["filtered"] += 1
            rows = [r for r in rows if local(r["time"]) >= begin]
        if end:
            rows = [r for r in rows if local(r["time"]) <= end]
        page = self.cut(rows, int(query.get("pageNo", 1)), size)
        return 200, {"code": 0, "msg": "", "data": {"list": [self.row(r) for r in page],
                                                    "total": len(rows)}}


class Jeecg(Dialect):
    """success true and code 200 (code 0 in older ones); result is a MyBatis-Plus page; a dead token
    is HTTP 401."""

    login_path, list_path = "/jeecg-boot/sys/login", "/jeecg-boot/energy/reading/list"

    def token_of(self, headers):
        return headers.get("X-Access-Token", "")

    def login(self, method, query, sent, headers):
        sent = json.loads(sent)
        if (sent.get("username"), sent.get("password")) != (ACCOUNT, PASSWORD):
            return 200, {"success": False, "message": "用户名或密码错误", "code": 500,
                         "result": None, "timestamp": 0}
        return 200, {"success": True, "message": "登录成功", "code": 200,
                     "result": {"token": self.new_token(), "userInfo": {"username": ACCOUNT}},
                     "timestamp": 0}

    def refuse(self):
        return 401, {"success": False, "message": "Token失效，请重新登录!", "code": 401,
                     "result": None, "timestamp": 0}

    def missing(self, path):
        return 404, {"success": False, "message": "路径不存在，请检查路径", "code": 404, "result": None}

    @staticmethod
    def row(row):
        return {"id": str(row["id"]), "createTime": local(row["time"]), "updateBy": None,
                "updateTime": local(row["time"]) if row["n"] % 5 else None,
                "meterNo": f"M{row['n']:06d}", "readTime": local(row["time"]),
                "reading": row["value"], "sysOrgCode": "A01"}

    def listing(self, query, sent):
        size = int(query.get("pageSize", self.page_default))
        rows = self.table.all()
        begin, end = query.get("updateTime_begin"), query.get("updateTime_end")
        if begin:
            self.sprung["filtered"] += 1
            rows = [r for r in rows if local(r["time"]) >= begin]
        if end:
            rows = [r for r in rows if local(r["time"]) <= end]
        number = int(query.get("pageNo", 1))
        page = self.cut(rows, number, size)
        return 200, {"success": True, "message": "", "code": 0 if number % 2 else 200,
                     "timestamp": 0, "result": {
                         "records": [self.row(r) for r in page], "total": len(rows), "size": size,
                         "current": number, "orders": [], "pages": -(-len(rows) // size)}}


class JshErp(Dialect):
    """The password as MD5; `search` is a JSON text in a query parameter; the last page again behind
    the end; a dead token is HTTP 500 with a word."""

    login_path, list_path = "/jshERP-boot/user/login", "/jshERP-boot/energy/list"

    def token_of(self, headers):
        return headers.get("X-Access-Token", "")

    def login(self, method, query, sent, headers):
        sent = json.loads(sent)
        digest = hashlib.md5(PASSWORD.encode()).hexdigest()
        if sent.get("loginName") != ACCOUNT or sent.get("password") != digest:
            return 200, {"code": 200, "data": {"msgTip": "user password error"}}
        return 200, {"code": 200, "data": {"msgTip": "user can login", "token": self.new_token()}}

    def refuse(self):
        return 500, "loginOut"

    def missing(self, path):
        return 404, {"code": 404, "data": path}

    @staticmethod
    def row(row):
        return {"id": row["id"], "meterNo": f"M{row['n']:06d}", "readTime": local(row["time"]),
                "reading": row["value"], "deleteFlag": "0"}

    def listing(self, query, sent):
        search = json.loads(query["search"])
        if search.get("organ") != "1":
            return 200, {"code": 500, "data": "查询条件缺失"}
        self.sprung["searched"] += 1
        rows = self.table.all()
        page = self.cut(rows, int(query.get("currentPage", 1)),
                        int(query.get("pageSize", self.page_default)), reasonable=True)
        return 200, {"code": 200, "data": {"rows": [self.row(r) for r in page],
                                           "total": len(rows)}}


class MyBatisPlus(Dialect):
    """A bare page: {records, total, size, current, pages}; the size is capped at 50."""

    list_path = "/api/energy/readings"

    def answer(self, method, path, query, sent, headers):
        self.sprung["asked"] += 1
        if path != self.list_path:
            return 404, {"timestamp": 0, "status": 404, "error": "Not Found", "path": path}
        size = int(query.get("size", self.page_default))
        if size > 50:
            self.sprung["size capped"] += 1
            size = 50
        rows, number = self.table.all(), int(query.get("current", 1))
        page = self.cut(rows, number, size)
        return 200, {"records": [RuoYi.row(r) for r in page], "total": len(rows), "size": size,
                     "current": number, "orders": [], "optimizeCountSql": True, "searchCount": True,
                     "countId": None, "maxLimit": 50, "pages": -(-len(rows) // size)}


class MyEms(Dialect):
    """PUT for the login, {"data": {…}}; two headers bear the session; bare arrays without paging;
    a dead session is HTTP 404 with a title, as failures are."""

    login_path, list_path = "/users/login", "/meterreadings"

    def login(self, method, query, sent, headers):
        data = json.loads(sent)["data"]
        if method != "PUT" or data.get("name") != ACCOUNT:
            return 404, {"title": "API.NOT_FOUND", "description": "API.USER_NOT_FOUND"}
        if data.get("password") != PASSWORD:
            return 400, {"title": "API.BAD_REQUEST", "description": "API.INVALID_PASSWORD"}
        return 200, {"id": 1, "uuid": "dcdb67d1-6116-4987-916f-6fc6cf2bc0e4", "name": ACCOUNT,
                     "token": self.new_token()}

    def token_of(self, headers):
        if headers.get("USER-UUID") != "dcdb67d1-6116-4987-916f-6fc6cf2bc0e4":
            self.sprung["no uuid"] += 1
            return ""
        return headers.get("TOKEN", "")

    def refuse(self):
        return 404, {"title": "API.NOT_FOUND", "description": "API.USER_SESSION_TIMEOUT"}

    def missing(self, path):
        return 404, {"title": "404 Not Found"}

    @staticmethod
    def row(row):
        return {"id": row["n"], "uuid": "same-for-all", "meter_no": f"M{row['n']:06d}",
                "start_datetime_local": row["time"].astimezone(EAST8).strftime("%Y-%m-%dT%H:%M:%S"),
                "actual_value": float(row["value"])}

    def listing(self, query, sent):
        return 200, [self.row(r) for r in self.table.all()]
