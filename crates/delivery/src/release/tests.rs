use super::store::ReleaseStore;
use base::ProjectId;
use testkit::{NEW_YEAR, on_each_engine};

#[tokio::test]
async fn a_commit_is_trained_by_one_run() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let project = &ProjectId::from("p");
        let insert = async |commit: &str, run: &str| {
            let (commit, run) = (&commit.to_owned(), &run.into());
            db.write(|tx| async move { tx.insert_release_run(project, commit, run, NEW_YEAR).await }).await
        };
        insert("c1", "r-1").await.unwrap();
        assert!(matches!(insert("c1", "r-2").await, Err(db::Error::Taken)));
        insert("c2", "r-2").await.unwrap();
        let found = db.read(|tx| async move { tx.find_release_run(project, "c1").await }).await.unwrap();
        assert_eq!(found, Some("r-1".into()));
        assert_eq!(db.read(|tx| async move { tx.find_release_run(project, "c3").await }).await.unwrap(), None);
    })
    .await;
}
