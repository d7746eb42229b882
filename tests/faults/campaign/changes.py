"""What people can do outside, by the words of `profiles.Profile.changes`."""

from __future__ import annotations

from tests.faults.campaign import outside, purchasing, receiving, units
from tests.faults.campaign.outside import Do

CHANGES: dict[str, Do] = {
    do.__name__: do
    for do in (
        outside.quantity,
        outside.price,
        outside.late,
        outside.same_stamp,
        outside.delete_order,
        outside.new_order,
        outside.new_supplier,
        outside.rename_supplier,
        outside.edit_order,
        purchasing.request_items,
        purchasing.change_requisition,
        purchasing.drop_requisition,
        purchasing.convert,
        purchasing.invoice,
        purchasing.reverse,
        purchasing.raise_request,
        purchasing.buy,
        receiving.bill,
        receiving.receive,
        outside.rename_vendor,
        outside.phone_vendor,
        outside.new_vendor,
        outside.rename_center,
        units.rename_unit,
        units.new_unit,
        outside.name_job,
        outside.make_job,
        outside.edit_job,
    )
}
"""Each tells what was done, "" where there was nothing to do it with."""
