"""The accounts server: grants, lifetimes, limits, and what the CRM makes of an Authorization header."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.simulators.zohocrm.calls import CREDENTIALS, Calls


def test_a_refresh_token_gives_an_access_token_by_form_and_by_query() -> None:
    calls = Calls()
    for response in (calls.get_token(), calls.send("POST", "/oauth/v2/token", CREDENTIALS)):
        granted = response.json()
        assert response.status == 200
        assert granted["token_type"] == "Bearer"
        assert granted["expires_in"] == 3600
        assert granted["api_domain"] == "http://zoho.test"
        assert "refresh_token" not in granted


def test_json_is_no_way_to_ask_for_a_token() -> None:
    body = json.dumps(CREDENTIALS).encode()
    response = Calls().send("POST", "/oauth/v2/token", body=body, **{"content-type": "application/json"})
    assert response.json() == {"error": "invalid_client"}


def test_get_is_no_way_to_ask_for_a_token() -> None:
    assert Calls().send("GET", "/oauth/v2/token", CREDENTIALS).status == 405


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "other"}, "invalid_client"),
        ({"client_secret": "other"}, "invalid_client_secret"),
        ({"refresh_token": "other"}, "invalid_code"),
        ({"grant_type": "authorization_code", "code": "other"}, "invalid_code"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_wrong_credentials_are_told_by_the_error_key_whatever_the_status(
    changes: dict[str, str], error: str, status: int
) -> None:
    response = Calls(token_error_status=status).get_token(**changes)
    assert (response.status, response.json()) == (status, {"error": error})


def test_ten_tokens_in_ten_minutes_and_not_one_more() -> None:
    calls = Calls()
    assert [calls.get_token().status for _ in range(9)] == [200] * 9
    refused = calls.get_token()
    assert refused.status == 400
    assert refused.json()["error"] == "Access Denied"
    calls.clock.advance(601)
    assert calls.get_token().status == 200


def test_the_sixteenth_live_token_kills_the_first() -> None:
    calls = Calls()
    for number in range(15):
        if number == 9:
            calls.clock.advance(601)
        assert calls.get_token().status == 200
    response = calls.get("org")
    assert (response.status, response.json()["code"]) == (401, "INVALID_OAUTHTOKEN")


def test_an_access_token_lives_an_hour() -> None:
    calls = Calls()
    calls.clock.advance(3599)
    assert calls.get("org").status == 200
    calls.clock.advance(1)
    response = calls.get("org")
    assert (response.status, response.json()["code"]) == (401, "INVALID_TOKEN")


@pytest.mark.parametrize(
    ("scheme", "code"), [("Bearer", "AUTHENTICATION_FAILURE"), ("Zoho-oauthtoken", "INVALID_TOKEN")]
)
def test_only_the_own_scheme_with_a_known_token_opens(scheme: str, code: str) -> None:
    calls = Calls()
    token = calls.token if scheme == "Bearer" else "1000.unknown"
    response = calls.send("GET", "/crm/v8/org", authorization=f"{scheme} {token}")
    assert (response.status, response.json()["code"]) == (401, code)


def test_a_token_in_the_query_counts_for_nothing() -> None:
    calls = Calls()
    response = calls.send("GET", "/crm/v8/org", {"access_token": calls.token})
    assert (response.status, response.json()["code"]) == (401, "AUTHENTICATION_FAILURE")


def test_a_missing_scope_is_a_mismatch() -> None:
    calls = Calls(scopes=("ZohoCRM.modules.Accounts.READ",))
    assert calls.get("Accounts", fields="Account_Name").status == 204
    for response in (
        calls.get("Contacts", fields="Last_Name"),
        calls.insert("Accounts", {"Account_Name": "Fjord AS"}),
        calls.get("settings/fields", module="Accounts"),
        calls.get("Accounts/search", word="Fjord"),
        calls.select("select id from Accounts where Account_Name = 'Fjord AS'"),
    ):
        assert (response.status, response.json()["code"]) == (401, "OAUTH_SCOPE_MISMATCH")


def test_consent_gives_a_code_that_is_good_once_and_for_a_short_time() -> None:
    calls = Calls()

    def code() -> str:
        asked = {"client_id": "demo-client-id", "response_type": "code", "redirect_uri": "http://127.0.0.1:9/back",
                 "access_type": "offline", "scope": "ZohoCRM.modules.ALL,ZohoCRM.org.READ", "state": "s"}  # fmt: skip
        back = parse_qs(urlsplit(calls.send("GET", "/oauth/v2/auth", asked).headers["location"]).query)
        assert back["state"] == ["s"]
        assert back["accounts-server"] == ["http://zoho.test"]
        return back["code"][0]

    def redeem(given: str, uri: str = "http://127.0.0.1:9/back") -> dict[str, object]:
        form = {**CREDENTIALS, "grant_type": "authorization_code", "code": given, "redirect_uri": uri}
        answer: dict[str, object] = calls.send("POST", "/oauth/v2/token", form).json()
        return answer

    first = code()
    granted = redeem(first)
    assert granted["scope"] == "ZohoCRM.modules.ALL ZohoCRM.org.READ"
    assert calls.get_token(refresh_token=str(granted["refresh_token"])).status == 200
    assert redeem(first) == {"error": "invalid_code"}
    assert redeem(code(), "http://127.0.0.1:9/elsewhere") == {"error": "invalid_redirect_uri"}
    late = code()
    calls.clock.advance(121)
    assert redeem(late) == {"error": "invalid_code"}


def test_revoking_a_refresh_token_ends_its_access_tokens() -> None:
    calls = Calls()
    query = urlencode({"token": "demo-refresh-token"})
    assert calls.send("POST", "/oauth/v2/token/revoke", dict([query.split("=")])).status == 200
    assert calls.get("org").json()["code"] == "INVALID_OAUTHTOKEN"
    assert calls.get_token().json() == {"error": "invalid_code"}
