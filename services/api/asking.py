"""Questions to our own services, over NATS."""

from typing import TYPE_CHECKING, Any

import orjson
from nats.errors import MaxPayloadError, NoRespondersError
from nats.errors import TimeoutError as NatsTimeout

from domain.decider import Refused
from services.intake.rejections import TooDeep, TooLarge, TryAgain

if TYPE_CHECKING:
    from services.app import House


class NotRunning(Refused):
    """The service that answers this is not running now: try again in a moment."""

    code = "not_running"


async def ask(house: "House", subject: str, message: object) -> dict[str, Any]:
    """A question to one of our services. Raises NotRunning and TryAgain."""
    connection = house.broker.connection
    within = house.settings.http_answer_seconds
    try:
        body = orjson.dumps(message)
    except orjson.JSONEncodeError as deep:
        raise TooDeep from deep
    try:
        answer = await connection.request(subject, body, timeout=within)
    except MaxPayloadError as large:
        raise TooLarge(f"{len(body)} bytes") from large
    except NoRespondersError as nobody:
        raise NotRunning from nobody
    except NatsTimeout as late:
        raise TryAgain from late
    said: dict[str, Any] = orjson.loads(answer.data)
    return said
