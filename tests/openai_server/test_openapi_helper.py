"""The OpenAPI checker on small descriptions of its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from botcore.testing.openapi import Description, Mismatch


def described(schema: dict[str, Any], **components: Any) -> Description:
    content = {"application/json": {"schema": schema}}
    paths = {
        "/things/{id}": {"put": {"requestBody": {"content": content}, "responses": {"200": {"content": content}}}},
        "/things/first": {"put": {"responses": {"2XX": {"$ref": "#/components/responses/Done"}}}},
    }
    done = {"content": {"application/json; charset=utf-8": {"schema": {"const": "done"}}}}
    return Description({"paths": paths, "components": {"schemas": components, "responses": {"Done": done}}})


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "nullable": True},
        {"type": ["string", "null"]},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"$ref": "#/components/schemas/Maybe"},
    ],
)
def test_every_way_to_say_nullable(schema: dict[str, Any]) -> None:
    description = described(schema, Maybe={"type": "string", "enum": ["a"], "nullable": True})
    description.check_request("PUT", "/things/7", None)
    description.check_request("PUT", "/things/7", "a")
    with pytest.raises(Mismatch, match="request"):
        description.check_request("PUT", "/things/7", 5)


def test_any_string_or_a_known_one() -> None:
    description = described({"oneOf": [{"type": "string"}, {"type": "string", "enum": ["a", "b"]}]})
    description.check_request("PUT", "/things/7", "a")
    description.check_request("PUT", "/things/7", "z")
    with pytest.raises(Mismatch):
        description.check_request("PUT", "/things/7", 5)


def test_forms_have_a_schema_of_their_own() -> None:
    content = {"multipart/form-data": {"schema": {"type": "object", "required": ["file"]}}}
    description = Description({"paths": {"/f": {"post": {"requestBody": {"content": content}, "responses": {}}}}})
    description.check_request("POST", "/f", {"file": "x"}, media_type="multipart/form-data")
    with pytest.raises(Mismatch, match="file"):
        description.check_request("POST", "/f", {}, media_type="multipart/form-data")
    with pytest.raises(LookupError, match="no application/json"):
        description.check_request("POST", "/f", {})


def test_a_property_that_is_named_nullable_is_left_alone() -> None:
    description = described({"type": "object", "properties": {"nullable": {"type": "boolean"}}})
    description.check_request("PUT", "/things/7", {"nullable": True})
    with pytest.raises(Mismatch):
        description.check_request("PUT", "/things/7", None)


def test_fixed_paths_come_before_variable_ones_and_references_are_followed() -> None:
    description = described({"type": "integer"})
    description.check_response("PUT", "/things/first", 204, "done")
    with pytest.raises(Mismatch):
        description.check_response("PUT", "/things/first", 204, 1)
    description.check_response("PUT", "/things/a%2Fb", 200, 1)


def test_schemas_may_refer_to_themselves() -> None:
    tree = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Tree"}}, "required": ["name"]}
    description = described({"$ref": "#/components/schemas/Tree"}, Tree=tree)
    description.check_schema("Tree", {"name": "a", "child": {"name": "b"}})
    with pytest.raises(Mismatch, match="child"):
        description.check_schema("Tree", {"name": "a", "child": {}})


def test_what_is_not_described_is_said(tmp_path: Path) -> None:
    file = tmp_path / "description.json"
    file.write_text(json.dumps({"paths": {"/a": {"get": {"responses": {}}}}}))
    description = Description.load(file)
    assert Description.load(file) is description
    with pytest.raises(LookupError, match="no answer 200"):
        description.check_response("GET", "/a", 200, {})
    with pytest.raises(LookupError, match="takes no body"):
        description.check_request("GET", "/a", {})
