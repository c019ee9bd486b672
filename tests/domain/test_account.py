"""Who may come in, and as what."""

import pytest

from domain.account import (
    AccountIsClosed,
    CaresAndAdministers,
    CloseAccount,
    GrantRole,
    NoPractitioner,
    NoSuchAccount,
    NotGranted,
    OfNoCommunity,
    OpenAccount,
    RevokeRole,
    RoleOfNobody,
    WhichCommunity,
    WhichPractitioner,
    decider,
)
from domain.decider import ImpossibleHistory
from events.account import (
    AccountClosed,
    AccountOpened,
    AccountRoleGranted,
    AccountRoleRevoked,
    Grant,
)
from events.roles import Role
from tests.domain.spec import Spec
from tests.examples import DR_ADAM, NEVERS, NOON, called

WHO = called("account")
REGULATOR = Grant(role=Role.REGULATOR)
DOCTOR = Grant(role=Role.PRACTITIONER, rpps=DR_ADAM)
OPENED = AccountOpened(account_id=WHO, opened_at=NOON)
CLOSED = AccountClosed(account_id=WHO, closed_at=NOON)


def granted(grant=REGULATOR):
    return AccountRoleGranted(account_id=WHO, grant=grant, granted_at=NOON)


def revoked(grant=REGULATOR):
    return AccountRoleRevoked(account_id=WHO, grant=grant, revoked_at=NOON)


def given(*history):
    return Spec(decider).given(*history)


def test_an_account_is_opened_with_what_it_may_be():
    opening = OpenAccount(WHO, (REGULATOR, DOCTOR, REGULATOR), NOON)

    given().when(opening).then(OPENED, granted(), granted(DOCTOR))
    given(OPENED, granted()).when(opening).then(granted(DOCTOR))
    given(OPENED, granted(), granted(DOCTOR)).when(opening).then_nothing()
    given(OPENED, CLOSED).when(opening).then_refused(AccountIsClosed)


def test_a_role_is_granted_and_taken_back():
    given(OPENED).when(GrantRole(WHO, DOCTOR, NOON)).then(granted(DOCTOR))
    given(OPENED, granted(DOCTOR)).when(GrantRole(WHO, DOCTOR, NOON)).then_nothing()
    given(OPENED, granted(DOCTOR)).when(RevokeRole(WHO, DOCTOR, NOON)).then(revoked(DOCTOR))
    given(OPENED, granted(), revoked()).when(RevokeRole(WHO, REGULATOR, NOON)).then_refused(
        NotGranted
    )
    assert decider.replay([OPENED, granted(), granted(DOCTOR), revoked()]).grants == {DOCTOR}


def test_a_closed_account_may_nothing_ever():
    given(OPENED, granted()).when(CloseAccount(WHO, NOON)).then(CLOSED)
    given(OPENED, CLOSED).when(CloseAccount(WHO, NOON)).then_nothing()
    given(OPENED, CLOSED).when(GrantRole(WHO, REGULATOR, NOON)).then_refused(AccountIsClosed)
    given().when(CloseAccount(WHO, NOON)).then_refused(NoSuchAccount)
    with pytest.raises(ImpossibleHistory):
        decider.replay([OPENED, CLOSED, granted()])


@pytest.mark.parametrize(
    ("grant", "refused"),
    [
        (Grant(role=Role.PRACTITIONER), WhichPractitioner),
        (Grant(role=Role.DELEGATE, rpps=DR_ADAM, community=NEVERS), WhichPractitioner),
        (Grant(role=Role.COORDINATOR), WhichCommunity),
        (Grant(role=Role.PROTECTION_OFFICER, community=NEVERS, rpps=DR_ADAM), WhichCommunity),
        (Grant(role=Role.REGULATOR, rpps=DR_ADAM), NoPractitioner),
        (Grant(role=Role.ADMINISTRATOR, community=NEVERS), OfNoCommunity),
        (Grant(role=Role.ADMINISTRATOR, rpps=DR_ADAM), OfNoCommunity),
        (Grant(role=Role.SYSTEM), RoleOfNobody),
    ],
)
def test_nobody_is_granted_what_nobody_can_be(grant, refused):
    given(OPENED).when(GrantRole(WHO, grant, NOON)).then_refused(refused)
    given().when(OpenAccount(WHO, (grant,), NOON)).then_refused(refused)


def test_who_administers_cares_for_nobody():
    administrator = Grant(role=Role.ADMINISTRATOR)

    given().when(OpenAccount(WHO, (administrator, DOCTOR), NOON)).then_refused(CaresAndAdministers)
    given(OPENED, granted()).when(GrantRole(WHO, administrator, NOON)).then_refused(
        CaresAndAdministers
    )
    given(OPENED, granted(administrator)).when(OpenAccount(WHO, (REGULATOR,), NOON)).then_refused(
        CaresAndAdministers
    )


@pytest.mark.parametrize(
    "grant",
    [
        Grant(role=Role.STRUCTURE_MANAGER, rpps=DR_ADAM),
        Grant(role=Role.COORDINATOR, community=NEVERS),
        Grant(role=Role.AUTHORITY),
        Grant(role=Role.TRIAGE_NURSE, community=NEVERS),
        Grant(role=Role.ADMINISTRATOR),
        Grant(role=Role.PLATFORM),
    ],
)
def test_what_somebody_can_be_is_granted(grant):
    given(OPENED).when(GrantRole(WHO, grant, NOON)).then(granted(grant))
