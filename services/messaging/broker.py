"""The FastStream broker, with the settings that make it keep what it was given.

Its defaults destroy a message whose handler raises, publish with half a second of patience and give
up reconnecting, after which it spins (measured: docs/adr/0003).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from faststream import AckPolicy
from faststream.nats import NatsBroker

from services.messaging.nats_users import inbox_at
from services.settings import Settings

_logger = logging.getLogger("snp.broker")  # outside "faststream.", which brings its own handler


def _no_news(record: logging.LogRecord) -> bool:
    """Nothing was there to fetch, or we are ending: no reason for a traceback.

    nats-py says the first by a bare TimeoutError (nats.py #418), which ends FastStream's fetching
    task; its supervisor starts the task again and logs an error.
    """
    fault = record.exc_info[1] if record.exc_info else None
    return not isinstance(fault, TimeoutError | asyncio.CancelledError)


_logger.addFilter(_no_news)


def broker_for(
    url: str,
    settings: Settings,
    *,
    on_closed: Callable[[], Awaitable[None]] | None = None,
    middlewares: Sequence[Any] = (),
) -> NatsBroker:
    """A broker, not yet connected. `on_closed`: the client gave up, the process must end."""
    return NatsBroker(
        url.split(","),
        name="snp-dispatch",
        inbox_prefix=inbox_at(url),
        max_reconnect_attempts=-1,
        reconnect_time_wait=settings.nats_reconnect_wait_seconds,  # type: ignore[arg-type]  # seconds, any
        ping_interval=settings.nats_ping_interval_seconds,
        max_outstanding_pings=2,
        allow_reconnect=True,
        closed_cb=on_closed,
        graceful_timeout=settings.drain_timeout_seconds,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        middlewares=middlewares,
        # Handlers take what their decoder gives: injecting arguments costs more than all the rest.
        apply_types=False,
        logger=_logger,
        log_level=logging.DEBUG,  # two INFO lines a message cost a quarter of the throughput
        # Documentation must not carry the password.
        specification_url="nats://127.0.0.1:4222",
    )
