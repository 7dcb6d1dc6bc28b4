"""Names of Kubernetes objects: legal, deterministic, short enough."""

import hashlib
import re
from typing import Annotated

from pydantic import StringConstraints

LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
LONGEST_LABEL = 63
HASH_LENGTH = 8

TeamName = Annotated[str, StringConstraints(pattern=rf"^{LABEL}$", max_length=LONGEST_LABEL)]
"""A DNS label: what a namespace, a label value and a queue may all be called."""

SubdomainName = Annotated[str, StringConstraints(pattern=rf"^{LABEL}(\.{LABEL})*$", max_length=253)]
"""A DNS subdomain: what cluster-scoped objects may be called."""


def joined(*parts: str, longest: int = LONGEST_LABEL) -> str:
    """Join *parts* by dashes; a name over *longest* is cut and ends in a hash of the whole.

    >>> joined("vision", "train")
    'vision-train'
    >>> joined("a" * 60, "train")
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-8ab9c2f0'
    """
    name = "-".join(parts)
    if len(name) <= longest:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:HASH_LENGTH]
    return f"{name[: longest - HASH_LENGTH - 1].rstrip('-.')}-{digest}"


def is_label(name: str) -> bool:
    """Tell whether *name* is a DNS label of at most 63 characters."""
    return len(name) <= LONGEST_LABEL and re.fullmatch(LABEL, name) is not None
