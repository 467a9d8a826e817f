"""Keys, tokens, privileges and the rate limit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from samtale.simulators.base import FakeClock, Request
from samtale.simulators.powerofficego import PowerOfficeGo
from tests.simulators.powerofficego.conftest import Caller


def test_a_token_lives_twenty_minutes_and_cannot_be_refreshed(call: Caller) -> None:
    told = call.sign_in().json()
    assert (told["token_type"], told["expires_in"], sorted(told)) == (
        "bearer",
        1200,
        ["access_token", "expires_in", "token_type"],
    )
    assert call("GET", "/Customers").status == 200
    call.clock.advance(1201)
    assert call("GET", "/Customers").status == 401
    call.token = call.sign_in().json()["access_token"]
    assert call("GET", "/Customers").status == 200


def test_a_faster_simulator_tells_a_shorter_life() -> None:
    clock = FakeClock()
    clock.speed = 60
    caller = Caller()
    caller.go = PowerOfficeGo(seed=1, records=10, clock=clock)
    assert caller.sign_in().json()["expires_in"] == 20


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"user": "other"}, "invalid_client"),
        ({"password": "other"}, "invalid_client"),
        ({"grant": "refresh_token"}, "unsupported_grant_type"),
        ({"grant": ""}, "invalid_request"),
    ],
)
def test_a_refused_token_is_a_400(call: Caller, arguments: dict[str, str], error: str) -> None:
    response = call.sign_in(**arguments)
    assert response.status == 400
    assert response.json()["error"] == error


def test_both_headers_are_needed(call: Caller) -> None:
    assert call("GET", "/Customers", headers={"authorization": ""}).status == 401
    assert call("GET", "/Customers", headers={"authorization": "Bearer nonsense"}).status == 401
    for key in ("", "other"):
        refused = call("GET", "/Customers", headers={"ocp-apim-subscription-key": key})
        assert refused.status == 401
        assert refused.json()["statusCode"] == 401
    in_query = [("subscription-key", "demo-subscription-key")]
    assert call("GET", "/Customers", query=in_query, headers={"ocp-apim-subscription-key": ""}).status == 200


def test_a_plain_privilege_reads_and_a_full_one_writes(caller: Callable[..., Caller]) -> None:
    call = caller(privileges=["Customer", "Department_Full"])
    assert call("GET", "/Customers").status == 200
    assert call("GET", "/ContactPersons").status == 200
    assert call("POST", "/Customers", {"Name": "x"}).status == 403
    assert call("GET", "/Suppliers").status == 403
    assert call("POST", "/Departments", {"Name": "x"}).status == 201
    told = call("GET", "/ClientIntegrationInformation").json()
    assert told["ValidPrivileges"] == ["Customer", "Department_Full"]
    assert "Customer_Full" in told["InvalidPrivileges"]


@pytest.mark.parametrize("retry_after", [True, False])
def test_ten_calls_a_second_for_each_subscription_key(caller: Callable[..., Caller], retry_after: bool) -> None:
    call = caller(rate_limit=10, retry_after=retry_after)
    call.clock.advance(1)
    assert [call("GET", "/Departments").status for _ in range(11)] == [200] * 10 + [429]
    limited = call("GET", "/Departments")
    assert ("retry-after" in limited.headers) is retry_after
    assert limited.json()["statusCode"] == 429
    assert call.sign_in().json()["statusCode"] == "429"
    call.clock.advance(1)
    assert call("GET", "/Departments").status == 200


def test_unknown_routes_get_the_gateways_answer(call: Caller) -> None:
    nowhere = ("/Nothing", "/Customers/abc", "/Customers/1/2", "/ContactPersons/1", "/")
    for path in nowhere:
        assert call("GET", path).json() == {"statusCode": 404, "message": "Resource not found"}
    assert call("PUT", "/Customers/1", {}).status == 404
    assert call("POST", "/ContactPersons", {}).status == 404
    assert call.go.handle(Request("GET", "/")).status == 404


def test_a_long_address_is_a_misleading_404(call: Caller) -> None:
    numbers = ",".join(str(n) for n in range(10_000, 10_400))
    assert call("GET", "/Customers", query=[("customerNos", numbers)]).status == 404


def test_paths_are_read_in_any_case_and_without_demo(call: Caller) -> None:
    assert call("GET", "/customers").status == 200
    headers = {"authorization": f"Bearer {call.token}", "ocp-apim-subscription-key": "demo-subscription-key"}
    assert call.go.handle(Request("GET", "/V2/CUSTOMERS", headers=headers)).status == 200
