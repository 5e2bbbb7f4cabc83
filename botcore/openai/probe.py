"""Asks a server what it offers, for the doctor's capability table, without spending a token."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from botcore import errors
from botcore.openai.call import Call, Endpoint, Payload
from botcore.openai.form import Form
from botcore.openai.transport import Transport

Availability = Literal["ok", "missing", "refused", "unreachable"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether an endpoint is to be had, and the operator's reason where it is not."""

    state: Availability
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Probed:
    """An endpoint to ask for; `form` where it takes multipart."""

    endpoint: Endpoint
    form: bool = False

    def call(self) -> Call:
        """Give a request that runs nothing: an empty object, or a form without its file."""
        if self.endpoint.method == "GET":
            return Call(self.endpoint)
        return Call(self.endpoint, Form({"model": ""}) if self.form else Payload.json({}))


async def probe(transport: Transport, endpoints: Sequence[Probed]) -> dict[str, Finding]:
    """Ask each endpoint once; give the findings by the endpoints' names. Raises nothing for what a server answers.

    POST endpoints are asked for nothing: a server that has the endpoint complains about the missing fields (400 or
    422), one that has not answers 404, 405 or 501, and neither runs a model.
    """
    found = await asyncio.gather(*(_ask(transport, probed) for probed in endpoints))
    return {probed.endpoint.name: finding for probed, finding in zip(endpoints, found, strict=True)}


async def _ask(transport: Transport, probed: Probed) -> Finding:
    transport.capabilities.note_present(probed.endpoint)  # a probe asks even where a refusal is remembered
    try:
        await transport.send(probed.call(), attempts=1)
    except errors.EndpointMissing as error:
        return Finding("missing", str(error))
    except (errors.AuthFailed, errors.QuotaExceeded) as error:
        return Finding("refused", str(error))
    except (errors.ApiUnreachable, errors.ApiTimeout, errors.Unavailable, errors.BadResponse) as error:
        return Finding("unreachable", str(error))
    except errors.ApiError:  # it complained about our empty request: it is there
        return Finding("ok")
    return Finding("ok")
