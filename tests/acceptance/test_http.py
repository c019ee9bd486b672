"""What the API answers, on a running product."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

pytestmark = pytest.mark.xdist_group("demo")


def test_it_is_alive_and_ready(demo):
    assert demo.told_by_http("/health/live").json() == {"live": True}
    ready = demo.told_by_http("/health/ready").json()
    assert ready["ready"]
    assert ready["log"] > 0
    assert set(ready["read_models"]) == {
        "arrivals",
        "availability",
        "board",
        "offers",
        "indicators",
    }


def test_free_places_are_shown_by_where_what_and_when(demo):
    places = demo.told_by_http("/v1/availability").json()["places"]

    # Other tests open places on the same demonstration.
    assert {"580099001", "590099002", "780099003"} <= {cell["community"] for cell in places}
    first = places[0]
    assert set(first) >= {"community", "profession", "mode", "label", "hour", "free"}
    only = demo.told_by_http("/v1/availability", community=first["community"]).json()["places"]
    assert {cell["community"] for cell in only} == {first["community"]}
    assert sum(cell["free"] for cell in only) < sum(cell["free"] for cell in places)


def test_requests_can_be_asked_for(demo):
    told = demo.told_by_http("/v1/requests", state="waiting").json()

    assert isinstance(told["requests"], list)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/availability", {"community": "not a FINESS"}),
        ("/v1/availability", {"mode": "BY_PIGEON"}),
        ("/v1/requests", {"state": "lost"}),
        ("/v1/requests", {"limit": 0}),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_with_the_field(demo, path, query):
    answer = demo.told_by_http(path, **query)

    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"].split(".")[-1] in query


def test_the_first_administrator_is_told_once_and_lets_others_in(demo):
    first = demo.told["administrator"]
    auth = (first["client_id"], first["client_secret"])

    token = httpx.post(demo.told["http"] + "/v1/token", auth=auth, timeout=30).json()
    who = {"Authorization": f"Bearer {token['access_token']}"}

    known = httpx.get(demo.told["http"] + "/v1/me", headers=who, timeout=30).json()
    assert [one["role"] for one in known["capacities"]] == ["administrator"]
    assert first["client_secret"] not in demo.log.read_text()
    listed = demo.json("account", "list")["accounts"]
    assert listed[0]["title"] == "First administrator"
    assert "First administrator" in demo.run("account", "list").stdout


def test_accounts_are_opened_granted_and_closed_in_the_terminal(demo):
    told = demo.json("account", "open", "--role", "coordinator", "--community", "580099001")
    grant = ("--role", "practitioner", "--rpps", "10978000015")

    assert demo.json("account", "grant", told["id"], *grant)["state"] == "open"
    assert demo.json("account", "revoke", told["id"], *grant)["state"] == "open"
    again = demo.json("account", "secret", told["id"])
    assert again["secret"] != told["secret"]
    assert demo.json("account", "close", told["id"])["state"] == "closed"
    assert demo.run("account", "secret", told["id"]).returncode == 1
    wrong = demo.run("account", "open", "--role", "coordinator")
    assert "say of which" in wrong.stderr
    outside = ("--role", "regulator", "--issuer", "https://auth.example", "--subject", "f:1")
    assert "secret" not in demo.json("account", "open", *outside)


def test_what_is_not_there_is_not_found(demo):
    assert demo.told_by_http("/v1/patients").status_code == 404


def test_figures_are_shown(demo):
    answer = demo.told_by_http("/metrics")
    families = {family.name for family in text_string_to_metric_families(answer.text)}

    assert {"snp_events_appended", "snp_waiting_requests", "snp_relay_lag_seconds"} <= families


def test_the_messages_are_documented(demo):
    document = demo.told_by_http("/asyncapi").json()

    assert document["asyncapi"].startswith("3.")
    text = str(document)
    for word in ("snp.in.", "snp.ask.", "request.assigned", "slot.published"):
        assert word in text
    assert demo.told["nats"].split(":")[2].split("@")[0] not in text  # the password
