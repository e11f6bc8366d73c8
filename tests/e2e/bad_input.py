#!/usr/bin/env python3
"""Bad input, on the development broker: bad_input.py PROGRAM CASE. Cases are the functions below.

What is asserted everywhere: the cursor stays where it was, the status says in one sentence what
happened, the flow recovers by itself, every good row is published once, neighbours go on, and both
identities hold.
"""
import threading
import time

import bad_input_rig
from bad_input_rig import (CHINESE, FLOW, PAGED, check, http_source, marks, new_backend, one_sentence,
                           pages, rows, wait_for)

LOGIN_PAGE = "<!DOCTYPE html><html><body>统一身份认证平台 请登录</body></html>".encode()


def dead_source(new_site):
    """A closed port; a source that dies in mid-pull, twice, and comes back."""
    site = new_site("dead")
    conf = site.folder / "guantong.yaml"
    conf.write_text(conf.read_text().replace("language: en\n", ""))
    backend, closed = new_backend(site), new_backend(site)
    closed.stop()
    all_rows = rows("D", 100)
    http_source(site, "dies", backend)
    http_source(site, "closed", closed)

    honest = pages(all_rows)
    dying = threading.Event()

    def dies_at(page):
        def answer(request):
            if int(request.query["page"]) < page:
                return honest(request)
            dying.set()
            request.close_connection = True
            request.connection.shutdown(2)
        return answer
    backend.answers["/dies"] = dies_at(3)
    site.start()
    check(dying.wait(bad_input_rig.rig.PATIENCE), "page 3 is never asked for")
    backend.stop()
    flow = site.wait_reason("dies/list", "GT3201", "retrying")
    one_sentence(flow)
    check(flow["total"]["published"] == 40, f"the two whole pages are not all: {flow}")
    site.wait_reason("closed/list", "GT3201", "retrying")
    for lang, chinese in (("zh_CN.UTF-8", True), ("en_GB.UTF-8", False)):
        said = site.in_language(lang, "status").stdout
        line = next(line for line in said.splitlines() if "dies/list" in line)
        check("GT3201" in line, f"the status does not say what is wrong: {said}")
        note = line.partition("✗")[2]
        check(note and bool(CHINESE.search(note)) == chinese, f"LANG={lang} says {line}")
    # Dead for more than one attempt: it backs off, and the cursor stays.
    first = site.flow("dies/list")["next_due"]
    site.wait_flow("dies/list", "another attempt",
                   lambda f: f.get("next_due", first) > first and f["state"] == "retrying")
    check(site.flow("dies/list")["total"]["published"] == 40, "rows from a dead source")
    backend.answers["/dies"] = honest
    asked = len(backend.asked["/dies"])
    backend.start()
    site.wait_total("dies/list", 100)
    again = [query["page"] for _, query, _ in backend.asked["/dies"][asked:]]
    check(again[0] == "3", f"after the failure it asked for page {again[0]}, not for page 3")
    check("reason" not in site.flow("dies/list"), "the reason stays after the recovery")
    closed.answers["/closed"] = pages(rows("C", 30))
    closed.start()
    site.wait_total("closed/list", 30)
    site.check_identities()
    site.drain()
    arrived = site.arrived()
    arrived.check("dies/list", marks(all_rows))
    arrived.check("closed/list", marks(rows("C", 30)))


def lies(new_site):
    """Sources that answer, but not what they should; each is told apart, and heals by itself."""
    site = new_site("lies")
    backend = new_backend(site)
    some = {}

    def source(name, options=PAGED, size=60):
        some[name] = rows(name.upper()[:4], size)
        http_source(site, name, backend, options)
        return pages(some[name])

    def on_page(number, honest, lie):
        """Honest but for one page."""
        return lambda request: (lie if int(request.query["page"]) == number else honest)(request)

    truth, expect, before = {}, {}, {}

    def liar(name, code, rows_before, lie, options=PAGED, state="retrying"):
        honest = truth[name] = source(name, options)
        backend.answers[f"/{name}"] = lie(honest)
        expect[name], before[name] = (code, state), rows_before

    def body(some_rows):
        return bad_input_rig.json.dumps(
            {"code": 200, "total": 60, "rows": some_rows}).encode()

    liar("html", "GT3212", 20, lambda honest: on_page(
        2, honest, lambda r: r.reply(LOGIN_PAGE, kind="text/html; charset=utf-8")))
    liar("cut", "GT3206", 20, lambda honest: on_page(
        2, honest, lambda r: r.reply(body(some["cut"][20:35]), length=100000)))
    liar("cutjson", "GT3206", 20, lambda honest: on_page(
        2, honest, lambda r: r.reply(body(some["cutjson"][20:35])[:-40])))
    liar("junk", "GT3213", 20, lambda honest: on_page(
        2, honest, lambda r: r.reply(b'{"code": 200, "rows": [{"id": "X1"}], "total": }')))
    liar("nolist", "GT3216", 20, lambda honest: on_page(
        2, honest, lambda r: r.reply({"code": 200, "msg": "ok", "total": 60})))
    liar("inside", "GT3214", 20, lambda honest: on_page(
        2, honest, lambda r: r.reply({"code": 500, "msg": "数据库连接超时", "rows": None})))
    liar("deep", "GT3213", 20, lambda honest: on_page(
        2, honest, lambda r: r.reply(b"[" * 10000 + b"]" * 10000)))
    liar("large", "GT3207", 20, lambda honest: on_page(
        2, honest, lambda r: r.reply(body(some["large"]) + b" " * 2000000)),
        options=PAGED + "\n    max_body: 1 MiB")
    liar("endless", "GT3220", 200, lambda honest: lambda r: r.reply(
        {"code": 200, "rows": rows("EN" + r.query["page"].zfill(6), 20)}),
        options=PAGED.replace("rows: 20", "rows: 20, max_pages: 10"))
    liar("ring", "GT3221", 20, lambda honest: lambda r: r.reply(
        {"rows": some["ring"][:20], "next": "/ring?at=" + str(len(backend.asked["/ring"]))}),
        options="records: rows\n    paging: {style: next, next: next}")
    liar("gone", "GT3208", 20, lambda honest: on_page(
        2, honest, lambda r: r.reply({"msg": "Bad Gateway"}, status=502)))
    liar("slow", "GT3202", 20, lambda honest: on_page(
        2, honest, lambda r: time.sleep(4)), options=PAGED + "\n    timeout: 1 s")
    good = source("good", size=200)
    backend.answers["/good"] = good
    site.start()
    seen = {}
    for name, (code, state) in expect.items():
        seen[name] = site.wait_reason(f"{name}/list", code, state)
        one_sentence(seen[name])
        site.wait_flow(f"{name}/list", f"{before[name]} rows",
                       lambda f, n=before[name]: f["total"]["published"] == n)
    check("数据库连接超时" in seen["inside"]["reason"]["message"], "what the source said is lost")
    site.wait_total("good/list", 200)
    site.check_identities()
    # While it fails, each attempt waits longer, and the reason stays to be read meanwhile: also
    # while an answer is awaited.
    def tries():
        for name in ("gone", "slow"):
            flow = site.flow(f"{name}/list")
            check(flow["state"] == "retrying" and flow["reason"]["code"] == expect[name][0],
                  f"{name}: the reason is gone: {flow}")
        return len([1 for _, query, _ in backend.asked["/gone"] if query["page"] == "2"]) > 3
    wait_for("three more attempts", tries, alive=site.alive)
    at = [when for when, query, _ in backend.asked["/gone"] if query["page"] == "2"][:4]
    for number, least in enumerate((0.5, 1, 2)):
        check(at[number + 1] - at[number] >= least, f"no back-off: attempts at {at}")
    for name, honest in truth.items():
        backend.answers[f"/{name}"] = honest
    backend.answers["/ring"] = lambda r: r.reply({"rows": some["ring"]})
    endless = [row for page in range(1, 11) for row in rows(f"EN{page:06d}", 20)]
    some["endless"] = some["endless"] + endless
    for name in expect:
        site.wait_total(f"{name}/list", len(some[name]))
        check("reason" not in site.flow(f"{name}/list"), f"{name}: the reason stays")
    site.check_identities()
    site.drain()
    arrived = site.arrived()
    for name in [*expect, "good"]:
        arrived.check(f"{name}/list", marks(some[name]))


def same_page(new_site):
    """A list that sends its last page again and again ends there, and is published once."""
    site = new_site("same")
    backend = new_backend(site)
    some = rows("S", 20)
    http_source(site, "same", backend, PAGED)
    backend.answers["/same"] = lambda r: r.reply({"code": 200, "rows": some})
    http_source(site, "odd", backend, PAGED)
    odd = b'{"code": 200, "total": 4, "rows": [%s, %s, {"id": "O000003", "t": %s}, %s]}' % (
        *(bad_input_rig.json.dumps(row).encode() for row in rows("O", 2)),
        b"[" * 10000 + b"]" * 10000,
        bad_input_rig.json.dumps(rows("O", 1, 4)[0]).encode())
    backend.answers["/odd"] = lambda r: r.reply(odd if r.query["page"] == "1" else
                                                {"code": 200, "total": 4, "rows": []})
    site.start()
    site.wait_total("same/list", 20)
    site.wait_total("odd/list", 4)
    site.check_identities()
    site.drain()
    arrived = site.arrived()
    arrived.check("same/list", marks(some))
    # 10,000 levels in one row: that row alone.
    arrived.check("odd/list", ["O000001", "O000002", "O000004"], rejects=1)
    value, _, reasons = arrived.rejects("odd/list")[0]
    check(value == b'{"id": "O000003", "t": ' + b"[" * 10000 + b"]" * 10000 + b"}",
          f"the reject does not hold the original bytes: {value[:80]}")
    check([r["code"] for r in reasons] == ["GT2005"], f"the reasons are {reasons}")


def patience(new_site):
    """Retry-After is honoured; a token that dies in mid-pull is renewed; a refused request is set
    aside, tried again by itself, and stops nobody else."""
    site = new_site("patience")
    backend = new_backend(site)
    busy, token, refused = rows("B", 60), rows("T", 60), rows("R", 60)
    http_source(site, "busy", backend)
    tries = []

    def at_first_busy(request):
        if request.query["page"] == "2" and len(tries) < 2:
            tries.append(time.monotonic())
            return request.reply({"msg": "slow down"}, status=429, Retry_After="4")
        if request.query["page"] == "2" and len(tries) == 2:
            tries.append(time.monotonic())
        pages(busy)(request)
    backend.answers["/busy"] = at_first_busy
    (site.folder / "secrets").mkdir()
    (site.folder / "secrets/token").write_text("geheim-4711\n")
    (site.folder / "secrets/token").chmod(0o600)
    http_source(site, "token", backend, PAGED + "\n    login: {username: gw, "
                "password: {secret: token}, path: /login, token: token}")
    valid = []

    def login(request):
        check(b"geheim-4711" in request.sent, "no password")
        valid.append(f"T{len(valid)}")
        request.reply({"code": 200, "token": valid[-1]})
    backend.answers["/login"] = login

    def guarded(request):
        if request.headers["Authorization"] != f"Bearer {valid[-1] if valid else ''}":
            return request.reply({"code": 401, "msg": "登录状态已过期"})
        if request.query["page"] == "2" and len(valid) == 1:
            valid[0] = "dead"
            return request.reply({"code": 401, "msg": "登录状态已过期"})
        pages(token)(request)
    backend.answers["/token"] = guarded
    http_source(site, "refused", backend)
    backend.answers["/refused"] = lambda r: r.reply({"msg": "no such list"}, status=404)
    http_source(site, "good", backend)
    backend.answers["/good"] = pages(rows("G", 100))
    site.start()
    flow = site.wait_reason("refused/list", "GT3209", "quarantined")
    check("no such list" in one_sentence(flow), "what the source said is lost")
    backend.answers["/refused"] = pages(refused)
    flow = site.wait_reason("busy/list", "GT3210", "retrying")
    one_sentence(flow)
    site.wait_total("good/list", 100)
    site.wait_total("token/list", 60)
    check(len(valid) == 2, f"{len(valid)} logins for a token that died once")
    site.wait_total("busy/list", 60)
    gaps = [b - a for a, b in zip(tries, tries[1:])]
    check(len(gaps) == 2 and min(gaps) >= 4, f"Retry-After: 4, but it came back after {gaps}")
    site.wait_total("refused/list", 60)
    site.check_identities()
    check("geheim" not in site.log(), "the log holds the password")
    site.drain()
    arrived = site.arrived()
    for name, some in (("busy", busy), ("token", token), ("refused", refused),
                       ("good", rows("G", 100))):
        arrived.check(f"{name}/list", marks(some))


def mistakes(new_site):
    """`check` on one mistake of each kind reports all of them in one run, each at its place."""
    site = new_site("mistakes")
    own = site.folder / "standards/own"
    own.mkdir(parents=True)
    for file in (bad_input_rig.rig.ROOT / "tests/e2e/standard/fleet").iterdir():
        (own / file.name).write_text(file.read_text().replace("package: fleet", "package: own"))
    office = own / "office.yaml"
    office.write_text(office.read_text().replace("elements:\n", "elements:\n  colour:\n    title: "
                      "{en: Colour, zh: 颜色}\n    type: code\n    codes: no-such-list\n", 1))
    conf = site.folder / "guantong.yaml"
    conf.write_text(conf.read_text().replace("fleet@1", "own@1").replace(
        f"[{bad_input_rig.rig.ROOT}/tests/e2e/standard]", "[standards]"))
    site.setting("max_polls: 1000\nkeey: site.key\ncommit_every: {a: b}")

    def source(name, options, flow):
        site.source(name, f"adapter: http\nurl: http://127.0.0.1:1\npath: /x\n{options}"
                          f"flows:\n  f: {{{flow}}}\n")
    source("file", "tls: {ca: nowhere.pem}\n", FLOW)
    source("entity", "", FLOW.replace("meter-reading", "meter-readng"))
    source("element", "", FLOW.replace("meter_no", "meter_nr"))
    source("unit", "", FLOW.replace("kWh", "furlong"))
    source("clash", "", FLOW.replace("meter_no: id", "meter_no: {from: id, unit: kWh}"))
    source("twice", "", FLOW + "}\n  f: {" + FLOW)
    source("secret", "token: {secret: nowhere}\n", FLOW)
    source("syntax", "headers: {a: [b}\n", FLOW)
    for lang in ("en_GB.UTF-8", "zh_CN.UTF-8"):
        conf.write_text(conf.read_text().replace("language: en\n", ""))
        done = site.in_language(lang, "check")
        said = (done.stdout + done.stderr).splitlines()
        check(done.returncode != 0, f"check is content: {said}")
        for place, code in (
                ("guantong.yaml", "GT1011 GT1012"), ("guantong.yaml", "GT1019"),
                ("guantong.yaml", "GT1014 GT1021"), ("sources/file.yaml", "GT1030"),
                ("sources/entity.yaml", "GT1118"), ("sources/element.yaml", "GT1104"),
                ("sources/unit.yaml", "GT1111"), ("sources/clash.yaml", "GT1110"),
                ("sources/twice.yaml", "GT1013"), ("sources/secret.yaml", "GT1033"),
                ("sources/syntax.yaml", "GT105"), ("office.yaml", "no-such-list")):
            check(any(place in line and any(word in line for word in code.split()) and
                      bad_input_rig.re.search(r"\.yaml:\d+:\d+ ", line) for line in said),
                  f"no {code} for {place}: " + "\n".join(said))


CASES = {case.__name__: case for case in
         (dead_source, lies, same_page, patience, mistakes)}

if __name__ == "__main__":
    bad_input_rig.main(CASES)
