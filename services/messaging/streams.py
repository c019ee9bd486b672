"""The JetStream streams and consumers, made and kept as the settings say. `snp provision` runs it.

Nothing else creates them: FastStream would overwrite a stream's settings with its own defaults and
silently ignore a changed consumer.
"""

from datetime import timedelta

from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from services.messaging import subjects
from services.settings import Settings

INBOX = "SNP_INBOX"
EVENTS = "SNP_EVENTS"
DEAD_LETTERS = "SNP_DEAD_LETTERS"

INTAKE = "intake"  # the inbox's one consumer


def streams(settings: Settings) -> list[api.StreamConfig]:
    """What must exist."""
    duplicates = settings.duplicate_window_seconds
    return [
        api.StreamConfig(
            name=INBOX,
            description="What is asked. A message stays until it is taken in, no longer.",
            subjects=[subjects.INBOX],
            retention=api.RetentionPolicy.WORK_QUEUE,
            # Full, it refuses the newest instead of dropping the oldest: its sender then knows.
            discard=api.DiscardPolicy.NEW,
            max_msgs=settings.inbox_max_messages,
            duplicate_window=duplicates,
            num_replicas=settings.stream_replicas,
        ),
        api.StreamConfig(
            name=EVENTS,
            description="What happened, as CloudEvents, in the order of the log.",
            subjects=[subjects.EVENTS],
            max_age=timedelta(days=settings.events_kept_days).total_seconds(),
            duplicate_window=duplicates,
            num_replicas=settings.stream_replicas,
            allow_direct=True,
            deny_delete=True,
        ),
        api.StreamConfig(
            name=DEAD_LETTERS,
            description="What could not be accepted and why; the bodies are in the vault.",
            subjects=[subjects.DEAD],
            max_age=timedelta(days=settings.dead_letters_kept_days).total_seconds(),
            duplicate_window=duplicates,
            num_replicas=settings.stream_replicas,
        ),
    ]


def intake_consumer(settings: Settings) -> api.ConsumerConfig:
    """How the inbox is read: again and again until a message is taken in or put aside."""
    return api.ConsumerConfig(
        name=INTAKE,
        durable_name=INTAKE,
        filter_subject=subjects.INBOX,
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=settings.intake_ack_wait_seconds,
        max_ack_pending=settings.intake_max_ack_pending,
        max_deliver=-1,
    )


async def provision(js: JetStreamContext, settings: Settings) -> None:
    """Make what is missing, change what differs."""
    for config in streams(settings):
        try:
            found = (await js.stream_info(str(config.name))).config
        except NotFoundError:
            await js.add_stream(config)
            continue
        if not _same(found, config):
            await js.update_stream(config)
    intake = await js.add_consumer(INBOX, intake_consumer(settings))
    if intake.ack_floor:
        await purge_taken_in(js, intake.ack_floor.stream_seq)


async def purge_taken_in(js: JetStreamContext, floor: int) -> None:
    """Nothing stays that was taken in: acknowledged as the disk was full, it did (2.15.1)."""
    inbox = (await js.stream_info(INBOX)).state
    if inbox.messages and inbox.first_seq <= floor:
        await js.purge_stream(INBOX, seq=floor + 1)


def _same(found: api.StreamConfig, wanted: api.StreamConfig) -> bool:
    """Whether every setting we care about is as wanted; the server adds defaults of its own."""
    return all(
        getattr(found, field) == value
        for field, value in wanted.as_dict().items()
        if field not in {"max_age", "duplicate_window"}
    ) and (found.max_age or 0, found.duplicate_window) == (
        wanted.max_age or 0,
        wanted.duplicate_window,
    )
