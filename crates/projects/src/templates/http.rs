use super::{Error, ReadTemplate, Template, embedded};
use crate::Context;
use access::Permit;
use base::{Resource, Securable};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use web::{Json, Page, Path, Problem, Routes, State};

/// A template as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TemplateView {
    pub name: String,
    pub title: String,
    pub description: String,
    /// The versions that projects can be made from, the newest first.
    pub versions: Vec<String>,
    /// What it takes, as JSON Schema.
    #[schema(value_type = Object)]
    pub parameters: Value,
    /// The paths of its files, placeholders and all; left empty in lists.
    pub files: Vec<String>,
}

impl TemplateView {
    fn of(template: &Template) -> Self {
        Self {
            name: template.name.clone(),
            title: template.title.clone(),
            description: template.description.clone(),
            versions: vec![template.version.clone()],
            parameters: serde_json::to_value(&template.parameters).unwrap_or_default(),
            files: template.files.iter().map(|(path, _)| path.clone()).collect(),
        }
    }
}

impl Securable for Template {
    fn resource(&self) -> Resource {
        let (id, scope) = (self.name.clone(), "deployment".to_owned());
        Resource { kind: "template", id, scope, team: None, asker: None, listed: true }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes.with(web::route!(Permit<ReadTemplate>, list_templates)).with(web::route!(Permit<ReadTemplate>, get_template))
}

/// List what projects can be made from.
#[utoipa::path(get, path = "/templates", tag = "projects",
    responses((status = 200, body = Page<TemplateView>), (status = "default", body = Problem)))]
pub(super) async fn list_templates(
    permit: Permit<ReadTemplate>,
    State(cx): State<Context>,
) -> Result<Json<Page<TemplateView>>, Problem> {
    let mut items = Vec::new();
    let permit = &permit;
    let visible = cx.db.read(|tx| async move { permit.visible(&tx).await }).await?;
    for name in embedded::names() {
        let template = embedded::find(&name)?;
        if visible.allows(&template.resource()) {
            items.push(TemplateView { files: Vec::new(), ..TemplateView::of(&template) });
        }
    }
    Ok(Json(Page { total: Some(items.len() as u64), items, next_cursor: None }))
}

/// Show a template: its versions, what it takes, and its files.
#[utoipa::path(get, path = "/templates/{name}", tag = "projects", params(("name" = String, Path)),
    responses((status = 200, body = TemplateView), (status = "default", body = Problem)))]
pub(super) async fn get_template(
    permit: Permit<ReadTemplate>,
    State(cx): State<Context>,
    Path(name): Path<String>,
) -> Result<Json<TemplateView>, Problem> {
    let template = match embedded::find(&name) {
        Ok(template) => Some(template),
        Err(Error::NotFound { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let (permit, found) = (&permit, &template);
    let seen = cx.db.read(|tx| async move { permit.on(&tx, found.clone()).await }).await?;
    match seen {
        Some((template, _)) => Ok(Json(TemplateView::of(&template))),
        None => Err(embedded::not_found(&name).into()),
    }
}
