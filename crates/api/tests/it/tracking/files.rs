use super::given::{PROJECT, client, start};
use axum::body::Body;
use serde_json::json;

#[tokio::test]
async fn files_go_up_and_come_down_whole_and_in_parts() {
    let app = start().await;
    let ana = client(&app, PROJECT, "ana");
    let run = ana.run("0").await;
    for (path, text) in [("a.txt", "abcdefgh"), ("plots/one.html", "<b>"), ("plots/deep/two", "2")] {
        assert_eq!(ana.put("0", &run, path, text).await.body, json!({}), "{path}");
    }
    let root = format!("/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts");
    let (status, headers, bytes) = ana.raw("GET", &format!("{root}/a.txt"), &[], Body::empty()).await;
    assert_eq!((status, bytes.as_slice()), (200, b"abcdefgh".as_slice()));
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!((header("content-length").as_str(), header("accept-ranges").as_str()), ("8", "bytes"));
    assert_eq!(header("content-disposition"), "attachment; filename=\"a.txt\"");
    assert_eq!(header("x-content-type-options"), "nosniff");
    let (status, part, bytes) =
        ana.raw("GET", &format!("{root}/a.txt"), &[("range", "bytes=2-4")], Body::empty()).await;
    assert_eq!(
        (status, bytes.as_slice(), part["content-range"].to_str().unwrap()),
        (206, b"cde".as_slice(), "bytes 2-4/8")
    );
    let unchanged =
        ana.raw("GET", &format!("{root}/a.txt"), &[("if-none-match", &header("etag"))], Body::empty()).await;
    assert_eq!((unchanged.0, unchanged.2.len()), (304, 0));
    let page = ana.raw("GET", &format!("{root}/plots/one.html"), &[], Body::empty()).await;
    assert!(page.1["content-type"].to_str().unwrap().starts_with("text/plain"), "never a page of ours");

    let listed = ana.get(&format!("artifacts/list?run_id={run}&path=plots")).await;
    assert_eq!(
        listed.body["files"],
        json!([
        {"path": "plots/deep", "is_dir": true}, {"path": "plots/one.html", "is_dir": false, "file_size": 3}])
    );
    let proxy = ana
        .send("GET", &format!("/api/2.0/mlflow-artifacts/artifacts?path=0/{run}/artifacts/plots"), Body::empty())
        .await;
    assert_eq!(proxy.body["files"][0], json!({"path": "deep", "is_dir": true}));
    for nothing in ["a.txt", "absent"] {
        let path = format!("/api/2.0/mlflow-artifacts/artifacts?path=0/{run}/artifacts/{nothing}");
        assert_eq!(ana.send("GET", &path, Body::empty()).await.body, json!({}), "{nothing}");
    }
    for absent in ["plots", "absent"] {
        assert_eq!(ana.send("GET", &format!("{root}/{absent}"), Body::empty()).await.status, 404, "{absent}");
    }
    let link = ana.raw("GET", &format!("/get-artifact?run_uuid={run}&path=a.txt"), &[], Body::empty()).await;
    assert_eq!((link.0, link.2.as_slice()), (200, b"abcdefgh".as_slice()));
    assert_eq!(ana.put("0", &run, "a.txt/b", "x").await.status, 400, "a file is no folder");
    assert_eq!(ana.put("0", &run, "plots", "x").await.status, 400, "a folder is no file");
    assert_eq!(ana.put("e-1", &run, "x", "x").await.status, 404, "the run lies in another experiment");
}

#[tokio::test]
async fn strangers_and_readers_change_no_file() {
    let app = start().await;
    let ana = client(&app, PROJECT, "ana");
    let run = ana.run("0").await;
    ana.put("0", &run, "a.txt", "mine").await;
    let path = format!("/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/a.txt");
    for (who, read, write) in [("vera", 200, 403), ("ben", 404, 404), ("cho", 404, 404)] {
        let them = client(&app, PROJECT, who);
        assert_eq!(them.send("GET", &path, Body::empty()).await.status, read, "{who}");
        assert_eq!(them.send("PUT", &path, Body::from("theirs")).await.status, write, "{who}");
        assert_eq!(them.send("DELETE", &path, Body::empty()).await.status, write, "{who}");
    }
    assert_eq!(ana.send("GET", &path, Body::empty()).await.body, json!("mine"));
    ana.post("runs/delete", json!({"run_id": run})).await;
    assert_eq!(ana.send("PUT", &path, Body::from("late")).await.status, 400, "a deleted run takes no files");
}

#[tokio::test]
async fn equal_files_are_kept_once() {
    let app = start().await;
    let ana = client(&app, PROJECT, "ana");
    let (first, second) = (ana.run("0").await, ana.run("0").await);
    ana.put("0", &first, "a", "the same").await;
    ana.put("0", &second, "b/c", "the same").await;
    assert_eq!(app.count("(SELECT DISTINCT digest FROM logged_artifacts) d").await, 1);
    assert_eq!(app.count("logged_artifacts").await, 2);
}
