import asyncio
import base64
from uuid import uuid4

import pytest

from services.log.commands import Sealed
from services.log.database import one_at_a_time
from services.log.vault import (
    LETTER,
    Erased,
    Identity,
    NothingSealed,
    Sealer,
    Vault,
    VaultKeyInvalid,
    master_key,
)
from services.settings import settings_with
from tests.running import until

KEY = bytes(range(32))
WHO = Identity(name="Lola Martin", phone="+33639012345", notes=("marche impossible",))


def sealed(sealer, identity=WHO, patient=None):
    patient = patient or uuid4()
    return sealer.seal_identity(identity, ref=patient, patient_ref=patient)


def test_what_is_sealed_shows_nothing_and_opens_with_the_key():
    sealer = Sealer(KEY)
    kept = sealed(sealer)

    assert b"Lola" not in kept.body + kept.key
    assert Identity.model_validate_json(sealer.open(kept)) == WHO
    assert sealed(sealer, WHO, kept.ref).body != kept.body  # never the same twice


def test_another_key_or_another_reference_opens_nothing():
    kept = sealed(Sealer(KEY))
    moved = Sealed(uuid4(), kept.subject, kept.kind, kept.key, kept.body)
    somebody_elses = Sealed(kept.ref, uuid4(), kept.kind, kept.key, kept.body)

    for sealer, row in (
        (Sealer(bytes(32)), kept),
        (Sealer(KEY), moved),
        (Sealer(KEY), somebody_elses),
    ):
        with pytest.raises(VaultKeyInvalid):
            sealer.open(row)


def test_a_key_has_32_bytes():
    with pytest.raises(VaultKeyInvalid):
        Sealer(b"short")


def test_a_fingerprint_tells_contents_apart_and_cannot_be_made_without_the_key():
    assert Sealer(KEY).fingerprint(b"a") == Sealer(KEY).fingerprint(b"a")
    assert Sealer(KEY).fingerprint(b"a") != Sealer(KEY).fingerprint(b"b")
    assert Sealer(KEY).fingerprint(b"a") != Sealer(bytes(32)).fingerprint(b"a")


async def test_a_reveal_is_journalled_before_anything_is_opened(pool):
    vault = Vault(pool, Sealer(KEY))
    kept = sealed(vault.sealer)
    await vault.keep(kept)

    assert await vault.reveal_patient(kept.subject, actor="anna", reason="to call back") == [WHO]
    with pytest.raises(NothingSealed):
        await vault.reveal_patient(unknown := uuid4(), actor="ben", reason="curious")

    async with pool.connection() as connection:
        cursor = await connection.execute("select ref, actor, reason from reveals order by id")
        assert await cursor.fetchall() == [
            (kept.subject, "anna", "to call back"),
            (unknown, "ben", "curious"),
        ]


async def test_erasing_a_patient_erases_all_that_was_sealed_about_them(pool):
    vault = Vault(pool, Sealer(KEY))
    first = sealed(vault.sealer)
    await vault.keep(first)
    await vault.keep(
        vault.sealer.seal_identity(
            Identity(notes=("later",)), ref=uuid4(), patient_ref=first.subject
        )
    )

    assert await vault.erase(first.subject)
    assert not await vault.erase(first.subject)

    with pytest.raises(Erased):
        await vault.reveal_patient(first.subject, actor="anna", reason="too late")
    async with pool.connection() as connection:
        cursor = await connection.execute("select count(*) from vault where body is not null")
        assert await cursor.fetchone() == (0,)


async def test_what_comes_while_a_patient_is_erased_waits_and_is_nobody_s_to_read(pool):
    vault, patient = Vault(pool, Sealer(KEY)), uuid4()
    letter = vault.sealer.seal(b"Lola", kind=LETTER, ref=uuid4(), subject=patient)

    async def wait_for_their_turn():
        async with pool.connection() as looking:
            asked = await looking.execute(
                "select count(*) from pg_locks where locktype = 'advisory' and not granted"
                " and database = (select oid from pg_database where datname = current_database())"
            )
            return await asked.fetchone() == (2,)

    async with pool.connection() as other, other.transaction():
        await one_at_a_time(other, f"vault {patient}")
        both = asyncio.gather(vault.erase(patient), vault.keep(letter))
        await until(wait_for_their_turn)
    await both

    with pytest.raises(Erased):
        await vault.open_letter(letter.ref, actor="anna", reason="too late")


def test_the_embedded_vault_makes_its_key_once_for_its_owner_alone(tmp_path):
    settings = settings_with(state=tmp_path)

    assert master_key(settings) == master_key(settings)
    assert (tmp_path / "vault.key").stat().st_mode & 0o777 == 0o600


def test_a_real_database_comes_with_its_own_key(tmp_path):
    real = {"state": tmp_path, "database_url": "postgresql://x/y"}
    given = base64.b64encode(KEY).decode()

    with pytest.raises(VaultKeyInvalid, match="SNP_VAULT_KEY"):
        master_key(settings_with(**real))
    assert master_key(settings_with(**real, vault_key=given)) == KEY
    with pytest.raises(VaultKeyInvalid):
        master_key(settings_with(**real, vault_key="no base64!"))
