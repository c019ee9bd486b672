"""Consoles over a real house, in a real Chromium."""

import os
import shutil
from collections.abc import AsyncIterator
from inspect import iscoroutinefunction
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from events.roles import Role
from tests.conftest import house_at
from tests.console.people import Desk, desk_of
from tests.services.doors import doors_of

CHROMIUM = os.environ.get("SNP_CHROMIUM") or shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=10_000)


in_one_loop = pytest_asyncio.fixture(loop_scope="session")


def pytest_collection_modifyitems(items):
    """The browser lives as long as its worker, and so does the loop it is spoken to on."""
    for item in items:
        here = item.path.is_relative_to(Path(__file__).parent)
        if here and iscoroutinefunction(item.obj):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser():
    """Debian's Chromium, or the one SNP_CHROMIUM names: a window of one's own is a context."""
    if not CHROMIUM:
        pytest.skip("no Chromium here: apt-get install chromium, or SNP_CHROMIUM")
    async with async_playwright() as driver:
        opened = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield opened
        finally:
            await opened.close()


@in_one_loop
async def house(settings, addresses, clock):
    """Every service."""
    async with house_at(settings, addresses, clock=clock) as opened:
        yield opened


@in_one_loop
async def door(house):
    """As everywhere: HTTP over the house."""
    async with doors_of(house) as opened:
        yield opened


@in_one_loop
async def desk(door, browser) -> AsyncIterator[Desk]:
    """People with browsers; at the end, nothing may have gone wrong in any of them."""
    async with desk_of(door, browser) as opened:
        yield opened


@in_one_loop
async def regulator(desk):
    """A regulator at their console."""
    return await desk.sits_down(Role.REGULATOR)
