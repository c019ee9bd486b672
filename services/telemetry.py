"""What operators read: one log line an occurrence, and figures of low cardinality."""

import logging
import sys
import traceback
from types import TracebackType
from typing import Any

import structlog
from prometheus_client import Counter, Gauge, Histogram

appended_events = Counter("snp_events_appended_total", "Events appended by this process")
append_batch = Histogram(
    "snp_append_batch_commands",
    "Commands written in one transaction",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
append_seconds = Histogram(
    "snp_append_seconds",
    "Duration of one append transaction",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1, 5),
)
lost_races = Counter("snp_lost_races_total", "Commands whose streams had moved", ["service"])
refusals = Counter("snp_refusals_total", "Commands refused", ["service", "code"])
dead_letters = Counter("snp_dead_letters_total", "Messages that could not be accepted", ["code"])
redeliveries = Counter(
    "snp_redeliveries_total", "Messages delivered again by JetStream", ["service"]
)
decision_seconds = Histogram(
    "snp_decision_seconds",
    "Duration of one matching decision, appending apart",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.1),
)
look_ahead_seconds = Histogram(
    "snp_look_ahead_seconds",
    "Duration of weighing a community's places against what is expected; no decision waits for it",
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)
looks_failed = Counter(
    "snp_looks_failed_total",
    "Looks ahead that failed: prices stay as they are, decisions go on",
    ["community"],
)
shadows_let_go = Counter(
    "snp_shadows_let_go_total", "Decisions a candidate policy had no time to look at"
)
notifications = Counter(
    "snp_notifications_total", "Messages handed to a channel", ["channel", "result"]
)
deliveries = Counter(
    "snp_deliveries_total", "What other systems were told", ["destination", "result"]
)
oldest_unanswered_seconds = Gauge(
    "snp_oldest_unanswered_delivery_seconds",
    "How long something sent has waited for word that it was received (0: nothing does)",
    ["destination"],
)
waiting_requests = Gauge("snp_waiting_requests", "Open requests without a place", ["community"])
oldest_due_seconds = Gauge(
    "snp_oldest_next_instant_seconds", "How late the most overdue open request is (0: none is)"
)
oldest_untimed_seconds = Gauge(
    "snp_oldest_untimed_request_seconds",
    "How long the oldest open request has had no next instant (0: each has one)",
)
relay_lag_events = Gauge("snp_relay_lag_events", "Events in the log and not yet on JetStream")
relay_lag_seconds = Gauge("snp_relay_lag_seconds", "Age of the oldest event not yet on JetStream")
projection_position = Gauge(
    "snp_projection_position", "Position a projection reached", ["projection"]
)
projection_age = Gauge(
    "snp_projection_age_seconds",
    "Age of the oldest event a projection has not seen",
    ["projection"],
)


def log_to(stream: str = "stderr", *, level: str = "INFO", as_json: bool = True) -> None:
    """Set up structlog for the process. Nothing that could name a person is ever a log field."""
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_where),
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(getattr(sys, stream)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(getattr(sys, stream))
    handler.setFormatter(_OfLibraries("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("nats.aio.client").addFilter(_in_a_line)


def _in_a_line(record: logging.LogRecord) -> bool:
    """A lost connection, tried again every moment: where the client noticed it tells nothing."""
    if record.exc_info and record.exc_info[0]:
        record.msg, record.exc_info = f"{record.msg}: {record.exc_info[0].__name__}", None
    return True


_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def _where(exc_info: _ExcInfo) -> str:
    """Where it happened and what kind of error it was, from the cause on.

    Not its message: pydantic's and PostgreSQL's quote what they were given, and that may be a name.
    """
    lines: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None:
        lines = [*traceback.format_tb(error.__traceback__), f"{type(error).__name__}\n", *lines]
        error = error.__cause__ or error.__context__
    return "".join(lines).rstrip()


class _OfLibraries(logging.Formatter):
    """What libraries log, with the same discretion about exceptions."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 logging's word
        return _where(ei)
