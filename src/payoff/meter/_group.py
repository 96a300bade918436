"""Several processes that are one run: ranks started by torchrun, SLURM or MPI, read from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping

from payoff.frozen import Frozen
from payoff.ledger import own_lease

_RANKS = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK")
_SIZES = ("WORLD_SIZE", "SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE")
_SLURM = (
    "SLURM_JOB_ID",
    "SLURM_ARRAY_JOB_ID",
    "SLURM_ARRAY_TASK_ID",
    "SLURM_STEP_ID",
    "SLURM_JOB_NAME",
    "SLURM_JOB_PARTITION",
)


class Group(Frozen):
    """The ranks of one launch."""

    key: str
    rank: int
    size: int

    def run_id(self, name: str, number: int) -> str:
        """The id that all ranks of the group give to the window of that name and number."""
        import hashlib

        return hashlib.sha256(f"{self.key}\0{name}\0{number}".encode()).hexdigest()[:32]


def this_group(environ: Mapping[str, str] = os.environ) -> Group | None:
    """The group that this process belongs to; `None` when it is alone.

    The key comes from what the launcher gives all of its ranks: the id of a SLURM step, of a torchrun rendezvous or
    of an MPI job; on one node without any of these, from the process that started the ranks.
    """
    if key := environ.get("PAYOFF_GROUP"):
        return Group(key, _number(environ, _RANKS) or 0, _number(environ, _SIZES) or 1)
    rank, size = _number(environ, _RANKS), _number(environ, _SIZES)
    if rank is None or size is None or size < 2:
        return None
    return Group(_key(environ), rank, size)


def _key(environ: Mapping[str, str]) -> str:
    rendezvous = environ.get("TORCHELASTIC_RUN_ID", "none")
    if rendezvous != "none" and "MASTER_PORT" in environ:
        return f"torchrun {rendezvous} {environ.get('MASTER_ADDR')}:{environ['MASTER_PORT']}"
    if "SLURM_JOB_ID" in environ and "SLURM_PROCID" in environ:
        return " ".join(
            ["slurm", *(environ.get(name, "") for name in _SLURM[:4]), environ.get("SLURM_CLUSTER_NAME", "")]
        )
    for name in ("PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid", "PMI_JOBID"):
        if name in environ:
            return f"{name} {environ[name]}"
    lease = own_lease()
    return f"parent {lease.host} {lease.boot} {os.getppid()} {environ.get('MASTER_PORT', '')}"


def cluster_tags(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The job and array ids that SLURM gives, to be kept with the run."""
    return {name.lower(): environ[name] for name in _SLURM if name in environ}


def _number(environ: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    return next((int(environ[name]) for name in names if environ.get(name, "").isdecimal()), None)
