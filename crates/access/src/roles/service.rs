use super::store::{AssignmentColumn, AssignmentFilter, RoleStore};
use super::{
    AssignRole, DEPLOYMENT, EndRoleAssignment, Ended, Error, Place, ReadRoleAssignment, Right, Role, RoleAssignment,
};
use crate::http::Permit;
use crate::people::store::PeopleStore;
use crate::visible::Columns;
use crate::{Context, Holding, Once};
use base::{PersonId, Principal, Resource, Securable, Timestamp};
use db::Tx;
use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Condition, Expr};

/// A role to give.
#[derive(Clone, Debug)]
pub struct NewAssignment {
    pub holder: Principal,
    pub role: Role,
    pub place: Place,
}

/// Gives a role. Joins the caller's transaction; who may do this is the caller's business.
///
/// # Errors
/// An unknown holder, a place too wide for the role, or a role held already.
pub async fn assign(cx: &Context, tx: &Tx, new: &NewAssignment, by: &PersonId) -> Result<RoleAssignment, Error> {
    let known = match &new.holder {
        Principal::Person(person) => crate::people::is_active(tx, person).await?,
        Principal::Group(group) => tx.find_group(group).await?.is_some(),
        Principal::Environment(_) => return Err(Error::EnvironmentHolder(new.holder.clone())),
    };
    if !known {
        return Err(Error::UnknownHolder(new.holder.clone()));
    }
    if new.place.is_deployment() && !new.role.may_be_deployment_wide() {
        return Err(Error::TooWide(new.role));
    }
    let NewAssignment { holder, role, place } = new.clone();
    let (id, given_by, given_at) = (cx.ids.next("ra"), by.clone(), cx.clock.now());
    let assignment = RoleAssignment { id, holder, role, place, given_by, given_at, ended: None };
    match tx.insert_assignment(&assignment).await {
        Err(db::Error::Taken) => {
            let (holder, place) = (new.holder.clone(), new.place.to_string());
            Err(Error::Held { holder, role: new.role, place })
        }
        done => done.map(|()| assignment).map_err(Error::from),
    }
}

/// Returns who holds `role` for `resource`, each with the right they have by it, oldest first: whom to ask. People who
/// may no longer come in are left out.
///
/// # Errors
/// The store's.
pub async fn holders(tx: &Tx, role: Role, resource: &Resource) -> db::Result<Vec<Right>> {
    let built_in = base::GroupId::from(role.group());
    let mut rights = Vec::new();
    for member in tx.list_members(std::slice::from_ref(&built_in)).await? {
        rights.push(right(role, member.person, member.given_by, member.given_at));
    }
    let mut given: Vec<_> = tx.list_holders(role).await?;
    given.retain(|assignment| assignment.place.covers(resource));
    for assignment in given {
        match assignment.holder {
            Principal::Person(person) => rights.push(right(role, person, assignment.given_by, assignment.given_at)),
            Principal::Group(group) => {
                let (given_by, given_at) = (assignment.given_by, assignment.given_at);
                let held = Holding { role, place: assignment.place, given_by, given_at };
                for member in tx.list_members(&[group]).await? {
                    let through = held.through(&member.person, &member.given_by, member.given_at);
                    rights.push(right(role, member.person, through.given_by, through.given_at));
                }
            }
            Principal::Environment(_) => {}
        }
    }
    rights.sort_by(|a, b| (&a.holder, a.given_at).cmp(&(&b.holder, b.given_at)));
    rights.dedup_by(|later, first| later.holder == first.holder);
    rights.sort_by_key(|right| right.given_at);
    Ok(rights)
}

/// Returns whether anybody holds a role for just this place, as somebody does for every project from its first moment.
///
/// # Errors
/// The store's.
pub async fn is_somebodys(tx: &Tx, place: &str) -> db::Result<bool> {
    tx.is_held(place).await
}

fn right(role: Role, holder: PersonId, given_by: PersonId, given_at: base::Timestamp) -> Right {
    Right { holder, role: Some(role), given_by, given_at }
}

/// Gives a role, on record.
pub(crate) async fn give(
    cx: &Context,
    permit: &Permit<AssignRole>,
    once: &Once,
    new: &NewAssignment,
) -> Result<RoleAssignment, Error> {
    let write = cx.db.write(|tx| async move {
        if let Some(id) = once.kept::<String>(&tx, permit.caller()).await? {
            let kept = tx.lock_assignment(&id).await?.ok_or(Error::NotFound(id))?;
            permit.check(&tx, &kept).await?;
            return Ok(kept);
        }
        let assignment = assign(cx, &tx, new, &permit.caller().name()).await?;
        permit.check(&tx, &assignment).await?;
        permit.record(&tx, None, &assignment, assignment.given_at).await?;
        once.keep(&tx, permit.caller(), &assignment.id).await?;
        Ok(assignment)
    });
    write.await
}

/// Which assignments to list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listed {
    pub holder: Option<Principal>,
    pub role: Option<Role>,
    pub place: Option<Place>,
    /// Whether those that ended are shown too.
    pub ended: bool,
    pub after: Option<String>,
    pub limit: u64,
}

/// Returns the assignments that the caller may see, with whether they may end each.
pub(crate) async fn list(
    cx: &Context,
    permit: &Permit<ReadRoleAssignment>,
    listed: &Listed,
) -> Result<(Vec<(RoleAssignment, bool)>, u64), Error> {
    let read = cx.db.read(|tx| async move {
        let visible = permit.visible(&tx).await?;
        let scope = format!("CASE WHEN place LIKE 'team:%' THEN '{DEPLOYMENT}' ELSE place END");
        let team = Expr::cust("CASE WHEN place LIKE 'team:%' THEN substr(place, 6) END");
        let columns = Columns::scope(Expr::cust(scope)).team(team).asker(Expr::col(AssignmentColumn::Holder));
        let mut fits = Condition::all().add(visible.condition(&columns));
        if let Some(holder) = &listed.holder {
            fits = fits.add(AssignmentColumn::Holder.eq(holder.to_string()));
        }
        if let Some(role) = listed.role {
            fits = fits.add(AssignmentColumn::Role.eq(role.as_str()));
        }
        if let Some(place) = &listed.place {
            fits = fits.add(AssignmentColumn::Place.eq(place.to_string()));
        }
        if !listed.ended {
            fits = fits.add(AssignmentColumn::EndedAtUs.is_null());
        }
        let filter = AssignmentFilter { fits, after: listed.after.clone(), limit: listed.limit };
        let (assignments, total) = tx.list_assignments(&filter).await?;
        let held = permit.held(&tx).await?;
        let with_right = assignments.into_iter().map(|assignment| {
            let may_end = assignment.ended.is_none() && held.can::<EndRoleAssignment>(&assignment.resource()).is_some();
            (assignment, may_end)
        });
        Ok((with_right.collect(), total))
    });
    read.await
}

/// Ends assignment `id`; what was decided by it stands.
pub(crate) async fn end(cx: &Context, permit: &Permit<EndRoleAssignment>, id: &str) -> Result<RoleAssignment, Error> {
    let write = cx.db.write(|tx| async move {
        let found = tx.lock_assignment(id).await?;
        let (assignment, right) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.to_owned()))?;
        if assignment.ended.is_some() {
            return Ok(assignment);
        }
        let ended = Ended { at: cx.clock.now(), by: right.holder };
        tx.end_assignment(id, &ended).await?;
        let after = RoleAssignment { ended: Some(ended.clone()), ..assignment.clone() };
        permit.record(&tx, Some(&assignment), &after, ended.at).await?;
        Ok(after)
    });
    write.await
}

/// Returns the roles that a person held for `resource` at a moment, by themselves or through a group, each once.
///
/// # Errors
/// The store's.
pub async fn held_at(tx: &Tx, person: &PersonId, resource: &Resource, at: Timestamp) -> db::Result<Vec<Role>> {
    let groups = tx.list_groups_at(person, at).await?;
    let mut roles: Vec<Role> = Role::ALL.into_iter().filter(|role| groups.contains(&role.group().into())).collect();
    let holders: Vec<Principal> =
        [Principal::Person(person.clone())].into_iter().chain(groups.into_iter().map(Principal::Group)).collect();
    for held in tx.list_assignments_at(&holders, at).await? {
        if held.place.covers(resource) && !roles.contains(&held.role) {
            roles.push(held.role);
        }
    }
    Ok(roles)
}
