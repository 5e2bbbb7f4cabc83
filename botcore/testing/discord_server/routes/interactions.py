"""Answers to interactions: the first one, its later edits, and follow-ups.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from botcore.testing.discord_server.content import read_edit, read_message
from botcore.testing.discord_server.forms import Form
from botcore.testing.discord_server.interactions import (
    AUTOCOMPLETE,
    CHOICES,
    COMMAND,
    COMPONENT,
    DEFERRED_MESSAGE,
    DEFERRED_UPDATE,
    MAX_FOLLOWUPS,
    MESSAGE,
    MODAL,
    MODAL_SUBMIT,
    UPDATE,
    Interaction,
)
from botcore.testing.discord_server.mentions import USERS_ONLY
from botcore.testing.discord_server.messages import CHAT_INPUT_COMMAND as SLASH
from botcore.testing.discord_server.messages import (
    CONTEXT_MENU_COMMAND,
    DEFAULT,
    EPHEMERAL,
    LOADING,
    Message,
)
from botcore.testing.discord_server.model import Json
from botcore.testing.discord_server.refusals import Refused, unknown
from botcore.testing.discord_server.requests import Request
from botcore.testing.discord_server.routes.answers import NOTHING, Answer, ok
from botcore.testing.discord_server.world import Content, World

_ALLOWED = {
    COMMAND: {MESSAGE, DEFERRED_MESSAGE, MODAL},
    COMPONENT: {MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, MODAL},
    AUTOCOMPLETE: {CHOICES},
    MODAL_SUBMIT: {MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE},
}
_MAX_CHOICES = 25


def callback(world: World, request: Request) -> Answer:
    """POST /interactions/{interaction_id}/{token}/callback."""
    interaction = world.interactions.to_answer(request.ids["interaction_id"], request.names["token"])
    form = Form(request.object)
    allowed = _ALLOWED[interaction.kind]
    if interaction.kind == MODAL_SUBMIT and interaction.source is None:
        allowed = allowed - {DEFERRED_UPDATE, UPDATE}
    kind = form.choice(form.body, ("type",), allowed, needed=True) or 0
    data = form.object(form.body, ("data",)) or {}
    form.check()
    match kind:
        case 4:
            interaction.original = _post(world, interaction, form, request, data, ("data",))
        case 5:
            flags = LOADING | (form.integer(data, ("data", "flags")) or 0) & EPHEMERAL
            interaction.original = _show(world, interaction, Content(flags=flags))
        case 6:
            interaction.original = interaction.source
        case 7:
            _update_source(world, interaction, data, request)
        case 8:
            interaction.choices = _choices(form, data)
        case _:
            interaction.modal = _modal(form, data)
    interaction.response = kind
    interaction.answered_at = world.clock.now()
    world.changed(interaction.channel)
    return ok(_told(world, interaction)) if request.flag("with_response") else NOTHING


def _told(world: World, interaction: Interaction) -> Json:
    about: Json = {"id": str(interaction.id), "type": interaction.kind}
    told: Json = {"interaction": about}
    message = interaction.original
    if message is not None and interaction.response in {MESSAGE, DEFERRED_MESSAGE, UPDATE}:
        about |= {
            "response_message_id": str(message.id),
            "response_message_loading": message.is_loading,
            "response_message_ephemeral": message.is_ephemeral,
        }
        if interaction.response != DEFERRED_MESSAGE:  # a message that only says that it thinks is not shown here
            told["resource"] = {"type": interaction.response, "message": _render(world, message)}
    return told


def _render(world: World, message: Message) -> Json:
    return world.renderer.message(message)


def _post(
    world: World, interaction: Interaction, form: Form, request: Request, holder: Json, path: tuple[str, ...]
) -> Message:
    content = read_message(
        world,
        interaction.channel,
        form,
        request.files,
        holder=holder,
        path=path,
        default=USERS_ONLY,
        response=True,
    )
    return _show(world, interaction, content)


def _show(world: World, interaction: Interaction, content: Content) -> Message:
    """Put an answer into the channel, or only before the eyes of the person."""
    first = interaction.original is None
    content.extra = {"application_id": str(world.bot.id), "webhook_id": str(world.bot.id)}
    content.extra |= _metadata(interaction)
    content.token = interaction.token
    content.kind = DEFAULT
    if content.flags & EPHEMERAL:
        content.only_for = interaction.user
    if first and interaction.kind == COMMAND:
        content.kind = CONTEXT_MENU_COMMAND if "target_id" in interaction.data else SLASH
        content.reply_to = interaction.target
    else:
        answered = interaction.source if first else interaction.original
        if answered is not None and not answered.deleted and not answered.is_ephemeral:
            content.reply_to = answered
    return world.post(interaction.channel, world.bot, content)


def _metadata(interaction: Interaction) -> Json:
    about: Json = {"id": str(interaction.id), "type": interaction.kind, "user": interaction.user.data}
    about["authorizing_integration_owners"] = interaction.owned
    if interaction.original is not None:
        about["original_response_message_id"] = str(interaction.original.id)
    if interaction.target is not None:
        about["target_message_id"] = str(interaction.target.id)
    elif interaction.kind == COMMAND and "target_id" in interaction.data:
        about["target_user"] = interaction.data["resolved"]["users"][interaction.data["target_id"]]
    if interaction.kind == COMPONENT and interaction.source is not None:
        about["interacted_message_id"] = str(interaction.source.id)
    if interaction.kind == MODAL_SUBMIT:
        about["triggering_interaction_metadata"] = {**about, "type": COMMAND}
    if interaction.kind != COMMAND:
        return {"interaction_metadata": about}
    old = {"id": str(interaction.id), "type": COMMAND, "name": interaction.name, "user": interaction.user.data}
    return {"interaction_metadata": about, "interaction": old}


def _update_source(world: World, interaction: Interaction, data: Json, request: Request) -> None:
    message = interaction.source
    if message is None or message.deleted:
        raise unknown("Message")
    changes, content = read_edit(world, message, Form(data), request.files, default=USERS_ONLY)
    message.files |= content.files
    interaction.original = message
    world.rewrite(message, changes, content.allowed)


def _choices(form: Form, data: Json) -> list[Json]:
    found = form.objects(data, ("data", "choices"), _MAX_CHOICES)
    for index, one in enumerate(found):
        form.text(one, ("data", "choices", index, "name"), 100, shortest=1, needed=True)
        if one.get("value") is None:
            form.required(("data", "choices", index, "value"))
    form.check()
    return found


def _modal(form: Form, data: Json) -> Json:
    form.text(data, ("data", "custom_id"), 100, shortest=1, needed=True)
    form.text(data, ("data", "title"), 45, shortest=1, needed=True)
    form.objects(data, ("data", "components"), 5, shortest=1)
    form.check()
    return data


def follow_up(world: World, request: Request) -> Answer:
    """POST /webhooks/{application_id}/{token}: one more message, or right after a deferral the answer itself."""
    interaction = _find(world, request)
    form = Form(request.object)
    original = interaction.original
    if original is not None and original.is_loading and not original.deleted:
        content = read_message(world, interaction.channel, form, request.files, default=USERS_ONLY, response=True)
        changes: Json = {
            "content": content.text,
            "embeds": content.embeds,
            "components": content.components,
            "attachments": content.attachments,
            "flags": original.flags & ~LOADING | content.flags & ~EPHEMERAL,
        }
        original.files |= content.files
        world.rewrite(original, changes, content.allowed)
        return ok(_render(world, original))
    if interaction.only_user_installed and len(interaction.followups) >= MAX_FOLLOWUPS:
        raise Refused(400, 40094, "This interaction has hit the maximum number of follow up messages")
    message = _post(world, interaction, form, request, form.body, ())
    interaction.followups.append(message)
    world.changed(interaction.channel)
    return ok(_render(world, message))


def _find(world: World, request: Request) -> Interaction:
    if request.ids["application_id"] != world.bot.id:
        raise unknown("Webhook")
    return world.interactions.by_token(request.names["token"])


def _find_message(world: World, request: Request) -> Message:
    """The answer itself (@original), or a follow-up by id.

    Raises:
        Refused: 404.
    """
    interaction = _find(world, request)
    wanted = request.ids.get("message_id")
    known = [one for one in (interaction.original, *interaction.followups) if one is not None]
    found = interaction.original if wanted is None else next((one for one in known if one.id == wanted), None)
    if found is None or found.deleted:
        raise unknown("Message")
    return found


def get_answer(world: World, request: Request) -> Answer:
    """GET /webhooks/{application_id}/{token}/messages/@original or /{message_id}."""
    return ok(_render(world, _find_message(world, request)))


def edit_answer(world: World, request: Request) -> Answer:
    """PATCH /webhooks/{application_id}/{token}/messages/@original or /{message_id}."""
    message = _find_message(world, request)
    changes, content = read_edit(world, message, Form(request.object), request.files, default=USERS_ONLY)
    if message.is_loading:
        changes["flags"] = changes.get("flags", message.flags) & ~LOADING
    message.files |= content.files
    world.rewrite(message, changes, content.allowed)
    return ok(_render(world, message))


def delete_answer(world: World, request: Request) -> Answer:
    """DELETE /webhooks/{application_id}/{token}/messages/@original or /{message_id}."""
    world.delete(_find_message(world, request))
    return NOTHING
