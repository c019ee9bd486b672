"""The documents of indicators are those the definitions make."""

from pathlib import Path

import pytest

from projections.indicators.definitions import catalogue
from services.reports.handbook import as_markdown

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("language", "file"), [("en", "indicators"), ("fr", "indicateurs")])
def test_the_document_is_up_to_date(language, file):
    text = (DOCS / f"{file}.md").read_text("utf-8")

    assert text == as_markdown(language), (
        f"snp indicators document --lang {language} > docs/{file}.md"
    )
    assert all(f"`{code}`" in text for code in catalogue())
