"""One report, several files: HTML for reading and printing, xlsx and pptx with charts that managers can edit."""

from ecops.reports.model import Bullets, Card, Cards, Cause, Chart, Report, Section, Series, Table
from ecops.reports.write import write

__all__ = ["Bullets", "Card", "Cards", "Cause", "Chart", "Report", "Section", "Series", "Table", "write"]
