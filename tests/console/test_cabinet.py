"""The practitioner's console, on a telephone."""

from datetime import timedelta

from playwright.async_api import expect

from events.agenda import SlotPublished, SlotWithdrawn
from events.offer import (
    OfferAccepted,
    OfferDeferred,
    OfferPartiallyAccepted,
    OfferRefused,
    OfferSeen,
)
from events.practitioner import PractitionerConsented, PractitionerOnCall, PractitionerPaused
from events.roles import Role
from events.visit import OutcomeRecorded, VisitAttended
from tests.console.people import PHONE, accessible
from tests.examples import HOUR, NEVERS, NOON
from tests.services.doors import a_place
from tests.talking import practitioner_told, request_told, slot_told, tell

PLACE = slot_told(NOON)["place"]


async def happened(house, kind):
    return [one.event for one in await house.log.after(0, limit=500) if isinstance(one.event, kind)]


async def beyond_the_agenda(house):
    """Dr Adam may be asked."""
    consent = {"sources": ["SAS", "CPTS"], "overbook": {"place": PLACE}}
    await tell(house, "practitioner", practitioner_told(consent=consent))


async def test_an_offer_comes_by_itself_and_is_accepted_with_two_taps(desk, house):
    await beyond_the_agenda(house)
    page = await desk.sits_down(Role.PRACTITIONER, device=PHONE)
    await expect(page.locator("#link")).to_have_text("en direct")

    await tell(house, "care-request", request_told(delay="4H", patient={"age": 41, "name": "Zoé"}))
    offer = page.locator(".offer")
    await expect(offer).to_contain_text("41 ans")
    assert "Zoé" not in await page.content()
    await accessible(page)
    await offer.get_by_role("button", name="Accepter").click()

    await expect(page.locator(".visit")).to_contain_text("41 ans")
    await expect(page.locator(".toast.good")).to_contain_text("20 secondes")
    assert await happened(house, OfferAccepted)
    assert await happened(house, OfferSeen)
    await page.get_by_role("button", name="Qui est-ce ?").click()
    await expect(page.locator(".visit")).to_contain_text("Zoé")


async def test_a_wrong_tap_is_taken_back_and_others_are_asked(desk, house):
    await beyond_the_agenda(house)
    await tell(house, "care-request", request_told(delay="4H"))
    page = await desk.sits_down(Role.PRACTITIONER, device=PHONE)
    await page.get_by_role("button", name="Accepter").click()

    await page.get_by_role("button", name="C'était une erreur").click()

    await expect(page.locator(".visit")).to_have_count(0)


async def test_another_time_later_and_no_are_said_as_easily(desk, house):
    await beyond_the_agenda(house)
    page = await desk.sits_down(Role.PRACTITIONER, device=PHONE)
    for answer, told, kind in (
        ("Proposer cette heure", "est proposée", OfferPartiallyAccepted),
        ("Répondre dans 15 min", "un peu plus de temps", OfferDeferred),
        ("trop loin", "sans conséquence", OfferRefused),
    ):
        asked = await tell(house, "care-request", request_told(delay="4H"))
        offer = page.locator(".offer")
        await offer.locator("summary").click()
        await offer.get_by_role("button", name=answer).click()
        await expect(page.locator(".toast.good", has_text=told)).to_be_visible()
        assert len(await happened(house, kind)) == 1
        await tell(house, "withdrawal", {"request_id": asked["id"]})
        await expect(page.locator(".offer")).to_have_count(0)


async def test_todays_places_are_open_after_three_taps(desk, house):
    await a_place(house)  # where Dr Adam works is known
    page = await desk.sits_down(Role.PRACTITIONER, device=PHONE)

    await page.get_by_role("link", name="Ouvrir des places").click()
    await page.locator("#open-slots label", has_text="17 h 00").first.click()
    await page.get_by_role("button", name="Publier", exact=True).click()

    await expect(page.locator("#list")).to_contain_text("17 h 00 \N{EN DASH} 17 h 20")
    await accessible(page)
    published = await happened(house, SlotPublished)
    assert published[-1].start == NOON + 4 * HOUR
    await page.locator("#list .line", has_text="17 h 00").get_by_role("button").click()
    await expect(page.locator("#list")).not_to_contain_text("17 h 00")
    assert await happened(house, SlotWithdrawn)


async def test_a_place_taken_back_is_opened_again_and_hours_do_not_overlap(desk, house):
    await a_place(house)
    page = await desk.sits_down(Role.PRACTITIONER, device=PHONE)
    await page.goto(page.url + "/places")
    opened = page.locator("#list .line", has_text="16 h 20")
    for _ in range(2):
        for hour in ("16 h 00", "16 h 20"):
            await page.locator("#open-slots label", has_text=hour).first.click()
        await page.get_by_role("button", name="Publier", exact=True).click()
        await expect(page.locator(".toast.good").last).to_contain_text("2 places ouvertes")
        await expect(opened).to_have_count(2)  # 16 h 00 to 16 h 20, and after it
        for left in (1, 0):
            await opened.first.get_by_role("button").click()
            await expect(opened).to_have_count(left)


async def test_a_vacation_is_shown_with_its_last_day(desk):
    page = await desk.sits_down(Role.PRACTITIONER, device=PHONE)
    page.on("dialog", lambda dialog: dialog.accept())
    await page.goto(page.url + "/places")
    await page.locator("summary", has_text="Absences").click()
    await page.locator("#v-first").fill("2026-12-07")
    await page.locator("#v-last").fill("2026-12-08")
    await page.get_by_role("button", name="Annoncer l'absence").click()
    await expect(page.locator(".toast.good")).to_contain_text("Absence annoncée")

    await page.reload()

    await expect(page.locator("main")).to_contain_text("07/12/2026 → 08/12/2026")


async def test_places_of_every_week_are_opened_at_once(desk, house):
    await a_place(house)
    page = await desk.sits_down(Role.PRACTITIONER, device=PHONE)
    await page.goto(page.url + "/places")

    await page.locator("summary", has_text="Chaque semaine").click()
    await page.locator("label", has_text="mar.").click()
    await page.locator("#w-first").fill(f"{NOON:%Y-%m-%d}")
    await page.locator("#w-last").fill(f"{NOON + timedelta(days=20):%Y-%m-%d}")
    await page.get_by_role("button", name="Publier chaque semaine").click()

    await expect(page.locator(".toast.good")).to_contain_text("chaque semaine")
    weekly = [one for one in await happened(house, SlotPublished) if one.capacity == 3]
    assert [one.start.isoweekday() for one in weekly] == [2, 2, 2]


async def test_who_came_is_seen_and_how_it_ended_is_noted(desk, house, clock):
    await a_place(house)
    told = await tell(house, "care-request", request_told())
    await clock.move_to(NOON + 2 * HOUR + timedelta(minutes=5))
    page = await desk.sits_down(Role.PRACTITIONER, device=PHONE)

    await page.get_by_role("button", name="Vu", exact=True).click()
    await page.get_by_role("button", name="Noter").click()

    await expect(page.locator(".visit")).to_contain_text("Issue : soigné")
    assert [str(one.request_id) for one in await happened(house, VisitAttended)] == [told["id"]]
    assert await happened(house, OutcomeRecorded)


async def test_available_now_and_pause_are_one_tap_each(desk, house):
    await beyond_the_agenda(house)
    page = await desk.sits_down(Role.PRACTITIONER, device=PHONE)

    await page.get_by_role("button", name="2 h").click()
    await expect(page.locator("#list")).to_contain_text("Disponible tout de suite, jusqu'à")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator("#list")).to_contain_text("En pause")

    assert await happened(house, PractitionerOnCall)
    assert await happened(house, PractitionerPaused)


async def test_consent_and_caps_are_theirs_to_change(desk, house):
    page = await desk.sits_down(Role.PRACTITIONER, device=PHONE)
    await page.goto(page.url + "/accord")
    await accessible(page)

    await page.locator("#daily_cap").fill("3")
    await page.locator("label", has_text="guichet de la CPTS").click()
    await page.get_by_role("button", name="Enregistrer").click()

    await expect(page.locator(".toast.good")).to_be_visible()
    agreed = (await happened(house, PractitionerConsented))[-1]
    assert (agreed.daily_cap, list(agreed.sources)) == (3, ["SAS"])


async def test_why_not_me_says_the_hour_and_the_reason_and_nothing_of_the_patient(desk, house):
    other = "10000000027"
    await tell(house, "practitioner", practitioner_told(other))
    await tell(house, "slot", slot_told(NOON + 5 * HOUR))
    await tell(house, "slot", slot_told(NOON + HOUR, other))
    await tell(house, "care-request", request_told(motive="M02.06", patient={"age": 77}))
    page = await desk.sits_down(Role.PRACTITIONER, device=PHONE)

    await page.get_by_role("link", name="Pourquoi pas moi ?").click()

    await expect(page.locator(".timeline")).to_contain_text("18 h 00 : ")
    text = await page.locator("main").inner_text()
    assert "77" not in text
    assert "Traumatisme" not in text
    await accessible(page)


async def test_nobody_looks_into_another_s_practice(desk):
    page = await desk.sits_down(Role.PRACTITIONER, device=PHONE)

    answer = await page.request.get(desk.at("/console/cabinet/10000000027"))
    told = await page.request.post(
        desk.at("/console/cabinet/10000000027/pause"),
        data="paused=yes",
        headers={"Origin": desk.at(""), "HX-Request": "true"},
    )

    assert (answer.status, told.status) == (403, 403)
    assert NEVERS not in await answer.text()
