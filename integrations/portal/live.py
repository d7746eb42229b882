"""Parts of pages that keep themselves up to date (integrations/static/integrations/live.js), without reloading.

Such a part names the digest of what it shows when it asks anew (`?seen=`), and is answered 204 as long as it is the
same: then nothing on the page is touched. It is left alone while its tab is hidden.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from integrations.portal.pages import PageRequest

_CHANGING = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|[?&]seen=\w+')


def live(request: PageRequest, part: str, whole: str, shown: dict[str, Any]) -> HttpResponse:
    """The part for a page that has it already, else the whole page, which includes the part. `seen` is its digest."""
    told = render_to_string(part, shown, request=request)
    seen = hashlib.sha256(_CHANGING.sub("", told).encode()).hexdigest()[:16]
    if request.htmx and request.GET.get("seen"):
        if request.GET["seen"] == seen:
            return HttpResponse(status=204, headers={"ETag": f'"{seen}"'})
        answer = render(request, part, {**shown, "seen": seen})
        answer.headers["ETag"] = f'"{seen}"'
        return answer
    return render(request, whole, {**shown, "seen": seen})
