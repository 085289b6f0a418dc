"""The plan of the house, held against the code."""

import ast
import re
from pathlib import Path

import pytest

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


def imports(path: Path) -> set[str]:
    """Every module a file imports, written in full."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def top(modules: set[str]) -> set[str]:
    return {module.split(".")[0] for module in modules}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PACKAGE, ids=relative)
def test_the_package_does_not_know_streamlit(path):
    assert not top(imports(path)) & {"streamlit", "ui", "pages", "app"}


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_pages_do_not_compute(path):
    assert not top(imports(path)) & {
        "duckdb",
        "numpy",
        "pandas",
        "scipy",
        "sklearn",
        "statsmodels",
        "polars",
        "pyarrow",
    }
    assert len(path.read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize("path", ALL, ids=relative)
def test_modules_stay_readable(path):
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= 500
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 80, f"{node.name} does not fit a screen"


@pytest.mark.parametrize("path", ALL, ids=relative)
def test_one_place_connects_to_duckdb(path):
    if relative(path) != "ecops/engine/duck.py":
        assert "duckdb.connect" not in path.read_text("utf-8")


@pytest.mark.parametrize("path", ALL, ids=relative)
def test_nothing_unsafe(path):
    source = path.read_text("utf-8")
    for word in ("unsafe_allow_html=True", "pickle", "joblib", "eval(", "exec("):
        assert word not in re.sub(r'"[^"\n]*"|`[^`\n]*`|#.*', "", source), word


def part(path_or_module) -> str:
    """Which part of the package a file or module belongs to; "" for none."""
    parts = path_or_module.relative_to(ROOT).with_suffix("").parts if isinstance(path_or_module, Path) else None
    parts = parts or tuple(path_or_module.split("."))
    return parts[1] if parts[0] == "ecops" and len(parts) > 1 and parts[1] != "__init__" else ""


def known_at_run_time(path: Path) -> set[str]:
    """Parts of the package that a file imports, except for types alone."""
    tree = ast.parse(path.read_text("utf-8"))
    only_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in only_types or not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif node.module == "ecops":
            found |= {f"ecops.{alias.name}" for alias in node.names}
        else:
            found.add(node.module or "")
    parts = {part(module) for module in found}
    return {name for name in parts if name and any((ROOT / "ecops").glob(f"{name}*"))}


@pytest.mark.parametrize("path", [path for path in PACKAGE if part(path)], ids=relative)
def test_no_arrow_runs_up_and_none_in_a_circle(path):
    """A part knows only lower ones; so there is no circle either."""
    row = {name: number for number, names in enumerate(LAYERS) for name in names}
    row |= dict.fromkeys(CAPABILITIES, row["the capabilities"])
    own = part(path)
    assert {name for name in known_at_run_time(path) - {own} if row[name] >= row[own]} == set()


@pytest.mark.parametrize("path", ALL, ids=relative)
def test_nobody_names_a_capability(path):
    """Only its own folder, its own part of the interface, and the page that it names know a capability."""
    inside = path.relative_to(ROOT).parts
    for guest in capabilities().values():
        own = inside[:2] == ("ecops", guest.key) or inside[-1] == f"{guest.page}.py" or inside[:2] == ("ui", guest.page)
        if own:
            continue
        assert not [module for module in imports(path) if f"{module}.".startswith(f"ecops.{guest.key}.")], guest.key


@pytest.mark.parametrize("path", PACKAGE, ids=relative)
def test_the_package_speaks_through_messages(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print"
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "warnings.warn":
            pytest.fail("warnings are returned in results, not printed")


@pytest.mark.parametrize("path", PACKAGE, ids=relative)
def test_public_names_are_documented(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree) or not path.read_text("utf-8").strip(), "a module says which question it answers"
    public = [
        node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]
    assert [node.name for node in public if not ast.get_docstring(node)] == []
