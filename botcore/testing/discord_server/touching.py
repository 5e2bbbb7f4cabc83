"""Pressing buttons, choosing from menus, filling in dialogues."""

from collections.abc import Iterator, Mapping, Sequence

from botcore.testing.discord_server.interactions import COMPONENT, MODAL_SUBMIT, Interaction
from botcore.testing.discord_server.invoking import invoke
from botcore.testing.discord_server.messages import SELECTS, Button, Menu, Message
from botcore.testing.discord_server.model import Json, User
from botcore.testing.discord_server.refusals import NotSent
from botcore.testing.discord_server.world import World

_TEXT_INPUT = 4


def _check(message: Message, user: User) -> None:
    if not message.is_shown_to(user):
        raise NotSent(f"{user.name} does not see that message")


def press_button(world: World, user: User, message: Message, button: Button | str) -> Interaction:
    """Press a button.

    Raises:
        NotSent: where there is no such button, it is disabled, or it only opens a link.
    """
    _check(message, user)
    label = button if isinstance(button, str) else button.label or button.emoji
    everything = [one for row in message.buttons for one in row]
    found = next((one for one in everything if label and label in {one.label, one.emoji}), None)
    if found is None or found.custom_id is None or found.disabled:
        labels = ", ".join(one.label or one.emoji for one in everything if one.custom_id and not one.disabled)
        raise NotSent(f"no button {label!r} to press on {message.text!r}; there are: {labels or 'none'}")
    data: Json = {"component_type": 2, "custom_id": found.custom_id, "id": 0}
    return invoke(world, COMPONENT, user, message.channel, found.label or found.emoji, data, source=message)


def select_options(world: World, user: User, message: Message, values: Sequence[str], menu: str | None) -> Interaction:
    """Choose from a menu of texts, by label or value.

    Raises:
        NotSent: where there is no such menu or value, or too few or too many are chosen.
    """
    _check(message, user)
    found = [one for one in message.menus if menu is None or menu in {one.placeholder, one.custom_id}]
    if not found or found[0].disabled:
        raise NotSent(f"no menu {menu!r} to choose from on {message.text!r}")
    chosen = found[0]
    if not chosen.min_values <= len(values) <= chosen.max_values:
        raise NotSent(f"{chosen.min_values} to {chosen.max_values} can be chosen, not {len(values)}")
    kind = next(number for number, name in SELECTS.items() if name == chosen.kind)
    picked = [_option(chosen, value) for value in values]
    data: Json = {"component_type": kind, "custom_id": chosen.custom_id, "id": 0, "values": picked}
    return invoke(world, COMPONENT, user, message.channel, chosen.placeholder or chosen.custom_id, data, source=message)


def _option(menu: Menu, value: str) -> str:
    if menu.kind != "string":
        raise NotSent(f"only menus of texts can be chosen from, not of {menu.kind}s")
    for one in menu.options:
        if value in {one["label"], one["value"]}:
            return str(one["value"])
    raise NotSent(f"no option {value!r}; there are: {', '.join(one['label'] for one in menu.options)}")


def fill_modal(world: World, user: User, interaction: Interaction, fields: Mapping[str, str]) -> Interaction:
    """Fill in and send the dialogue that an interaction opened.

    Raises:
        NotSent: where none is open, for fields that it does not have, and for required ones that are missing.
    """
    modal = interaction.modal
    if modal is None or interaction.user is not user:
        raise NotSent("no dialogue is open")
    inputs = {one["custom_id"]: one for one in _inputs(modal["components"])}
    if unknown := set(fields) - set(inputs):
        raise NotSent(f"the dialogue has no field {', '.join(sorted(unknown))}; it has: {', '.join(inputs)}")
    for name, one in inputs.items():
        if one.get("required", True) and not fields.get(name):
            raise NotSent(f"{name} is required")
    answered = [_answered(one, fields) for one in modal["components"]]
    data: Json = {"custom_id": modal["custom_id"], "components": answered}
    interaction.modal = None
    channel = interaction.channel
    return invoke(world, MODAL_SUBMIT, user, channel, modal["title"], data, source=interaction.source)


def _inputs(components: Sequence[Json]) -> Iterator[Json]:
    for one in components:
        if one["type"] == _TEXT_INPUT:
            yield one
        inner = one.get("components") or ([one["component"]] if "component" in one else [])
        yield from _inputs(inner)


def _answered(component: Json, fields: Mapping[str, str]) -> Json:
    """A part of the dialogue as it is sent: with what was written."""
    if component["type"] == _TEXT_INPUT:
        name = component["custom_id"]
        return {"type": _TEXT_INPUT, "id": component.get("id", 0), "custom_id": name, "value": fields.get(name, "")}
    made: Json = {"type": component["type"], "id": component.get("id", 0)}
    if "component" in component:
        made["component"] = _answered(component["component"], fields)
    if "components" in component:
        made["components"] = [_answered(one, fields) for one in component["components"]]
    return made
