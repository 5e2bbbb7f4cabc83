"""Asks a server what it offers, for the doctor's capability table, without spending a token."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from botcore import errors
from botcore.openai.call import Call, Endpoint, Payload
from botcore.openai.transport import Transport

Availability = Literal["ok", "missing", "refused", "unreachable"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether an endpoint is to be had, and the operator's reason where it is not."""

    state: Availability
    reason: str = ""


async def probe(transport: Transport, endpoints: Sequence[Endpoint]) -> dict[str, Finding]:
    """Ask each endpoint once; give the findings by the endpoints' names. Raises nothing for what a server answers.

    POST endpoints get an empty object: a server that has the endpoint complains about the missing fields (400 or
    422), one that has not answers 404, 405 or 501, and neither runs a model.
    """
    found = await asyncio.gather(*(_ask(transport, endpoint) for endpoint in endpoints))
    return {endpoint.name: finding for endpoint, finding in zip(endpoints, found, strict=True)}


async def _ask(transport: Transport, endpoint: Endpoint) -> Finding:
    transport.capabilities.note_present(endpoint)  # a probe asks even where a refusal is remembered
    try:
        await transport.send(Call(endpoint, Payload.json({}) if endpoint.method == "POST" else None), attempts=1)
    except errors.EndpointMissing as error:
        return Finding("missing", str(error))
    except (errors.AuthFailed, errors.QuotaExceeded) as error:
        return Finding("refused", str(error))
    except (errors.ApiUnreachable, errors.ApiTimeout, errors.Unavailable, errors.BadResponse) as error:
        return Finding("unreachable", str(error))
    except errors.ApiError:  # it complained about our empty request: it is there
        return Finding("ok")
    return Finding("ok")
