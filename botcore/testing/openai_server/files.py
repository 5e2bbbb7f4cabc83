"""POST and GET /files, GET and DELETE /files/{id}, GET /files/{id}/content."""

import asyncio
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from botcore.testing.openai_server import errors
from botcore.testing.openai_server.errors import ApiRefusal
from botcore.testing.openai_server.fields import Fields, refuse_unknown
from botcore.testing.openai_server.filestore import StoredFile
from botcore.testing.openai_server.form import MIB, Form, FormLimits, Upload
from botcore.testing.openai_server.outcome import Body, Outcome, json_answer
from botcore.testing.openai_server.paging import page
from botcore.testing.openai_server.state import Call, Route, State
from botcore.testing.openai_server.training import BadTraining, check_lines

_KNOWN = frozenset({"file", "purpose", "expires_after"})
_PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
_MOST_LISTED = 10_000
_SOONEST, _LATEST = 3600, 2_592_000  # seconds after which a file may expire: one hour, thirty days


def _too_large(_field: str, limit: int) -> ApiRefusal:
    return ApiRefusal(413, f"The file is too large. Files can be at most {limit // MIB} MB.", code="file_too_large")


_LIMITS = FormLimits(file=512 * MIB, refuse=_too_large)


@dataclass(frozen=True, slots=True)
class _Wanted:
    purpose: str
    expires_in: int | None


async def create(state: State, call: Call) -> Outcome:
    """Take in a file. One to train on must be JSON lines.

    Raises:
        ApiRefusal: the form is wrong, or the file is.
    """
    form = call.required_form()
    wanted, upload = _read(form)
    if wanted.purpose in {"fine-tune", "batch"} and PurePosixPath(upload.name).suffix != ".jsonl":
        what = "Fine-Tuning" if wanted.purpose == "fine-tune" else "Batch"
        raise errors.invalid(f"Invalid file format for {what} API. Must be .jsonl", "file")
    file_id = state.new_id("file-")
    path = state.files.path(file_id)
    try:
        await upload.keep(path)
        if wanted.purpose == "fine-tune":
            await asyncio.to_thread(check_lines, path)
        now = int(state.settings.clock())
        expires = None if wanted.expires_in is None else now + wanted.expires_in
        file = StoredFile(file_id, upload.name, wanted.purpose, upload.size, now, expires)
        await state.files.add(file)
    except BadTraining as wrong:
        await asyncio.to_thread(path.unlink)
        raise errors.invalid(str(wrong), "file", "invalid_file_format") from None
    except asyncio.CancelledError:  # the client is gone: nobody will know this file's id
        path.unlink(missing_ok=True)
        raise
    return json_answer(file.shown())


def _read(form: Form) -> tuple[_Wanted, Upload]:
    names = {name.partition("[")[0] for name in form.names()}
    refuse_unknown(dict.fromkeys(names), _KNOWN)
    purpose = Fields(form.values()).required_text("purpose")
    if purpose not in _PURPOSES:
        known = ", ".join(f"'{name}'" for name in _PURPOSES)
        raise errors.invalid(f"'{purpose}' is not one of [{known}] - 'purpose'", "purpose", "invalid_value")
    upload = form.upload("file")
    if not upload.name:
        raise errors.invalid("The file must have a name.", "file")
    if not upload.size:
        raise errors.invalid("The file is empty.", "file", "empty_file")
    return _Wanted(purpose, _expires_in(form)), upload


def _expires_in(form: Form) -> int | None:
    anchor, seconds = form.text("expires_after[anchor]"), form.text("expires_after[seconds]")
    if anchor is None and seconds is None:
        return None
    if anchor != "created_at":
        raise errors.invalid("Invalid value: 'anchor' must be 'created_at'.", "expires_after.anchor", "invalid_value")
    given: dict[str, Any] = {"seconds": int(seconds) if seconds and seconds.isdecimal() else seconds}
    found = Fields(given, "expires_after").integer("seconds", _SOONEST, _LATEST)
    if found is None:
        raise errors.missing("expires_after.seconds")
    return found


async def list_files(state: State, call: Call) -> Outcome:
    """The files of a purpose or all, newest first unless asked otherwise, in pages.

    Raises:
        ApiRefusal: the query is wrong.
    """
    order = call.query.get("order") or "desc"
    if order not in {"asc", "desc"}:
        message = f"Invalid value: '{order}'. Supported values are: 'asc' and 'desc'."
        raise errors.invalid(message, "order", "invalid_value")
    purpose = call.query.get("purpose")
    found = [file for file in await state.files.all() if not purpose or file.purpose == purpose]
    if order == "desc":
        found.reverse()
    listed, more = page(found, call.query, default=_MOST_LISTED, most=_MOST_LISTED)
    data = [file.shown() for file in listed]
    ends = {"first_id": listed[0].id if listed else "", "last_id": listed[-1].id if listed else ""}
    return json_answer({"object": "list", "data": data, **ends, "has_more": more})


async def _found(state: State, call: Call) -> StoredFile:
    file_id = call.params["file"]
    file = await state.files.find(file_id)
    if file is None:
        raise ApiRefusal(404, f"No such File object: {file_id}", param="id")
    return file


async def get_file(state: State, call: Call) -> Outcome:
    """One file's description."""
    return json_answer((await _found(state, call)).shown())


async def get_content(state: State, call: Call) -> Outcome:
    """One file's content, streamed."""
    file = await _found(state, call)
    name = file.name.encode("ascii", "replace").decode().translate(str.maketrans('"\\\r\n', "____"))
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Body(state.files.blocks(file), size=file.size, headers=headers)


async def delete_file(state: State, call: Call) -> Outcome:
    """Delete one file."""
    file = await _found(state, call)
    await state.files.remove(file)
    return json_answer({"id": file.id, "object": "file", "deleted": True})


ROUTES = (
    Route("POST", "/files", create, _LIMITS),
    Route("GET", "/files", list_files),
    Route("GET", "/files/{file}", get_file),
    Route("DELETE", "/files/{file}", delete_file),
    Route("GET", "/files/{file}/content", get_content),
)
