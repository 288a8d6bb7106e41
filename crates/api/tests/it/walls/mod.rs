//! Everyone tries what only some may: each act with a good body, on a thing that is there and in the state for it, just before one
//! who may does it.
mod data;
mod people;
mod release;
mod watch;

use crate::app::{PEOPLE, TestApp};
use crate::authority::attempt;
use crate::runs::given::ok;
use serde_json::{Value, json};

/// Who knocks everywhere: [`PEOPLE`], nobody, one who holds nothing, a change manager, one who holds every role of another project
/// and another lake, and steps that were given every verb.
pub struct Everyone<'a> {
    app: &'a TestApp,
    tokens: Vec<(&'static str, String)>,
}

impl<'a> Everyone<'a> {
    pub async fn of(app: &'a TestApp) -> Self {
        let mut tokens: Vec<_> = PEOPLE.iter().map(|(person, _)| (*person, app.token(person).to_owned())).collect();
        for (person, groups) in [("una", json!([])), ("otto", json!([])), ("mo", json!(["change-managers"]))] {
            let order = json!({"user": person, "groups": groups, "ttl_seconds": 86_400});
            let made = ok(&app.operate("/admin/tokens", &order).await);
            tokens.push((person, made["token"].as_str().unwrap().to_owned()));
        }
        let project = ["model_developer", "model_owner", "model_validator", "change_manager", "auditor"];
        let elsewhere = project.map(|role| (role, "project/marketing"));
        for (role, scope) in
            elsewhere.into_iter().chain([("data_steward", "lake/other"), ("data_protection", "lake/other")])
        {
            let role = json!({"principal": "person:otto", "role": role, "scope": scope});
            ok(&app.user("pat").post("/role-assignments", &role).await);
        }
        tokens.push(("nobody", String::new()));
        tokens.push(("step", attempt(app, "credit-risk/dev").await));
        tokens.push(("other-step", attempt(app, "marketing/dev").await));
        Self { app, tokens }
    }

    /// Lets everyone but `may` try, each of whom is refused, and then the first of `may`, who does it; returns what it came to. That
    /// the roles of the others may do it, too, is what `docs/reference/permissions.md` is checked for.
    pub async fn post(&self, path: &str, what: &Value, may: &[&str]) -> Value {
        self.send("POST", path, what, may).await
    }

    /// Lets all of `may` see what is at a path, and nobody else.
    pub async fn get(&self, path: &str, may: &[&str]) {
        self.send("GET", path, &Value::Null, may).await;
        for person in may {
            ok(&self.by(person).get(path).await);
        }
    }

    /// Like [`Everyone::post`], with another method.
    pub async fn send(&self, method: &str, path: &str, what: &Value, may: &[&str]) -> Value {
        let others = self.tokens.iter().filter(|(name, _)| !may.contains(name));
        let before = self.done().await;
        for (name, _) in others {
            let refused = self.by(name).send(method, path, what).await;
            let expected = if *name == "nobody" { &["401"][..] } else { &["403", "404"] };
            assert!(expected.contains(&&refused[..3]), "{name} {method} {path}: {refused}");
        }
        assert_eq!(self.done().await, before, "{method} {path}: nothing was done for who was refused");
        ok(&self.by(may[0]).send(method, path, what).await)
    }

    fn by(&self, name: &str) -> crate::app::User<'_> {
        match self.tokens.iter().find(|(one, _)| *one == name).expect(name) {
            (_, token) if token.is_empty() => self.app.nobody(),
            (_, token) => self.app.with_token(token),
        }
    }

    /// What the log says was done by people and by steps.
    async fn done(&self) -> Vec<String> {
        let log = self.app.audit_log().await;
        let by = |line: &&str| line.starts_with("allowed person:") || line.starts_with("allowed attempt:");
        log.lines().filter(by).map(str::to_owned).collect()
    }
}
