use super::{Placed, Space, see};
use crate::error::{Error, Result};
use access::Refused;
use access::http::{Action, Permit, Who};
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use base::{ProjectId, plain_name};
use db::Tx;
use web::Problem;

/// Where a call of MLflow's protocol arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mount {
    /// At the root: the caller says which space.
    Root,
    /// Below `/mlflow/<project>`.
    Project(ProjectId),
}

impl<S: Send + Sync> FromRequestParts<S> for Mount {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> std::result::Result<Self, Problem> {
        let named = match RawPathParams::from_request_parts(parts, state).await {
            Ok(params) => params.iter().find(|(name, _)| *name == "project").map(|(_, value)| value.to_owned()),
            Err(RawPathParamsRejection::MissingPathParams(_)) => None,
            // What is no text names no project, and is not taken for a call at the root.
            Err(_) => Some(char::REPLACEMENT_CHARACTER.to_string()),
        };
        match named {
            None => Ok(Self::Root),
            Some(name) if plain_name(&name).is_ok() => Ok(Self::Project(name.into())),
            Some(name) => {
                Err(Error::NoSpace(name.chars().take(100).flat_map(char::escape_debug).collect::<String>()).into())
            }
        }
    }
}

/// A whole space, for what is made in it or listed from it.
struct Whole(Space, String);

impl Placed for Whole {
    const KIND: &'static str = "experiment";
    fn space(&self) -> &Space {
        &self.0
    }
    fn id(&self) -> &str {
        &self.1
    }
}

/// Returns the space that a call means, if the caller may do `A` in it.
pub(crate) async fn enter<A: Action>(tx: &Tx, permit: &Permit<A>, mount: &Mount) -> Result<Space> {
    let space = match (mount, &permit.caller().who) {
        (Mount::Project(project), Who::Attempt { environment, .. })
            if environment.as_str().split_once('/').is_some_and(|(of, _)| of == project.as_str()) =>
        {
            Space::of(environment)
        }
        (Mount::Project(project), _) => Space::Project(project.clone()),
        (Mount::Root, Who::Attempt { environment, .. }) => Space::of(environment),
        (Mount::Root, Who::Person(person)) => {
            let mut projects = permit.held(tx).await?.projects();
            match (projects.pop_first(), projects.is_empty()) {
                (Some(only), true) => Space::Project(only),
                _ => Space::Person(person.clone()),
            }
        }
        (Mount::Root, Who::Operator | Who::Anonymous) => return Err(Refused::PersonsOnly.into()),
    };
    let whole = Whole(space.clone(), space.to_string());
    see(tx, permit, Some(whole)).await?.ok_or_else(|| Error::NoSpace(space.to_string()))?;
    Ok(space)
}

/// Succeeds if something may be made in `space`: a project must have somebody who holds a role for it, as each has from
/// its first moment, so that a typo in an address makes no space.
pub(crate) async fn found(tx: &Tx, space: &Space) -> Result<()> {
    match space {
        Space::Project(project) if !access::is_somebodys(tx, &format!("project/{project}")).await? => {
            Err(Error::NoSpace(space.to_string()))
        }
        _ => Ok(()),
    }
}
