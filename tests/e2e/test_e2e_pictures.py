"""Pictures on Telegram: the whole way from a message to a photo, an album, and the buttons below them."""

from botcore.testing.telegram_server import Message, Person

from .conftest import House, OpenHouse
from .surroundings import eventually


def shown(person: Person) -> list[Message]:
    """The bot's pictures in the chat, the latest last."""
    return [message for message in person.chat.transcript() if message.from_bot and message.media == "photo"]


async def test_a_picture_is_drawn_changed_by_a_reply_and_varied_by_a_button(house: House) -> None:
    ada = house.user()
    await ada.says("/image a red fox")
    drawn = await house.answer(ada)
    assert drawn.media == "photo"
    await ada.says("make it blue", reply_to=drawn)
    changed = await house.answer(ada)
    assert changed.media == "photo"
    [edit] = house.api.requests.to("/images/edits")
    assert edit.form is not None
    assert edit.form.text("prompt") == "make it blue"
    press = await ada.presses("Variation", on=changed)
    await press.answer()
    varied = await house.answer(ada)
    assert varied.media == "photo"
    assert len(house.api.requests.to("/images/edits")) == 2
    await ada.says("what colours are in it?", reply_to=varied)
    assert "pixels" in (await house.answer(ada)).text


async def test_several_pictures_are_an_album_whose_buttons_know_them(open_house: OpenHouse) -> None:
    house = await open_house(plugins__images__model="dall-e-3")
    ada = house.user()
    await ada.says("/image --count 3 a red fox")
    await eventually(lambda: len(shown(ada)) == 3)
    await house.idle()
    album = shown(ada)
    assert len({message.data["media_group_id"] for message in album}) == 1
    buttons = ada.chat.transcript()[-1]
    assert [button.label for row in buttons.buttons for button in row] == [f"Variation of {n}" for n in (1, 2, 3)]
    assert "in a clear and simple style" in buttons.text
    await ada.presses("Variation of 2", on=buttons)
    await eventually(lambda: len(shown(ada)) == 4)
    await house.idle()
    assert len(house.api.requests.to("/images/variations")) == 1


async def test_a_photo_with_an_instruction_is_changed(house: House) -> None:
    ada = house.user()
    await ada.sends_photo(caption="/image make it green")
    assert (await house.answer(ada)).media == "photo"
    said = await ada.sends_document(b"<svg/>", "drawing.svg", caption="/image make it green")
    assert said.media == "document"
    assert (await house.answer(ada)).text.startswith("That is an SVG drawing; I take PNG")
