"""The intake as a FastStream service: JetStream to lose nothing, request/reply for answers."""

from typing import Any

import structlog
from faststream.exceptions import NackMessage
from faststream.nats import JStream, NatsMessage, NatsRouter, PullSub

from domain.decider import Refused
from services import telemetry
from services.intake.about import patient_told_of
from services.intake.reception import Reception
from services.intake.rejections import TryAgain, UnknownCase, WrongSubject, refusal
from services.log.commands import LogUnavailable, StreamMoved
from services.log.database import UNREACHABLE
from services.messaging import streams, subjects
from services.messaging.dead_letters import DeadLetters
from services.settings import Settings

log = structlog.get_logger()

_PASSING = (LogUnavailable, StreamMoved, *UNREACHABLE)
"""Faults that pass: the message waits and is tried again for as long as it takes."""


class NotUnderstood(Refused):
    """The message could not be taken in for a reason of ours: it was put aside, nothing is lost."""

    code = "internal_error"


async def _as_it_came(message: NatsMessage) -> NatsMessage:
    """Nothing decoded: what is wrong with a body is for the reception to say."""
    return message


def routes(
    reception: Reception, letters: DeadLetters, settings: Settings, inbox_prefix: str = "_INBOX"
) -> NatsRouter:
    """What the intake listens to."""
    router = NatsRouter()

    @router.subscriber(
        subjects.INBOX,
        stream=JStream(streams.INBOX, declare=False),
        durable=streams.INTAKE,
        pull_sub=PullSub(
            settings.intake_fetch_messages, timeout=settings.intake_fetch_timeout_seconds
        ),
        config=streams.intake_consumer(settings),
        inbox_prefix=f"{inbox_prefix}.".encode(),
        decoder=_as_it_came,
        title="inbox",
        description="What is asked and offered, kept until it is taken in. Subject: "
        "snp.in.<community>.<kind>; the kind is the middle of the CloudEvent's type.",
    )
    async def inbox(message: NatsMessage) -> dict[str, Any]:
        delivered = message.raw_message.metadata.num_delivered
        if delivered > 1:
            telemetry.redeliveries.labels("intake").inc()
        try:
            early = delivered < settings.intake_attempts_before_its_file
            return await _taken_in(reception, letters, message, may_be_early=early)
        except (*_PASSING, UnknownCase) as fault:
            raise NackMessage(delay=_delay(settings, delivered)) from fault
        except Exception as fault:
            log.exception("message not taken in", delivered=delivered)
            if delivered < settings.intake_attempts:
                raise NackMessage(delay=_delay(settings, delivered)) from fault
            return await _put_aside(letters, message, NotUnderstood())

    @router.subscriber(
        subjects.ASK,
        queue="intake",
        decoder=_as_it_came,
        title="ask",
        description="The same by request/reply: the answer is the id and state, or a refusal.",
    )
    async def ask(message: NatsMessage) -> dict[str, Any]:
        if not (message.raw_message.reply or "_INBOX.").startswith("_INBOX"):
            message.reply_to = ""  # an answer goes to who asked, never where they point
        try:
            raw = message.raw_message
            is_told = bool(raw.reply) and subjects.KEEP not in (raw.headers or {})
            return await _taken_in(reception, letters, message, is_told=is_told)
        except _PASSING:
            return refusal(TryAgain())
        except Exception:
            log.exception("message not taken in")
            return await _put_aside(letters, message, NotUnderstood())

    return router


async def _taken_in(
    reception: Reception,
    letters: DeadLetters,
    message: NatsMessage,
    *,
    may_be_early: bool = False,
    is_told: bool = False,
) -> dict[str, Any]:
    """`is_told`: whoever sent it waits for the answer, and will say it better."""
    raw = message.raw_message
    try:
        return dict(await reception.take_in(raw.data, raw.subject))
    except Refused as refused:
        if may_be_early and isinstance(refused, UnknownCase):
            raise  # its file may be on the way
        of_a_patient = subjects.parts(raw.subject)[1] == subjects.Kind.CARE_REQUEST
        if is_told and not of_a_patient and not isinstance(refused, WrongSubject):
            return _counted(refused)  # a slip, or a race lost; of a patient it is kept all the same
        return await _put_aside(letters, message, refused)


async def _put_aside(
    letters: DeadLetters, message: NatsMessage, refused: Refused
) -> dict[str, Any]:
    told = _counted(refused)
    raw = message.raw_message
    about = patient_told_of(raw.data)
    await letters.put_aside(raw.data, raw.subject, refused, told, about=about, headers=raw.headers)
    return told


def _counted(refused: Refused) -> dict[str, Any]:
    telemetry.refusals.labels("intake", refused.code).inc()
    log.info("refused", code=refused.code)
    return refusal(refused)


def _delay(settings: Settings, delivered: int) -> float:
    delays = settings.intake_retry_seconds
    return delays[min(delivered, len(delays)) - 1]
