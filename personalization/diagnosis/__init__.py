"""What leaks money after the checkout, which problem to mend first, and what is at fault."""

from personalization.diagnosis.content import FORM, compare, content_of
from personalization.diagnosis.diagnose import Diagnosis, diagnose
from personalization.diagnosis.doctor import (
    arrival_dates,
    doctor_text,
    first_workflow,
    integrations,
    next_command,
    night_hint,
    read_newest,
)
from personalization.diagnosis.page import html_page, markdown_page

__all__ = [
    "FORM",
    "Diagnosis",
    "arrival_dates",
    "compare",
    "content_of",
    "diagnose",
    "doctor_text",
    "first_workflow",
    "html_page",
    "integrations",
    "markdown_page",
    "next_command",
    "night_hint",
    "read_newest",
]
