"""Checks JSON against an OpenAPI description: requests and answers of a client or of a simulated server.

    description = Description.load(Path("openai.yaml"))
    description.check_request("POST", "/chat/completions", body)
    description.check_response("POST", "/chat/completions", 200, answer)

For tests: it needs PyYAML and jsonschema, which a running bot does not. OpenAPI 3.0's `nullable` and 3.1's type unions
are both understood; `discriminator` is not used, because the schemas it chooses among tell themselves apart.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_ROOT = "urn:openapi:description"
_MOST_TOLD = 5
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


class Mismatch(AssertionError):
    """JSON that does not fit the description. The message says where and why."""


class Description:
    """An OpenAPI description, ready to check against."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = {**document, "components": _widened(document.get("components", {}))}
        resource = DRAFT202012.create_resource(self._document)
        self._registry: Registry[Any] = Registry().with_resource(_ROOT, resource)
        self._validators: dict[str, Draft202012Validator] = {}
        self._paths = [(_path_pattern(path), path) for path in sorted(document["paths"], key=_fixed_first)]

    @staticmethod
    def load(path: Path) -> "Description":
        """Read a description from a YAML or JSON file; the same file is parsed only once in a process.

        Raises:
            OSError: the file cannot be read.
        """
        return _load(path.resolve())

    def check_request(self, method: str, path: str, body: Any, *, media_type: str = "application/json") -> None:
        """Check a request body. `path` lies below the server's base URL, such as `/models/x`.

        With `media_type="multipart/form-data"` the body is the form as an object: a file is a string, numbers and
        booleans are what they stand for, and a name that comes several times (or with brackets) is an array.

        Raises:
            Mismatch: the body does not fit.
            LookupError: the description has no such operation, or no such body for it.
        """
        found = self._operation(method, path).get("requestBody")
        if found is None:
            raise LookupError(f"{method} {path} takes no body")
        self._check(f"{method} {path} request", _content(self._followed(found), media_type), body)

    def check_response(
        self, method: str, path: str, status: int, body: Any, *, media_type: str = "application/json"
    ) -> None:
        """Check a JSON answer, or with `media_type="text/event-stream"` the data of one streamed event.

        Raises:
            Mismatch: the answer does not fit.
            LookupError: the description has no such operation, status or media type.
        """
        responses: Mapping[str, Any] = self._operation(method, path)["responses"]
        found = responses.get(str(status)) or responses.get(f"{status // 100}XX") or responses.get("default")
        if found is None:
            raise LookupError(f"{method} {path} has no answer {status}")
        self._check(f"{method} {path} answer {status}", _content(self._followed(found), media_type), body)

    def check_schema(self, name: str, body: Any) -> None:
        """Check JSON against a named component schema, such as `ErrorResponse`.

        Raises:
            Mismatch: it does not fit.
            LookupError: there is no such schema.
        """
        if name not in self._document["components"]["schemas"]:
            raise LookupError(f"there is no schema {name!r}")
        self._check(name, {"$ref": f"#/components/schemas/{name}"}, body)

    def _operation(self, method: str, path: str) -> Mapping[str, Any]:
        for pattern, template in self._paths:
            if pattern.fullmatch(path) or pattern.fullmatch(unquote(path)):
                operation: Mapping[str, Any] | None = self._document["paths"][template].get(method.lower())
                if operation is not None and method.lower() in _METHODS:
                    return operation
        raise LookupError(f"the description has no {method} {path}")

    def _followed(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a reference to a shared response or body points to."""
        while "$ref" in value:
            target: Any = self._document
            for part in value["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            value = target
        return value

    def _check(self, what: str, schema: Mapping[str, Any], body: Any) -> None:
        key = json.dumps(schema, sort_keys=True)
        validator = self._validators.get(key)
        if validator is None:
            anchored = json.loads(key.replace('"#/', f'"{_ROOT}#/'))
            validator = Draft202012Validator(_widened(anchored), registry=self._registry)
            self._validators[key] = validator
        problems = list(validator.iter_errors(body))
        if problems:
            told = "\n".join(f"- {line}" for line in _told(problems))
            raise Mismatch(f"{what} does not fit the description:\n{told}")


@lru_cache(maxsize=8)
def _load(path: Path) -> Description:
    with path.open("rb") as file:
        if path.suffix == ".json":
            return Description(json.load(file))
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # without its C library PyYAML takes ten times as long
        return Description(yaml.load(file, loader))  # noqa: S506 - both are safe loaders


def _widened(value: Any) -> Any:
    """The same with OpenAPI 3.0's `nullable: true` written as JSON Schema does, and bare enums widened with it.

    A `oneOf` of any string and certain strings, with which descriptions list known names, is meant as `anyOf`: taken
    at its word, it forbids exactly the names that it lists.
    """
    if isinstance(value, list):
        return [_widened(one) for one in value]
    if not isinstance(value, dict):
        return value
    inner = {key: _widened(one) for key, one in value.items()}
    choices = inner.get("oneOf")
    if isinstance(choices, list) and sum(one.get("type") == "string" for one in choices) > 1:
        inner["anyOf"] = inner.pop("oneOf")
    if inner.get("nullable") is True:
        del inner["nullable"]
        return {"anyOf": [inner, {"type": "null"}]}
    return inner


def _content(holder: Mapping[str, Any], media_type: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = holder.get("content", {})
    for given, described in content.items():
        if given.partition(";")[0].strip() == media_type and "schema" in described:
            schema: Mapping[str, Any] = described["schema"]
            return schema
    raise LookupError(f"no {media_type} is described here; there is: {', '.join(content) or 'nothing'}")


def _path_pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(path)))


def _fixed_first(path: str) -> tuple[int, str]:
    return path.count("{"), path


def _told(problems: list[ValidationError]) -> Iterator[str]:
    for problem in problems[:_MOST_TOLD]:
        deepest = best_match([problem]) or problem
        where = "/".join(str(part) for part in deepest.absolute_path) or "(top)"
        message = deepest.message if len(deepest.message) <= 300 else f"{deepest.message[:300]}…"
        yield f"{where}: {message}"
