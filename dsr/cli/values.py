"""What options say, taken as it is where it is plain: what typer reads values with takes longer to load than typer."""

import os
from pathlib import Path
from typing import Any


class Plain:
    """Reads the value of one option. What is not plain is left to typer, with its checks and its messages."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:  # noqa: ANN401 - typer's own types are private
        """The value in the option's type."""
        kind, many = param.type_descriptor.annotation, param.multiple or param.nargs == -1
        if value is None:
            return () if many else None
        if kind is str and type(value) is str:
            return value
        if kind == list[str] and isinstance(value, tuple | list) and all(type(one) is str for one in value):
            return list(value)
        if kind is Path and type(value) is str and _unchecked(value, param.type_descriptor.parameter_info):
            return Path(value)
        if kind is int and type(value) is int and value == param.default:
            return value
        param._runtime_param = None  # typer makes its own then
        return param.get_runtime_param().coerce(value, param=param, ctx=ctx)


def taken(command: Any, ctx: Any) -> None:  # noqa: ANN401 - typer's own types are private
    """Let the command's plain options be read so."""
    for param in command.get_params(ctx):
        param._runtime_param = Plain()


def _unchecked(value: str, info: Any) -> bool:  # noqa: ANN401 - typer's own types are private
    """Whether there is nothing about the path that typer would refuse."""
    wanted = info.exists or info.writable or info.resolve_path or not (info.file_okay and info.dir_okay)
    return not wanted and (not os.path.lexists(value) or os.access(value, os.R_OK))
