"""Which file system a folder lies on, as far as the operating system tells."""

from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")

_NETWORK = {
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "fuse.glusterfs",
    "fuse.sshfs",
    "gpfs",
    "lustre",
    "nfs",
    "nfs4",
    "smb3",
}


def find_network_file_system(folder: Path, *, mounts: Path = MOUNTS) -> str | None:
    """Return the name of the network file system that a folder lies on, such as `nfs4`.

    None where it is local, or where the system does not say (only Linux does).

    Args:
        folder: An existing folder.
        mounts: The kernel's table of mounts; see proc_pid_mountinfo(5).
    """
    try:
        table = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    place = folder.resolve()
    nearest, kind = -1, ""
    for line in table.splitlines():
        before, _, behind = line.partition(" - ")
        # Spaces in a mount point are written as octal escapes.
        point = Path(before.split(" ")[4].replace("\\040", " "))
        if place.is_relative_to(point) and len(point.parts) >= nearest:
            nearest, kind = len(point.parts), behind.split(" ")[0]
    return kind if kind in _NETWORK else None
