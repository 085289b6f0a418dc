"""The plan of the house, held against the code."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = sorted((ROOT / "ecops").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))
INTERFACE = [ROOT / "app.py", *PAGES, *sorted((ROOT / "ui").rglob("*.py"))]
ALL = [path for path in [*PACKAGE, *INTERFACE] if path.exists()]
CAPABILITIES = {"growth", "funnel", "experiments", "customers", "inventory", "presale", "competitors"}


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


@pytest.mark.parametrize("path", PACKAGE, ids=relative)
def test_capabilities_do_not_reach_into_each_other(path):
    own = path.relative_to(ROOT / "ecops").parts[0].removesuffix(".py")
    if own not in CAPABILITIES:
        return
    for module in imports(path):
        parts = module.split(".")
        assert not (parts[0] == "ecops" and len(parts) > 1 and parts[1] in CAPABILITIES - {own}), module


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
