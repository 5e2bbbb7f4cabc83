"""Who may call: API keys and organisations, with the public API's answers to the wrong ones."""

from collections.abc import Mapping

from botcore.testing.openai_server.errors import ApiRefusal
from botcore.testing.openai_server.settings import OfflineSettings


def bearer(headers: Mapping[str, str]) -> str:
    """The key of an `Authorization: Bearer KEY` header; empty where there is none."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def check_access(settings: OfflineSettings, headers: Mapping[str, str], key: str) -> None:
    """Let the call pass, or refuse it.

    Raises:
        ApiRefusal: 401, for a missing or wrong key or a foreign organisation.
    """
    if settings.keys is not None and key not in settings.keys:
        if not key:
            message = (
                "You didn't provide an API key. You need to provide your API key in an Authorization header using "
                "Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
            )
            raise ApiRefusal(401, message)
        raise ApiRefusal(401, f"Incorrect API key provided: {masked(key)}.", code="invalid_api_key")
    organization = headers.get("openai-organization")
    if settings.organizations is not None and organization and organization not in settings.organizations:
        message = "OpenAI-Organization header should match organization for API key"
        raise ApiRefusal(401, message, code="mismatched_organization")


def masked(key: str) -> str:
    """A key as it may be shown: as the public API does, with its middle starred out."""
    return "*" * len(key) if len(key) < 12 else f"{key[:3]}{'*' * (len(key) - 7)}{key[-4:]}"
