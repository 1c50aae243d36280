"""Image science: what statistics say about ciphertext, with critical values, and in words.

    seen = measured(capture)
    for one in report(seen.samples, block=seen.block):
        print(one.name, one.value, one.p_value, one.verdict)

What they cannot say is in `CANNOT_SHOW`, and shown in `attacks.exhibit`.
"""

from rsa_core.analysis.arithmetic import Step, square_and_multiply
from rsa_core.analysis.ciphertext import Measured, measured
from rsa_core.analysis.differential import bit_change, npcr, uaci
from rsa_core.analysis.duplicates import DuplicateMap, duplicate_map
from rsa_core.analysis.experiment import Experiment, one_changed, sealed_twice
from rsa_core.analysis.histograms import histogram
from rsa_core.analysis.measurements import Measurement
from rsa_core.analysis.neighbours import DIRECTIONS, correlation, scatter
from rsa_core.analysis.planes import bit_plane
from rsa_core.analysis.report import CANNOT_SHOW, likeness, report
from rsa_core.analysis.sensitivity import almost_opened, key_sensitivity
from rsa_core.analysis.similarity import mae, psnr, ssim

__all__ = [
    "CANNOT_SHOW",
    "DIRECTIONS",
    "DuplicateMap",
    "Experiment",
    "Measured",
    "Measurement",
    "Step",
    "almost_opened",
    "bit_change",
    "bit_plane",
    "correlation",
    "duplicate_map",
    "histogram",
    "key_sensitivity",
    "likeness",
    "mae",
    "measured",
    "npcr",
    "one_changed",
    "psnr",
    "report",
    "scatter",
    "sealed_twice",
    "square_and_multiply",
    "ssim",
    "uaci",
]
