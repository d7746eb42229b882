"""The plants, and the delivery address of an item that has no address of its own: that of its plant."""

from simulators.sap.store import Row, Store

# Plant: name, street, house number, city, postal code, region, country.
PLANTS: dict[str, tuple[str, str, str, str, str, str, str]] = {
    "1710": ("Main Warehouse", "Deer Creek Road", "3475", "Palo Alto", "94304", "CA", "US"),
    "1720": ("Desert Branch", "East Washington Street", "201", "Phoenix", "85004", "AZ", "US"),
    "1730": ("Lager Walldorf", "Dietmar-Hopp-Allee", "16", "Walldorf", "69190", "BW", "DE"),
}


def plant_address(plant: str) -> dict[str, str]:
    """The address of a plant by the columns of an item's delivery address."""
    known = PLANTS.get(plant, (f"Plant {plant}", "", "", "", "", "", ""))
    name, street, number, city, postal_code, region, country = known
    return {
        "OrganizationName1": name,
        "AddresseeFullName": name,
        "StreetName": street,
        "HouseNumber": number,
        "CityName": city,
        "PostalCode": postal_code,
        "Region": region,
        "Country": country,
        "CorrespondenceLanguage": "EN",
    }


def derive_addresses(store: Store) -> Store:
    """Let items without a stored delivery address show that of their plant."""
    table = store["PurchaseOrderItemAddress"]
    known: dict[str, dict[str, str]] = {}

    def of_plant(item: Row) -> list[Row]:
        plant = item["Plant"]
        if plant not in known:
            known[plant] = plant_address(plant)
        return [table.make(known[plant], item)]

    store.derived["PurchaseOrderItemAddress"] = of_plant
    return store
