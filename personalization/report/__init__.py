"""The run report: one HTML page that a marketer and a data engineer can read in the morning."""

from personalization.report.run import RunFacts, render_report, verdict_counts

__all__ = ["RunFacts", "render_report", "verdict_counts"]
