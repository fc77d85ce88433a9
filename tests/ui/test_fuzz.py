"""The service under requests that nobody would write: no error of ours, answers as published."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings

if TYPE_CHECKING:
    from schemathesis import Case

schemathesis = pytest.importorskip(
    "schemathesis", reason="schemathesis is not installed: run make install"
)

pytestmark = pytest.mark.slow
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

described = schemathesis.pytest.from_fixture("service")


@pytest.fixture(scope="module")
def service(served: str) -> Any:  # noqa: ANN401 - schemathesis's schema
    """What the running service publishes of itself, of the routes under /v1."""
    return schemathesis.openapi.from_url(f"{served}/openapi.json").include(path_regex="^/v1/")


def checks() -> list[Any]:
    """What must hold of each answer. What fits the schema may be refused: an empty question is."""
    schemathesis.checks.load_all_checks()
    return list(schemathesis.checks.CHECKS.get_by_names(CHECKS))


@described.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_service(case: Case) -> None:
    response = case.call(timeout=120)
    case.validate_response(response, checks=checks())
    if response.status_code >= 400:
        told = json.loads(response.content)
        assert told.keys() == {"error"}
        assert told["error"]
        assert "\n" not in told["error"]
