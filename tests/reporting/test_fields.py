"""What fields were made from, in words."""

from registry.domain.lineage import FieldEdge, FieldOrigin, OriginKind
from registry.reporting.fields import fields_text
from tests.reporting.factories import make_diamond


def make_field(field, *names, **changes):
    values = {
        "child": "a/out@1",
        "parent": "a/in@1",
        "run": "r",
        "field": field,
        "kind": OriginKind.FIELDS,
        "origins": tuple(FieldOrigin(reference="a/in@1", field=name) for name in names),
        "is_joined": len(names) > 1,
        "making": "normalize plain 1.0.0",
    }
    return FieldEdge.model_validate(values | changes)


def test_each_field_has_a_line_below_its_version():
    fields = (
        make_field("text", "question", "an\x1b[31mswer"),
        make_field("source", kind=OriginKind.PLACE),
        make_field("metadata", kind=OriginKind.NOTHING),
        make_field("input_ids", kind=OriginKind.BYTES, child="a/tokens@1", making="tokenize tiny"),
    )
    expected = """\
a/out@1, by normalize plain 1.0.0 from a/in@1
  text     from question, an␛[31mswer, joined by blank lines
  source   from the place in the files
  metadata from nothing
a/tokens@1, by tokenize tiny from a/in@1
  input_ids from the bytes of the files"""

    assert expected == fields_text(make_diamond(fields=fields)).plain


def test_fields_of_what_was_made_outside_are_one_line():
    unknown = {"kind": OriginKind.UNKNOWN, "making": "derive"}
    fields = tuple(
        make_field(field, parent=parent, **unknown)
        for parent in ("a/x@1", "a/y@1")
        for field in ("id", "text")
    )
    expected = """\
a/out@1, by derive from a/x@1, a/y@1
  id, text from unknown fields: it was made outside of muster"""

    assert expected == fields_text(make_diamond(fields=fields)).plain
