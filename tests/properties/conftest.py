"""How hypothesis runs here: the same examples every time, no database beside the tests."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "muster", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("muster")
