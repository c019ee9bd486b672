"""Indicators: facts folded from the log, definitions that are data, and the figures they give.

A fact is a row (a request, a slot, an offer, a membership); a figure is a query over facts. No
figure is ever stored: whatever is shown can be computed again, and traced to the events behind it.
"""
