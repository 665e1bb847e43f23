import pytest

from registry.domain.version import Metric
from registry.reporting.metrics import metric_facts, say_metric


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("contributions.num_contributors", "people who gave it"),
        ("contributions.CC-BY-SA-4.0.num_documents", "contributions, CC-BY-SA-4.0: documents"),
        ("diversity.distinct_2", "diversity: distinct 2"),
        ("of_a_tool", "of_a_tool"),
    ],
)
def test_names_are_said_in_words(name, words):
    assert words == say_metric(name)


def test_encodings_have_lines_of_their_own():
    metrics = [
        Metric(name="other_encodings.num_files", value=2),
        Metric(name="exact_duplicates.num_documents", value=1200),
    ]

    assert [("exact duplicates", "1,200")] == metric_facts(metrics)
