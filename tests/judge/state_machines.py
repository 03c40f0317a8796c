"""asl-validator on every state machine, and JSONata's own parser on every expression."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.architecture.reading import STATE_MACHINES, resources, state_machine_names, state_machine_text
from tests.judge.findings import Finding, Opinion, shown
from tests.judge.places import Keys, lines, nearest

JUDGE = Path(__file__).with_name("state_machines.mjs")
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def give_opinion() -> Opinion:
    texts = {shown(STATE_MACHINES / f"{name}.asl.yaml"): state_machine_text(name) for name in state_machine_names()}
    answer, found = judged(texts, substituted())
    return Opinion(f"{len(texts)} state machines, {answer} expressions", tuple(found))


def substituted() -> dict[str, frozenset[str]]:
    """File -> the names that the template puts into it."""
    return {
        each["DefinitionUri"]: frozenset(each.get("DefinitionSubstitutions", {}))
        for each in resources("AWS::Serverless::StateMachine").values()
    }


def judged(texts: Mapping[str, str], names: Mapping[str, frozenset[str]]) -> tuple[int, list[Finding]]:
    """How many expressions there are, and what is wrong; `texts` are files with their YAML."""
    asked = [{"file": file, "definition": yaml.safe_load(_filled(text))} for file, text in texts.items()]
    done = subprocess.run(["node", str(JUDGE)], input=json.dumps(asked), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{JUDGE.name}: {done.stderr or done.stdout}")
    answer = json.loads(done.stdout)
    known = {file: lines(text) for file, text in texts.items()}
    found = [_finding(each, known[each["file"]]) for each in answer["findings"]]
    return answer["expressions"], [*found, *_not_given(texts, names)]


def _filled(text: str) -> str:
    """ARNs in place of what the template substitutes."""

    def arn(match: re.Match[str]) -> str:
        service = "states" if match[1].endswith("Machine") else "lambda"
        kind = "stateMachine" if match[1].endswith("Machine") else "function"
        return f"arn:aws:{service}:us-east-1:123456789012:{kind}:{match[1]}"

    return PLACEHOLDER.sub(arn, text)


def _not_given(texts: Mapping[str, str], names: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    for file, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            for name in PLACEHOLDER.findall(line):
                if name not in names.get(file, frozenset()):
                    yield Finding(file, number, "SUBSTITUTION", file, f"the template gives no ${{{name}}}")


def _finding(said: Mapping[str, Any], known: dict[Keys, int]) -> Finding:
    path: Keys = tuple(said["path"])
    states = [str(path[number + 1]) for number, key in enumerate(path[:-1]) if key == "States"]
    subject = ".".join([Path(said["file"]).name.partition(".")[0], *states[-1:]])
    return Finding(said["file"], nearest(known, path), said["rule"], subject, said["text"])
