"""Meetings besides the weekly one: agendas, countdown and checklists, requests, hand-over to the warehouse, awards."""
