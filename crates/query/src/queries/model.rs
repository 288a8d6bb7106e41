use base::{DatasetId, GrantId, Next, Principal, PurposeId, QueryId, Resource, Securable, Timestamp, Tone};
use catalog::grants::Use;
use serde::{Deserialize, Serialize};

use super::Error;
use crate::engine::Encoding;

base::states! {
    /// Where a query stands.
    QueryState {
        Running "running" => Working "player-play" "Running" [cancel end],
        Succeeded "succeeded" => Good "circle-check" "Succeeded" [],
        Failed "failed" => Bad "circle-x" "Failed" [],
        Cancelled "cancelled" => Idle "player-stop" "Cancelled" [],
    }
}

/// How long a running query may go without a sign of life before it counts as lost with its server.
pub const LOST_AFTER_US: i64 = 60_000_000;

/// What somebody asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub sql: String,
    /// Nothing where the grants leave one only.
    pub purpose: Option<PurposeId>,
    pub stated_use: Use,
    /// The grants to read under, where several fit.
    pub grants: Vec<GrantId>,
    /// How many rows at most.
    pub limit: Option<u64>,
    pub encoding: Encoding,
}

/// A dataset that a query reads, in which version and under which grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Read {
    #[schema(value_type = String)]
    pub dataset: DatasetId,
    pub version: i64,
    #[schema(value_type = String)]
    pub grant: GrantId,
}

/// Why a query did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Why {
    /// The code of an error page.
    pub code: String,
    pub detail: String,
    pub hint: Option<String>,
}

/// A query and how far it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Query {
    pub id: QueryId,
    pub asker: Principal,
    /// The statement; never in the audit log, since it may hold values.
    #[serde(skip)]
    pub sql: String,
    /// Nothing where no dataset is read.
    pub purpose: Option<PurposeId>,
    pub stated_use: Use,
    pub encoding: String,
    pub reads: Vec<Read>,
    pub state: QueryState,
    pub rows: u64,
    pub bytes: u64,
    /// Whether there were more rows than asked for.
    pub truncated: bool,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub why: Option<Why>,
    #[serde(skip)]
    pub seen_at: Timestamp,
    #[serde(skip)]
    pub revision: i64,
}

/// How a query ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub state: QueryState,
    pub rows: u64,
    pub bytes: u64,
    pub truncated: bool,
    pub why: Option<Why>,
}

impl Securable for Query {
    fn resource(&self) -> Resource {
        Resource {
            kind: "query",
            id: self.id.0.clone(),
            scope: "deployment".into(),
            team: None,
            asker: Some(self.asker.clone()),
            listed: false,
        }
    }
}

impl Query {
    /// Stops it: nothing more is answered within a second.
    pub fn cancel(&self, now: Timestamp, why: Why) -> Result<Self, Error> {
        if self.state != QueryState::Running {
            return Err(Error::NotPossible { id: self.id.clone(), found: self.state, verb: "cancel" });
        }
        Ok(Self { state: QueryState::Cancelled, ended_at: Some(now), why: Some(why), ..self.clone() })
    }

    /// Records how it ended. A query that was cancelled meanwhile stays so; only what it sent is added.
    pub fn end(&self, now: Timestamp, end: &End) -> Result<Self, Error> {
        let sent = Self { rows: end.rows, bytes: end.bytes, truncated: end.truncated, ..self.clone() };
        match self.state {
            QueryState::Running => Ok(Self { state: end.state, ended_at: Some(now), why: end.why.clone(), ..sent }),
            QueryState::Cancelled if self.rows == 0 && self.bytes == 0 => Ok(sent),
            found => Err(Error::NotPossible { id: self.id.clone(), found, verb: "end" }),
        }
    }

    /// Returns what the viewer should know and can do.
    pub fn next(&self, may_cancel: bool) -> Next {
        let (tone, _, label) = self.state.look();
        let (text, reason) = match self.state {
            QueryState::Running => ("It runs".to_owned(), "Rows come as they are ready".to_owned()),
            QueryState::Succeeded if self.truncated => {
                (format!("{} rows, and there are more", self.rows), "Ask with a higher limit to see them".to_owned())
            }
            QueryState::Succeeded => (format!("{} rows", self.rows), "Every row was sent".to_owned()),
            QueryState::Failed | QueryState::Cancelled => {
                let why = self.why.as_ref().map_or("the reason is not known", |why| &why.detail);
                (label.to_owned(), why.to_owned())
            }
        };
        let cancel = may_cancel && self.state == QueryState::Running;
        let tone = if self.truncated && self.state == QueryState::Succeeded { Tone::Warn } else { tone };
        Next { tone, text, reason, action: cancel.then_some("cancel_query") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn query(state: QueryState) -> Query {
        Query {
            id: "q-1".into(),
            asker: Principal::Person("ana".into()),
            sql: "SELECT 1".into(),
            purpose: Some("p-1".into()),
            stated_use: Use::Explore,
            encoding: "csv".into(),
            reads: vec![],
            state,
            rows: 0,
            bytes: 0,
            truncated: false,
            started_at: Timestamp(0),
            ended_at: None,
            why: None,
            seen_at: Timestamp(0),
            revision: 1,
        }
    }

    fn why() -> Why {
        Why { code: "query.cancelled".into(), detail: "cancelled by `ana`".into(), hint: None }
    }

    type Verb = (&'static str, fn(&Query) -> Result<Query, Error>);
    const VERBS: [Verb; 2] = [
        ("cancel", |q| q.cancel(Timestamp(1), why())),
        ("end", |q| {
            let end = End { state: QueryState::Succeeded, rows: 3, bytes: 9, truncated: false, why: None };
            q.end(Timestamp(1), &end)
        }),
    ];

    #[test]
    fn every_verb_from_every_state() {
        let mut table = String::new();
        for &state in QueryState::ALL {
            let fits = VERBS.iter().filter_map(|(verb, run)| Some((*verb, run(&query(state)).ok()?.state)));
            let cells: Vec<_> = fits.map(|(verb, to)| format!("{verb} → {to}")).collect();
            table += format!("{state}: {}\n", cells.join(", ")).replace(": \n", ": final\n").as_str();
        }
        // A cancelled query still learns what it had sent.
        expect![[r#"
            running: cancel → cancelled, end → succeeded
            succeeded: final
            failed: final
            cancelled: end → cancelled
        "#]]
        .assert_eq(&table);
    }

    #[test]
    fn a_cancelled_query_keeps_its_reason_and_takes_its_numbers_once() {
        let cancelled = query(QueryState::Running).cancel(Timestamp(1), why()).unwrap();
        let ended = (VERBS[1].1)(&cancelled).unwrap();
        assert_eq!((ended.state, ended.rows, ended.why.clone()), (QueryState::Cancelled, 3, Some(why())));
        assert!((VERBS[1].1)(&ended).is_err());
    }

    #[test]
    fn the_statement_is_not_what_is_audited() {
        let json = serde_json::to_string(&query(QueryState::Running)).unwrap();
        assert!(!json.contains("SELECT"), "{json}");
    }
}
