"""The sample company: an invented AI-API relay with a few thousand invented customers, built from a seed."""

from dsr.jobs.sample.estate import Built, build

__all__ = ["Built", "build"]
