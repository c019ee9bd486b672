"""The coordinator's console, and what ARS and CPAM read."""

from datetime import timedelta

from playwright.async_api import expect

from events.community import CommunityCrisisDeclared, CommunityCrisisEnded, CommunityLadderAdopted
from events.roles import Role
from tests.console.people import accessible
from tests.console.test_cabinet import happened
from tests.examples import HOUR, NOON, VALENCIENNES
from tests.services.doors import a_place
from tests.talking import request_told, slot_told, tell


async def test_free_places_are_counted_by_hour_and_taken_ones_go_by_themselves(desk, house):
    await a_place(house)
    page = await desk.sits_down(Role.COORDINATOR)
    cell = page.locator(".heat tbody tr", has_text="Nevers").locator("td").nth(15 - 7)
    await expect(cell).to_have_text("1")
    await accessible(page)

    await tell(house, "care-request", request_told(patient={"age": 33, "name": "Malo Petit"}))

    await expect(page.locator(".tiles")).to_contain_text("1\n placées".replace("\n", ""))
    await expect(page.locator(".heat")).to_have_count(0)  # it was the only one
    assert "Malo" not in await page.content()


async def test_a_crisis_is_declared_and_ended(desk, house):
    page = await desk.sits_down(Role.COORDINATOR)
    page.on("dialog", lambda dialog: dialog.accept())

    await page.locator("summary", has_text="Mode crise").click()
    await page.locator("#crisis-title").fill("Grippe")
    await page.get_by_role("button", name="Déclarer").click()
    await expect(page.locator("#list")).to_contain_text("Crise : Grippe")
    await page.get_by_role("button", name="Fin de crise").click()
    await expect(page.locator("#list")).not_to_contain_text("Crise : Grippe")

    assert [one.title for one in await happened(house, CommunityCrisisDeclared)] == ["Grippe"]
    assert await happened(house, CommunityCrisisEnded)


async def test_a_ladder_is_changed_tried_and_adopted(desk, house):
    page = await desk.sits_down(Role.COORDINATOR)
    page.on("dialog", lambda dialog: dialog.accept())
    await page.goto(page.url + "/echelle")
    await accessible(page)
    last = page.locator(".rule").last
    steps = last.locator(".steps li")
    before = await steps.count()

    await last.get_by_role("button", name="Ajouter une étape").click()
    await expect(page.locator(".rule").last.locator(".steps li")).to_have_count(before + 1)
    await page.locator("input[name=title]").fill("Échelle d'hiver")
    await page.get_by_role("button", name="Prévoir").click()
    await expect(page.locator("#foretold")).to_contain_text("rendue au SAS")
    assert not await happened(house, CommunityLadderAdopted)
    await page.get_by_role("button", name="Adopter").click()

    await expect(page.locator(".toast.good")).to_be_visible()
    (adopted,) = await happened(house, CommunityLadderAdopted)
    assert adopted.ladder.title == "Échelle d'hiver"
    assert len(adopted.ladder.rules[-1].steps) == before + 1


async def test_a_ladder_that_leaves_somebody_without_a_rule_is_refused_in_words(desk):
    page = await desk.sits_down(Role.COORDINATOR)
    await page.goto(page.url + "/echelle")
    desk.expected += ["Response Status Error Code 409"]

    await page.locator(".rule").last.locator("label", has_text="P3").click()
    await page.get_by_role("button", name="Prévoir").click()

    await expect(page.locator(".toast.bad")).to_contain_text("La dernière règle")


async def test_indicators_show_what_they_are_of_and_what_they_mean(desk, house):
    await a_place(house)
    await tell(house, "care-request", request_told())
    page = await desk.sits_down(Role.COORDINATOR)

    await page.goto(page.url + "/indicateurs")

    card = page.locator(".figure-card", has_text="Taux de réponse").first
    await expect(card).to_contain_text("100,0 %")
    await expect(card).to_contain_text("1 / 1")
    await card.locator("summary").click()
    await expect(card).to_contain_text("dénominateur")
    await expect(page.locator("#equity path")).not_to_have_count(0)
    await accessible(page)


async def test_members_are_listed_by_what_they_agree_to(desk):
    page = await desk.sits_down(Role.COORDINATOR)

    await page.goto(page.url + "/membres")

    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody tr")).to_contain_text("SAS")
    await accessible(page)


async def test_four_more_places_are_played_on_days_that_were(desk, house):
    await tell(house, "slot", slot_told(NOON + 2 * HOUR))
    for _ in range(3):
        await tell(house, "care-request", request_told(delay="4H"))
    page = await desk.sits_down(Role.COORDINATOR)
    await page.goto(page.url + "/et-si")
    await accessible(page)

    await page.locator("#w-first").fill(f"{NOON - timedelta(days=1):%Y-%m-%d}")
    await page.locator("#w-last").fill(f"{NOON:%Y-%m-%d}")
    await page.locator("#w-start").fill("14:00")
    await page.locator("#w-end").fill("17:00")
    await page.get_by_role("button", name="Rejouer").click()

    await expect(page.locator("#played")).to_contain_text("3 demandes", timeout=60_000)
    await expect(page.locator("#played tbody tr").first).to_contain_text("demandes servies")


async def test_other_communities_are_not_theirs(desk):
    page = await desk.sits_down(Role.COORDINATOR)
    for path in ("territoire", "tutelle"):
        answer = await page.request.get(desk.at(f"/console/{path}/{VALENCIENNES}"))
        assert answer.status == 403


async def test_an_authority_reads_months_that_are_over_and_takes_them_along(desk):
    page = await desk.sits_down(Role.AUTHORITY)
    await expect(page.locator("main")).to_contain_text("10 ou moins")
    await accessible(page)

    async with page.expect_download() as started:
        await page.get_by_role("link", name="CSV").click()
    file = await (await started.value).path()
    assert "requests_received" in file.read_text("utf-8")

    await page.locator("#period").select_option(index=0)
    await page.get_by_role("button", name="Montrer").click()
    await expect(page.locator("main")).to_contain_text("Pas encore")
    answer = await page.request.get(desk.at("/console/territoire/580099001"))
    assert answer.status == 403
