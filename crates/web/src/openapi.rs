use crate::Described;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::openapi::path::{HttpMethod, PathItem, Paths};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, License, OpenApi, SecurityRequirement};

/// Returns the names that stand for two different schemas: in the document, one of them would silently take the other's place.
pub fn told_twice(contexts: impl IntoIterator<Item = Described>) -> BTreeSet<String> {
    let (mut known, mut twice) = (BTreeMap::new(), BTreeSet::new());
    for (_, _, (_, schemas)) in contexts.into_iter().flat_map(|context| context.0) {
        for (name, schema) in schemas {
            if known.get(&name).is_some_and(|before| *before != schema) {
                twice.insert(name);
            } else {
                known.insert(name, schema);
            }
        }
    }
    twice
}

/// Returns the OpenAPI 3.1 document of contexts whose routes are mounted below `prefix`.
pub fn document(prefix: &str, contexts: impl IntoIterator<Item = Described>) -> OpenApi {
    let mut paths = Paths::new();
    let mut components = Components::new();
    for (path, method, (operation, schemas)) in contexts.into_iter().flat_map(|context| context.0) {
        let method = match method {
            "GET" => HttpMethod::Get,
            "PUT" => HttpMethod::Put,
            "DELETE" => HttpMethod::Delete,
            "PATCH" => HttpMethod::Patch,
            _ => HttpMethod::Post,
        };
        let item = PathItem::new(method, operation);
        match paths.paths.get_mut(&format!("{prefix}{path}")) {
            Some(known) => known.merge_operations(item),
            None => {
                paths.paths.insert(format!("{prefix}{path}"), item);
            }
        }
        components.schemas.extend(schemas);
    }
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("lockgate_session")));
    components.add_security_scheme("token", bearer);
    components.add_security_scheme("session", session);
    let description = "From data lake to live model, gate by gate. Send a token as `Authorization: Bearer TOKEN`. Every \
        failure is a `Problem`: a stable code, what failed on which input, and what to do next.";
    let licence = License::builder().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    let info = InfoBuilder::new().title("Lockgate").version("v1").description(Some(description)).license(Some(licence));
    let mut document = OpenApi::new(info.build(), paths);
    document.components = Some(components);
    let none: [&str; 0] = [];
    document.security = Some(vec![SecurityRequirement::new("token", none), SecurityRequirement::new("session", none)]);
    document
}
