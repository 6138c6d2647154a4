"""Nothing that comes from outside is run: no eval, no exec, no pickle, anywhere in improv."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import improv

CALLS = {"eval", "exec", "compile", "__import__"}
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml"}
ROOM = Path(improv.__file__).parent
OWN_PIPES = "session/link.py"
"""Between our own processes, which start one another; nothing from outside comes that way."""


def faults(source: str) -> list[str]:
    """Each thing in a program that could run what it was given."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in CALLS:
                found.append(f"{name}()")
            case ast.Import(names=names):
                found += [n.name for n in names if n.name.partition(".")[0] in MODULES]
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in MODULES:
                found.append(module)
            case ast.keyword(arg="allow_pickle", value=value) if not (
                isinstance(value, ast.Constant) and value.value is False
            ):
                found.append("allow_pickle")
    return found


def test_no_module_of_improv_evaluates_or_unpickles() -> None:
    """Whatever a file or a packet says, it is data."""
    guilty = {
        path.relative_to(ROOM).as_posix(): found
        for path in sorted(ROOM.rglob("*.py"))
        if (found := faults(path.read_text("utf-8")))
    }
    assert guilty == {OWN_PIPES: ["pickle"]}


def test_every_array_file_is_read_without_pickles() -> None:
    """`np.load` says so itself, whatever NumPy's default is."""
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr="load")):
                    said = {k.arg for k in node.keywords}
                    assert "allow_pickle" in said, f"{path.name}:{node.lineno}"


@pytest.mark.parametrize(
    "source",
    ["eval('1')", "import pickle", "from yaml import load", "np.load(f, allow_pickle=True)"],
)
def test_what_is_looked_for_is_found(source: str) -> None:
    """The look itself, on programs that are guilty."""
    assert faults(source)
