"""Somebody else's system that is told things over HTTP: it answers as a test says."""

import socket
import ssl
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn
from uvicorn import Server


@dataclass(frozen=True)
class Heard:
    method: str
    path: str
    query: str
    headers: dict
    body: bytes


class Receiver:
    """Answers with what was prepared, then with 200; remembers what it heard."""

    def __init__(self):
        self.heard = []
        self.answers = deque()
        self.always = (200, {})
        self.url = ""

    async def __call__(self, scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        path, query = scope["path"], scope["query_string"].decode()
        self.heard.append(Heard(scope["method"], path, query, headers, body))
        status, extra = self.answers.popleft() if self.answers else self.always
        given = [(name.encode(), value.encode()) for name, value in extra.items()]
        await send({"type": "http.response.start", "status": status, "headers": given})
        await send({"type": "http.response.body", "body": b"{}"})


@asynccontextmanager
async def receiving(receiver=None, port=0, tls=(None, None), client_authority=None):
    """It listens until the end of the block."""
    receiver = receiver or Receiver()
    listening = socket.create_server(("127.0.0.1", port))
    how = {
        "app": receiver,
        "lifespan": "off",
        "log_config": None,
        "access_log": False,
        "ws": "none",
    }
    how |= {"ssl_certfile": tls[0], "ssl_keyfile": tls[1]}
    if client_authority:
        how |= {"ssl_ca_certs": client_authority, "ssl_cert_reqs": ssl.CERT_REQUIRED}
    config = uvicorn.Config(**how)
    server = Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listening])
    receiver.url = f"http{'s' if tls[0] else ''}://127.0.0.1:{listening.getsockname()[1]}"
    try:
        yield receiver
    finally:
        await server.shutdown(sockets=[listening])
        listening.close()
