"""Words from which a world is made: wholesalers, places, parts, services."""

from decimal import Decimal
from random import Random
from typing import NamedTuple

FIRST = (
    "Allied", "Anchor", "Apex", "Atlas", "Badger", "Bayside", "Beacon", "Blue Ridge", "Cardinal", "Cascade",
    "Central", "Coastal", "Cornerstone", "Crescent", "Delta", "Dixie", "Eagle", "Empire", "Evergreen", "Ferro",
    "Frontier", "Gateway", "Granite", "Great Lakes", "Gulf", "Harbor", "Heartland", "Highland", "Ironwood", "Keystone",
    "Lakeland", "Liberty", "Lone Star", "Magnolia", "Maverick", "Metro", "Midland", "Mission", "Monarch", "Northside",
    "Oak Hill", "Pacific", "Palmetto", "Peak", "Pioneer", "Prairie", "Redwood", "Ridgeline", "Riverside", "Rocky",
    "Sierra", "Southern", "Sterling", "Summit", "Sunbelt", "Tri-County", "Twin City", "Union", "Valley", "Vanguard",
)  # fmt: skip
TRADE = (
    "HVAC Supply", "Plumbing Supply", "Electric Supply", "Pipe & Valve", "Refrigeration", "Mechanical Parts",
    "Air Systems", "Controls", "Sheet Metal", "Fasteners", "Roofing Supply", "Water Heaters", "Lighting", "Tool Rental",
)  # fmt: skip
FORM = ("Inc", "LLC", "Co", "Corp", "& Sons", "Wholesale", "Distributors", "of America")
STREETS = (
    "Commerce Dr", "Industrial Blvd", "Main St", "Market St", "Mill Rd", "Airport Pkwy", "Railroad Ave", "Oak St",
    "Union Ave", "Depot St", "Harbor Way", "Foundry Ln", "Distribution Dr", "Trade Center Ct", "Quarry Rd",
)  # fmt: skip


class City(NamedTuple):
    """A place: name, region, ZIP prefix, area code."""

    name: str
    region: str
    zip_prefix: str
    area: str


CITIES = (
    City("Muncie", "IN", "473", "765"), City("Phoenix", "AZ", "850", "602"), City("Sacramento", "CA", "958", "916"),
    City("Fresno", "CA", "937", "559"), City("Denver", "CO", "802", "303"), City("Hartford", "CT", "061", "860"),
    City("Tampa", "FL", "336", "813"), City("Atlanta", "GA", "303", "404"), City("Boise", "ID", "837", "208"),
    City("Peoria", "IL", "616", "309"), City("Wichita", "KS", "672", "316"), City("Louisville", "KY", "402", "502"),
    City("Baton Rouge", "LA", "708", "225"), City("Grand Rapids", "MI", "495", "616"),
    City("Duluth", "MN", "558", "218"),
    City("St. Louis", "MO", "631", "314"), City("Raleigh", "NC", "276", "919"), City("Omaha", "NE", "681", "402"),
    City("Newark", "NJ", "071", "973"), City("Reno", "NV", "895", "775"), City("Albany", "NY", "122", "518"),
    City("Toledo", "OH", "436", "419"), City("Tulsa", "OK", "741", "918"), City("Salem", "OR", "973", "503"),
    City("Reading", "PA", "196", "610"), City("Knoxville", "TN", "379", "865"), City("Houston", "TX", "770", "713"),
    City("Austin", "TX", "787", "512"), City("Provo", "UT", "846", "801"), City("Tacoma", "WA", "984", "253"),
)  # fmt: skip
TRADES = ("HVAC Service", "HVAC Install", "Plumbing", "Electrical", "Roofing", "Drains")
_PARTS = (
    "Copper pipe", "Ball valve", "Air filter", "Thermostat", "Breaker", "Conduit", "Flex duct", "Sealant", "PVC elbow",
    "Capacitor", "Contactor", "Blower motor", "Gas valve", "Pressure switch", "Line set", "Expansion valve",
)  # fmt: skip
_SIZES = ("1/2 in", "3/4 in", "1 in", "2 in", "16x20", "20x25", "15 A", "20 A", "10 ft", "large")
_MACHINES = ("Condensing unit", "Furnace", "Heat pump", "Water heater", "Air handler")
_UNITS = ("PC", "PC", "PC", "EA", "EA", "FT", "BOX", "M")
SERVICES = (
    "Crane for rooftop unit", "Duct cleaning", "Start-up and balancing", "Refrigerant recovery", "Core drilling",
    "Emergency call out", "Freight and lift gate", "Permit and inspection", "Scaffold rental", "Subcontract labor",
)  # fmt: skip


class Material(NamedTuple):
    """A material with what an order item takes over from it."""

    number: str
    text: str
    group: str
    unit: str
    price: Decimal


def materials() -> list[Material]:
    """HV-10001 to HV-10400; every 20th is equipment. The catalogue is the same in every world."""
    chance = Random("materials")
    return [_material(number, chance) for number in range(10_001, 10_401)]


def unmapped_materials() -> list[Material]:
    """Materials that exist in SAP alone."""
    chance = Random("unmapped")
    return [_material(number, chance) for number in range(19_001, 19_021)]


def _material(number: int, chance: Random) -> Material:
    price = Decimal(chance.randrange(150, 90_000)) / 100
    size = chance.choice(_SIZES)
    if number % 20 == 0:
        return Material(f"HV-{number}", f"{chance.choice(_MACHINES)} {size}", "L002", "PC", price * 10)
    return Material(f"HV-{number}", f"{chance.choice(_PARTS)} {size}", "L001", chance.choice(_UNITS), price)


def supplier_name(number: int) -> str:
    """A company name; different for each of the first 6,720 numbers, then with the number behind it."""
    sets = len(FIRST) * len(TRADE) * len(FORM)
    place = (number * 2_741) % sets
    first, rest = place % len(FIRST), place // len(FIRST)
    name = f"{FIRST[first]} {TRADE[rest % len(TRADE)]} {FORM[rest // len(TRADE)]}"
    return name if number < sets else f"{name} {number // sets + 1}"
