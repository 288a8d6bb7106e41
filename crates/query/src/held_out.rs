//! The held-out fifth: rows that project code and its people never read, so that the platform can judge a model on them.
use access::{Action, Caller, Permit, Who};
use base::{DatasetId, Principal, ProjectId, Resource, Securable};
use catalog::datasets::Table;
use catalog::grants;
use db::Tx;

use crate::Context;
use crate::engine::{Side, Split};
use crate::queries::Error;

/// The verb of a platform step's token that turns the sides about: it reads the held-out rows alone, and columns that are
/// granted for checks.
pub const READ_HELD_OUT: &str = "ReadHeldOut";

/// Which side of a project's split a reader sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeldOut {
    project: ProjectId,
    side: Side,
}

impl HeldOut {
    /// Returns the split of `table`'s rows.
    pub(crate) fn split(&self, cx: &Context, table: &Table) -> Split {
        let key = cx.key.derive(&format!("held-out project:{}", self.project));
        Split { record_key: table.record_key.clone(), key, side: self.side }
    }
}

/// Returns whether the caller is a platform step that may read held-out rows and columns granted for checks. A person is
/// none, whatever their token says.
pub(crate) fn is_platform_check(caller: &Caller) -> bool {
    let carries = |verbs: &Vec<String>| verbs.iter().any(|verb| verb == READ_HELD_OUT);
    matches!(caller.who, Who::Attempt { .. }) && caller.verbs.as_ref().is_some_and(carries)
}

/// Returns what the caller sees of `table`: *dev* and *preprod* of a project all but its fifth, a platform step of theirs the
/// fifth alone, *prod* everything; a person all but the fifths of the projects whose people they are, at whatever place they hold
/// their role, where one of the project's two first environments was ever granted the dataset.
pub(crate) async fn held_out<A: Action>(tx: &Tx, permit: &Permit<A>, table: &Table) -> Result<Vec<HeldOut>, Error> {
    let caller = permit.caller();
    // *prod* has no split, so whatever it reads needs no key: captured calls have none.
    let in_prod = matches!(&caller.who, Who::Attempt { environment, .. } if environment.as_str().ends_with("/prod"));
    if table.record_key.is_empty() {
        return if is_platform_check(caller) && !in_prod {
            Err(Error::NoRecordKey(table.dataset.clone()))
        } else {
            Ok(Vec::new())
        };
    }
    match caller.principal() {
        Some(Principal::Environment(environment)) => {
            let (project, name) = environment.as_str().split_once('/').unwrap_or((environment.as_str(), ""));
            let side = if is_platform_check(caller) { Side::HeldOut } else { Side::Working };
            Ok(if name == "prod" { Vec::new() } else { vec![HeldOut { project: project.into(), side }] })
        }
        Some(Principal::Person(_)) => of_person(tx, permit, &table.dataset).await,
        _ => Ok(Vec::new()),
    }
}

async fn of_person<A: Action>(tx: &Tx, permit: &Permit<A>, dataset: &DatasetId) -> Result<Vec<HeldOut>, Error> {
    let projects = grants::projects_trained_on(tx, dataset).await?;
    if projects.is_empty() {
        return Ok(Vec::new());
    }
    let (held, mut found) = (permit.held(tx).await?, Vec::new());
    for project in projects {
        let environments = environments::list_of(tx, &project).await?;
        let environments: Vec<Resource> = environments.iter().map(Securable::resource).collect();
        if held.works_for(&project, &environments) {
            found.push(HeldOut { project, side: Side::Working });
        }
    }
    Ok(found)
}
