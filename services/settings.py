"""Every setting, with its unit and a default that works; read from `SNP_…` in the environment."""

import os
import re
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from string import Formatter
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from events.weights import USUAL_WEIGHTS, Weights
from services.access.providers import HERE, Provider, TlsClient

Count = Annotated[int, Field(ge=1)]
Pause = Annotated[float, Field(ge=0, le=3600)]
Port = Annotated[int, Field(ge=0, le=65535)]


def default_state() -> Path:
    """Where the embedded servers keep their data when nobody said where."""
    if os.geteuid() == 0:
        # Below /root another account cannot enter, and PostgreSQL refuses to run as root.
        return Path("/var/lib/snp-dispatch")
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "snp-dispatch"


def settings_with(**given: object) -> "Settings":
    """Settings of the environment, with what was given instead, where something was."""
    return Settings.model_validate({k: v for k, v in given.items() if v is not None})


def of_nobody(settings: "Settings", state: Path) -> "Settings":
    """For a sandbox or a demonstration: no server, key or channel that is somebody else's."""
    theirs = (
        *("database_url", "nats_url", "vault_key", "vault_key_file", "reader_password"),
        *("notify_sms_url", "notify_email_url", "notify_push_url", "platform_url"),
        *("hub_url", "hub_client_id"),
    )
    return settings.model_copy(update={"state": state, **dict.fromkeys(theirs)})


def _takes(template: str, name: str) -> bool:
    """Whether it is a template with that name in it, and none beside."""
    try:
        return {field for _, field, _, _ in Formatter().parse(template) if field is not None} == {
            name
        }
    except ValueError:
        return False


class ShadowPolicy(StrEnum):
    """What may be tried beside the policy in force."""

    EARLIEST = "earliest"  # what a person does
    LEAST_LOSS = "least-loss"  # blind to who is still to call
    LOOK_AHEAD = "look-ahead"  # as in force, with other weights


class Settings(BaseSettings):
    """What an operator may set."""

    # Of a pause without end nothing would be heard again.
    model_config = SettingsConfigDict(
        env_prefix="SNP_", frozen=True, allow_inf_nan=False, env_ignore_empty=True
    )

    # Where things are
    state: Path = Field(default_factory=default_state)
    database_url: SecretStr | None = None  # given: used instead of the embedded PostgreSQL
    nats_url: SecretStr | None = None  # given: used instead of the embedded nats-server
    http_host: str = "127.0.0.1"
    http_port: Port = 8000  # 0: any free one
    embedded_nats_port: Port = 4222  # another free one is taken when it is in use

    # Secrets
    vault_key: SecretStr | None = None  # 32 bytes in base64; without it, the file below
    reader_password: SecretStr | None = None  # of dashboards, for `snp provision`: see docs
    vault_key_file: Path | None = None  # default: `vault.key` in the state folder, made once

    # Who comes in
    oidc_providers: tuple[Provider, ...] = ()  # JSON: [{"issuer", "audience", "jwks_url", …}]
    token_minutes: Annotated[float, Field(gt=0, le=1440)] = 15.0  # of an account with a secret here
    session_minutes: Annotated[float, Field(gt=0, le=720)] = 60.0  # on a page of ours
    token_leeway_seconds: Annotated[float, Field(ge=0, le=300)] = 30.0  # between two clocks
    access_read_again_seconds: Annotated[float, Field(ge=0, le=60)] = 1.0  # what accounts may do
    care_hours_after_visit: float = 48.0  # so long a practitioner may look up who the patient is

    # TLS: without it, nothing listens beyond this machine
    tls_certificate: Path | None = None  # PEM, with those between it and its authority
    tls_key: Path | None = None
    tls_client_authority: Path | None = None  # whose certificates systems may show
    tls_revoked: Path | None = None  # the authority's list of those that are no longer good
    tls_clients: tuple[TlsClient, ...] = ()  # JSON: [{"cn", "ou", "account"}]
    behind_proxy: bool = False  # something before us speaks TLS, and nothing else reaches us

    # HTTP
    public_url: str | None = None  # as others reach us: https://snp.example
    booking_url: str | None = None  # another page than ours: https://…?practitioner={rpps}
    # From where regulators may come to our page (INTEROP of the design, 1.7)
    booking_origins: tuple[str, ...] = ("sas", "sas-preprod", "sas-rui", "sas-rui-ovh")
    # Slots written for the platform's search are kept of so many, until they change
    fhir_kept_practitioners: Count = 20_000
    map_tiles_url: str | None = None  # https://…/{z}/{x}/{y}.png: without it, maps fetch nothing
    map_tiles_credit: str = ""  # who made them, as their licence asks
    console_pause_seconds: float = 0.2  # between two looks for the same page
    console_retry_seconds: float = 1.0  # after a part of a page could not be made
    console_tick_seconds: float = 20.0  # a page hears so often that the connection lives
    http_requests_a_second: Annotated[float, Field(gt=0)] = 50.0  # of one account
    http_burst: Count = 200  # of one account, at once
    http_connections: Count = 1000
    http_connections_of_one: Count = 500  # of one address; behind a proxy all come from one
    http_body_seconds: float = 10.0  # to send a body in
    http_head_seconds: float = 10.0  # to say what is asked
    http_streams: Count = 20  # of news, open at once, of one account
    http_wait_seconds: Annotated[float, Field(ge=0, le=60)] = 10.0  # the longest ?wait
    http_answer_seconds: float = 10.0  # the intake's

    # The log
    database_connections: Annotated[int, Field(ge=4)] = 8
    database_connect_timeout_seconds: float = 10.0
    database_reconnect_seconds: Annotated[float, Field(gt=0)] = 1.0  # between two attempts
    append_batch_commands: Count = 256  # commands written in one transaction
    append_batch_overlap_commands: Count = 32  # above this many waiting, half of them are a batch
    append_timeout_seconds: float = 10.0  # an unavailable log is said after this
    append_reconnect_seconds: float = 0.1  # between two attempts to reach PostgreSQL again
    tail_events: Count = 500  # at least so many are kept in memory for followers beside the log
    follow_batch_events: Count = 500
    follow_poll_seconds: float = 1.0  # heals a lost bell
    rebuild_batch_events: Count = 2000
    projection_pause_seconds: Pause = 0.1  # between two batches of a read model
    indicators_pause_seconds: Pause = 0.5  # as that, of figures nobody watches by the second…
    indicators_part_events: Count = 35  # …taken in by so many, spread over the pause
    follower_pause_seconds: Pause = 0.1  # as that, of what nobody waits for
    relay_batch_events: Count = 500
    relay_checkpoint_seconds: float = 0.1  # a lost one costs duplicates that JetStream drops
    relay_standby_seconds: float = 1.0  # how often a second relay asks whether the first is gone
    full_collection_seconds: Annotated[float, Field(gt=0)] = (
        600.0  # of Python's garbage: 0.1 s each
    )
    thread_switch_seconds: Annotated[float, Field(gt=0)] = (
        0.0005  # so long what works beside the decisions keeps them from going on
    )
    decide_attempts: Count = 8  # lost races before a command gives up

    # NATS
    nats_reconnect_wait_seconds: float = 0.2
    nats_ping_interval_seconds: int = 10
    publish_timeout_seconds: float = 5.0
    stream_replicas: Annotated[int, Field(ge=1, le=5)] = 1  # 3 on a cluster
    events_kept_days: int = 30  # in JetStream; the log keeps everything
    dead_letters_kept_days: int = 90
    inbox_max_messages: int = 1_000_000
    duplicate_window_seconds: float = 120.0

    # Intake
    intake_fetch_messages: Count = 128
    intake_fetch_timeout_seconds: float = 1.0  # also how long a restarted server may be missed
    intake_ack_wait_seconds: float = 30.0
    intake_max_ack_pending: int = 1024  # never under intake_fetch_messages: checked below
    intake_retry_seconds: tuple[float, ...] = (0.2, 1.0, 5.0, 15.0)  # by delivery, the last repeats
    intake_attempts: Count = 8  # of a message that fails for a reason of its own
    intake_attempts_before_its_file: int = 4  # of what concerns a file that did not come yet
    body_max_bytes: Annotated[int, Field(ge=1024, le=900_000)] = 256 * 1024
    agreements_read_again_seconds: float = 5.0  # so long a protocol adopted may go unheeded

    # Dispatch
    hand_back_margin_minutes: float = 10.0  # before the request is due
    hand_back_patience_seconds: float = 30.0  # at most so late, while places are in doubt
    hold_minutes: float = 3.0  # a place is kept for a regulator on the telephone
    # Whatever opens, or is answered, is heard of at once: this only heals what was missed.
    search_again_minutes: float = 15.0
    look_ahead_seconds: Annotated[float, Field(ge=1)] = 300.0  # between two looks
    # A policy that is tried: its decisions are written down beside those in force, never done.
    shadow_policy: ShadowPolicy | None = None
    shadow_weights: Weights = USUAL_WEIGHTS
    turn_of_hours_a_second: float = 200.0  # of those who wait are looked at as the hours change

    # Notifications. An address of Apprise with {to} in it: twilio://…/{to}, mailtos://…?to={to}
    notify_sms_url: SecretStr | None = None
    notify_email_url: SecretStr | None = None
    notify_push_url: SecretStr | None = None
    notify_file: Path | None = None  # for channels without one; embedded: in the state folder
    notify_link: str | None = None  # where to answer: https://…/{request_id}
    notify_retry_seconds: tuple[float, ...] = (2.0, 5.0, 15.0, 60.0)  # the last repeats
    notify_timeout_seconds: float = 10.0  # of one answer of a channel
    notify_patience_seconds: float = 60.0  # of a whole message: a mail is eight answers
    notify_at_once: Count = 20  # messages under way
    notify_failures: int = 5  # people in a row: the channel is left alone…
    notify_rest_seconds: float = 5.0  # …for so long, then one message tries it
    notify_poll_seconds: float = 30.0  # what another process put into the outbox
    notifications_kept_days: int = Field(default=90, ge=40)  # what was told, and what was not

    # Other systems that are told
    platform_url: str | None = None  # of the national platform, for INT_R03: https://…/fhir
    platform_system: str = "urn:snp-dispatch:appointment"  # of our numbers of appointments
    platform_certificate: Path | None = None  # PEM: what we show there
    platform_key: Path | None = None
    platform_authority: Path | None = None  # whose certificates we believe there
    hub_url: SecretStr | None = None  # the Hub Santé: amqps://…:5671/15-15_v2.0
    hub_client_id: str | None = None  # who we are there: the CN of our certificate
    hub_certificate: Path | None = None  # PEM
    hub_key: Path | None = None
    hub_authority: Path | None = None  # whose certificates we believe there
    hub_schemas: Path | None = None  # folder of its JSON schemas, of the version of the vhost
    hub_reconnect_seconds: float = 2.0
    webhooks_anywhere: bool = False  # http, and addresses of this network as well: to try things
    webhooks_most: Count = 20  # of one account
    # A secret that was changed signs beside the new one.
    webhook_former_hours: Annotated[float, Field(ge=0, le=168)] = 24.0
    webhook_former_most: Count = 4  # of one webhook: who asks twice for another loses none
    deliver_timeout_seconds: float = 10.0
    deliver_retry_seconds: tuple[float, ...] = (1.0, 5.0, 30.0, 120.0, 600.0)  # the last repeats
    deliver_patience_hours: float = 120.0  # without an answer; then it is suspended
    deliver_poll_seconds: float = 2.0  # so long a new destination may wait for its courier
    deliveries_kept_days: int = 90

    figures_seconds: float = 5.0  # how often the figures of who waits are taken
    readiness_timeout_seconds: float = 2.0

    # Shutting down
    drain_timeout_seconds: float = 10.0

    @model_validator(mode="after")
    def _fetched_in_time(self) -> Self:
        """Else every fetch would wait for its whole time (measured: STACK of the design)."""
        if self.intake_max_ack_pending < self.intake_fetch_messages:
            msg = "intake_max_ack_pending is no less than intake_fetch_messages"
            raise ValueError(msg)
        return self

    @field_validator("database_url")
    @classmethod
    def _an_address(cls, url: SecretStr | None) -> SecretStr | None:
        """Said here, where it is not quoted: it has the password in it."""
        if url is not None and not re.fullmatch(r"postgres(ql)?://\S+", url.get_secret_value()):
            msg = "an address of PostgreSQL is postgresql://user:password@host:port/database"
            raise ValueError(msg)
        return url

    @field_validator("notify_sms_url", "notify_email_url", "notify_push_url")
    @classmethod
    def _addressed(cls, url: SecretStr | None) -> SecretStr | None:
        """Said when the service starts, not with the first message that goes nowhere."""
        if url and not _takes(url.get_secret_value(), "to"):
            msg = "an Apprise address has {to} in it, and no other name in braces"
            raise ValueError(msg)
        return url

    @field_validator("hub_schemas", mode="before")
    @classmethod
    def _none_where_empty(cls, path: object) -> object:
        return path or None  # an empty variable is no folder

    @model_validator(mode="after")
    def _delivered_safely(self) -> Self:
        """Over TLS, with both halves of a certificate; on this machine however one likes."""
        if (self.platform_certificate is None) != (self.platform_key is None):
            msg = "SNP_PLATFORM_CERTIFICATE and SNP_PLATFORM_KEY, or neither"
            raise ValueError(msg)
        if (self.hub_certificate is None) != (self.hub_key is None):
            msg = "SNP_HUB_CERTIFICATE and SNP_HUB_KEY, or neither"
            raise ValueError(msg)
        if self.hub_url and self.hub_url.get_secret_value():
            if not self.hub_client_id:
                msg = "SNP_HUB_CLIENT_ID says who we are at SNP_HUB_URL: the CN of our certificate"
                raise ValueError(msg)
            hub = urlsplit(self.hub_url.get_secret_value())
            if hub.scheme != "amqps" and hub.hostname not in HERE:
                msg = "the Hub is reached over amqps"
                raise ValueError(msg)
        if self.platform_url:
            where = urlsplit(self.platform_url)
            if where.scheme != "https" and where.hostname not in HERE:
                msg = "the platform is told over https"
                raise ValueError(msg)
        return self

    @field_validator("notify_link")
    @classmethod
    def _linked(cls, link: str | None) -> str | None:
        if link and not _takes(link, "request_id"):
            msg = "the link has {request_id} in it, and no other name in braces"
            raise ValueError(msg)
        return link

    @field_validator("booking_url")
    @classmethod
    def _bookable(cls, url: str | None) -> str | None:
        """The platform adds `&origin=…` to it, whatever is there (INTEROP of the design, 1.7)."""
        names = {field for _, field, _, _ in Formatter().parse(url or "") if field is not None}
        if url and ("?" not in url or not names <= {"rpps", "slot_id"}):
            msg = "a booking address has a ? in it, and {rpps} or {slot_id} where they belong"
            raise ValueError(msg)
        return url

    @model_validator(mode="after")
    def _behind_locks(self) -> Self:
        """What others can reach is reached over TLS, or not at all."""
        if (self.tls_certificate is None) != (self.tls_key is None):
            msg = "SNP_TLS_CERTIFICATE and SNP_TLS_KEY, or neither"
            raise ValueError(msg)
        here = self.http_host == "localhost" or ip_address(self.http_host).is_loopback
        if not (here or self.tls_certificate or self.behind_proxy):
            msg = (
                f"{self.http_host} is not loopback: set SNP_TLS_CERTIFICATE and SNP_TLS_KEY, or"
                " SNP_BEHIND_PROXY=true where a proxy speaks TLS"
            )
            raise ValueError(msg)
        return self
