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
import sys
import threading
import urllib.parse

EAST8 = datetime.timezone(datetime.timedelta(hours=8))
ACCOUNT, PASSWORD = "exchange", "口令 p@ss&1"


class Table:
    """Meter readings. A row that was never edited has no `updated`, as in most of these products."""

    def __init__(self, count, start=datetime.datetime(2024, 3, 27, 8, 0, tzinfo=EAST8)):
        self.lock, self.rows, self.last, self.start = threading.Lock(), [], 0, start
        self.add(count)

    def add(self, count):
        with self.lock:
            for _ in range(count):
                self.last += 1
                n, moment = self.last, self.start + datetime.timedelta(seconds=self.last)
                self.rows.append({"n": n, "id": 7020181217000000000 + n, "value": f"{n}.50",
                                  "created": moment, "updated": None})

    def change(self, n, value):
        """Edited after all that was created so far."""
        with self.lock:
            row = next(row for row in self.rows if row["n"] == n)
            row.update(value=value, updated=self.start + datetime.timedelta(seconds=self.last + 1))

    def remove_last(self, count):
        """Deleted logically: a list no longer shows them."""
        with self.lock:
            del self.rows[-count:]

    def all(self):
        with self.lock:
            return [dict(row) for row in self.rows]


def mark(row):
    """By this a row is found again, whatever the dialect makes of it."""
    return f"M{row['n']:06d}"


def local(moment):
    return moment and moment.astimezone(EAST8).strftime("%Y-%m-%d %H:%M:%S")


def parse_local(text):
    return datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=EAST8)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that was killed is no news here."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Dialect:
    """A server of one dialect. Subclasses answer by login(), listing() and refuse().

    `before_page(number)`, if a test sets it, is called when a page was asked for and before it is
    looked up. `sprung` counts what happened; see the names there."""

    token_uses = 4  # a token dies after so many requests
    page_default, page_most = 10, None
    login_tries = 5  # then the account is locked

    def __init__(self, table):
        self.table, self.sprung, self.before_page = table, collections.Counter(), None
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
                plain = isinstance(body, str)
                body = (body if plain else json.dumps(body, ensure_ascii=False)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/plain;charset=UTF-8" if plain else
                                 "application/json;charset=UTF-8")
                if 300 <= status < 400:
                    self.send_header("Location", dialect.login_page)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            do_GET = do_POST = do_PUT = handle_any

        self.server = Server(("127.0.0.1", 0), Handler)
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

    def wrong(self, right):
        """A wrong password counts, and locks the account in the end."""
        if not right:
            self.sprung["refused login"] += 1
            self.sprung["locked"] += self.sprung["refused login"] == self.login_tries
        return not right

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
        self.sprung["page"] += 1
        pages = max(1, -(-len(rows) // size))
        self.page_rows, self.last_page = size, pages
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
            self.sprung["token died in mid-pull"] += int(query.get(self.page_name, 1)) > 1
            return self.refuse()
        if path != self.list_path:
            return self.missing(path)
        if self.before_page:
            self.before_page(int(query.get(self.page_name, 1)))
        return self.listing(query, sent)

    login_path, list_path, login_page = "/login", "/energy/reading/list", "/login.html"
    page_name, size_name = "pageNum", "pageSize"

    def size(self, query):
        self.sprung["no page size"] += self.size_name not in query
        return int(query.get(self.size_name) or self.page_default)

    def created_between(self, rows, begin, end):
        """What most generated lists filter by; changes of old rows are not among what is left."""
        if begin:
            self.sprung["filtered"] += 1
            rows = [r for r in rows if local(r["created"]) >= begin]
        return [r for r in rows if not end or local(r["created"]) <= end]

    def token_of(self, headers):
        return headers.get("Authorization", "").removeprefix("Bearer ")

    def missing(self, path):
        return 200, {"code": 404, "msg": f"路径不存在，请检查路径是否正确: {path}"}

    def refuse(self):
        return 200, {"code": 401, "msg": "请求访问：/energy/reading/list，认证失败，无法访问系统资源"}


class RuoYi(Dialect):
    """HTTP 200 to everything; pageNum from 1; the last page again behind the end; 10 rows unless
    asked for more; params[beginTime] and params[endTime] filter by the time of creation."""

    reasonable = True

    def login(self, method, query, sent, headers):
        sent = json.loads(sent)
        if self.wrong(method == "POST" and
                      (sent.get("username"), sent.get("password")) == (ACCOUNT, PASSWORD)):
            return 200, {"code": 500, "msg": "用户不存在/密码错误"}
        return 200, {"msg": "操作成功", "code": 200, "token": self.new_token()}

    @staticmethod
    def row(row):
        return {"createBy": "admin", "createTime": local(row["created"]), "remark": None,
                "id": row["id"], "meterNo": mark(row), "readTime": local(row["created"]),
                "updateTime": local(row["updated"]), "reading": float(row["value"]), "params": {}}

    def listing(self, query, sent):
        rows = self.created_between(self.table.all(), query.get("params[beginTime]"),
                                    query.get("params[endTime]"))
        page = self.cut(rows, int(query.get("pageNum", 1)), self.size(query), self.reasonable)
        return 200, {"total": len(rows), "rows": [self.row(r) for r in page], "code": 200,
                     "msg": "查询成功"}


class RuoYiPlus(RuoYi):
    """RuoYi-Vue-Plus: the token lies in data; without pageSize everything comes; an empty page
    behind the end."""

    page_default, reasonable = 2**31 - 1, False

    def login(self, method, query, sent, headers):
        sent = json.loads(sent)
        if self.wrong((sent.get("username"), sent.get("password")) == (ACCOUNT, PASSWORD)):
            return 200, {"code": 500, "msg": "密码输入错误1次", "data": None}
        return 200, {"code": 200, "msg": "操作成功", "data": {"token": self.new_token()}}


class Yudao(Dialect):
    """code 0; data: {list, total}; at most 200 rows a page; epoch milliseconds; numbers beyond 2^53
    come as strings; a tenant; a refresh token that lives longer than the access token and is good
    for so many renewals; now and then too many requests, told by code 429 inside an HTTP 200."""

    login_path, list_path = "/admin-api/system/auth/login", "/admin-api/energy/reading/page"
    refresh_path = "/admin-api/system/auth/refresh-token"
    page_name, page_most = "pageNo", 200
    renewals, busy_every = 2, 5

    def tokens_answer(self):
        token = self.new_token()
        self.refresh = "r" + token
        expires = datetime.datetime.now(EAST8) + datetime.timedelta(minutes=30)
        return 200, {"code": 0, "msg": "", "data": {
            "userId": 1, "accessToken": token, "refreshToken": self.refresh,
            "expiresTime": int(expires.timestamp() * 1000)}}

    def login(self, method, query, sent, headers):
        sent = json.loads(sent)
        if headers.get("tenant-id") != "1":
            return 200, {"code": 400, "msg": "请求的租户标识未传递，请进行排查", "data": None}
        if self.wrong((sent.get("username"), sent.get("password")) == (ACCOUNT, PASSWORD)):
            return 200, {"code": 1002000000, "msg": "登录失败，账号密码不正确", "data": None}
        self.left = self.renewals
        return self.tokens_answer()

    def answer(self, method, path, query, sent, headers):
        if path == self.refresh_path:
            if query.get("refreshToken") != getattr(self, "refresh", None) or not self.left:
                self.sprung["refresh refused"] += 1
                return 200, {"code": 401, "msg": "无效的刷新令牌", "data": None}
            self.left -= 1
            self.sprung["refresh"] += 1
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
        millis = int(row["created"].timestamp() * 1000)
        return {"id": self.number(row["n"] if small else row["id"]), "meterNo": mark(row),
                "readTime": millis, "createTime": millis, "reading": float(row["value"]),
                "updateTime": int((row["updated"] or row["created"]).timestamp() * 1000)}

    def listing(self, query, sent):
        size = self.size(query)
        if size > self.page_most or size < 1:
            self.sprung["page too large"] += 1
            return 200, {"code": 400, "msg": "请求参数不正确:每页条数最大值为 200", "data": None}
        self.asked_lists = getattr(self, "asked_lists", 0) + 1
        if self.asked_lists % self.busy_every == 0:
            self.sprung["too many requests"] += 1
            return 200, {"code": 429, "msg": "请求过于频繁，请稍后重试", "data": None}
        rows = self.created_between(self.table.all(), query.get("createTime[0]"),
                                    query.get("createTime[1]"))
        page = self.cut(rows, int(query.get("pageNo", 1)), size)
        return 200, {"code": 0, "msg": "", "data": {"list": [self.row(r) for r in page],
                                                    "total": len(rows)}}


class Jeecg(Dialect):
    """success true and code 200 (code 0 in older ones); result is a MyBatis-Plus page; a login needs
    the field captcha, if empty; a dead token is HTTP 401, or 500 with a sentence in older ones; any
    field filters by _begin and _end, and rows without a value there are not among what is left."""

    login_path, list_path = "/jeecg-boot/sys/login", "/jeecg-boot/energy/reading/list"
    page_name = "pageNo"

    def token_of(self, headers):
        return headers.get("X-Access-Token", "")

    def login(self, method, query, sent, headers):
        sent = json.loads(sent)
        if "captcha" not in sent:
            return 200, {"success": False, "message": "验证码无效", "code": 412, "result": None}
        if self.wrong((sent.get("username"), sent.get("password")) == (ACCOUNT, PASSWORD)):
            return 200, {"success": False, "message": "用户名或密码错误", "code": 500,
                         "result": None, "timestamp": 0}
        return 200, {"success": True, "message": "登录成功", "code": 200,
                     "result": {"token": self.new_token(), "userInfo": {"username": ACCOUNT}},
                     "timestamp": 0}

    def refuse(self):
        self.deaths = getattr(self, "deaths", 0) + 1
        if self.deaths % 2 == 0:
            return 500, {"timestamp": 0, "status": 500, "error": "Internal Server Error",
                         "message": "Token失效，请重新登录", "path": self.list_path}
        return 401, {"success": False, "message": "Token失效，请重新登录!", "code": 401,
                     "result": None, "timestamp": 0}

    def missing(self, path):
        return 404, {"success": False, "message": "路径不存在，请检查路径", "code": 404, "result": None}

    @staticmethod
    def row(row):
        return {"id": str(row["id"]), "createTime": local(row["created"]), "updateBy": None,
                "updateTime": local(row["updated"]), "meterNo": mark(row),
                "readTime": local(row["created"]), "reading": row["value"], "sysOrgCode": "A01"}

    def listing(self, query, sent):
        rows, size, number = self.table.all(), self.size(query), int(query.get("pageNo", 1))
        rows = self.created_between(rows, query.get("createTime_begin"), query.get("createTime_end"))
        if "updateTime_begin" in query:
            self.sprung["rows never edited hidden"] += 1
            rows = [r for r in rows if r["updated"] and
                    local(r["updated"]) >= query["updateTime_begin"]]
        page = self.cut(rows, number, size)
        return 200, {"success": True, "message": "", "code": 0 if number % 2 else 200,
                     "timestamp": 0, "result": {
                         "records": [self.row(r) for r in page], "total": len(rows), "size": size,
                         "current": number, "orders": [], "pages": -(-len(rows) // size)}}


class JshErp(Dialect):
    """The password as MD5; `search` is a JSON text in a query parameter; the last page again behind
    the end; a dead token is HTTP 500 with a word that is no JSON, or, in older ones, a redirect to
    the login page; a wrong password is a success with a word."""

    login_path, list_path = "/jshERP-boot/user/login", "/jshERP-boot/energy/list"
    page_name = "currentPage"

    def token_of(self, headers):
        return headers.get("X-Access-Token", "")

    def login(self, method, query, sent, headers):
        sent = json.loads(sent)
        digest = hashlib.md5(PASSWORD.encode()).hexdigest()
        if self.wrong(sent.get("loginName") == ACCOUNT and sent.get("password") == digest):
            return 200, {"code": 200, "data": {"msgTip": "user password error"}}
        return 200, {"code": 200, "data": {"msgTip": "user can login", "token": self.new_token()}}

    def refuse(self):
        self.deaths = getattr(self, "deaths", 0) + 1
        return (302, "") if self.deaths % 2 == 0 else (500, "loginOut")

    def missing(self, path):
        return 404, {"code": 404, "data": path}

    @staticmethod
    def row(row):
        return {"id": row["id"], "meterNo": mark(row), "readTime": local(row["created"]),
                "reading": row["value"], "deleteFlag": "0"}

    def listing(self, query, sent):
        search = json.loads(query["search"])
        if search.get("organ") != "1":
            return 200, {"code": 500, "data": "查询条件缺失"}
        self.sprung["searched"] += 1
        rows = self.table.all()
        page = self.cut(rows, int(query.get("currentPage", 1)),
                        self.size(query), reasonable=True)
        return 200, {"code": 200, "data": {"rows": [self.row(r) for r in page],
                                           "total": len(rows)}}


class MyBatisPlus(Dialect):
    """A bare page: {records, total, size, current, pages}; no login; the size is capped at 50; the
    first page again behind the end, as with `overflow`."""

    list_path, page_name, size_name = "/api/energy/readings", "current", "size"

    def answer(self, method, path, query, sent, headers):
        self.sprung["asked"] += 1
        if path != self.list_path:
            return self.missing(path)
        if self.before_page:
            self.before_page(int(query.get("current", 1)))
        return self.listing(query, sent)

    def missing(self, path):
        return 404, {"timestamp": 0, "status": 404, "error": "Not Found", "path": path}

    def listing(self, query, sent):
        size = self.size(query)
        self.sprung["size capped"] += size > 50
        size = min(size, 50)
        rows, number = self.table.all(), int(query.get("current", 1))
        page = self.cut(rows, number, size)
        if not page and rows:
            number, page = 1, self.cut(rows, 1, size)
        return 200, {"records": [RuoYi.row(r) for r in page], "total": len(rows), "size": size,
                     "current": number, "orders": [], "optimizeCountSql": True, "searchCount": True,
                     "countId": None, "maxLimit": 50, "pages": -(-len(rows) // size)}


class MyEms(Dialect):
    """PUT for the login, {"data": {…}}; two headers bear the session; bare arrays without paging;
    a dead session is HTTP 400 or 404 with a title and a word, as all failures are."""

    login_path, list_path = "/users/login", "/meterreadings"

    def login(self, method, query, sent, headers):
        data = json.loads(sent)["data"]
        if method != "PUT" or data.get("name") != ACCOUNT:
            return 404, {"title": "API.NOT_FOUND", "description": "API.USER_NOT_FOUND"}
        if self.wrong(data.get("password") == PASSWORD):
            return 400, {"title": "API.BAD_REQUEST", "description": "API.INVALID_PASSWORD"}
        return 200, {"id": 1, "uuid": "dcdb67d1-6116-4987-916f-6fc6cf2bc0e4", "name": ACCOUNT,
                     "token": self.new_token()}

    def token_of(self, headers):
        if headers.get("USER-UUID") != "dcdb67d1-6116-4987-916f-6fc6cf2bc0e4":
            self.sprung["no uuid"] += 1
            return ""
        return headers.get("TOKEN", "")

    def refuse(self):
        self.deaths = getattr(self, "deaths", 0) + 1
        if self.deaths % 2 == 0:
            return 404, {"title": "API.NOT_FOUND", "description": "API.USER_SESSION_NOT_FOUND"}
        return 400, {"title": "API.BAD_REQUEST", "description": "API.USER_SESSION_TIMEOUT"}

    def missing(self, path):
        return 404, {"title": "404 Not Found"}

    @staticmethod
    def row(row):
        return {"id": row["n"], "uuid": "same-for-all", "meter_no": mark(row),
                "start_datetime_local":
                    row["created"].astimezone(EAST8).strftime("%Y-%m-%dT%H:%M:%S"),
                "actual_value": float(row["value"])}

    def listing(self, query, sent):
        self.sprung["page"] += 1
        return 200, [self.row(r) for r in self.table.all()]


DIALECTS = {"ruoyi": RuoYi, "ruoyi-plus": RuoYiPlus, "yudao": Yudao, "jeecg": Jeecg,
            "jsherp": JshErp, "mybatis-plus": MyBatisPlus, "myems": MyEms}
