"""What goes wrong is logged by where and what kind, never by the values it happened with."""

import asyncio
import io
import logging
import sys

import pytest
import structlog
from pydantic import BaseModel

from services.telemetry import log_to
from tests.conftest import house_at

NAME = "Lola " + "Halimi"


class Patient(BaseModel):
    age: int


@pytest.fixture(params=[True, False], ids=["json", "for people"])
def said(request, monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    before = logging.getLogger().handlers[:]
    logging.getLogger().handlers.clear()
    log_to(as_json=request.param)
    yield stream
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = before


def _fail():
    try:
        Patient(age=NAME)
    except ValueError as error:
        raise RuntimeError(NAME) from error


@pytest.mark.parametrize("logger", [structlog.get_logger, logging.getLogger])
def test_an_exception_is_logged_without_its_message(said, logger):
    try:
        _fail()
    except RuntimeError:
        logger().exception("not taken in")

    told = said.getvalue()
    assert "not taken in" in told
    assert "RuntimeError" in told
    assert "ValidationError" in told
    assert "_fail" in told
    assert NAME not in told


def test_a_lost_connection_is_one_line(said):
    """Found by an attack: hundreds of lines of traceback while NATS was away."""
    lost = ConnectionRefusedError(NAME)
    logging.getLogger("nats.aio.client").error("nats: encountered error", exc_info=lost)

    (line,) = said.getvalue().splitlines()
    assert line.endswith("nats: encountered error: ConnectionRefusedError")


async def test_an_answer_to_a_question_of_before_does_not_say_how_it_is_now(
    settings, addresses, monkeypatch
):
    """Found in review: a PostgreSQL that was dead was ready, and one that was back was not."""
    hasty = settings.model_copy(update={"readiness_timeout_seconds": 0.05})
    async with house_at(hasty, addresses) as house:
        answered, asked = asyncio.Event(), []

        async def hangs():
            asked.append(True)
            await answered.wait()
            return len(asked)

        monkeypatch.setattr(house.log, "head", hangs)
        for _ in range(2):  # nor is a server that hangs asked twice
            assert (await house.readiness())["log"] is None
        answered.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

        assert (await house.readiness())["log"] == 2
