"""From a raw score to a probability, by tables fitted on labelled columns (`make bench-discovery` checks them)."""

from functools import lru_cache

from dsr.engine.detect.datafile import root


def calibrated(path: str, raw: float) -> float:
    """How often a judgement of this sort and score was right; between two points of the table, in between."""
    points = _tables().get(path)
    if not points:
        return round(raw, 3)
    low = (0.0, points[0][1])
    for point in points:
        if raw <= point[0]:
            width = point[0] - low[0]
            share = (raw - low[0]) / width if width else 1.0
            return round(low[1] + share * (point[1] - low[1]), 3)
        low = point
    return round(points[-1][1], 3)


@lru_cache(maxsize=1)
def _tables() -> dict[str, tuple[tuple[float, float], ...]]:
    return {
        name: tuple((float(raw), float(right)) for raw, right in table.texts("points"))
        for name, table in root("calibration").tables()
    }
