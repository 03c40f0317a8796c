"""One engine for all rehearsals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from greenroom_cli.toolchain import paths
from greenroom_lab.engine.process import EmbeddedAws, EngineSettings

from tests.engine.conftest import free_port
from tests.workflows.rehearsal import Rehearsal


@pytest.fixture(scope="session")
def rehearsal() -> Iterator[Rehearsal]:
    settings = EngineSettings(port=free_port(), log_file=paths.GENERATED / "workflows-test.log")
    with EmbeddedAws(settings) as engine:
        yield Rehearsal(engine)
