"""Gap: a condition on `dynamodb:LeadingKeys` looks at nothing: ForAllValues allows every item, others refuse all.

The key holds the partition keys of the items a call names; of a Query, the partition key of the table or of the index
it asks. Each item of a transaction is a question of its own, so different items may be allowed by different statements.
A Scan has no leading keys, and ForAllValues therefore allows it, as on AWS. Without ForAllValues nothing is allowed: it
must be used with this key, says AWS.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region
from ministack.services import dynamodb

from greenroom_lab.engine.rights.callers import Question
from greenroom_lab.engine.rights.questions import Request, ask_more

Json = dict[str, Any]
KEY = "dynamodb:LeadingKeys"
EQUALITY = re.compile(r"([#\w.-]+)\s*=\s*(:\w+)")


def apply() -> None:
    checks_of = iam_actions.dynamodb_transaction_checks

    def each_check_once(*request: Any) -> list[tuple[str, str]]:
        return list(dict.fromkeys(checks_of(*request)))  # `expand` asks about every item of such a check

    iam_actions.dynamodb_transaction_checks = each_check_once
    ask_more("dynamodb", expand)


def expand(request: Request, question: Question) -> list[Question]:
    """The question once for each set of leading keys."""
    named = list(leading_keys(request.document, question))
    return [Question(question.action, question.resource, {**question.keys, KEY: keys}) for keys in named] or [question]


def leading_keys(document: Json, question: Question) -> Iterator[list[str]]:
    if isinstance(document.get("TransactItems"), list):
        yield from keys_of_transaction(document["TransactItems"], question)
    elif isinstance(document.get("RequestItems"), dict):
        for table, asked in document["RequestItems"].items():
            if arn_of(table) == question.resource:
                yield [partition_key(table, item) for item in items_of_batch(asked)]
    elif item := document.get("Key") or document.get("Item"):
        yield [partition_key(document["TableName"], item)]
    elif question.action == "dynamodb:Query":
        yield [queried_key(document)]


def keys_of_transaction(items: list[Json], question: Question) -> Iterator[list[str]]:
    """The keys of those items that are this question's action on its table."""
    for item in items:
        for member, action in iam_actions._DYNAMODB_TRANSACT_ITEM_ACTIONS.items():
            part = item.get(member)
            if part and (action, arn_of(part["TableName"])) == (question.action, question.resource):
                yield [partition_key(part["TableName"], part.get("Key") or part.get("Item") or {})]


def items_of_batch(asked: Any) -> Iterator[Json]:
    """The keys of a BatchGetItem, or the keys and items of a BatchWriteItem."""
    if isinstance(asked, dict):
        yield from asked.get("Keys", [])
    else:
        for write in asked:
            yield write.get("PutRequest", {}).get("Item") or write.get("DeleteRequest", {}).get("Key") or {}


def partition_key(table: str, item: Json) -> str:
    return text_of(item.get(hash_name(table) or ""))


def queried_key(document: Json) -> str:
    """What a Query wants its partition key to equal; empty, which no policy allows, when it does not say."""
    name = hash_name(str(document.get("TableName")), document.get("IndexName"))
    names = document.get("ExpressionAttributeNames") or {}
    values = document.get("ExpressionAttributeValues") or {}
    for attribute, placeholder in EQUALITY.findall(document.get("KeyConditionExpression") or ""):
        if names.get(attribute, attribute) == name:
            return text_of(values.get(placeholder))
    return ""


def hash_name(table: str, index: str | None = None) -> str | None:
    """The name of the partition key of a table, or of its index."""
    record = dynamodb._tables.get(table.rpartition("/")[2]) or {}
    if not index:
        return record.get("pk_name")
    indexes = [*(record.get("GlobalSecondaryIndexes") or []), *(record.get("LocalSecondaryIndexes") or [])]
    keys = (key for each in indexes if each["IndexName"] == index for key in each["KeySchema"])
    return next((key["AttributeName"] for key in keys if key["KeyType"] == "HASH"), None)


def text_of(value: Json | None) -> str:
    """A typed value's text: `{"S": "a"}` -> `a`."""
    return str(next(iter(value.values()))) if value else ""


def arn_of(table: str) -> str:
    arn: str = iam_actions._dynamodb_table_arn(table, get_region(), get_account_id())
    return arn
