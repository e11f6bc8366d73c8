#!/usr/bin/env python3
"""The layering holds: no include leaves its folder by path, header names are unique, and an upward
include does not compile (planted here, layer by layer).

usage: layers.py SOURCE_ROOT COMPILER..."""
import collections
import pathlib
import re
import subprocess
import sys
import tempfile

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]*)"', re.M)


def layers(root):
    """The folders of gateway/meson.build's `layers`, lowest first."""
    text = (root / "gateway/meson.build").read_text()
    body = re.search(r"^layers = \{(.*?)^\}", text, re.M | re.S).group(1)
    return re.findall(r"^\s*'(\w+)':", body, re.M)


def sources(root):
    for top in ("gateway", "adapters"):
        for path in sorted((root / top).rglob("*.[ch]")):
            yield path


def check_includes(root):
    for path in sources(root):
        for name in INCLUDE.findall(path.read_text()):
            upward = ".." in name.split("/")
            if upward or ("/" in name and path.is_relative_to(root / "gateway")):
                yield f"{path.relative_to(root)}: #include \"{name}\" names a path"


def check_names(root):
    if not any(sources(root)):
        yield "no sources were found"
    where = collections.defaultdict(list)
    for path in sources(root):
        if path.suffix == ".h":
            where[path.name].append(str(path.relative_to(root)))
    for name, paths in sorted(where.items()):
        if len(paths) > 1:
            yield f"two headers are called {name}: {', '.join(paths)}"


def compiles(compiler, include_dirs, header, folder):
    """Does a file that includes this header find it? Only the search is asked, not the content."""
    planted = pathlib.Path(folder) / "planted.c"
    planted.write_text(f'#if !__has_include("{header}")\n#error not found\n#endif\n'
                       f'#include "{header}"\ntypedef int planted;\n')
    command = [*compiler, "-std=c17", "-D_GNU_SOURCE", "-fsyntax-only",
               *(f"-I{d}" for d in include_dirs), str(planted)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def visible(root, names, index):
    return [root / "gateway/sdk", *(root / "gateway" / n for n in names[:index + 1])]


def check_upward(root, compiler):
    """Every header of every upper layer is refused in every layer below it."""
    names = layers(root)
    planted = 0
    with tempfile.TemporaryDirectory() as folder:
        # The planting itself works: a downward include compiles.
        if not compiles(compiler, visible(root, names, 1), "arena.h", folder):
            yield "a downward include does not compile: the planting proves nothing"
        for index, name in enumerate(names):
            for upper in names[index + 1:]:
                headers = sorted((root / "gateway" / upper).glob("*.h"))
                if not headers:
                    continue
                planted += 1
                header = headers[0].name
                if compiles(compiler, visible(root, names, index), header, folder):
                    yield f"{name}/ can include {header} of the higher layer {upper}/"
    if planted == 0:
        yield "no upward include was planted"


def check_build(root):
    """The build gives each layer the paths that check_upward() assumes, and no global ones."""
    for path in [root / "meson.build", *(root / "gateway").rglob("meson.build")]:
        text = path.read_text()
        if re.search(r"add_(project|global)_arguments\([^)]*-I", text):
            yield f"{path.relative_to(root)}: an include path for everyone"
    for name in layers(root):
        path = root / "gateway" / name / "meson.build"
        if path.exists() and "include_directories" in path.read_text():
            yield f"{path.relative_to(root)}: a layer adds an include path of its own"


def main():
    root, compiler = pathlib.Path(sys.argv[1]), sys.argv[2:]
    problems = [*check_includes(root), *check_names(root), *check_build(root),
                *check_upward(root, compiler)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
