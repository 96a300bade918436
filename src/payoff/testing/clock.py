"""A clock that stands still until it is told to go on: exact arithmetic, and days that pass in a second."""

from __future__ import annotations


class FakeClock:
    """Seconds that pass when a test says so, with the CPU time of one job and of all processes of its machine."""

    def __init__(self, *, threads: int = 4) -> None:
        self.threads = threads
        self.now_s = 1000.0
        self.job_s = 5.0
        self.busy_s: float | None = 50.0

    def pass_time(self, elapsed_s: float, *, job: float = 0.0, others: float = 0.0) -> None:
        """Let time pass in which this job and the others kept that many threads busy on average."""
        self.now_s += elapsed_s
        self.job_s += elapsed_s * job
        if self.busy_s is not None:
            self.busy_s += elapsed_s * (job + others)

    def now(self) -> float:
        """Seconds on the monotonic clock."""
        return self.now_s

    def job_cpu(self) -> float:
        """CPU seconds that the job has used."""
        return self.job_s

    def machine_busy(self) -> float | None:
        """CPU seconds that all processes have used; `None` where the system does not tell."""
        return self.busy_s
