"""Builds one conditional write step by step, for UpdateItem or as an item of a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from greenroom.aws.table.values import attribute, item


class Write:
    """A write under construction. Names are always placeholders, because many are reserved words (`state`)."""

    def __init__(self, table: str, pk: str, sk: str) -> None:
        self._base = {"TableName": table, "Key": item({"pk": pk, "sk": sk})}
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._clauses: dict[str, list[str]] = {}
        self._conditions: list[str] = []

    def name(self, path: str) -> str:
        """The registered placeholder of a path: `transitions.Assigned` -> `#transitions.#Assigned`."""
        parts = path.split(".")
        self._names.update({f"#{part}": part for part in parts})
        return ".".join(f"#{part}" for part in parts)

    def value(self, value: Any) -> str:
        """A placeholder for `value`."""
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = attribute(value)
        return placeholder

    # -- what is changed

    def set(self, path: str, value: Any) -> Write:
        """Sets the attribute; None leaves it as it is."""
        return self if value is None else self._clause("SET", f"{self.name(path)} = {self.value(value)}")

    def set_once(self, path: str, value: Any) -> Write:
        """Sets the attribute if it is absent; None changes nothing."""
        if value is None:
            return self
        name = self.name(path)
        return self._clause("SET", f"{name} = if_not_exists({name}, {self.value(value)})")

    def count(self, path: str, change: int = 1) -> Write:
        """Adds `change` to the number at `path`; an absent number counts as 0."""
        return self._clause("ADD", f"{self.name(path)} {self.value(change)}")

    def put_in(self, path: str, member: str) -> Write:
        """Adds values to a string set."""
        return self._clause("ADD", f"{self.name(path)} {self.value({member})}")

    def take_out(self, path: str, member: str) -> Write:
        """Removes values from a string set."""
        return self._clause("DELETE", f"{self.name(path)} {self.value({member})}")

    def remove(self, *paths: str) -> Write:
        for path in paths:
            self._clause("REMOVE", self.name(path))
        return self

    # -- on which condition (all must hold)

    def when(self, condition: str) -> Write:
        """Adds a condition, built with `name` and `value`."""
        self._conditions.append(f"({condition})")
        return self

    def when_equal(self, path: str, value: Any) -> Write:
        """Adds the condition that the attribute has this value; None adds none."""
        return self if value is None else self.when(f"{self.name(path)} = {self.value(value)}")

    def when_in(self, path: str, values: Iterable[str]) -> Write:
        chosen = ", ".join(self.value(str(value)) for value in sorted(values))
        return self.when(f"{self.name(path)} IN ({chosen})")

    def when_exists(self) -> Write:
        return self.when("attribute_exists(pk)")

    # -- as DynamoDB wants it

    def arguments(self) -> dict[str, Any]:
        """The arguments of `update_item`. If the condition fails, the error contains the row."""
        clauses = " ".join(f"{verb} {', '.join(parts)}" for verb, parts in self._clauses.items())
        return {**self._base, "UpdateExpression": clauses, **self._expressions()}

    def as_update(self) -> dict[str, Any]:
        return {"Update": self.arguments()}

    def as_check(self) -> dict[str, Any]:
        return {"ConditionCheck": {**self._base, **self._expressions()}}

    def as_delete(self) -> dict[str, Any]:
        return {"Delete": {**self._base, **self._expressions()}}

    def _clause(self, verb: str, text: str) -> Write:
        self._clauses.setdefault(verb, []).append(text)
        return self

    def _expressions(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self._conditions:
            found["ConditionExpression"] = " AND ".join(self._conditions)
            found["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if self._names:
            found["ExpressionAttributeNames"] = self._names
        if self._values:
            found["ExpressionAttributeValues"] = self._values
        return found


def put(table: str, values: Mapping[str, Any], condition: str = "") -> dict[str, Any]:
    """A Put of a transaction. Names in `condition` must not be reserved words."""
    found: dict[str, Any] = {"TableName": table, "Item": item(values)}
    if condition:
        found |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    return {"Put": found}
