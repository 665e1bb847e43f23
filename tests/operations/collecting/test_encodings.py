"""What files and members of archives are written in, as registration finds, tells and keeps it."""

import io
import tarfile
import zipfile

import pytest

from registry.domain.names import Reference
from registry.domain.reading import Encoding, EncodingBasis, Reading
from registry.domain.version import manifest_digest
from registry.errors import InputError
from registry.operations.passes.changes import compare
from tests.sources.test_encoding import JAPANESE, RUSSIAN

MEMBERS = {
    "a.txt": b"plain ascii",
    "ja.txt": JAPANESE.encode("cp932"),
    "ru.csv": f'n,text\n1,"{RUSSIAN}"\n'.encode("cp1251"),
    "u.txt": RUSSIAN.encode(),
}


def zip_of(members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return data.getvalue()


def tar_of(members):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


@pytest.mark.parametrize(("name", "pack"), [("a.zip", zip_of), ("a.tgz", tar_of)])
def test_each_member_is_in_an_encoding_of_its_own(muster, tmp_path, name, pack):
    inner = zip_of([("deep.txt", RUSSIAN.encode("koi8-r"))])
    (tmp_path / name).write_bytes(pack([*MEMBERS.items(), ("z.zip", inner)]))
    answer = muster.register([str(tmp_path / name)], name="web/cc")
    normalized = muster.normalize("web/cc", recipe="text-default", max_rejected=0)
    found = muster.sample(normalized.reference, num_documents=9).documents

    texts = {document.source.partition("!/")[2]: document.text for document in found}
    assert {
        "a.txt": "plain ascii",
        "ja.txt": JAPANESE.strip(),
        "ru.csv#1": RUSSIAN.strip(),
        "u.txt": RUSSIAN.strip(),
        "z.zip!/deep.txt": RUSSIAN.strip(),
    } == {place: text.strip() for place, text in texts.items()}
    assert {
        "cp932": (f"{name}!/ja.txt",),
        "cp1251": (f"{name}!/ru.csv",),
        "koi8-r": (f"{name}!/z.zip!/deep.txt",),
    } == {use.name: use.paths for use in answer.encodings}
    assert answer.encodings == muster.show("web/cc").encodings
    assert "unchanged" == muster.register([str(tmp_path / name)], name="web/cc").status
    assert not muster.verify_all().findings


def test_members_of_one_name_stay_as_they_are(muster, tmp_path):
    pair = [("a.txt", JAPANESE.encode("cp932")), ("a.txt", RUSSIAN.encode("cp1251"))]
    (tmp_path / "a.tgz").write_bytes(tar_of(pair))

    (use,) = muster.register([str(tmp_path / "a.tgz")], name="web/cc").encodings
    assert (EncodingBasis.UNTOLD, 2) == (use.basis, use.num_files)


@pytest.mark.parametrize("name", ["a.csv", "a.zip"])
def test_an_encoding_that_cannot_be_told_is_said_to_be(muster, tmp_path, name):
    short = "text\nÉté, où est-il ?\n".replace(",", "").encode("cp1252")
    members = [("a.csv", short), ("b.csv", b"text\nplain ascii\n")]
    (tmp_path / name).write_bytes(short if name == "a.csv" else zip_of(members))
    answer = muster.register([str(tmp_path / name)], name="web/cc")

    (use,) = answer.encodings
    place = name if name == "a.csv" else "a.zip!/a.csv"
    assert (EncodingBasis.UNTOLD, 1, (place,)) == (use.basis, use.num_files, use.paths)
    assert answer.encodings == muster.show("web/cc").encodings
    assert "unchanged" == muster.register([str(tmp_path / name)], name="web/cc").status


def test_members_that_deny_what_was_declared_are_counted_and_named(muster, context, tmp_path):
    denied = [("a.txt", "Д И".encode()), ("b.txt", b"plain"), ("c.txt", "И И".encode())]
    (tmp_path / "a.zip").write_bytes(zip_of(denied))
    notes = []
    context.progress.note = notes.append
    declared = Reading(encoding=Encoding.declare("cp1251"))
    (use,) = muster.register([str(tmp_path / "a.zip")], name="web/cc", reading=declared).encodings

    assert (3, 3, ("a.zip!/c.txt", "a.zip!/a.txt", "a.zip")) == (
        use.num_files,
        use.num_replaced,
        use.paths,
    )
    (note,) = notes
    assert "warning: a.zip!/c.txt is not in cp1251 throughout" in note


@pytest.mark.parametrize("name", ["a.txt", "a.zip"])
def test_a_declared_encoding_that_the_bytes_deny_is_told(muster, context, tmp_path, name):
    text = JAPANESE.encode("cp932")
    data = text if name == "a.txt" else zip_of([("a.txt", text)])
    (tmp_path / name).write_bytes(data)
    notes = []
    context.progress.note = notes.append
    declared = Reading(encoding=Encoding.declare("utf-8"))
    answer = muster.register([str(tmp_path / name)], name="web/cc", reading=declared)

    (use,) = answer.encodings
    num_replaced = text.decode("utf-8", "replace").count("\ufffd")
    assert (num_replaced, True) == (use.num_replaced, use.is_doubtful)
    (note,) = notes
    assert f"{num_replaced} characters of 1 file became U+FFFD" in note
    assert "without --encoding it is detected" in note


def test_rows_in_another_encoding_ask_for_it(muster, tmp_path):
    (tmp_path / "a.jsonl").write_bytes('{"text": "caf\xe9"}\n'.encode("latin-1"))

    with pytest.raises(InputError, match="invalid-utf8: 1") as caught:
        muster.register([str(tmp_path / "a.jsonl")], name="web/cc")
    assert "--encoding" in caught.value.hint


def test_an_encoding_that_few_bytes_told_of_is_noted(muster, context, tmp_path):
    """A dozen accents can mean one letter here and another there, whatever the confidence."""
    letter = (
        "L'été dernier, nous étions allés à la mer près de Bordeaux, où l'eau était déjà tiède.\n"
        "Ma sœur préférait rester à l'ombre, après le déjeuner, à lire un roman très épais.\n"
        "Moi, j'ai nagé jusqu'à la bouée ; ç'aurait été parfait, si le vent ne s'était levé.\n"
    )
    (tmp_path / "few.txt").write_bytes((letter + "Rien d'autre.\n" * 50).encode("cp1252"))
    (tmp_path / "many.txt").write_bytes((letter * 9).encode("cp1252"))
    notes = []
    context.progress.note = notes.append
    muster.register([str(tmp_path / "many.txt")], name="web/many")
    assert [] == notes
    muster.register([str(tmp_path / "few.txt")], name="web/few")

    num_bytes = sum(not character.isascii() for character in letter)
    (note,) = notes
    assert f"few.txt is read as cp1252, of which {num_bytes} bytes outside ASCII tell" in note


def test_how_an_encoding_was_told_is_no_other_reading(muster, context, tmp_path):
    """Versions that were sealed before bytes were counted are read as they always were."""
    path = tmp_path / "a.txt"
    path.write_bytes(RUSSIAN.encode("cp1251"))
    first = muster.register([str(path)], name="web/ru")
    (shard,) = context.catalog.versions.list_shards(Reference.parse(first.reference))
    encoding = shard.reading.encoding
    uncounted = encoding.model_copy(update={"num_telling": None})
    before = shard.model_copy(
        update={"reading": shard.reading.model_copy(update={"encoding": uncounted})}
    )

    assert encoding.num_telling > 0
    assert manifest_digest((before,)) == manifest_digest((shard,))
    counts = {"num_documents": 1, "num_bytes": 1}
    version = muster.show(first.reference).version
    assert () == compare(version, [before], [shard], **counts).readings
