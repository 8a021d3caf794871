"""What every list takes: a span of time, a cursor and the size of a page."""

from __future__ import annotations

from typing import Any

from marshmallow import pre_load

from app.schemas.fields import Count, Cursor, Guard, Moment


class PageQuery(Guard):
    """The parameters that all lists share."""

    since = Moment("At this time or later.", data_key="from")
    until = Moment("Before this time.", data_key="to")
    cursor = Cursor("`next` of the page before.")
    limit = Count("Records on a page.", 1, 200, default=50)

    @pre_load
    def _spaces_were_plus(self, data: Any, **_: Any) -> Any:
        # In a query an unescaped `+08:00` arrives as ` 08:00`.
        values = dict(data)
        return values | {name: values[name].replace(" ", "+") for name in ("from", "to") if name in values}
