"""Which kinds of processor there are: CPUID as Linux shows it, era, and how the published results name them.

Families and models after Linux (arch/x86/include/asm/intel-family.h and arch/x86/kernel/cpu/amd.c), which cannot tell
Skylake-SP, Cascade Lake and Cooper Lake apart but by stepping, nor Bergamo from Siena: those are one kind here too.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of processor. `names` is searched in the name's key; the first kind of `KINDS` that matches is it."""

    key: str
    label: str
    era: str
    vendor: str
    family: int
    models: tuple[int, ...]
    names: str


KINDS = (
    Kind("zen5c", "AMD Turin Dense", "zen", "amd", 26, (17,), r"epyc 9(?:965|845|825|745|645)"),
    Kind("zen5-client", "AMD EPYC 4005", "client", "amd", 26, (68,), r"epyc 4\d\d5"),
    Kind("zen5", "AMD Turin", "zen", "amd", 26, (0, 1, 2), r"epyc 9\d\d5"),
    Kind("zen4c", "AMD Bergamo, Siena", "zen", "amd", 25, (160,), r"epyc (?:97|8\d)\d4"),
    Kind("zen4-client", "AMD EPYC 4004", "client", "amd", 25, (97,), r"epyc 4\d\d4"),
    Kind("zen4", "AMD Genoa", "zen", "amd", 25, (16, 17), r"epyc 9\d\d4"),
    Kind("zen3", "AMD Milan", "zen", "amd", 25, (0, 1), r"epyc 7\w\w3"),
    Kind("zen2", "AMD Rome", "zen", "amd", 23, (48, 49), r"epyc 7\w\w2"),
    Kind("zen1", "AMD Naples", "zen", "amd", 23, (0, 1), r"epyc 7\w\w1"),
    Kind("bulldozer", "AMD Bulldozer", "opteron", "amd", 21, (1, 2), r"opteron [346][23]\d\d"),
    Kind("k10", "AMD K10", "opteron", "amd", 16, (2, 4, 8, 9), r"opteron (?:[1-8][34]|[46]1)\d\d"),
    Kind("k8", "AMD K8", "old", "amd", 15, (33, 37, 65), r"opteron \d[0-2]\d\d"),
    Kind("neoverse", "Arm Neoverse", "arm", "", 0, (), r"altra|grace"),
    Kind("graniterapids", "Intel Granite Rapids", "lake", "intel", 6, (173, 174), r"^6[579]\d\dp"),
    Kind("sierraforest", "Intel Sierra Forest", "lake", "intel", 6, (175,), r"^6[79]\d\de"),
    Kind("raptorlake", "Intel Xeon E-2400", "client", "intel", 6, (183,), r"^63\d\dp|^e-24\d\d"),
    Kind("rocketlake", "Intel Xeon E-2300", "client", "intel", 6, (167,), r"^e-23\d\d"),
    Kind("kabylake", "Intel Xeon E-2100, E3 v6", "client", "intel", 6, (158,), r"^e-2[12]\d\d|^e3-\d+\w* ?v6"),
    Kind("icelake-d", "Intel Ice Lake-D", "lake", "intel", 6, (108,), r"^d-[12]7\d\d"),
    Kind("arrowlake", "Intel Arrow Lake-H", "client", "intel", 6, (197,), r"ultra \d 2\d\dh"),
    Kind("skylake", "Intel Skylake", "client", "intel", 6, (94,), r"^e3-\d+\w* ?v5"),
    Kind("haswell", "Intel Haswell", "client", "intel", 6, (60,), r"^e3-\d+\w* ?v3|i5-45\d\d"),
    Kind("ivybridge", "Intel Ivy Bridge", "client", "intel", 6, (58,), r"^e3-\d+\w* ?v2"),
    Kind("sandybridge", "Intel Sandy Bridge", "client", "intel", 6, (42,), r"^e3-\d{4}\w*$"),
    Kind("broadwell-x", "Intel Broadwell-EP", "bridge", "intel", 6, (79,), r"^e[57]-\d+\w* ?v4"),
    Kind("haswell-x", "Intel Haswell-EP", "bridge", "intel", 6, (63,), r"^e[57]-\d+\w* ?v3"),
    Kind("ivybridge-x", "Intel Ivy Bridge-EP", "bridge", "intel", 6, (62,), r"^e[57]-\d+\w* ?v2"),
    Kind("westmere-ex", "Intel Westmere-EX", "nehalem", "intel", 6, (47,), r"^e7-\d{4}\w*$"),
    Kind("sandybridge-x", "Intel Sandy Bridge-EP", "bridge", "intel", 6, (45,), r"^e5-\d{4}\w*$"),
    Kind("emeraldrapids", "Intel Emerald Rapids", "lake", "intel", 6, (207,), r"^[8653]5\d\d\w?\+?$"),
    Kind("sapphirerapids", "Intel Sapphire Rapids", "lake", "intel", 6, (143,), r"^[86543]4\d\d\w*\+?$"),
    Kind(
        "skylake-x",
        "Intel Skylake-SP to Cooper Lake",
        "lake",
        "intel",
        6,
        (85,),
        r"^[986543][12]\d\d\w*$|^(?:83|63|53)\d\dhl?$",
    ),
    Kind("icelake-x", "Intel Ice Lake-SP", "lake", "intel", 6, (106,), r"^[8654]3\d\d\w*\+?$"),
    Kind("clarkdale", "Intel Clarkdale", "nehalem", "intel", 6, (37,), r"i[35]-[56]\d\d\b"),
    Kind("nehalem-ex", "Intel Nehalem-EX", "nehalem", "intel", 6, (46,), r"^[xel][67]5\d\d"),
    Kind("westmere-ep", "Intel Westmere-EP", "nehalem", "intel", 6, (44,), r"^[xelw]56\d\d"),
    Kind("nehalem-ep", "Intel Nehalem-EP", "nehalem", "intel", 6, (26,), r"^[xelw]55\d\d"),
    Kind("lynnfield", "Intel Lynnfield", "nehalem", "intel", 6, (30,), r"^[xl]34\d\d"),
    Kind("penryn", "Intel Penryn", "old", "intel", 6, (23, 29), r"^[xelw](?:54|52|33|31|74)\d\d"),
    Kind("netburst", "Intel NetBurst", "old", "intel", 15, (3, 4, 6), r"pentium d|^70\d0|^71\d0m"),
    Kind("core2", "Intel Core 2", "old", "intel", 6, (15, 22), r"^[xelw]?(?:51|53|73|32|30)\d\d"),
)
BY_KEY = {kind.key: kind for kind in KINDS}
MAKERS = {"amd": "zen", "intel": "lake", "aarch64": "arm", "client": "client", "any": ""}
"""The era whose servers stand for a processor of which only the maker is known."""


def kind_of(key: str, name: str) -> str:
    """The kind of a processor by its name's key, or ''. Scalable processors and old ones share numbers: '5160'."""
    scalable = re.search(r"platinum|gold|silver|bronze", name.lower()) or not re.search(r"^5160$|^3[0-9]\d\d$", key)
    skipped = set() if scalable else {"skylake-x", "icelake-x", "sapphirerapids", "emeraldrapids"}
    return next((k.key for k in KINDS if k.key not in skipped and re.search(k.names, key)), "")
