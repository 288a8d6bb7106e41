//! A dataset whose files are gone, and what a masked or filtered grant leaves of a profile.
use super::given::{CUSTOMERS, body, crawl, granted, lake, lines, ok};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_is_refused_with_that_reason_and_read_again_once_it_is_back() {
    let app = lake().await;
    let grant = granted(&app).await;
    let sql = format!("SELECT count(*) AS n FROM {CUSTOMERS}");
    let before = lines(&app, &sql).await;
    assert_eq!(before, ["n", "3000"]);
    let (there, away) = (app.folder.path().join("retail/core/customers"), app.folder.path().join("away"));
    std::fs::rename(&there, &away).unwrap();
    crawl(&app).await;
    let dataset = ok(&app.user("dora").get(&format!("/datasets/{CUSTOMERS}")).await);
    assert_eq!(dataset["state"], "missing", "{dataset}");
    let refused = lines(&app, &sql).await.remove(0);
    assert!(refused.contains("missing"), "{refused}");
    assert!(
        app.user("ana").get(&format!("/datasets/{CUSTOMERS}/columns")).await.contains("iban"),
        "what is known stays"
    );
    assert_eq!(ok(&app.user("ana").get(&format!("/grants/{grant}")).await)["state"], "active", "and so does the grant");
    std::fs::rename(&away, &there).unwrap();
    crawl(&app).await;
    assert_eq!(lines(&app, &sql).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_shows_nothing_of_a_column_that_a_grant_masks() {
    let app = lake().await;
    granted(&app).await;
    let profile = app.user("ana").get(&format!("/datasets/{CUSTOMERS}/profile")).await;
    let columns = body(&profile)["columns"].as_array().unwrap().clone();
    for masked in ["iban", "age", "notes"] {
        let column = columns.iter().find(|column| column["name"] == masked).unwrap();
        assert_eq!(column["shown"], json!(false), "{column}");
        let values = ["distinct", "uniqueness", "entropy", "min", "max", "mean", "nans", "completeness", "quantiles"];
        for told in values.iter().chain(&["histogram", "top", "lengths", "shapes"]) {
            assert_eq!(column.get(*told).unwrap_or(&Value::Null), &Value::Null, "{told} of {column}");
        }
    }
    assert!(!profile.contains("DE0000") && !profile.contains("secret-"), "{profile}");
    // Her rows are the north's: what the whole column holds is not hers to see.
    for clear in ["id", "region"] {
        let column = columns.iter().find(|column| column["name"] == clear).unwrap();
        assert!(!column.to_string().contains("south"), "{column}");
    }
}
