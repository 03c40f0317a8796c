"""The Viewer socket's ground: authorizer, frames, `@connections`; mend websocket: frames do not queue up."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest
from botocore.exceptions import ClientError


def connections(aws: Any) -> Any:
    import boto3

    endpoint = f"{aws.engine.endpoint_url}/_aws/execute-api/{aws.outputs['SocketId']}/socket"
    return boto3.client("apigatewaymanagementapi", **{**aws.engine.boto, "endpoint_url": endpoint})


async def refusal(aws: Any, query: str) -> int:
    async with aiohttp.ClientSession() as session:
        try:
            await session.ws_connect(aws.socket_url + query)
        except aiohttp.WSServerHandshakeError as error:
            return error.status
    return 101


async def test_only_a_good_ticket_opens_the_socket(aws: Any) -> None:
    assert await refusal(aws, "") == 401
    assert await refusal(aws, "?ticket=bad") == 403
    assert await refusal(aws, "?ticket=good") == 101


async def test_the_authorizers_context_reaches_every_frame(aws: Any) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(aws.socket_url + "?ticket=good-1") as socket:
        await socket.send_json({"type": "hello"})
        answer = await socket.receive_json(timeout=10)
        assert answer["frame"] == {"type": "hello"}
        assert answer["authorizer"] == {"principalId": "good-1", "session": "ses-1", "epoch": "4"}


async def test_a_frame_gets_to_the_route_that_it_names_be_it_connect_but_as_a_message(aws: Any) -> None:
    """As on AWS: what a route does at the handshake, it must not do for a frame."""
    async with aiohttp.ClientSession() as session, session.ws_connect(aws.socket_url + "?ticket=good-6") as socket:
        for named, route in (("hello", "$default"), ("$connect", "$connect"), ("$disconnect", "$disconnect")):
            await socket.send_json({"type": named})
            answer = await socket.receive_json(timeout=10)  # the function sends an answer to messages only
            assert (answer["frame"], answer["route"]) == ({"type": named}, route)
            assert answer["authorizer"]["principalId"] == "good-6"


async def test_the_other_side_is_reached_closed_and_then_gone(aws: Any) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(aws.socket_url + "?ticket=good-2") as socket:
        await socket.send_json({"type": "hello"})
        connection_id = (await socket.receive_json(timeout=10))["connectionId"]
        client = connections(aws)
        await asyncio.to_thread(client.post_to_connection, ConnectionId=connection_id, Data=b"from afar")
        assert (await socket.receive(timeout=5)).data == "from afar"
        await asyncio.to_thread(client.get_connection, ConnectionId=connection_id)
        await asyncio.to_thread(client.delete_connection, ConnectionId=connection_id)
        assert (await socket.receive(timeout=5)).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
    with pytest.raises(ClientError) as gone:
        await asyncio.to_thread(client.post_to_connection, ConnectionId=connection_id, Data=b"anyone?")
    assert gone.value.response["Error"]["Code"] == "GoneException"
    assert gone.value.response["ResponseMetadata"]["HTTPStatusCode"] == 410


async def test_a_closed_socket_runs_its_disconnect_route(aws: Any) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(aws.socket_url + "?ticket=good-3") as socket:
        await socket.send_json({"type": "hello"})
        connection_id = (await socket.receive_json(timeout=10))["connectionId"]
    key = {"pk": {"S": connection_id}, "sk": {"S": "DISCONNECT"}}
    for _ in range(100):
        if "Item" in aws.client("dynamodb").get_item(TableName=aws.outputs["Table"], Key=key):
            return
        await asyncio.sleep(0.05)
    pytest.fail("no $disconnect")


async def test_frames_of_two_connections_do_not_wait_for_each_other(aws: Any) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(aws.socket_url + "?ticket=good-4") for _ in range(2)]
        for pause in (0, 0.8):  # the first round warms both processes up
            started = time.monotonic()
            for socket in sockets:
                await socket.send_json({"type": "frame", "pause": pause or 0.8})
            await asyncio.gather(*(socket.receive_json(timeout=15) for socket in sockets))
            took = time.monotonic() - started
        for socket in sockets:
            await socket.close()
    assert took < 1.5


async def test_a_failing_route_answers_and_keeps_the_connection(aws: Any) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(aws.socket_url + "?ticket=good-5") as socket:
        await socket.send_json({"do": "fail"})
        answer = await socket.receive_json(timeout=10)
        assert answer["message"] == "Internal server error"
        await socket.send_json({"type": "hello"})
        assert (await socket.receive_json(timeout=10))["frame"] == {"type": "hello"}
