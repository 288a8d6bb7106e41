//! The statements on files, on every engine.
use super::File;
use super::store::FileStore;
use base::{Digest, Timestamp};
use testkit::on_each_engine;

#[tokio::test]
async fn folders_are_listed_copied_and_deleted_by_their_paths() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        db.write(|tx| async move {
            for path in ["model/MLmodel", "model/data/x", "model-2/x", "modelx", "m_del/x"] {
                let file = File { path: path.into(), digest: Digest::of(path), size_bytes: 3 };
                tx.put_file("r1", &file, Timestamp(1)).await?;
                tx.put_file("r1", &file, Timestamp(2)).await?;
            }
            let paths = async |owner: &str, folder: &str| {
                let files = tx.list_files(owner, folder).await.unwrap();
                files.into_iter().map(|file| file.path).collect::<Vec<_>>()
            };
            assert_eq!(paths("r1", "model").await, ["model/MLmodel", "model/data/x"]);
            assert_eq!(paths("r1", "").await.len(), 5);
            assert_eq!(paths("r1", "modelx").await, ["modelx"]);
            assert_eq!(tx.copy_files("r1", "model", "v1", Timestamp(3)).await?, 2);
            assert_eq!(paths("v1", "").await, ["MLmodel", "data/x"]);
            assert_eq!(tx.find_file("v1", "data/x").await?.unwrap().digest, Digest::of("model/data/x"));
            for (path, taken) in [("model", true), ("model/MLmodel/x", true), ("model/new", false), ("mode", false)] {
                assert_eq!(tx.is_in_the_way("r1", path).await?, taken, "{path}");
            }
            assert_eq!(tx.delete_files("r1", "model").await?, 2);
            assert_eq!(paths("r1", "").await, ["m_del/x", "model-2/x", "modelx"]);
            assert_eq!(tx.copy_files("r1", "", "v2", Timestamp(3)).await?, 3);
            Ok::<_, db::Error>(())
        })
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_folder_shows_what_lies_right_in_it_page_by_page() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        db.write(|tx| async move {
            for path in ["a", "b/c", "b/d/e", "b/d/f", "b-1", "b0/x"] {
                let file = File { path: path.into(), digest: Digest::of(path), size_bytes: 3 };
                tx.put_file("r1", &file, Timestamp(1)).await?;
            }
            let names = async |folder: &str, after: &str, limit: u32| {
                let shown = tx.list_folder("r1", folder, after, limit).await.unwrap().into_iter();
                let shown = shown.map(|entry| match entry.size_bytes {
                    Some(size) => format!("{} {size}", entry.name),
                    None => format!("{}/", entry.name),
                });
                shown.collect::<Vec<_>>()
            };
            assert_eq!(names("", "", 9).await, ["a 3", "b/", "b-1 3", "b0/"]);
            assert_eq!(names("", "", 2).await, ["a 3", "b/"]);
            assert_eq!(names("", "b", 2).await, ["b-1 3", "b0/"]);
            assert_eq!(names("b", "", 9).await, ["c 3", "d/"]);
            assert_eq!(names("b/d", "e", 9).await, ["f 3"]);
            assert_eq!(names("a", "", 9).await, [""; 0], "a file is no folder");
            Ok::<_, db::Error>(())
        })
        .await
        .unwrap();
    })
    .await;
}
