"""NVIDIA accelerators, through the driver's library NVML (the extra `nvidia`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple

from payoff.errors import SensorError
from payoff.meter._seam import Evidence, Probe
from payoff.meter.sensors._counter import CounterSensor, Register
from payoff.meter.sensors._gpu import Accelerator, all_or_none, idle_of, share_of_work
from payoff.meter.sensors._guarded import Guarded
from payoff.meter.sensors._sampled import Sampled
from payoff.quantities import Pair

KIND = "NVIDIA (NVML)"
UNLOCK = "pip install 'payoff[nvidia]'"
HIGHEST_W = 3000.0
COUNTER = {"accuracy of the energy counter": (0.95, 1.05)}
POWER = {"accuracy of the power reading": (0.9, 1.1)}
"""Both assumed: NVML documents ±5 % of the power reading for Fermi and Kepler, and nothing for later boards."""
WHOLE_SLICES = {"A30": 4}
MOST_SLICES = 7
"""Into how many slices MIG cuts a device."""


class Gpu(NamedTuple):
    """A device that the job may use: where its energy is counted, and what part of that is the job's machine's.

    `works` is the MIG instance on which the job's processes are looked for, where that is not the whole device.
    """

    name: str
    handle: Any
    covers: str
    part: float = 1.0
    works: Any = None


class Nvml:
    """The few calls that are needed, each raising `SensorError` instead of the library's own errors."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """The call `nvml...` of that name."""
        call = getattr(self._library, f"nvml{name}")

        def told(*arguments: Any) -> Any:
            try:
                return call(*arguments)
            except self._library.NVMLError as error:
                raise SensorError(f"NVML {name}: {error}") from error

        return told

    def has(self, name: str, *arguments: Any) -> bool:
        """Whether that call answers."""
        try:
            getattr(self, name)(*arguments)
        except (SensorError, AttributeError):
            return False
        return True


def visible(nvml: Nvml, environ: Mapping[str, str]) -> Iterator[Gpu]:
    """The devices that CUDA_VISIBLE_DEVICES leaves: numbers up to the first that is none, or UUIDs or their beginnings.

    CUDA counts the fastest first unless CUDA_DEVICE_ORDER=PCI_BUS_ID; with unlike devices a number may mean another.
    """
    handles = [nvml.DeviceGetHandleByIndex(index) for index in range(nvml.DeviceGetCount())]
    wanted = environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        yield from (_gpu(nvml, index, handle) for index, handle in enumerate(handles))
        return
    uuids = [_text(nvml.DeviceGetUUID(handle)) for handle in handles]
    for word in map(str.strip, wanted.split(",")):
        if word.startswith("MIG-"):
            yield _slice(nvml, word, uuids, handles)
        elif word.startswith("GPU-") and sum(uuid.startswith(word) for uuid in uuids) == 1:
            index = next(i for i, uuid in enumerate(uuids) if uuid.startswith(word))
            yield _gpu(nvml, index, handles[index])
        elif word.isdecimal() and int(word) < len(handles):
            yield _gpu(nvml, int(word), handles[int(word)])
        else:
            return


def _gpu(nvml: Nvml, index: int, handle: Any) -> Gpu:
    return Gpu(f"gpu {index}: {_text(nvml.DeviceGetName(handle))}", handle, f"gpu {index}")


def _slice(nvml: Nvml, uuid: str, uuids: list[str], handles: list[Any]) -> Gpu:
    """A MIG instance: it has no counter of its own, so its parent's energy is shared out by slices."""
    instance = nvml.DeviceGetHandleByUUID(uuid)
    parent = nvml.DeviceGetDeviceHandleFromMigDeviceHandle(instance)
    index = uuids.index(_text(nvml.DeviceGetUUID(parent)))
    name = _text(nvml.DeviceGetName(parent))
    whole = next((slices for kind, slices in WHOLE_SLICES.items() if kind in name), MOST_SLICES)
    held = nvml.DeviceGetAttributes(instance).gpuInstanceSliceCount
    told = f"gpu {index}, {held} of {whole} slices: {name}"
    return Gpu(told, handles[index], f"gpu {index} {uuid}", held / whole, instance)


def _text(value: str | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def sensor(nvml: Nvml, gpu: Gpu) -> Accelerator:
    """The sensor of one device; raises `SensorError` where it tells neither energy nor power."""
    limit = "DeviceGetEnforcedPowerLimit"
    limit_w = getattr(nvml, limit)(gpu.handle) / 1e3 if nvml.has(limit, gpu.handle) else None

    def watts() -> float:
        return float(nvml.DeviceGetPowerUsage(gpu.handle)) / 1e3

    said = _evidence(POWER, gpu.part, "NVML power reading once a tick, its accuracy assumed")
    power = Sampled(gpu.name, watts, said, idle=idle_of(limit_w))
    counter = None
    read = nvml.DeviceGetTotalEnergyConsumption
    if nvml.has("DeviceGetTotalEnergyConsumption", gpu.handle):
        said = _evidence(COUNTER, gpu.part, "NVML energy counter, its accuracy assumed")
        register = Register(gpu.name, 1e-3, HIGHEST_W)
        counter = CounterSensor(gpu.name, [register], lambda: [int(read(gpu.handle))], said, idle=idle_of(limit_w))
    else:
        watts()
    return Accelerator(counter, power, _Work(nvml, gpu.works or gpu.handle).share, part=gpu.part)


def _evidence(error: dict[str, Pair], part: float, source: str) -> Evidence:
    if part == 1.0:
        return Evidence("measured", error, error, (source,))
    shared = {**error, "MIG: energy shared out by slices": (0.4, min(1 / part, 2.5))}
    return Evidence("modelled", shared, shared, (source, "share of a MIG instance by its slices: assumed"))


class _Work:
    """The job's share of the work on a device, from the driver's samples since the look before."""

    def __init__(self, nvml: Nvml, handle: Any) -> None:
        self._nvml, self._handle = nvml, handle
        self._seen = 0
        self._last: float | None = None

    def share(self, mine: Collection[int]) -> float | None:
        """The share; without new samples the last one, and before any whether all on the device are ours."""
        work: dict[int, float] = {}
        with suppress(SensorError):  # none of the processes worked, or the device does not say
            for sample in self._nvml.DeviceGetProcessUtilization(self._handle, self._seen):
                self._seen = max(self._seen, int(sample.timeStamp))
                work[sample.pid] = work.get(sample.pid, 0.0) + sample.smUtil
        if any(work.values()):
            self._last = share_of_work(mine, work)
        elif self._last is None:
            with suppress(SensorError):
                return all_or_none(mine, [p.pid for p in self._nvml.DeviceGetComputeRunningProcesses(self._handle)])
        return self._last


def probe(environ: Mapping[str, str] | None = None) -> list[Probe]:
    """A probe for each device that is visible to the job, where there is a driver."""
    try:
        library = import_module("pynvml")
    except ImportError:
        return [Probe(KIND, state="an NVIDIA driver is here, the package nvidia-ml-py is not", unlock=UNLOCK)]
    nvml = Nvml(library)
    try:
        nvml.Init()
        gpus = list(visible(nvml, os.environ if environ is None else environ))
    except (SensorError, AttributeError, ValueError) as error:
        return [Probe(KIND, state=f"the driver's library does not answer ({error})")]
    return [_probe_one(nvml, gpu) for gpu in gpus] or [Probe(KIND, state="no device is visible to this job")]


def _probe_one(nvml: Nvml, gpu: Gpu) -> Probe:
    try:
        return Probe(KIND, (Guarded(sensor(nvml, gpu)),), frozenset({gpu.covers}), gpu.name)
    except SensorError as error:
        return Probe(KIND, state=f"{gpu.name} tells neither energy nor power ({error})")
