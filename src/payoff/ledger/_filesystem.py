"""Is a place on a network file system, where the locks and shared memory of SQLite are not to be trusted?"""

from __future__ import annotations

import os
import re
from pathlib import Path

MOUNTS = "/proc/self/mountinfo"
NETWORK = frozenset(
    "9p acfs afs beegfs ceph cifs coda davfs dfs dvs exafs ftpfs glusterfs gpfs lustre mmfs ncp ncpfs nfs nfs4 ocfs2 orangefs panfs pvfs2 "
    "s3fs sftp smb2 smb3 smbfs vastnfs vboxsf wekafs".split()
)
"""Types of the kernel's mount table; `fuse.NAME` is looked up below."""

_NETWORK_FUSE = re.compile(r"fuse\.(.*(sshfs|s3|gcs|blob|rclone|gluster|ceph|cvmfs|juicefs|goofys|davfs|seaweed|moose|lizard|smb|nfs|alluxio|hdfs|orange).*)")


def network_file_system(path: Path, mounts: str | None = None) -> str | None:
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
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), fields[4])
        if len(point) >= len(longest) and (place + "/").startswith(point.rstrip("/") + "/"):
            longest, kind = point, after.split()[0]
    return kind if kind in NETWORK or _NETWORK_FUSE.fullmatch(kind) else None
