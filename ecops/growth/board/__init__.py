"""The board of a shop: figures by day, week, month or quarter, days out of the ordinary, and who answers for what."""
