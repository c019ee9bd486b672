"""`snp account`: who may come in over HTTP, and as what."""

from typing import Annotated

import typer

from events.roles import Role
from services.cli.errors import Told, told_kindly
from services.cli.options import AsJson, State

account = typer.Typer(no_args_is_help=True, help="Who may come in over HTTP, and as what.")

Identity = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its id.")]
As = Annotated[Role, typer.Option("--role", help="regulator, practitioner, coordinator, …")]
Where = Annotated[
    str | None, typer.Option("--community", help="FINESS number; without one, all of them.")
]
For = Annotated[
    str | None, typer.Option("--rpps", help="Of who they are, or in whose name they act.")
]


@account.command("open")
@told_kindly
def open_account(
    role: As,
    community: Where = None,
    rpps: For = None,
    title: Annotated[str | None, typer.Option(help="Who or what it is: sealed.")] = None,
    issuer: Annotated[
        str | None, typer.Option(help="Of the provider they sign in with; without, a secret here.")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="What that provider calls them.")] = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """An account; one without a provider is given a secret, shown this once."""
    from services.cli.accounts_shown import open_and_show

    if (issuer is None) != (subject is None):
        raise Told("say --issuer and --subject, or neither", code="usage", status=2)
    data = {
        "title": title,
        "issuer": issuer,
        "subject": subject,
        "grants": [_grant(role, community, rpps)],
    }
    open_and_show(data, state, as_json=as_json)


@account.command("grant")
@told_kindly
def grant(
    identity: Identity,
    role: As,
    community: Where = None,
    rpps: For = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """It may act as that as well."""
    from services.cli.tell import about
    from services.messaging.subjects import Kind

    data = {"account_id": identity, "grant": _grant(role, community, rpps)}
    about(Kind.ROLE_GRANT, data, state, role=Role.ADMINISTRATOR, as_json=as_json)


@account.command("revoke")
@told_kindly
def revoke(
    identity: Identity,
    role: As,
    community: Where = None,
    rpps: For = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """It may no longer: from the next thing it asks."""
    from services.cli.tell import about
    from services.messaging.subjects import Kind

    data = {"account_id": identity, "grant": _grant(role, community, rpps)}
    about(Kind.ROLE_REVOCATION, data, state, role=Role.ADMINISTRATOR, as_json=as_json)


@account.command("close")
@told_kindly
def close(identity: Identity, state: State = None, as_json: AsJson = False) -> None:
    """Whoever it was comes in no more."""
    from services.cli.tell import about
    from services.messaging.subjects import Kind

    data = {"account_id": identity}
    about(Kind.ACCOUNT_CLOSING, data, state, role=Role.ADMINISTRATOR, as_json=as_json)


@account.command("secret")
@told_kindly
def secret(identity: Identity, state: State = None, as_json: AsJson = False) -> None:
    """A new secret, shown this once; the one before it is of no use any more."""
    from services.cli.accounts_shown import show_secret

    show_secret(identity, state, as_json=as_json)


@account.command("list")
@told_kindly
def list_accounts(state: State = None, as_json: AsJson = False) -> None:
    """Every account, what it is called, and what it may be."""
    from services.cli.accounts_shown import show_accounts

    show_accounts(state, as_json=as_json)


def _grant(role: Role, community: str | None, rpps: str | None) -> dict[str, str | None]:
    return {"role": role, "community": community, "rpps": rpps}
