from registry.storage.filesystem import find_network_file_system

TABLE = """\
21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 21 0:40 / {place} rw,relatime shared:2 master:1 - {kind} server:/export rw
"""


def test_a_folder_below_a_network_mount_lies_on_a_network(tmp_path):
    mounts = tmp_path / "mountinfo"
    shared = tmp_path / "shared place"
    (shared / "below").mkdir(parents=True)
    mounts.write_text(TABLE.format(place=str(shared).replace(" ", "\\040"), kind="nfs4"))

    assert find_network_file_system(shared / "below", mounts=mounts) == "nfs4"
    assert find_network_file_system(tmp_path, mounts=mounts) is None


def test_a_local_mount_below_a_network_one_is_local(tmp_path):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(TABLE.format(place=tmp_path, kind="xfs").replace("ext4", "nfs"))

    assert find_network_file_system(tmp_path, mounts=mounts) is None


def test_where_the_system_does_not_say_nothing_is_known(tmp_path):
    assert find_network_file_system(tmp_path, mounts=tmp_path / "none") is None
