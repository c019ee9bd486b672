"""People at browsers."""

import re
from contextlib import asynccontextmanager

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from events.roles import Role
from services.access.credentials import Credentials
from tests.services.doors import grant

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1360, "height": 900}}
HOMES = {
    Role.REGULATOR: "/console/regulation",
    Role.PRACTITIONER: "/console/cabinet",
    Role.COORDINATOR: "/console/territoire",
    Role.AUTHORITY: "/console/tutelle",
}
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


class Desk:
    """Who sits down signs in, and what goes wrong in their browser is kept."""

    def __init__(self, door, browser):
        self.door = door
        self.browser = browser
        self.wrong = []
        self.expected = []

    def at(self, path):
        """The address of a page."""
        return str(self.door.client.base_url).rstrip("/") + path

    async def sign_in_link(self, role, **where):
        """As the demonstration prints it: the secret after the #."""
        account = await self.door.account(grant(role, **where))
        house = self.door.house
        secret = await Credentials(house.pool, house.vault.sealer).make(account)
        return f"#{account}:{secret}"

    async def sits_down(self, role, path=None, *, device=None, language="fr-FR", **where):
        """At their console."""
        link = await self.sign_in_link(role, **where)
        context = await self.browser.new_context(**(device or DESK), locale=language)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        page.on("console", self._said)
        page.on("requestfailed", self._failed)
        home = path or HOMES[role]
        await page.goto(self.at(f"/console/sign-in?next={home}{link}"))
        await expect(page).to_have_url(re.compile(re.escape(home.partition("?")[0])))
        return page

    def _said(self, said):
        if said.type in {"error", "warning"} and "status of 40" not in said.text:
            self.wrong.append(f"{said.type}: {said.text}")

    def _failed(self, asked):
        elsewhere = not asked.url.startswith(str(self.door.client.base_url))
        if elsewhere:
            self.wrong.append(f"from elsewhere: {asked.url}")


@asynccontextmanager
async def desk_of(door, browser):
    """Nothing that went wrong goes unseen."""
    desk = Desk(door, browser)
    try:
        yield desk
    finally:
        for context in browser.contexts:
            await context.close()
    unexpected = [one for one in desk.wrong if not any(text in one for text in desk.expected)]
    assert not unexpected, unexpected


async def accessible(page):
    """What axe finds against WCAG 2.1 AA: nothing."""
    found = await Axe().run(page, options=_RULES)
    told = [
        f"{one['id']}: {one['help']}: {node['html'][:160]} {node['any'][:1]}"
        for one in found.response["violations"]
        for node in one["nodes"][:3]
    ]
    assert not told, "\n".join(told)


async def asks_for_care(page, motive="fievre", age="34", commune="nevers", keys=("3",)):
    """At the keyboard alone; gives how many keys it took."""
    pressed = 0

    async def types(text):
        nonlocal pressed
        pressed += len(text)
        await page.keyboard.type(text)

    async def presses(key):
        nonlocal pressed
        pressed += 1
        await page.keyboard.press(key)

    await expect(page.locator("#motive-text")).to_be_focused()
    await types(motive[:5])
    await expect(page.locator("#motive-text__listbox li").first).to_be_visible()
    await presses("Enter")
    await expect(page.locator("#age")).to_be_focused()
    await types(age)
    await presses("Enter")
    await types(commune[:4])
    await expect(page.locator("#commune-text__listbox li").first).to_be_visible()
    await presses("Enter")
    await expect(page.locator("input[name=delay]:checked")).to_be_focused()
    for key in keys:
        await presses(key)
    return pressed
