use super::given::{Runner, given, ok, start};
use crate::app::TestApp;
use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use expect_test::expect;
use futures::StreamExt;
use serde_json::{Value, json};

#[tokio::test]
async fn a_log_is_kept_once_paged_and_survives_a_restart() {
    let app = given().await;
    let id = start(&app, json!({})).await;
    let empty = ok(&app.user("ana").get(&format!("/runs/{id}/steps/fit/logs")).await);
    assert_eq!(empty, json!({"attempt": null, "lines": [], "from": 0, "ended": false}));
    let runner = Runner::claimed(&app, "prepare").await;
    ok(&runner.ship(0, &["zero", "one"]).await);
    ok(&runner.ship(1, &["one", "two"]).await);
    expect![[r#"409 {"status":409,"code":"runs.log_gap","detail":"the log has 3 lines; these begin at 9","hint":"ship again from line 3"}"#]]
        .assert_eq(&runner.ship(9, &["nine"]).await);
    let page = ok(&app.user("ana").get(&format!("/runs/{id}/steps/prepare/logs?from=1")).await);
    let texts: Vec<_> = page["lines"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!((texts, &page["from"], &page["ended"]), (vec!["one", "two"], &json!(3), &json!(false)));
    ok(&runner.succeed("x").await);
    let page = ok(&app.user("ana").get(&format!("/runs/{id}/steps/prepare/logs?attempt=1&from=3")).await);
    assert_eq!((&page["lines"], &page["ended"]), (&json!([]), &json!(true)));
}

async fn open(app: &TestApp, id: &str, last: Option<&str>) -> BodyDataStream {
    let token = format!("Bearer {}", app.token("ana"));
    let mut request =
        Request::builder().uri(format!("/api/v1/runs/{id}/steps/prepare/logs/stream")).header("authorization", token);
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let response = app.raw(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body().into_data_stream()
}

/// Reads events until one is `until`; returns their ids and texts.
async fn read(stream: &mut BodyDataStream, until: &str) -> Vec<String> {
    let (mut seen, mut text) = (Vec::new(), String::new());
    loop {
        let Some(piece) = stream.next().await else { return seen };
        text += std::str::from_utf8(&piece.unwrap()).unwrap();
        while let Some((event, rest)) = text.split_once("\n\n") {
            let field = |name: &str| {
                event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
            };
            let data: Value = serde_json::from_str(&field("data:")).unwrap_or_default();
            let shown = match field("event:").as_str() {
                "" => format!("{} {}", field("id:"), data["text"].as_str().unwrap_or_default()),
                named => format!("{named} {}", field("data:")),
            };
            text = rest.to_owned();
            let found = shown.ends_with(until);
            seen.push(shown);
            if found {
                return seen;
            }
        }
    }
}

#[tokio::test]
async fn a_stream_begins_before_the_attempt_goes_on_where_it_broke_off_and_says_its_end() {
    let app = given().await;
    let id = start(&app, json!({})).await;
    let mut stream = open(&app, &id, None).await;
    let runner = Runner::claimed(&app, "prepare").await;
    ok(&runner.ship(0, &["zero", "one"]).await);
    assert_eq!(read(&mut stream, "one").await, ["0 zero", "1 one"]);
    drop(stream);
    ok(&runner.ship(2, &["two"]).await);
    let mut stream = open(&app, &id, Some("1")).await;
    assert_eq!(read(&mut stream, "two").await, ["2 two"]);
    let ended = tokio::join!(read(&mut stream, "nothing"), async { ok(&runner.succeed("x").await) }).0;
    assert_eq!(ended, ["end succeeded"]);
}

#[tokio::test]
async fn a_stream_ends_with_the_server() {
    let app = given().await;
    let id = start(&app, json!({})).await;
    let mut stream = open(&app, &id, None).await;
    let ended = tokio::join!(read(&mut stream, "nothing"), runs::drain(&app.build.runs)).0;
    assert_eq!(ended, [""; 0]);
}
