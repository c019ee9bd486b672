"""Who the patient is: sealed, outside the log, opened only with a reason that is written down.

Each body has a key of its own (AES-256-GCM), itself sealed by the master key. Destroying the small
key erases the body wherever it was copied. The reference is bound to both seals, so that a row
moved under another reference does not open.
"""

import base64
import hmac
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import LiteralString, NamedTuple, cast
from uuid import UUID, uuid5

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict, SecretStr

from services.log.commands import Sealed
from services.log.database import Pool, one_at_a_time
from services.settings import Settings

_NONCE_BYTES = 12  # NIST SP 800-38D, 8.2.2: random nonces of 96 bits; each key seals once
_KEY_BYTES = 32

PATIENT = "patient"
CONTACTS = "contacts"  # by which a practitioner is reached: read by the notifier alone
JOURNAL = "journal"  # a note of a community: figures do not say everything
ACCOUNT = "account"  # who has an account: for administrators
NUMBERS = "numbers"  # by which others know who has an account: for what they are told
LETTER = "letter"  # a message that could not be accepted, whole: it may name a patient


class NothingSealed(Exception):
    """The vault has nothing under this reference."""


class Erased(Exception):
    """The key was destroyed: nobody can read this any more."""


class VaultKeyInvalid(Exception):
    """The vault's key must be 32 bytes in base64, and the one the vault was sealed with."""


def patient_of(request_id: UUID) -> UUID:
    """What the vault calls the patient of a request."""
    return uuid5(request_id, "patient")


class Identity(BaseModel):
    """Who the patient is and what was said freely: everything that may name or find somebody."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str | None = None
    birth_date: str | None = None
    phone: str | None = None
    address: str | None = None
    exact_position: tuple[float, float] | None = None
    caller: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing was said."""
        return self == Identity()


class Reveal(NamedTuple):
    """A line of the journal of reveals."""

    number: int
    patient_ref: UUID
    actor: str
    reason: str
    revealed_at: datetime


class Sealer:
    """Seals and opens with the master key."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != _KEY_BYTES:
            raise VaultKeyInvalid
        self._master = AESGCM(master_key)
        self._digest_key = hmac.digest(master_key, b"fingerprint", "sha256")

    def seal(self, body: bytes, *, kind: str, ref: UUID, subject: UUID) -> Sealed:
        """The body under a new key of its own."""
        key = AESGCM.generate_key(bit_length=8 * _KEY_BYTES)
        about = _bound_to(ref, subject, kind)
        return Sealed(
            ref=ref,
            subject=subject,
            kind=kind,
            key=_shut(self._master, key, about),
            body=_shut(AESGCM(key), body, about),
        )

    def seal_identity(self, identity: Identity, *, ref: UUID, patient_ref: UUID) -> Sealed:
        """Who a patient is, or something more about them."""
        body = identity.model_dump_json(exclude_defaults=True).encode()
        return self.seal(body, kind=PATIENT, ref=ref, subject=patient_ref)

    def fingerprint(self, content: bytes) -> str:
        """A keyed digest: equal contents are recognised, and nobody can guess one from it."""
        return hmac.digest(self._digest_key, content, "sha256").hex()

    def open(self, sealed: Sealed) -> bytes:
        """The body. Raises VaultKeyInvalid when it was sealed with another master key."""
        about = _bound_to(sealed.ref, sealed.subject, sealed.kind)
        try:
            return _opened(AESGCM(_opened(self._master, sealed.key, about)), sealed.body, about)
        except InvalidTag as wrong:
            raise VaultKeyInvalid(sealed.ref) from wrong


def _bound_to(ref: UUID, subject: UUID, kind: str) -> bytes:
    return ref.bytes + subject.bytes + kind.encode()


def _shut(cipher: AESGCM, body: bytes, about: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, body, about)


def _opened(cipher: AESGCM, sealed: bytes, about: bytes) -> bytes:
    return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about)


_DESTROY = (
    "update vault set key = null, body = null, erased_at = clock_timestamp()"
    " where subject = %s and key is not null"
)

_KEPT_SINCE = "select sealed_at from vault where ref = %s"
# Nothing is left of them: sent once more, each is a letter again.
_DESTROY_LETTERS = """
delete from vault where kind = %s
    and subject = (select subject from vault where ref = %s and kind = %s)
returning ref
"""
_ERASED = (
    "insert into vault (ref, subject, kind, erased_at) values (%s, %s, %s, clock_timestamp())"
    " on conflict (ref) do nothing"
)
_KEEP = """
with erased as (
    select clock_timestamp() as at from vault
    where ref = %(subject)s and kind = %(patient)s and key is null
)
insert into vault (ref, subject, kind, key, body, erased_at)
select %(ref)s, %(subject)s, %(kind)s,
    case when at is null then %(key)s end, case when at is null then %(body)s end, at
from (select 1) one left join erased on true
on conflict (ref) do nothing
"""


class Vault:
    """The table of sealed bodies."""

    def __init__(self, pool: Pool, sealer: Sealer) -> None:
        self._pool = pool
        self.sealer = sealer

    async def check_key(self) -> None:
        """Raises VaultKeyInvalid where the vault was begun with another master key."""
        digest = self.sealer.fingerprint(b"which master key")
        async with self._pool.connection() as connection:
            await connection.execute(
                "insert into vault_keys (id, digest) values (1, %s) on conflict do nothing",
                (digest,),
            )
            cursor = await connection.execute("select digest from vault_keys where id = 1")
            (known,) = cast("tuple[str]", await cursor.fetchone())
        if not hmac.compare_digest(known, digest):
            raise VaultKeyInvalid("SNP_VAULT_KEY, SNP_VAULT_KEY_FILE or vault.key in the state")

    async def keep(self, sealed: Sealed) -> datetime:
        """Store a body that no command carries: since when it is kept.

        A second time it changes nothing. Of a patient who was erased nothing is stored but that it
        was erased.
        """
        async with self._pool.connection() as connection, connection.transaction():
            await one_at_a_time(connection, f"vault {sealed.subject}")
            await connection.execute(_KEEP, asdict(sealed) | {"patient": PATIENT})
            cursor = await connection.execute(_KEPT_SINCE, (sealed.ref,))
            (since,) = cast("tuple[datetime]", await cursor.fetchone())
        return since

    async def reveal_patient(
        self, patient_ref: UUID, *, actor: str, reason: str, community: str | None = None
    ) -> list[Identity]:
        """Who the patient is: what was said first, then what was added.

        Journalled first: who, whose, why. Raises NothingSealed, Erased, VaultKeyInvalid.
        """
        await self._journal(patient_ref, actor, reason, community)
        rows = await self._sealed(
            "where subject = %s and kind = %s order by sealed_at, ref", (patient_ref, PATIENT)
        )
        return [Identity.model_validate_json(self.sealer.open(row)) for row in rows]

    async def open_letter(self, ref: UUID, *, actor: str, reason: str) -> bytes:
        """The body of a dead letter. Journalled, and raises, as `reveal_patient`."""
        await self._journal(ref, actor, reason)
        (row,) = await self._sealed("where ref = %s and kind = %s", (ref, LETTER))
        return self.sealer.open(row)

    async def notes(
        self, refs: Sequence[UUID], *, about: UUID, actor: str, reason: str
    ) -> dict[UUID, str]:
        """The texts of a community's journal that were not destroyed. Journalled."""
        await self._journal(about, actor, reason)
        try:
            found = await self._sealed(
                "where ref = any(%s) and kind = %s and key is not null", (list(refs), JOURNAL)
            )
        except NothingSealed:
            return {}
        return {one.ref: self.sealer.open(one).decode() for one in found}

    async def contacts(self, subject: UUID) -> bytes | None:
        """The addresses given last, for a message on its way. None: none, or erased."""
        return await self._last(subject, CONTACTS)

    async def title_of(self, account_id: UUID) -> str | None:
        """Whose account it is, as said last. None: nobody said, or erased."""
        title = await self._last(account_id, ACCOUNT)
        return None if title is None else title.decode()

    async def numbers_of(self, account_id: UUID) -> bytes | None:
        """By which numbers others know whose account it is, as said last (JSON). None: by none."""
        return await self._last(account_id, NUMBERS)

    async def forget_before(self, subject: UUID, kind: str, ref: UUID) -> None:
        """Destroy keys and bodies of what was said before this, and nothing said since."""
        async with self._pool.connection() as connection:
            await connection.execute(
                f"{_DESTROY} and kind = any(%s)"  # noqa: S608 ours
                " and sealed_at < (select sealed_at from vault where ref = %s)",
                (subject, [kind, LETTER], ref),
            )

    async def forget(self, subject: UUID, kind: str) -> None:
        """Destroy keys and bodies of all that was said."""
        async with self._pool.connection() as connection:
            await connection.execute(f"{_DESTROY} and kind = any(%s)", (subject, [kind, LETTER]))

    async def destroy_letters(self, ref: UUID) -> set[UUID]:
        """That letter and all others of whom it names, were they sent again since: which."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_DESTROY_LETTERS, (LETTER, ref, LETTER))
            return {row[0] for row in cast("list[tuple[UUID]]", await cursor.fetchall())}

    async def reveals(self, community: str, *, before: int | None, limit: int) -> list[Reveal]:
        """Who looked at whose identity and why, in a community: the last first."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select id, ref, actor, reason, revealed_at from reveals"
                " where community = %s and (%s::bigint is null or id < %s)"
                " order by id desc limit %s",
                (community, before, before, limit),
            )
            rows = cast("list[tuple[int, UUID, str, str, datetime]]", await cursor.fetchall())
        return [Reveal(*row) for row in rows]

    async def _last(self, subject: UUID, kind: str) -> bytes | None:
        try:
            rows = await self._sealed(
                "where subject = %s and kind = %s order by sealed_at desc, ref limit 1",
                (subject, kind),
            )
        except (NothingSealed, Erased):
            return None
        return self.sealer.open(rows[0])

    async def _journal(
        self, about: UUID, actor: str, reason: str, community: str | None = None
    ) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(
                "insert into reveals (ref, actor, reason, community) values (%s, %s, %s, %s)",
                (about, actor, reason, community),
            )

    async def _sealed(self, where: LiteralString, values: tuple[object, ...]) -> list[Sealed]:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select ref, subject, kind, key, body from vault " + where,  # noqa: S608 ours
                values,
            )
            rows = cast(
                "list[tuple[UUID, UUID, str, bytes | None, bytes | None]]", await cursor.fetchall()
            )
        if not rows:
            raise NothingSealed(values[0])
        found = []
        for ref, subject, kind, key, body in rows:
            if key is None or body is None:
                raise Erased(subject)
            found.append(Sealed(ref, subject, kind, key, body))
        return found

    async def erase(self, patient_ref: UUID) -> bool:
        """Destroy keys and bodies of a patient. False when there was nothing left to destroy.

        What is kept about them from then on is erased as it comes.
        """
        async with self._pool.connection() as connection, connection.transaction():
            await one_at_a_time(connection, f"vault {patient_ref}")
            cursor = await connection.execute(_DESTROY, (patient_ref,))
            await connection.execute(_ERASED, (patient_ref, patient_ref, PATIENT))
            return cursor.rowcount > 0


def master_key(settings: Settings) -> bytes:
    """The key given by the environment or the key file; for embedded servers one is made once.

    Raises VaultKeyInvalid, naming what to set, when a real database has no key with it: a key made
    silently on one machine would make the identities unreadable on the next.
    """
    if settings.vault_key is not None:
        return _decoded(settings.vault_key)
    path = settings.vault_key_file or settings.state / "vault.key"
    if path.exists():
        return _decoded(SecretStr(path.read_text().strip()))
    if settings.database_url is not None or settings.vault_key_file is not None:
        msg = (
            f"no key in {path}: set SNP_VAULT_KEY or SNP_VAULT_KEY_FILE; for a new database, to a"
            " key made now: openssl rand -base64 32"
        )
        raise VaultKeyInvalid(msg)
    return _made(path)


def _made(path: Path) -> bytes:
    key = AESGCM.generate_key(bit_length=8 * _KEY_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(key))
        file.flush()
        os.fsync(file.fileno())  # what is sealed with a lost key is lost
    return key


def _decoded(key: SecretStr) -> bytes:
    try:
        return base64.b64decode(key.get_secret_value(), validate=True)
    except ValueError as malformed:
        raise VaultKeyInvalid from malformed
