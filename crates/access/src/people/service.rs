use super::store::{PeopleFilter, PeopleStore};
use super::{ChangeMembers, CreateLink, CreatePerson, DeactivatePerson, Error, Group, Membership, Person, PersonState};
use super::{ReadGroup, ReadPerson};
use crate::http::Permit;
use crate::roles::Ended;
use crate::roles::store::RoleStore;
use crate::sessions::{self, Link};
use crate::visible::Columns;
use crate::{Context, DEPLOYMENT, Once, Role, tokens};
use base::{GroupId, PersonId, Principal, Securable, Timestamp};
use db::Tx;
use sea_orm::sea_query::Expr;

/// Names that stand for something else where a person's name stands.
const RESERVED: [&str; 5] = ["operator", "anonymous", "scheduler", "system", "me"];

/// A person to add.
#[derive(Clone, Debug)]
pub(crate) struct NewPerson {
    pub id: PersonId,
    pub display_name: Option<String>,
}

/// Returns whether `person` exists and may come in.
///
/// # Errors
/// The store's.
pub async fn is_active(tx: &Tx, person: &PersonId) -> db::Result<bool> {
    Ok(tx.find_person(person).await?.is_some_and(|person| person.state == PersonState::Active))
}

/// Returns whether there is, or was, such a person.
///
/// # Errors
/// The store's.
pub async fn is_known(tx: &Tx, person: &PersonId) -> db::Result<bool> {
    Ok(tx.find_person(person).await?.is_some())
}

/// Returns the names of all groups.
///
/// # Errors
/// The store's.
pub async fn known_groups(tx: &Tx) -> db::Result<Vec<GroupId>> {
    Ok(tx.list_groups().await?.into_iter().map(|group| group.id).collect())
}

/// Adds a person. Joins the caller's transaction; who may do this is the caller's business.
pub(crate) async fn create_person(cx: &Context, tx: &Tx, new: &NewPerson, by: &PersonId) -> Result<Person, Error> {
    base::plain_name(new.id.as_str())?;
    if RESERVED.contains(&new.id.as_str()) {
        return Err(Error::Reserved(new.id.0.clone()));
    }
    let display_name = new.display_name.clone().unwrap_or_else(|| new.id.0.clone());
    if !(1..=200).contains(&display_name.chars().count()) || display_name.contains(char::is_control) {
        return Err(Error::DisplayName);
    }
    let person = Person {
        id: new.id.clone(),
        display_name,
        state: PersonState::Active,
        created_by: by.clone(),
        created_at: cx.clock.now(),
        has_password: false,
        revision: 1,
    };
    match tx.insert_person(&person).await {
        Err(db::Error::Taken) => Err(Error::Taken(person.id)),
        done => done.map(|()| person).map_err(Error::from),
    }
}

/// Returns the active person of that name, added if absent, and whether they were. Joins the caller's transaction.
pub(crate) async fn find_or_create(
    cx: &Context,
    tx: &Tx,
    id: &PersonId,
    by: &PersonId,
) -> Result<(Person, bool), Error> {
    match tx.lock_person(id).await? {
        Some(person) if person.state == PersonState::Active => Ok((person, false)),
        Some(person) => Err(Error::Deactivated(person.id)),
        None => {
            let new = NewPerson { id: id.clone(), display_name: None };
            Ok((create_person(cx, tx, &new, by).await?, true))
        }
    }
}

async fn get_group(tx: &Tx, id: &GroupId) -> Result<Group, Error> {
    if let Some(group) = tx.find_group(id).await? {
        return Ok(group);
    }
    let known = known_groups(tx).await?;
    let near = base::nearest(id.as_str(), known.iter().map(GroupId::as_str)).map(ToOwned::to_owned);
    let shown = id.0.chars().take(63).flat_map(char::escape_debug).collect::<String>();
    Err(Error::UnknownGroup(GroupId(shown), near))
}

/// Adds `person` to `group`, and returns the membership if it is new. Joins the caller's transaction.
pub(crate) async fn add_member(
    cx: &Context,
    tx: &Tx,
    group: &GroupId,
    person: &PersonId,
    by: &PersonId,
) -> Result<Option<Membership>, Error> {
    let group = get_group(tx, group).await?;
    let held = tx.list_memberships_of(person).await?;
    if held.iter().any(|membership| membership.group == group.id) {
        return Ok(None);
    }
    let (given_by, given_at) = (by.clone(), cx.clock.now());
    let membership = Membership { group: group.id, person: person.clone(), role: group.role, given_by, given_at };
    match tx.insert_membership(&membership).await {
        Err(db::Error::Taken) => Err(db::Error::Stale.into()), // added by someone else at this moment: look again
        done => done.map(|()| Some(membership)).map_err(Error::from),
    }
}

/// Adds a person, on record.
pub(crate) async fn create(
    cx: &Context,
    permit: &Permit<CreatePerson>,
    once: &Once,
    new: &NewPerson,
) -> Result<Person, Error> {
    let write = cx.db.write(|tx| async move {
        if let Some(id) = once.kept::<PersonId>(&tx, permit.caller()).await? {
            let kept = tx.find_person(&id).await?.ok_or(Error::NotFound(id))?;
            permit.check(&tx, &kept).await?;
            return Ok(kept);
        }
        let person = create_person(cx, &tx, new, &permit.caller().name()).await?;
        permit.check(&tx, &person).await?;
        permit.record(&tx, None, &person, person.created_at).await?;
        once.keep(&tx, permit.caller(), &person.id).await?;
        Ok(person)
    });
    write.await
}

/// A person with what a list shows of them.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub person: Person,
    pub groups: Vec<GroupId>,
    pub locked_until: Option<Timestamp>,
    pub may_administer: bool,
}

/// Returns the people that the caller may see and that fit `word`.
pub(crate) async fn list(
    cx: &Context,
    permit: &Permit<ReadPerson>,
    word: Option<&str>,
    after: Option<String>,
    limit: u64,
) -> Result<(Vec<Listed>, u64), Error> {
    let read = cx.db.read(|tx| {
        let after = after.clone();
        async move {
            let asker = Expr::cust("'person:' || id");
            let columns = Columns::scope(Expr::val(DEPLOYMENT)).asker(asker);
            let visible = permit.visible(&tx).await?.condition(&columns);
            let filter = PeopleFilter { word: word.map(ToOwned::to_owned), visible, after, limit };
            let (people, total) = tx.list_people(&filter).await?;
            let held = permit.held(&tx).await?;
            let mut listed = Vec::new();
            for person in people {
                let groups = tx.list_memberships_of(&person.id).await?.into_iter().map(|m| m.group).collect();
                let may_administer = held.can::<CreateLink>(&person.resource()).is_some();
                // That someone tried their password is nobody else's business.
                let locked_until =
                    if may_administer { sessions::locked_until(&tx, &person.id, cx.clock.now()).await? } else { None };
                listed.push(Listed { person, groups, locked_until, may_administer });
            }
            Ok((listed, total))
        }
    });
    read.await
}

/// Makes a one-time link with which `person` sets a password and signs in.
pub(crate) async fn create_link(cx: &Context, permit: &Permit<CreateLink>, id: &PersonId) -> Result<Link, Error> {
    let write = cx.db.write(|tx| async move {
        let found = tx.lock_person(id).await?;
        let (person, right) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
        if person.state != PersonState::Active {
            return Err(Error::Deactivated(person.id));
        }
        let link = sessions::make_link::<Error>(cx, &tx, id, &right.holder).await?;
        permit.entry(&person, cx.clock.now()).insert(&tx).await?;
        Ok(link)
    });
    write.await
}

/// Ends a person's way in: sessions, tokens, links, memberships and roles, at once. What they did stands.
pub(crate) async fn deactivate(
    cx: &Context,
    permit: &Permit<DeactivatePerson>,
    id: &PersonId,
) -> Result<Person, Error> {
    let write = cx.db.write(|tx| async move {
        let found = tx.lock_person(id).await?;
        let (person, right) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
        if person.state == PersonState::Deactivated {
            return Ok(person);
        }
        keep_an_administrator(&tx, id, None).await?;
        let (by, now) = (right.holder, cx.clock.now());
        let deactivated = tx.save_person(person.deactivate()).await?;
        tx.end_memberships_of(id, &by, now).await?;
        let ended = Ended { at: now, by: by.clone() };
        tx.end_assignments_of(&Principal::Person(id.clone()), &ended).await?;
        sessions::end_all_of(&tx, id, now).await?;
        tokens::revoke_all_of(&tx, id, &by, now).await?;
        permit.record(&tx, Some(&person), &deactivated, now).await?;
        Ok(deactivated)
    });
    write.await
}

/// Refuses to take the last administrator away: only the machine's operator could then let anyone in.
async fn keep_an_administrator(tx: &Tx, leaving: &PersonId, group: Option<&GroupId>) -> Result<(), Error> {
    let admins = GroupId::from(Role::PlatformAdministrator.group());
    if group.is_some_and(|group| *group != admins) {
        return Ok(());
    }
    tx.lock_group(&admins).await?; // else two who take each other out at once would both find one left
    let members = tx.list_members(&[admins]).await?;
    let last = members.iter().any(|m| m.person == *leaving) && members.iter().all(|m| m.person == *leaving);
    if last { Err(Error::LastAdministrator(leaving.clone())) } else { Ok(()) }
}

/// A group with its members, and whether the caller may change them.
pub(crate) type GroupWithMembers = (Group, Vec<Membership>, bool);

/// Returns every group that the caller may see, with its members.
pub(crate) async fn list_groups(cx: &Context, permit: &Permit<ReadGroup>) -> Result<Vec<GroupWithMembers>, Error> {
    let read = cx.db.read(|tx| async move {
        let (visible, held) = (permit.visible(&tx).await?, permit.held(&tx).await?);
        let mut listed = Vec::new();
        for group in tx.list_groups().await?.into_iter().filter(|group| visible.allows(&group.resource())) {
            let members = tx.list_members(std::slice::from_ref(&group.id)).await?;
            let may_change = held.can::<ChangeMembers>(&group.resource()).is_some();
            listed.push((group, members, may_change));
        }
        Ok(listed)
    });
    read.await
}

/// Adds a person to a group, or removes one, on record; what is so already changes nothing.
pub(crate) async fn change_members(
    cx: &Context,
    permit: &Permit<ChangeMembers>,
    group: &GroupId,
    person: &PersonId,
    member: bool,
) -> Result<GroupWithMembers, Error> {
    let write = cx.db.write(|tx| async move {
        let group = get_group(&tx, group).await?;
        let right = permit.check(&tx, &group).await?;
        let active = tx.lock_person(person).await?.ok_or_else(|| Error::NotFound(person.clone()))?;
        let (by, now) = (right.holder, cx.clock.now());
        let changed = if member {
            if active.state != PersonState::Active {
                return Err(Error::Deactivated(active.id));
            }
            add_member(cx, &tx, &group.id, person, &by).await?.is_some()
        } else {
            keep_an_administrator(&tx, person, Some(&group.id)).await?;
            tx.end_membership(&group.id, person, &by, now).await?
        };
        if changed {
            let what = serde_json::json!({ "person": person, "member": member });
            permit.entry(&group, now).after(&what).insert(&tx).await?;
        }
        let members = tx.list_members(std::slice::from_ref(&group.id)).await?;
        Ok((group, members, true))
    });
    write.await
}
