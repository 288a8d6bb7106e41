"""Step 10 of the journey: another team finds the model that is live, asks for it and calls it; a batch scores data."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from subprocess import CompletedProcess

import httpx
import lockgate
import numpy as np
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq
import tritonclient.http as triton
from lockgate import Client
from lockgate.batch_jobs import BatchJob
from lockgate.live_models import LiveModel
from lockgate.requests import Request
from tritonclient.utils import InferenceServerException

from journey.build import PROJECT
from journey.process import Server
from journey.release import ENDPOINT, Released
from journey.tables import SEED
from journey.walk import STEWARDS, StoryError, Walk, check, refused_decision

LIVE = f"prod.{ENDPOINT}"
PROD = f"environment:{PROJECT}/prod"
PREDICTIONS = "retail.predictions"
SCORES = f"{PREDICTIONS}.credit_scores"
AT_ONCE = 50
"""How many applicants are asked about in one call."""
PATIENCE_S = 30.0
DATATYPES = {"FP32": np.float32, "FP64": np.float64, "INT32": np.int32, "INT64": np.int64, "BYTES": np.object_}


@dataclass
class Operated:
    """Who uses a model that is live, and how it is called."""

    released: Released
    server: Server
    token: str = ""

    @property
    def walk(self) -> Walk:
        """The people, and the lakes."""
        return self.released.build.walk

    def steps(self) -> Sequence[Callable[[], None]]:
        """Return all steps of this module, in their order."""
        return (self.granted, self.found, self.used, self.called, self.scored, self.not_scored)

    def granted(self) -> None:
        """5. Prod may read both sources and write what it predicts, all for the one purpose."""
        walk = self.walk
        with walk.step("5 prod", "/access?view=mine") as words:
            with refused_decision("serving.batch_no_grant"):
                self.nightly()
            words.append("without a grant of prod's no batch is set up")
            for steward, lake in STEWARDS.items():
                self.prod_may(
                    steward, walk.dataset_of(lake), ["score", "check", "monitor"], self.released.columns(lake)
                )
            self.prod_may("dora", PREDICTIONS, ["score", "monitor"], None, kind="write")
            words.append(f"prod may read both sources and write {PREDICTIONS}")
            if walk.lakes.sensitive is not None:
                words.append(f"{walk.lakes.sensitive} may only be checked for bias")

    def found(self) -> None:
        """10. Cho, of another team, finds the live model and reads its card."""
        with self.walk.step("10 find", f"/live-models/{LIVE}") as words:
            listed = [one.endpoint for one in lockgate.live_models.list(search="credit", client=self.client("cho"))]
            check(listed == [LIVE], f"searching `credit` finds the live models {listed}")
            card = lockgate.live_models.get(LIVE, client=self.client("cho"))
            check(not card.granted, "Cho may call the model before anybody granted it")
            auc = next(one for one in card.metrics if one.name == "auc")
            words.append(
                f"Cho, of another team, finds {LIVE} of {card.owner.title()}'s, version {card.version},"
                f" auc {auc.value:.3f}; not to be used to: {card.prohibited_use.rstrip('.').lower()}"
            )
            status = self.status()
            check(status in (401, 404), f"Cho's call without a grant is answered with {status}")
            words.append(f"her call is refused with {status}, without a word about it")

    def used(self) -> None:
        """10. Cho asks to use it; Ben alone, who owns it, decides."""
        with self.walk.step("10 ask", "/access?view=mine") as words:
            asked = lockgate.requests.create(
                LIVE,
                kind="use",
                uses=["score"],
                purpose=self.walk.purpose,
                text="Collections asks how likely a customer pays before it calls.",
                expires_at=self.walk.end(days=90),
                client=self.client("cho"),
            )
            for person in ("cho", "pat", "ana", "dora"):
                self.walk.refuses(person, asked)
            words.append("refused as deciders: Cho asks herself, Pat administers, Ana made it, Dora looks after data")
            approved = lockgate.requests.approve(
                lockgate.requests.get(asked.id, client=self.client("ben")), client=self.client("ben")
            )
            check(approved.state == "approved", f"the request is {approved.state}")
            words.append("Ben, its owner, approves")

    def called(self) -> None:
        """10. Cho calls it with the stock client and with plain JSON, and both say the same."""
        with self.walk.step("10 call", f"/live-models/{LIVE}") as words:
            self.until(lambda: self.status() == 200, "Cho's call is not answered though it is granted")
            row = self.applicants().slice(0, 1)
            label = self.stock(row).as_numpy("label").flat[0]
            stock = label.decode() if isinstance(label, bytes) else str(label)
            plain = str(next(one["data"][0] for one in self.plain(row).json()["outputs"] if one["name"] == "label"))
            check(stock == plain, f"tritonclient is told {stock}, plain JSON {plain}")
            words.append(f"Cho calls it with stock tritonclient and with plain JSON: {plain}, both")

    def scored(self) -> None:
        """10. The nightly batch writes predictions as a dataset, with lineage; search finds it."""
        walk = self.walk
        with walk.step("10 batch", f"/catalog/{SCORES}") as words:
            job = self.nightly()
            done = lockgate.batch_jobs.start(job.id, client=self.client("ana"))
            last = done.last
            if last is None or last.rows != walk.lakes.rows:
                raise StoryError(f"the batch came to {last}")
            self.until(self.searched, f"searching `credit_scores` does not find `{SCORES}`")
            self.has_lineage(walk.lakes.customers, walk.lakes.applications)
            words.append(f"nightly scores {walk.lakes.rows:,} records into {SCORES}, which search finds")
            words.append(f"made from both sources by version {last.model_version} of the model")

    def nightly(self) -> BatchJob:
        """Set up what scores both sources each night."""
        lakes = self.walk.lakes
        return lockgate.batch_jobs.create(
            LIVE,
            "nightly",
            datasets=[lakes.customers, lakes.applications],
            key="record_id",
            output=SCORES,
            daily_at="02:00",
            client=self.client("ana"),
        )

    def has_lineage(self, *datasets: str) -> None:
        """See that it is on record what the predictions were made from."""
        newest = lockgate.datasets.versions(SCORES, limit=1, client=self.client("dora"))[0]
        inputs = {one["dataset"] for one in newest["inputs"]}
        check(inputs == set(datasets), f"`{SCORES}` was made from {inputs}")

    def searched(self) -> bool:
        """Return whether Cho's search finds the predictions; the index follows a change within moments."""
        return SCORES in [one.id for one in lockgate.datasets.search("credit_scores", client=self.client("cho"))]

    def not_scored(self) -> None:
        """10. While the model is suspended no batch starts."""
        walk = self.walk
        with walk.step("10 no batch", f"/projects/{PROJECT}/production") as words:
            job = next(one for one in lockgate.batch_jobs.list(project=PROJECT, client=self.client("ana")))
            lockgate.releases.suspend(PROJECT, reason="a look at the batch", client=self.client("vera"))
            try:
                lockgate.batch_jobs.start(job.id, client=self.client("ana"))
            except lockgate.ConflictError as refused:
                check("suspended" in str(refused), f"the batch is refused with only: {refused}")
            else:
                raise StoryError("a batch scores though the model is suspended")
            asked = lockgate.releases.resume(PROJECT, client=self.client("ben"))
            waits = lockgate.releases.wait(asked.id, until=("awaiting_approval",), client=self.client("ben"))
            self.released.approved(waits)
            row = self.applicants().slice(0, 1)
            self.until(lambda: self.plain(row).status_code == 200, "it was resumed, and answers nobody")
            words.append("while Vera has the model suspended, no batch starts; Ben asks to resume, Vera approves")

    def client(self, person: str) -> Client:
        """Return the connection of a person."""
        return self.walk.clients[person]

    def until(self, holds: Callable[[], bool], otherwise: str) -> None:
        """Wait until something holds."""
        end = time.monotonic() + PATIENCE_S
        while not holds():
            check(time.monotonic() < end, otherwise)
            time.sleep(0.1)

    def token_of(self, person: str) -> str:
        """Return a new token of a person, for what is no Python."""
        _, token = lockgate.tokens.create("operate", ttl_seconds=3600, client=self.client(person))
        return token

    def command(self, person: str, *arguments: str) -> CompletedProcess[str]:
        """Run a command of the binary as a person."""
        known = {"LOCKGATE_URL": self.server.url, "LOCKGATE_TOKEN": self.token_of(person)}
        return self.server.run(*arguments, **known)

    def headers(self) -> dict[str, str]:
        """Return what Cho's calls carry."""
        self.token = self.token or self.token_of("cho")
        return {"authorization": f"Bearer {self.token}"}

    def status(self) -> int:
        """Return how Cho's question about the model is answered."""
        address = f"{self.released.serving}/v2/models/{LIVE}"
        return httpx.get(address, headers=self.headers(), timeout=10.0).status_code

    def card(self) -> LiveModel:
        """Return the card of the model, which names its inputs."""
        return lockgate.live_models.get(LIVE, client=self.client("cho"))

    def prod_may(
        self, steward: str, what: str, uses: Sequence[str], columns: dict[str, str] | None, kind: str = "read"
    ) -> Request:
        """Ask for access for prod, as Ana, and have a steward approve it."""
        walk = self.walk
        asked = lockgate.requests.create(
            what,
            kind=kind,
            uses=uses,
            columns=columns,
            purpose=walk.purpose,
            text="The model that is live is scored with it and watched; nobody reads it.",
            expires_at=walk.end(days=180),
            principal=PROD,
            client=self.client("ana"),
        )
        client = self.client(steward)
        return lockgate.requests.approve(lockgate.requests.get(asked.id, client=client), client=client)

    def applicants(self) -> pa.Table:
        """Return the rows of both sources: by record; for a table of the user's own by chance, so few are like all."""
        return self._applicants

    @cached_property
    def _applicants(self) -> pa.Table:
        lakes = self.walk.lakes
        parts = sorted((lakes.root / "retail" / "core" / "customers").glob("region=*/part-0.parquet"))
        customers = pa.concat_tables([pq.ParquetFile(part).read() for part in parts])
        parts = sorted((lakes.root / "risk" / "credit" / "applications").glob("part-*.csv"))
        # A part may hold whole numbers where another holds fractions.
        applications = pa.concat_tables([pv.read_csv(part) for part in parts], promote_options="permissive")
        rows = customers.join(applications, "record_id", join_type="inner").sort_by("record_id").combine_chunks()
        return rows if lakes.own is None else rows.take(np.random.default_rng(SEED).permutation(rows.num_rows))

    def tensors(self, rows: pa.Table) -> list[triton.InferInput]:
        """Return rows as the stock client sends them, with the record that each is of."""
        inputs = []
        named = [(one.name, one.datatype) for one in self.card().inputs if one.name != "record_id"]
        for name, datatype in [*named, ("record_id", "BYTES")]:
            shape = [rows.num_rows] if name == "record_id" else [rows.num_rows, 1]
            values = [str(one) if datatype == "BYTES" else one for one in rows[name].to_pylist()]
            tensor = triton.InferInput(name, shape, datatype)
            tensor.set_data_from_numpy(np.array(values, dtype=DATATYPES[datatype]).reshape(shape))
            inputs.append(tensor)
        return inputs

    def stock(self, rows: pa.Table) -> triton.InferResult:
        """Ask about rows with the stock client."""
        client = triton.InferenceServerClient(self.released.serving.removeprefix("http://"))
        try:
            return client.infer(LIVE, self.tensors(rows), headers=self.headers())
        except InferenceServerException as refused:
            raise StoryError(f"the endpoint refuses {rows.num_rows} rows: {refused}") from refused

    def plain(self, rows: pa.Table) -> httpx.Response:
        """Ask about rows in plain JSON."""
        inputs = [
            {
                "name": one.name,
                "datatype": one.datatype,
                "shape": [rows.num_rows, 1],
                "data": rows[one.name].to_pylist(),
            }
            for one in self.card().inputs
            if one.name != "record_id"
        ]
        address = f"{self.released.serving}/v2/models/{LIVE}/infer"
        return httpx.post(address, headers=self.headers(), json={"inputs": inputs}, timeout=10.0)

    def send(self, rows: pa.Table) -> int:
        """Send rows to prod with the stock client, as Cho, and return how many."""
        for at in range(0, rows.num_rows, AT_ONCE):
            self.stock(rows.slice(at, AT_ONCE))
        return int(rows.num_rows)
