"""NATS: the subjects, the streams behind them, and a FastStream broker that does not lose messages.

PostgreSQL remembers, NATS rings the bell.
"""
