"""What all tests share.

With MINGBIAO_NOTHING_SKIPPED set (as CI does), a skipped test fails the run. Hypothesis draws the same examples in
every run, so that the gate says the same of the same code; `make explore` looks for new ones.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

settings.register_profile("gate", derandomize=True, database=None)
settings.register_profile("explore", print_blob=True)
settings.load_profile("gate")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn skips into a failure where everything is supposed to be there."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get("MINGBIAO_NOTHING_SKIPPED"):
        return
    skipped = reporter.stats.get("skipped", [])
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"{len(skipped)} skipped, and nothing may be skipped here")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
