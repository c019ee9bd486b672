"""Intake: what others send becomes commands, or a refusal with a code; nothing is lost between."""
