#!/usr/bin/env python3
"""Workbooks read by our formats and by openpyxl or xlrd, row by row and cell by cell: generated ones
with what makes workbooks nasty, and real ones where ../shared (or $GUANTONG_SHARED) has them.

usage: workbooks.py FORMAT_DUMP"""
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

try:
    import openpyxl
    import xlrd
    import xlwt
except ImportError as missing:
    sys.exit(f"{missing}: run deploy/deps --tests")

ROOT = pathlib.Path(__file__).resolve().parents[2]
REAL = pathlib.Path(os.environ.get("GUANTONG_SHARED", ROOT.parent / "shared")) / "data/real"
DUMP = None


def dump(path, **options):
    """(column names, {row number: {column: value}}, how it ended)"""
    kind = "xlsx" if str(path).endswith("xlsx") else "xls"
    words = [f"{name}={value}" for name, value in options.items()]
    done = subprocess.run([DUMP, kind, str(path), *words], capture_output=True, timeout=300)
    if done.returncode:
        raise AssertionError(done.stderr.decode("utf-8", "replace"))
    columns, rows, end = [], {}, None
    for line in done.stdout.decode("utf-8").splitlines():
        said = json.loads(line)
        columns = said.get("columns", columns)
        end = said.get("end", end)
        if "row" in said:
            rows[said["row"]] = said.get("data", said.get("bad"))
    return columns, rows, end


def shown(value):
    """What another reader gives, as we would write it."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, datetime.datetime):
        text = value.isoformat(" ", "seconds")
        return text.removesuffix(" 00:00:00")
    if isinstance(value, (int, float)):
        return float(f"{value:.15g}")
    return value


def same(ours, theirs):
    if isinstance(ours, (int, float)) and not isinstance(ours, bool):
        return float(ours) == theirs
    if isinstance(ours, str) and isinstance(theirs, str):
        return ours.removesuffix(" 00:00:00").replace("\r\n", "\n") == theirs.replace("\r\n", "\n")
    return ours == theirs


class Case(unittest.TestCase):
    def compare(self, theirs, columns, rows, first):
        """theirs: rows of cells from row 1 on; ours must have each that has content, from first."""
        for number, cells in enumerate(theirs, 1):
            if number < first or not any(cell not in (None, "") for cell in cells):
                self.assertNotIn(number, rows)
                continue
            self.assertIn(number, rows)
            for column, cell in zip(columns, cells):
                ours = rows[number].get(column)
                if cell in (None, "") and ours in (None, ""):
                    continue
                self.assertTrue(same(ours, shown(cell)), f"{number} {column}: {ours!r} {cell!r}")

    def xlsx(self, path, sheet, first, expected_rows, **options):
        book = openpyxl.load_workbook(path, data_only=True)
        columns, rows, end = dump(path, sheet=sheet, **options)
        self.assertEqual((len(rows), end), (expected_rows, "done"))
        self.compare(list(book[sheet].iter_rows(values_only=True)), columns, rows, first)
        return columns, rows

    def xls(self, path, first, expected_rows):
        sheet = xlrd.open_workbook(path).sheet_by_index(0)
        columns, rows, end = dump(path)
        self.assertEqual((len(rows), end), (expected_rows, "done"))
        self.compare([sheet.row_values(i) for i in range(sheet.nrows)], columns, rows, first)
        return columns, rows


class Generated(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_values(self):
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "台账"
        sheet.append(["编号", "数", "日期", "备注"])
        when = datetime.datetime(2024, 3, 5)
        for i in range(2000):
            sheet.append([f"{i:05}", i / 7 * (-1) ** i, when + datetime.timedelta(hours=i),
                          None if i % 3 else f"第{i}行 <&\"'\n"])
        for i, value in enumerate([0.1 + 0.2, 1 / 3, 1e-7, 1e14, 123456789012345, True, False]):
            sheet.cell(3000 + i, 2, value)
        book.save(self.folder / "values.xlsx")
        self.xlsx(self.folder / "values.xlsx", "台账", 2, 2007)

    def test_dates_of_1904(self):
        book = openpyxl.Workbook()
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        book.active.append(["day", "x"])
        for day in range(1, 29):
            book.active.append([datetime.datetime(2024, 2, day, day % 24), day])
        book.save(self.folder / "mac.xlsx")
        self.xlsx(self.folder / "mac.xlsx", "Sheet", 2, 28)

    def test_merged_cells(self):
        book = openpyxl.Workbook()
        sheet = book.active
        for row in (["能耗月报"], ["单位", "电", None, "水"], [None, "数量", "费用", "数量"],
                    ["甲", 1, 2, 3], [None, 4, 5, 6], [None, 7, None, 9], ["乙", 8]):
            sheet.append(row)
        for merge in ("A1:D1", "A2:A3", "B2:C2", "A4:A5"):
            sheet.merge_cells(merge)
        sheet["A6"].number_format = "0.00"
        book.save(self.folder / "merged.xlsx")
        columns, rows, _ = dump(self.folder / "merged.xlsx")
        self.assertEqual(columns, ["单位", "电.数量", "电.费用", "水.数量"])
        self.assertEqual(rows, {4: {"单位": "甲", "电.数量": 1, "电.费用": 2, "水.数量": 3},
                                5: {"单位": "甲", "电.数量": 4, "电.费用": 5, "水.数量": 6},
                                6: {"电.数量": 7, "水.数量": 9}, 7: {"单位": "乙", "电.数量": 8}})

    def test_formulas_that_were_never_calculated(self):
        book = openpyxl.Workbook()
        book.active.append(["a", "b"])
        book.active.append([1, "=A2*2"])
        book.save(self.folder / "formulas.xlsx")
        self.assertEqual(dump(self.folder / "formulas.xlsx")[1], {2: {"a": 1}})

    def test_excel_97(self):
        book = xlwt.Workbook()
        sheet = book.add_sheet("表")
        for column, name in enumerate(["名称", "数", "日期"]):
            sheet.write(0, column, name)
        day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
        for row in range(1, 3000):
            sheet.write(row, 0, f"物资{row}")
            sheet.write(row, 1, row / 7)
            sheet.write(row, 2, datetime.date(2024, 1, 1) + datetime.timedelta(row), day)
        book.save(str(self.folder / "old.xls"))
        columns, rows, end = dump(self.folder / "old.xls")
        self.assertEqual((columns, len(rows), end), (["名称", "数", "日期"], 2999, "done"))
        self.assertEqual(rows[3000]["日期"], "2032-03-18")
        self.assertEqual(rows[8], {"名称": "物资7", "数": 1, "日期": "2024-01-08"})
        self.assertEqual(rows[2]["数"], float(f"{1 / 7:.15g}"))


@unittest.skipUnless(REAL.is_dir(), f"left out: there is no {REAL}")
class Real(Case):
    def test_energy(self):
        columns, _ = self.xlsx(REAL / "energy/myems_data_repair_sample.xlsx", "Sheet1", 2, 13)
        self.assertEqual(columns, ["POINT ID", "POINT NAME", "DATE TIME LOCAL", "ACTUAL VALUE"])
        path = REAL / "energy/myems_offline_meter_data.xlsx"
        columns, rows = self.xlsx(path, "Sheet1", 3, 10, header=2)
        self.assertEqual(columns[:5], ["2023", "3", "offline meter", "1", "2"])
        self.assertEqual(rows[3]["2"], 341.699999999983)

    def test_payments(self):
        path = REAL / "finance/wechat_export.xlsx"
        columns, rows = self.xlsx(path, "example-wechat-records", 19, 27, header=18)
        self.assertEqual(columns[5], "金额(元)")
        self.assertEqual(rows[19]["金额(元)"], "¥28.16")
        _, rows = self.xlsx(path, "Sheet1", 19, 27, header=18)
        self.assertEqual(dump(path, sheet="Sheet1")[1], rows) # finds it by itself, too
        self.assertEqual(rows[19]["金额(元)"], 28.16)
        columns, rows = self.xls(REAL / "finance/ccb_statement.xls", 7, 7)
        self.assertEqual(columns[2:6], ["交易时间", "支出", "收入", "账户余额"])
        self.assertEqual(rows[7]["账户余额"], 2176.91)

    def test_procurement(self):
        path = REAL / "procurement/ocds_fictional_05_contract.xlsx"
        book = openpyxl.load_workbook(path, data_only=True)
        self.assertEqual(len(book.worksheets), 25)
        for sheet in book.worksheets:
            rows = list(sheet.iter_rows(values_only=True))
            if not any(cell not in (None, "") for row in rows for cell in row):
                self.assertEqual(dump(path, sheet=sheet.title)[2], "SHEET_EMPTY")
            elif sheet.title != "Meta": # which has no header
                self.xlsx(path, sheet.title, 2, len(rows) - 1)

    def test_supplies(self):
        columns, rows = self.xls(REAL / "emergency/jsherp_goods_template.xls", 3, 2)
        self.assertEqual((len(columns), columns[0], rows[3]["基本条码*"]), (32, "名称*", 2001))
        columns, rows = self.xls(REAL / "emergency/jsherp_in_out_item_template.xls", 3, 2)
        self.assertEqual(columns, ["仓库*", "条码*", "名称", "数量*", "单价", "备注"])


if __name__ == "__main__":
    DUMP = sys.argv.pop(1)
    unittest.main()
