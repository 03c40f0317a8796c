"""Every shell script of the repository: files, user data with the scripts that it writes, recipes of Makefiles.

A script keeps its line numbers: where it does not begin at the top of its file, empty lines stand before it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.judge.findings import ROOT, shown
from tests.judge.places import nodes

NOT_OURS = {".git", ".greenroom", ".aws-sam", "node_modules", "dist", "__pycache__"}
SHEBANG = re.compile(r"#!.*\b(bash|dash|sh)\b")
HEREDOC = re.compile(r"<<(?P<dash>-?)\s*(?P<quote>['\"]?)(?P<end>\w+)(?P=quote)")
PLACEHOLDER = re.compile(r"\$\{[A-Za-z][\w:.]*\}")
"""Of Fn::Sub; `${!name}` is the shell's own."""


@dataclass(frozen=True, slots=True)
class Script:
    """`text` has its line numbers from `file`; `shell` is what runs it."""

    file: str
    name: str
    shell: str
    text: str


def scripts(root: Path = ROOT) -> tuple[Script, ...]:
    found: list[Script] = []
    for path in sorted(_files(root)):
        if path.name == "Makefile" or path.suffix == ".mk":
            found += recipes(shown(path), path.read_text())
        elif path.suffix in (".yaml", ".yml"):
            found += embedded(shown(path), path.read_text())
        elif _is_script(path):
            found += with_inner(Script(shown(path), path.name, _shell(path.read_text()), path.read_text()))
    return tuple(found)


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = [each for each in folders if each not in NOT_OURS]
        yield from (Path(folder) / name for name in names)


def _is_script(path: Path) -> bool:
    if path.suffix == ".sh":
        return True
    with path.open("rb") as file:
        return bool(SHEBANG.match(file.readline(200).decode(errors="replace")))


def _shell(text: str) -> str:
    named = SHEBANG.match(text)
    return named[1] if named else "bash"


def embedded(file: str, text: str) -> list[Script]:
    """Scripts that a YAML file holds as text, with the placeholders of Fn::Sub filled in."""
    found: list[Script] = []
    for path, node in nodes(text) if "#!" in text else ():
        if isinstance(node, yaml.ScalarNode) and node.style == "|" and SHEBANG.match(node.value):
            script = PLACEHOLDER.sub("placeholder", node.value).replace("${!", "${")
            name = next((str(key) for key in reversed(path) if isinstance(key, str) and "::" not in key), "script")
            found += with_inner(Script(file, name, _shell(script), _padded(script, node.start_mark.line + 1)))
    return found


def with_inner(script: Script) -> list[Script]:
    """The script, and those that it writes into files by `cat > file <<END`."""
    found, lines = [script], script.text.splitlines()
    for number, line in enumerate(lines):
        begin = HEREDOC.search(line)
        if begin and number + 1 < len(lines) and SHEBANG.match(lines[number + 1].strip()):
            body = _body(lines[number + 1 :], begin)
            target = re.search(r">\s*(\S+)", line)
            name = Path(target[1]).name if target else "script"
            found.append(Script(script.file, name, _shell(body), _padded(body, number + 1)))
    return found


def _body(lines: list[str], begin: re.Match[str]) -> str:
    """Unquoted, the shell that writes it takes the backslash of `\\$` away."""
    ends = (number for number, line in enumerate(lines) if line.strip() == begin["end"])
    kept = [line.lstrip("\t") if begin["dash"] else line for line in lines[: next(ends, len(lines))]]
    text = "\n".join(kept) + "\n"
    return text if begin["quote"] else text.replace("\\$", "$")


def recipes(file: str, text: str) -> list[Script]:
    """Each recipe line as make hands it to a shell: variables filled in, continued lines together."""
    flags = re.search(r"^\.SHELLFLAGS\s*:?=\s*(.*?)\s*-c$", text, re.MULTILINE)
    shell = "bash" if re.search(r"^SHELL\s*:?=.*\bbash\b", text, re.MULTILINE) else "sh"
    known = _definitions(text)
    found, target = [], ""
    for begin, lines in _continued(text):
        if lines[0].startswith("\t"):
            recipe = "\n".join(_as_make_does(line.removeprefix("\t"), known) for line in lines).lstrip("@-+")
            found.append(Script(file, target, shell, _padded(recipe + "\n", begin, f"set {flags[1]}" if flags else "")))
        elif rule := re.match(r"([\w.$()%/-]+)[^:=]*:(?!=)", lines[0]):
            target = rule[1]
    return found


def _continued(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines with those that continue them, and how many lines stand before."""
    begin = 0
    kept: list[str] = []
    for number, line in enumerate(text.splitlines()):
        begin = begin if kept else number
        kept.append(line)
        if not line.endswith("\\"):
            yield begin, kept
            kept = []


def _definitions(text: str) -> dict[str, str]:
    """Variables of the Makefile, each on one line."""
    found = {}
    for _, lines in _continued(text):
        whole = " ".join(line.removesuffix("\\").strip() for line in lines)
        if defined := re.match(r"(\w+)\s*[:?]?=\s*(.*)", whole):
            found[defined[1]] = defined[2]
    return found


def _as_make_does(line: str, known: dict[str, str]) -> str:
    """`$(NAME)` becomes what it stands for, what make computes becomes a word, and `$$` becomes `$`."""
    text, at = "", 0
    while (dollar := line.find("$", at)) >= 0 and dollar + 1 < len(line):
        text += line[at:dollar]
        at = _end(line, dollar + 1)
        name = line[dollar + 1 : at].strip("(){}")
        if line[dollar + 1] == "$":
            text += "$"
        else:
            text += (
                _as_make_does(known[name], known) if name in known and "$(shell" not in known[name] else "placeholder"
            )
    return text + line[at:]


def _end(line: str, at: int) -> int:
    """Behind the name that begins here: one character, or all up to the bracket that closes it."""
    depth = 0
    for number in range(at, len(line)):
        depth += (line[number] in "({") - (line[number] in ")}")
        if depth <= 0:
            return number + 1
    return len(line)


def _padded(text: str, lines_before: int, first: str = "") -> str:
    """`#!` means something in the first line only."""
    return first + "\n" * lines_before + text.replace("#!", "# ", 1)
