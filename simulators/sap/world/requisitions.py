"""Purchase requisitions: open ones, not released ones, ones without a supplier, deleted and closed ones."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from simulators.sap.rules.numbers import next_number
from simulators.sap.store import Row, Store
from simulators.sap.values import TICKS, ticks_of
from simulators.sap.world.masters import AREA, COMPANIES, company_of, cost_center_number
from simulators.sap.world.words import SERVICES, materials

FIRST_REQUISITION = 10_000_001
_ONE = Decimal(1)
_CENT = Decimal("0.01")
_TEXTS = ("Replacement parts", "Job stock", "Truck refill", "Site material", "Spare units")
_QUANTITIES = (1, 1, 2, 3, 4, 5, 10, 20, 40)


class RequisitionMaker:
    """Makes requisitions one after the other."""

    def __init__(self, store: Store, chance: Random, centers: int, oddities: float) -> None:
        self.store = store
        self.chance = chance
        self.centers = max(1, centers)
        self.oddities = oddities
        self.materials = materials()
        self.suppliers: list[str] = [
            row["Supplier"] for row in store["Supplier"].everything() if row.children("SupplierPurchasingOrg")
        ]

    def requisition(self, number: int, day: date, ticks: int | None) -> Row:
        """One requisition."""
        chance = self.chance
        header = {
            "PurchaseRequisition": str(number),
            "PurchaseRequisitionType": "NB",
            "PurReqnDescription": chance.choice(_TEXTS),
        }
        requisition = self.store["Requisition"].make(header)
        center = chance.randrange(self.centers) + 1
        supplier = chance.choice(self.suppliers) if self.suppliers and not self._odd(0.12) else ""
        job = str(2_001 + chance.randrange(58)) if chance.random() < 0.5 else ""
        released = not self._odd(0.1)
        for place in range(chance.choice((1, 1, 2, 3, 4))):
            values = self._item(place + 1, day, center, supplier if not self._odd(0.05) else "")
            values |= {
                "PurReqnReleaseStatus": "02" if released else "03",
                "ReleaseIsNotCompleted": not released,
                "PurReqnExternalReference": job,
                "RequisitionerName": job or "D.REYES",
                "RequirementTracking": job,
                "LastChangeDateTime": ticks,
                "IsDeleted": self._odd(0.03),
                "IsClosed": self._odd(0.02),
            }
            requisition.adopt(self._with_account(requisition, values, center))
        return requisition

    def _odd(self, share: float) -> bool:
        return self.chance.random() < share * self.oddities

    def _item(self, place: int, day: date, center: int, supplier: str) -> dict[str, Any]:
        chance, company = self.chance, company_of(center)
        return {
            **self._what(),
            "PurchaseRequisitionItem": str(place * 10),
            "PurchaseRequisitionType": "NB",
            "AccountAssignmentCategory": "K",
            "PurReqnPriceQuantity": _ONE,
            "PurReqnItemCurrency": COMPANIES[company][3],
            "Plant": company,
            "CompanyCode": company,
            "PurchasingOrganization": company,
            "PurchasingGroup": "001",
            "FixedSupplier": supplier,
            "Supplier": "",
            "SourceOfSupplyIsAssigned": bool(supplier),
            "DeliveryDate": day + timedelta(days=chance.randrange(5, 40)),
            "ProcessingStatus": "N",
            "PurReqCreationDate": day,
            "CreationDate": day,
            "PurReqnOrigin": "R",
            "CreatedByUser": "CB9980000210",
        }

    def _what(self) -> dict[str, Any]:
        chance = self.chance
        quantity = Decimal(chance.choice(_QUANTITIES))
        if chance.random() < 0.12:
            price = Decimal(chance.randrange(5_000, 90_000)) / 100
            what = {"PurchaseRequisitionItemText": chance.choice(SERVICES), "MaterialGroup": "S001", "BaseUnit": "H"}
            return what | {
                "ProductTypeCode": "2",
                "RequestedQuantity": quantity,
                "PurchaseRequisitionPrice": price,
                "ItemNetAmount": (quantity * price).quantize(_CENT),
            }
        material = chance.choice(self.materials)
        return {
            "Material": material.number,
            "PurchaseRequisitionItemText": material.text,
            "MaterialGroup": material.group,
            "BaseUnit": material.unit,
            "ProductTypeCode": "1",
            "RequestedQuantity": quantity,
            "PurchaseRequisitionPrice": material.price,
            "ItemNetAmount": (quantity * material.price).quantize(_CENT),
        }

    def _with_account(self, requisition: Row, values: dict[str, Any], center: int) -> Row:
        item = self.store["RequisitionItem"].make(values, requisition)
        account = {
            "PurchaseReqnAcctAssgmtNumber": "1",
            "CostCenter": cost_center_number(center),
            "GLAccount": "65100000",
            "ControllingArea": AREA,
            "ProfitCenter": f"YB{600 + center}",
            "Quantity": item["RequestedQuantity"],
            "BaseUnit": item["BaseUnit"],
            "PurReqnNetAmount": item["ItemNetAmount"],
            "PurReqnItemCurrency": item["PurReqnItemCurrency"],
        }
        item.adopt(self.store["RequisitionAccount"].make(account, item))
        return item


def requisitions(maker: RequisitionMaker, count: int, days: int, now: datetime) -> Iterator[Row]:
    """Requisitions spread over the last ``days``; the oldest 3 % have no change stamp."""
    first = next_number(maker.store, "Requisition", FIRST_REQUISITION)
    end, start = ticks_of(now), ticks_of(now - timedelta(days=days))
    step = max(1, (end - start) // max(1, count))
    for place in range(count):
        ticks = min(end, start + place * step + maker.chance.randrange(step))
        day = (now - timedelta(seconds=(end - ticks) // TICKS)).date()
        yield maker.requisition(first + place, day, None if days and place < count * 0.03 else ticks)
