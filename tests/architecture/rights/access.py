"""One call to AWS, as IAM sees it: the action, and of DynamoDB the table or index and the partitions."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tests.architecture.rights.value import ANY_TEXT, Value

CALLS = {
    "get_item": "GetItem",
    "query": "Query",
    "put_item": "PutItem",
    "update_item": "UpdateItem",
    "delete_item": "DeleteItem",
}
PARTS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
"""What a transaction's item is called -> the action that it needs; TransactWriteItems is no action of its own."""
PARTITION_NAMES = {"pk", ":p"}
"""How a partition key is named in a row, and in the condition of a query."""
PREFIXES = {"stepfunctions": "states", "service-quotas": "servicequotas"}
"""boto3's name of a service -> IAM's, where they differ."""
SOCKET_CALLS = {"post_to_connection": "POST", "delete_connection": "DELETE"}


@dataclass(frozen=True, slots=True, order=True)
class Access:
    """`dynamodb:Query` on the table (a setting's name) or its index, in the partitions `keys` (patterns).

    Of another service only the action is known; of the socket also the verb, as `index`.
    """

    action: str
    table: str = ""
    index: str = ""
    keys: frozenset[str] = frozenset()

    @property
    def is_write(self) -> bool:
        """Of a table."""
        return bool(self.table) and self.action not in ("dynamodb:GetItem", "dynamodb:Query")


def touched(action: str, value: Value) -> set[Access]:
    """DynamoDB is asked with this value inside."""
    assert value.tables, f"{action}: cannot see on which table"
    indexes = value.indexes if action == "Query" and value.indexes else [""]
    keys = value.keys or ANY_TEXT
    return {Access(f"dynamodb:{action}", table, index, keys) for table in value.tables for index in indexes}


def asked(node: ast.Call, given: Value) -> set[Access] | None:
    """What a call asks of AWS; None when it is no method of one of AWS's clients."""
    assert isinstance(node.func, ast.Attribute)
    name, owner = node.func.attr, node.func.value
    maker = owner.func.id if isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name) else ""
    if maker == "dynamodb":
        return touched(CALLS[name], given) if name in CALLS else set()  # a transaction's items were noted one by one
    if maker == "socket_management":
        return {Access("execute-api:ManageConnections", index=SOCKET_CALLS[name])}
    if maker == "client" and isinstance(owner, ast.Call):
        service, called = _text_of(owner.args[0]), _text_of(node.args[0]) if name == "get_paginator" else name
        return {Access(f"{PREFIXES.get(service, service)}:{_pascal(called)}")}
    return None


def _text_of(node: ast.expr) -> str:
    assert isinstance(node, ast.Constant), "the name of a service or call that is not written out"
    return str(node.value)


def _pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
