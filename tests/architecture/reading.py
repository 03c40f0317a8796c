"""Reads what is deployed, as it stands in the repository: the template, the machines, the Python modules."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ROOT / "functions"
STATE_MACHINES = ROOT / "statemachines"
CORE = ROOT / "layers" / "core"
Json = dict[str, Any]


FAST_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Ten times as fast, where PyYAML was built with libyaml."""


class _TemplateLoader(FAST_LOADER):  # type: ignore[misc]
    """`!Sub x` becomes `{"Fn::Sub": x}`; dates stay text."""


def _tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_TemplateLoader.add_multi_constructor("!", _tag)
_TemplateLoader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))


def pascal(name: str) -> str:
    """`request_session` -> `RequestSession`."""
    return "".join(word.capitalize() for word in name.split("_"))


def snake(name: str) -> str:
    """The inverse."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@cache
def template() -> Json:
    return parsed_template((ROOT / "template.yaml").read_text())


def parsed_template(text: str) -> Json:
    """Of any revision."""
    loaded: Json = yaml.load(text, Loader=_TemplateLoader)
    return loaded


def statements_of(given: Json, attached: list[Json]) -> list[Json]:
    """What these policies of a template say: written out, or managed ones that are named."""
    documents = [_managed(given, each["Ref"]) if "Ref" in each else each for each in attached]
    return [statement for document in documents for statement in as_list(document["Statement"])]


def _managed(given: Json, name: str) -> Json:
    resource = given["Resources"][name]
    assert resource["Type"] == "AWS::IAM::ManagedPolicy", name
    document: Json = resource["Properties"]["PolicyDocument"]
    return document


def resources(kind: str) -> dict[str, Json]:
    """Logical id -> Properties of every resource of one type."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template()["Resources"].items()
        if resource["Type"] == kind
    }


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda of the template. `name` is its folder; `statements` its own rights."""

    name: str
    logical_id: str
    properties: Mapping[str, Any]

    @property
    def environment(self) -> Mapping[str, Any]:
        """Its own variables, beside those of all functions."""
        found: Mapping[str, Any] = self.properties.get("Environment", {}).get("Variables", {})
        return found

    @property
    def statements(self) -> list[Json]:
        """Those of its managed policies included."""
        return statements_of(template(), self.properties.get("Policies", []))

    @property
    def actions(self) -> set[str]:
        return {action for statement in self.statements for action in as_list(statement["Action"])}

    @property
    def routes(self) -> list[Route]:
        events = self.properties.get("Events", {}).values()
        return [
            Route(
                event["Properties"]["Method"],
                event["Properties"]["Path"],
                self.name,
                event["Properties"].get("Auth", {}).get("Authorizer") == "AWS_IAM",
            )
            for event in events
            if event["Type"] == "HttpApi"
        ]

    @property
    def route_keys(self) -> set[str]:
        """Every route that API Gateway may hand to it, as its event names it: of the HTTP API and the Viewer socket."""
        return {f"{route.method} {route.path}" for route in self.routes} | socket_routes().get(self.logical_id, set())


@dataclass(frozen=True, slots=True)
class Route:
    """One route of the HTTP API and the function behind it; signed by AWS SigV4 or by an access token."""

    method: str
    path: str
    function: str
    is_signed: bool


def shared_environment() -> set[str]:
    """The variables that every function has."""
    return set(template()["Globals"]["Function"]["Environment"]["Variables"])


@cache
def functions() -> tuple[Function, ...]:
    """Every function, by the folder its code comes from."""
    return tuple(
        Function(Path(properties["CodeUri"]).name, logical_id, properties)
        for logical_id, properties in resources("AWS::Serverless::Function").items()
    )


def function_names() -> list[str]:
    return sorted(function.name for function in functions())


@cache
def socket_routes() -> Mapping[str, set[str]]:
    """Logical id of a function -> the routes of the Viewer socket that its integration serves."""
    found: dict[str, set[str]] = {}
    integrations = resources("AWS::ApiGatewayV2::Integration")
    for route in resources("AWS::ApiGatewayV2::Route").values():
        (integration,) = substitutions(route["Target"]["Fn::Sub"])
        served = re.findall(r"\$\{(\w+)\.Arn\}", integrations[integration]["IntegrationUri"]["Fn::Sub"])
        found.setdefault(served[0], set()).add(route["RouteKey"])
    return found


@cache
def state_machine_names() -> tuple[str, ...]:
    return tuple(sorted(path.name.removesuffix(".asl.yaml") for path in STATE_MACHINES.glob("*.asl.yaml")))


def state_machine_text(name: str) -> str:
    return (STATE_MACHINES / f"{name}.asl.yaml").read_text()


@cache
def state_machine(name: str) -> Json:
    """The definition, its substitutions still in place: `${RequestSessionFunction}` is text."""
    loaded: Json = yaml.load(state_machine_text(name), Loader=FAST_LOADER)
    return loaded


def states(definition: Json) -> Iterator[tuple[str, Json]]:
    """Every state with its name, those inside a Map or Parallel too."""
    for name, state in definition["States"].items():
        yield name, state
        for inner in [state.get("ItemProcessor"), *state.get("Branches", [])]:
            if inner:
                yield from states(inner)


def substitutions(text: str) -> set[str]:
    """`${Name}` in a machine, without `${!literal}`."""
    return set(re.findall(r"\$\{([A-Za-z0-9]+)\}", text))


def python_files(*folders: str) -> list[Path]:
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if not {"__pycache__", "node_modules", "build"} & set(path.parts)
    )


def module_name(path: Path) -> str:
    """`layers/core/greenroom/domain/slot/slot.py` -> `greenroom.domain.slot.slot`.

    A handler is `functions.<name>.handler`.
    """
    relative = path.relative_to(CORE if CORE in path.parents else ROOT)
    parts = list(relative.with_suffix("").parts)
    if parts[0] in ("agent", "cli", "lab") and len(parts) > 1:
        parts = parts[1:]
    if parts[:2] == ["layers", "viewer"]:
        parts = parts[2:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def code_of(path: Path) -> ast.Module:
    """A module's code. Shared by all rules: look, change nothing."""
    return ast.parse(path.read_text())


@cache
def imports(path: Path, *, only_at_import: bool = False) -> frozenset[str]:
    """The modules a file imports, dotted (`greenroom.domain.slot.slot`, `boto3`). `from x import y` gives x and x.y.

    `only_at_import` leaves out what is imported inside functions or only for type checkers.
    """
    found: set[str] = set()
    nodes = _at_import(code_of(path)) if only_at_import else ast.walk(code_of(path))
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from _at_import(child)
