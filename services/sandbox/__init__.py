"""A time of its own, to see a day of care in minutes: the same code, another clock."""
