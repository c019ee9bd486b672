"""A running house with its doors, and people who knock."""

from contextlib import asynccontextmanager
from uuid import UUID

import httpx
import orjson

from events.roles import Role
from services.access.tokens import Tokens
from services.api.server import serving
from services.messaging import subjects
from tests.examples import DR_ADAM, DR_BLAIN, HOUR, NEVERS, NOON, VALENCIENNES
from tests.talking import cloud_event, community_told, practitioner_told, slot_told, tell

IN_THE_NAME = {Role.PRACTITIONER, Role.DELEGATE, Role.STRUCTURE_MANAGER}
ROLES = [role for role in Role if role not in {Role.OPERATOR, Role.SYSTEM}]


def grant(role, community=NEVERS, rpps=DR_ADAM):
    """As that, there, or in that practitioner's name."""
    if role in {Role.ADMINISTRATOR, Role.PLATFORM}:
        return {"role": role}
    return (
        {"role": role, "rpps": rpps}
        if role in IN_THE_NAME
        else {"role": role, "community": community}
    )


class Door:
    """A base URL, and tokens for whoever is wanted."""

    def __init__(self, house, url):
        self.house = house
        self.client = httpx.AsyncClient(base_url=url, timeout=30, verify=False)  # noqa: S501 no TLS here, and certificates take a third of a test to read
        self.tokens = Tokens(house.settings, house.clock)
        self._known = {}

    async def account(self, *grants, **told):
        """A new account that may be that."""
        event = cloud_event("account", {"grants": list(grants)} | told)
        subject = subjects.ask(subjects.ANY_COMMUNITY, "account")
        answer = await self.house.reception.take_in(orjson.dumps(event), subject)
        return UUID(answer["id"])

    async def as_(self, role, **where):
        """What to send along to be that."""
        key = (role, *sorted(where.items()))
        if key not in self._known:
            self._known[key] = await self.account(grant(role, **where))
        return self.bearer(self.tokens.made_for(self._known[key]))

    async def everywhere(self, role):
        """As that, in every community."""
        return self.bearer(self.tokens.made_for(await self.account({"role": role})))

    def bearer(self, token):
        return {"Authorization": f"Bearer {token}"}

    async def ask(self, method, path, who=None, **how):
        headers = (who or {}) | how.pop("headers", {})
        return await self.client.request(method, path, headers=headers, **how)


@asynccontextmanager
async def doors_of(house):
    """HTTP over this house, with two communities and a doctor in each."""
    for finess in (NEVERS, VALENCIENNES):
        await tell(house, "community", community_told(finess), finess)
    await tell(house, "practitioner", practitioner_told(), NEVERS)
    await tell(house, "practitioner", practitioner_told(DR_BLAIN), VALENCIENNES)
    async with serving(house) as url:
        door = Door(house, url)
        try:
            yield door
        finally:
            await door.client.aclose()


async def a_place(house, start=NOON + 2 * HOUR):
    """A free place of Dr Adam's: its id."""
    return (await tell(house, "slot", slot_told(start)))["id"]
