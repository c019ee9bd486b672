"""All consoles, as one application answers for them."""

from fastapi import APIRouter

from services.console import doorway
from services.console.cabinet import acts
from services.console.cabinet import pages as cabinet
from services.console.frame import PREFIX
from services.console.regulation import pages as regulation
from services.console.territoire import authority
from services.console.territoire import pages as territoire

__all__ = ["PREFIX", "routers"]


def routers() -> list[APIRouter]:
    """Every page."""
    return [
        doorway.router,
        regulation.router,
        cabinet.router,
        acts.router,
        territoire.router,
        authority.router,
    ]
