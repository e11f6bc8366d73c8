#!/usr/bin/env python3
"""`guantong new`: by flags and by answers on a terminal, what it writes and what `check` says of it.
Usage: new.py GUANTONG [CASE…]"""
import contextlib
import csv
import io
import json
import os
import pty
import re
import select
import sqlite3
import stat
import subprocess
import unittest

import openpyxl

from tool import GUARD, PROGRAM, Backend, Case, environment, guantong, rows, write

TRIPS = "派车单号,CPH,CFSJ,车型,申请人,里程（公里）,备注\n" + "".join(
    f"YC{i:03},鄂A·1234{i % 10},2024.3.{i % 28 + 1} 8:25,sedan,张三{i},12.{i},x\n" for i in range(30))
FLAGS = ("new", "--yes", "--name", "cars")


class New(Case):
    def text(self, *names):
        with open(self.path(*names), encoding="utf-8") as file:
            return file.read()

    def drop(self, *options, trips=TRIPS, code=0, **more):
        write(self.path("in/trips.csv"), trips, "gb18030")
        done = guantong(*FLAGS, "--adapter", "file", "--format", "csv", "--complete", "rename",
                        "--folder", "in", *options, self.folder, cwd=self.folder, **more)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def test_a_folder_that_check_accepts(self):
        self.gateway()
        done = self.drop("--division", "420106")
        self.assertIn("GT9852", done.stderr)
        text = self.text("sources/cars.yaml")
        for line in ("plate_no: CPH", "order_no: 派车单号", "vehicle_type: 车型", "applicant: 申请人",
                     '{from: "里程（公里）", unit: km}', 'division: "420106"'):
            self.assertIn(line, text.replace("{from: 里程（公里）,", '{from: "里程（公里）",'))
        self.assertRegex(text, r"#   备注 +# code")
        self.assertEqual(guantong("check", self.folder).returncode, 0)
        done = guantong("preview", "cars/trips-csv", self.folder)
        self.assertIn("30 read · 30 accepted", done.stdout)

    def test_a_workbook_that_check_accepts(self):
        self.gateway()
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "派车"
        book.create_sheet("说明")
        for row in csv.reader(io.StringIO("派车登记表\n" + TRIPS)):
            sheet.append(row)
        os.mkdir(self.path("in"))
        book.save(self.path("in/trips.xlsx"))
        done = guantong(*FLAGS, "--adapter", "file", "--format", "xlsx", "--complete", "rename",
                        "--folder", self.path("in"), "--division", "420106", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        text = self.text("sources/cars.yaml")
        self.assertIn("plate_no: CPH", text)
        self.assertIn('sheet: "派车"', text)
        self.assertEqual(guantong("check", self.folder).returncode, 0)
        flow = re.search(r"^  ([a-z0-9-]+):$", text, re.M)[1]
        self.assertIn("30 read · 30 accepted", guantong("preview", f"cars/{flow}", self.folder).stdout)

    def test_a_table_that_check_accepts(self):
        self.gateway()
        with contextlib.closing(sqlite3.connect(self.path("fleet.db"))) as database:
            database.execute("create table trip (order_no text primary key, plate_no text,"
                             " depart_time text, vehicle_type text)")
            database.execute("insert into trip values ('YC1', '鄂A12345', '2024-03-27 08:25:00', 'sedan')")
            database.commit()
        done = guantong(*FLAGS, "--adapter", "odbc", "--driver", "SQLite3", "--database",
                        self.path("fleet.db"), self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        text = self.text("sources/cars.yaml")
        for line in ("driver: SQLite3", "table: ", "plate_no: plate_no"):
            self.assertIn(line, text.replace('"', ""))
        self.assertEqual(guantong("check", self.folder).returncode, 0)
        flow = re.search(r"^  ([a-z0-9-]+):$", text, re.M)[1]
        self.assertIn("1 read · 1 accepted", guantong("preview", f"cars/{flow}", self.folder).stdout)

    def test_a_server_of_files_that_check_accepts(self):
        self.gateway()
        write(self.path("secrets/cars"), "s3cret\n")
        done = guantong(*FLAGS, "--adapter", "sftp", "--format", "csv", "--url",
                        "sftp://127.0.0.1:1/data", "--user", "exchange", "--password", "cars",
                        "--entity", "vehicle.dispatch-order@1", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("GT9855", done.stderr)  # nobody is there
        text = self.text("sources/cars.yaml")
        self.assertIn("password: {secret: cars}", text)
        self.assertIn("order_no: order_no", text)
        self.assertEqual(guantong("check", self.folder).returncode, 0)

    def test_comments_in_chinese(self):
        write(self.path("guantong.yaml"), "site: wuchang\nkafka: {brokers: ['127.0.0.1:1']}\n")
        self.drop(language="zh_CN.UTF-8")
        text = self.text("sources/cars.yaml")
        self.assertIn("# applicant: 申请人", text)  # without a key of pseudonyms
        self.assertIn("个人信息", text)
        self.assertIn("由 guantong new 生成", text)

    def test_what_is_missing_is_named(self):
        self.gateway()
        done = self.drop(trips="CPH,CFSJ,CLLX\n鄂A12345,2024-03-01 08:00:00,01\n", code=3)
        self.assertIn("GT9853", done.stderr)
        self.assertIn("order_no", done.stderr)
        self.assertNotIn("nothing was changed", done.stderr)
        text = self.text("sources/cars.yaml")
        self.assertRegex(text, r"# order_no: +# required: Order number")
        self.assertRegex(text, r"vehicle_type: CLLX +# no codes: 01; .*codes: sedan")

    def test_makes_the_gateway_too(self):
        done = self.drop("--entity", "vehicle.dispatch-order@1", code=2)
        self.assertIn("GT9850", done.stderr)
        self.assertFalse(os.path.exists(self.path("guantong.yaml")))
        done = self.drop("--site", "wuchang", "--brokers", "127.0.0.1:1,127.0.0.1:2")
        self.assertIn("GT9858", done.stderr)
        self.assertIn('brokers: ["127.0.0.1:1", "127.0.0.1:2"]', self.text("guantong.yaml"))
        self.assertEqual(guantong("check", self.folder).returncode, 0)

    def test_nothing_is_overwritten(self):
        self.gateway()
        write(self.path("sources/cars.yaml"), "mine\n")
        done = self.drop(code=1)
        self.assertIn("GT9851", done.stderr)
        self.assertEqual(self.text("sources/cars.yaml"), "mine\n")
        self.drop("--force")
        self.assertIn("plate_no: CPH", self.text("sources/cars.yaml"))

    def test_endpoint_with_profile_and_login(self):
        def answer(request):
            if request.path == "/login":
                length = int(request.headers["Content-Length"])
                login = json.loads(request.rfile.read(length))
                good = login["password"] == "s3cret"
                return 200, {"Content-Type": "application/json"}, json.dumps(
                    {"code": 200 if good else 500, "msg": "no", "token": "t"}).encode()
            return rows({"orderNo": "YC1", "plateNo": "鄂A12345", "departTime": "2024-03-27 08:25:00",
                         "carType": "sedan"})
        server = Backend(self, answer)
        self.gateway()
        write(self.path("secrets/cars"), "s3cret\n")
        done = guantong(*FLAGS, "--profile", "ruoyi", "--url", f"http://127.0.0.1:{server.port}",
                        "--path", "/list", "--login.username", "exchange", "--login.password",
                        "cars", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        text = self.text("sources/cars.yaml")
        self.assertIn("profile: ruoyi", text)
        self.assertIn("password: {secret: cars}", text)
        self.assertIn("plate_no: plateNo", text)
        self.assertNotIn("s3cret", text + done.stderr + done.stdout)

    def test_missing_secret(self):
        self.gateway()
        done = guantong(*FLAGS, "--adapter", "http", "--url", "http://127.0.0.1:1", "--token",
                        "cars", "--entity", "vehicle.dispatch-order@1", self.folder)
        self.assertIn("GT9854", done.stderr)
        self.assertEqual(done.returncode, 3)
        self.assertFalse(os.path.exists(self.path("secrets/cars")))
        self.assertFalse(os.path.exists(self.path("sources/cars.yaml")))

    def test_a_source_that_is_away(self):
        self.gateway()
        url = ("--adapter", "http", "--url", "http://127.0.0.1:1")
        done = guantong(*FLAGS, *url, self.folder)
        self.assertEqual(done.returncode, 3)
        self.assertIn("GT9856", done.stderr)
        self.assertFalse(os.path.exists(self.path("sources/cars.yaml")))
        done = guantong(*FLAGS, *url, "--entity", "vehicle.dispatch-order@1", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("GT9855", done.stderr)
        self.assertIn("order_no: order_no", self.text("sources/cars.yaml"))
        self.assertEqual(guantong("check", self.folder).returncode, 0)

    def test_wrong_answers(self):
        self.gateway()
        for code, exit_code, flags in (
                ("GT9055", 2, ("--adapter", "htpp")), ("GT9850", 2, ()),
                ("GT9850", 2, ("--adapter", "http")),
                ("GT9859", 3, ("--adapter", "http", "--url", "http://127.0.0.1:1", "--entity", "a.b@1")),
                ("GT1", 3, ("--adapter", "http", "--url", "http://127.0.0.1:1", "--timeout", "soon"))):
            done = guantong(*FLAGS, *flags, self.folder)
            self.assertEqual(done.returncode, exit_code, done.stderr)
            self.assertIn(code, done.stderr)
            self.assertFalse(os.path.exists(self.path("sources/cars.yaml")))
        done = guantong("new", "--yes", "--name", "Cars!", "--adapter", "http", "--url", "http://h",
                        self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("GT9857", done.stderr)

    def test_options_of_the_adapter_are_flags(self):
        done = guantong("new", "--adapter", "http", "--help")
        self.assertIn("--login.password FILE", done.stdout)
        self.assertNotIn("--login.password", guantong("new", "--help").stdout)

    def talk(self, answers):
        """Answers on a terminal: (question's beginning, answer)."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([PROGRAM, "new", self.folder], env=environment(), stdin=theirs,
                                   stdout=theirs, stderr=theirs, cwd=self.folder)
        os.close(theirs)
        seen = b""
        def read():
            nonlocal seen
            self.assertTrue(select.select([ours], [], [], GUARD)[0], seen.decode())
            try:
                seen += os.read(ours, 4096)
            except OSError:
                return False
            return True
        for question, answer in answers:
            while question.encode() not in seen.rsplit(b"\n", 1)[-1]:
                self.assertTrue(read(), seen.decode())
            os.write(ours, answer.encode() + b"\n")
        while read():
            pass
        os.close(ours)
        return process.wait(GUARD), seen.decode()

    def test_questions(self):
        write(self.path("in/trips.csv"), TRIPS)
        code, seen = self.talk([("name", "cars"), ("adapter", "file"), ("format", "csv"),
                                ("folder", self.path("in")), ("site", "wuchang"),
                                ("brokers", "127.0.0.1:1")])
        self.assertEqual(code, 0, seen)
        self.assertIn("site: wuchang", self.text("guantong.yaml"))
        self.assertIn('folder: "' + self.path("in"), self.text("sources/cars.yaml"))

    def test_a_secret_is_asked_for_without_echo(self):
        server = Backend(self, lambda _: rows({"orderNo": "YC1", "plateNo": "鄂A12345", "carType": "suv",
                                               "departTime": "2024-03-27 08:25:00"}))
        self.gateway()
        code, seen = self.talk([
            ("name", "cars"), ("adapter", "http"), ("url", f"http://127.0.0.1:{server.port}"),
            ("how to log in", "nonsense"), ("how to log in", "basic"), ("basic.username", "me"),
            ("basic.password", "cars"), ("the secret itself", "s3cret")])
        self.assertNotIn("s3cret", seen)
        for way in ("basic", "key", "login", "oauth2", "sign"):
            self.assertRegex(seen, rf"(?m)^  {way} ")
        path = self.path("secrets/cars")
        self.assertEqual(self.text("secrets/cars"), "s3cret")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual(code, 3)  # where the rows stand in the answer was not said


if __name__ == "__main__":
    unittest.main(verbosity=2)
