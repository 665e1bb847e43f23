"""The Markdown below a dataset card's front matter."""

from registry.domain.exchange import Dossier
from registry.reporting.markdown import list_facts, list_lineage, list_models, list_tokens, literal


def render_card_body(dossier: Dossier) -> str:
    """Return description, facts, tokens, lineage and models."""
    dataset = dossier.described.dataset
    lines = [f"# {literal(str(dossier.version.dataset))}", ""]
    lines += [literal(dataset.description) if dataset.description else "No description is stated."]
    for title, facts in (
        ("Facts", list_facts(dossier)),
        ("Tokens", list_tokens(dossier)),
        ("How it was made", list_lineage(dossier)),
        ("Models", list_models(dossier)),
    ):
        if facts:
            lines += ["", f"## {title}", "", *(f"- {fact}" for fact in facts)]
    return "\n".join(lines) + "\n"
