"""Session rows in DynamoDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from greenroom.aws.clients import dynamodb
from greenroom.aws.session.session_rows import at_epoch, listed_session_of, session_key, session_of
from greenroom.aws.table.codec import encoded
from greenroom.aws.table.rows import RowChanged, change, read
from greenroom.aws.table.values import item, plain
from greenroom.aws.table.write import Write
from greenroom.domain.errors import Conflict, NotFound, SessionAlreadyAdopted, SessionHasEnded, StaleEpoch
from greenroom.domain.session.eta import Eta, EtaShown
from greenroom.domain.session.session import LIVE_STATES, WAITING_STATES, Session, SessionMove, SessionState, moved
from greenroom.domain.shape import selected
from greenroom.ports.session import Joined, PendingWait


class DynamoSessions:
    """ports.Sessions."""

    def __init__(self, table: str) -> None:
        self._table = table

    def get(self, session_id: str) -> Session:
        row = read(self._table, session_key(session_id), "META")
        if not row:
            raise NotFound("session", session_id)
        return session_of(row)

    def list_of_viewer(self, viewer_id: str, limit: int) -> Sequence[Session]:
        found = dynamodb().query(
            TableName=self._table,
            IndexName="byViewer",
            KeyConditionExpression="viewerId = :v",
            ExpressionAttributeValues=item({":v": viewer_id}),
            ScanIndexForward=False,
            Limit=limit,
        )
        return [listed_session_of(plain(row)) for row in found["Items"]]

    def move(self, session_id: str, move: SessionMove) -> Session:
        write = self._write(session_id).when_in("state", move.sources)
        at_epoch(write, move.epoch).when_equal("joinNumber", move.join_number)
        write.when_equal("pageGoneAt", move.page_gone_at)
        write.set("state", move.to.value).count("version").set_once(f"transitions.{move.to}", move.at)
        write.set("deadlineAt", move.deadline_at).set("endsBy", move.ends_by)
        write.set_once("statusReason", move.status_reason.value if move.status_reason else None)
        if move.to is SessionState.CONNECTED:
            write.remove("moving")  # it has arrived
        try:
            return self._change(write, session_id)
        except RowChanged as changed:
            moved(self._existing(changed, session_id), move)  # raises what the condition meant
            raise Conflict("session", session_id) from changed

    def store_wait(self, session_id: str, wait: PendingWait) -> Session:
        write = self._write(session_id)
        if wait.execution_arn is not None:
            arn = write.name("executionArn")
            write.when(f"attribute_not_exists({arn}) OR {arn} = {write.value(wait.execution_arn)}")
        write.set("executionArn", wait.execution_arn).set("awaits", wait.awaits).set("taskToken", wait.task_token)
        try:
            return self._change(write, session_id)
        except RowChanged as changed:
            self._existing(changed, session_id)
            raise SessionAlreadyAdopted(session_id) from changed

    def join(self, session_id: str, connection_id: str, epoch: int, resume_join: int | None) -> Joined:
        if resume_join is not None:
            try:
                return self._join(session_id, connection_id, epoch, resume_join)
            except RowChanged:
                pass  # another page joined since: this is a new join, or none
        try:
            return self._join(session_id, connection_id, epoch, None)
        except RowChanged as changed:
            session = self._existing(changed, session_id)
            if not session.is_live:
                raise SessionHasEnded(session_id) from changed
            raise StaleEpoch("session", session_id) from changed

    def _join(self, session_id: str, connection_id: str, epoch: int, resumed: int | None) -> Joined:
        write = self._write(session_id).when_in("state", LIVE_STATES)
        at_epoch(write, epoch).when_equal("joinNumber", resumed).set("viewerConnectionId", connection_id)
        write.remove("pageGoneAt")
        if resumed is None:
            write.count("joinNumber")
        # The row before names the page that is replaced; the row after follows from it.
        before = session_of(change(write, self._table, session_key(session_id), "META", returned="ALL_OLD"))
        number = before.join_number + (resumed is None)
        older = before.viewer_connection_id
        after = replace(before, join_number=number, viewer_connection_id=connection_id, page_gone_at=None)
        return Joined(after, older if older != connection_id else None)

    def record_eta(self, session_id: str, eta: Eta) -> bool:
        write = self._write(session_id).when_in("state", WAITING_STATES)
        write.set("eta", encoded(eta)).set_once("etaShown", encoded(selected(EtaShown, eta)))
        try:
            self._change(write, session_id)
        except RowChanged:
            return False
        return True

    def forget_connection(self, session_id: str, connection_id: str, now: float) -> bool:
        write = self._write(session_id).when_equal("viewerConnectionId", connection_id)
        write.remove("viewerConnectionId").set("pageGoneAt", now)
        try:
            self._change(write, session_id)
        except RowChanged:
            return False
        return True

    def _write(self, session_id: str) -> Write:
        return Write(self._table, session_key(session_id), "META").when_exists()

    def _change(self, write: Write, session_id: str) -> Session:
        return session_of(change(write, self._table, session_key(session_id), "META"))

    def _existing(self, changed: RowChanged, session_id: str) -> Session:
        if not changed.row:
            raise NotFound("session", session_id) from changed
        return session_of(changed.row)
