"""Every act that the audit can hold has words on its page: read from the source, so that none is forgotten."""

import ast
from pathlib import Path

from intake.web.auditing import ACTS
from storage import audit
from tests.transcript import ROOT


def codes() -> set[str]:
    """Every code that is written into the audit, wherever in the source; also by a function that is given it."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for folder in ("intake", "storage")
             for path in (ROOT / folder).rglob("*.py")}  # fmt: skip
    constants = {
        target.id: node.value.value
        for tree in trees.values() for node in tree.body if isinstance(node, ast.Assign)
        for target in node.targets if isinstance(target, ast.Name)
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    } | {"LOOKED": audit.LOOKED, "SEARCHED": audit.SEARCHED}  # fmt: skip
    places, found, seen = {"audit.add": 4}, set[str](), set[str]()
    while new := places.keys() - seen:
        seen |= new
        for path, tree in trees.items():
            for function in ast.walk(tree):
                if isinstance(function, ast.FunctionDef):
                    _read(function, path, {name: places[name] for name in new}, constants, found, places)
    return found


def _read(
    function: ast.FunctionDef, path: Path, writers: dict[str, int], constants: dict[str, str], found: set[str],
    places: dict[str, int],
) -> None:  # fmt: skip
    """What one function writes; where it was given the code, those that call it are to be read as well."""
    given = [each.arg for each in function.args.args if each.arg != "self"]
    for call in ast.walk(function):
        if not isinstance(call, ast.Call):
            continue
        name = ast.unparse(call.func)
        inside = f"{path.stem}.{name}"  # of its own module
        place = next((at for key, at in writers.items() if key in (name, inside) or name.endswith(f".{key}")), None)
        if place is None:
            continue
        code = call.args[place]
        for each in (code.body, code.orelse) if isinstance(code, ast.IfExp) else (code,):
            match each:
                case ast.Constant(value=str(text)):
                    found.add(text)
                case ast.Name(id=known) if known in given:
                    key = (
                        function.name
                        if "self" in {arg.arg for arg in function.args.args}
                        else f"{path.stem}.{function.name}"
                    )
                    places[key] = given.index(known)
                case ast.Name(id=known):
                    found.add(constants[known])
                case _:
                    raise AssertionError(f"{path}: {ast.unparse(call)}")


def test_every_act_that_is_written_has_its_words() -> None:
    written = codes()
    assert {"looked", "searched", "claimed", "copied", "account_added", "phrase_retired", "setting_changed"} <= written
    assert written == set(ACTS)
