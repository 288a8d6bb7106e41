use super::started;
use crate::app::TestApp;
use crate::catalog::given;
use crate::delivery::releasing::good;
use crate::runs::given::{body, ok};
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};

const HEAD: &str = "stage,value,unit,n,definition_from,definition_to,source\n";

async fn import(app: &TestApp, person: &str, text: &str) -> String {
    let request = Request::post("/api/v1/baselines").header("authorization", format!("Bearer {}", app.token(person)));
    let request = request.header("content-type", "text/csv").body(Body::from(text.to_owned())).unwrap();
    let answer = app.raw(request).await;
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    format!("{status} {}", String::from_utf8_lossy(&bytes))
}

fn stage<'a>(clock: &'a Value, name: &str) -> &'a Value {
    clock["stages"].as_array().unwrap().iter().find(|stage| stage["stage"] == name).unwrap()
}

#[tokio::test]
async fn the_clock_of_a_project_splits_people_machines_and_work_and_keeps_open_ends() {
    let (served, _serving) = started().await;
    let app = &served.app;
    app.turn_clock(100);
    served.release("one", &good()).await;
    app.turn_clock(1_000);
    let open = ok(&app.user("ivo").get("/projects/credit-risk/clock").await);
    let release = stage(&open, "release");
    assert_eq!((&release["open"], &release["to"]), (&json!(true), &json!(null)));
    assert!(release["seconds"].as_f64().unwrap() >= 1_000.0, "{release}");
    served.to_preprod(1).await;
    let id = served.promote("ana", 1, "prod").await;
    served.promotion(&id, "awaiting_approval").await;
    app.turn_clock(500);
    ok(&app.user("vera").post(&format!("/promotions/{id}/approve"), &json!({})).await);
    served.promotion(&id, "verifying").await;
    app.turn_clock(601);
    served.promotion(&id, "live").await;
    let clock = ok(&app.user("ivo").get("/projects/credit-risk/clock").await);
    let release = stage(&clock, "release");
    let seconds = |name: &str| release[name].as_f64().unwrap();
    assert_eq!((&release["open"], release["to"].is_string()), (&json!(false), true), "{release}");
    assert!((500.0..600.0).contains(&seconds("people_s")), "{release}");
    assert!(seconds("machines_s") >= 601.0 && seconds("working_s") >= 1_000.0, "{release}");
    let parts = seconds("people_s") + seconds("machines_s") + seconds("working_s");
    assert!((parts - seconds("seconds")).abs() < 1e-3, "{release}");
    let prove = stage(&clock, "prove");
    assert!(prove["to"].is_string() && prove["measured"][0]["about"].as_str().unwrap().starts_with("run "), "{prove}");
    assert_eq!(stage(&clock, "environment")["open"], json!(false));
    let value = stage(&clock, "value");
    assert!(value["open"] == true && value["note"].as_str().unwrap().contains("outside the project"), "{value}");
    let find = stage(&clock, "find");
    assert!(find["seconds"].is_null() && find["note"].as_str().unwrap().contains("90 days"), "{find}");
    let times = clock["run_times"].as_array().unwrap();
    assert!(times.iter().any(|one| one["what"] == "provision" && one["n"] == 1), "{times:?}");
    let all = ok(&app.user("ivo").get("/clock").await);
    assert_eq!((&all["total"], &all["items"][0]["project"]), (&json!(1), &json!("credit-risk")));
    assert_eq!(ok(&app.user("eli").get("/clock").await)["total"], 0, "an outsider sees no project");
    let hidden = app.user("eli").get("/projects/credit-risk/clock").await;
    let absent = app.user("eli").get("/projects/no-such/clock").await;
    assert!(hidden.starts_with("404"), "{hidden}");
    assert_eq!(absent.replace("no-such", "credit-risk"), hidden);
}

#[tokio::test]
async fn a_baseline_is_imported_whole_by_who_may_and_once() {
    let app = TestApp::start().await;
    let good = format!("{HEAD}release,20,days,9,request for change,deployed,calendar\n");
    let refused = import(&app, "ana", &good).await;
    assert!(refused.starts_with("403"), "{refused}");
    let first = import(&app, "pat", &good).await;
    assert!(first.starts_with("201"), "{first}");
    let again = import(&app, "pat", &good).await;
    assert!(again.starts_with("200") && body(&again)["id"] == body(&first)["id"], "{again}");
    let line = &body(&first)["lines"][0];
    assert_eq!((&line["seconds"], &line["same_definition"]), (&json!(1_728_000.0), &json!(false)));
    let bad = import(&app, "pat", &format!("{good}release,20,months,9,a,b,c\n")).await;
    assert!(bad.starts_with("400") && bad.contains("line 3, column `unit`: `months`"), "{bad}");
    let large = import(&app, "pat", &"x".repeat(300_000)).await;
    assert!(large.starts_with("413") && large.contains("web.too_large"), "{}", &large[..100]);
    let listed = ok(&app.user("ana").get("/baselines").await);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "what does not fit was not taken");
    let clock = ok(&app.user("ivo").get("/clock").await);
    let compared = &stage(&clock, "release")["comparisons"][0];
    assert_eq!((&compared["note"], &compared["saving_s"]), (&json!("defined differently"), &json!(null)));
    assert_eq!((&clock["headline"], &clock["total"]), (&json!([]), &json!(0)));
    let log = app.audit_log().await;
    assert_eq!(log.matches("allowed person:pat ImportBaseline baseline/").count(), 1, "{log}");
}

#[tokio::test]
async fn a_first_look_at_a_dataset_is_kept_once() {
    let app = TestApp::start().await;
    given::dataset(&app).await;
    let page = format!("/datasets/{}", given::DATASET);
    for person in ["ana", "ana", "ben"] {
        ok(&app.user(person).get(&page).await);
        ok(&app.user(person).get(&format!("{page}/columns")).await);
    }
    assert_eq!(app.count("dataset_looks").await, 2, "one a person");
    let hidden = app.user("ana").get("/datasets/retail.core.payroll").await;
    assert!(hidden.starts_with("404"), "{hidden}");
    assert_eq!(app.count("dataset_looks").await, 2, "what is hidden was not looked at");
}
