"""Notify: who is concerned is told, by whatever reaches them, and never after it would be of use.

Dispatch knows nothing of it. What is to be told is read from the log into an outbox; what could not
be delivered in time is an offer nobody answered, and the next wave goes out as it does on silence.
"""
