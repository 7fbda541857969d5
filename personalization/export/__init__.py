"""Sends what was approved and is due, once: through the ledger, to one destination at a time."""

from personalization.export.destination import Destination
from personalization.export.destinations import DESTINATIONS
from personalization.export.destinations.smtp import NAME as SMTP
from personalization.export.destinations.smtp import make_destination as make_smtp
from personalization.export.mail_server import read_connection
from personalization.export.recheck import Recheck
from personalization.export.report import ExportReport
from personalization.export.seeds import one_of_each, send_to_seed
from personalization.export.send import export_run, refuse_unapproved
from personalization.export.suppressions import accept_suppression_counts
from personalization.export.switch import pause_exports, resume_exports

__all__ = [
    "DESTINATIONS",
    "SMTP",
    "Destination",
    "ExportReport",
    "Recheck",
    "accept_suppression_counts",
    "export_run",
    "make_smtp",
    "one_of_each",
    "pause_exports",
    "read_connection",
    "refuse_unapproved",
    "resume_exports",
    "send_to_seed",
]
