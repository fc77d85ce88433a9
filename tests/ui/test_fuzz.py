"""The service under requests that nobody would write: no error of ours, answers as published."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from schemathesis import Case

schemathesis = pytest.importorskip(
    "schemathesis", reason="schemathesis is not installed: run make install"
)

pytestmark = [pytest.mark.slow, pytest.mark.full]
EXAMPLES = 20
"""Requests for each operation."""

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
"""What must hold. What fits the schema may be refused all the same: an empty question is."""


def cases(operation: Any) -> st.SearchStrategy[Case]:  # noqa: ANN401 - schemathesis's operation
    """Requests for an operation: right ones, and wrong ones where it takes anything."""
    modes = [schemathesis.GenerationMode.POSITIVE]
    if operation.body or operation.query:
        modes.append(schemathesis.GenerationMode.NEGATIVE)
    return st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])


def test_no_request_breaks_the_service(served: str) -> None:
    schemathesis.checks.load_all_checks()
    checks = list(schemathesis.checks.CHECKS.get_by_names(CHECKS))
    described = schemathesis.openapi.from_url(f"{served}/openapi.json")
    operations = [
        found.ok() for found in described.include(path_regex="^/v1/").get_all_operations()
    ]
    assert {operation.label for operation in operations} >= {"POST /v1/ask", "GET /v1/guide"}
    for operation in operations:

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases(operation))
        def holds(case: Case) -> None:
            response = case.call(timeout=120)
            case.validate_response(response, checks=checks)
            if response.status_code >= 400:
                problem = json.loads(response.content)
                assert problem.keys() == {"error"}
                assert problem["error"]
                assert "\n" not in problem["error"]

        holds()
