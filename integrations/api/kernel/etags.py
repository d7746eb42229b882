"""Nobody overwrites what they have not seen: ETag on what people edit, If-Match to change it.

The tag stands for what people edit of a thing, not for what the product itself writes to it (when it was last polled,
whether it is well), so an edit is only refused because of another edit.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from rest_framework.request import Request

from integrations.api.kernel.problems import Problem

_TAGS = re.compile(r'\s*(?:W/)?("[!#-~]*")\s*(?:,|$)')


def etag(*parts: Any) -> str:
    """A strong entity tag over what people edit. The parts have to be JSON, or have a `str` that says it all."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def require(request: Request, current: str) -> None:
    """Raises Problem 428 without If-Match, and 412 if it does not name the current tag. To be called under a lock."""
    given = request.headers.get("If-Match", "").strip()
    if not given:
        detail = "Read it first, and send its ETag as If-Match, so that nobody's change is overwritten unseen."
        raise Problem("precondition-required", detail)
    if given != "*" and current not in _TAGS.findall(given):
        detail = "Read it again, and decide anew. Nothing was changed."
        raise Problem("changed-meanwhile", detail, headers={"ETag": current})
