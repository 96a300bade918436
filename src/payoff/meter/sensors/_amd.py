"""AMD accelerators, through the library AMD SMI (the extra `amd`) or, without any, the kernel's hwmon files.

The hwmon files serve Intel's discrete graphics (i915, xe) as well, which show a counter there.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from importlib import import_module
from typing import Any

from payoff.errors import SensorError
from payoff.meter._seam import Evidence, Probe
from payoff.meter.sensors import _sysfs
from payoff.meter.sensors._counter import CounterSensor, Register
from payoff.meter.sensors._gpu import Accelerator, all_or_none, idle_of
from payoff.meter.sensors._guarded import Guarded
from payoff.meter.sensors._sampled import Sampled

KIND = "AMD (AMD SMI)"
HWMON = "graphics (hwmon)"
UNLOCK = "pip install 'payoff[amd]'"
HIGHEST_W = 3000.0
DRIVERS = ("amdgpu", "i915", "xe")
DISCRETE = ("power1_cap", "fan1_input", "temp1_crit", "energy1_input")
"""The kernel hides the first three for graphics that are part of a processor, whose energy RAPL counts already."""
EVIDENCE = Evidence(
    "measured",
    idle={"accuracy of the device's own figure": (0.9, 1.1)},
    dynamic={"accuracy of the device's own figure": (0.9, 1.1)},
    sources=("the accelerator's own figure, its accuracy assumed",),
)


def probe(root: str = "/", environ: Mapping[str, str] | None = None) -> list[Probe]:
    """A probe for each device; the library is loaded only where the compute driver and ROCm's own library are."""
    known = os.environ if environ is None else environ
    smi, failed = _library(root, known)
    drivers = DRIVERS if smi is None else DRIVERS[1:]
    found = [] if smi is None else _from_library(smi, known)
    found += [_from_hwmon(card, folder) for card, folder in _cards(root, drivers)]
    return found or [failed]


def _library(root: str, environ: Mapping[str, str]) -> tuple[Any, Probe]:
    """AMD SMI, or what keeps it away. It is not loaded in vain, for then it prints to standard output."""
    if not os.path.exists(os.path.join(root, "dev/kfd")):
        return None, Probe(KIND, state="no AMD compute driver")
    folder = environ.get("ROCM_PATH") or os.path.join(root, "opt/rocm")
    if not os.path.exists(os.path.join(folder, "lib/libamd_smi.so")):
        return None, Probe(KIND, state=f"an AMD compute driver is here, libamd_smi.so is not in {folder}/lib")
    try:
        smi = import_module("amdsmi")
        smi.amdsmi_init()
    except ImportError:
        return None, Probe(KIND, state="an AMD compute driver is here, the package amdsmi is not", unlock=UNLOCK)
    except Exception as error:  # noqa: BLE001  the library fails in many ways where ROCm is not installed whole
        return None, Probe(KIND, state=f"AMD SMI does not start ({error})")
    return smi, Probe(KIND)


def _from_library(smi: Any, environ: Mapping[str, str]) -> list[Probe]:
    try:
        handles = list(enumerate(smi.amdsmi_get_processor_handles()))
    except smi.AmdSmiException as error:
        return [Probe(KIND, state=f"AMD SMI names no device ({error})")]
    wanted = environ.get("ROCR_VISIBLE_DEVICES", environ.get("HIP_VISIBLE_DEVICES", ""))
    numbers = {int(word) for word in wanted.split(",") if word.strip().isdecimal()}
    probes = []
    for index, handle in handles:
        if not numbers or index in numbers:
            try:
                sensor = Guarded(_accelerator(smi, f"amd gpu {index}", handle))
            except SensorError as error:
                probes.append(Probe(KIND, state=f"amd gpu {index} does not tell its energy ({error})"))
            else:
                probes.append(Probe(KIND, (sensor,), frozenset({f"amd gpu {index}"}), sensor.name))
    return probes or [Probe(KIND, state="no device is visible to this job")]


def _accelerator(smi: Any, name: str, handle: Any) -> Accelerator:
    def ask(call: str) -> Any:
        try:
            return getattr(smi, call)(handle)
        except smi.AmdSmiException as error:
            raise SensorError(f"AMD SMI {call}: {error}") from error

    def count() -> list[int]:
        told = ask("amdsmi_get_energy_count")
        return [int(told.get("energy_accumulator", told.get("power")))]

    def watts() -> float:
        told = ask("amdsmi_get_power_info")
        for field in ("current_socket_power", "average_socket_power", "socket_power"):
            if isinstance(told.get(field), int | float):
                return float(told[field])
        raise SensorError(f"{name} does not tell its power")

    def share(mine: Collection[int]) -> float | None:
        return all_or_none(mine, [process["pid"] for process in ask("amdsmi_get_gpu_process_list")])

    resolution_uj = float(ask("amdsmi_get_energy_count")["counter_resolution"])
    counter = None
    if resolution_uj > 0:
        counter = CounterSensor(name, [Register(name, resolution_uj * 1e-6, HIGHEST_W)], count, EVIDENCE)
    return Accelerator(counter, Sampled(name, watts, EVIDENCE), share)


def _cards(root: str, drivers: Collection[str]) -> list[tuple[str, str]]:
    """Cards of these drivers that are no part of a processor, each with the folder of its hwmon files."""
    cards = []
    base = os.path.join(root, "sys/class/drm")
    for card in _sysfs.names(base, "card"):
        monitors = f"{base}/{card}/device/hwmon"
        for monitor in _sysfs.names(monitors, "hwmon") if card[4:].isdecimal() else ():
            folder = f"{monitors}/{monitor}"
            if _sysfs.text(f"{folder}/name") in drivers and any(os.path.exists(f"{folder}/{f}") for f in DISCRETE):
                cards.append((card, folder))
    return cards


def _from_hwmon(card: str, folder: str) -> Probe:
    name = f"{card}: {_sysfs.text(f'{folder}/name')}"
    limit_uw = _sysfs.number(f"{folder}/power1_cap")
    limit_w = limit_uw / 1e6 if limit_uw else None
    energy, counter = f"{folder}/energy1_input", None
    readings = (f"{folder}/power1_average", f"{folder}/power1_input")
    power = next((path for path in readings if os.path.exists(path)), readings[0])
    try:
        if os.path.exists(energy):
            register = Register(name, 1e-6, HIGHEST_W)
            counter = CounterSensor(name, [register], lambda: [_sysfs.count(energy)], EVIDENCE, idle=idle_of(limit_w))
        else:
            _microwatts(power)
    except SensorError as error:
        return Probe(HWMON, state=f"{name} tells neither energy nor power ({error})")
    sampled = Sampled(name, lambda: _microwatts(power), EVIDENCE, idle=idle_of(limit_w))
    sensor = Accelerator(counter, sampled, lambda _: None)
    way = "counter" if counter else "power reading"
    return Probe(HWMON, (Guarded(sensor),), frozenset({f"graphics {card}"}), f"{name}, by {way}")


def _microwatts(path: str) -> float:
    return _sysfs.count(path) / 1e6
