"""The shell: the only place with a clock, SQL, NATS and HTTP."""
