"""The steps of the journey, each told in one line: what happened, how long it took, where to look."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import lockgate
import pyarrow as pa
import pyarrow.compute as pc
from lockgate import Client

from journey.tables import Lakes

GROUPS: Mapping[str, tuple[str, ...]] = {
    "pat": ("platform-admins",),
    "ana": ("model-developers",),
    "ben": ("model-owners",),
    "dora": (),
    "eli": (),
    "vera": ("model-validators",),
    "cho": (),
    "ivo": ("auditors",),
}
"""The people and their groups, which hold everywhere; Dora, Eli and Cho have a role for one place, by Pat's word."""

STEWARDS = {"dora": "retail", "eli": "risk"}
NEXT = "development copies, packages, proofs and benches"


class StoryError(Exception):
    """Something happened that the story does not tell; the text says what."""


@dataclass
class Told:
    """One step as it was told."""

    name: str
    seconds: float
    text: str
    place: str


@dataclass
class Walk:
    """The journey on one server: who calls, what lies in the lakes, and what came of it."""

    url: str
    lakes: Lakes
    clients: Mapping[str, Client]
    say: Callable[[str], None] = print
    told: list[Told] = field(default_factory=list)
    purpose: str = ""
    requests: dict[str, str] = field(default_factory=dict)
    grants: dict[str, str] = field(default_factory=dict)
    expires_after_s: float = 4.0

    def run(self) -> None:
        """Walk to data and through access to it: all steps of this module."""
        self.find_data()
        self.get_access()

    def find_data(self) -> None:
        """Walk from the people to what Ana finds: steps 1 and 2."""
        for step in (self.people, self.connect, self.crawl_again, self.find):
            step()

    def get_access(self) -> None:
        """Walk from the purpose to the audit log: step 5."""
        steps = (
            self.record,
            self.ask,
            self.refused_deciders,
            self.approve,
            self.read,
            self.revoke,
            self.expire,
            self.audited,
        )
        for step in steps:
            step()

    @contextlib.contextmanager
    def step(self, name: str, place: str) -> Iterator[list[str]]:
        """Time a step and tell it; the block appends what happened to the list that it gets."""
        started = time.monotonic()
        words: list[str] = []
        yield words
        told = Told(name, time.monotonic() - started, "; ".join(words), f"{self.url}{place}")
        self.told.append(told)
        self.say(f"{told.name:<16} {told.seconds:6.2f} s  {told.text}  → {told.place}")

    def people(self) -> None:
        """Pat makes Dora and Eli stewards, each of one lake."""
        with self.step("0 people", "/admin/roles") as words:
            for steward, lake in STEWARDS.items():
                lockgate.roles.assign("data_steward", f"person:{steward}", f"lake/{lake}", client=self.clients["pat"])
            words.append("Pat makes Dora steward of lake retail and Eli of lake risk; nobody has a default password")

    def connect(self) -> None:
        """1. Dora connects `retail`, Eli `risk`; crawls find the tables and list the corrupt file."""
        for steward, lake in STEWARDS.items():
            with self.step(f"1 connect {lake}", f"/lakes/{lake}") as words:
                client = self.clients[steward]
                lockgate.lakes.connect(
                    lake, root=lake, team=lake, description=f"What {lake.title()} keeps", client=client
                )
                crawl = lockgate.lakes.crawl(lake, client=client)
                dataset = lockgate.datasets.get(self.dataset_of(lake), client=client)
                check(dataset.rows == self.lakes.rows, f"`{dataset.id}` has {dataset.rows} rows, not {self.lakes.rows}")
                lockgate.datasets.describe(dataset.id, DESCRIPTIONS[lake], client=client)
                words.append(f"{steward.title()} finds {dataset.id}, {dataset.rows:,} rows in {crawl.files_read} files")
                broken = [file.path for file in crawl.broken]
                if lake == "retail":
                    check(
                        any(path.endswith(self.lakes.broken_file) for path in broken),
                        f"the corrupt file is not listed, only {broken}",
                    )
                    words.append(f"corrupt file listed: {crawl.broken[0].reason}")
                    levels = {column.name: column for column in lockgate.datasets.columns(dataset.id, client=client)}
                    check(levels["iban"].level in {"confidential", "restricted"}, f"`iban` is {levels['iban'].level}")
                    words.append(f"iban proposed {levels['iban'].level}")

    def crawl_again(self) -> None:
        """1. A second crawl reads only what changed."""
        with self.step("1 crawl again", "/lakes/retail") as words:
            crawl = lockgate.lakes.crawl("retail", client=self.clients["dora"])
            check(crawl.files_read == 0, f"the second crawl read {crawl.files_read} files though none changed")
            words.append(f"nothing changed: {crawl.files_read} files read, {crawl.files_skipped} skipped")

    def find(self) -> None:
        """2. Ana browses and searches: a column name, a word of a description, a typo."""
        with self.step("2 find", "/catalog?q=custmers") as words:
            ana = self.clients["ana"]
            for text in ("iban", "applicants", "custmers"):
                ids = self.search(text)
                wanted = self.lakes.applications if text == "applicants" else self.lakes.customers
                check(wanted in ids[:1], f"searching `{text}` finds {ids}, not `{wanted}` first")
            browsed = lockgate.datasets.search(client=ana)
            check(browsed.total == 2, f"browsing shows {browsed.total} datasets, not 2")
            words.append("Ana finds by column (iban), by description (applicants) and despite a typo (custmers)")
            with refused_read():
                lockgate.read(self.lakes.customers, purpose="none", limit=1, client=ana)
            words.append("may ask Dora for retail, Eli for risk, and reads nothing yet")

    def search(self, text: str) -> list[str]:
        """Return what Ana finds; the index follows a change within moments."""
        until = time.monotonic() + 10.0
        while True:
            ids = [dataset.id for dataset in lockgate.datasets.search(text, client=self.clients["ana"])]
            if ids or time.monotonic() > until:
                return ids
            time.sleep(0.05)

    def record(self) -> None:
        """5. Dora puts the purpose on record that Ana will ask under; purposes are no phrases."""
        with self.step("5 purpose", "/purposes") as words:
            purpose = lockgate.purposes.create(
                "Credit risk model",
                "Find out whether a model of default can be built from customers and their applications.",
                lawful_basis="legitimate interest",
                controller="Example Bank AG",
                allowed_uses=["explore", "train", "check", "score", "monitor"],
                retention_days=365,
                client=self.clients["dora"],
            )
            self.purpose = purpose.id
            words.append(f"Dora puts purpose {purpose.name!r} on record: {purpose.lawful_basis}, {purpose.controller}")

    def ask(self) -> None:
        """5. Ana asks to read both datasets for exploring."""
        with self.step("5 ask", "/access?view=mine") as words:
            for lake in STEWARDS.values():
                request = self.request(lake, days=90)
                check(request.state == "submitted", f"request `{request.id}` is {request.state}, not submitted")
                self.requests[lake] = request.id
            words.append(f"Ana asks to explore both until {self.end(days=90):%Y-%m-%d} for that purpose")

    def refused_deciders(self) -> None:
        """5. Four eyes: Ana herself, Pat the administrator and Eli, steward of another lake, cannot decide."""
        request = self.requests["retail"]
        with self.step("5 four eyes", f"/access/{request}") as words:
            seen = lockgate.requests.get(request, client=self.clients["dora"])
            for person in ("ana", "pat", "ben", "eli"):
                self.refuses(person, seen)
            words.append("refused as deciders: Ana asks herself, Pat administers, Ben and Eli are not its stewards")
            # The case that only four eyes refuse: Dora holds the right, and asks herself.
            with refused_decision("catalog.nobody_decides"):
                self.request("retail", days=1, person="dora")
            second = lockgate.roles.assign("data_steward", "person:ben", "lake/retail", client=self.clients["pat"])
            own = self.request("retail", days=1, person="dora")
            with refused_decision("catalog.own_side"):
                lockgate.requests.approve(own, client=self.clients["dora"])
            lockgate.requests.withdraw(own.id, client=self.clients["dora"])
            lockgate.roles.end(second.id, client=self.clients["pat"])
            words.append(
                "Dora, its only steward, cannot even submit a request of her own; beside another, not approve it"
            )

    def refuses(self, person: str, request: lockgate.requests.Request) -> None:
        """Let `person` try to approve what is not theirs to decide."""
        try:
            lockgate.requests.approve(request, client=self.clients[person])
        except (lockgate.ForbiddenError, lockgate.NotFoundError):
            return
        raise StoryError(f"{person} approved `{request.id}` though it is not theirs to decide")

    def approve(self) -> None:
        """5. Dora approves with narrower terms: a mask on iban and a row filter; Eli as asked."""
        with self.step("5 approve", f"/access/{self.requests['retail']}") as words:
            dora = self.clients["dora"]
            rules = [self.rule()]
            effect = lockgate.requests.effect(
                self.requests["retail"], columns={"iban": "token"}, row_filter=rules, client=dora
            )
            rows = effect["rows"]
            check(rows["kept"] == self.kept(), f"the terms keep {rows['kept']} rows, not {self.kept()}")
            asked = lockgate.requests.get(self.requests["retail"], client=dora)
            lockgate.requests.approve(asked, columns={"iban": "token"}, row_filter=rules, client=dora)
            eli = self.clients["eli"]
            lockgate.requests.approve(lockgate.requests.get(self.requests["risk"], client=eli), client=eli)
            for lake in STEWARDS.values():
                self.grants[lake] = self.grant_of(lake)
            words.append(
                f"Dora masks iban and keeps {rows['kept']:,} of {rows['all']:,} rows"
                f" ({self.lakes.filter_column} ≤ {self.lakes.filter_at_most:g}); Eli approves as asked"
            )

    def read(self) -> None:
        """5. Reads work at once: joined, masked, filtered."""
        with self.step("5 read", "/worksheet") as words:
            table = self.read_joined()
            wanted = self.kept()
            check(table.num_rows == wanted, f"the join shows {table.num_rows} rows, not {wanted}")
            shown = set(table["iban"].to_pylist())
            check(not any(str(value).startswith("DE") for value in shown), "the join shows an iban in clear")
            check(len(shown) == wanted, f"{wanted} masked ibans are only {len(shown)} different ones")
            top = pc.max(table[self.lakes.filter_column]).as_py()
            check(top <= self.lakes.filter_at_most, f"a row of {top} passed the filter")
            words.append(f"Ana joins both lakes by SQL: {table.num_rows:,} rows, iban masked, filter kept")
            if self.lakes.sensitive is not None:
                lake = "retail" if self.lakes.sensitive in self.lakes.customer_columns else "risk"
                with refused_read():
                    self.see(self.dataset_of(lake), self.lakes.sensitive)
                words.append(f"{self.lakes.sensitive}, not asked for, is not there")

    def revoke(self) -> None:
        """5. Dora revokes; the next read is refused within a second."""
        with self.step("5 revoke", f"/grants/{self.grants['retail']}") as words:
            grant = lockgate.grants.revoke(
                self.grants["retail"], reason="the exploration is over", client=self.clients["dora"]
            )
            check(grant.state == "revoked", f"grant `{grant.id}` is {grant.state}")
            refused_after = self.refused_within(1.0)
            words.append(f"Dora revokes; reads are refused after {refused_after:.2f} s, Risk's grant still works")
            self.see(self.lakes.applications, "record_id")

    def expire(self) -> None:
        """5. A grant with an early end works until then, and not a moment longer."""
        with self.step("5 expire", "/grants") as words:
            end = datetime.now(timezone.utc) + timedelta(seconds=self.expires_after_s)
            request = self.request("retail", end=end)
            lockgate.requests.approve(request, columns={"iban": "null"}, client=self.clients["dora"])
            table = self.see(self.lakes.customers, "iban")
            check(table["iban"].null_count == self.lakes.rows, "iban under a mask of nulls shows a value")
            time.sleep(max(0.0, (end - datetime.now(timezone.utc)).total_seconds()))
            refused_after = self.refused_within(1.0)
            words.append(f"a grant of {self.expires_after_s:g} s reads, and is refused {refused_after:.2f} s later")

    def audited(self) -> None:
        """5. Ivo sees each read with its purpose, and each refusal."""
        with self.step("5 audit", "/audit") as words:
            ivo = self.clients["ivo"]
            entries = [*lockgate.audit.entries(actor="ana", client=ivo)]
            reads = [entry for entry in entries if entry.purpose == self.purpose and entry.outcome == "allowed"]
            refusals = [*lockgate.audit.entries(outcome="refused", client=ivo)]
            check(bool(reads), "no read of Ana's names the purpose")
            refused = {entry.actor.removeprefix("person:") for entry in refusals}
            check({"ana", "pat"} <= refused, f"refusals are recorded of {sorted(refused)} only")
            words.append(f"Ivo sees {len(reads)} entries of Ana's for the purpose and {len(refusals)} refusals")

    def grant_again(self) -> None:
        """Give Ana a lasting grant on Retail's customers again, masked and filtered, for whoever goes on from here."""
        request = self.request("retail", days=30)
        lockgate.requests.approve(
            request, columns={"iban": "token"}, row_filter=[self.rule()], client=self.clients["dora"]
        )
        self.grants["retail"] = self.grant_of("retail")

    def request(
        self, lake: str, *, days: int = 0, end: datetime | None = None, person: str = "ana"
    ) -> lockgate.requests.Request:
        """Return a new request of a person's for all of a lake's dataset but the sensitive column."""
        columns = self.lakes.customer_columns if lake == "retail" else self.lakes.application_columns
        return lockgate.requests.create(
            self.dataset_of(lake),
            purpose=self.purpose,
            text="We want to see whether these columns tell anything about default.",
            columns=[name for name in columns if name != self.lakes.sensitive],
            expires_at=end or self.end(days=days),
            client=self.clients[person],
        )

    def read_joined(self) -> pa.Table:
        """Return both datasets joined, as Ana sees them."""
        column, target = (lockgate.queries.quote_name(name) for name in (self.lakes.filter_column, self.lakes.target))
        return lockgate.sql(
            f"SELECT c.record_id, c.iban, c.{column}, a.{target} FROM {self.lakes.customers} AS c"
            f" JOIN {self.lakes.applications} AS a ON a.record_id = c.record_id",
            purpose=self.purpose,
            client=self.clients["ana"],
        )

    def see(self, dataset: str, column: str) -> pa.Table:
        """Return a column of a dataset, as Ana sees it."""
        return lockgate.read(dataset, columns=[column], purpose=self.purpose, client=self.clients["ana"])

    def refused_within(self, seconds: float) -> float:
        """Return after how many seconds a read of Ana's is refused; it must be within `seconds`."""
        started = time.monotonic()
        while True:
            asked = time.monotonic() - started
            try:
                self.see(self.lakes.customers, "record_id")
            except (lockgate.ForbiddenError, lockgate.NotFoundError):
                return time.monotonic() - started
            check(asked < seconds, f"a read still works {asked:.2f} s after its grant ended")
            time.sleep(0.05)

    def grant_of(self, lake: str) -> str:
        """Return the active grant on a lake's dataset."""
        found = lockgate.grants.list(object=self.dataset_of(lake), client=self.clients["ana"])
        active = [grant.id for grant in found if grant.state == "active"]
        check(len(active) == 1, f"`{self.dataset_of(lake)}` has {len(active)} active grants, not one")
        return active[0]

    def dataset_of(self, lake: str) -> str:
        """Return the dataset of a lake."""
        return self.lakes.customers if lake == "retail" else self.lakes.applications

    def rule(self) -> Mapping[str, object]:
        """Return Dora's row filter."""
        return {"column": self.lakes.filter_column, "op": "at_most", "value": self.lakes.filter_at_most}

    def kept(self) -> int:
        """Return how many rows the row filter keeps, counted from the source itself."""
        return int(pc.sum(pc.less_equal(self.lakes.filter_values, self.lakes.filter_at_most)).as_py())

    def end(self, *, days: int) -> datetime:
        """Return the end of a request of so many days, at midnight."""
        return (datetime.now(timezone.utc) + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)


DESCRIPTIONS = {
    "retail": "Customers and the terms of their loans. Names, mail, iban and dates of birth are synthetic.",
    "risk": "Applicants as Risk judged them, with the outcome of the loan.",
}


def check(holds: bool, otherwise: str) -> None:
    """Stop the story if something does not hold."""
    if not holds:
        raise StoryError(otherwise)


@contextlib.contextmanager
def refused_decision(code: str) -> Iterator[None]:
    """Expect that the block is refused for this very reason."""
    try:
        yield
    except lockgate.LockgateError as refused:
        check(refused.code == code, f"refused with {refused.code}, not {code}: {refused}")
        return
    raise StoryError(f"a decision that {code} refuses was made")


@contextlib.contextmanager
def refused_read() -> Iterator[None]:
    """Expect that the block is refused, or finds nothing."""
    try:
        yield
    except (lockgate.ForbiddenError, lockgate.NotFoundError, lockgate.InvalidError):
        return
    raise StoryError("a read worked that no grant allows")
