//! From a name in SQL to a table that may be read: the grant, the version's files, and the terms as a policy.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use access::{Caller, Who};
use base::{DatasetId, GrantId, Principal, PurposeId, Timestamp};
use catalog::datasets::{self, DatasetState, Origin, Table};
use catalog::grants::{self, Allowed, ColumnTerm, NotAllowed, Reading, RowFilter};
use catalog::requests::RequestKind;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::logical_expr::Expr;
use db::Tx;

use crate::Context;
use crate::engine::{Format, Key, Pinned, PinnedFile, Policy, Statement, TableName, Term, nearest};
use crate::queries::{Asked, Error, Read};
use crate::row_filter::condition;

/// A dataset that a query may read, as found in one transaction; nothing of it was opened yet.
#[derive(Clone, Debug)]
pub(crate) struct Readable {
    pub(crate) name: TableName,
    pub(crate) table: Table,
    pub(crate) allowed: Allowed,
}

impl Readable {
    /// Returns what the query's row and the audit log say.
    pub(crate) fn read(&self) -> Read {
        Read { dataset: self.table.dataset.clone(), version: self.table.version, grant: self.allowed.grant.clone() }
    }

    /// Opens the lake's folder and puts the terms in the engine's words. Blocks on the disk.
    pub(crate) fn open(&self, cx: &Context, asker: &Principal) -> Result<(Pinned, Policy), Error> {
        let pinned = open_table(cx, &self.table)?;
        let key = token_key(cx, asker, &self.table);
        let policy = policy(&self.allowed.columns, &self.allowed.row_filter, &self.table, key);
        Ok((pinned, policy))
    }
}

/// Returns the key behind the tokens that `asker` sees: the same in every dataset that lies in a lake, so that joins hold.
///
/// A published dataset has a key of its own: whoever publishes guesses and reads them back as tokens would otherwise know
/// which guess is behind each token of the others.
pub(crate) fn token_key(cx: &Context, asker: &Principal, table: &Table) -> Key {
    // An environment's tokens are its project's: what one environment learned, the next can join.
    let owner = match asker {
        Principal::Environment(environment) => {
            format!("project:{}", environment.as_str().split('/').next().unwrap_or_default())
        }
        other => other.to_string(),
    };
    let key = cx.key.derive(&format!("token {owner}"));
    match table.origin {
        Origin::Crawled => key,
        Origin::Published => key.derive(&format!("published {}", table.dataset)),
    }
}

/// Returns the purpose that is asked for; where none is named, the one that the caller's grants for all of these datasets
/// leave.
pub(crate) async fn purpose_of(
    tx: &Tx,
    principals: &[Principal],
    asked: &Asked,
    statement: &Statement,
    now: Timestamp,
) -> Result<Option<PurposeId>, Error> {
    if asked.purpose.is_some() {
        return Ok(asked.purpose.clone());
    }
    let mut shared: Option<Vec<PurposeId>> = None;
    for name in statement.tables() {
        let nameless = Asked { purpose: Some(NAMELESS.clone()), ..asked.clone() };
        let dataset = DatasetId(name.to_string());
        let Err(NotAllowed::Purpose { held, .. }) = grant_for(tx, principals, &nameless, &dataset, now).await? else {
            continue; // no grant at all, which is said later
        };
        shared = Some(match shared {
            Some(shared) => shared.into_iter().filter(|purpose| held.contains(purpose)).collect(),
            None => held,
        });
    }
    match shared {
        None => Ok(None),
        Some(mut shared) if shared.len() == 1 => Ok(shared.pop()),
        Some(shared) if shared.is_empty() => Err(Error::NoPurpose),
        Some(shared) => Err(Error::PurposeNeeded(shared)),
    }
}

/// Finds the grant and the version of each table that `statement` names, or says what stands in the way. A dataset that
/// does not exist and one without a grant get the same words.
pub(crate) async fn find_all(
    tx: &Tx,
    caller: &Caller,
    principals: &[Principal],
    asked: &Asked,
    statement: &Statement,
    now: Timestamp,
) -> Result<Vec<Readable>, Error> {
    let mut found = Vec::new();
    for name in statement.tables() {
        let dataset = DatasetId(name.to_string());
        let version = declared(caller, &dataset)?;
        let table = datasets::table_of(tx, &dataset, version).await?;
        let allowed = grant_for(tx, principals, asked, &dataset, now).await?;
        match (table, allowed) {
            (Some(table), Ok(allowed)) if table.state == DatasetState::Active => {
                found.push(Readable { name: name.clone(), table, allowed });
            }
            (Some(table), Ok(_)) => {
                return Err(Error::NotActive { dataset, found: table.state.as_str().to_owned() });
            }
            (None, _) | (_, Err(NotAllowed::None(_))) => {
                let readable = grants::readable(tx, principals, now).await?;
                return Err(no_grant(statement, name, &readable));
            }
            (Some(_), Err(why)) => return Err(why.into()),
        }
    }
    // Naming a grant is a wish not to read under another: one that nothing is read under is a mistake, never a hint.
    let unused = |grant: &&GrantId| !found.iter().any(|readable| readable.allowed.grant == **grant);
    if let Some(grant) = asked.grants.iter().find(unused) {
        let object = statement.tables().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Err(NotAllowed::Named { object, grant: grant.clone() }.into());
    }
    Ok(found)
}

/// Returns the version that an attempt reads of `dataset`: the one that its result is kept under. Others read the current one.
fn declared(caller: &Caller, dataset: &DatasetId) -> Result<Option<i64>, Error> {
    if !matches!(caller.who, Who::Attempt { .. }) {
        return Ok(None);
    }
    let read = caller.reads.iter().filter(|read| read.declared && read.dataset == *dataset);
    // A step before may have read an older one; its own is the newest.
    let read = read.max_by_key(|read| read.version);
    read.map(|read| Some(read.version)).ok_or_else(|| Error::NotDeclared(dataset.clone()))
}

/// Tells whether every grant that a running query reads under still allows it.
pub(crate) async fn check_again(
    tx: &Tx,
    principals: &[Principal],
    asked: &Asked,
    reads: &[Read],
    now: Timestamp,
) -> Result<(), Error> {
    for read in reads {
        // Under this very grant: what streams has its terms, and another one may be narrower.
        let reading = reading(principals, asked, &read.dataset, Some(&read.grant), now);
        if let Err(why) = grants::grant_for(tx, &reading).await? {
            return Err(Error::GrantEnded(why.to_string()));
        }
    }
    Ok(())
}

/// No purpose has this id, so the answer names those that there are.
static NAMELESS: PurposeId = PurposeId(String::new());

fn reading<'a>(
    principals: &'a [Principal],
    asked: &'a Asked,
    dataset: &'a DatasetId,
    grant: Option<&'a GrantId>,
    now: Timestamp,
) -> Reading<'a> {
    Reading {
        principals,
        kind: RequestKind::Read,
        object: dataset.as_str(),
        stated_use: asked.stated_use,
        purpose: asked.purpose.as_ref().unwrap_or(&NAMELESS),
        grant,
        now,
    }
}

async fn grant_for(
    tx: &Tx,
    principals: &[Principal],
    asked: &Asked,
    dataset: &DatasetId,
    now: Timestamp,
) -> db::Result<Result<Allowed, NotAllowed>> {
    // Of the grants that the reader names, each is for one of the query's datasets; so try them in turn.
    let (mut fit, mut refused) = (Vec::new(), None);
    for grant in &asked.grants {
        match grants::grant_for(tx, &reading(principals, asked, dataset, Some(grant), now)).await? {
            Ok(allowed) => fit.push(allowed),
            Err(NotAllowed::Named { .. } | NotAllowed::None(_)) => {} // it is for another of them
            Err(why) => refused = Some(why),
        }
    }
    match (fit.pop(), refused) {
        (Some(allowed), _) if fit.iter().all(|other| other.grant == allowed.grant) => Ok(Ok(allowed)),
        (Some(last), _) => {
            let fit = fit.into_iter().chain([last]).map(|allowed| allowed.grant).collect();
            Ok(Err(NotAllowed::Several { object: dataset.0.clone(), fit }))
        }
        (None, Some(why)) => Ok(Err(why)),
        (None, None) => grants::grant_for(tx, &reading(principals, asked, dataset, None, now)).await,
    }
}

fn no_grant(statement: &Statement, name: &TableName, readable: &BTreeSet<String>) -> Error {
    let place = statement.place_of(name);
    let what = format!("you can read no dataset `{name}`");
    let what = place.map_or_else(|| what.clone(), |place| format!("{place}: {what}"));
    let caret = place.map_or_else(String::new, |place| statement.caret(place));
    let dataset = DatasetId(name.to_string());
    let nearest = nearest(dataset.as_str(), readable.iter().map(String::as_str)).map(str::to_owned);
    Error::NoGrant { what, caret, dataset, nearest }
}

/// Opens the folder of a version's lake. Blocks on the disk.
pub(crate) fn open_table(cx: &Context, table: &Table) -> Result<Pinned, Error> {
    let unreachable = |error: &dyn std::fmt::Display| {
        tracing::warn!(dataset = %table.dataset, %error, "a lake's folder cannot be opened");
        Error::Unreachable(table.dataset.clone())
    };
    let lake = cx.catalog.roots.open(&table.lake).map_err(|error| unreachable(&error))?;
    let folder = lake.dir().try_clone().map_err(|error| unreachable(&error))?;
    let files = table.files.iter().map(|file| PinnedFile {
        path: file.path.clone(),
        size_bytes: file.size_bytes.unsigned_abs(),
        modified_us: file.modified_us,
        partition: file.values.clone(),
        header: file.header.clone(),
    });
    let partitions = table.partitions.iter().map(|field| (field.name().clone(), field.data_type().clone()));
    Ok(Pinned {
        folder: Arc::new(folder),
        files: files.collect(),
        format: match table.format {
            datasets::Format::Parquet => Format::Parquet,
            datasets::Format::Csv { delimiter } => Format::Csv { delimiter },
        },
        row_bytes: table.files.iter().filter_map(|file| file.row_bytes).max().unwrap_or(0),
        schema: table.schema.clone(),
        partitions: partitions.collect(),
    })
}

/// Returns a grant's terms as the engine takes them. A column that the version no longer has is left out.
pub(crate) fn policy(columns: &BTreeMap<String, ColumnTerm>, rows: &RowFilter, table: &Table, key: Key) -> Policy {
    let known = |name: &str| type_of(table, name).is_some();
    let terms = columns.iter().filter(|(name, _)| known(name)).filter_map(|(name, term)| {
        let term = match term {
            ColumnTerm::Clear => Term::Clear,
            ColumnTerm::Token => Term::Token,
            ColumnTerm::Null => Term::Null,
            ColumnTerm::Check => Term::Check,
            ColumnTerm::LeftOut => return None,
        };
        Some((name.clone(), term))
    });
    let row_filter = rows.rules().iter().map(|rule| condition(rule, type_of(table, &rule.column))).reduce(Expr::and);
    Policy { terms: terms.collect(), row_filter, split: None, key }
}

fn type_of(table: &Table, column: &str) -> Option<DataType> {
    let schema: &SchemaRef = &table.schema;
    let stored = schema.field_with_name(column).ok().map(|field| field.data_type().clone());
    let partition = table.partitions.iter().find(|field| field.name() == column);
    stored.or_else(|| partition.map(|field| field.data_type().clone()))
}
