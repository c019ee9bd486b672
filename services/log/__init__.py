"""The log: one PostgreSQL table, the only truth; how it is written, read and followed."""
