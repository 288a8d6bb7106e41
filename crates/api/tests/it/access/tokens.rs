use crate::app::TestApp;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn field(answer: &str, name: &str) -> String {
    let body: Value = serde_json::from_str(&answer[4..]).expect(answer);
    body[name].as_str().expect(answer).to_owned()
}

#[tokio::test]
async fn a_token_works_until_it_is_revoked_or_expires() {
    let app = TestApp::start().await;
    let created = app.user("ana").post("/tokens", &json!({"name": "laptop", "ttl_seconds": 3_600})).await;
    let (secret, id) = (field(&created, "token"), field(&created, "id"));
    assert!(secret.starts_with("lg_"), "{created}");
    let me = app.with_token(&secret).get("/me").await;
    assert_eq!(field(&me, "principal"), "person:ana");
    let stored = app.count(&format!("tokens WHERE secret_hash LIKE '%{}%' OR name LIKE '%lg_%'", &secret[3..])).await;
    assert_eq!(stored, 0, "only its hash is stored");

    let strangers = app.user("cho").post(&format!("/tokens/{id}/revoke"), &json!({})).await;
    let absent = app.user("cho").post("/tokens/t-999/revoke", &json!({})).await;
    assert_eq!(strangers.replace(&id, "t-999"), absent, "another's token is as absent");
    let revoked = app.user("ana").post(&format!("/tokens/{id}/revoke"), &json!({})).await;
    assert_eq!(field(&revoked, "state"), "revoked");
    assert_eq!(app.user("pat").post(&format!("/tokens/{id}/revoke"), &json!({})).await[..3], *"200");
    let refused = app.with_token(&secret).get("/me").await;
    assert_eq!((&refused[..3], field(&refused, "code").as_str()), ("401", "access.token_revoked"));

    let short = app.user("ana").post("/tokens", &json!({"ttl_seconds": 60})).await;
    app.turn_clock(61);
    let expired = app.with_token(&field(&short, "token")).get("/me").await;
    assert_eq!((&expired[..3], field(&expired, "code").as_str()), ("401", "access.token_expired"));
}

#[tokio::test]
async fn a_remembered_token_is_forgotten_within_a_second() {
    let app = TestApp::start().await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let keeper = tokio::spawn(app.gate.clone().keep(async { stopped.await.unwrap_or(()) }));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let created = app.user("ana").post("/tokens", &json!({})).await;
    let secret = field(&created, "token");
    for _ in 0..3 {
        assert_eq!(app.with_token(&secret).get("/me").await[..3], *"200");
    }
    // Another server ends it: this one only sees the row and the revision.
    app.sql(&format!("UPDATE tokens SET ended_by = 'pat', ended_at_us = 1 WHERE id = '{}'", field(&created, "id")))
        .await;
    assert_eq!(app.with_token(&secret).get("/me").await[..3], *"200", "remembered");
    app.sql("UPDATE access_revision SET revision = revision + 1").await;
    let revoked = Instant::now();
    while app.with_token(&secret).get("/me").await[..3] == *"200" {
        assert!(revoked.elapsed() < Duration::from_secs(1), "still works after a second");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.send(()).unwrap();
    keeper.await.unwrap();
}

#[tokio::test]
async fn a_limited_token_does_only_its_verbs_and_makes_no_wider_one() {
    let app = TestApp::start().await;
    let order = json!({"verbs": ["ReadMe", "CreateToken"], "ttl_seconds": 3_600});
    let limited = field(&app.user("pat").post("/tokens", &order).await, "token");
    let limited = app.with_token(&limited);
    assert_eq!(limited.get("/me").await[..3], *"200");
    let refused = limited.get("/people").await;
    assert_eq!((&refused[..3], field(&refused, "code").as_str()), ("403", "access.token_verbs"));
    for wider in [
        json!({"ttl_seconds": 60}),
        json!({"verbs": ["ReadPerson"], "ttl_seconds": 60}),
        json!({"verbs": ["ReadMe"], "ttl_seconds": 7_200}),
    ] {
        let refused = limited.post("/tokens", &wider).await;
        assert_eq!((&refused[..3], field(&refused, "code").as_str()), ("403", "access.token_wider"), "{wider}");
    }
    assert_eq!(limited.post("/tokens", &json!({"verbs": ["ReadMe"], "ttl_seconds": 60})).await[..3], *"200");
    let unknown = app.user("ana").post("/tokens", &json!({"verbs": ["ReadMee"]})).await;
    assert_eq!(field(&unknown, "detail"), "`ReadMee` is not a verb of this server");
    assert_eq!((&unknown[..3], field(&unknown, "code").as_str()), ("400", "access.token_malformed"));
    let long = app.user("ana").post("/tokens", &json!({"ttl_seconds": 86_400 * 366})).await;
    assert_eq!(long[..3], *"400");
}

#[tokio::test]
async fn bad_credentials_are_refused_and_counted_not_written() {
    let app = TestApp::start().await;
    let before = app.count("audit_entries").await;
    for token in ["", "lg_x", "%%%", "lg_\u{e4}"] {
        assert_eq!(app.with_token(token).get("/me").await[..3], *"401", "{token}");
    }
    assert_eq!(app.count("audit_entries").await, before, "strangers do not keep the writer busy");
    app.gate.write_counts(true).await;
    let log = app.audit_log().await;
    assert!(log.ends_with("refused anonymous Unauthenticated listener"), "{log}");
}

#[tokio::test]
async fn an_attempt_is_no_person() {
    let app = TestApp::start().await;
    let cx = app.gate.context();
    let environment = "credit-risk/preprod".into();
    let what = access::AttemptToken {
        attempt: "at-1",
        environment: &environment,
        on_behalf_of: Some(&"pat".into()),
        verbs: &["ReadMe", "CreateToken", "CreatePerson", "ReadPerson"],
        reads: &[],
        expires_at: testkit::NEW_YEAR.plus_days(1),
    };
    let (cx, what) = (&cx, &what);
    let issued = cx.db.write(|tx| async move { access::issue_attempt_token(cx, &tx, what).await });
    let (_, secret) = issued.await.unwrap();
    // Whoever finds it in a log has nothing: it works on the runners' socket alone.
    let request = axum::http::Request::get("/api/v1/me").header("authorization", format!("Bearer {}", secret.reveal()));
    let request = request.body(axum::body::Body::empty()).unwrap();
    let elsewhere = tower::ServiceExt::oneshot(app.services.public.clone(), request).await.unwrap();
    assert_eq!(elsewhere.status().as_u16(), 401);
    let attempt = app.with_token(secret.reveal());
    let me = attempt.get("/me").await;
    assert_eq!(
        (field(&me, "principal").as_str(), me.contains("\"person\":null")),
        ("environment:credit-risk/preprod", true)
    );
    assert_eq!(attempt.post("/tokens", &json!({})).await[..3], *"403");
    assert_eq!(attempt.post("/people", &json!({"id": "eve"})).await[..3], *"403", "Pat's right is not the attempt's");
    let people = attempt.get("/people").await;
    assert!(people.contains("\"items\":[]"), "{people}");
    app.db
        .write(|tx| async move { access::revoke_attempt_tokens(&tx, "at-1", testkit::NEW_YEAR).await })
        .await
        .unwrap();
    assert_eq!(attempt.get("/me").await[..3], *"401");
}

#[tokio::test]
async fn a_repeated_key_makes_one_person_and_shows_a_secret_once() {
    let app = TestApp::start().await;
    let pat = app.user("pat").with_key("k-1");
    let first = pat.post("/people", &json!({"id": "eve"})).await;
    assert_eq!(first[..3], *"200", "{first}");
    assert_eq!(pat.post("/people", &json!({"id": "eve"})).await, first);
    let other = pat.post("/people", &json!({"id": "eva"})).await;
    assert_eq!((&other[..3], field(&other, "code").as_str()), ("409", "access.key_reused"));
    assert_eq!(app.count("people WHERE id IN ('eve', 'eva')").await, 1);
    assert_eq!(pat.post("/tokens", &json!({})).await[..3], *"200");
    let again = pat.post("/tokens", &json!({})).await;
    assert_eq!((&again[..3], field(&again, "code").as_str()), ("409", "access.secret_shown_once"));
}

#[tokio::test]
async fn one_person_has_a_hundred_tokens_at_most() {
    let app = TestApp::start().await;
    let new = json!({"name": "again", "ttl_seconds": 60});
    let mut last = String::new();
    for _ in 0..101 {
        last = app.user("ana").post("/tokens", &new).await;
    }
    assert!(last.starts_with("409") && last.contains("access.too_many_tokens"), "{last}");
    assert_eq!(app.user("ben").post("/tokens", &new).await[..3], *"200", "others have room");
    app.turn_clock(61);
    assert_eq!(app.user("ana").post("/tokens", &new).await[..3], *"200", "what has ended makes room");
}
