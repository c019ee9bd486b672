"""How practitioners are reached: the channels in the log, the addresses in the vault."""

from domain import practitioner as practitioners
from domain.practitioner import GiveContacts
from events import streams
from services.intake.about import check_member, community_of, given
from services.intake.answering import ContactsSheet
from services.intake.arrival import Arrival
from services.intake.naming import contacts_of
from services.log.commands import Answer
from services.log.execute import Decision, Executor
from services.log.vault import CONTACTS, Vault


class ContactDesk:
    """Seals addresses. What is said last holds, and what was said before is destroyed."""

    def __init__(self, executor: Executor, vault: Vault) -> None:
        self._executor = executor
        self._vault = vault

    async def given(self, came: Arrival, sheet: ContactsSheet) -> Answer:
        """By which channels they are reached from now on."""
        stream = streams.practitioner(sheet.rpps)
        channels = tuple(contact.channel for contact in sheet.contacts)

        async def decide(decision: Decision) -> Answer:
            state = await decision.state(practitioners.decider, stream)
            check_member(came, state)
            command = GiveContacts(sheet.rpps, channels, came.at)
            decision.write(stream, practitioners.decide(command, state))
            decision.sealed = [
                self._vault.sealer.seal(
                    sheet.model_dump_json().encode(),
                    kind=CONTACTS,
                    ref=came.command_id,
                    subject=contacts_of(sheet.rpps),
                )
            ]
            return {"id": sheet.rpps, "state": "contacts_given", "channels": list(channels)}

        known = await self._executor.look(practitioners.decider, stream)
        answer = await self._executor.execute(given(came, community_of(came, known)), decide)
        # After, not with it: interrupted, the next time takes what is left along.
        await self._vault.forget_before(contacts_of(sheet.rpps), CONTACTS, came.command_id)
        return answer
