"""The interceptor's laboratory: statistics, experiments, attacks, and the numbers behind them."""

from ui.laboratory.arithmetic import show_arithmetic
from ui.laboratory.attacking import show_attacks
from ui.laboratory.choices import keep_choices, tab_key
from ui.laboratory.experiments import show_experiments
from ui.laboratory.keys import show_keys
from ui.laboratory.statistics import show_statistics

__all__ = [
    "keep_choices",
    "show_arithmetic",
    "show_attacks",
    "show_experiments",
    "show_keys",
    "show_statistics",
    "tab_key",
]
