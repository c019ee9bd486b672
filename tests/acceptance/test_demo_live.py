"""`snp demo` in a terminal: consoles one may open, a day that passes, an end that is checked."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import httpx

from services.cli.demo_live import missing

_ROLES = ("Regulator", "Practitioner", "Coordinator", "ARS, CPAM")
_LINK = re.compile(r"(http://127\.0\.0\.1:\d+)/console/sign-in#([0-9a-f-]{36}):([\w-]{43})")


def read_until(master, pattern, within=120.0):
    """What the terminal shows, up to there."""
    text, until = "", time.monotonic() + within
    while not re.search(pattern, text):
        assert time.monotonic() < until, text[-2000:]
        if select.select([master], [], [], 0.5)[0]:
            try:
                text += os.read(master, 65536).decode(errors="replace")
            except OSError:
                break
    return text


def test_each_role_has_a_link_that_lets_them_in_and_the_day_ends_with_its_check():
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "services", "demo", "--speed", "600", "--requests", "40"]
    demo = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=os.environ | {"COLUMNS": "200"}
    )
    os.close(slave)
    try:
        told = read_until(master, r"(?s)ARS, CPAM.*?sign-in#[\w:-]{80}")
        for role in _ROLES:
            assert role in told
        links = _LINK.findall(told)
        assert len(links) == len(_ROLES)
        for (base, account, secret), home in zip(
            links, ("regulation", "cabinet", "territoire", "tutelle"), strict=True
        ):
            with httpx.Client(base_url=base, timeout=30) as browser:
                form = {"account": account, "secret": secret}
                headers = {"Origin": base}
                came = browser.post("/console/sign-in", data=form, headers=headers)
                assert came.status_code == 303
                page = browser.get("/console", follow_redirects=True)
                assert page.status_code == 200
                assert home in page.url.path
        read_until(master, r"\d\d:\d\d  P\d")  # somebody was seen to
        demo.send_signal(signal.SIGINT)
        end = read_until(master, r"none lost, none twice")
        assert "none lost, none twice" in end
        assert demo.wait(30) == 0
    finally:
        demo.kill()
        demo.wait()
        os.close(master)


def test_a_request_that_was_refused_or_is_nowhere_on_the_board_is_said_to_be_lost():
    known, gone = {"id": "1", "state": "received"}, {"id": "2", "state": "received"}
    refused = {"code": "overloaded"}
    assert missing([known, gone, refused], [{"request_id": "1"}]) == [gone, refused]
    assert not missing([known], [{"request_id": "1"}, {"request_id": "somebody else's"}])
