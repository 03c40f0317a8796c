"""The whole platform with Debian's coturn: a picture that must take the relay, and credentials that open it no more."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from greenroom.domain.socket.relay import turn_credential
from greenroom_lab.platform.turn_server import COTURN
from playwright.async_api import Page

from tests.e2e.chromium import CHROMIUM, KEEP_WIRES, browser, open_page, play, sign_in, until_state, until_true
from tests.integration.house import House, until

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),  # one session serves all tests
    pytest.mark.skipif(COTURN is None, reason="no coturn on this computer (make turn installs it where it may)"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this computer"),
]

Json = dict[str, Any]
POOL = "demo"
SELECTED = """async () => {
    const stats = [...(await window.peers.at(-1).getStats()).values()];
    const transport = stats.find((each) => each.type === 'transport');
    const pair = stats.find((each) => each.id === transport?.selectedCandidatePairId);
    return {
        local: stats.find((each) => each.id === pair?.localCandidateId)?.candidateType ?? null,
        received: pair?.bytesReceived ?? 0,
    };
}"""
GATHER = """async (server) => {
    const peer = new RTCPeerConnection({iceServers: [server], iceTransportPolicy: 'relay'});
    const seen = {candidates: [], refusals: []};
    peer.onicecandidate = ({candidate}) => candidate?.candidate && seen.candidates.push(candidate.type);
    peer.onicecandidateerror = (error) => seen.refusals.push(error.errorCode);
    const gathered = new Promise((done) => {
        peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && done();
    });
    peer.createDataChannel('any');
    await peer.setLocalDescription();
    await gathered;
    peer.close();
    return seen;
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(house: House) -> AsyncIterator[Page]:
    """A viewer's, who plays the demo that insists on the relay; whoever asks for a session after it need not."""
    await house.until_free(POOL, 1, 60)
    person = house.person("browser-relay")
    async with browser() as opened:
        page = await open_page(opened, house.local)
        await page.add_init_script(KEEP_WIRES)
        await sign_in(page, person.user, person.password)
        await insist(house, "relay")
        try:
            await play(page)
        finally:
            await insist(house, "all")
        yield page
        await page.get_by_test_id("leave").click()
        await until_state(page, "ended")


async def insist(house: House, policy: str) -> None:
    body = {**house.thread.platform.settings.demo_application, "relay": policy}
    answer = await house.operator("PUT", f"/applications/{POOL}", body)
    assert answer.status == 200, answer


async def relay_of(page: Page) -> Json:
    """The TURN server of the page's welcome."""
    configuration = await page.evaluate("window.peers.at(-1).getConfiguration()")
    assert configuration["iceTransportPolicy"] == "relay"
    return dict(configuration["iceServers"][-1])


async def test_an_application_that_insists_on_the_relay_plays_through_it(house: House, page: Page) -> None:
    before = await page.evaluate(SELECTED)
    shown = await page.evaluate("window.greenroom.frames")
    await until_true(page, f"window.greenroom.frames > {shown + 15}")
    after = await page.evaluate(SELECTED)
    assert (before["local"], after["local"]) == ("relay", "relay")
    assert after["received"] > before["received"] + 5_000, "the frames came by it"

    answer, offer = await page.evaluate(
        "['local', 'remote'].map((side) => window.peers.at(-1)[side + 'Description'].sdp)"
    )
    assert " typ relay" in answer
    assert " typ host" not in answer, "the instance does not learn where the viewer is"
    assert " typ relay" in offer, "the agent's credential of this join opened the relay, too"

    server = house.thread.platform.turn
    assert server is not None
    assert (await relay_of(page))["urls"] == [server.url]
    session_id = await page.evaluate("window.greenroom.sessionId")
    allocated = re.compile(rf"user <\d+:{session_id}>.* ALLOCATE processed, success")

    async def is_named() -> bool:
        return allocated.search(server.log.read_text()) is not None

    await until(is_named, 5)  # coturn knows whose relay it is


async def test_a_credential_opens_the_relay_until_it_expires(house: House, page: Page) -> None:
    given = await relay_of(page)
    expiry, _, session_id = given["username"].partition(":")
    assert session_id == await page.evaluate("window.greenroom.sessionId")
    secret = house.client("secretsmanager").get_secret_value(SecretId=house.outputs["TurnSecretArn"])["SecretString"]
    assert given["credential"] == turn_credential(secret, session_id, int(expiry)).credential
    own = await page.evaluate(GATHER, given)
    assert (set(own["candidates"]), 401 in own["refusals"]) == ({"relay"}, False)
    for desc, key, expires_at in (
        ("one that expired", secret, time.time() - 60),
        ("one of another secret", "guessed", int(expiry)),
    ):
        made = turn_credential(key, session_id, expires_at)
        other = {**given, "username": made.username, "credential": made.credential}
        refused = await page.evaluate(GATHER, other)
        assert (refused["candidates"], 401 in refused["refusals"]) == ([], True), desc
