"""What goes wrong is logged by where and what kind, never by the values it happened with."""

import io
import logging
import sys

import pytest
import structlog
from pydantic import BaseModel

from services.telemetry import log_to

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
