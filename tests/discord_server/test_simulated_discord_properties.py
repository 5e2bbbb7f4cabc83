"""What holds for any input: paths, bodies, mentions, ids."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from botcore.testing.discord_server import ManualClock
from botcore.testing.discord_server.command_forms import read_command
from botcore.testing.discord_server.components import read_components
from botcore.testing.discord_server.embeds import read_embeds
from botcore.testing.discord_server.forms import Form, as_snowflake
from botcore.testing.discord_server.mentions import EVERYTHING, Allowed, find_pings, read_allowed
from botcore.testing.discord_server.model import Channel, Guild, Member, Overwrite, Role, User
from botcore.testing.discord_server.permissions import ORDINARY, Permission, in_channel
from botcore.testing.discord_server.refusals import Refused
from botcore.testing.discord_server.routes import ROUTES
from botcore.testing.discord_server.routing import Router
from botcore.testing.discord_server.snowflakes import Snowflakes, at_time, time_of

NAMES = [
    "type",
    "id",
    "components",
    "custom_id",
    "label",
    "style",
    "options",
    "value",
    "name",
    "description",
    "url",
    "embeds",
    "title",
    "fields",
    "image",
    "author",
    "footer",
    "content",
    "emoji",
    "min_values",
    "accessory",
    "media",
    "parse",
    "users",
    "roles",
    "choices",
    "required",
    "contexts",
    "name_localizations",
    "items",
    "file",
    "timestamp",
]
names = st.sampled_from(NAMES)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 30) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=25,
)
bodies = st.dictionaries(names, json_values, max_size=6)
ROUTER = Router(ROUTES)


def _refusal(attempt: Callable[[], object]) -> Refused | None:
    try:
        attempt()
    except Refused as refused:
        return refused
    return None


@given(st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"]), st.lists(st.text(max_size=6), max_size=8))
def test_any_path_is_a_route_or_refused(method: str, parts: list[str]) -> None:
    refused = _refusal(lambda: ROUTER.match(method, "/" + "/".join(parts)))
    assert refused is None or refused.status in {400, 404, 405}


@given(st.sampled_from(sorted(ROUTES)), st.integers(0, 2**64 - 1))
def test_every_route_is_found_by_its_own_path(route: str, number: int) -> None:
    method, _, path = route.partition(" ")
    parts = [str(number) if p.endswith("_id}") else "%F0%9F%91%8D" if p.startswith("{") else p for p in path.split("/")]
    found = ROUTER.match(method, "/".join(parts))
    assert found.route == route
    assert set(found.ids.values()) <= {number}
    assert set(found.names.values()) <= {"👍"}


@settings(max_examples=300)
@given(bodies, st.booleans())
def test_any_body_is_read_or_complained_about(body: dict[str, Any], layout: bool) -> None:
    for read in (
        lambda form: read_embeds(form, body, ("embeds",)),
        lambda form: read_components(form, body, ("components",), layout=layout),
        lambda form: read_allowed(form, {"allowed_mentions": body}, ("allowed_mentions",), EVERYTHING),
        lambda form: read_command(form, body),
    ):
        form = Form(body)
        read(form)
        refused = _refusal(form.check)
        assert refused is None or (refused.code == 50035 and refused.as_json()["errors"])


@given(st.lists(st.floats(0, 10), min_size=1, max_size=30))
def test_ids_grow_and_tell_their_time(pauses: list[float]) -> None:
    clock = ManualClock()
    ids = Snowflakes(clock)
    before = 0
    for pause in pauses:
        clock.advance(pause)
        made = ids.next()
        assert made > before
        assert abs(time_of(made) - clock.now()) < 0.01
        before = made
    assert as_snowflake(str(before)) == before
    assert at_time(clock.now()) <= before


def _scene() -> tuple[Channel, User, User]:
    owner, author = User(1, "Owner", "owner"), User(2, "Bob", "bob")
    guild = Guild(9, "G", owner.id)
    guild.roles = {9: Role(9, "@everyone", ORDINARY, 0), 8: Role(8, "Staff", 0, 1)}
    guild.members = {1: Member(owner, 0), 2: Member(author, 0)}
    return Channel(7, 0, "general", guild), owner, author


@given(st.text(alphabet="<@!&12 89>`x@everyone here\n", max_size=60), st.booleans())
def test_nobody_is_pinged_who_is_not_written_to_or_not_allowed(text: str, silent: bool) -> None:
    channel, owner, author = _scene()
    users = {1: owner, 2: author}
    allowed = Allowed(users=False, roles=False, everyone=False, replied=False) if silent else EVERYTHING
    pings = find_pings(text, channel=channel, author=author, allowed=allowed, users=users)
    assert not pings.everyone  # Bob may not
    assert not pings.roles  # the role cannot be mentioned
    for user in pings.users:
        assert not silent
        assert f"<@{user.id}>" in text or f"<@!{user.id}>" in text


@given(st.integers(0, 2**53 - 1), st.integers(0, 2**53 - 1), st.integers(0, 2**53 - 1))
def test_permissions_follow_from_roles_and_overwrites(base: int, allow: int, deny: int) -> None:
    channel, owner, bob = _scene()
    assert channel.guild is not None
    channel.guild.roles[9].permissions = base

    channel.overwrites[bob.id] = Overwrite(allow, deny & ~allow, is_role=False)
    bits = in_channel(channel, bob)
    assert in_channel(channel, owner) == (1 << 53) - 1
    if base & Permission.ADMINISTRATOR:
        assert bits == (1 << 53) - 1
    elif not (base & ~deny | allow) & Permission.VIEW_CHANNEL:
        assert bits == 0
    else:
        assert bits & ~(base | allow) == 0
        assert bits & Permission.VIEW_CHANNEL
