"""Gap: every handler exception is reported as `Runtime.HandlerError`, and its process is killed.

On AWS `errorType` is the exception's class name, which is what Retry and Catch of a state machine match, and the
execution environment lives on. Also: /var/task comes before the layers on `sys.path`.
Source: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

from __future__ import annotations

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from greenroom_lab.engine.mends.patching import replace_once, rewrite


def apply() -> None:
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    script = replace_once(
        script,
        '"error": str(e), "trace": traceback.format_exc()}',
        '"error": str(e), "error_type": type(e).__name__,'
        ' "stack": traceback.format_tb(e.__traceback__)[1:], "trace": traceback.format_exc()}',
        "worker script",
    )
    script = replace_once(
        script,
        "        sys.path.insert(0, _ld)\n",
        "        sys.path.insert(0, _ld)\n    sys.path.insert(0, code_dir)\n",
        "worker script",
    )
    lambda_runtime._PYTHON_WORKER_SCRIPT = script
    rewrite(
        lambda_runtime,
        "invoke",
        (
            'if response.get("status") == "error":',
            'if response.get("status") == "error" and not response.get("error_type"):',
        ),
        owner=lambda_runtime.Worker,
    )
    rewrite(
        lambda_svc,
        "_execute_function_warm",
        (
            'error_type = "Runtime.HandlerError"',
            'error_type = result.get("error_type") or "Runtime.HandlerError"',
        ),
        (
            '"errorType": error_type,\n',
            '"errorType": error_type, "requestId": request_id, "stackTrace": result.get("stack", []),\n',
        ),
    )
