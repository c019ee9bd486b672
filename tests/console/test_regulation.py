"""The regulator's console, as a regulator uses it."""

import re
from datetime import timedelta

from playwright.async_api import expect

from events.request import RequestAssigned, RequestMerged, RequestPlaceHeld
from events.roles import Role
from services.api.server import serving
from tests.console.people import accessible, asks_for_care
from tests.examples import DR_ADAM, DR_BLAIN, HOUR, NEVERS, NOON, VALENCIENNES
from tests.services.doors import a_place
from tests.talking import practitioner_told, request_told, slot_told, tell


async def names_of(house):
    return [one.event for one in await house.log.after(0, limit=500)]


async def asks_who_it_is(regulator):
    # What is below moves when the places are found: a click of that moment meets something else.
    await expect(regulator.locator("#choose")).not_to_contain_text("Recherche…")
    await regulator.get_by_text("Identité du patient").click()
    await regulator.get_by_role("button", name="Montrer").click()


async def test_a_place_is_found_kept_and_confirmed_in_a_few_keys(desk, regulator):
    house = desk.door.house
    await a_place(house)

    pressed = await asks_for_care(regulator)
    await regulator.keyboard.press("Enter")
    await expect(regulator.locator("#places .candidate").first).to_be_focused()
    await expect(regulator.locator("#places .candidate").first).to_contain_text("15 h 00")
    await expect(regulator.locator("#places .why").first).to_contain_text("attente")
    await regulator.keyboard.press("1")
    await expect(regulator.locator("#detail .go")).to_be_focused()
    held = [one for one in await names_of(house) if isinstance(one, RequestPlaceHeld)]
    await regulator.keyboard.press("Enter")

    await expect(regulator.locator("#detail .badge")).to_have_text("placée")
    assert len(held) == 1
    assigned = [one for one in await names_of(house) if isinstance(one, RequestAssigned)]
    assert [one.rpps for one in assigned] == [DR_ADAM]
    assert pressed + 3 <= 20  # at two keys a second, ten seconds
    await expect(regulator.locator(".timeline li").first).to_contain_text("Place donnée")


async def test_the_system_finds_a_place_when_it_is_left_to_it(desk, regulator):
    await a_place(desk.door.house)

    await asks_for_care(regulator)
    await regulator.keyboard.press("s")

    await expect(regulator.locator("#detail .badge")).to_have_text("placée")
    await expect(regulator.locator("#list .settled .line")).to_have_count(1)


async def test_of_two_who_want_the_last_place_one_has_it_and_the_other_is_told(desk, regulator):
    await a_place(desk.door.house)
    other = await desk.sits_down(Role.REGULATOR)

    for page in (regulator, other):
        await asks_for_care(page)
        await page.keyboard.press("Enter")
        await expect(page.locator("#places .candidate")).to_have_count(1)
    await regulator.keyboard.press("1")
    await expect(regulator.locator("#detail .badge")).to_have_text("place gardée")
    desk.expected += ["Response Status Error Code 409"]
    await other.keyboard.press("1")

    await expect(other.locator(".toast.bad")).to_contain_text("vient d'être prise")
    await expect(other.locator("#draft")).to_be_visible()  # nothing typed is lost
    assert await other.locator("#age").input_value() == "34"


async def test_what_happens_is_shown_to_everybody_without_a_reload(desk, regulator):
    house = desk.door.house
    await expect(regulator.locator("#link")).to_have_text("en direct")

    told = await tell(house, "care-request", request_told())
    await expect(regulator.locator(f"#r-{told['id']}")).to_contain_text("en recherche")
    await a_place(house)

    await expect(regulator.locator(f"#r-{told['id']}")).to_contain_text("placée")


async def test_another_community_s_requests_are_not_shown(desk):
    house = desk.door.house
    elsewhere = await desk.sits_down(Role.REGULATOR, community=VALENCIENNES)
    await expect(elsewhere.locator("#link")).to_have_text("en direct")

    theirs = await tell(house, "care-request", request_told())
    mine = await tell(house, "care-request", request_told(), VALENCIENNES)

    await expect(elsewhere.locator(f"#r-{mine['id']}")).to_be_visible()
    await expect(elsewhere.locator(f"#r-{theirs['id']}")).to_have_count(0)
    answer = await elsewhere.request.get(desk.at(f"/console/regulation/requests/{theirs['id']}"))
    assert answer.status == 403


async def test_typing_survives_a_server_that_restarts_and_the_page_goes_on(desk, house):
    port = house.settings.model_copy(update={"http_port": 0, "drain_timeout_seconds": 1.0})
    house.settings = port
    async with serving(house) as url:
        desk.door.client.base_url = url
        page = await desk.sits_down(Role.REGULATOR)
        await expect(page.locator("#link")).to_have_text("en direct")
        await page.locator("#age").fill("81")
    house.settings = port.model_copy(update={"http_port": int(url.rpartition(":")[2])})
    await expect(page.locator("#link")).to_contain_text("hors ligne")
    desk.expected += ["Failed to load resource", "ERR_"]
    async with serving(house):
        await expect(page.locator("#link")).to_have_text("en direct", timeout=20_000)
        told = await tell(house, "care-request", request_told())
        await expect(page.locator(f"#r-{told['id']}")).to_be_visible()
        assert await page.locator("#age").input_value() == "81"
        await page.context.close()


async def test_two_keys_in_a_hurry_keep_one_place(desk, regulator, house):
    await a_place(house)
    await a_place(house, NOON + 3 * HOUR)
    await asks_for_care(regulator)
    await regulator.keyboard.press("Enter")
    await expect(regulator.locator("#places .candidate").first).to_be_focused()
    desk.expected += ["409"]

    await regulator.keyboard.press("1")
    await regulator.keyboard.press("2")

    await expect(regulator.locator("#detail .badge")).to_have_text("place gardée")
    assert len([one for one in await names_of(house) if isinstance(one, RequestPlaceHeld)]) == 1


async def test_places_for_another_delay_are_not_left_to_be_chosen(regulator, house):
    await a_place(house)
    await asks_for_care(regulator)
    await regulator.keyboard.press("Enter")
    await expect(regulator.locator("#places .candidate")).to_have_count(1)

    await regulator.locator("label", has_text="1 h").first.click()

    await expect(regulator.locator("#places .candidate")).to_have_count(0)


async def test_what_a_colleague_does_moves_nobody_s_focus_and_hides_nothing(regulator, house):
    wanted = request_told(patient={"age": 50, "name": "Anna Petit"})
    told = await tell(house, "care-request", wanted)
    other = await tell(house, "care-request", request_told())
    await regulator.locator(f"#r-{told['id']}").click()
    await asks_who_it_is(regulator)
    await expect(regulator.locator("#identity")).to_contain_text("Anna Petit")
    await regulator.locator(f"#r-{other['id']}").focus()

    await tell(house, "withdrawal", {"request_id": other["id"]})
    await a_place(house)

    await expect(regulator.locator("#detail .badge")).to_have_text("placée")
    await expect(regulator.locator("#detail .go")).to_be_visible()
    await expect(regulator.locator("#detail .go")).not_to_be_focused()
    await expect(regulator.locator("#identity")).to_contain_text("Anna Petit")


async def test_who_may_look_no_longer_is_sent_away(desk, regulator, house):
    await tell(house, "care-request", request_told())
    await expect(regulator.locator("#list .line")).to_have_count(1)
    await regulator.context.clear_cookies()
    desk.expected += ["401", "Failed to load"]

    await regulator.evaluate("stream.close(); stream = null; listen()")

    await expect(regulator).to_have_url(re.compile("sign-in"), timeout=15_000)


async def test_single_keys_are_turned_off_and_do_nothing(regulator):
    await regulator.keyboard.press("Escape")
    await regulator.keyboard.press("?")
    await regulator.get_by_label("Raccourcis à une touche").uncheck()
    await regulator.get_by_role("button", name="Fermer").click()

    await regulator.keyboard.press("Escape")
    await regulator.keyboard.press("m")

    await expect(regulator.locator("#map-box")).to_be_hidden()
    await regulator.reload()
    await regulator.locator("#new").focus()
    await regulator.keyboard.press("m")
    await expect(regulator.locator("#map-box")).to_be_hidden()


async def test_the_same_need_asked_again_is_warned_of(desk, regulator):
    await tell(desk.door.house, "care-request", request_told(patient={"age": 34, "sex": "F"}))

    await asks_for_care(regulator)

    await expect(regulator.locator("#alike")).to_contain_text("Peut-être déjà demandée")
    await regulator.locator("#alike a").click()
    await expect(regulator.locator("#detail")).to_contain_text("34 ans")


async def test_the_same_need_told_twice_becomes_one(regulator, house):
    told = [
        await tell(house, "care-request", request_told(patient={"age": 34, "sex": sex}))
        for sex in ("F", "UN", "M")
    ]
    await regulator.locator(f"#r-{told[0]['id']}").click()
    regulator.on("dialog", lambda dialog: dialog.accept())

    await regulator.locator("summary", has_text="Autres actions").click()
    await expect(regulator.locator("#of option")).to_have_count(1)  # the man of 34 is not she
    await regulator.get_by_role("button", name="Rattacher").click()

    await expect(regulator.locator("#detail .badge")).to_have_text("doublon")
    merged = [one for one in await names_of(house) if isinstance(one, RequestMerged)]
    assert [str(one.into) for one in merged] == [told[1]["id"]]


async def test_who_was_handed_back_is_taken_over(regulator, house, clock):
    told = await tell(house, "care-request", request_told(delay="1H"))
    await clock.move_to(NOON + timedelta(minutes=52))
    line = regulator.locator(f"#r-{told['id']}")
    await expect(line).to_contain_text("rendue au SAS")

    await line.click()
    await expect(regulator.locator("#detail")).to_contain_text("À vous")
    await expect(regulator.locator("#detail")).not_to_contain_text("Retirer la demande")
    await accessible(regulator)
    await regulator.locator("#d").select_option("12H")
    await regulator.get_by_role("button", name="Appliquer").click()

    await expect(regulator.locator("#detail .badge")).to_have_text("en recherche")


async def test_regulation_software_opens_it_with_what_it_knows(desk):
    link = await desk.sign_in_link(Role.REGULATOR)
    page = await (await desk.browser.new_context(locale="fr-FR")).new_page()
    said = f"inseecode=58194&streetname=rue%20du%20Port&practitioner=urn:oid:x%7C8{DR_ADAM}"
    await page.goto(desk.at(f"/console/regulation?origin=lrm&{said}"))
    await expect(page).to_have_url(re.compile("sign-in"))
    await page.locator("#account").fill(link[1:].partition(":")[0])
    await page.locator("#secret").fill(link.partition(":")[2])
    await page.get_by_role("button", name="Entrer").click()

    await expect(page.locator("#commune-text")).to_have_value("Nevers")
    await expect(page.locator("#address")).to_have_value("rue du Port")
    await expect(page.locator("#treating_doctor")).to_have_value(DR_ADAM)


async def test_who_the_patient_is_is_shown_for_a_purpose_and_journalled(regulator, house):
    told = await tell(
        house,
        "care-request",
        request_told(patient={"age": 8, "name": "Zoé Garnier", "phone": "+33639010203"}),
    )
    line = regulator.locator(f"#r-{told['id']}")
    await line.click()
    assert "Garnier" not in await regulator.content()

    await asks_who_it_is(regulator)

    await expect(regulator.locator("#identity")).to_contain_text("Zoé Garnier")
    (reveal,) = await house.vault.reveals(NEVERS, before=None, limit=5)
    assert reveal.reason == "Rappel du patient"


async def test_the_map_shows_who_waits_and_where_there_are_places(regulator, house):
    await tell(house, "practitioner", practitioner_told("10000000027"))
    await tell(house, "slot", slot_told(NOON + 3 * HOUR, "10000000027", modes=["VR"]))
    await tell(house, "care-request", request_told(modes=["AMB"]))
    await expect(regulator.locator("#list .line")).to_have_count(1)

    await regulator.keyboard.press("Escape")
    await regulator.keyboard.press("m")

    await expect(regulator.locator("#map path.leaflet-interactive")).to_have_count(2)
    await expect(regulator.locator("#map .commune span").first).to_be_visible()


async def test_it_passes_axe_and_reads_in_english(desk):
    page = await desk.sits_down(Role.REGULATOR, language="en-GB")
    await accessible(page)

    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.locator("#new")).to_contain_text(re.compile("new request", re.IGNORECASE))
    await page.get_by_role("button", name="Français").click()
    await expect(page.locator("#new")).to_contain_text("Nouvelle demande")


async def test_a_doctor_of_another_community_is_no_place(regulator, house):
    await tell(house, "slot", slot_told(NOON + 2 * HOUR, DR_BLAIN), VALENCIENNES)

    await asks_for_care(regulator)
    await regulator.keyboard.press("Enter")

    await expect(regulator.locator("#places")).to_contain_text("Aucune place n'irait maintenant")
