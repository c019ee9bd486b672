"""Whose word is taken on who somebody is: Pro Santé Connect, or any OpenID provider."""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict, SecretStr, StringConstraints, model_validator

HERE = {"localhost", "127.0.0.1", "::1"}
Claim = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_:./-]{1,80}$")]


class Provider(BaseModel):
    """An issuer of tokens, and where its keys are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    audience: Annotated[str, StringConstraints(min_length=1, max_length=300)]  # what we are there
    jwks_url: str | None = None
    jwks_file: Path | None = None  # instead of an address
    subject_claim: Claim = "sub"
    rpps_claim: Claim | None = None  # Pro Santé Connect: SubjectNameID, with or without the 8
    # To sign in from a page of ours (OpenID Connect Core, 3.1): all of these, or none
    authorize_url: str | None = None
    token_url: str | None = None
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
    client_secret: SecretStr | None = None
    scope: str = "openid"  # Pro Santé Connect: openid scope_all
    acr_values: str | None = None  # Pro Santé Connect: eidas1

    @model_validator(mode="after")
    def _keys_from_one_place(self) -> Self:
        if (self.jwks_url is None) == (self.jwks_file is None):
            msg = "say jwks_url or jwks_file"
            raise ValueError(msg)
        for url in (self.jwks_url, self.authorize_url, self.token_url):
            where = urlsplit(url or "https://")
            if where.scheme != "https" and where.hostname not in HERE:
                msg = "a provider is spoken to over https"
                raise ValueError(msg)
        if (self.authorize_url, self.token_url, self.client_id).count(None) not in {0, 3}:
            msg = "say authorize_url, token_url and client_id, or none of them"
            raise ValueError(msg)
        return self


class TlsClient(BaseModel):
    """A system that shows a certificate, and whose account it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cn: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    ou: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    account: UUID
