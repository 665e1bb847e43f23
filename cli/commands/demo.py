"""`muster demo`: the whole line on text that every Python has."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import output, registrations
from cli.commands import normalize, tokenize
from registry.domain.card import Card
from registry.domain.target import parse_sizes
from registry.domain.version import DatasetKind
from registry.settings import HOME_FOLDER

if TYPE_CHECKING:
    from registry.api import Registry

app = typer.Typer(rich_markup_mode=None, add_completion=False)

_LICENCE = "PSF-2.0"
_VOCAB_SIZE = 8192
_SIZES = "100K,500K,2M,10M,1.3B"
_RECIPES = {"python/stdlib": "code-default", "python/topics": "text-default"}
_QUESTIONS = "synthetic/questions"


@app.command()
def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where the demo's registry is made.")
    ] = Path("muster-demo"),
    sizes: Annotated[
        str, typer.Option("--params", metavar="SIZE[,SIZE]", help="The models to report on.")
    ] = _SIZES,
) -> None:
    """Register, normalize, tokenize, trace and report on the standard library of this Python.

    Three datasets: its sources (code), its help topics (documentation), and questions made from
    the sources by a stated rule (synthetic). Run it again and nothing changes.
    """
    from cli.progress import TerminalProgress
    from registry.api import open_registry
    from registry.operations.keeping.database import init_registry
    from registry.operations.keeping.home import read_settings

    # Never a team's catalog, whatever the environment says.
    settings = read_settings().alone_in(folder.absolute() / HOME_FOLDER)
    init_registry(folder, settings=settings)
    with open_registry(settings=settings, progress=TerminalProgress()) as registry:
        _register(registry, folder)
        normalized = [_normalize(registry, name, recipe) for name, recipe in _recipes()]
        _tokenize(registry, normalized)
        _trace(registry, normalized[-1])
        _report(registry, normalized, sizes)
    output.hint(f"next: cd {folder} && muster list")


def _recipes() -> list[tuple[str, str]]:
    return [*_RECIPES.items(), (_QUESTIONS, "text-default")]


def _register(registry: "Registry", folder: Path) -> None:
    from registry.operations.collecting import demo_data

    topics, questions = folder / "topics.jsonl", folder / "questions.jsonl"
    demo_data.write_topics(topics)
    demo_data.write_questions(questions)
    card = Card(
        licence=_LICENCE,
        licence_url="https://docs.python.org/3/license.html",
        language=("en",),
        url="https://www.python.org",
    )
    _say("register STDLIB --name python/stdlib --kind code --license PSF-2.0")
    answer = registry.register(
        demo_data.source_paths(),
        name="python/stdlib",
        card=card.model_copy(
            update={"kind": DatasetKind.CODE, "description": "Sources of the standard library"}
        ),
    )
    registrations.show(answer, as_json=False, quiet=False)
    _say(f"register {topics} --name python/topics --license PSF-2.0")
    answer = registry.register(
        [str(topics)],
        name="python/topics",
        card=card.model_copy(update={"description": "Help topics of pydoc"}),
    )
    registrations.show(answer, as_json=False, quiet=False)
    _say(
        f"register {questions} --name {_QUESTIONS} --kind synthetic --generated-by people "
        "--derived-from python/stdlib"
    )
    answer = registry.register(
        [str(questions)],
        name=_QUESTIONS,
        card=card.model_copy(
            update={
                "kind": DatasetKind.SYNTHETIC,
                "description": "Questions on functions of the standard library",
                "generated_by": "people",
                "derived_from": ("python/stdlib",),
                "rule": demo_data.SYNTHETIC_RULE,
            }
        ),
    )
    registrations.show(answer, as_json=False, quiet=False)


def _normalize(registry: "Registry", name: str, recipe: str) -> str:
    _say(f"normalize {name} --recipe {recipe}")
    answer = registry.normalize(name, recipe=recipe)
    normalize.show(answer, as_json=False, quiet=False)
    return answer.reference


def _tokenize(registry: "Registry", references: list[str]) -> None:
    sources = " ".join(f"--from {reference}" for reference in references)
    _say(f"tokenizer train {sources} --vocab-size {_VOCAB_SIZE} --name demo-8k")
    trained = registry.tokenizers.train(references, name="demo-8k", vocab_size=_VOCAB_SIZE)
    output.write(f"{trained.status}: {trained.tokenizer.name} {trained.tokenizer.fingerprint}")
    for reference in references:
        _say(f"tokenize {reference} --tokenizer demo-8k")
        answer = registry.tokenize(reference, tokenizer="demo-8k")
        tokenize.show(answer, as_json=False, quiet=False)


def _trace(registry: "Registry", reference: str) -> None:
    from registry.reporting.tree import lineage_tree

    name = f"{reference.partition('@')[0]}.demo-8k"
    _say(f"lineage {name}")
    output.print_text(lineage_tree(registry.lineage(name)))


def _report(registry: "Registry", references: list[str], sizes: str) -> None:
    from registry.reporting.readiness import render_report

    _say(f"report {' '.join(references)} --params {sizes}")
    answer = registry.report(references, num_parameters=parse_sizes(sizes))
    output.print_text(render_report(answer))


def _say(command: str) -> None:
    output.write(f"\n$ muster {command}")
