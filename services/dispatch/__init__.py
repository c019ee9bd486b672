"""Dispatch: a place for each request, or the request back to the SAS in time."""
