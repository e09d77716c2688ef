"""Distances on the globe, for work that is done on site."""

from __future__ import annotations

from collections.abc import Mapping
from math import asin, cos, radians, sin, sqrt
from typing import Any, TypeAlias

from leadroute.model.validation import Refused, number, shown

EARTH_KM = 6371.0088
"""The mean radius of the earth (IUGG)."""

Position: TypeAlias = tuple[float, float]

_LATITUDE, _LONGITUDE = number(-90, 90), number(-180, 180)


def position(given: Any) -> Position:
    """A cleaner for positions: a pair of latitude and longitude in degrees."""
    pair = given if isinstance(given, tuple | list) else ()
    if len(pair) != 2:
        raise Refused(f"is {shown(given)}; write (latitude, longitude) such as (52.52, 13.405)")
    return float(_LATITUDE(pair[0])), float(_LONGITUDE(pair[1]))


def position_of(attributes: Mapping[str, Any]) -> Position | None:
    """The position that attributes hold as ``lat`` and ``lon``; ``None`` when they hold none that can be right."""
    try:
        return position((attributes.get("lat"), attributes.get("lon")))
    except Refused:
        return None


def distance_km(one: Position, other: Position) -> float:
    """The distance in kilometers along the surface, by the haversine formula (Sinnott 1984); within 0.6 %."""
    lat1, lon1, lat2, lon2 = map(radians, (*one, *other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, half)))
