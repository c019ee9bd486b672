"""The least a message can take on this machine: the same way as a request's, with nothing done.

JetStream → a process that pulls it, commits one row with fsync on and publishes → JetStream → us.
What the product adds to it is its own; what this takes is the machine's.
"""

import asyncio
import sys
from contextlib import suppress

import nats
import psycopg
from nats.errors import TimeoutError as NatsTimeout

STREAM = "FLOOR"
IN = "floor.in"
OUT = "floor.out"


async def relay(nats_url: str, database_url: str) -> None:
    """Until killed: every message of IN, once committed, goes out on OUT."""
    client = await nats.connect(nats_url)
    js = client.jetstream()
    await js.add_stream(name=STREAM, subjects=["floor.>"])
    connection = await psycopg.AsyncConnection.connect(database_url, autocommit=True)
    await connection.execute("create table floor (body bytea)")
    inbox = await js.pull_subscribe(IN, durable="floor", stream=STREAM)
    print("ready", flush=True)
    while True:
        with suppress(NatsTimeout):
            for message in await inbox.fetch(128, timeout=1):
                await connection.execute("insert into floor values (%s)", (message.data,))
                await js.publish(OUT, message.data)
                await message.ack()


if __name__ == "__main__":
    asyncio.run(relay(*sys.argv[1:]))
