"""Is a place on a network file system, where the locks and shared memory of SQLite are not to be trusted?"""

from __future__ import annotations

import os
import re

MOUNTS = "/proc/self/mountinfo"
_KERNEL = (
    "9p acfs afs beegfs ceph cifs coda davfs dvs exafs glusterfs gpfs lustre mmfs ncp ncpfs nfs nfs4 ocfs2 orangefs "
    "panfs pvfs2 smb2 smb3 smbfs vastnfs vboxsf wekafs"
)
_FUSE = (
    "alluxio blob ceph cvmfs davfs gcs gluster goofys hdfs juicefs lizard moose nfs orange rclone s3 seaweed smb sshfs"
)


def network_file_system(path: str | os.PathLike[str], mounts: str | None = None) -> str | None:
    """The type of the network file system that holds a path, or `None` when it is local or cannot be told."""
    place = os.path.realpath(path)
    try:
        with open(mounts or MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.readlines()
    except OSError:
        return None
    longest, kind = "", ""
    for line in lines:
        before, dash, after = line.partition(" - ")
        fields = before.split()
        if not dash or len(fields) < 5:
            continue
        point = fields[4] if "\\" not in fields[4] else _unescaped(fields[4])
        if len(point) >= len(longest) and (place + "/").startswith(point.rstrip("/") + "/"):
            longest, kind = point, after.split()[0]
    over_network = kind in _KERNEL.split() or (kind.startswith("fuse.") and any(name in kind for name in _FUSE.split()))
    return kind if over_network else None


def _unescaped(point: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), point)
