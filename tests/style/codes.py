#!/usr/bin/env python3
"""Every row of the message catalogue is used by the product and raised by a test.

A row is used when a source under gateway/ or adapters/ says GT_E_NAME outside comments. A test
raises it when a file under tests/ names it where something is compared: GT_E_NAME in C; GTnnnn,
NAME(…) or NAME … as tests of formats show it, or the English sentence in a string of C or Python;
GTnnnn in an expected output or a golden case. Comments, docstrings and fuzz corpora do not count,
nor does a code in a C file that raises it itself (tests of the catalogue and of the log do).

usage: codes.py SOURCE_ROOT | codes.py --self-test"""
import ast
import pathlib
import re
import sys
import tempfile

# What no test can provoke: one reason a row, fewer than MAY_BE_EXCUSED rows.
EXCUSED = {
    "DOCTOR_CLOCK": "a machine whose clock says another century",
    "DOCTOR_NTP": "the kernel says it or not, as the machine is kept",
    "CHILD_STUCK": "the kernel must hold a process that was killed",
    "KAFKA_TOPIC_UNCHECKED": "a Kafka whose ACLs allow all but to describe configurations",
}
MAY_BE_EXCUSED = 10

ROW = re.compile(r'GT_MSG\((\w+),\s*(\d+),\s*\w+,\s*"((?:[^"\\]|\\.)*)"')
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', re.S)
RAISES = re.compile(r"gt_(?:fail\w*|log_say|diags_add\w*)\([^;]*?GT_E_(\w+)")
# gt_unknown(…, GT_E_X, …) raises the row behind GT_E_X when a name is near; see words of standards.
NEAR = re.compile(r"gt_unknown\([^;]*?GT_E_(\w+)")


def split_c(text):
    """The code without comments and strings, and the strings with adjacent ones joined."""
    strings, code, behind = [], [], None
    end = 0
    for token in TOKEN.finditer(text):
        between = text[end:token.start()]
        code.append(between)
        end = token.end()
        if between.strip():
            behind = None
        if token[0].startswith('"'):
            if behind is None:
                strings.append("")
                behind = True
            strings[-1] += token[0][1:-1].replace("\\n", "\n")
    code.append(text[end:])
    return " ".join(code), strings


def strings_of_python(text):
    tree = ast.parse(text)
    documentation = {id(node.body[0].value) for node in ast.walk(tree)
                     if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
                     and node.body and isinstance(node.body[0], ast.Expr)}
    return [node.value for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            and id(node) not in documentation]


def rows_of(root):
    """name: (number, pattern of the English sentence or None when it is hardly a sentence)."""
    rows = {}
    for path in sorted((root / "gateway/sdk/guantong/messages").glob("*.def")):
        for name, number, english in ROW.findall(path.read_text(encoding="utf-8")):
            literal = re.split(r"%\d", english)
            pattern = ".*?".join(re.escape(part) for part in literal)
            rows[name] = (int(number), re.compile(pattern) if len("".join(literal)) > 15 else None)
    return rows


def used_in(root, rows):
    used = set()
    behind = dict(zip(rows, list(rows)[1:]))
    for top in ("gateway", "adapters"):
        for path in sorted((root / top).rglob("*.[ch]")):
            code, _ = split_c(path.read_text(encoding="utf-8"))
            used.update(re.findall(r"GT_E_(\w+)", code))
            used.update(behind[name] for name in NEAR.findall(code) if name + "_NEAR" in rows)
    return used


def named_by(path, rows, numbers):
    """The rows that one file of tests/ names where something is compared."""
    text = path.read_text(encoding="utf-8")
    names, raised, strings = set(), set(), []
    if path.suffix in (".c", ".h"):
        code, strings = split_c(text)
        names.update(re.findall(r"GT_E_(\w+)", code))
        raised.update(RAISES.findall(code))
    elif path.suffix == ".py":
        strings = strings_of_python(text)
    elif path.suffix in (".yaml", ".yml"):
        strings = [re.sub(r"(^|\s)#.*", "", text)]
    elif path.name.startswith("expected."):
        strings = text.splitlines()
    for string in strings:
        names.update(numbers[n] for n in re.findall(r"\bGT(\d{4})\b", string) if n in numbers)
        names.update(re.findall(r"\b([A-Z][A-Z0-9_]{4,})[( ]", string))
        names.update(name for name, (_, sentence) in rows.items()
                     if sentence and len(string) > 15 and sentence.search(string))
    return names - raised


def problems(root, excused):
    rows = rows_of(root)
    if not rows:
        yield "no rows were found"
    numbers = {f"{number:04d}": name for name, (number, _) in rows.items()}
    used, tested = used_in(root, rows), set()
    for path in sorted((root / "tests").rglob("*")):
        if path.suffix in (".c", ".h", ".py", ".yaml", ".yml", ".txt") and path.is_file() and \
                not {"fuzz", "style", "node_modules"} & set(path.relative_to(root).parts):
            tested |= named_by(path, rows, numbers)
    for name, (number, _) in rows.items():
        if name not in used:
            yield f"GT{number:04d} {name}: nothing under gateway/ or adapters/ uses it"
        elif name not in tested and name not in excused:
            yield f"GT{number:04d} {name}: no test raises it"
        elif name in tested and name in excused:
            yield f"GT{number:04d} {name}: excused, but a test raises it"
    for name in excused.keys() - rows.keys():
        yield f"{name}: excused, but there is no such row"
    if len(excused) >= MAY_BE_EXCUSED:
        yield f"{len(excused)} rows are excused; fewer than {MAY_BE_EXCUSED} may be"


def self_test():
    """What counts as naming, and what does not."""
    row = 'GT_MSG(CUT_OFF, 2000, DATA, "the text is cut off at byte %1", "", "断", "")\n'
    use = 'if (x) gt_fail(err, GT_E_CUT_OFF, "1");\n'
    cases = [
        (use, "a.c", "ck_assert_int_eq(err.code, GT_E_CUT_OFF);", 0),
        (use, "a.c", 'check("x", "broken CUT_OFF(" "1)");', 0),
        (use, "a.c", 'is("the text is cut " "off at byte 7");', 0),
        (use, "a.c", 'is("http://x"); ok(GT_E_CUT_OFF);', 0),
        (use, "a.c", "/* GT_E_CUT_OFF, GT2000 */", 1),
        (use, "a.c", "gt_fail(&e, GT_E_CUT_OFF); ok(e.code == GT_E_CUT_OFF);", 1),
        (use, "a.py", 'self.assertIn("GT2000", out)', 0),
        (use, "a.py", '"""GT2000"""\n# GT2000', 1),
        (use, "a.yaml", "- {reasons: [GT2000]}", 0),
        (use, "a.yaml", "- {reasons: []} # GT2000", 1),
        (use, "expected.en.txt", "a.yaml:1:1 GT2000 cut", 0),
        (use, "expected.en.txt", "a.yaml:1:1 GT20001 cut", 1),
        ("/* GT_E_CUT_OFF */", "a.py", '"GT2000"', 1),
    ]
    for number, (source, name, test, expected) in enumerate(cases):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for path, text in (("gateway/sdk/guantong/messages/a.def", row),
                               ("gateway/a.c", source), ("tests/" + name, test)):
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text, encoding="utf-8")
            found = list(problems(root, {}))
            if len(found) != expected:
                sys.exit(f"case {number}: {found}")
            if expected and "uses it" not in found[0] and list(problems(root, {"CUT_OFF": "x"})):
                sys.exit(f"case {number}: the excuse does not count")


def main():
    if sys.argv[1] == "--self-test":
        self_test()
        return 0
    found = list(problems(pathlib.Path(sys.argv[1]), EXCUSED))
    print("\n".join(found) or "every code is used and raised")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
