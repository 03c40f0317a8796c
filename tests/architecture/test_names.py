"""One name in every layer: folder, logical id, function name, log group, machine, ASL file."""

from __future__ import annotations

import pytest

from tests.architecture.reading import FUNCTIONS, Function, functions, pascal, resources, state_machine_names, template


def test_every_folder_is_a_function_and_every_function_has_a_folder() -> None:
    folders = {path.parent.name for path in FUNCTIONS.glob("*/handler.py")}
    assert folders == {function.name for function in functions()}


@pytest.mark.parametrize("function", functions(), ids=lambda function: function.name)
def test_a_function_is_named_as_its_folder(function: Function) -> None:
    assert function.logical_id == f"{pascal(function.name)}Function"
    assert function.properties["FunctionName"] == {"Fn::Sub": f"${{AWS::StackName}}-{function.name}"}
    assert function.properties["CodeUri"] == f"functions/{function.name}/"


@pytest.mark.parametrize("function", functions(), ids=lambda function: function.name)
def test_a_function_writes_into_its_own_log_group_which_forgets(function: Function) -> None:
    group = f"{pascal(function.name)}LogGroup"
    assert function.properties["LoggingConfig"] == {"LogGroup": {"Ref": group}}
    properties = resources("AWS::Logs::LogGroup")[group]
    assert properties["LogGroupName"] == {"Fn::Sub": f"/aws/lambda/${{AWS::StackName}}-{function.name}"}
    assert 1 <= properties["RetentionInDays"] <= 90


@pytest.mark.parametrize("name", state_machine_names())
def test_a_machine_is_named_as_its_file(name: str) -> None:
    properties = resources("AWS::Serverless::StateMachine")[f"{pascal(name)}Machine"]
    assert properties["Name"] == {"Fn::Sub": f"${{AWS::StackName}}-{name}"}
    assert properties["DefinitionUri"] == f"statemachines/{name}.asl.yaml"
    group = resources("AWS::Logs::LogGroup")[f"{pascal(name)}MachineLogGroup"]
    assert group["LogGroupName"] == {"Fn::Sub": f"/aws/vendedlogs/states/${{AWS::StackName}}-{name}"}


def test_every_machine_of_the_template_has_a_file() -> None:
    assert set(resources("AWS::Serverless::StateMachine")) == {
        f"{pascal(name)}Machine" for name in state_machine_names()
    }


@pytest.mark.parametrize("name", state_machine_names())
def test_a_machine_is_traced_and_logs_no_execution_data(name: str) -> None:
    """Execution data holds task tokens."""
    properties = resources("AWS::Serverless::StateMachine")[f"{pascal(name)}Machine"]
    assert properties["Type"] == "STANDARD"
    assert properties["Tracing"] == {"Enabled": True}
    assert properties["Logging"]["Level"] == "ERROR"
    assert properties["Logging"]["IncludeExecutionData"] is False


def test_functions_are_traced_and_share_one_runtime_parameter() -> None:
    shared = template()["Globals"]["Function"]
    assert shared["Tracing"] == "Active"
    assert shared["Runtime"] == {"Ref": "LambdaRuntime"}
    assert shared["Handler"] == "handler.handler"
    assert not [f.name for f in functions() if {"Runtime", "Handler", "Tracing", "Layers"} & set(f.properties)]


def test_no_function_reserves_concurrency() -> None:
    """New accounts have 10 concurrent invocations; a reservation would fail the deployment there."""
    assert not [f.name for f in functions() if "ReservedConcurrentExecutions" in f.properties]
