from registry.operations.passes.shards import path_of, uri_of


def test_a_files_uri_leads_back_to_it(tmp_path):
    path = tmp_path / "a b#c%41é.txt"

    assert path == path_of(uri_of(path))
