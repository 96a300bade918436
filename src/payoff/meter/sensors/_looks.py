"""Where to look for sensors, and in what order.

The first look is a matter of microseconds: only where a device, a folder or a setting says that there is something is
the file that knows it imported.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from payoff.meter._processor import this_processor
from payoff.meter._seam import Probe

if TYPE_CHECKING:
    from payoff.meter.sensors._calibrated import Calibration
    from payoff.meter.sensors._modelled import ServerModel

WHOLE = "machine"
"""What a meter at the wall covers: whatever else there is would be counted twice."""
CALIBRATIONS = "payoff/machine.json"
PATIENCE_S = 2.0
"""How long a vendor's library may take to start."""


class Look(NamedTuple):
    """A way to look for sensors, and the part of the machine for which it looks: in vain once that is covered."""

    part: str
    probes: Callable[[], Iterable[Probe]]


def looks(root: str, model: ServerModel) -> list[Look]:
    """All ways but the model, the best first; the model says at most how many idle watts a processor has."""
    known, processor_idle_w = _calibration(), model.processor_idle_w
    return [
        Look(WHOLE, lambda: [_wall_meter(known)]),
        Look(WHOLE, lambda: [_ipmi(root)]),
        Look("processor", lambda: [_perf(root, processor_idle_w)]),
        Look("processor", lambda: [_powercap(root, processor_idle_w)]),
        Look("processor", lambda: [_zeusd(root, processor_idle_w)]),
        Look("processor", lambda: [_jetson(root, processor_idle_w)]),
        Look("processor", lambda: [_apple(root, processor_idle_w)]),
        Look("accelerators", lambda: _nvidia(root)),
        Look("accelerators", lambda: _amd(root)),
        Look("processor", lambda: [_calibrated(known, model)]),
    ]


def config_path() -> str:
    """The file of calibrations in the user's configuration folder."""
    folder = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(folder, CALIBRATIONS)


def _any(root: str, *paths: str) -> bool:
    return any(os.path.exists(os.path.join(root, path)) for path in paths)


def _calibration() -> Calibration | None:
    path = config_path()
    if not os.path.exists(path):
        return None
    from payoff.meter.sensors._calibrated import load

    return load(this_processor(), path)


def _wall_meter(known: Calibration | None) -> Probe:
    if known is None or not known.meter:
        unlock = "payoff calibrate --watts 'COMMAND THAT PRINTS WATTS' --keep-meter"
        return Probe("wall meter", state="none named", unlock=unlock)
    from payoff.meter.sensors import _command

    return _command.probe(known.meter, known.idle_w)


def _ipmi(root: str) -> Probe:
    """A management controller is used only when named as the wall meter, for it samples slowly and coarsely."""
    if not _any(root, "dev/ipmi0", "dev/ipmi/0", "dev/ipmidev/0"):
        return Probe("IPMI", state="no management controller")
    unlock = "payoff calibrate --watts 'sudo -n ipmitool dcmi power reading' --keep-meter"
    return Probe("IPMI", state="a management controller is here", unlock=unlock)


def _perf(root: str, idle_w: float) -> Probe:
    if not _any(root, "sys/bus/event_source/devices/power"):
        return Probe("RAPL (perf events)", state="the kernel has no energy events here (usual in virtual machines)")
    from payoff.meter.sensors import _perf

    return _perf.probe(root, idle_w, this_processor().vendor)


def _powercap(root: str, idle_w: float) -> Probe:
    from payoff.meter.sensors import _sysfs

    if not _sysfs.names(os.path.join(root, "sys/class/powercap"), "intel-rapl"):
        state = "the kernel shows no energy counters here (usual in virtual machines and containers)"
        return Probe("RAPL (powercap)", state=state)
    from payoff.meter.sensors import _powercap

    return _powercap.probe(root, idle_w)


def _zeusd(root: str, idle_w: float) -> Probe:
    if "ZEUSD_SOCK_PATH" not in os.environ and not _any(root, "run/zeusd/zeusd.sock", "var/run/zeusd.sock"):
        return Probe("RAPL (zeusd)", state="no daemon")
    from payoff.meter.sensors import _zeusd

    return _zeusd.probe(root, idle_w)


def _jetson(root: str, idle_w: float) -> Probe:
    if not _any(root, "sys/bus/i2c/drivers/ina3221", "sys/bus/i2c/drivers/ina3221x"):
        return Probe("Jetson (INA3221)", state="not a Jetson")
    from payoff.meter.sensors import _jetson

    return _jetson.probe(root, idle_w)


def _apple(root: str, idle_w: float) -> Probe:
    if not _any(root, "usr/bin/powermetrics"):
        return Probe("Apple silicon (powermetrics)", state="not a Mac")
    from payoff.meter.sensors import _apple

    return _apple.probe(root, idle_w)


def _nvidia(root: str) -> list[Probe]:
    windows = os.path.join(os.environ.get("WINDIR", "C:/Windows"), "System32/nvml.dll")
    if not _any(root, "dev/nvidiactl", "dev/nvidia0", "dev/dxg") and not (os.name == "nt" and os.path.exists(windows)):
        return [Probe("NVIDIA (NVML)", state="no NVIDIA driver")]
    from payoff.meter.sensors import _nvidia

    return _patiently("NVIDIA (NVML)", _nvidia.probe)


def _amd(root: str) -> list[Probe]:
    if not _any(root, "dev/kfd", "sys/class/drm"):
        return [Probe("AMD (AMD SMI)", state="no AMD driver")]
    from payoff.meter.sensors import _amd

    return _patiently("AMD (AMD SMI)", lambda: _amd.probe(root))


def _patiently(kind: str, look: Callable[[], list[Probe]]) -> list[Probe]:
    """Look with a vendor's library, which may hang with its driver, or raise anything."""
    found: list[list[Probe]] = []

    def run() -> None:
        try:
            found.append(look())
        except Exception as error:  # noqa: BLE001  a training must start whatever a vendor's library does
            found.append([Probe(kind, state=f"the driver's library fails ({type(error).__name__}: {error})")])

    thread = threading.Thread(target=run, name=f"payoff looks for {kind}", daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    return found[0] if found else [Probe(kind, state="the driver does not answer")]


def _calibrated(known: Calibration | None, model: ServerModel) -> Probe:
    if known is None:
        unlock = "payoff calibrate --watts 'COMMAND THAT PRINTS WATTS'"
        return Probe("calibrated model", state="never calibrated", unlock=unlock)
    from payoff.meter.sensors import _calibrated

    return _calibrated.probe(known, model.power)
