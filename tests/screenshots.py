"""`make screenshots`: each page of the consoles, as the demonstration's day shows it at noon.

Written to docs/screens, and shown in the README: look at them before they are committed.
"""

import asyncio
import shutil
import sys
import tempfile
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from playwright.async_api import async_playwright

from events.roles import Role
from projections import offers
from services.api.server import serving
from services.app import open_house, provision
from services.cli.demo_live import PARTS, begin, opened
from services.clock import SandboxClock
from services.embedded.servers import servers_in
from services.projector.queries import rows
from services.settings import Settings, of_nobody
from services.simulator.living import Living
from services.simulator.play import OPENING, Day
from services.simulator.seeding import tell as send
from services.telemetry import log_to
from tests.console.conftest import ARGUMENTS, CHROMIUM
from tests.console.people import DESK, PHONE, asks_for_care
from tests.talking import request_told, tell

FOLDER = Path(__file__).parent.parent / "docs" / "screens"
NOON = OPENING + timedelta(hours=4)
_STEP = timedelta(minutes=1)
NEVERS = "580099001"


async def take(folder: Path) -> None:
    """All of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    clock = SandboxClock(OPENING - timedelta(minutes=10), 0.0)
    day = Day(1)
    with servers_in(folder) as found:
        settings = of_nobody(Settings(), folder)
        settings = settings.model_copy(update={"http_port": 0, "session_minutes": 1e6})
        await provision(settings, found)
        async with AsyncExitStack() as stack:
            house = await stack.enter_async_context(open_house(settings, found, clock=clock))
            http = await stack.enter_async_context(serving(house))
            mine = await begin(house, day)
            living = Living(house, day.seed, frozenset({mine}))
            stack.push_async_callback(living.end)
            await house.broker.connection.subscribe("snp.event.>", cb=living.hear)
            for happening in day.happenings(300):
                while clock.now() < min(happening.at, NOON):
                    clock.move_to(min(clock.now() + _STEP, happening.at, NOON))
                    await asyncio.sleep(0.005)
                if happening.at > NOON:
                    break
                await send(house, [happening])
            await house.settled()
            await _asked(house, mine)
            links = {part.role: await opened(house, part, day, mine) for part in PARTS}
            await _shoot(http, links, mine)


async def _asked(house, mine):
    """Until somebody asks the doctor who is shown: places are there for most who call."""
    for nth in range(20):
        wanted = request_told(house.clock.now(), delay="1H", patient={"age": 30 + 3 * nth})
        await tell(house, "care-request", wanted, NEVERS)
        await house.settled()
        if await rows(house.pool, offers.asked(rpps=mine, state=offers.PENDING)):
            return


async def _shoot(http, links, mine):
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)

        async def sits_down(role, path, device):
            context = await browser.new_context(
                **device, locale="fr-FR", timezone_id="Europe/Paris"
            )
            page = await context.new_page()
            await page.goto(f"{http}/console/sign-in?next={path}#{links[role]}")
            await page.wait_for_url(f"**{path}**")
            await page.wait_for_timeout(1000)
            return page

        async def shot(page, name, *, whole=False):
            await page.wait_for_timeout(700)
            await page.screenshot(path=FOLDER / f"{name}.png", full_page=whole)
            print(f"docs/screens/{name}.png")

        page = await sits_down(Role.REGULATOR, "/console/regulation", DESK)
        await asks_for_care(page)
        await page.keyboard.press("Enter")
        await page.locator("#places .candidate").first.wait_for()
        await shot(page, "regulation-places")
        await page.keyboard.press("1")
        await page.locator("#detail").wait_for()
        await shot(page, "regulation-tenue")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Escape")
        await page.keyboard.press("m")
        await shot(page, "regulation-carte")

        phone = PHONE | {"device_scale_factor": 1.5}
        page = await sits_down(Role.PRACTITIONER, "/console/cabinet", phone)
        await shot(page, "cabinet-jour")
        for tab in ("places", "accord", "pourquoi"):
            await page.goto(f"{http}/console/cabinet/{mine}/{tab}")
            await shot(page, f"cabinet-{tab}")

        page = await sits_down(Role.COORDINATOR, "/console/territoire", DESK)
        await shot(page, "territoire-jour")
        for tab in ("indicateurs", "membres", "echelle", "et-si"):
            await page.goto(f"{http}/console/territoire/{NEVERS}/{tab}")
            await shot(page, f"territoire-{tab}")
        await page.get_by_role("button", name="Rejouer").click()
        await page.locator("#played table").wait_for(timeout=120_000)
        await shot(page, "territoire-et-si")

        page = await sits_down(Role.AUTHORITY, "/console/tutelle", DESK)
        await shot(page, "tutelle")
        await browser.close()


def main() -> None:
    if not CHROMIUM:
        sys.exit("No Chromium here: apt-get install chromium, or SNP_CHROMIUM")
    log_to(level="ERROR", as_json=False)
    folder = Path(tempfile.mkdtemp(prefix="snp-screens-"))
    try:
        asyncio.run(take(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
