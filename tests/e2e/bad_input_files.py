#!/usr/bin/env python3
"""Bad files and bad rows, on the development broker: bad_input_files.py PROGRAM CASE.

See bad_input.py for what is asserted everywhere.
"""
import hashlib
import os
import random
import signal
import threading
import time

import bad_input_rig
from bad_input_rig import (CHINESE, FLOW, check, csv, http_source, marks,
                           new_backend, one_sentence, pages, rows, wait_for)

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 20
MIB = 1 << 20
SANITIZED = bool(os.environ.get("GT_SANITIZED"))  # shadow memory and quarantine count as ours


def drop(site, name, files, extra="", flow=FLOW):
    """A drop folder whose files are there from the beginning, oldest first."""
    folder = site.folder / f"drop-{name}"
    folder.mkdir()
    site.source(name, f"adapter: file\nfolder: {folder}\nformat: csv\ncomplete: rename\n{extra}"
                      f"flows:\n  list: {{{flow}}}\n")
    for at, (file, data) in enumerate(files.items()):
        put(folder, file, data, at)
    return folder


def put(folder, name, data, at=1000):
    """Puts a file where only its final name shows that it is whole."""
    (folder / (name + ".part")).write_bytes(data)
    os.utime(folder / (name + ".part"), (1711497600 + at, 1711497600 + at))
    os.rename(folder / (name + ".part"), folder / name)


def names(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def no_table(new_site):
    """Files that are no CSV go to failed/ and into the status; their neighbours are read."""
    site = new_site("notable")
    noise = random.Random(4711).randbytes(200000)
    good = {f"good{n}.csv": rows(f"G{n}", 40) for n in range(3)}
    bad = {"noise.csv": noise, "picture.csv": PNG, "empty.csv": b"", "blank.csv": b"\n",
           "page.csv": b"<html><body>404 Not Found</body></html>\n<p>x</p>\n" * 3}
    wide = "id,t,v\nW1,2024-03-27,1\n".encode("utf-16")  # what Excel calls Unicode text is read
    files = {"good0.csv": csv(good["good0.csv"]), **bad, "good1.csv": csv(good["good1.csv"]),
             "headeronly.csv": b"id,t,v\n", "wide.csv": wide,
             "good2.csv": csv(good["good2.csv"])}
    folder = drop(site, "mixed", files)
    conf = site.folder / "guantong.yaml"
    conf.write_text(conf.read_text().replace("language: en", "language: zh"))
    site.start()
    site.wait_total("mixed/list", 121)
    wait_for("an empty folder", lambda: not list(folder.glob("*.csv")), alive=site.alive)
    check(names(folder / "failed") == sorted(bad), f"failed/ holds {names(folder / 'failed')}")
    check(names(folder / "done") == sorted([*good, "headeronly.csv", "wide.csv"]),
          names(folder / "done"))
    flow = site.flow("mixed/list")
    check(flow["state"] == "waiting" and flow["reason"]["code"] == "GT3110", f"{flow}")
    check(CHINESE.search(one_sentence(flow)) and "failed" in one_sentence(flow), f"{flow}")
    for name in bad:
        told = [line for line in site.log().splitlines() if "GT3110" in line and name in line]
        check(len(told) == 1, f"{name} is told {len(told)} times: {told}")
    # Corrected and put back under the same name, it is read.
    mended = rows("MEND", 10)
    put(folder, "picture.csv", csv(mended))
    site.wait_total("mixed/list", 131)
    site.check_identities()
    site.drain()
    site.arrived().check("mixed/list", [m for some in good.values() for m in marks(some)] +
                         ["W1", *marks(mended)])


def rss_peak(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def long_line(new_site):
    """A line of 64 MiB between good rows: bounded memory, one reject that says what it was. The same
    with shorter ones in the other formats, over HTTP, and from an adapter in a child process."""
    site = new_site("long")
    before, after = rows("A", 500), rows("Z", 500)
    line = b"L000001,2024-03-27 08:25:00," + b"1234567 " * (8 * MIB)
    short = line[:3 * MIB]
    drop(site, "long", {"long.csv": csv(before) + line + b"\n" + csv(after).split(b"\n", 1)[1]})
    drop(site, "child", {"a.csv": csv(before) + short + b"\r\n" + csv(after).split(b"\n", 1)[1]},
         flow=FLOW + ", isolate: process")
    row = b'{"id": "L000001", "v": "' + b"12345678" * (MIB // 4) + b'"}'
    encoded = [[bad_input_rig.json.dumps(r).encode() for r in some] for some in (before, after)]
    array = b"[" + b", ".join([*encoded[0], row, *encoded[1]]) + b"]"
    for name, data in (("json", array), ("jsonl", b"\n".join([*encoded[0], row, *encoded[1]]))):
        drop(site, name, {"a": data})
        conf = site.folder / f"sources/{name}.yaml"
        conf.write_text(conf.read_text().replace("format: csv", f"format: {name}"))
    backend = new_backend(site)
    http_source(site, "http", backend, "records: rows")
    backend.answers["/http"] = lambda r: r.reply(b'{"code": 200, "rows": ' + array + b"}")
    os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=1")
    site.start()
    whole = {"long": line, "child": short + b"\r", "json": row, "jsonl": row, "http": row}
    for name in whole:
        site.wait_total(f"{name}/list", 1001)
    peak = rss_peak(site.process)
    print(f"| peak of the gateway: {peak // MIB} MiB")
    check(SANITIZED or peak < 128 * MIB, f"{peak // MIB} MiB for a line of {len(line) // MIB} MiB")
    site.check_identities()
    site.drain()
    arrived = site.arrived()
    for name, original in whole.items():
        arrived.check(f"{name}/list", marks(before) + marks(after), rejects=1)
        value, headers, reasons = arrived.rejects(f"{name}/list")[0]
        check(value == original[:65536], f"{name}: {len(value)} bytes, {value[:40]}…")
        check(headers["gt_content_length"] == str(len(original)),
              f"{name}: {headers.get('gt_content_length')} is not {len(original)}")
        check(headers.get("gt_content_digest") == hashlib.sha256(original).hexdigest(),
              f"{name}: digest of the whole line: {headers.get('gt_content_digest')}")
        check([r["code"] for r in reasons] == ["GT2010"], f"{name}: {reasons}")


def broken_rows(new_site):
    """One bad row costs that row, keeps its bytes and is told exactly; its neighbours go on."""
    site = new_site("rows")
    some = rows("R", 12)
    lines = csv(some, "gb18030").split(b"\n")
    utf8 = "鄂A,2024-03-27 08:25:00,武昌区".encode()
    bad = [
        (b"NUL\x00row,2024-03-27 08:25:00,1", ["GT2012"]),
        (b'"junk"behind,2024-03-27 08:25:00,1', ["GT2022"]),
        (b"X1,2024-03-27 08:25:00,1,surplus,cells", ["GT2020"]),
        # Every rule at once, in GB18030: no number, no such day, nothing where something must be.
        (",2024年2月30日,很多度".encode("gb18030"), ["GT2101", "GT2205", "GT2201"]),
        ("表一,昨天,-5".encode("gb18030"), ["GT2204", "GT2210"]),
    ]
    body = b"\n".join([lines[0], *lines[1:4], bad[0][0], *lines[4:6], bad[1][0], bad[2][0],
                       *lines[6:9], bad[3][0], *lines[9:13], bad[4][0], b""])
    drop(site, "gb", {"gb.csv": body}, extra="charset: GB18030\n")
    # One GB18030 row in a UTF-8 file, and the other way round; the pinned charset decides.
    stray = "鄂乙,2024-03-27 08:25:00,1".encode("gb18030")
    mixed = rows("M", 6)
    parts = csv(mixed).split(b"\n")
    drop(site, "mixed", {"mixed.csv": b"\n".join([*parts[:4], stray, *parts[4:]])},
         extra="charset: UTF-8\n")
    # Unpinned, a whole file that is neither is refused, and says how to have only its rows refused.
    neither = drop(site, "neither", {"neither.csv": b"\n".join(
        [parts[0], utf8, stray, b"\xff\xff\xff,2024-03-27,1", *parts[1:]])})
    # A quote that is never closed costs its line only.
    quoted = rows("Q", 50)
    parts = csv(quoted).split(b"\n")
    open_quote = b'"open,2024-03-27 08:25:00,1'
    drop(site, "quote", {"quote.csv": b"\n".join([*parts[:20], open_quote, *parts[20:]])})
    site.start()
    site.wait_total("gb/list", 12 + len(bad))
    site.wait_total("mixed/list", 7)
    site.wait_total("quote/list", 51)
    flow = site.wait_flow("neither/list", "a refused file",
                          lambda f: f.get("reason", {}).get("code") == "GT3110")
    check("charset:" in one_sentence(flow) or "GB18030" in one_sentence(flow), f"{flow}")
    wait_for("failed/", lambda: names(neither / "failed") == ["neither.csv"], alive=site.alive)
    site.check_identities()
    site.drain()
    arrived = site.arrived()
    arrived.check("gb/list", marks(some), rejects=len(bad))
    found = arrived.rejects("gb/list")
    for (line, codes), (value, headers, reasons) in zip(bad, found):
        check(value == line, f"the original bytes {line!r} became {value!r}")
        check(sorted(r["code"] for r in reasons) == sorted(codes),
              f"{line!r} broke {codes}, told are {reasons}")
        check(body[int(headers["gt_offset"]):].startswith(line), f"offset of {line!r}: {headers}")
        check(headers["gt_charset"] == "GB18030" and headers["gt_columns"] == '["id","t","v"]',
              f"{headers}")
    check({r["element"] for r in found[3][2]} == {"meter_no", "read_time", "active_energy"},
          f"{found[3][2]}")
    arrived.check("mixed/list", marks(mixed), rejects=1)
    check(arrived.rejects("mixed/list")[0][0] == stray, "bytes of the stray row")
    check([r["code"] for r in arrived.rejects("mixed/list")[0][2]] == ["GT2011"],
          f"{arrived.rejects('mixed/list')[0]}")
    arrived.check("quote/list", marks(quoted), rejects=1)
    check(arrived.rejects("quote/list")[0][0] == open_quote, "bytes of the unclosed row")


def replaced(new_site):
    """A file is replaced while it is read: the new one is read whole, nothing is doubled."""
    site = new_site("replaced")
    site.setting("commit_records: 1000\ncommit_every: 10 ms")
    old, new, later = rows("OLD", 200000), rows("NEW", 3000), rows("LATE", 100)
    folder = drop(site, "swap", {"swap.csv": csv(old), "later.csv": csv(later)})
    site.start()
    site.wait_flow("swap/list", "some rows", lambda f: f["rows"]["read"] > 0)
    put(folder, "swap.csv", csv(new))
    wait_for("the new file in done/", lambda: (folder / "done/swap.csv").exists() and
             (folder / "done/later.csv").exists(), alive=site.alive)
    check((folder / "done/swap.csv").read_bytes() == csv(new), "another file is in done/")
    flow = site.wait_flow("swap/list", "recovery", lambda f: f["state"] == "waiting" and
                          "reason" not in f and f["rows"]["in_flight"] == 0)
    check("GT3106" in site.log() and "swap.csv" in site.log(), "nobody was told")
    check(flow["total"]["published"] < 203000, "the file was read before it was replaced")
    site.check_identities()
    site.drain()
    arrived = site.arrived()
    got = [event["data"]["meter_no"] for event in arrived.data("swap/list")]
    of_old = [mark for mark in got if mark.startswith("OLD")]
    print(f"| rows of the old file: {len(of_old)}")
    check(of_old == marks(old)[:len(of_old)], "of the old file something else than its beginning")
    arrived.check("swap/list", marks(old)[:len(of_old)] + marks(new) + marks(later))


def neighbours(new_site):
    """Several bad flows, each in its own way, and a good one that never notices."""
    site = new_site("neighbours")
    backend = new_backend(site)
    good = rows("G", 3000)
    http_source(site, "dead", backend)
    conf = site.folder / "sources/dead.yaml"
    conf.write_text(conf.read_text().replace(backend.url, "http://127.0.0.1:1"))
    http_source(site, "refused", backend)
    backend.answers["/refused"] = lambda r: r.reply({"msg": "forbidden"}, status=403)
    http_source(site, "moved", backend)
    backend.answers["/moved"] = lambda r: r.reply(b"", status=302, Location="/login")
    release = threading.Event()
    http_source(site, "hangs", backend)
    backend.answers["/hangs"] = lambda r: release.wait(bad_input_rig.rig.PATIENCE)
    picture = drop(site, "picture", {"a.csv": PNG})
    drop(site, "rejects", {"a.csv": csv(rows("BAD", 50)).replace(b".25", b" apples")})
    unmounted = drop(site, "unmounted", {})
    drop(site, "good", {f"{n:02}.csv": csv(good[n * 100:n * 100 + 100]) for n in range(30)})
    aside = site.folder / "aside"
    site.guantong("check")
    site.start()
    site.wait_flow("unmounted/list", "a first look", lambda f: f["state"] == "waiting")
    os.rename(unmounted, aside)
    site.wait_total("good/list", 3000)
    site.wait_reason("dead/list", "GT3201", "retrying")
    site.wait_reason("refused/list", "GT3209", "quarantined")
    site.wait_reason("moved/list", "GT3211", "quarantined")
    one_sentence(site.wait_reason("unmounted/list", "GT3100", "retrying"))
    site.wait_reason("picture/list", "GT3110", "waiting")
    wait_for("failed/", lambda: names(picture / "failed") == ["a.csv"], alive=site.alive)
    site.wait_total("rejects/list", 50)
    said = site.guantong("status").stdout
    for flow in ("dead", "refused", "moved", "unmounted", "picture"):
        line = next(line for line in said.splitlines() if f"{flow}/list" in line)
        check("GT3" in line, f"the status has no reason for {flow}: {said}")
    put(aside, "a.csv", csv(rows("U", 30)))
    os.rename(aside, unmounted)
    site.wait_total("unmounted/list", 30)
    check("reason" not in site.flow("unmounted/list"), "the reason stays")
    site.check_identities()
    # A request that hangs does not hold up the end.
    site.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    check(site.end() == 0, "SIGTERM does not end with 0")
    check(time.monotonic() - began < 50, "the end waited for the time-out of a request (60 s)")
    release.set()
    arrived = site.arrived()
    arrived.check("good/list", marks(good))
    arrived.check("unmounted/list", marks(rows("U", 30)))
    arrived.check("rejects/list", [], rejects=50)


def stopped(new_site):
    """SIGTERM during work ends with 0; the next gateway goes on, nothing lost or doubled."""
    site = new_site("stopped")
    site.setting("commit_records: 500\ncommit_every: 10 ms")
    backend = new_backend(site)
    listed, filed = rows("H", 400), rows("F", 60000)
    http_source(site, "paged", backend)
    honest = pages(listed)

    def slowly(request):
        time.sleep(0.02)
        honest(request)
    backend.answers["/paged"] = slowly
    http_source(site, "dead", backend)
    backend.answers["/dead"] = lambda r: r.reply({"msg": "down"}, status=502)
    third = len(filed) // 3
    drop(site, "files", {f"{n}.csv": csv(filed[n * third:n * third + third]) for n in range(3)})
    stops = 0
    while stops < 3:
        site.start()

        def work(stops=stops):
            paged, files = site.flow("paged/list"), site.flow("files/list")
            return (paged and paged["rows"]["read"] >= 20 and files["rows"]["read"] > 0
                    or paged and paged["total"]["published"] == 400)
        wait_for("some work", work, alive=site.alive)
        site.drain()
        stops += 1
    site.start()
    site.wait_total("paged/list", len(listed))
    site.wait_total("files/list", len(filed))
    site.check_identities()
    site.drain()
    arrived = site.arrived()
    arrived.check("paged/list", marks(listed))
    arrived.check("files/list", marks(filed))


CASES = {case.__name__: case for case in
         (no_table, long_line, broken_rows, replaced, neighbours, stopped)}

if __name__ == "__main__":
    bad_input_rig.main(CASES)
