#!/usr/bin/env python3
"""The profiles of adapters/profiles/, on the development broker: profiles.py PROGRAM CASE.

A case is the name of a profile, or `pages`. Each profile pulls from a server that speaks the
product's dialect (dialects.py). A source file has nothing but profile, address, account, paths and
mapping. While the list is paged, rows are added and changed, the token dies, the gateway is killed,
and once the last page vanishes after it was asked for. Every row arrives once, changed ones once
more; the server's counters show that its traps were there, and which of them we stayed out of.
"""
import re
import threading

import bad_input_rig
import dialects
from bad_input_rig import check, one_sentence, rig, wait_for

ROWS = 450
PROFILES = rig.ROOT / "adapters/profiles"

# What a source file has besides: the mapping in the product's own names, where `url:` ends, what a
# cursor is made of, a list that the server filters by the time of creation, and what the answer to a
# wrong password is shown as.
PLAIN = "{meter_no: meterNo, read_time: readTime, active_energy: {from: reading, unit: kWh}}"
CASES = {
    "ruoyi": {"map": PLAIN, "cursor": "field: [updateTime, createTime], tie: id",
              "filter": "from: 'params[beginTime]', until: 'params[endTime]'",
              "refused": ("GT3217", "用户不存在/密码错误")},
    "ruoyi-plus": {"map": PLAIN, "refused": ("GT3217", "密码输入错误1次")},
    "yudao": {"map": PLAIN, "under": "/admin-api", "cursor": "field: updateTime, tie: id",
              "filter": "from: 'createTime[0]', until: 'createTime[1]'",
              "refused": ("GT3217", "登录失败，账号密码不正确")},
    "jeecg": {"map": PLAIN, "under": "/jeecg-boot",
              "cursor": "field: [updateTime, createTime], tie: id",
              "filter": "from: createTime_begin, until: createTime_end",
              "refused": ("GT3217", "用户名或密码错误")},
    "jsherp": {"map": PLAIN, "under": "/jshERP-boot",
               "flow": "query: {search: '{\"organ\":\"1\"}'}",
               "refused": ("GT3313", "user password error")},
    "mybatis-plus": {"map": PLAIN},
    "myems": {"map": "{meter_no: meter_no, read_time: start_datetime_local, "
                     "active_energy: {from: actual_value, unit: kWh}}",
              "refused": ("GT3209", "API.INVALID_PASSWORD")},
}


class Gate:
    """Holds the request for one page until it is opened."""

    def __init__(self, server):
        self.server, self.reached, self.open, self.number = server, None, None, None
        server.before_page = self.pass_through

    def hold(self, number):
        self.reached, self.open, self.number = threading.Event(), threading.Event(), number

    def pass_through(self, number):
        if number == self.number and not self.open.is_set():
            self.reached.set()
            self.open.wait(rig.PATIENCE)

    def wait(self):
        check(self.reached.wait(rig.PATIENCE), f"page {self.number} is never asked for")

    def release(self):
        self.open.set()


def serve(site, profile, count):
    server = dialects.DIALECTS[profile](dialects.Table(count))
    site.served.append(server)
    return server


def source(site, name, profile, server, secret="right", flow_filter=None):
    case = CASES[profile]
    under = case.get("under", "")
    account = f"login: {{username: {dialects.ACCOUNT}, password: {{secret: {secret}}}}}\n"
    flow = [case.get("flow"), f"path: {server.list_path.removeprefix(under)}", "every: 500 ms",
            "entity: energy.meter-reading@1", "basis: metered", f"map: {case['map']}"]
    if flow_filter:
        flow.append(f"cursor: {{field: createTime, tie: id, {flow_filter}}}")
    elif "cursor" in case:
        flow.append(f"cursor: {{{case['cursor']}}}")
    site.source(name, f"profile: {profile}\nurl: {server.url}{under}\n"
                      f"{account if 'refused' in case else ''}flows:\n  list:\n    " +
                "\n    ".join(line for line in flow if line) + "\n")


def secrets(site):
    folder = site.folder / "secrets"
    folder.mkdir()
    for name, text in (("right", dialects.PASSWORD), ("wrong", "geheim-4711")):
        (folder / name).write_text(text + "\n")
        (folder / name).chmod(0o600)


def kill(site):
    site.process.kill()
    site.process.wait()


def wait_published(site, name, count):
    return site.wait_flow(name, f"{count} messages", lambda f: f["total"]["published"] >= count and
                          f["rows"]["in_flight"] == 0)


def mid_pull(site, server, gate, paged):
    """The second request of the list is held: meanwhile rows come and change, and the gateway
    dies. Returns how many messages there must be when it is over."""
    gate.wait()
    published = wait_published(site, "own/list", 1)["total"]["published"]
    check(published < ROWS or not paged, f"all of {published} rows came on one page")
    server.table.change(5, "777.25")
    server.table.add(7)
    kill(site)
    gate.release()
    site.start()
    site.wait_total("own/list", ROWS + 7 + 1)
    return ROWS + 7 + 1


def page_vanishes(site, server, gate, count):
    """The last page is asked for; before it is looked up, its rows are deleted. Then there are
    others."""
    last = server.last_page
    gate.hold(last)
    gate.wait()
    behind = server.sprung["behind the last page"]
    server.table.remove_last(len(server.table.all()) - server.page_rows * (last - 1))
    gate.release()
    wait_for("a page behind the last", lambda: server.sprung["behind the last page"] > behind,
             alive=site.alive)
    server.table.add(3)
    site.wait_total("own/list", count + 3)
    return count + 3


def never_retried(site, profile, code, words):
    """One sentence with what the server said; the account is not tried until it is locked."""
    server = serve(site, profile, 20)
    source(site, "wrong", profile, server, secret="wrong")
    site.start()
    flow = site.wait_flow("wrong/list", f"{code}, then held back", lambda f: f.get(
        "reason", {}).get("code") in (code, "GT3248") and f["state"] == "quarantined")
    said = [one_sentence(flow)]
    wait_for(words, lambda: words in site.log() or words in said[0], alive=site.alive)
    site.wait_reason("wrong/list", "GT3248", "quarantined")
    check(server.sprung["refused login"] == 1,
          f"{server.sprung['refused login']} logins with a wrong password")
    check("geheim" not in site.log() and dialects.PASSWORD not in site.log(),
          "the log holds a password")
    site.drain()


def check_traps(site, profile, server):
    """Which traps must have been met, and which never."""
    sprung = server.sprung
    if profile != "mybatis-plus":
        # Both ways in which some of them say so.
        wait_for("dead tokens", lambda: sprung["token died"] >= 2, alive=site.alive)
    if profile not in ("mybatis-plus", "myems"):
        wait_for("one in mid-pull", lambda: sprung["token died in mid-pull"], alive=site.alive)
    for trap in ("server error", "page too large", "no page size", "no tenant", "no uuid", "locked",
                 "refused login", "rows never edited hidden"):
        check(not sprung[trap], f"{trap}: {sprung}")
    met = {"yudao": ("refresh", "refresh refused", "too many requests"),
                "jsherp": ("searched",), "mybatis-plus": ("size capped",)}
    traps = met.get(profile, ())
    wait_for(traps, lambda: all(sprung[trap] for trap in traps), alive=site.alive)
    # A dead token is no failure: nobody is told, nothing waits.
    allowed = {"yudao": " GT3214 "}.get(profile)  # too many requests
    for line in site.log().splitlines():
        failed = " flow=own/list " in line and re.search(r"Z (warning|error) ", line)
        check(not failed or (allowed and allowed in line), line)


def run_profile(profile, new_site):
    case, site = CASES[profile], new_site(profile)
    secrets(site)
    server = serve(site, profile, ROWS)
    paged = profile != "myems"
    source(site, "own", profile, server)
    expected = {"own/list": None}
    if "filter" in case:
        filtered = serve(site, profile, ROWS)
        source(site, "filtered", profile, filtered, flow_filter=case["filter"])
    check(site.guantong("check").returncode == 0, "check refuses the sources")
    gate = Gate(server)
    first = threading.Event()
    if paged:
        gate.hold(2)
    else:  # there is one page: its second reading is held
        first_pass = [0]

        def second(number):
            first_pass[0] += 1
            if first_pass[0] == 2:
                gate.hold(number)
                first.set()
            if first_pass[0] >= 2:
                gate.pass_through(number)
        server.before_page = second
    site.start()
    if not paged:
        check(first.wait(rig.PATIENCE), "the list is not read again")
    count = mid_pull(site, server, gate, paged)
    marks = [dialects.mark({"n": n}) for n in range(1, ROWS + 8)] + [dialects.mark({"n": 5})]
    if paged:
        count = page_vanishes(site, server, gate, count)
        marks += [dialects.mark({"n": n}) for n in range(ROWS + 8, ROWS + 11)]
    if "filter" in case:
        site.wait_total("filtered/list", ROWS)
        filtered.table.add(5)
        site.wait_total("filtered/list", ROWS + 5)
        check(filtered.sprung["filtered"], "the server was not asked to filter")
        expected["filtered/list"] = [dialects.mark({"n": n}) for n in range(1, ROWS + 6)]
    expected["own/list"] = marks
    check_traps(site, profile, server)
    site.check_identities()
    site.drain()
    if "refused" in case:
        never_retried(site, profile, *case["refused"])
    arrived = site.arrived()
    for flow, rows in expected.items():
        arrived.check(flow, rows)
    changed = [e["data"]["active_energy"] for e in arrived.data("own/list")
               if e["data"]["meter_no"] == dialects.mark({"n": 5})]
    check([float(v) for v in changed] == [5.5, 777.25], f"the changed row came as {changed}")
    print(f"{profile}: {count} messages; the server saw {dict(server.sprung)}")


def pages(new_site):
    """Every profile has a page, and `check` accepts the source files that it shows."""
    profiles = sorted(path.stem for path in PROFILES.glob("*.yaml"))
    check(profiles == sorted(CASES) == sorted(path.stem for path in PROFILES.glob("*.md")),
          f"profiles, pages and cases differ: {profiles}")
    site = new_site("pages")
    (site.folder / "secrets").mkdir()
    shown = 0
    for profile in profiles:
        text = (PROFILES / f"{profile}.md").read_text()
        files = [block for block in re.findall(r"```yaml\n(.*?)```", text, re.S)
                 if block.startswith("# sources/")]
        check(files, f"{profile}.md shows no source file")
        for block in files:
            path = site.folder / block.splitlines()[0].removeprefix("# ").strip()
            check(f"profile: {profile}\n" in block or "profile: " + profile + " " in block,
                  f"{profile}.md shows another profile")
            check(not path.exists(), f"{path.name} is shown twice")
            path.write_text(block)
            for name in re.findall(r"secret: ([a-z-]+)", block):
                secret = site.folder / "secrets" / name
                secret.write_text("x\n")
                secret.chmod(0o600)
            shown += 1
    done = site.guantong("check", check_status=False)
    check(done.returncode == 0, f"check does not accept the pages' sources:\n"
                                f"{done.stdout}{done.stderr}")
    check(shown >= len(profiles), f"only {shown} examples")


def case_of(profile):
    return lambda new_site: run_profile(profile, new_site)


if __name__ == "__main__":
    bad_input_rig.main({"pages": pages, **{name: case_of(name) for name in CASES}})
