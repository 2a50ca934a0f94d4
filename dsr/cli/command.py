"""Registers commands: the shared options are added here, so that a command only names its own."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_type_hints

import typer

from dsr.cli.help import Panel as Panel
from dsr.cli.help import Sections, Spoken
from dsr.cli.run import Common, LangOption, Run, environment
from dsr.core.errors import UsageError

Body = Callable[..., int | None]
_CONTEXT = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)


def make_app(name: str, about: str, *, acts: bool = False) -> typer.Typer:
    """A group of commands with the settings that all groups share; one that `acts` is a command itself, too."""
    return typer.Typer(
        name=name,
        help=about,
        cls=Sections,
        no_args_is_help=not acts,
        invoke_without_command=acts,
        subcommand_metavar="[COMMAND] [ARGS]..." if acts else "COMMAND [ARGS]...",
        add_completion=name == "dsr",
        rich_markup_mode=None,
        # Tracebacks with local variables would put personal data on the screen.
        pretty_exceptions_enable=False,
        pretty_exceptions_show_locals=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        callback=_spoken_to,
    )


def _spoken_to(lang: LangOption = None) -> None:
    """Stands for a group's own `--lang`; the language itself is read before anything else is."""


def command(app: typer.Typer, name: str, panel: Panel | None = None) -> Callable[[Body], Body]:
    """Registers `body(run, …)` as a command. Parameters whose type is a dataclass stand for its fields' options."""

    def register(body: Body) -> Body:
        call = _callable(body, name if app.info.name == "dsr" else f"{app.info.name} {name}")
        app.command(name, cls=Spoken, rich_help_panel=panel.value if panel else None)(call)
        return body

    return register


def itself(app: typer.Typer) -> Callable[[Body], Body]:
    """Registers `body(run, …)` as what the group does when no command of it is named."""

    def register(body: Body) -> Body:
        call = _callable(body, str(app.info.name))
        parameters = inspect.signature(call).parameters
        defaults = {name: parameter.default for name, parameter in parameters.items() if name not in ("ctx", "lang")}

        def alone(ctx: typer.Context, **given: Any) -> int | None:  # noqa: ANN401 - typer hands over what options say
            if ctx.invoked_subcommand is None:
                return call(ctx, **given)
            if {name: given[name] for name in defaults} != defaults:
                raise UsageError(f"Options stand after the command: dsr {app.info.name} {ctx.invoked_subcommand} ...")
            return None

        _describe(alone, body, [*parameters.values()])
        app.callback(invoke_without_command=True)(alone)
        return body

    return register


def _callable(body: Body, path: str) -> Callable[..., int | None]:
    """What typer sees: the body's own options and the shared ones, as keyword arguments."""
    hints = get_type_hints(body, include_extras=True)
    own = [one for one in inspect.signature(body).parameters.values() if one.name != "run"]
    groups = {one.name: hints[one.name] for one in own if is_dataclass(hints[one.name])}

    def call(ctx: typer.Context, **given: Any) -> int | None:  # noqa: ANN401 - typer hands over what the options say
        common = _build(Common, given)
        built = {name: _build(group, given) for name, group in groups.items()}
        return body(Run(path, common, environment(), ctx.obj), **given, **built)

    options = [made for one in own for made in _options(one, hints[one.name])]
    _describe(call, body, [_CONTEXT, *options, *_options_of(Common)])
    return call


def _describe(call: Callable[..., int | None], body: Body, parameters: list[inspect.Parameter]) -> None:
    call.__doc__ = body.__doc__
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in parameters}


def _options(parameter: inspect.Parameter, hint: Any) -> list[inspect.Parameter]:  # noqa: ANN401 - any annotation
    if is_dataclass(hint) and isinstance(hint, type):
        return _options_of(hint)
    return [parameter.replace(annotation=hint, kind=inspect.Parameter.KEYWORD_ONLY)]


def _options_of(group: type) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(group)
    ]


def _build(group: type, given: dict[str, Any]) -> Any:  # noqa: ANN401 - an instance of the group
    return group(**{field.name: given.pop(field.name) for field in fields(group)})
