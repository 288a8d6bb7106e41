use super::{Author, GitAddress, MapGitAddress, ReadGitAddress, service};
use crate::Context;
use access::Permit;
use base::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Json, Page, Paging, Problem, Query, Routes, State};

/// One who had a hand in a candidate.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CandidateAuthor)]
pub struct AuthorView {
    /// Who it is here.
    pub person: Option<String>,
    /// As the commit has it, or their name here.
    pub name: String,
    /// What they did.
    pub why: String,
}

impl From<Author> for AuthorView {
    fn from(author: Author) -> Self {
        Self { person: Some(author.person.0), name: author.name, why: author.why }
    }
}

/// Says to whom an address in commits belongs.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGitAddress {
    /// As it stands in commits.
    pub address: String,
    /// The name of the person here.
    pub person: String,
}

/// To whom an address in commits belongs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GitAddressView {
    pub address: String,
    pub person: String,
    /// Who said so; they count as author of what is committed under it.
    pub mapped_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub mapped_at: Timestamp,
}

impl From<GitAddress> for GitAddressView {
    fn from(address: GitAddress) -> Self {
        Self {
            address: address.address,
            person: address.person.0,
            mapped_by: address.mapped_by.0,
            mapped_at: address.mapped_at,
        }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = routes.with(web::route!(Permit<ReadGitAddress>, list_git_addresses));
    routes.with(web::route!(Permit<MapGitAddress>, map_git_address))
}

/// List to whom addresses in commits belong, where an administrator said so.
#[utoipa::path(get, path = "/git-addresses", tag = "delivery", params(Paging),
    responses((status = 200, body = Page<GitAddressView>), (status = "default", body = Problem)))]
pub(super) async fn list_git_addresses(
    permit: Permit<ReadGitAddress>,
    State(cx): State<Context>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<GitAddressView>>, Problem> {
    let (after, limit): (Option<String>, u32) = (paging.after()?, paging.limit());
    let found = service::list(&cx, &permit, after.as_deref(), limit + 1).await?;
    Ok(Json(Page::of(found, limit, |one| one.address.clone()).map(GitAddressView::from)))
}

/// Say to whom an address in commits belongs.
#[utoipa::path(post, path = "/git-addresses", tag = "delivery", request_body = NewGitAddress,
    responses((status = 200, body = GitAddressView), (status = "default", body = Problem)))]
pub(super) async fn map_git_address(
    permit: Permit<MapGitAddress>,
    State(cx): State<Context>,
    Json(new): Json<NewGitAddress>,
) -> Result<Json<GitAddressView>, Problem> {
    Ok(Json(service::map(&cx, &permit, &new).await?.into()))
}
