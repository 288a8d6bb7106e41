use super::service::{self, Listed, NewAssignment};
use super::{AssignRole, EndRoleAssignment, Place, ReadRoleAssignment, Role, RoleAssignment};
use crate::http::Permit;
use crate::{Context, Once};
use base::{Next, Principal, Timestamp, Tone};
use serde::{Deserialize, Serialize};
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// A role held for a place, as its viewer sees it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RoleAssignmentView {
    pub id: String,
    /// `person:ana` or `group:data-stewards`.
    pub principal: String,
    pub role: Role,
    /// `lake/retail`, `project/credit-risk/prod`, `team:retail`, or `deployment`.
    pub scope: String,
    pub given_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub given_at: Timestamp,
    pub ended_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    pub next: Next,
}

impl RoleAssignmentView {
    fn of(assignment: RoleAssignment, may_end: bool) -> Self {
        let (tone, text) = match &assignment.ended {
            None => (Tone::Good, "Held.".to_owned()),
            Some(ended) => (Tone::Idle, format!("Ended by {} at {}.", ended.by, ended.at)),
        };
        let reason = format!("Given by {} at {}.", assignment.given_by, assignment.given_at);
        let action = (may_end && assignment.ended.is_none()).then_some("end_role_assignment");
        let (ended_by, ended_at) = assignment.ended.map(|ended| (ended.by.0, ended.at)).unzip();
        Self {
            id: assignment.id,
            principal: assignment.holder.to_string(),
            role: assignment.role,
            scope: assignment.place.to_string(),
            given_by: assignment.given_by.0,
            given_at: assignment.given_at,
            ended_by,
            ended_at,
            next: Next { tone, text, reason, action },
        }
    }
}

/// A role to give.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignmentOrder {
    /// `person:ana` or `group:data-stewards`.
    #[schema(value_type = String)]
    pub principal: Principal,
    pub role: Role,
    /// `lake/retail`, `project/credit-risk/prod`, `team:retail`, or `deployment` where the role allows it.
    #[schema(value_type = String)]
    pub scope: Place,
}

/// Which assignments to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AssignmentQuery {
    #[param(value_type = Option<String>)]
    pub principal: Option<Principal>,
    pub role: Option<Role>,
    #[param(value_type = Option<String>)]
    pub scope: Option<Place>,
    /// `true` to see those that ended, too.
    pub ended: Option<bool>,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = routes.with(web::route!(Permit<ReadRoleAssignment>, list_role_assignments));
    let routes = routes.with(web::route!(Permit<AssignRole>, assign_role));
    routes.with(web::route!(Permit<EndRoleAssignment>, end_role_assignment))
}

/// List who holds which role for what: all of it for administrators and auditors, one's own for everyone.
#[utoipa::path(get, path = "/role-assignments", tag = "access", params(AssignmentQuery, Paging),
    responses((status = 200, body = Page<RoleAssignmentView>), (status = "default", body = Problem)))]
pub(super) async fn list_role_assignments(
    permit: Permit<ReadRoleAssignment>,
    State(cx): State<Context>,
    Query(query): Query<AssignmentQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<RoleAssignmentView>>, Problem> {
    let limit = paging.limit();
    let listed = Listed {
        holder: query.principal,
        role: query.role,
        place: query.scope,
        ended: query.ended.unwrap_or(false),
        after: paging.after()?,
        limit: u64::from(limit) + 1,
    };
    let (assignments, total) = service::list(&cx, &permit, &listed).await?;
    let page = Page::of(assignments, limit, |(assignment, _)| assignment.id.clone());
    let page = page.map(|(assignment, may_end)| RoleAssignmentView::of(assignment, may_end));
    Ok(Json(Page { total: Some(total), ..page }))
}

/// Give a person or group a role for a place.
#[utoipa::path(post, path = "/role-assignments", tag = "access", request_body = AssignmentOrder,
    responses((status = 200, body = RoleAssignmentView), (status = "default", body = Problem)))]
pub(super) async fn assign_role(
    permit: Permit<AssignRole>,
    State(cx): State<Context>,
    once: Once,
    Json(order): Json<AssignmentOrder>,
) -> Result<Json<RoleAssignmentView>, Problem> {
    let new = NewAssignment { holder: order.principal, role: order.role, place: order.scope };
    let assignment = service::give(&cx, &permit, &once, &new).await?;
    Ok(Json(RoleAssignmentView::of(assignment, true)))
}

/// End a role now. What was decided by it stands.
#[utoipa::path(post, path = "/role-assignments/{id}/end", tag = "access", params(("id" = String, Path)),
    responses((status = 200, body = RoleAssignmentView), (status = "default", body = Problem)))]
pub(super) async fn end_role_assignment(
    permit: Permit<EndRoleAssignment>,
    State(cx): State<Context>,
    Path(id): Path<String>,
) -> Result<Json<RoleAssignmentView>, Problem> {
    Ok(Json(RoleAssignmentView::of(service::end(&cx, &permit, &id).await?, true)))
}
