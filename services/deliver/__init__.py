"""Deliver: other systems are told what happened, from the log alone, each at its own pace.

A destination's queue is the log and its own position in it: nothing is copied, nothing is lost
while it is away, and sent back to an earlier position it hears everything again.
"""
