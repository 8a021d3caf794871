"""The table of formats and carriers keeps its word: what it calls read is read, what it calls written is written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from labeling import Declaration, Format, LabelingError, Platform, Verdict, VisibleOptions, label, propagate, verify
from labeling.containers import container_for
from labeling.containers.carrier_table import Treatment, rows, written_carriers
from labeling.errors import ErrorCode
from labeling.model import TEXT_FORMATS, Carrier, RecordForm
from labeling.record import to_fields
from tests.labeling import real_world as rw
from tests.labeling.carrier_cells import CELLS
from tests.labeling.format_files import file

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CODE = rw.DOUBAO
READ = [
    (row.format, carrier)
    for row in rows()
    for carrier, treatment in row.treatments.items()
    if treatment is not Treatment.REFUSED
]
FORMS = [(row.format, form) for row in rows() if (container := container_for(row.format)) for form in container.forms]
READ_ONLY = [row.format for row in rows() if Treatment.WRITTEN not in row.treatments.values()]
#: Pictures that are labelled; a record goes into AVIF only together with the visible label, which makes room for it.
SOURCES = {Format.AVIF: lambda: file("avif-420")}


def hint(fmt: Format) -> Format | None:
    return fmt if fmt in TEXT_FORMATS else None


def source(fmt: Format) -> bytes:
    return SOURCES.get(fmt, next(iter(CELLS[fmt].values())))()


def test_there_is_a_file_for_every_cell_and_no_other() -> None:
    assert {(fmt, carrier) for fmt, cells in CELLS.items() for carrier in cells} == set(READ)
    assert set(CELLS) == set(Format)


@pytest.mark.parametrize(("fmt", "carrier"), READ, ids=[f"{fmt}-{carrier}" for fmt, carrier in READ])
def test_what_is_called_read_is_read(fmt: Format, carrier: Carrier) -> None:
    report = verify(CELLS[fmt][carrier](), format=hint(fmt))
    assert report.format is fmt
    assert [site.carrier for site in report.sites] == [carrier]
    assert [site.record and to_fields(site.record) for site in report.sites] == [rw.fields()]
    assert report.verdict is Verdict.CONFORMANT


@pytest.mark.parametrize(("fmt", "form"), FORMS, ids=[f"{fmt}-{form}" for fmt, form in FORMS])
def test_what_is_called_written_is_written(fmt: Format, form: RecordForm) -> None:
    container = container_for(fmt)
    assert container is not None
    visible = VisibleOptions() if fmt is Format.AVIF else None
    labelled = label(source(fmt), Declaration(CODE), signer=None, now=NOW, visible=visible, form=form, format=hint(fmt))
    (site,) = verify(labelled.data, format=hint(fmt)).sites
    assert site.carrier in written_carriers(container)
    platform = Platform(rw.JIMENG_SPREAD, "spread-1")
    passed_on = propagate(labelled.data, platform, signer=None, now=NOW, format=hint(fmt))
    (again,) = verify(passed_on.data, format=hint(fmt)).sites
    assert again.record is not None
    assert (again.carrier, again.record.propagate_id) == (site.carrier, "spread-1")


def test_every_carrier_that_is_called_written_is_written_by_one_of_the_forms() -> None:
    written = {
        (row.format, carrier)
        for row in rows()
        for carrier, treatment in row.treatments.items()
        if treatment is Treatment.WRITTEN
    }
    seen = set()
    for fmt, form in FORMS:
        visible = VisibleOptions() if fmt is Format.AVIF else None
        labelled = label(
            source(fmt), Declaration(CODE), signer=None, now=NOW, visible=visible, form=form, format=hint(fmt)
        )
        seen |= {(fmt, site.carrier) for site in verify(labelled.data, format=hint(fmt)).sites}
    assert seen == written


@pytest.mark.parametrize("fmt", READ_ONLY)
def test_to_write_into_a_format_that_is_read_only_is_a_named_error(fmt: Format) -> None:
    data = "一。\n".encode() if fmt is Format.PLAIN else next(iter(CELLS[fmt].values()))()
    with pytest.raises(LabelingError) as caught:
        label(data, Declaration(CODE), signer=None, now=NOW, visible=None, format=hint(fmt))
    assert caught.value.code in {
        ErrorCode.MEDIA_UNSUPPORTED,
        ErrorCode.RECORD_UNSUPPORTED,
        ErrorCode.NOTHING_TO_WRITE,
    }


#: Places from which a record cannot be cut out without harm; relabelling such a file is refused by name.
KEPT = {(Format.AVIF, carrier) for carrier in CELLS[Format.AVIF]}
REPLACED = [(fmt, carrier) for fmt, carrier in READ if fmt not in READ_ONLY and (fmt, carrier) not in KEPT]


@pytest.mark.parametrize(("fmt", "carrier"), REPLACED, ids=[f"{fmt}-{carrier}" for fmt, carrier in REPLACED])
def test_a_record_in_any_carrier_makes_way_for_a_new_one(fmt: Format, carrier: Carrier) -> None:
    data = CELLS[fmt][carrier]()
    labelled = label(data, Declaration(CODE, produce_id="new-1"), signer=None, now=NOW, visible=None, format=hint(fmt))
    (site,) = verify(labelled.data, format=hint(fmt)).sites
    assert site.record == labelled.record
    assert rw.NUMBER.encode() not in labelled.data


@pytest.mark.parametrize("carrier", CELLS[Format.AVIF])
def test_a_record_in_avif_is_replaced_or_refused_by_name(carrier: Carrier) -> None:
    with pytest.raises(LabelingError) as caught:
        label(CELLS[Format.AVIF][carrier](), Declaration(CODE), signer=None, now=NOW, visible=None)
    assert caught.value.code is ErrorCode.RECORD_UNSUPPORTED
