"""Describe a version to others, in a format of theirs; say what had to be left out."""

from pathlib import Path

from registry.domain.exchange import Dossier, MetadataExport, MetadataFormat, Rendered
from registry.domain.names import Reference
from registry.errors import InputError
from registry.exchange.card import render_card
from registry.exchange.croissant import render_croissant
from registry.exchange.events import make_events, render_events
from registry.exchange.transports import is_server, send_events, write_events
from registry.operations.context import Context
from registry.operations.exchanging.dossier import gather
from registry.reporting.card_body import render_card_body
from registry.reporting.datasheet import render_datasheet
from registry.reporting.eu_summary import count_gaps, render_eu_summary, to_html
from registry.storage.objects import replaced_file, write_atomically


def export_metadata(
    context: Context,
    reference: Reference,
    *,
    wanted: MetadataFormat,
    destination: str | None = None,
) -> MetadataExport:
    """Return a version's description, written to a file or sent to a server if one is named.

    Args:
        context: The open registry.
        reference: The version.
        wanted: The format.
        destination: A file, which is replaced; `http://` or `https://` for events; None: neither.
            A summary whose file ends in `.html` is written as HTML.

    Raises:
        UnknownError: There is no such version.
        InputError: The format is only read, or not sent to servers.
        MissingExtraError: The extra `exchange` is not installed.
        StorageError: The file cannot be written, or the server takes no event.
    """
    if destination is not None and is_server(destination):
        if wanted is not MetadataFormat.OPENLINEAGE:
            raise InputError(f"{wanted} is not sent to a server", hint="name a file")
    elif destination is not None and not Path(destination).absolute().parent.is_dir():
        raise InputError(f"there is no folder {Path(destination).parent}", hint="make it first")
    dossier = gather(context, reference)
    rendered = _render(dossier, wanted, is_html=bool(destination and destination.endswith(".html")))
    if destination is not None:
        _deliver(context, dossier, rendered, wanted, destination)
    return MetadataExport(
        reference=dossier.version.reference,
        format=wanted,
        destination=destination,
        text=rendered.text,
        left_out=rendered.left_out,
    )


def _render(dossier: Dossier, wanted: MetadataFormat, *, is_html: bool) -> Rendered:
    match wanted:
        case MetadataFormat.CROISSANT:
            return render_croissant(dossier)
        case MetadataFormat.CARD:
            return render_card(dossier, render_card_body(dossier))
        case MetadataFormat.OPENLINEAGE:
            return render_events(dossier)
        case MetadataFormat.EU_SUMMARY:
            return _page(render_eu_summary(dossier), is_html=is_html)
        case MetadataFormat.DATASHEET:
            return _page(render_datasheet(dossier), is_html=is_html)
        case MetadataFormat.DATA_PROVENANCE:
            raise InputError(
                "data-provenance is read, not written", hint="--format croissant or card"
            )


def _page(markdown: str, *, is_html: bool) -> Rendered:
    gaps = f"{count_gaps(markdown)} answers are marked: nobody stated them here"
    return Rendered(text=to_html(markdown) if is_html else markdown, left_out=(gaps,))


def _deliver(
    context: Context,
    dossier: Dossier,
    rendered: Rendered,
    wanted: MetadataFormat,
    destination: str,
) -> None:
    if is_server(destination):
        token = context.settings.openlineage_token
        send_events(
            make_events(dossier),
            destination,
            token=None if token is None else token.get_secret_value(),
        )
    elif wanted is MetadataFormat.OPENLINEAGE:
        with replaced_file(Path(destination)) as path:
            write_events(make_events(dossier), path)
    else:
        write_atomically(Path(destination), rendered.text.encode())
