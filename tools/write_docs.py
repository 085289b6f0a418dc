"""Write the pages under docs/ that are made from data: `make docs`."""

from pathlib import Path

from ecops.sources import catalogue

ROOT = Path(__file__).resolve().parents[1]

if __name__ == "__main__":
    (ROOT / "docs" / "sources.md").write_text(catalogue.page(), "utf-8")
