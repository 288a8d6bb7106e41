//! Lakes, crawls, datasets and search over HTTP, on real files.
use crate::app::{TestApp, pretty};
use expect_test::expect;
use serde_json::{Value, json};

fn put(app: &TestApp, path: &str, text: &str) {
    let path = app.folder.path().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn body(answer: &str) -> Value {
    serde_json::from_str(&answer[4..]).unwrap()
}

fn lake(name: &str, root: &str, folder: &str) -> Value {
    json!({"name": name, "root": root, "folder": folder, "team": name, "description": "as it would lie in a bank"})
}

/// Connects `retail` with two tables and crawls it.
async fn crawled() -> TestApp {
    let app = TestApp::start().await;
    let rows: String = (0..20)
        .map(|n| format!("{n},Person {n},p{n}@bank.example,DE89370400440532013000,{},{}\n", n % 4 * 6, n * 100))
        .collect();
    put(&app, "retail/core/customers.csv", &format!("record_id,full_name,email,iban,durationMonths,amount\n{rows}"));
    put(&app, "retail/core/rates.csv", "day,rate\n2024-01-01,0.5\n2024-01-02,0.75,1\n");
    put(&app, "retail/core/plans.csv", "plan\nbasic\n");
    let dora = app.user("dora");
    assert_eq!(&dora.post("/lakes", &lake("retail", "retail", "")).await[..3], "200");
    crawl(&app).await;
    app
}

/// Asks for a crawl and runs it as its job would.
async fn crawl(app: &TestApp) -> Value {
    let asked = body(&app.user("dora").post("/lakes/retail/crawl", &Value::Null).await);
    let id = asked["id"].as_str().unwrap().to_owned();
    catalog::crawls::run(&app.catalog, None, &id.as_str().into()).await.unwrap();
    catalog::search::rebuild(&app.catalog).await.unwrap();
    body(&app.user("dora").get(&format!("/crawls/{id}")).await)
}

async fn found(app: &TestApp, person: &str, query: &str) -> String {
    let page = body(&app.user(person).get(&format!("/datasets?{query}")).await);
    let ids: Vec<&str> = page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    format!("{} of {}: {} {}", ids.len(), page["total"], ids.join(" "), page["facets"]["lake"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_is_connected_by_its_steward_below_a_configured_root() {
    let app = TestApp::start().await;
    put(&app, "retail/core/plans.csv", "plan\nbasic\n");
    std::os::unix::fs::symlink("/etc", app.folder.path().join("retail/out")).unwrap();
    let mut lines = String::new();
    for (person, name, root, folder) in [
        ("ana", "retail", "retail", ""),
        ("eli", "retail", "retail", ""),
        ("pat", "retail", "retail", ""),
        ("dora", "retail", "retial", ""),
        ("dora", "retail", "retail", "../risk"),
        ("dora", "retail", "retail", "/etc"),
        ("dora", "retail", "retail", "out"),
        ("dora", "retail", "retail", "nowhere"),
        ("dora", "Retail!", "retail", ""),
        ("dora", "retail", "retail", ""),
        ("dora", "retail", "retail", ""),
    ] {
        let answer = app.user(person).post("/lakes", &lake(name, root, folder)).await;
        assert!(!answer.contains(&app.folder.path().display().to_string()), "no path of the machine: {answer}");
        let problem = body(&answer);
        let text = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
        lines += &format!("{person} {} {} {} {}\n", &answer[..3], text("code"), text("detail"), text("hint"));
    }
    expect![[r#"
        ana 403 access.forbidden `ConnectLake` on lake `retail` is not allowed for you `GET /me` shows your roles; a platform administrator gives them
        eli 403 access.forbidden `ConnectLake` on lake `retail` is not allowed for you `GET /me` shows your roles; a platform administrator gives them
        pat 403 access.forbidden `ConnectLake` on lake `retail` is not allowed for you `GET /me` shows your roles; a platform administrator gives them
        dora 400 catalog.root_unknown root `retial` is not configured did you mean `retail`?
        dora 400 catalog.lake_folder folder `../risk` cannot be a lake: it leads upwards (`..`) give a folder below the root, such as `retail/core`
        dora 400 catalog.lake_folder folder `/etc` cannot be a lake: it is not relative to the root give a folder below the root, such as `retail/core`
        dora 400 catalog.lake_unreachable folder `out` below root `retail` cannot be opened: the server may not read it, or it leads outside check the folder's name and that the server's user may read it
        dora 400 catalog.lake_unreachable folder `nowhere` below root `retail` cannot be opened: it does not exist check the folder's name and that the server's user may read it
        dora 400 catalog.lake_name `Retail!` is not a name: 1 to 63 of a–z, 0–9 and `-`, starting with a letter 
        dora 200   
        dora 409 catalog.lake_taken lake name `retail` is taken choose another name
    "#]].assert_eq(&lines);
    expect![[r#"
        200 {
          "items": [
            {
              "id": "retail",
              "name": "retail",
              "root": "retail",
              "folder": "",
              "team": "retail",
              "description": "as it would lie in a bank",
              "connected_by": "dora",
              "connected_at": "2026-01-01T00:00:00Z",
              "datasets": 0,
              "last_crawl": null,
              "next": {
                "tone": "waiting",
                "text": "This lake was never crawled.",
                "reason": "A crawl finds its tables.",
                "action": null
              }
            }
          ],
          "total": 1
        }"#]]
    .assert_eq(&pretty(&app.user("cho").get("/lakes").await));
    assert_eq!(&app.user("cho").post("/lakes/retail/crawl", &Value::Null).await[..3], "403");
    assert_eq!(&app.user("cho").get("/lakes/nowhere").await[..3], "404");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_shows_what_it_read_and_what_is_broken() {
    let app = crawled().await;
    let mut second = crawl(&app).await;
    second["job"] = Value::Null;
    expect![[r#"
        {
          "id": "c-14",
          "lake": "retail",
          "state": "done",
          "job": null,
          "asked_by": "person:dora",
          "asked_at": "2026-01-01T00:00:00Z",
          "started_at": "2026-01-01T00:00:00Z",
          "ended_at": "2026-01-01T00:00:00Z",
          "reason": null,
          "done": 3,
          "total": 3,
          "tables_found": 3,
          "tables_changed": 0,
          "files_read": 0,
          "files_skipped": 3,
          "files_broken": 1,
          "broken": [
            {
              "path": "core/rates.csv",
              "reason": "ragged: the line has 3 fields, the header 2",
              "line": 3
            }
          ]
        }"#]]
    .assert_eq(&format!("{second:#}"));
    let crawls = body(&app.user("dora").get("/lakes/retail/crawls").await);
    assert_eq!(crawls["items"].as_array().unwrap().len(), 2);
    assert_eq!(&app.user("cho").get("/lakes/retail/crawls").await[..3], "403");
    let other = app.user("cho").get(&format!("/crawls/{}", second["id"].as_str().unwrap())).await;
    let absent = app.user("cho").get("/crawls/c-none").await;
    assert_eq!(other.replace(second["id"].as_str().unwrap(), "c-none"), absent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_tells_each_viewer_what_they_may_do() {
    let app = crawled().await;
    let view = app.user("ana").get("/datasets/retail.core.customers").await;
    expect![[r#"
        200 {
          "id": "retail.core.customers",
          "lake": "retail",
          "schema": "core",
          "table": "customers",
          "team": "retail",
          "stewards": [
            "dora"
          ],
          "state": "active",
          "visibility": "listed",
          "origin": "crawled",
          "description": "",
          "level": "restricted",
          "record_key": [],
          "version": 1,
          "rows": 20,
          "files": 1,
          "size_bytes": 1221,
          "columns": 6,
          "partitions": [],
          "found_at": "2026-01-01T00:00:00Z",
          "fresh_at": "2026-01-01T00:00:00Z",
          "access": {
            "state": "askable",
            "readable_columns": 0,
            "columns": 6
          },
          "may_describe": false,
          "may_classify": false,
          "next": {
            "tone": "idle",
            "text": "You may ask for access.",
            "reason": "Team `retail` decides.",
            "action": "create_request"
          }
        }"#]]
    .assert_eq(&pretty(&view));
    let hers = body(&app.user("dora").get("/datasets/retail.core.customers").await);
    assert_eq!((&hers["may_describe"], &hers["may_classify"]), (&json!(true), &json!(true)));
    let next = &hers["next"];
    expect![[r#"{"tone":"waiting","text":"2 of 6 columns are unclassified.","reason":"They count as restricted.","action":"classify_column"}"#]].assert_eq(&next.to_string());
    let columns = body(&app.user("ana").get("/datasets/retail.core.customers/columns").await);
    let mut lines = String::new();
    for column in columns["items"].as_array().unwrap() {
        let of = |key: &str| column[key].as_str().unwrap_or_default().to_owned();
        lines += &format!(
            "{} {} {} {} {}\n",
            of("name"),
            of("type"),
            of("level"),
            of("level_source"),
            column["proposed_by"]
        );
    }
    expect![[r#"
        record_id Int64 internal proposed {"rule":"name record id","confidence":0.6}
        full_name Utf8 confidential proposed {"rule":"name person's name","confidence":0.85}
        email Utf8 confidential proposed {"rule":"content e-mail + name e-mail","confidence":1.0}
        iban Utf8 restricted proposed {"rule":"content IBAN + name IBAN","confidence":1.0}
        durationMonths Int64 restricted unclassified null
        amount Int64 restricted unclassified null
    "#]]
    .assert_eq(&lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_a_column_are_shown_only_to_those_who_may_see_them() {
    let app = crawled().await;
    let profile = async |person: &str| app.user(person).get("/datasets/retail.core.customers/profile").await;
    let outsider = profile("cho").await;
    for secret in ["bank.example", "DE8937", "Person 1", "1900", "quantiles", "histogram", "distinct", "shapes"] {
        let shown = body(&outsider)["columns"].to_string();
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    // A rule proposes `internal` for `record_id`; no person has said so yet.
    let proposed = body(&outsider)["columns"][0].clone();
    assert_eq!((&proposed["name"], &proposed["shown"]), (&json!("record_id"), &json!(false)), "{proposed}");
    let path = "/datasets/retail.core.customers/columns/record_id/classify";
    app.user("dora").post(path, &json!({"level": "internal"})).await;
    assert_eq!(body(&profile("cho").await)["columns"][0]["shown"], json!(true), "and now she has");
    expect![[r#"{"name":"amount","data_type":"Int64","rows":20,"nulls":0,"shown":false,"why_not":"the column is unclassified, which counts as restricted: values are shown to its stewards and under a grant that gives it in the clear"}"#]].assert_eq(&body(&outsider)["columns"][5].to_string());
    let steward = body(&profile("dora").await);
    assert_eq!(steward["columns"][5]["max"], 1900);
    assert_eq!(
        &app.user("cho")
            .post("/datasets/retail.core.customers/columns/amount/classify", &json!({"level": "public"}))
            .await[..3],
        "403"
    );
    let classified = app
        .user("dora")
        .post("/datasets/retail.core.customers/columns/amount/classify", &json!({"level": "public"}))
        .await;
    expect![[r#"200 {"name":"amount","position":5,"type":"Int64","nullable":true,"partition":false,"description":"","level":"public","level_source":"corrected","proposed_by":null,"for_you":"not_granted"}"#]].assert_eq(&classified);
    assert_eq!(body(&profile("cho").await)["columns"][5]["max"], 1900);
    let entries = app.count("audit_entries").await;
    let again = app
        .user("dora")
        .post("/datasets/retail.core.customers/columns/amount/classify", &json!({"level": "public"}))
        .await;
    assert_eq!((again, app.count("audit_entries").await), (classified, entries), "a repeat writes nothing");
    put(&app, "retail/core/customers.csv", "record_id,full_name,email,iban,durationMonths,amount\n1,a,b,c,2,3\n");
    crawl(&app).await;
    let columns = body(&app.user("cho").get("/datasets/retail.core.customers/columns").await);
    assert_eq!(columns["items"][5]["level"], "public", "a crawl never changes a person's word");
    let no = app
        .user("dora")
        .post("/datasets/retail.core.customers/columns/nope/classify", &json!({"level": "public"}))
        .await;
    expect![[r#"404 {"status":404,"code":"catalog.column_not_found","detail":"dataset `retail.core.customers` has no column `nope`","hint":"`GET /datasets/retail.core.customers/columns` lists them"}"#]].assert_eq(&no);
}

#[tokio::test(flavor = "multi_thread")]
async fn search_finds_by_name_column_word_and_typo_and_hides_what_is_hidden() {
    let app = crawled().await;
    let describe = json!({"description": "who banks with us", "columns": {"amount": "credit asked for, in euro"}});
    let described = app.user("dora").post("/datasets/retail.core.customers/describe", &describe).await;
    assert_eq!(&described[..3], "200", "{described}");
    catalog::search::rebuild(&app.catalog).await.unwrap();
    let mut lines = String::new();
    for query in [
        "",
        "q=iban",
        "q=durration",
        "q=banks",
        "q=euro",
        "q=plan",
        "q=xyzzy",
        "q=p1%40bank",
        "lake=risk",
        "level=restricted&limit=1",
        "access=readable",
    ] {
        lines += &format!("{query}: {}\n", found(&app, "ana", query).await);
    }
    expect![[r#"
        : 2 of 2: retail.core.customers retail.core.plans [{"value":"retail","count":2}]
        q=iban: 1 of 1: retail.core.customers [{"value":"retail","count":1}]
        q=durration: 1 of 1: retail.core.customers [{"value":"retail","count":1}]
        q=banks: 1 of 1: retail.core.customers [{"value":"retail","count":1}]
        q=euro: 1 of 1: retail.core.customers [{"value":"retail","count":1}]
        q=plan: 1 of 1: retail.core.plans [{"value":"retail","count":1}]
        q=xyzzy: 0 of 0:  []
        q=p1%40bank: 0 of 0:  []
        lake=risk: 0 of 0:  [{"value":"retail","count":2}]
        level=restricted&limit=1: 1 of 2: retail.core.customers [{"value":"retail","count":2}]
        access=readable: 0 of 0:  []
    "#]]
    .assert_eq(&lines);
    let hit = body(&app.user("ana").get("/datasets?q=duration").await)["items"][0].clone();
    expect![[r#"[{"name":"durationMonths","ranges":[{"from":0,"to":8}]}] {"name":[],"description":[]}"#]]
        .assert_eq(&format!("{} {}", hit["matched_columns"], hit["highlights"]));
    let hide = json!({"visibility": "hidden"});
    assert_eq!(&app.user("dora").post("/datasets/retail.core.customers/visibility", &hide).await[..3], "200");
    let mut lines = String::new();
    for person in ["ana", "dora", "ivo", "pat", "eli"] {
        lines += &format!("{person}: {}\n", found(&app, person, "q=iban").await);
    }
    expect![[r#"
        ana: 0 of 0:  []
        dora: 1 of 1: retail.core.customers [{"value":"retail","count":1}]
        ivo: 1 of 1: retail.core.customers [{"value":"retail","count":1}]
        pat: 1 of 1: retail.core.customers [{"value":"retail","count":1}]
        eli: 0 of 0:  []
    "#]]
    .assert_eq(&lines);
    for path in ["", "/columns", "/profile", "/versions", "/history"] {
        let hidden = app.user("ana").get(&format!("/datasets/retail.core.customers{path}")).await;
        let absent = app.user("ana").get(&format!("/datasets/retail.core.nothing{path}")).await;
        assert_eq!(hidden.replace("customers", "nothing"), absent);
    }
    for bad in ["level=secret", "access=maybe", "cursor=x", &format!("q={}", "a".repeat(300))] {
        assert_eq!(&app.user("ana").get(&format!("/datasets?{bad}")).await[..3], "400", "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_and_history_are_kept() {
    let app = crawled().await;
    put(&app, "retail/core/plans.csv", "plan,price\nbasic,1\npro,2\n");
    crawl(&app).await;
    app.user("dora").post("/datasets/retail.core.plans/describe", &json!({"description": "what we offer"})).await;
    let versions = body(&app.user("ana").get("/datasets/retail.core.plans/versions").await);
    let mut lines = String::new();
    for version in versions["items"].as_array().unwrap() {
        lines += &format!("{} {} {} {}\n", version["number"], version["change"], version["summary"], version["rows"]);
    }
    for line in body(&app.user("ana").get("/datasets/retail.core.plans/history").await).as_array().unwrap() {
        lines += &format!("{} {} {}\n", line["by"], line["verb"], line["text"]);
    }
    expect![[r#"
        2 "compatible" "column `price` (Int64) is new; 1 files new or changed, 1 gone or replaced" 2
        1 "first" "" 1
        "dora" "DescribeDataset" "it was described"
        "crawler" "CrawlDataset" "version 2: 2 rows in 1 files"
        "crawler" "CrawlDataset" "version 1: 1 rows in 1 files"
    "#]]
    .assert_eq(&lines);
    let first = body(&app.user("ana").get("/datasets/retail.core.plans/versions?limit=1").await);
    let next = first["next_cursor"].as_str().unwrap();
    let rest = body(&app.user("ana").get(&format!("/datasets/retail.core.plans/versions?limit=1&cursor={next}")).await);
    assert_eq!((rest["items"][0]["number"].clone(), rest["next_cursor"].clone()), (json!(1), Value::Null));
}
