"""Reads the YAML files of words strictly: nested mappings whose leaves are texts, nothing else.

Scalars stay text (`NO` is Norway), duplicate keys, lists, anchors and empty texts are refused with file and line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from dsr.core.errors import PolicyError
from dsr.engine.policyfile.nodes import PARSER


@dataclass(frozen=True, slots=True)
class Leaf:
    """One text: the keys that lead to it, the words, and where they stand ("policies/glossary.yaml:12")."""

    path: tuple[str, ...]
    text: str
    at: str


def leaves(path: Path) -> tuple[Leaf, ...]:
    """Every text of the file, in the order of the file; raises PolicyError for anything that is not a text."""
    name = f"{path.parent.name}/{path.name}"
    try:
        source = path.read_text(encoding="utf-8")
        _refuse_aliases(source, name)
        root = yaml.compose(source, Loader=PARSER)
    except OSError as error:
        raise PolicyError(f"{name}: the file cannot be read ({type(error).__name__}). Restore it.") from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{name}: the file is not UTF-8. Save it as UTF-8.") from error
    except yaml.YAMLError as error:
        raise PolicyError(f"{name}{_line(error)}: the file is not valid YAML. Correct its form there.") from error
    if root is None:
        return ()
    return tuple(_walk(root, (), name))


def _refuse_aliases(source: str, name: str) -> None:
    for event in yaml.parse(source, Loader=PARSER):
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark is not None else "?"
            raise PolicyError(f"{name}:{line}: aliases (*{event.anchor}) are not read here. Write the words out.")


def _walk(node: yaml.Node, path: tuple[str, ...], name: str) -> Iterator[Leaf]:
    at = f"{name}:{node.start_mark.line + 1}"
    if isinstance(node, yaml.ScalarNode):
        if not node.value.strip():
            raise PolicyError(f"{at}: {'.'.join(path) or 'the file'} has no words. Write them, or take the key out.")
        yield Leaf(path, node.value.strip(), at)
        return
    if not isinstance(node, yaml.MappingNode):
        raise PolicyError(f"{at}: {'.'.join(path) or 'the file'} is a list. Only names with words belong here.")
    seen: set[str] = set()
    for key, value in node.value:
        line = f"{name}:{key.start_mark.line + 1}"
        if not isinstance(key, yaml.ScalarNode):
            raise PolicyError(
                f"{line}: a name under {'.'.join(path) or 'the top'} is not a text. Give it a plain name."
            )
        if key.value in seen:
            raise PolicyError(f"{line}: {'.'.join((*path, key.value))} stands here twice. Keep one of them.")
        seen.add(key.value)
        yield from _walk(value, (*path, key.value), name)


def _line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f":{mark.line + 1}" if mark is not None else ""
