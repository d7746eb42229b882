"""Vendors of ServiceTitan that SAP does not know yet: they become suppliers, and come back as what they are."""

from __future__ import annotations

from collections import Counter

from demo.chapter import Chapter, Scene, States

FLOW, NEW = "vendors-to-sap", "Northern Valve Works"


class VendorsBack(Chapter):
    """One vendor resembles a supplier of SAP, one is new."""

    echoes = (FLOW,)

    def bend(self) -> None:
        """Nobody has entered the new one yet."""
        self.new = ""

    def states(self) -> States:
        """Vendors that came from SAP have nothing to bring back; the one that looks like a supplier is a person's."""
        rows = self.world.rows("vendors")
        states = {str(row["id"]): "unchanged" for row in rows}
        stranger = next(str(row["id"]) for row in rows if row["address"]["city"] == "Elsewhere")
        return {FLOW: states | {stranger: "dismissed" if self.world.answered else "quarantined"}}

    def claims(self, scene: Scene) -> None:
        """SAP has got the new vendor, once."""
        partners = self.world.sap.state()["BusinessPartner"]
        names = [row["OrganizationBPName1"] for row in partners if row["OrganizationBPName1"] == NEW]
        scene.checks.equal("SAP has each vendor that is new there, once", names, [NEW] if self.new else [])

    def change(self, scene: Scene) -> Counter[str]:
        """Somebody enters a new vendor in ServiceTitan; there it then bears the number that SAP gave it."""
        address = {"street": "12 Mill St", "city": "Reno", "state": "NV", "zip": "89501", "country": "USA"}
        values = {"name": NEW, "phone": "(775) 555-0142", "email": "orders@northern.example", "address": address}
        self.new = str(self.world.enter("vendors", values)["id"])
        return Counter({"sap POST API_BUSINESS_PARTNER/A_BusinessPartner": 1, "servicetitan PATCH Vendors_Update": 1})

    def answer(self, scene: Scene) -> None:
        """Nobody orders from that company by SAP."""
        (stranger,) = (key for key, state in self.states()[FLOW].items() if state == "quarantined")
        scene.books.dismiss(FLOW, stranger, "Nothing is ordered there by SAP.")
