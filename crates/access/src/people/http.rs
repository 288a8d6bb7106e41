use super::service::{self, GroupWithMembers, Listed, NewPerson};
use super::{ChangeMembers, CreateLink, CreatePerson, DeactivatePerson, Person, PersonState, ReadGroup, ReadPerson};
use crate::http::Permit;
use crate::sessions::LinkView;
use crate::{Context, Once, Role};
use base::{GroupId, Next, PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// A person as their viewer sees them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PersonView {
    pub id: String,
    pub name: String,
    pub state: PersonState,
    pub groups: Vec<String>,
    pub has_password: bool,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Until when wrong passwords keep them out.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub locked_until: Option<Timestamp>,
    pub next: Next,
}

impl PersonView {
    fn of(listed: Listed) -> Self {
        let Listed { person, groups, locked_until, may_administer } = listed;
        let next = person.next(may_administer);
        Self {
            id: person.id.0,
            name: person.display_name,
            state: person.state,
            groups: groups.into_iter().map(|group| group.0).collect(),
            has_password: person.has_password,
            created_by: person.created_by.0,
            created_at: person.created_at,
            locked_until,
            next,
        }
    }

    fn alone(person: Person) -> Self {
        Self::of(Listed { person, groups: Vec::new(), locked_until: None, may_administer: true })
    }
}

/// A person to add.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonOrder {
    /// What they sign in with: 1 to 63 of a–z, 0–9 and `-`.
    #[schema(value_type = String)]
    pub id: PersonId,
    /// Their full name.
    pub name: Option<String>,
}

/// A group with its members.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct GroupView {
    pub id: String,
    pub title: String,
    /// The role it gives for the whole deployment, if it is built in.
    pub role: Option<Role>,
    pub builtin: bool,
    pub members: Vec<MemberView>,
    /// Whether this viewer may add and remove members.
    pub may_change: bool,
}

/// A member of a group.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MemberView {
    pub person: String,
    pub added_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub added_at: Timestamp,
}

impl From<GroupWithMembers> for GroupView {
    fn from((group, members, may_change): GroupWithMembers) -> Self {
        let member = |membership: super::Membership| MemberView {
            person: membership.person.0,
            added_by: membership.given_by.0,
            added_at: membership.given_at,
        };
        let members = members.into_iter().map(member).collect();
        let builtin = group.role.is_some();
        Self { id: group.id.0, title: group.title, role: group.role, builtin, members, may_change }
    }
}

/// Who joins a group.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberOrder {
    #[schema(value_type = String)]
    pub person: PersonId,
}

/// Which people to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PeopleQuery {
    /// A part of the name.
    pub q: Option<String>,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = routes.with(web::route!(Permit<ReadPerson>, list_people));
    let routes = routes.with(web::route!(Permit<CreatePerson>, create_person));
    let routes = routes.with(web::route!(Permit<CreateLink>, create_link));
    let routes = routes.with(web::route!(Permit<DeactivatePerson>, deactivate_person));
    let routes = routes.with(web::route!(Permit<ReadGroup>, list_groups));
    let routes = routes.with(web::route!(Permit<ChangeMembers>, add_member));
    routes.with(web::route!(Permit<ChangeMembers>, remove_member))
}

/// List people.
#[utoipa::path(get, path = "/people", tag = "access", params(PeopleQuery, Paging),
    responses((status = 200, body = Page<PersonView>), (status = "default", body = Problem)))]
pub(super) async fn list_people(
    permit: Permit<ReadPerson>,
    State(cx): State<Context>,
    Query(query): Query<PeopleQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<PersonView>>, Problem> {
    let limit = paging.limit();
    let word = query.q.as_deref().filter(|word| !word.is_empty());
    let (people, total) = service::list(&cx, &permit, word, paging.after()?, u64::from(limit) + 1).await?;
    let page = Page::of(people, limit, |listed| listed.person.id.clone());
    Ok(Json(Page { total: Some(total), ..page.map(PersonView::of) }))
}

/// Add a person. They get in by a one-time link.
#[utoipa::path(post, path = "/people", tag = "access", request_body = PersonOrder,
    responses((status = 200, body = PersonView), (status = "default", body = Problem)))]
pub(super) async fn create_person(
    permit: Permit<CreatePerson>,
    State(cx): State<Context>,
    once: Once,
    Json(order): Json<PersonOrder>,
) -> Result<Json<PersonView>, Problem> {
    let new = NewPerson { id: order.id, display_name: order.name };
    Ok(Json(PersonView::alone(service::create(&cx, &permit, &once, &new).await?)))
}

/// Make a one-time link with which a person sets a password and signs in. It works once, for an hour.
#[utoipa::path(post, path = "/people/{id}/link", tag = "access", params(("id" = String, Path)),
    responses((status = 200, body = LinkView), (status = "default", body = Problem)))]
pub(super) async fn create_link(
    permit: Permit<CreateLink>,
    State(cx): State<Context>,
    Path(id): Path<PersonId>,
) -> Result<Json<LinkView>, Problem> {
    Ok(Json(service::create_link(&cx, &permit, &id).await?.into()))
}

/// End a person's way in now: sessions, tokens and roles. What they did stands.
#[utoipa::path(post, path = "/people/{id}/deactivate", tag = "access", params(("id" = String, Path)),
    responses((status = 200, body = PersonView), (status = "default", body = Problem)))]
pub(super) async fn deactivate_person(
    permit: Permit<DeactivatePerson>,
    State(cx): State<Context>,
    Path(id): Path<PersonId>,
) -> Result<Json<PersonView>, Problem> {
    Ok(Json(PersonView::alone(service::deactivate(&cx, &permit, &id).await?)))
}

/// List groups with their members.
#[utoipa::path(get, path = "/groups", tag = "access",
    responses((status = 200, body = Page<GroupView>), (status = "default", body = Problem)))]
pub(super) async fn list_groups(
    permit: Permit<ReadGroup>,
    State(cx): State<Context>,
) -> Result<Json<Page<GroupView>>, Problem> {
    let items: Vec<GroupView> = service::list_groups(&cx, &permit).await?.into_iter().map(GroupView::from).collect();
    let total = Some(items.len() as u64);
    Ok(Json(Page { items, next_cursor: None, total }))
}

/// Add a person to a group.
#[utoipa::path(post, path = "/groups/{id}/members", tag = "access", params(("id" = String, Path)),
    request_body = MemberOrder, responses((status = 200, body = GroupView), (status = "default", body = Problem)))]
pub(super) async fn add_member(
    permit: Permit<ChangeMembers>,
    State(cx): State<Context>,
    Path(id): Path<GroupId>,
    Json(order): Json<MemberOrder>,
) -> Result<Json<GroupView>, Problem> {
    Ok(Json(service::change_members(&cx, &permit, &id, &order.person, true).await?.into()))
}

/// Remove a person from a group.
#[utoipa::path(post, path = "/groups/{id}/members/{person}/remove", tag = "access",
    params(("id" = String, Path), ("person" = String, Path)),
    responses((status = 200, body = GroupView), (status = "default", body = Problem)))]
pub(super) async fn remove_member(
    permit: Permit<ChangeMembers>,
    State(cx): State<Context>,
    Path((id, person)): Path<(GroupId, PersonId)>,
) -> Result<Json<GroupView>, Problem> {
    Ok(Json(service::change_members(&cx, &permit, &id, &person, false).await?.into()))
}
