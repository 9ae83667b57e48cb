"""Notices when a message looks like it holds data of a patient, so that the asker can be told to leave it out.

It only ever says yes or no: nothing of what it found is kept, shown or logged. It looks for the identifiers of the HIPAA
Safe Harbor list (45 CFR 164.514(b)(2)) that people paste into a chat: names, dates of birth, addresses, phone numbers,
e-mail addresses, social security, member, record and account numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core.text import fold, stem

if TYPE_CHECKING:
    from collections.abc import Container

LEAVE_OUT = "Please leave patient details out; your message itself is not stored."

_NUMBERED = re.compile(
    r"\b[\w.+-]+@[\w-]+\.[a-z]{2,}\b"
    r"|(?<!\d)\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}(?!\d)"
    r"|(?<!\d)\d{3}-\d\d-\d{4}(?!\d)"
    r"|\b(?:d\.?o\.?b\.?|born(?:\s+on)?|birth\s?(?:date|day)|date\s+of\s+birth)\W*(?:is|was|on|of)?\W*(?:[a-z]{3,9}\.?\s+)?\d"
    r"|\b(?:mrn|ssn|mbi|hicn?|social(?:\s+security)?|(?:member|subscriber|policy|patient|insurance|medicaid|medicare|chart|record"
    r"|account|acct|claim|group)\s*(?:id|no\.?|num(?:ber)?|\#))\W*(?:is|was|of|no\.?|number|\#)?\W*[a-z]{0,4}-?\d[\da-z-]{3,}"
    # The Medicare Beneficiary Identifier, by the places its letters and digits take.
    r"|\b[1-9][ac-hj-kmnp-rt-y][\dac-hj-kmnp-rt-y]\d-?[ac-hj-kmnp-rt-y][\dac-hj-kmnp-rt-y]\d-?[ac-hj-kmnp-rt-y]{2}\d\d\b"
    r"|(?<![\w$.])(?<!npi )(?<!npi: )(?<!npi is )[a-z]{0,3}\d{8,12}\b"
    r"|\b\d{3,5}\s+(?:[nsew]\.?\s+)?[a-z]+\s+(?:street|st|avenue|ave|road|rd|lane|ln|boulevard|blvd|court|drive)\b(?!\s+(?:unit|clinic))"
)
_NAME = r"[A-Z][a-z']+(?:-[A-Z][a-z]+)?"
_NAMED = re.compile(
    rf"\b(?:Mr|Mrs|Ms|Miss|mr|mrs|ms)\.?\s+(?P<title>{_NAME})"
    rf"|\b(?:[Pp]atient|[Pp]t|[Mm]ember|[Cc]lient|[Rr]esident|[Nn]ame)(?:'s\s+name)?\s*(?:is|named|called|[:-])?\s+"
    rf"(?P<first>{_NAME})(?:\s+[A-Z]\.?)?,?\s+(?P<last>{_NAME})"
)


class PatientData:
    """Built once a knowledge, whose words are no names."""

    def __init__(self, known: Container[str]) -> None:
        """Keep the words that are no names."""
        self._known = known

    def is_in(self, text: str) -> bool:
        """Whether a message looks like it holds any; rather once too little than at every other question."""
        return _NUMBERED.search(fold(text)) is not None or any(map(self._is_name, _NAMED.finditer(text)))

    def _is_name(self, found: re.Match[str]) -> bool:
        """Whether the capitals are those of a name: "Patient Seen Today" holds none."""
        names = (found["first"], found["last"])
        return bool(found["title"]) or not all(stem(name.lower()) in self._known for name in names)
