"""What every page is made of: cards, tables, charts, findings, errors, empty pages, text."""
