"""`snp deliveries` and `snp nats-users`, as an operator uses them."""

from services.messaging.nats_users import SERVICES


def test_before_anybody_is_told_anything_it_says_how_somebody_would_be(demo):
    assert "SNP_PLATFORM_URL" in demo.run("deliveries").stdout
    assert demo.json("deliveries") == {"destinations": [], "deliveries": []}


def test_who_is_no_destination_is_not_told_again(demo):
    told = demo.run("deliveries", "platform", "--since", "0")

    assert told.returncode == 1
    assert "no such destination: platform; there are none" in told.stderr


def test_a_state_nobody_knows_is_said_with_those_there_are(demo):
    told = demo.run("deliveries", "--state-is", "lost")

    assert told.returncode == 2
    assert "waiting, sent, delivered, refused, left_out" in told.stderr


def test_users_of_nats_are_written_and_what_to_do_is_said_beside(demo):
    told = demo.run("nats-users", "--partner", "lrm:580099001:regulators")

    assert told.returncode == 0
    assert told.stdout.count("user:") == len(SERVICES) + 2
    assert "snp.ask.580099001.care-request" in told.stdout
    assert "SNP_NATS_LRM_PASSWORD" in told.stderr
    assert "_INBOX.lrm" in told.stderr


def test_a_partner_that_is_not_written_as_one_is_refused(demo):
    for wrong in ("lrm", "lrm:58:regulators", "api:580099001:regulators", "x:580099001:anything"):
        told = demo.run("nats-users", "--partner", wrong)
        assert told.returncode == 2, told.stderr
