"""The compare page: choices, the work, and what came of it. No seat and no channel."""

from ui.comparing.choices import choices
from ui.comparing.job import current_job
from ui.comparing.showing import show
from ui.comparing.working import work_on

__all__ = ["choices", "current_job", "show", "work_on"]
