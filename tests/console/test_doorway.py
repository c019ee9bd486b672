"""Coming in, being let in where one may be, and what browsers are told: no browser is needed."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from events.roles import Role
from services.access.credentials import Credentials
from services.console import languages, refusals, words
from tests.examples import DR_ADAM, NEVERS
from tests.services.doors import grant

PAGES = Path("services/console/pages")


async def comes_in(door, *grants, back="/console"):
    account = await door.account(*grants)
    secret = await Credentials(door.house.pool, door.house.vault.sealer).make(account)
    form = {"account": str(account), "secret": secret, "next": back}
    return await door.ask("POST", "/console/sign-in", data=form, headers=here(door))


def here(door):
    return {"Origin": str(door.client.base_url).rstrip("/")}


async def test_who_did_not_sign_in_is_sent_to_and_comes_back_to_where_they_were(door):
    answer = await door.ask("GET", "/console/regulation?inseecode=58194")

    assert answer.status_code == 303
    assert urlsplit(answer.headers["location"]).path == "/console/sign-in"
    back = answer.headers["location"].partition("next=")[2]
    came = await comes_in(door, grant(Role.REGULATOR), back="/console/regulation?inseecode=58194")
    assert came.headers["location"] == "/console/regulation?inseecode=58194"
    assert "58194" in back


ELSEWHERE = [
    "https://elsewhere.example/",
    "//elsewhere.example/console",
    "/console\\@elsewhere.example",
    "/consolex",
    "/v1/me",
    "/console/ x",
]


async def test_nobody_is_sent_elsewhere_after_they_signed_in(door):
    for back in ELSEWHERE:
        came = await comes_in(door, grant(Role.REGULATOR), back=back)
        assert came.headers["location"] == "/console", back


async def test_a_wrong_secret_says_no_more_than_that(door):
    account = await door.account(grant(Role.REGULATOR))
    for name in (str(account), "nobody", ""):
        form = {"account": name, "secret": "wrong"}
        answer = await door.ask("POST", "/console/sign-in", data=form, headers=here(door))
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        assert "compte ou secret inconnu" in answer.text


async def test_the_session_is_no_script_s_and_goes_nowhere_else(door):
    came = await comes_in(door, grant(Role.REGULATOR))

    cookie = came.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/console" in cookie
    token = came.cookies["snp_console"]
    answer = await door.ask("GET", "/v1/me", door.bearer(token))
    assert answer.status_code == 401


FORGED = [
    {"Origin": "https://elsewhere.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {},
]


async def test_what_another_site_s_page_sends_is_not_done(door):
    await comes_in(door, grant(Role.PRACTITIONER))
    path = f"/console/cabinet/{DR_ADAM}/pause"
    for headers in FORGED:
        answer = await door.ask("POST", path, data={"paused": "yes"}, headers=headers)
        assert answer.status_code == 409
        assert "autre site" in answer.text
    assert (
        await door.ask("POST", path, data={"paused": "yes"}, headers=here(door))
    ).status_code == 200


async def test_a_browser_loads_and_keeps_nothing_it_should_not(door):
    await comes_in(door, grant(Role.REGULATOR))

    page = await door.ask("GET", "/console/regulation")

    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["cache-control"] == "no-store"
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page.text)
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))", page.text)
    assert " onclick=" not in page.text


async def test_who_has_no_console_is_told_so(door):
    for role in (Role.ADMINISTRATOR, Role.PROTECTION_OFFICER):
        await comes_in(door, grant(role))
        answer = await door.ask("GET", "/console")
        assert answer.status_code == 403
        assert "Pas de console" in answer.text


CLOSED = [
    (Role.PRACTITIONER, "/console/regulation"),
    (Role.COORDINATOR, "/console/regulation"),
    (Role.AUTHORITY, "/console/regulation/map"),
    (Role.REGULATOR, f"/console/territoire/{NEVERS}"),
    (Role.REGULATOR, f"/console/tutelle/{NEVERS}"),
    (Role.REGULATOR, f"/console/cabinet/{DR_ADAM}"),
    (Role.COORDINATOR, f"/console/cabinet/{DR_ADAM}"),
    (Role.AUTHORITY, f"/console/territoire/{NEVERS}/membres"),
    (Role.PRACTITIONER, f"/console/tutelle/{NEVERS}/export.csv"),
    (Role.PRACTITIONER, "/console/regulation/live"),
]


async def test_a_console_is_closed_to_who_may_not_use_it(door):
    for role, path in CLOSED:
        await comes_in(door, grant(role))
        answer = await door.ask("GET", path)
        assert answer.status_code == 403, (role, path)


NOTHING = "/console/regulation/requests/00000000-0000-0000-0000-000000000000"
NONSENSE = [
    ("/console/regulation/places", {"age": "x"}),
    ("/console/regulation/places", {"motive": "M99.99", "age": "3", "commune": "58194"}),
    ("/console/regulation/places", {"motive": "M03.14", "age": "3", "commune": "99999"}),
    ("/console/regulation/requests", {"motive": "M03.14", "age": "999", "commune": "58194"}),
    (f"{NOTHING}/take", {"place": "x"}),
    (f"{NOTHING}/hold", {}),
    ("/console/regulation/requests/nonsense/withdraw", {}),
    (f"{NOTHING}/nonsense", {}),
]


async def test_nonsense_is_refused_in_words(door):
    await comes_in(door, grant(Role.REGULATOR))
    headers = here(door) | {"HX-Request": "true", "Accept-Language": "fr"}
    for path, form in NONSENSE:
        answer = await door.ask("POST", path, data=form, headers=headers)
        assert 400 <= answer.status_code < 500, path
        assert answer.text
        assert "Traceback" not in answer.text


async def test_a_form_that_is_none_is_refused(door):
    await comes_in(door, grant(Role.REGULATOR))

    answer = await door.ask(
        "POST", "/console/regulation/places", content=b"\xff\xfe", headers=here(door)
    )

    assert answer.status_code == 409


def sentences():
    for file in PAGES.rglob("*.html"):
        for found in re.finditer(r"""_\(\s*(?:"([^"]*)"|'([^']*)')\s*\)""", file.read_text()):
            yield found[1] if found[1] is not None else found[2]
    for file in Path("services/console").rglob("*.py"):
        for found in re.finditer(r"""\.said\(\s*"([^"]*)"\s*\)""", file.read_text()):
            yield found[1]


def test_every_sentence_of_a_page_is_there_in_english():
    missing = sorted(set(sentences()) - set(languages.english()))

    assert not missing


def test_every_word_of_a_code_is_there_in_both_languages():
    for table in words.TABLES.values():
        for both in table.values():
            assert both.fr
            assert both.en


def test_refusals_a_console_may_meet_are_said_in_french():
    for code in ("no_place_left", "not_allowed", "request_closed", "log_unavailable", "too_many"):
        assert refusals.why({"code": code, "message": "no"}, "fr") != "no"
    told = {"code": "malformed", "problems": [{"field": "patient.age"}]}
    assert refusals.why(told, "fr") == "À compléter ou à corriger : l'âge."


async def test_a_script_that_changed_with_an_upgrade_is_not_the_one_a_browser_kept(door):
    first = await door.ask("GET", "/console/static/console.js")
    kept = {"If-None-Match": first.headers["etag"]}
    again = await door.ask("GET", "/console/static/console.js", headers=kept)

    assert first.headers["cache-control"] == "no-cache"
    assert again.status_code == 304
