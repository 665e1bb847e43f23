import pytest

from registry.domain.collecting import RepositorySource, SourceOptions, parse_source
from registry.errors import InputError


@pytest.mark.parametrize(
    "place", ["/src/a project", "file:///src/a%20project", "git+file:///src/a%20project"]
)
def test_a_repository_is_a_folder_or_its_url(place):
    source = parse_source([place], SourceOptions(commit="v1"))

    assert isinstance(source, RepositorySource)
    assert ("git+file:///src/a%20project", "v1") == (source.uri, source.revision)


def test_a_repository_elsewhere_is_to_be_cloned_first():
    with pytest.raises(InputError, match="where they lie on this machine") as caught:
        parse_source(["ssh://git@host/a"], SourceOptions(commit="v1"))
    assert "git clone ssh://" in caught.value.hint
