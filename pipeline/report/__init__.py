"""The report of a review: one HTML file that opens in any browser."""

from pipeline.report.writing import write_report

__all__ = ["write_report"]
