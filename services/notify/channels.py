"""Ways to reach somebody, behind one port: a hundred services by Apprise, or a file."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import orjson

from events.codes import Channel
from services.settings import Settings


class NotSent(Exception):
    """The channel did not take the message."""


class Way(Protocol):
    """One channel."""

    async def send(self, address: str, title: str, text: str, now: datetime) -> None:
        """Hand the message over. Raises NotSent."""
        ...


class ByFile:
    """A line of JSON a message: for a demo, a sandbox, and tests."""

    def __init__(self, channel: Channel, path: Path) -> None:
        self._channel = channel
        self._path = path

    async def send(self, address: str, title: str, text: str, now: datetime) -> None:
        """Written to the end of the file."""
        line = {"at": now, "channel": self._channel, "to": address, "title": title, "text": text}
        try:
            await asyncio.to_thread(self._append, orjson.dumps(line) + b"\n")
        except OSError as fault:
            raise NotSent(type(fault).__name__) from fault

    def _append(self, line: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(line)


class ByApprise:
    """An Apprise address with `{to}` in it: `twilio://…/{to}`, `mailtos://user:pass@host?to={to}`.

    As many threads as there may be messages under way: Apprise's own pool has six on two cores, and
    what waited there was given up, sent all the same, and sent again.
    """

    def __init__(self, template: str, settings: Settings) -> None:
        _, asks, query = template.partition("?")
        if "rto" not in {name.partition("=")[0] for name in query.split("&")}:
            # By itself Apprise reads for four seconds, and says of a slower service that it failed.
            template += f"{'&' if asks else '?'}rto={settings.notify_timeout_seconds:g}"
        self._template = template
        self._threads = ThreadPoolExecutor(settings.notify_at_once, thread_name_prefix="notify")

    async def send(self, address: str, title: str, text: str, now: datetime) -> None:  # noqa: ARG002 as the port
        """Handed to the service. What it says on failure names the address, and is not kept."""
        url = self._template.format(to=quote(address, safe=""))
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, _send, url, title, text)


def _send(url: str, title: str, text: str) -> None:
    apprise = _apprise()
    in_this_thread = apprise.AppriseAsset(async_mode=False, service_timeout=0)
    messenger = apprise.Apprise(asset=in_this_thread)
    if not messenger.add(url):
        raise NotSent("no address Apprise understands")
    if not messenger.notify(body=text, title=title):
        raise NotSent("not taken")


def _apprise() -> Any:
    """A second to load, and only where something is sent by it."""
    import logging  # noqa: PLC0415 to silence what would write addresses into our log

    import apprise  # noqa: PLC0415 half a second, for whoever has channels

    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    return apprise


def ways(settings: Settings) -> Mapping[Channel, Way]:
    """What is configured; with the embedded servers, a file for the rest."""
    configured = {
        Channel.SMS: settings.notify_sms_url,
        Channel.EMAIL: settings.notify_email_url,
        Channel.PUSH: settings.notify_push_url,
    }
    found: dict[Channel, Way] = {
        channel: ByApprise(url.get_secret_value(), settings)
        for channel, url in configured.items()
        if url
    }
    file = settings.notify_file
    if file is None and settings.database_url is None:
        file = settings.state / "notifications.jsonl"
    if file is not None:
        for channel in Channel:
            found.setdefault(channel, ByFile(channel, file))
    return found
