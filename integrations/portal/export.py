"""/export/: everything of the customer as one archive."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path

from integrations.audit import record
from integrations.exporting import export as archive
from integrations.exporting import tables
from integrations.portal.pages import PageRequest, actor, page


@page(role="owner")
def export(request: PageRequest) -> HttpResponse:
    """What is in the archive, and what is not."""
    names = sorted(str(model._meta.verbose_name_plural) for model in tables())
    return render(request, "portal/export/export.html", {"tables": names})


@page(role="owner", methods=("POST",))
def download(request: PageRequest) -> HttpResponseBase:
    """The archive, piece by piece; that it was taken is in the audit before the first piece."""
    customer = request.customer
    with transaction.atomic():
        record(actor=actor(request), action="customer.exported", subject=customer.name, subject_id=customer.schema_name)
    headers = {"Content-Disposition": f'attachment; filename="{customer.schema_name}.zip"'}
    return StreamingHttpResponse(archive(customer), content_type="application/zip", headers=headers)


routes = [path("export/", export, name="export"), path("export/archive/", download, name="export-archive")]
