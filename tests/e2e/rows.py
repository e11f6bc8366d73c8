"""Rows of two district systems, as dirty as real ones; the same seed gives the same rows.

Each row holds a mark that no other has: in `MDD` ("R0000001") or in the meter number.
"""
import json
import random

ORGS = ["武昌区机关事务服务中心", "武昌区财政局国库收付中心", " 武昌区卫生健康局　疾控中心", "武昌区应急管理局（指挥中心）"]
PEOPLE = ["张伟", "王芳", "李 娜", "欧阳明", "赵敏　"]
PURPOSES = ["公务出行：赴省机关事务管理局开会", "防汛巡查,运送物资", "执法检查 \"专项整治\"", "机要通信"]
DISPATCH_MARK = r"R(\d{7})"
READING_MARK = r"4201060(\d{6})"


def full_width(text):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def when(rng, dirt):
    day, hour, minute = rng.randint(1, 28), rng.randint(6, 20), rng.randint(0, 59)
    start, end = (hour, minute), (hour + rng.randint(1, 3), minute)
    month = 13 if dirt == "month" else rng.randint(1, 12)
    if dirt == "backwards":
        start, end = end, start

    def text(at):
        if dirt == "dots":
            return f"2024.{month}.{day} {at[0]}:{at[1]:02d}"
        return f"2024-{month:02d}-{day:02d} {at[0]:02d}:{at[1]:02d}:00"
    return text(start), "未归" if dirt == "away" else text(end)


DISPATCH_DIRT = ["dots", "plate-dot", "plate-lower", "km", "wide", "thousands", "half", "negative", "away",
                 "number", "null", "code", "plate-none", "month", "backwards", "no-id"]
READING_DIRT = ["wide", "unit", "thousands", "lines", "none", "dash", "month", "dots"]


def dispatch(count, seed=1, cars=40, first=1):
    """Dispatch orders; one order occurs several times, newer each time."""
    rng = random.Random(seed)
    rows = []
    for number in range(first, first + count):
        dirt = rng.choice(DISPATCH_DIRT) if rng.random() < 0.3 else ""
        depart, back = when(rng, dirt)
        plate = f"鄂{rng.choice('ABC')}{rng.randint(0, 99999):05d}"
        tenths = rng.randint(10, 3000)
        distance = {"km": f"{tenths / 10}公里", "wide": full_width(f"{tenths / 10}"),
                    "thousands": f"1,{tenths % 1000:03d}.5", "half": f"{tenths // 10}.25",
                    "negative": f"-{tenths}", "number": tenths / 10}.get(dirt, str(tenths / 10))
        rows.append({
            "ID": "" if dirt == "no-id" else f"YC{rng.randint(1, cars):06d}",
            "CPH": {"plate-dot": f"{plate[:2]}·{plate[2:]}", "plate-lower": f" {plate.lower()} ",
                    "plate-none": ""}.get(dirt, plate),
            "DWMC": rng.choice(ORGS), "SQR": None if dirt == "null" else rng.choice(PEOPLE),
            "YCSY": rng.choice(PURPOSES), "MDD": f"R{number:07d}", "CFSJ": depart, "FHSJ": back,
            "LC": distance, "YH": f"{rng.randint(100, 5000) / 100:.2f}",
            "CLLX": "99" if dirt == "code" else rng.choice(["01", "02", "03", "04"]),
            "ZT": rng.choice(["1", "2", "3", "8"])})
    return rows


def csv_text(rows, columns):
    def cell(value):
        value = "" if value is None else str(value)
        return '"' + value.replace('"', '""') + '"' if any(c in value for c in ',"\n') else value
    return "".join(",".join(line) + "\r\n" for line in
                   [columns, *([cell(row[name]) for name in columns] for row in rows)])


def dispatch_csv(rows):
    return csv_text(rows, list(rows[0])).encode("gb18030")


def readings_csv(count, seed=1, first=1):
    """A day's readings of meters, one row each."""
    rng = random.Random(seed)
    rows = []
    for number in range(first, first + count):
        dirt = rng.choice(READING_DIRT) if rng.random() < 0.2 else ""
        value = f"{rng.randint(0, 9999)}.{rng.randint(0, 9999):04d}"
        rows.append({
            "表号": f"4201060{number:06d}", "抄表时间": when(rng, dirt)[0],
            "读数(万kWh)": {"wide": full_width(value), "unit": value + "万kWh", "none": "", "dash": "—",
                          "thousands": f"{rng.randint(1, 9)},{rng.randint(0, 999):03d}.25"}.get(
                              dirt, value),
            "用能单位": rng.choice(ORGS), "备注": "换表\n旧表已拆" if dirt == "lines" else ""})
    return csv_text(rows, list(rows[0])).encode("gb18030")


def as_lines(rows):
    """For source_check: one row a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
