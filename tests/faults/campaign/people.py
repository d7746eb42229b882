"""What the customer's people do here, by a word each (`profiles.Profile.people`), and how they bring it to an end."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import transaction

from integrations import connections, jobs, steering
from integrations.audit import Actor
from integrations.connections import ping
from integrations.engine import dismiss, link_by_hand, make_anew, replay, save_value, unlink
from integrations.models import Connection, Delivery, Link, Sync, ValueMap
from integrations.running import CustomerSchedule
from tests.faults.campaign import purchasing, receiving
from tests.faults.campaign.world import MADE_BY_PEOPLE, Here

if TYPE_CHECKING:
    from tests.faults.campaign.history import History

ANN = Actor(kind="person", id="1", label="ann@acme.test")
Do = Callable[["History", Here, random.Random], str]


def map_center(h: History, here: Here, chance: random.Random) -> str:
    unit = next(row["id"] for row in here.titan("business-units") if row.get("accountCode") == MADE_BY_PEOPLE)
    return _mapped(h, here, MADE_BY_PEOPLE, str(unit))


def edit_map(h: History, here: Here, chance: random.Random) -> str:
    """A cost center belongs to another business unit from now on: what was written for it is written again."""
    units = sorted(str(row["id"]) for row in here.titan("business-units") if row.get("accountCode"))
    rows = ValueMap.objects.filter(map="cost-center").order_by("key").values_list("key", flat=True)
    return _mapped(h, here, chance.choice(list(rows)), chance.choice(units))


def _mapped(h: History, here: Here, center: str, unit: str) -> str:
    save_value("cost-center", center, unit, by="person", schedule=_plan(here), now=h.made.now())
    return f"somebody maps cost center {center} to {unit}"


def _right_units(h: History, here: Here) -> list[str]:
    """Cost centers that somebody mapped to a unit whose books are in another currency go back to their own one."""
    units = {str(row["id"]): row for row in here.titan("business-units")}
    own = {row["accountCode"]: key for key, row in units.items() if row.get("accountCode")}
    rows = ValueMap.objects.filter(map="cost-center").order_by("key").values_list("key", "value")
    wrong = [key for key, value in rows if units[value]["currency"] != units[own[key]]["currency"]]
    return [_mapped(h, here, key, own[key]) for key in wrong]


def _new_units(h: History, here: Here) -> list[str]:
    """Business units that people made get their cost center in the map."""
    mapped = set(ValueMap.objects.filter(map="cost-center").values_list("key", flat=True))
    rows = [row for row in here.titan("business-units") if row["accountCode"] not in mapped]
    return [_mapped(h, here, row["accountCode"], str(row["id"])) for row in rows]


def _plan(here: Here) -> CustomerSchedule:
    return CustomerSchedule(here.customer.pk)


def replay_one(h: History, here: Here, chance: random.Random) -> str:
    known = list(Delivery.objects.order_by("created_at", "id").select_related("sync"))
    if not known:
        return ""
    chosen = chance.choice(known)
    replay(chosen.sync, chosen.source_key, by="person", schedule=_plan(here), now=h.made.now())
    return f"somebody replays {chosen.sync.flow} {chosen.source_key}"


def dismiss_one(h: History, here: Here, chance: random.Random) -> str:
    open_ones = list(Delivery.objects.filter(state__in=Delivery.OPEN).order_by("created_at", "id"))
    if not open_ones:
        return ""
    chosen = chance.choice(open_ones)
    try:
        dismiss(chosen, by="person", reason="Not wanted.", schedule=_plan(here), now=h.made.now())
    except ValueError:
        return f"somebody tries to dismiss {chosen.source_key} while it is written"
    return f"somebody dismisses {chosen.source_key} #{chosen.number}"


def unlink_one(h: History, here: Here, chance: random.Random) -> str:
    return _taken_apart(h, here, chance, Link.objects.filter(flow__in=h.made.profile.flows).exclude(target_key=""))


def _taken_apart(h: History, here: Here, chance: random.Random, links: Any) -> str:
    known = list(links.order_by("flow", "source_key"))
    if not known:
        return ""
    link = chance.choice(known)
    try:
        unlink(link, by="person", reason="Wrong one.", schedule=_plan(here), now=h.made.now())
    except ValueError:
        return f"somebody tries to unlink {link.source_key} while it is written"
    return f"somebody unlinks {link.flow} {link.source_key} from {link.target_key}"


def unlinked() -> list[Link]:
    """The links that somebody took apart, of which nobody has said yet what is to become."""
    return list(Link.objects.filter(origin=Link.Origin.UNLINKED).order_by("flow", "source_key"))


def link_back(h: History, here: Here, chance: random.Random) -> str:
    """A record that was unlinked is linked to what it was linked to before."""
    known = unlinked()
    if not known:
        return ""
    link = chance.choice(known)
    sync, target = Sync.objects.get(flow=link.flow), link.previous[-1]["target_key"]
    try:
        link_by_hand(sync, link.source_key, target, by="person", schedule=_plan(here), now=h.made.now())
    except ValueError:
        return f"somebody tries to link {link.source_key} while it is written"
    return f"somebody links {link.flow} {link.source_key} to {target}"


def anew(h: History, here: Here, chance: random.Random) -> str:
    """What was unlinked is made again, beside what was let go: orders only, of which a second one is no mistake."""
    known = [link for link in unlinked() if link.flow == "purchase-orders"]
    if not known:
        return ""
    link = chance.choice(known)
    h.let_go.add((here.customer.schema_name, link.previous[-1]["target_key"]))
    make_anew(link, by="person", reason="Make another.", schedule=_plan(here), now=h.made.now())
    return f"somebody has {link.source_key} made anew"


def pause(h: History, here: Here, chance: random.Random) -> str:
    sync = chance.choice(list(Sync.objects.order_by("flow")))
    with transaction.atomic():
        locked = steering.locked(sync.flow)
        assert locked is not None
        steering.pause(locked, reason="Month end.", actor=ANN)
    return f"somebody pauses {sync.flow}"


def resume(h: History, here: Here, chance: random.Random) -> str:
    paused = list(Sync.objects.filter(state="paused").order_by("flow"))
    if not paused:
        return ""
    resume_flow(h, here, chance.choice(paused).flow)
    return "somebody resumes a flow"


def resume_flow(h: History, here: Here, flow: str) -> None:
    """Ends a pause of a flow."""
    with transaction.atomic():
        locked = steering.locked(flow)
        assert locked is not None
        steering.resume(locked, here.customer, actor=ANN, now=h.made.now())


def credentials(h: History, here: Here, chance: random.Random) -> str:
    """Somebody enters a wrong secret, or the right one again."""
    account = Connection.objects.get(system="servicetitan")
    secret = f"cs1.canary-{here.tenant}" if chance.random() < 0.5 else "cs1.canary-wrong"
    enter(h, here, account, secret)
    return f"somebody enters {'the right' if secret[-1].isdigit() else 'a wrong'} secret"


def enter(h: History, here: Here, account: Connection, secret: str) -> None:
    """The secret of a connection is replaced."""
    known = {"client_id": f"cid.canary-{here.tenant}", "app_key": "ak1.canary-app-key", "client_secret": secret}
    with transaction.atomic():
        connections.replace_credentials(account, known, here.customer, now=h.made.now())


def options(h: History, here: Here, chance: random.Random) -> str:
    """Other options of orders, of which none makes another order of one."""
    with transaction.atomic():
        sync = steering.locked("purchase-orders")
        if sync is None:
            return ""
        change = {"required_date": chance.choice(["earliest", "agreed"]), "batch": chance.choice([1, 2, 50])}
        changes = {"options": {**sync.options, **change}}
        steering.change(sync, here.customer, changes, actor=ANN, now=h.made.now())
    return f"somebody chooses {change}"


def compare_books(h: History, here: Here, chance: random.Random) -> str:
    """Somebody has both books of a flow compared; workers do it beside everything else."""
    sync = chance.choice(list(Sync.objects.select_related("source", "target").order_by("flow")))
    jobs.start_comparison(here.customer, sync, by="person", now=h.made.now())
    return f"somebody has the books of {sync.flow} compared"


PEOPLE: dict[str, Do] = {
    "map": map_center,
    "edit_map": edit_map,
    "replay": replay_one,
    "dismiss": dismiss_one,
    "unlink": unlink_one,
    "link": link_back,
    "make_anew": anew,
    "pause": pause,
    "resume": resume,
    "credentials": credentials,
    "options": options,
    "reconcile": compare_books,
}
"""By the words of `profiles.Profile.people`; each tells what was done, "" where there was nothing to do it with."""


def take_care(h: History, here: Here) -> None:
    """What people left half done is brought to its end: nothing stays paused, dismissed or taken apart."""
    chance = random.Random(f"{h.made.seed}/care")
    told = [map_center(h, here, chance), *_right_units(h, here)]
    if "new_unit" in h.made.profile.changes:
        told += _new_units(h, here)
    for account in Connection.objects.order_by("name"):
        if account.system == "servicetitan" and "credentials" in h.made.profile.people:
            enter(h, here, account, f"cs1.canary-{here.tenant}")
        if Connection.objects.filter(pk=account.pk, state="paused").exists():
            ping(account, here.customer, now=h.made.now())
            told.append(f"somebody pings {account.name}")
    for flow in Sync.objects.filter(state="paused").order_by("flow").values_list("flow", flat=True):
        resume_flow(h, here, flow)
        told.append(f"somebody resumes {flow}")
    for line in told:
        h.made.tell(line)


def decide(h: History, here: Here) -> bool:
    """What was dismissed is wanted after all, and what was unlinked is linked again; whether there was anything."""
    chance = random.Random(f"{h.made.seed}/decide")
    told = []
    told += [link_back(h, here, chance) for _ in unlinked()]
    newest = Delivery.objects.order_by("sync_id", "source_key", "-number").distinct("sync_id", "source_key")
    dismissed = [d for d in newest.select_related("sync") if d.state == "dismissed"]
    for delivery in sorted(dismissed, key=lambda d: (d.sync.flow, d.source_key)):
        replay(delivery.sync, delivery.source_key, by="person", schedule=_plan(here), now=h.made.now())
        told.append(f"somebody wants {delivery.sync.flow} {delivery.source_key} after all")
    told += _sent_again(h, here)
    told += purchasing.buy_all(h, here) + receiving.rest(h, here)
    for line in told:
        h.made.tell(line)
    return bool(told)


PERSONS = frozenset({"not-as-written"})
"""Nobody but a person can say what is to become of these: somebody edited what was written, before it was read back."""


def _sent_again(h: History, here: Here) -> list[str]:
    """What only a person can send again. Anything else has to go on by itself once its cause has gone."""
    stuck = Delivery.objects.filter(state="quarantined").order_by("sync__flow", "source_key").select_related("sync")
    told = []
    for delivery in stuck if h.is_misread else stuck.filter(code__in=PERSONS):
        key = (here.customer.schema_name, delivery.sync.flow, delivery.source_key)
        h.again[key] += 1
        if h.again[key] <= AGAIN:
            replay(delivery.sync, delivery.source_key, by="person", schedule=_plan(here), now=h.made.now())
            h.made.struck[f"a person had to send again: {delivery.code}"] += 1
            told.append(f"somebody sends {delivery.sync.flow} {delivery.source_key} again ({delivery.code})")
    return told


AGAIN = 3
"""So often somebody tries; what stays after that is stuck."""
