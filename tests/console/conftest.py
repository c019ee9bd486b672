"""Consoles over a real house, in a real Chromium."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import async_playwright, expect

from events.roles import Role
from tests.console.people import Desk, desk_of

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


@pytest.fixture
async def browser():
    """Debian's Chromium, or the one SNP_CHROMIUM names."""
    if not CHROMIUM:
        pytest.skip("no Chromium here: apt-get install chromium, or SNP_CHROMIUM")
    async with async_playwright() as driver:
        opened = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield opened
        finally:
            await opened.close()


@pytest.fixture
async def desk(door, browser) -> AsyncIterator[Desk]:
    """People with browsers; at the end, nothing may have gone wrong in any of them."""
    async with desk_of(door, browser) as opened:
        yield opened


@pytest.fixture
async def regulator(desk):
    """A regulator at their console."""
    return await desk.sits_down(Role.REGULATOR)
