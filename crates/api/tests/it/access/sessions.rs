use crate::app::TestApp;
use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery staple";

/// A browser: keeps its cookie, and sends what pages of this server send.
#[derive(Default)]
struct Browser {
    cookie: Option<String>,
    csrf: Option<String>,
    origin: Option<&'static str>,
    /// The address it comes from.
    address: Option<std::net::SocketAddr>,
}

impl Browser {
    async fn send(&mut self, app: &TestApp, method: &str, path: &str, sent: &Value) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        request = request.header("content-type", "application/json").header("host", "lockgate.test");
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(csrf) = &self.csrf {
            request = request.header("x-lockgate-csrf", csrf);
        }
        if let Some(origin) = self.origin {
            request = request.header("origin", origin);
        }
        let mut request = request.body(Body::from(sent.to_string())).unwrap();
        request.extensions_mut().extend(
            self.address
                .map(|address| {
                    let mut extensions = axum::http::Extensions::new();
                    extensions.insert(axum::extract::ConnectInfo(address));
                    extensions
                })
                .unwrap_or_default(),
        );
        let answer = app.raw(request).await;
        let status = answer.status().as_u16();
        if let Some(set) = answer.headers().get(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            assert!(set.contains("; HttpOnly; SameSite=Strict; ") && set.contains("Path=/"), "{set}");
            self.cookie = set.split(';').next().map(ToOwned::to_owned);
        }
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if let Some(csrf) = body["csrf"].as_str() {
            self.csrf = Some(csrf.to_owned());
        }
        (status, body)
    }
}

async fn link(app: &TestApp, person: &str) -> String {
    let made = app.user("pat").post(&format!("/people/{person}/link"), &json!({})).await;
    let body: Value = serde_json::from_str(&made[4..]).expect(&made);
    assert_eq!(body["path"], format!("/link#{}", body["link"].as_str().unwrap()));
    body["link"].as_str().unwrap().to_owned()
}

async fn signed_in(app: &TestApp, person: &str) -> Browser {
    let mut browser = Browser { origin: Some("https://lockgate.test"), ..Browser::default() };
    let order = json!({"link": link(app, person).await, "password": PASSWORD});
    let (status, me) = browser.send(app, "POST", "/links/redeem", &order).await;
    assert_eq!((status, &me["sign_in"]), (200, &json!("session")), "{me}");
    browser
}

#[tokio::test]
async fn a_link_sets_a_password_once_within_its_hour() {
    let app = TestApp::start().await;
    let mut browser = Browser::default();
    let secret = link(&app, "ana").await;
    assert_eq!(app.count(&format!("links WHERE secret_hash LIKE '%{secret}%'")).await, 0, "only its hash is stored");
    let short = browser.send(&app, "POST", "/links/redeem", &json!({"link": secret, "password": "too short"})).await;
    assert_eq!((short.0, short.1["code"].as_str()), (400, Some("access.weak_password")), "and the link still works");
    let order = json!({"link": secret, "password": PASSWORD});
    let (status, me) = browser.send(&app, "POST", "/links/redeem", &order).await;
    assert_eq!((status, &me["person"]["id"]), (200, &json!("ana")));
    assert_eq!(browser.send(&app, "GET", "/me", &Value::Null).await.0, 200);
    let again = Browser::default().send(&app, "POST", "/links/redeem", &order).await;
    assert_eq!((again.0, again.1["code"].as_str()), (401, Some("access.link_unusable")));

    let old = link(&app, "cho").await;
    let newer = link(&app, "cho").await;
    for (secret, expected) in [(&old, 401), (&newer, 200)] {
        let order = json!({"link": secret, "password": PASSWORD});
        assert_eq!(Browser::default().send(&app, "POST", "/links/redeem", &order).await.0, expected);
    }
    let late = link(&app, "eli").await;
    app.turn_clock(3_600);
    let late =
        Browser::default().send(&app, "POST", "/links/redeem", &json!({"link": late, "password": PASSWORD})).await;
    assert_eq!(late.0, 401);
    let log = app.audit_log().await;
    assert!(log.contains("allowed person:ana RedeemLink person/ana"), "{log}");
}

#[tokio::test]
async fn a_session_ends_by_signing_out_idling_and_age() {
    let app = TestApp::start().await;
    let mut browser = signed_in(&app, "ana").await;
    let mut other = Browser::default();
    let credentials = json!({"name": "ana", "password": PASSWORD});
    assert_eq!(other.send(&app, "POST", "/sessions", &credentials).await.0, 200);
    for _ in 0..5 {
        app.turn_clock(3_000);
        assert_eq!(browser.send(&app, "GET", "/me", &Value::Null).await.0, 200, "used again within the hour");
    }
    let (idle, problem) = other.send(&app, "GET", "/me", &Value::Null).await;
    assert_eq!((idle, problem["code"].as_str()), (401, Some("access.session_ended")));
    let mut copy = Browser { cookie: browser.cookie.clone(), ..Browser::default() };
    assert_eq!(browser.send(&app, "DELETE", "/sessions/current", &Value::Null).await.0, 204);
    assert_eq!(browser.cookie.as_deref(), Some("lockgate_session="));
    assert_eq!(copy.send(&app, "GET", "/me", &Value::Null).await.0, 401, "ended at the server, not only forgotten");
    let mut browser = signed_in(&app, "ana").await;
    for _ in 0..15 {
        app.turn_clock(2_900);
        browser.send(&app, "GET", "/me", &Value::Null).await;
    }
    assert_eq!(browser.send(&app, "GET", "/me", &Value::Null).await.0, 401, "half a day is all");
}

#[tokio::test]
async fn another_site_cannot_act_for_a_signed_in_browser() {
    let app = TestApp::start().await;
    let mut browser = signed_in(&app, "ana").await;
    let own = browser.csrf.clone();
    let theirs = signed_in(&app, "cho").await.csrf;
    let mut post = async |csrf: &Option<String>, origin: Option<&'static str>| {
        browser.csrf.clone_from(csrf);
        browser.origin = origin;
        let (status, body) = browser.send(&app, "POST", "/tokens", &json!({})).await;
        (status, body["code"].as_str().unwrap_or("").to_owned())
    };
    let home = Some("https://lockgate.test");
    let forged = (403, "access.csrf".to_owned());
    assert_eq!(post(&None, home).await, forged, "without the header");
    assert_eq!(post(&theirs, home).await, forged, "with another session's");
    assert_eq!(post(&own, Some("https://evil.test")).await, forged, "from another site");
    assert_eq!(post(&own, Some("null")).await, forged, "from a sandboxed page");
    assert_eq!(post(&own, home).await.0, 200);
    let login = json!({"name": "ana", "password": PASSWORD});
    let mut evil = Browser { origin: Some("https://evil.test"), ..Browser::default() };
    assert_eq!(evil.send(&app, "POST", "/sessions", &login).await.0, 403, "nor sign it in as someone else");
}

#[tokio::test]
async fn five_wrong_passwords_lock_known_and_unknown_names_alike() {
    let app = TestApp::start().await;
    signed_in(&app, "ana").await;
    let sign_in = async |name: &str, password: &str| {
        let order = json!({"name": name, "password": password});
        let (status, mut body) = Browser::default().send(&app, "POST", "/sessions", &order).await;
        body["request_id"] = Value::Null;
        (status, body)
    };
    for _ in 0..5 {
        let (known, unknown) =
            (sign_in("ana", "wrong wrong wrong").await, sign_in("nobody-here", "wrong wrong wrong").await);
        assert_eq!(known, unknown);
        assert_eq!((known.0, known.1["code"].as_str()), (401, Some("access.wrong_password")));
        let nameless = sign_in("cho", "wrong wrong wrong").await;
        assert_eq!(nameless, known, "one without a password answers alike, too");
    }
    let (known, unknown) = (sign_in("ana", PASSWORD).await, sign_in("nobody-here", PASSWORD).await);
    assert_eq!(known, unknown);
    assert_eq!((known.0, known.1["code"].as_str()), (429, Some("access.locked_out")), "the right password neither");
    let log = app.audit_log().await;
    assert!(log.contains("refused anonymous SignIn person/ana") && !log.contains("nobody-here"), "{log}");
    app.turn_clock(30);
    assert_eq!(sign_in("ana", "wrong wrong wrong").await.0, 401, "open again, and the next lock is longer");
    app.turn_clock(59);
    assert_eq!(sign_in("ana", PASSWORD).await.0, 429);
    app.turn_clock(1);
    assert_eq!(sign_in("ana", PASSWORD).await.0, 200);
    assert_eq!(sign_in("ana", "wrong wrong wrong").await.0, 401, "counted anew");
}

#[tokio::test]
async fn many_tries_at_once_get_no_more_than_five() {
    let app = TestApp::start().await;
    let order = json!({"name": "ana", "password": "wrong wrong wrong"});
    let tries = (0..12).map(|_| async { Browser::default().send(&app, "POST", "/sessions", &order).await.0 });
    let answers = futures::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 5, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 429).count(), 7, "{answers:?}");
}

async fn from(app: &TestApp, address: &str, name: &str, password: &str) -> (u16, String) {
    let mut browser = Browser { address: Some(format!("{address}:4711").parse().unwrap()), ..Browser::default() };
    let (status, body) = browser.send(app, "POST", "/sessions", &json!({"name": name, "password": password})).await;
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_stranger_elsewhere_locks_nobody_out() {
    testkit::on_each_engine(&api::migrations(), async |db| {
        let app = TestApp::start_on(db).await;
        signed_in(&app, "ana").await;
        for _ in 0..5 {
            assert_eq!(from(&app, "10.0.0.1", "ana", "wrong wrong wrong").await.0, 401);
        }
        let stranger = from(&app, "10.0.0.1", "ana", PASSWORD).await;
        assert_eq!(stranger, (429, "access.locked_out".to_owned()), "where the wrong ones came from");
        assert_eq!(from(&app, "10.0.0.2", "ana", PASSWORD).await.0, 200, "and nowhere else");
        assert_eq!(from(&app, "10.0.0.1", "ana", PASSWORD).await.0, 429, "which does not open it for the stranger");
        let people = app.user("pat").get("/people?q=ana").await;
        assert!(
            people.contains("\"locked_until\":\"2026"),
            "an administrator sees that somebody is kept out: {people}"
        );
    })
    .await;
}

#[tokio::test]
async fn strangers_who_try_names_that_nobody_has_write_nothing_and_are_looked_at_so_often_a_minute() {
    let app = TestApp::start().await;
    signed_in(&app, "ana").await;
    let rows = async || (app.count("sign_in_failures").await, app.count("audit_entries").await);
    let before = rows().await;
    for number in 0..60 {
        let tried = from(&app, "10.0.0.1", &format!("name-{}", number / 4), "wrong wrong wrong").await;
        assert_eq!(tried, (401, "access.wrong_password".to_owned()), "try {number}");
    }
    for name in ["another", "ana"] {
        let tried = from(&app, "10.0.0.1", name, PASSWORD).await;
        assert_eq!(tried, (429, "access.too_many_tries".to_owned()), "{name}, without a look at the password");
    }
    assert_eq!(rows().await, before, "the one writer was left alone");
    assert_eq!(from(&app, "10.0.0.2", "ana", PASSWORD).await.0, 200, "others come in meanwhile");
    app.turn_clock(60);
    assert_eq!(from(&app, "10.0.0.1", "ana", PASSWORD).await.0, 200, "and so does whoever waits");
}
