"""YAML as people write it: every scalar is text, and every mistake has a file and a line.

PyYAML's own loaders read a bare `no` as false and `08` as a number; here nothing is guessed, pydantic
converts afterwards. Anchors and aliases are refused (a few lines of them can grow to gigabytes), and so
are keys that stand twice.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]


_LARGEST = 2_000_000  # characters; ten times the largest of ours


class YamlProblem(ValueError):
    """A file that cannot be used. `str()` is one sentence: file, line, key and reason."""


_MAY_NAME = re.compile("[&*]")  # without these signs there is no anchor, and nothing to look for
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, ten times as fast, where it was built in


class _TextLoader(_Loader):  # type: ignore[misc]
    """Only text, lists and mappings; see the module's docstring."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012  PyYAML's own way to configure a loader


def load(path: Path, model: type[Model]) -> Model:
    """The file as `model`. Raises `YamlProblem` naming file, line and key of the first mistake."""
    return parse(path.read_text(encoding="utf-8"), model, path.name)


def parse(text: str, model: type[Model], name: str) -> Model:
    """`load` for a text; `name` stands for the file in messages."""
    root = _compose(text, name)
    value = _plain(root, name)
    try:
        return model.model_validate(value)
    except ValidationError as problem:
        first = problem.errors()[0]
        place = tuple(first["loc"])
        key = ".".join(str(part) for part in place) or "(file)"
        raise YamlProblem(f"{name}, line {_line(root, place)}, {key}: {first['msg']}") from None


def _compose(text: str, name: str) -> yaml.Node:
    if len(text) > _LARGEST:
        raise YamlProblem(f"{name}: the file is too large")
    try:
        for event in yaml.parse(text, Loader=_TextLoader) if _MAY_NAME.search(text) else ():
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise YamlProblem(f"{name}, line {_line_of(event)}: anchors and aliases are not allowed")
        root = yaml.compose(text, Loader=_TextLoader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        reason = getattr(problem, "problem", None) or "this is not YAML"
        raise YamlProblem(f"{name}, line {line}: {reason}") from None
    except RecursionError:
        raise YamlProblem(f"{name}: nested too deeply") from None
    if root is None:
        raise YamlProblem(f"{name}: the file is empty")
    return root


def _line_of(item: Any) -> int:
    return int(item.start_mark.line) + 1


def _plain(node: yaml.Node, name: str) -> Any:
    match node:
        case yaml.MappingNode():
            return dict(_pairs(node, name))
        case yaml.SequenceNode():
            return [_plain(item, name) for item in node.value]
        case yaml.ScalarNode():
            return None if node.value == "" and node.style is None else node.value
    raise YamlProblem(f"{name}, line {_line_of(node)}: not text, a list or a mapping")


def _pairs(node: yaml.MappingNode, name: str) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise YamlProblem(f"{name}, line {key.start_mark.line + 1}: a key must be a word")
        if key.value in seen:
            raise YamlProblem(f"{name}, line {key.start_mark.line + 1}, {key.value}: this key stands twice")
        seen.add(key.value)
        yield key.value, _plain(value, name)


def _line(node: yaml.Node, place: Place) -> int:
    """The line of the deepest part of `place` that exists in the file."""
    line = node.start_mark.line
    for part in place:
        found = _child(node, part)
        if found is None:
            break
        line, node = found
    return int(line) + 1


def _child(node: yaml.Node, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key.start_mark.line, value) for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line, node.value[part]
    return None
