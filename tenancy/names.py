"""Names of Kubernetes objects: legal, deterministic, short enough."""

import hashlib
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
WORD = r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
DOMAIN = rf"{LABEL}(\.{LABEL})*"
NAME = rf"^{LABEL}$"
DOTTED_NAME = rf"^{LABEL}(\.{LABEL})*$"
NAME_WITH_LETTER = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"
LABEL_KEY = rf"^({DOMAIN}/)?{WORD}$"
LABEL_VALUE = rf"^({WORD})?$"
DEVICE = rf"^{DOMAIN}/{WORD}$"
COUNTED = rf"^[a-z]([-a-z0-9]*[a-z0-9])?(\.{LABEL})*$"
IMAGE = r"^[^\s]+$"
CURRENCY = r"^[A-Z]{3}$"
KUBERNETES = r"^1\.[0-9]+$"
LONGEST_LABEL = 63
LONGEST_DOMAIN = 253
HASH_LENGTH = 8

EXPECTED: Mapping[str, str] = {
    NAME: "is no name; use lower-case letters, digits and dashes",
    DOTTED_NAME: "is no name; use lower-case letters, digits, dashes and dots",
    NAME_WITH_LETTER: "is no name; begin with a letter, then use lower-case letters, digits and dashes",
    LABEL_KEY: "is no key of a label; write one such as example.org/pool",
    LABEL_VALUE: "is no value of a label; use letters, digits, dashes, dots and underscores",
    DEVICE: "is no extended resource; write one such as nvidia.com/gpu",
    COUNTED: "is no resource that can be counted; write its plural and group, such as jobs.batch",
    CURRENCY: "is no currency; write its code, such as USD",
    KUBERNETES: "is no minor version; write one such as 1.35, quoted",
    IMAGE: "is no image; write one such as registry.example.org/train:1",
}
"""What is wrong with a text that does not match a pattern, and what would be right."""


def _short_enough(key: str) -> str:
    domain, _, word = key.rpartition("/")
    if len(domain) > LONGEST_DOMAIN or len(word) > LONGEST_LABEL:
        raise ValueError(
            f"is too long; at most {LONGEST_DOMAIN} characters before the slash and {LONGEST_LABEL} after it"
        )
    return key


TeamName = Annotated[str, StringConstraints(pattern=NAME, max_length=LONGEST_LABEL)]
"""A DNS label: what a namespace, a label value and a queue may all be called."""

SubdomainName = Annotated[str, StringConstraints(pattern=DOTTED_NAME, max_length=LONGEST_DOMAIN)]
"""A DNS subdomain: what cluster-scoped objects may be called."""

PriorityName = Annotated[str, StringConstraints(pattern=DOTTED_NAME, max_length=LONGEST_LABEL)]
"""The name of a priority: jobs carry it as a label value."""

GangName = Annotated[str, StringConstraints(pattern=NAME_WITH_LETTER, max_length=LONGEST_LABEL)]
"""What a job of any kind may be called: a JobSet and its Services begin with a letter."""

TaskName = Annotated[str, StringConstraints(pattern=NAME_WITH_LETTER, max_length=30)]
"""The name of a gang's task: it stands in the names of pods, after that of the gang."""

LabelKey = Annotated[
    str,
    StringConstraints(pattern=LABEL_KEY, max_length=LONGEST_DOMAIN + 1 + LONGEST_LABEL),
    AfterValidator(_short_enough),
]
LabelValue = Annotated[str, StringConstraints(pattern=LABEL_VALUE, max_length=LONGEST_LABEL)]
Counted = Annotated[str, StringConstraints(pattern=COUNTED, max_length=250)]
Image = Annotated[str, StringConstraints(pattern=IMAGE)]
Group = Annotated[str, StringConstraints(min_length=1)]


def joined(*parts: str, longest: int = LONGEST_LABEL) -> str:
    """Join *parts* by dashes; a name over *longest* is cut and ends in a hash of the whole.

    >>> joined("vision", "train")
    'vision-train'
    >>> joined("a" * 60, "train")
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-5b4094a3'
    """
    name = "-".join(parts)
    if len(name) <= longest:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:HASH_LENGTH]
    return f"{name[: longest - HASH_LENGTH - 1].rstrip('-.')}-{digest}"
