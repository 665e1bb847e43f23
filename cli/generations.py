"""What the commands about models and generations share: their options, and how they print."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import output
from cli.errors import ExitCode
from cli.session import Session
from registry.domain.generation import Role
from registry.errors import InputError

RoleOption = Annotated[
    Role | None, typer.Option(help="What the model did; else it wrote the documents.")
]
PromptDigestOption = Annotated[
    str | None,
    typer.Option(metavar="SHA256", help="The digest of the prompt or of its template."),
]
PromptFileOption = Annotated[
    Path | None, typer.Option(help="The prompt or its template, which is kept by its digest.")
]
SamplingOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE",
        help="A parameter of sampling; several by commas, and may be repeated.",
    ),
]

_NEXT_PARAMETER = r",(?=[A-Za-z_][\w.-]*=)"


def read_sampling(texts: Sequence[str] | None) -> dict[str, Any] | None:
    """Read parameters of sampling, as in `temperature=0.7,top_p=0.9`: a value is JSON, else text.

    Raises:
        InputError: One of them has no value.
    """
    import json

    if not texts:
        return None
    read: dict[str, Any] = {}
    for text in (one for several in texts for one in re.split(_NEXT_PARAMETER, several)):
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise InputError(f"{text!r} is not NAME=VALUE", hint="--sampling temperature=0.7")
        try:
            # NaN and Infinity are no JSON, whatever the library thinks.
            read[name] = json.loads(value, parse_constant=str)
        except json.JSONDecodeError:
            read[name] = value
    return read


def check_models(
    session: Session, references: Sequence[str], *, model: str, as_json: bool, quiet: bool
) -> None:
    """Print whether anything upstream of a version was written by a model; exit 3 if so.

    Raises:
        InputError: More than one version is named.
    """
    if len(references) != 1:
        raise InputError("--no-model asks of one version", hint="name them one by one")
    with session.registry() as registry:
        found = registry.generations.check(references[0], model=model)
    if as_json:
        output.print_json(found)
    elif found.is_free:
        if not quiet:
            searched = f"{found.num_ancestors:,} upstream and itself searched"
            output.write(f"{found.reference}: nothing by {model} ({searched})")
    else:
        output.write(" <- ".join(found.path))
    if not found.is_free:
        raise typer.Exit(ExitCode.NO)
