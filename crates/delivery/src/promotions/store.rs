use super::{Approval, Promotion};
use crate::candidates::store::json;
use access::{Columns, Visible};
use base::{PersonId, ProjectId, RunId, TeamId, Timestamp};
use db::sql::{all, count, get, one, run, run_one, unknown, word};
use db::{Result, Tx};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, QueryResult, Value};

const PROMOTION: &str = "id, project, environment, team, endpoint, candidate, digest, kind, state, reason, policy, asked_by, \
    asked_at_us, authors, rollout, run, bakes_until_us, due_at_us, created_at_us, changed_at_us, live_at_us, ended_at_us, \
    answered_before, revision";

/// Where a page of promotions goes on: the last one's time and id.
pub(crate) type After = (i64, String);

/// Which promotions stood at a moment.
#[derive(Clone, Copy, Debug)]
pub struct StandingAt<'a> {
    pub at: Timestamp,
    pub project: Option<&'a ProjectId>,
    pub environment: Option<&'a str>,
    /// The endpoint and the id of the last one seen.
    pub after: Option<(&'a str, &'a str)>,
}

/// The tables `promotions` and `promotion_decisions`.
pub(crate) trait PromotionStore {
    async fn find_promotion(&self, id: &str) -> Result<Option<Promotion>>;
    /// Like `find_promotion`, and nobody else locks the row until this transaction ends.
    async fn lock_promotion(&self, id: &str) -> Result<Option<Promotion>>;
    /// Returns what is live on an endpoint.
    async fn find_live(&self, endpoint: &str) -> Result<Option<Promotion>>;
    /// Returns the one that changes an endpoint now.
    async fn find_moving(&self, endpoint: &str) -> Result<Option<Promotion>>;
    /// Returns the open one of a kind of a candidate into an environment.
    async fn find_open(
        &self,
        project: &ProjectId,
        environment: &str,
        candidate: i64,
        kind: &str,
    ) -> Result<Option<Promotion>>;
    /// [`db::Error::Taken`] where an index says that there is one.
    async fn insert_promotion(&self, promotion: &Promotion) -> Result<()>;
    /// Writes what changes, and the decision that is new; [`db::Error::Stale`] if the row changed since it was read,
    /// [`db::Error::Taken`] where an index says that another moves or is live.
    async fn save_promotion(&self, promotion: Promotion) -> Result<Promotion>;
    /// Returns those of a candidate into an environment, the newest first.
    async fn list_promotions_of(
        &self,
        project: &ProjectId,
        environment: &str,
        candidate: i64,
    ) -> Result<Vec<Promotion>>;
    /// Returns those of a candidate, the newest first.
    async fn list_promotions_of_candidate(&self, project: &ProjectId, candidate: i64) -> Result<Vec<Promotion>>;
    /// Returns when a release last went live on an endpoint through its gate; what comes back later was judged before.
    async fn last_judged_at(&self, endpoint: &str) -> Result<Option<Timestamp>>;
    /// Returns those that were live on an endpoint and are no more, the one that was live last first.
    async fn list_was_live(&self, endpoint: &str) -> Result<Vec<Promotion>>;
    /// Returns up to `most` of a project behind `after`, the newest first.
    async fn list_promotions(
        &self,
        project: &ProjectId,
        environment: Option<&str>,
        after: Option<&After>,
        most: u32,
    ) -> Result<Vec<Promotion>>;
    async fn count_promotions(&self, project: &ProjectId, environment: Option<&str>) -> Result<u64>;
    /// Returns up to `most` visible ones that were live at a moment, or whose rollout was out then and had not come to an end, by endpoint.
    async fn list_standing_at(&self, visible: &Visible, asked: &StandingAt<'_>, most: u32) -> Result<Vec<Promotion>>;
    /// Returns up to `most` visible ones that wait for approval, the oldest first.
    async fn list_awaiting(&self, visible: &Visible, most: u32) -> Result<Vec<Promotion>>;
    /// Returns the ids of those that somebody asked for and that have not ended, the oldest first.
    async fn list_going(&self, most: u32) -> Result<Vec<String>>;
    /// Returns the ids of those among them that enter an environment.
    async fn list_going_into(&self, project: &ProjectId, environment: &str) -> Result<Vec<String>>;
    /// Returns the promotion that `rollout` is part of.
    async fn find_by_rollout(&self, rollout: &str) -> Result<Option<String>>;
    /// Returns the promotion that `run` verifies.
    async fn find_by_run(&self, run: &RunId) -> Result<Option<String>>;
}

fn promotion_of(row: &QueryResult) -> Result<Promotion> {
    let time = |column: &str| Ok::<_, db::Error>(get::<Option<i64>>(row, column)?.map(Timestamp));
    let authors: Option<String> = get(row, "authors")?;
    Ok(Promotion {
        id: get(row, "id")?,
        project: ProjectId(get(row, "project")?),
        environment: get(row, "environment")?,
        team: get::<Option<String>>(row, "team")?.map(TeamId),
        endpoint: get(row, "endpoint")?,
        candidate: get(row, "candidate")?,
        digest: word(row, "digest")?,
        kind: word(row, "kind")?,
        state: word(row, "state")?,
        reason: get(row, "reason")?,
        policy: get(row, "policy")?,
        asked_by: PersonId(get(row, "asked_by")?),
        asked_at: time("asked_at_us")?,
        authors: authors.map(|text| serde_json::from_str(&text)).transpose().map_err(unknown)?,
        rollout: get(row, "rollout")?,
        run: get::<Option<String>>(row, "run")?.map(RunId),
        answered_before: get(row, "answered_before")?,
        bakes_until: time("bakes_until_us")?,
        due_at: time("due_at_us")?,
        created_at: Timestamp(get(row, "created_at_us")?),
        changed_at: Timestamp(get(row, "changed_at_us")?),
        live_at: time("live_at_us")?,
        ended_at: time("ended_at_us")?,
        approvals: Vec::new(),
        revision: get(row, "revision")?,
    })
}

async fn with_decisions(tx: &Tx, promotion: Promotion) -> Result<Promotion> {
    let sql = "SELECT decided_by, policy, digest, decision, comment, decided_at_us FROM promotion_decisions \
        WHERE promotion = $1 ORDER BY decided_at_us, decided_by";
    let decided = |row: &QueryResult| {
        Ok(Approval {
            by: PersonId(get(row, "decided_by")?),
            decision: word(row, "decision")?,
            comment: get(row, "comment")?,
            digest: word(row, "digest")?,
            policy: get(row, "policy")?,
            at: Timestamp(get(row, "decided_at_us")?),
        })
    };
    let rows = all(tx, sql, vec![promotion.id.as_str().into()]).await?;
    Ok(Promotion { approvals: rows.iter().map(decided).collect::<Result<_>>()?, ..promotion })
}

async fn find(tx: &Tx, fits: &str, values: Vec<Value>) -> Result<Option<Promotion>> {
    let sql = format!("SELECT {PROMOTION} FROM promotions WHERE {fits}");
    match one(tx, &sql, values).await? {
        Some(row) => Ok(Some(with_decisions(tx, promotion_of(&row)?).await?)),
        None => Ok(None),
    }
}

async fn list(tx: &Tx, fits: &str, values: Vec<Value>) -> Result<Vec<Promotion>> {
    let sql = format!("SELECT {PROMOTION} FROM promotions WHERE {fits}");
    let mut found = Vec::new();
    for row in all(tx, &sql, values).await? {
        found.push(with_decisions(tx, promotion_of(&row)?).await?);
    }
    Ok(found)
}

async fn ids(tx: &Tx, sql: &str, values: Vec<Value>) -> Result<Vec<String>> {
    all(tx, sql, values).await?.iter().map(|row| get(row, "id")).collect()
}

fn changing(promotion: &Promotion) -> Result<Vec<Value>> {
    let time = |at: Option<Timestamp>| Value::from(at.map(|at| at.0));
    Ok(vec![
        promotion.state.as_str().into(),
        promotion.reason.clone().into(),
        promotion.policy.into(),
        promotion.asked_by.as_str().into(),
        time(promotion.asked_at),
        promotion.authors.as_ref().map(json).transpose()?.into(),
        promotion.rollout.clone().into(),
        promotion.run.as_ref().map(|run| run.0.clone()).into(),
        time(promotion.bakes_until),
        time(promotion.due_at),
        promotion.changed_at.0.into(),
        time(promotion.live_at),
        time(promotion.ended_at),
        promotion.answered_before.into(),
    ])
}

async fn insert_decisions(tx: &Tx, promotion: &Promotion) -> Result<()> {
    let sql = "INSERT INTO promotion_decisions (promotion, decided_by, policy, digest, decision, comment, decided_at_us) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (promotion, decided_by, policy) DO NOTHING";
    for decided in &promotion.approvals {
        let values = vec![
            promotion.id.as_str().into(),
            decided.by.as_str().into(),
            decided.policy.into(),
            decided.digest.to_string().into(),
            decided.decision.as_str().into(),
            decided.comment.clone().into(),
            decided.at.0.into(),
        ];
        run(tx, sql, values).await?;
    }
    Ok(())
}

impl PromotionStore for Tx {
    async fn find_promotion(&self, id: &str) -> Result<Option<Promotion>> {
        find(self, "id = $1", vec![id.into()]).await
    }

    async fn lock_promotion(&self, id: &str) -> Result<Option<Promotion>> {
        let hold = if self.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
        find(self, &format!("id = $1{hold}"), vec![id.into()]).await
    }

    async fn find_live(&self, endpoint: &str) -> Result<Option<Promotion>> {
        find(self, "endpoint = $1 AND state = 'live'", vec![endpoint.into()]).await
    }

    async fn find_moving(&self, endpoint: &str) -> Result<Option<Promotion>> {
        find(self, "endpoint = $1 AND state IN ('deploying', 'verifying')", vec![endpoint.into()]).await
    }

    async fn find_open(
        &self,
        project: &ProjectId,
        environment: &str,
        candidate: i64,
        kind: &str,
    ) -> Result<Option<Promotion>> {
        let fits = "project = $1 AND environment = $2 AND candidate = $3 AND kind = $4 \
            AND state IN ('offered', 'checking', 'awaiting_approval', 'deploying', 'verifying')";
        let values = vec![project.as_str().into(), environment.into(), candidate.into(), kind.into()];
        find(self, fits, values).await
    }

    async fn insert_promotion(&self, promotion: &Promotion) -> Result<()> {
        let sql = format!(
            "INSERT INTO promotions (id, project, environment, team, endpoint, candidate, digest, kind, created_at_us, \
             revision, state, reason, policy, asked_by, asked_at_us, authors, rollout, run, bakes_until_us, due_at_us, \
             changed_at_us, live_at_us, ended_at_us, answered_before) VALUES ({})",
            (1..=24).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
        );
        let mut values: Vec<Value> = vec![
            promotion.id.as_str().into(),
            promotion.project.as_str().into(),
            promotion.environment.as_str().into(),
            promotion.team.as_ref().map(|team| team.0.clone()).into(),
            promotion.endpoint.as_str().into(),
            promotion.candidate.into(),
            promotion.digest.to_string().into(),
            promotion.kind.as_str().into(),
            promotion.created_at.0.into(),
            promotion.revision.into(),
        ];
        values.extend(changing(promotion)?);
        run(self, &sql, values).await?;
        insert_decisions(self, promotion).await
    }

    async fn save_promotion(&self, promotion: Promotion) -> Result<Promotion> {
        let sql = "UPDATE promotions SET state = $3, reason = $4, policy = $5, asked_by = $6, asked_at_us = $7, \
            authors = $8, rollout = $9, run = $10, bakes_until_us = $11, due_at_us = $12, changed_at_us = $13, \
            live_at_us = $14, ended_at_us = $15, answered_before = $16, revision = revision + 1 WHERE id = $1 AND revision = $2";
        let mut values: Vec<Value> = vec![promotion.id.as_str().into(), promotion.revision.into()];
        values.extend(changing(&promotion)?);
        run_one(self, sql, values).await?;
        insert_decisions(self, &promotion).await?;
        Ok(Promotion { revision: promotion.revision + 1, ..promotion })
    }

    async fn list_promotions_of(
        &self,
        project: &ProjectId,
        environment: &str,
        candidate: i64,
    ) -> Result<Vec<Promotion>> {
        let fits =
            "project = $1 AND environment = $2 AND candidate = $3 ORDER BY created_at_us DESC, id DESC LIMIT 200";
        list(self, fits, vec![project.as_str().into(), environment.into(), candidate.into()]).await
    }

    async fn list_promotions_of_candidate(&self, project: &ProjectId, candidate: i64) -> Result<Vec<Promotion>> {
        let fits = "project = $1 AND candidate = $2 ORDER BY created_at_us DESC, id DESC LIMIT 200";
        list(self, fits, vec![project.as_str().into(), candidate.into()]).await
    }

    async fn list_was_live(&self, endpoint: &str) -> Result<Vec<Promotion>> {
        let fits = "endpoint = $1 AND live_at_us IS NOT NULL AND state = 'superseded' \
            ORDER BY live_at_us DESC, id DESC LIMIT 200";
        list(self, fits, vec![endpoint.into()]).await
    }

    async fn list_promotions(
        &self,
        project: &ProjectId,
        environment: Option<&str>,
        after: Option<&After>,
        most: u32,
    ) -> Result<Vec<Promotion>> {
        let (at, id) = after.map_or((i64::MAX, ""), |(at, id)| (*at, id.as_str()));
        let fits = "project = $1 AND ($2 = '' OR environment = $2) \
            AND (created_at_us < $3 OR (created_at_us = $3 AND id < $4)) ORDER BY created_at_us DESC, id DESC LIMIT $5";
        let environment = environment.unwrap_or_default();
        let values = vec![project.as_str().into(), environment.into(), at.into(), id.into(), i64::from(most).into()];
        list(self, fits, values).await
    }

    async fn count_promotions(&self, project: &ProjectId, environment: Option<&str>) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM promotions WHERE project = $1 AND ($2 = '' OR environment = $2)";
        let values = vec![project.as_str().into(), environment.unwrap_or_default().into()];
        count(&one(self, sql, values).await?.ok_or(db::Error::Stale)?, "n")
    }

    async fn last_judged_at(&self, endpoint: &str) -> Result<Option<Timestamp>> {
        let sql = "SELECT live_at_us FROM promotions WHERE endpoint = $1 AND kind = 'release' \
            AND live_at_us IS NOT NULL ORDER BY live_at_us DESC LIMIT 1";
        one(self, sql, vec![endpoint.into()]).await?.map(|row| Ok(Timestamp(get(&row, "live_at_us")?))).transpose()
    }

    async fn list_awaiting(&self, visible: &Visible, most: u32) -> Result<Vec<Promotion>> {
        let columns = Columns::scope(Expr::cust("'project/' || project || '/' || environment")).team(Expr::col("team"));
        let mut select = Query::select();
        select.columns(PROMOTION.split(", ").map(str::trim)).from("promotions").cond_where(visible.condition(&columns));
        select.and_where(Expr::col("state").eq("awaiting_approval"));
        select.order_by("created_at_us", Order::Asc).order_by("id", Order::Asc).limit(most.into());
        let mut found = Vec::new();
        for row in self.conn().query_all(&select).await? {
            found.push(with_decisions(self, promotion_of(&row)?).await?);
        }
        Ok(found)
    }

    async fn list_standing_at(&self, visible: &Visible, asked: &StandingAt<'_>, most: u32) -> Result<Vec<Promotion>> {
        let columns = Columns::scope(Expr::cust("'project/' || project || '/' || environment")).team(Expr::col("team"));
        let mut select = Query::select();
        select.columns(PROMOTION.split(", ").map(str::trim)).from("promotions").cond_where(visible.condition(&columns));
        let open =
            Condition::any().add(Expr::col("ended_at_us").is_null()).add(Expr::col("ended_at_us").gt(asked.at.0));
        let was_live = Expr::col("live_at_us").lte(asked.at.0);
        let out = Condition::any().add(was_live).add(Expr::col("rollout").is_not_null());
        select.cond_where(open).cond_where(out).and_where(Expr::col("created_at_us").lte(asked.at.0));
        if let Some(project) = asked.project {
            select.and_where(Expr::col("project").eq(project.as_str()));
        }
        if let Some(environment) = asked.environment {
            select.and_where(Expr::col("environment").eq(environment));
        }
        if let Some((endpoint, id)) = asked.after {
            let same = Condition::all().add(Expr::col("endpoint").eq(endpoint)).add(Expr::col("id").gt(id));
            select.cond_where(Condition::any().add(Expr::col("endpoint").gt(endpoint)).add(same));
        }
        select.order_by("endpoint", Order::Asc).order_by("id", Order::Asc).limit(most.into());
        let mut found = Vec::new();
        for row in self.conn().query_all(&select).await? {
            found.push(with_decisions(self, promotion_of(&row)?).await?);
        }
        Ok(found)
    }

    async fn list_going(&self, most: u32) -> Result<Vec<String>> {
        let sql = "SELECT id FROM promotions WHERE state IN ('checking', 'awaiting_approval', 'deploying', 'verifying') \
            ORDER BY created_at_us, id LIMIT $1";
        ids(self, sql, vec![i64::from(most).into()]).await
    }

    async fn list_going_into(&self, project: &ProjectId, environment: &str) -> Result<Vec<String>> {
        let sql = "SELECT id FROM promotions WHERE project = $1 AND environment = $2 \
            AND state IN ('checking', 'awaiting_approval', 'deploying', 'verifying') ORDER BY created_at_us, id LIMIT 1000";
        ids(self, sql, vec![project.as_str().into(), environment.into()]).await
    }

    async fn find_by_rollout(&self, rollout: &str) -> Result<Option<String>> {
        let sql = "SELECT id FROM promotions WHERE rollout = $1 ORDER BY created_at_us DESC, id DESC LIMIT 1";
        Ok(ids(self, sql, vec![rollout.into()]).await?.pop())
    }

    async fn find_by_run(&self, run: &RunId) -> Result<Option<String>> {
        Ok(ids(self, "SELECT id FROM promotions WHERE run = $1 LIMIT 1", vec![run.as_str().into()]).await?.pop())
    }
}
