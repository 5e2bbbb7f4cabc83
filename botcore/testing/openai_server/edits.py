"""POST /edits: a text changed as an instruction says, in the form of June 2023."""

from botcore.testing.openai_server import fields, tokens
from botcore.testing.openai_server.brain.editing import edit
from botcore.testing.openai_server.completion import settle
from botcore.testing.openai_server.outcome import Outcome, json_answer
from botcore.testing.openai_server.script import Draft
from botcore.testing.openai_server.state import Call, Route, State
from botcore.testing.openai_server.text_request import EditRequest, read_edit_request


async def create(state: State, call: Call) -> Outcome:
    """The edited text, `n` times: the rules know one way to do it.

    Raises:
        ApiRefusal: the request is wrong, too long, or above a limit.
    """
    request = read_edit_request(fields.parse(call.body), lambda name: state.find_model(name, "edit"))
    prompt = request.asked.prompt_tokens
    state.meter.tokens(call.key, prompt)
    choice = settle(_draft(state, request), request.asked)
    spent = tokens.count(choice.text) * request.asked.n
    state.meter.spent(prompt + spent)
    finish = {"finish_reason": "length"} if choice.finish == "length" else {}
    choices = [{"text": choice.text, "index": index, **finish} for index in range(request.asked.n)]
    usage = {"prompt_tokens": prompt, "completion_tokens": spent, "total_tokens": prompt + spent}
    return json_answer({"object": "edit", "created": call.now, "choices": choices, "usage": usage})


def _draft(state: State, request: EditRequest) -> Draft:
    draft = state.script.take(request.asked) if len(state.script) else None
    if draft is None and state.settings.answer is not None:
        return Draft(state.settings.answer)
    return draft or Draft(edit(request.text, request.instruction))


ROUTES = (Route("POST", "/edits", create),)
