#!/usr/bin/env python3
"""The oracle on cases worked out by hand."""
import json
import unittest

import oracle

KEY = "p1", bytes(range(32))
ROW = {"ID": "YC1", "CPH": "鄂a·12345", "CLLX": "02", "ZT": "8", "SQR": " 张　伟 ", "CFSJ": "2024.3.27 8:25",
       "FHSJ": "未归", "LC": "２９．１公里", "YH": "3.10", "MDD": "武汉（江南）"}


def lines(expect="dispatch", **changes):
    row = {**ROW, **changes}
    return oracle.lines_of_row(row, json.dumps(row).encode(), oracle.EXPECTATIONS[expect], "s/c/", KEY)


class Oracle(unittest.TestCase):
    def test_accepted(self):
        data, restricted = lines()
        key, text = data.split("\t")
        self.assertEqual(key, "s/c/YC1")
        event = json.loads(text)
        self.assertRegex(event.pop("applicant"), "^p1:[A-Za-z0-9_-]{22}$")
        self.assertEqual(event, {
            "order_no": "YC1", "plate_no": "鄂A12345", "vehicle_type": "suv", "distance": "#29.1",
            "fuel": "#3.1", "depart_time": "2024-03-27T08:25:00+08:00", "destination": "武汉(江南)"})
        self.assertEqual(restricted, 'RESTRICTED\tYC1\t{"applicant":{"value":"张 伟"}}')

    def test_pseudonym(self):
        # printf abc | openssl dgst -sha256 -mac HMAC -macopt hexkey:00010203…1f begins f0133729c4163ded.
        self.assertEqual(oracle.pseudonym("abc", KEY), "p1:" + "8BM3KcQWPe3oHiHNR4OSVg")

    def test_rejected(self):
        for change in ({"CLLX": "99"}, {"CPH": ""}, {"ID": None}, {"CFSJ": "2024-13-01 08:00:00"},
                       {"FHSJ": "2024-03-27 08:24:59"}):
            self.assertTrue(lines(**change)[0].startswith("REJECT\t{"), change)

    def test_rounds_half_to_even_and_drops_what_is_out_of_range(self):
        self.assertEqual(oracle.number("10.25", "1", 1, ("",), "0", "99"), "#10.2")
        self.assertEqual(oracle.number("10.35", "1", 1, ("",), "0", "99"), "#10.4")
        self.assertEqual(oracle.number("1,000", "1", 1, ("",), "0", "9999"), "#1000")
        self.assertIsNone(oracle.number("100", "1", 1, ("",), "0", "99"))
        self.assertIsNone(oracle.number("10公斤", "1", 1, ("", "公里"), "0", "99"))

    def test_csv_records_keep_quoted_lines(self):
        records = list(oracle.csv_records('a,b\r\n1,"x\ny"\r\n2,z'.encode("gb18030")))
        self.assertEqual(records, [b"a,b", b'1,"x\ny"', b"2,z"])

    def test_messages(self):
        event = {"source": "/s/c/t", "subject": "YC1", "data": {"distance": 29.1}}
        message = {"topic": "jgsw.s.a.b.v1", "key": "s/c/YC1", "headers": [],
                   "value": json.dumps(event)}
        reject = {"topic": "jgsw.s.rejected", "key": "k", "headers": [["gt_origin", "/s/c/t"]],
                  "value": {"base64": "/w=="}}
        self.assertEqual(oracle.lines_of_messages([message, reject], "/s/c/t"),
                         ['s/c/YC1\t{"distance":"#29.1"}', "REJECT\t\xff"])
        self.assertEqual(oracle.lines_of_messages([message, reject], "/s/c/other"), [])


if __name__ == "__main__":
    unittest.main()
