"""The plan of the house, held against the code."""

import ast
import functools
import re
from pathlib import Path

from ecops.capability import capabilities

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = sorted((ROOT / "ecops").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))
INTERFACE = [ROOT / "app.py", *PAGES, *sorted((ROOT / "ui").rglob("*.py"))]
ALL = [path for path in [*PACKAGE, *INTERFACE] if path.exists()]
CAPABILITIES = set(capabilities())
LAYERS = (
    ("locale",),
    ("messages",),
    ("errors", "workfolders"),
    ("tables", "periods"),
    ("finding", "door", "charts", "engine"),
    ("reports", "sources"),
    ("capability", "store"),
    ("handbook", "statistics"),
    ("metrics",),
    ("words", "terminal"),
    ("the capabilities", "review"),
    ("commands",),
    ("__main__",),
)
"""Parts of the package from the ground up; who stands in a row knows nobody of the same row or of a higher one."""


@functools.cache
def text(path: Path) -> str:
    return path.read_text("utf-8")


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path))


@functools.cache
def imports(path: Path) -> frozenset[str]:
    """Every module a file imports, written in full."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def top(path: Path) -> set[str]:
    return {module.split(".")[0] for module in imports(path)}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def breaking(paths, what) -> dict[str, object]:
    """The files in which `what` finds something, and what it found."""
    found = {relative(path): what(path) for path in paths}
    return {path: offence for path, offence in found.items() if offence}


def test_there_is_something_to_look_at():
    assert len(PACKAGE) > 200
    assert len(PAGES) > 8
    assert len(ALL) > 300


def test_the_package_does_not_know_streamlit():
    assert breaking(PACKAGE, lambda path: top(path) & {"streamlit", "ui", "pages", "app"}) == {}


def test_pages_do_not_compute():
    maths = {"duckdb", "numpy", "pandas", "scipy", "sklearn", "statsmodels", "polars", "pyarrow"}
    assert breaking(PAGES, lambda path: top(path) & maths) == {}
    assert breaking(PAGES, lambda path: len(text(path).splitlines()) > 150) == {}


def test_modules_stay_readable():
    def long(path):
        return [
            node.name
            for node in ast.walk(tree(path))
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 80
        ]

    assert breaking(ALL, lambda path: len(text(path).splitlines()) > 500) == {}
    assert breaking(ALL, long) == {}, "a function that does not fit a screen"


def test_one_place_connects_to_duckdb():
    assert list(breaking(ALL, lambda path: "duckdb.connect" in text(path))) == ["ecops/engine/duck.py"]


def test_nothing_unsafe():
    words = ("unsafe_allow_html=True", "pickle", "joblib", "eval(", "exec(")

    def unsafe(path):
        code = re.sub(r'"[^"\n]*"|`[^`\n]*`|#.*', "", text(path))
        return [word for word in words if word in code]

    assert breaking(ALL, unsafe) == {}


def part(path_or_module) -> str:
    """Which part of the package a file or module belongs to; "" for none."""
    parts = path_or_module.relative_to(ROOT).with_suffix("").parts if isinstance(path_or_module, Path) else None
    parts = parts or tuple(path_or_module.split("."))
    return parts[1] if parts[0] == "ecops" and len(parts) > 1 and parts[1] != "__init__" else ""


def known_at_run_time(path: Path) -> set[str]:
    """Parts of the package that a file imports, except for types alone."""
    only_types = {
        id(inner)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree(path)):
        if id(node) in only_types or not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif node.module == "ecops":
            found |= {f"ecops.{alias.name}" for alias in node.names}
        else:
            found.add(node.module or "")
    return {name for name in map(part, found) if name and any((ROOT / "ecops").glob(f"{name}*"))}


def test_no_arrow_runs_up_and_none_in_a_circle():
    """A part knows only lower ones; so there is no circle either."""
    row = {name: number for number, names in enumerate(LAYERS) for name in names}
    row |= dict.fromkeys(CAPABILITIES, row["the capabilities"])

    def upward(path):
        own = part(path)
        return own and {name for name in known_at_run_time(path) - {own} if row[name] >= row[own]}

    assert breaking(PACKAGE, upward) == {}


def test_nobody_names_a_capability():
    """Only its own folder, its own part of the interface, and the page that it names know a capability."""

    def strangers(path):
        inside = path.relative_to(ROOT).parts
        return [
            module
            for guest in capabilities().values()
            if inside[:2] not in (("ecops", guest.key), ("ui", guest.page)) and inside[-1] != f"{guest.page}.py"
            for module in imports(path)
            if f"{module}.".startswith(f"ecops.{guest.key}.")
        ]

    assert breaking(ALL, strangers) == {}


def test_the_package_speaks_through_messages():
    def printing(path):
        calls = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
        return {name for name in map(ast.unparse, calls) if name in ("print", "warnings.warn")}

    assert breaking(PACKAGE, printing) == {}, "warnings are returned in results, not printed"


def test_public_names_are_documented():
    def nameless(path):
        public = [node for node in tree(path).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        return [node.name for node in public if not node.name.startswith("_") and not ast.get_docstring(node)]

    silent = breaking(PACKAGE, lambda path: text(path).strip() and not ast.get_docstring(tree(path)))
    assert silent == {}, "a module says which question it answers"
    assert breaking(PACKAGE, nameless) == {}
