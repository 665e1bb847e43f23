"""Make one card of a card file and of the options beside it; an option wins."""

from pathlib import Path

from registry.domain.card import Card


def card_of(path: Path | None, **options: object) -> Card:
    """Return the card that file and options state together.

    Args:
        path: A `.yaml` or `.toml` card, or None.
        options: Fields of the card by the names they have in a file; what is None is not stated.

    Raises:
        InputError: A field has a wrong value.
        UnreadableError: The file cannot be read.
    """
    from registry.operations.collecting.cards import make_card, read_card

    stated = {name: value for name, value in options.items() if value is not None}
    card = make_card(stated, origin="options")
    return card if path is None else card.over(read_card(path))
