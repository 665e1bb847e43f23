"""The options by which `muster register` says what is meant of a source that is more than files."""

from typing import Annotated

import typer

from registry.domain.api_source import PageBy

PageByOption = Annotated[
    PageBy | None,
    typer.Option(help="How a page of an API leads to the next; by a link unless said."),
]
RecordsOption = Annotated[
    str | None,
    typer.Option(
        metavar="PATH", help="Where the records stand in a JSON object, such as data.items."
    ),
]
NextOption = Annotated[
    str | None,
    typer.Option(
        "--next", metavar="PATH", help="Where a page has the next cursor, or the next link."
    ),
]
PageParameterOption = Annotated[
    str | None,
    typer.Option(help="The URL's parameter for it, if not cursor, page or offset."),
]
AuthOption = Annotated[
    str | None,
    typer.Option(
        metavar="SECRET", help="A bearer token by its name: env:NAME or keyring:SERVICE/USER."
    ),
]
HeaderOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="'NAME: VALUE'",
        help="A header of each request; a secret in it is env:NAME. May be repeated.",
    ),
]
AttemptsOption = Annotated[
    int | None, typer.Option(help="How often a page is asked for; 6 unless said.")
]
MaxRateOption = Annotated[float | None, typer.Option(help="Requests a second at most.")]
MaxPagesOption = Annotated[
    int | None, typer.Option(help="Pages of an API at most; 10,000 unless said.")
]
MaxPageBytesOption = Annotated[
    int | None, typer.Option(help="Bytes of a page at most; 64 MiB unless said.")
]
MaxRatioOption = Annotated[
    float | None,
    typer.Option(
        help="How many times its own bytes a compressed file, page or answer may become, once it "
        "is more than 100 MB (a page 1 MiB); 200 unless said."
    ),
]
MaxMembersOption = Annotated[
    int | None,
    typer.Option(help="Members of an archive at most; 1,000,000 unless said."),
]
MaxJsonDepthOption = Annotated[
    int | None,
    typer.Option(help="How deep a JSON record may be nested; 254 unless said."),
]
MaxDocumentBytesOption = Annotated[
    int | None,
    typer.Option(help="A longer document is rejected; 512 MiB unless said."),
]
AllowPrivateOption = Annotated[
    bool | None,
    typer.Option(
        "--allow-private", help="Also read from addresses that are not public, and by http."
    ),
]
SubsetOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="A subset (configuration) that the card names.")
]
SubsetSplitOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="One split of it, such as train; else all.")
]
ContributorOption = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Who gave all of it; a pseudonym is what is kept."),
]
ContributorColumnOption = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Or the column that says who gave a row.")
]
ConsentOption = Annotated[
    str | None,
    typer.Option(
        metavar="STATEMENT",
        help="On what consent all of it is given, in words; a row with a column for it goes by "
        "that.",
    ),
]
ConsentColumnOption = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN", help="Where a row says yes to being used, if not consent; others go."
    ),
]
LicenceColumnOption = Annotated[
    str | None,
    typer.Option(
        "--license-column",
        metavar="COLUMN",
        help="Where a row states its licence, if not license or licence; --license is that of "
        "rows that state none.",
    ),
]
