"""What the makers' data sheets say where Epoch AI's table of hardware has a gap or mixes two products.

Peaks are in TFLOP/s, dense; memory in GB, bandwidth in GB/s. Data sheets of NVIDIA often print the peak with 2:4
sparsity, which is twice the dense one. GeForce cards reach their printed fp16 peak only with fp16 accumulation; training
accumulates in fp32, at half of it.
"""

from __future__ import annotations

FP16, FP32, FP64, TF32, FP8 = (f"{name}_flop_per_s" for name in ("fp16", "fp32", "fp64", "tf32", "fp8"))
INT8, TDP, MEMORY, BANDWIDTH = "int8_op_per_s", "tdp_w", "memory_bytes", "bandwidth_bytes_per_s"

WORKSTATION = ("Quadro", "RTX A", "RTX Pro", "RTX 6000 Ada", "RTX 4000 SFF", "RTX 5000 Ada")
LEFT_OUT = frozenset(
    {
        *("NVIDIA A100", "NVIDIA V100", "NVIDIA P100", "NVIDIA P100 PCIe 16GB", "NVIDIA GH100"),  # kinds, not chips
        *("NVIDIA Tesla V100 SXM2", "NVIDIA Tesla V100 DGXS 16 GB", "NVIDIA Tesla V100 DGXS 32 GB"),
        *("NVIDIA Tesla V100 SXM3 32 GB", "NVIDIA Tesla P100 DGXS", "NVIDIA Tesla P100 PCIe 12GB", "NVIDIA Tesla K40s"),
        *("NVIDIA Quadro K1200", "NVIDIA Quadro K4000", "NVIDIA Quadro K6000", "NVIDIA Quadro M4000"),
        *("NVIDIA GeForce GTX 280", "AMD Radeon Instinct MI300", "Intel Data Center GPU Max 1350"),
        *("Huawei Ascend 910A Pro", "Huawei Ascend 910A Premium", "Huawei Ascend 910 (320 TFLOPS)"),
        *("Huawei Ascend 910", "Huawei Ascend 920", "MT-2000", "MT-3000", "Sunway SW26010-Pro", "PEZY-SC2"),
        *("Cambricon MLU370-S4/S8", "Cambricon MLU370-S8", "Cambricon MLU370-S4", "Cambricon MLU270-F4"),
        *("Baidu Kunlun R100 (75W)", "Baidu Kunlun R100 (100W)", "Baidu Kunlun R200 (150W)"),
        *("Baidu Kunlun R200-8F (160W)", "Baidu Kunlun I", "MetaX MXC500 (OAM)", "MetaX MXN100"),
    }
)
"""Rows that are a family rather than a chip, doubles, and chips that nobody trains on."""

HALF = "the data sheet's fp16 peak, {} TFLOP/s, is with fp16 accumulation; training accumulates in fp32, at half of it"
ADA, AMPERE = "NVIDIA Ada GPU Architecture 2022", "NVIDIA Ampere GA102 GPU Architecture 2021"
TURING = "NVIDIA Turing GPU Architecture 2018"


def _sheet(name: str, year: int) -> str:
    return f"data sheet {name} ({year})"


CORRECTED: dict[str, dict[str, object]] = {
    "NVIDIA H100 SXM5 80GB": {
        FP16: 989.4, TF32: 494.7, FP8: 1978.9, INT8: 1978.9, TDP: 700, MEMORY: 80, BANDWIDTH: 3350,
        "source": _sheet("NVIDIA H100", 2023), "note": "the data sheet prints 1979 for bf16, with sparsity",
    },
    "NVIDIA H100 PCIe": {FP16: 756.5, FP8: 1513, INT8: 1513, "source": _sheet("NVIDIA H100", 2023)},
    "NVIDIA H100 NVL": {
        FP64: 30, FP32: 60, TF32: 417.5, FP16: 835.5, FP8: 1671, INT8: 1671, "source": _sheet("NVIDIA H100", 2023),
    },
    "NVIDIA H800 SXM5": {FP64: 1, "source": _sheet("NVIDIA H800", 2023), "note": "fp64 limited for export"},
    "NVIDIA GH200": {MEMORY: 96, "source": _sheet("NVIDIA GH200", 2023)},
    "NVIDIA HGX H20": {FP8: 296, "source": _sheet("NVIDIA HGX H20", 2023)},
    "NVIDIA A100 PCIe": {
        TDP: 250, BANDWIDTH: 1555, "source": _sheet("NVIDIA A100", 2021), "note": "the 40 GB card; the other has 80 GB",
    },
    "NVIDIA A100 SXM4 40 GB": {FP16: 312, TF32: 156, INT8: 624, BANDWIDTH: 1555, "source": _sheet("NVIDIA A100", 2021)},
    "NVIDIA A100 SXM4 80 GB": {
        FP16: 312, TF32: 156, INT8: 624, TDP: 400, "source": _sheet("NVIDIA A100", 2021),
        "note": "the data sheet prints 624 for bf16, with sparsity",
    },
    "NVIDIA A800 PCIe 40 GB": {MEMORY: 40, "source": _sheet("NVIDIA A800", 2022)},
    "NVIDIA A10 PCIe": {FP16: 125, TF32: 62.5, "source": _sheet("NVIDIA A10", 2021)},
    "NVIDIA A10G": {FP16: 70, TF32: 35, INT8: 140, "source": _sheet("NVIDIA A10G", 2021)},
    "NVIDIA L4": {FP16: 121, FP8: 242.5, INT8: 242.5, "source": _sheet("NVIDIA L4", 2023)},
    "NVIDIA L40": {FP16: 181, TF32: 90.5, FP8: 362, "source": _sheet("NVIDIA L40", 2022)},
    "NVIDIA Tesla T4": {FP16: 65, INT8: 130, "source": _sheet("NVIDIA T4", 2018)},
    "NVIDIA Tesla P100 SXM2": {MEMORY: 16, BANDWIDTH: 732, "source": _sheet("NVIDIA Tesla P100", 2016)},
    "NVIDIA Tesla P100 PCIe 16GB": {MEMORY: 16, "source": _sheet("NVIDIA Tesla P100", 2016)},
    "NVIDIA Tesla V100 SXM2 16 GB": {MEMORY: 16, "source": _sheet("NVIDIA Tesla V100", 2018)},
    "NVIDIA Tesla K20X": {MEMORY: 6, BANDWIDTH: 250, "source": _sheet("NVIDIA Tesla K20X", 2012)},
    "NVIDIA Tesla K80": {
        FP32: 8.74, FP64: 2.91, BANDWIDTH: 480, "source": _sheet("NVIDIA Tesla K80", 2015),
        "note": "the card of two GPUs; clouds rent each half as a GPU",
    },
    "NVIDIA RTX A6000": {FP16: 154.8, TF32: 77.4, INT8: 309.7, "source": AMPERE},
    "NVIDIA RTX A5000": {FP16: 111.1, TF32: 55.6, INT8: 222.2, "source": _sheet("NVIDIA RTX A5000", 2021)},
    "NVIDIA RTX A4000": {FP16: 76.7, TF32: 38.3, INT8: 153.4, "source": _sheet("NVIDIA RTX A4000", 2021)},
    "NVIDIA RTX 6000 Ada Generation": {
        FP16: 364.2, FP8: 728.5, INT8: 728.5, TDP: 300, MEMORY: 48, BANDWIDTH: 960,
        "source": _sheet("NVIDIA RTX 6000 Ada", 2023),
    },
    "NVIDIA RTX Pro 6000 Blackwell": {FP32: 125, "source": _sheet("NVIDIA RTX PRO 6000 Blackwell", 2025)},
    "NVIDIA Quadro RTX 6000": {FP16: 130.5, INT8: 261, "source": TURING},
    "NVIDIA Quadro RTX 8000": {FP16: 130.5, INT8: 261, "source": TURING},
    "NVIDIA Quadro RTX 5000": {FP16: 89.2, INT8: 178.4, "source": TURING},
    "NVIDIA Quadro RTX 4000": {FP16: 57, "source": _sheet("NVIDIA Quadro RTX 4000", 2018)},
    "NVIDIA Titan V": {FP16: 110, "source": _sheet("NVIDIA Titan V", 2017)},
    "NVIDIA GeForce RTX 4090": {FP16: 165.2, FP8: 330.3, "source": ADA, "note": HALF.format("330.3")},
    "NVIDIA GeForce RTX 4080": {FP16: 97.5, FP8: 194.9, "source": ADA, "note": HALF.format("194.9")},
    "NVIDIA GeForce RTX 4070": {FP16: 58.3, TDP: 200, "source": ADA, "note": HALF.format("116.6")},
    "NVIDIA GeForce RTX 3090 Ti": {FP16: 80, "source": AMPERE, "note": HALF.format("160")},
    "NVIDIA GeForce RTX 3090": {FP16: 71, TF32: 35.6, "source": AMPERE, "note": HALF.format("142")},
    "NVIDIA GeForce RTX 3080": {FP16: 59.5, TF32: 29.8, INT8: 238, "source": AMPERE, "note": HALF.format("119")},
    "NVIDIA GeForce RTX 2080 Ti 11GB": {
        FP16: 56.9, FP32: 14.2, "source": TURING, "note": HALF.format("113.8"),
    },
    "AMD Instinct MI300X": {FP8: 2614.9, "source": _sheet("AMD Instinct MI300X", 2023)},
    "AMD Instinct MI300A": {FP8: 1961.2, "source": _sheet("AMD Instinct MI300A", 2023)},
    "AMD Instinct MI325X": {FP8: 2614.9, "source": _sheet("AMD Instinct MI325X", 2024)},
    "AMD Instinct MI355X": {FP8: 5033.2, "source": _sheet("AMD Instinct MI355X", 2025)},
    "AMD Radeon Instinct MI308X": {
        BANDWIDTH: 5300, "source": _sheet("AMD Instinct MI300X", 2023), "note": "memory as of the MI300X it is cut from",
    },
    "Intel Habana Gaudi2": {FP16: 432, "source": _sheet("Intel Gaudi 2", 2022)},
    "Intel Habana Gaudi3": {INT8: None, "source": "white paper Intel Gaudi 3 (2024)"},
    "Intel Data Center GPU Max 1550": {
        FP64: 52.4, FP16: 832, INT8: 1664, "source": _sheet("Intel Data Center GPU Max", 2023),
    },
    "Intel Data Center GPU Max 1100": {
        FP64: 22.2, FP16: 352, INT8: 704, "source": _sheet("Intel Data Center GPU Max", 2023),
    },
    "Google TPU v3": {TDP: 450, "source": "Jouppi et al. 2020 (CACM 63:7), table 3"},
    "Google TPU v2": {TDP: 280, "source": "Jouppi et al. 2020 (CACM 63:7), table 3"},
    "Google TPU v4": {
        TDP: 340, "source": "Epoch AI's estimate of TDP",
        "note": "Google states no TDP; Jouppi et al. 2023 measured 121-192 W for the chip, Du et al. 2022 326 W a chip "
        "for the system",
    },
    "Google TPU v5e": {TDP: 225, "source": "NextPlatform's estimate of TDP", "note": "Google states no TDP"},
    "Google TPU v5p": {TDP: 540, "source": "Epoch AI's estimate of TDP", "note": "Google states no TDP"},
    "Google TPU v6e Trillium": {TDP: 380, "source": "Epoch AI's estimate of TDP", "note": "Google states no TDP"},
    "Google TPU v7 Ironwood": {TDP: 960, "source": "Epoch AI's estimate of TDP", "note": "Google states no TDP"},
}  # fmt: skip

GEFORCE = "consumer GPU"
DATA = "data-centre GPU"
EXTRA: tuple[tuple[object, ...], ...] = (
    # name, vendor, kind, year, fp64, fp32, tf32, fp16, fp8, int8, W, GB, GB/s, source, note
    ("NVIDIA A100 PCIe 80 GB", "NVIDIA", DATA, 2021, 9.7, 19.5, 156, 312, None, 624, 300, 80, 1935,
     _sheet("NVIDIA A100", 2021), ""),
    ("NVIDIA L40S", "NVIDIA", DATA, 2023, None, 91.6, 183, 362, 733, 733, 350, 48, 864,
     _sheet("NVIDIA L40S", 2023), "the data sheet prints 733 for bf16, with sparsity"),
    ("NVIDIA A30", "NVIDIA", DATA, 2021, 5.2, 10.3, 82, 165, None, 330, 165, 24, 933, _sheet("NVIDIA A30", 2021), ""),
    ("NVIDIA A2", "NVIDIA", DATA, 2021, None, 4.5, 9, 18, None, 36, 60, 16, 200, _sheet("NVIDIA A2", 2021), ""),
    ("NVIDIA H800 PCIe", "NVIDIA", DATA, 2023, 0.8, 51, 378, 756, 1513, 1513, 350, 80, 2000,
     _sheet("NVIDIA H800", 2023), ""),
    ("NVIDIA Quadro GP100", "NVIDIA", "workstation GPU", 2016, 5.2, 10.3, None, 20.7, None, None, 235, 16, 717,
     _sheet("NVIDIA Quadro GP100", 2016), ""),
    ("NVIDIA RTX A4500", "NVIDIA", "workstation GPU", 2021, None, 23.7, 47.3, 94.6, None, 189.2, 200, 20, 640,
     _sheet("NVIDIA RTX A4500", 2021), ""),
    ("NVIDIA RTX 4000 SFF Ada Generation", "NVIDIA", "workstation GPU", 2023, None, 19.2, None, 76.7, 153.4, 153.4, 70,
     20, 280, _sheet("NVIDIA RTX 4000 SFF Ada", 2023), ""),
    ("NVIDIA TITAN RTX", "NVIDIA", GEFORCE, 2018, None, 16.3, None, 130.5, None, 261, 280, 24, 672, TURING, ""),
    ("NVIDIA TITAN X Pascal", "NVIDIA", GEFORCE, 2016, None, 11.0, None, None, None, None, 250, 12, 480,
     _sheet("NVIDIA TITAN X", 2016), ""),
    ("NVIDIA GeForce RTX 5090", "NVIDIA", GEFORCE, 2025, None, 104.8, 104.8, 209.5, 419, 838, 575, 32, 1792,
     "NVIDIA RTX Blackwell GPU Architecture 2025", HALF.format("419")),
    ("NVIDIA GeForce RTX 5080", "NVIDIA", GEFORCE, 2025, None, 56.3, 56.3, 112.6, 225.1, 450.2, 360, 16, 960,
     "NVIDIA RTX Blackwell GPU Architecture 2025", HALF.format("225.1")),
    ("NVIDIA GeForce RTX 4070 Ti", "NVIDIA", GEFORCE, 2023, None, 40.1, 40.1, 80.2, 160.4, 320.7, 285, 12, 504, ADA,
     HALF.format("160.4")),
    ("NVIDIA GeForce RTX 4060 Ti", "NVIDIA", GEFORCE, 2023, None, 22.1, 22.1, 44.1, 88.2, 176.5, 160, 8, 288, ADA,
     HALF.format("88.2")),
    ("NVIDIA GeForce RTX 4060", "NVIDIA", GEFORCE, 2023, None, 15.1, 15.1, 30.2, 60.5, 121, 115, 8, 272, ADA,
     HALF.format("60.5")),
    ("NVIDIA GeForce RTX 3080 Ti", "NVIDIA", GEFORCE, 2021, None, 34.1, 34.1, 68.2, None, 273, 350, 12, 912, AMPERE,
     HALF.format("136")),
    ("NVIDIA GeForce RTX 3070 Ti", "NVIDIA", GEFORCE, 2021, None, 21.7, 21.7, 43.5, None, 174, 290, 8, 608, AMPERE,
     HALF.format("87")),
    ("NVIDIA GeForce RTX 3070", "NVIDIA", GEFORCE, 2020, None, 20.3, 20.3, 40.6, None, 162.6, 220, 8, 448, AMPERE,
     HALF.format("81.3")),
    ("NVIDIA GeForce RTX 3060 Ti", "NVIDIA", GEFORCE, 2020, None, 16.2, 16.2, 32.4, None, 129.6, 200, 8, 448, AMPERE,
     HALF.format("64.8")),
    ("NVIDIA GeForce RTX 3060", "NVIDIA", GEFORCE, 2021, None, 12.7, 12.7, 25.5, None, 102, 170, 12, 360, AMPERE,
     HALF.format("51")),
    ("NVIDIA GeForce RTX 2080", "NVIDIA", GEFORCE, 2018, None, 10.1, None, 40.3, None, 161.1, 215, 8, 448, TURING,
     HALF.format("80.5")),
    ("NVIDIA GeForce RTX 2070", "NVIDIA", GEFORCE, 2018, None, 7.5, None, 29.9, None, 119.4, 175, 8, 448, TURING,
     HALF.format("59.7")),
    ("NVIDIA GeForce RTX 2060", "NVIDIA", GEFORCE, 2019, None, 6.5, None, 25.8, None, 103.2, 160, 6, 336, TURING,
     HALF.format("51.6")),
    ("NVIDIA GeForce GTX 1070", "NVIDIA", GEFORCE, 2016, None, 6.5, None, None, None, None, 150, 8, 256,
     _sheet("NVIDIA GeForce GTX 1070", 2016), ""),
    ("NVIDIA GeForce GTX 1060", "NVIDIA", GEFORCE, 2016, None, 4.4, None, None, None, None, 120, 6, 192,
     _sheet("NVIDIA GeForce GTX 1060", 2016), ""),
    ("AMD Instinct MI250", "AMD", DATA, 2021, 45.3, 45.3, None, 362.1, None, 362.1, 500, 128, 3277,
     _sheet("AMD Instinct MI250", 2021), ""),
    ("AMD Instinct MI210", "AMD", DATA, 2022, 22.6, 22.6, None, 181, None, 181, 300, 64, 1638,
     _sheet("AMD Instinct MI210", 2022), ""),
    ("AMD Instinct MI100", "AMD", DATA, 2020, 11.5, 23.1, None, 184.6, None, 184.6, 300, 32, 1229,
     _sheet("AMD Instinct MI100", 2020), ""),
    ("AMD Radeon Instinct MI60", "AMD", DATA, 2018, 7.4, 14.7, None, 29.5, None, 59, 300, 32, 1024,
     _sheet("AMD Radeon Instinct MI60", 2018), ""),
    ("AMD Radeon Instinct MI50", "AMD", DATA, 2018, 6.6, 13.3, None, 26.5, None, 53, 300, 16, 1024,
     _sheet("AMD Radeon Instinct MI50", 2018), ""),
    ("Cerebras CS-2", "Cerebras", "accelerator", 2021, None, None, None, 7500, None, None, 23000, 40, 20e6,
     "Cerebras, Andromeda 2022 (120 PFLOP/s dense of 16 systems); data sheet CS-2 (2021)",
     "a whole system of one wafer; memory is on the wafer"),
    ("Apple M1", "Apple", "system on chip", 2020, None, 2.6, None, None, None, None, None, None, 68.3,
     "Apple newsroom, November 2020", "Apple states no TDP"),
    ("Apple M1 Pro", "Apple", "system on chip", 2021, None, 5.2, None, None, None, None, None, None, 200,
     "Apple newsroom, October 2021", "Apple states no TDP"),
    ("Apple M1 Max", "Apple", "system on chip", 2021, None, 10.4, None, None, None, None, None, None, 400,
     "Apple newsroom, October 2021", "Apple states no TDP"),
    ("Apple M1 Ultra", "Apple", "system on chip", 2022, None, 21, None, None, None, None, None, None, 800,
     "Apple newsroom, March 2022", "Apple states no TDP"),
    ("Apple M2", "Apple", "system on chip", 2022, None, 3.6, None, None, None, None, None, None, 100,
     "Apple newsroom, June 2022", "Apple states no TDP"),
)  # fmt: skip

ALIASES: dict[str, tuple[str, ...]] = {
    "NVIDIA A100 SXM4 80 GB": ("A100", "A100 80GB", "A100 SXM", "A100 SXM4", "A100 SXM 80GB", "A100 SXM4 80GB HBM2e"),
    "NVIDIA A100 SXM4 40 GB": ("A100 40GB", "A100 SXM 40GB"),
    "NVIDIA A100 PCIe": ("A100 PCIe 40GB", "A100 PCIE"),
    "NVIDIA A100 PCIe 80 GB": ("A100 80GB PCIe",),
    "NVIDIA H100 SXM5 80GB": (
        "H100", "H100 80GB", "H100 SXM", "H100 SXM5", "H100 SXM 80GB", "H100 80GB HBM3", "H100 HBM3", "GH100",
    ),
    "NVIDIA H100 PCIe": ("H100 PCIe 80GB",),
    "NVIDIA H200 SXM": ("H200", "H200 141GB", "H200 SXM5"),
    "NVIDIA H800 SXM5": ("H800", "H800 SXM"),
    "NVIDIA HGX H20": ("H20",),
    "NVIDIA GH200": ("Grace Hopper", "GH200 480GB"),
    "NVIDIA B200": ("B200 SXM", "B200 180GB"),
    "NVIDIA B300 (Blackwell Ultra)": ("B300",),
    "NVIDIA GB300 (Blackwell Ultra)": ("GB300",),
    "NVIDIA A800 SXM": ("A800", "A800 SXM4 80GB"),
    "NVIDIA A800 PCIe 80 GB": ("A800 PCIe",),
    "NVIDIA A10 PCIe": ("A10",),
    "NVIDIA A40 PCIe": ("A40",),
    "NVIDIA A30": ("A30 PCIe",),
    "NVIDIA L2 PCle": ("L2", "L2 PCIe"),
    "NVIDIA L20 PCle": ("L20", "L20 PCIe"),
    "NVIDIA Tesla V100 SXM2 32 GB": ("V100", "V100 32GB", "V100 SXM2", "V100 SXM3 32GB", "V100 DGXS 32GB"),
    "NVIDIA Tesla V100 SXM2 16 GB": ("V100 16GB", "V100 DGXS 16GB"),
    "NVIDIA Tesla V100 PCIe 32 GB": ("V100 PCIe",),
    "NVIDIA Tesla V100S PCIe 32 GB": ("V100S", "V100S PCIe"),
    "NVIDIA Tesla P100 SXM2": ("P100", "P100 SXM2 16GB", "P100 DGXS"),
    "NVIDIA Tesla P100 PCIe 16GB": ("P100 PCIe",),
    "NVIDIA Tesla K40t": ("K40", "K40c", "K40m", "K40s"),
    "NVIDIA Tesla K20c": ("K20", "K20m"),
    "NVIDIA RTX 6000 Ada Generation": ("RTX 6000 Ada", "6000 Ada"),
    "NVIDIA RTX 4000 SFF Ada Generation": ("RTX 4000 SFF Ada",),
    "NVIDIA RTX Pro 6000 Blackwell": ("RTX PRO 6000", "RTX PRO 6000 Blackwell Server Edition"),
    "NVIDIA RTX A6000": ("A6000",),
    "NVIDIA RTX A5000": ("A5000",),
    "NVIDIA RTX A4500": ("A4500",),
    "NVIDIA RTX A4000": ("A4000",),
    "NVIDIA Quadro RTX 6000": ("RTX 6000",),
    "NVIDIA Quadro RTX 8000": ("RTX 8000",),
    "NVIDIA Quadro RTX 5000": ("RTX 5000",),
    "NVIDIA GeForce RTX 5090": ("5090",),
    "NVIDIA GeForce RTX 5080": ("5080",),
    "NVIDIA GeForce RTX 4090": ("4090",),
    "NVIDIA GeForce RTX 4080": ("4080",),
    "NVIDIA GeForce RTX 4070": ("4070",),
    "NVIDIA GeForce RTX 3090": ("3090",),
    "NVIDIA GeForce RTX 3080": ("3080", "RTX 3080 10GB"),
    "NVIDIA GeForce RTX 2080 Ti 11GB": ("RTX 2080 Ti", "2080 Ti"),
    "NVIDIA GeForce GTX 1080 Ti": ("1080 Ti",),
    "NVIDIA GeForce GTX TITAN X": ("GTX TITAN X", "TITAN X Maxwell"),
    "NVIDIA TITAN X Pascal": ("TITAN X",),
    "Google TPU v1": ("TPUv1",),
    "Google TPU v2": ("TPUv2",),
    "Google TPU v3": ("TPUv3",),
    "Google TPU v4": ("TPUv4",),
    "Google TPU v5p": ("TPUv5p", "TPU v5"),
    "Google TPU v5e": ("TPUv5e", "TPU v5 lite"),
    "Google TPU v6e Trillium": ("TPU v6e", "TPU v6", "Trillium"),
    "Google TPU v7 Ironwood": ("TPU v7", "Ironwood"),
    "AMD Instinct MI300X": ("MI300X OAM", "MI300"),
    "AMD Radeon Instinct MI250X": ("MI250X",),
    "Intel Habana Gaudi2": ("Gaudi 2", "HPU Gaudi2"),
    "Intel Habana Gaudi3": ("Gaudi 3",),
    "Intel Data Center GPU Max 1550": ("Max 1550", "Ponte Vecchio"),
    "Intel Data Center GPU Max 1100": ("Max 1100",),
    "Amazon Trainium1": ("Trainium", "Trn1"),
    "Amazon Trainium2": ("Trn2",),
    "Amazon Trainium3": ("Trn3",),
    "AWS Inferentia2": ("Inferentia2", "Inf2"),
    "Maia 100 (M100)": ("Maia 100",),
    "Huawei Ascend 910A": ("Ascend 910",),
    "GroqChip LPU v1": ("Groq LPU", "GroqChip"),
    "Cerebras CS-2": ("CS-2", "WSE-2"),
}  # fmt: skip
"""What people, drivers and clouds call a chip. The first form of a name that means more chips is payoff's default."""
