//! MLflow's manner of speaking: how its clients write a call, and what they make of a failure.
mod call;
mod fields;
mod render;

pub(crate) use call::Call;
pub(crate) use fields::{Fields, Tag, not_empty};
pub use render::mlflow;

/// Returns a page as clients read it: what is empty is left out.
pub(crate) fn page<T: serde::Serialize>(name: &str, items: &[T], next: Option<String>) -> serde_json::Value {
    let mut page = serde_json::Map::new();
    if !items.is_empty() {
        page.insert(name.to_owned(), serde_json::json!(items));
    }
    page.extend(next.map(|token| ("next_page_token".to_owned(), token.into())));
    page.into()
}

/// Registers a handler at its path for clients and for pages (`/ajax-api`).
macro_rules! protocol {
    ($routes:expr, $permit:ty, $method:literal, $path:literal, $handler:path $(, $limit:ident($bound:expr))*) => {{
        use std::marker::PhantomData;
        let client = web::Raw($method, concat!("/api/2.0/mlflow/", $path)).route(PhantomData::<$permit>, $handler);
        let page = web::Raw($method, concat!("/ajax-api/2.0/mlflow/", $path)).route(PhantomData::<$permit>, $handler);
        $routes.with(client.basic()$(.$limit($bound))*).with(page.basic()$(.$limit($bound))*)
    }};
}
pub(crate) use protocol;
