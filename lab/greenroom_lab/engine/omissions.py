"""Which instances the next lists of DescribeInstances leave out, as AWS's may; asked for by id, they are shown."""

from __future__ import annotations

from collections import Counter


class Omissions:
    """Set through the door `/_greenroom/ec2/instances/<id>/omissions`."""

    def __init__(self) -> None:
        self.lists_left: Counter[str] = Counter()

    def plan(self, instance_id: str, lists: int) -> None:
        """The next so many lists leave it out; 0: none does. Raises: ValueError for less."""
        if lists < 0:
            raise ValueError("how many lists leave it out: 0 or more")
        self.lists_left[instance_id] = lists

    def strike(self, instance_id: str) -> bool:
        """Whether the list that is being made leaves it out; counts down."""
        if self.lists_left[instance_id] <= 0:
            return False
        self.lists_left[instance_id] -= 1
        return True


OMISSIONS = Omissions()
