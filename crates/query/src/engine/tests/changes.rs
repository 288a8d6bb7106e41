use std::time::{Duration, SystemTime};

use super::*;

fn touch(path: &Path) {
    // Another time of writing, whatever the clock's grain.
    let later = File::open(path).unwrap().metadata().unwrap().modified().unwrap() + Duration::from_secs(5);
    File::options().write(true).open(path).unwrap().set_modified(later).unwrap();
    assert_ne!(later, SystemTime::UNIX_EPOCH);
}

const CHANGED: &str = "dataset changed: `lake.core.people` was written to while it was read";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_the_versions_is_not_read() {
    for stored in [Stored::Parquet, Stored::Csv] {
        let fixture = Fixture::stored(stored, Some(NORTH));
        fixture.check("SELECT count(*) FROM people", &["4000"]).await;
        assert_eq!(fixture.session.check_unchanged(), Ok(()));
        touch(&fixture.path());
        fixture.check_fails("SELECT count(*) FROM people", CHANGED).await;
    }
    for change in [
        (|path| std::fs::write(path, "not Parquet").unwrap()) as fn(&Path),
        |path| std::fs::remove_file(path).unwrap(),
        |path| {
            std::fs::remove_file(path).unwrap();
            std::fs::create_dir(path).unwrap();
        },
    ] {
        let fixture = Fixture::new(Some(NORTH)).await;
        change(&fixture.path());
        fixture.check_fails("SELECT count(*) FROM people", CHANGED).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_after_it_was_read_is_noticed_at_the_end() {
    let fixture = Fixture::new(Some(NORTH)).await;
    fixture.check("SELECT count(*) FROM people", &["4000"]).await;
    touch(&fixture.path());
    assert_eq!(fixture.session.check_unchanged(), Err(Error::Changed(name("people"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_above_the_lakes_folder_is_read() {
    let outside = TempDir::new().unwrap();
    write(&outside.path().join("secret.parquet"), Format::Parquet, &super::rows(0..10));
    let folder = TempDir::new().unwrap();
    let pinned = store(folder.path(), Stored::Parquet, super::rows(0..10));
    std::os::unix::fs::symlink(outside.path().join("secret.parquet"), folder.path().join("link.parquet")).unwrap();
    let above = format!("../{}/secret.parquet", outside.path().file_name().unwrap().to_str().unwrap());
    let absolute = outside.path().join("secret.parquet").display().to_string();
    for path in ["link.parquet", &above, &absolute] {
        let mut file = pin(outside.path(), "secret.parquet", vec![]);
        file.path = path.to_owned();
        let pinned = Pinned { files: vec![file], ..pinned.clone() };
        let mut session = Session::new(1 << 26, 1, None).unwrap();
        session.add(&name("people"), pinned.clone(), policy(&pinned, None)).unwrap();
        let sql = Statement::parse("SELECT x FROM lake.core.people").unwrap();
        let prepared = session.prepare(sql, 10).await.unwrap();
        let rows: Result<Vec<_>, _> = session.run(prepared).await.unwrap().batches.try_collect().await;
        assert_eq!(rows.unwrap_err().to_string(), "a dataset could not be read", "{path}");
    }
}
