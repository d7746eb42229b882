"""The items of purchase orders: goods and services, account assignments, schedule lines, addresses."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from simulators.sap.store import Row, Store
from simulators.sap.values import Value
from simulators.sap.world.masters import AREA, company_of, cost_center_number
from simulators.sap.world.words import SERVICES, Material, materials, unmapped_materials

ONE = Decimal(1)
BOX_OF = 12
_CENT = Decimal("0.01")
_NUMBERS = [Decimal(number) for number in range(1_001)]
_PRICE_UNITS = (ONE,) * 17 + (Decimal(10), Decimal(10), Decimal(100))
_QUANTITIES = (1, 1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 12, 20, 24, 40, 50, 100, 120, 250)
_BUYERS = ("M.OKAFOR", "D.REYES", "J.LINDT", "S.PATEL")


@dataclass(frozen=True, slots=True)
class Plan:
    """What the items of one order have in common. ``kind`` says what is unusual about the order."""

    kind: str
    company: str
    currency: str
    center: int
    job: str
    day: date


class ItemMaker:
    """Makes the items of one order after the other."""

    def __init__(self, store: Store, chance: Random, centers: int) -> None:
        self.store = store
        self.chance = chance
        self.materials = materials()
        self.unmapped = unmapped_materials()
        self.by_company: dict[str, list[int]] = {}
        for place in range(1, centers + 1):
            self.by_company.setdefault(company_of(place), []).append(place)

    def item(self, order: Row, place: int, plan: Plan) -> Row:
        """One item with its account assignments and its schedule line."""
        chance = self.chance
        values = self._service() if chance.random() < 0.12 else self._goods(plan)
        quantity, price = values["OrderQuantity"], values["NetPriceAmount"]
        if chance.random() < 0.015:
            values["NetPriceAmount"] = price = Decimal("0.00")
        if plan.kind == "deleted" or (place > 1 and chance.random() < 0.01):
            values["PurchasingDocumentDeletionCode"] = "L"
        job = str(2_001 + chance.randrange(58)) if plan.kind == "other_jobs" and place > 1 else plan.job
        ordered = quantity * values["OrderPriceUnitToOrderUnitNmrtr"] / values["OrdPriceUnitToOrderUnitDnmntr"]
        amount = (ordered * price / values["NetPriceQuantity"]).quantize(_CENT)
        values.update(
            PurchaseOrderItem=str(place * 10),
            Plant=plan.company,
            CompanyCode=plan.company,
            DocumentCurrency=plan.currency,
            TaxCode="I1",
            GoodsReceiptIsExpected=True,
            InvoiceIsExpected=True,
            PurchaseOrderItemCategory="0",
            AccountAssignmentCategory="K",
            RequisitionerName=job or _BUYERS[chance.randrange(4)],
            RequirementTracking=job,
            NetAmount=amount,
            GrossAmount=amount,
            EffectiveAmount=amount,
        )
        values.update(_ITEMS.get(plan.kind, {}))
        item = self.store["PurchaseOrderItem"].make(values, order)
        self._account(item, plan, place)
        self._schedule(item, plan.day)
        if chance.random() < 0.05:
            self._own_address(item, job)
        return item

    def _goods(self, plan: Plan) -> dict[str, Any]:
        chance = self.chance
        pool: list[Material] = self.unmapped if plan.kind == "unmapped" else self.materials
        material = pool[chance.randrange(len(pool))]
        boxed = material.unit == "BOX" and chance.random() < 0.5
        unit = _PRICE_UNITS[chance.randrange(len(_PRICE_UNITS))]
        price = material.price / BOX_OF if boxed else material.price
        return {
            "Material": material.number,
            "PurchaseOrderItemText": material.text,
            "MaterialGroup": material.group,
            "ProductTypeCode": "1",
            "OrderQuantity": _NUMBERS[chance.choice(_QUANTITIES)],
            "PurchaseOrderQuantityUnit": material.unit,
            "BaseUnit": "PC" if boxed else material.unit,
            "OrderPriceUnit": "PC" if boxed else material.unit,
            "OrderPriceUnitToOrderUnitNmrtr": _NUMBERS[BOX_OF] if boxed else ONE,
            "OrdPriceUnitToOrderUnitDnmntr": ONE,
            "NetPriceAmount": (price * unit).quantize(_CENT),
            "NetPriceQuantity": unit,
        }

    def _service(self) -> dict[str, Any]:
        chance = self.chance
        by_hour = chance.random() < 0.6
        quantity = Decimal(chance.randrange(4, 160)) / 4 if by_hour else ONE
        return {
            "PurchaseOrderItemText": chance.choice(SERVICES),
            "MaterialGroup": "S001",
            "ProductTypeCode": "2",
            "OrderQuantity": quantity.quantize(_CENT) if by_hour else quantity,
            "PurchaseOrderQuantityUnit": "H" if by_hour else "EA",
            "OrderPriceUnit": "H" if by_hour else "EA",
            "BaseUnit": "H" if by_hour else "EA",
            "OrderPriceUnitToOrderUnitNmrtr": ONE,
            "OrdPriceUnitToOrderUnitDnmntr": ONE,
            "NetPriceAmount": Decimal(chance.randrange(4_000, 250_000)) / 100,
            "NetPriceQuantity": ONE,
        }

    def _account(self, item: Row, plan: Plan, place: int) -> None:
        if item["AccountAssignmentCategory"] != "K":
            return
        chance = self.chance
        center = plan.center
        if plan.kind == "other_centers" and place > 1:
            center = chance.choice(self.by_company[plan.company])
        if chance.random() < 0.03 and item["OrderQuantity"] > ONE:
            first = Decimal(chance.choice((25, 40, 50, 60, 75)))
            item["MultipleAcctAssgmtDistribution"] = "2"
            item.adopt(self._line(item, 1, center, first))
            item.adopt(self._line(item, 2, chance.choice(self.by_company[plan.company]), 100 - first))
        else:
            item.adopt(self._line(item, 1, center, None))

    def _line(self, item: Row, number: int, center: int, percent: Decimal | None) -> Row:
        share = ONE if percent is None else percent / 100
        return self.store["PurchaseOrderAccount"].make(
            {
                "AccountAssignmentNumber": str(number),
                "CostCenter": cost_center_number(center),
                "GLAccount": "65100000" if item["Material"] else "65300000",
                "ControllingArea": AREA,
                "ProfitCenter": f"YB{600 + center}",
                "Quantity": item["OrderQuantity"] if percent is None else _shared(item["OrderQuantity"] * share),
                "OrderQuantityUnit": item["PurchaseOrderQuantityUnit"],
                "DocumentCurrency": item["DocumentCurrency"],
                "MultipleAcctAssgmtDistrPercent": _NUMBERS[0] if percent is None else percent,
                "PurgDocNetAmount": item["NetAmount"] if percent is None else _shared_amount(item["NetAmount"] * share),
                "FunctionalArea": "YB40",
            },
            item,
        )

    def _schedule(self, item: Row, day: date) -> None:
        due = day + timedelta(days=self.chance.randrange(2, 45))
        quantity: Decimal = item["OrderQuantity"]
        split = quantity >= 40 and quantity % 2 == 0 and self.chance.random() < 0.1
        parts = [(due, quantity / 2), (due + timedelta(days=14), quantity / 2)] if split else [(due, quantity)]
        for number, (at, amount) in enumerate(parts, 1):
            line = {
                "ScheduleLine": str(number),
                "DelivDateCategory": "1",
                "ScheduleLineDeliveryDate": at,
                "ScheduleLineOrderQuantity": amount,
                "OpenPurchaseOrderQuantity": amount,
                "PurchaseOrderQuantityUnit": item["PurchaseOrderQuantityUnit"],
            }
            item.adopt(self.store["PurchaseOrderSchedule"].make(line, item))

    def _own_address(self, item: Row, job: str) -> None:
        street = f"{self.chance.randrange(10, 9_900)}"
        name = f"Job site {job}" if job else "Job site"
        address = {
            "DeliveryAddressID": str(50_000 + self.chance.randrange(50_000)),
            "OrganizationName1": name,
            "AddresseeFullName": name,
            "StreetName": "Elm Street",
            "HouseNumber": street,
            "CityName": "San Jose",
            "PostalCode": "95112",
            "Region": "CA",
            "Country": "US",
        }
        item["ManualDeliveryAddressID"] = address["DeliveryAddressID"]
        item.adopt(self.store["PurchaseOrderItemAddress"].make(address, item))


_ITEMS: dict[str, dict[str, Value]] = {
    "returns": {"IsReturnsItem": True},
    "transport": {
        "PurchaseOrderItemCategory": "7",
        "AccountAssignmentCategory": "",
        "InvoiceIsExpected": False,
        "NetPriceAmount": Decimal("0.00"),
        "NetAmount": Decimal("0.00"),
        "GrossAmount": Decimal("0.00"),
        "EffectiveAmount": Decimal("0.00"),
    },
    "limit": {
        "PurchaseOrderItemCategory": "A",
        "Material": "",
        "ProductTypeCode": "2",
        "PurchaseOrderItemText": "Framework for small parts",
        "OverallLimitAmount": Decimal("5000.00"),
        "ExpectedOverallLimitAmount": Decimal("3500.00"),
        "GoodsReceiptIsExpected": False,
    },
}


def _shared(quantity: Decimal) -> Decimal:
    return quantity.quantize(Decimal("0.001"))


def _shared_amount(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT)
