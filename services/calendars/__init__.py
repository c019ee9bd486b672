"""Calendars: a practitioner's day in their own, and their free times read from it.

One declaration, no second agenda: what their software already knows is not typed again.
"""
