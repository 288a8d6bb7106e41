//! Crawls over real files, on every engine.
use super::store::CrawlStore;
use super::{Crawl, CrawlState, service};
use crate::Context;
use crate::datasets::store::DatasetStore;
use crate::datasets::{DatasetState, Format, table_of};
use crate::lakes::store::LakeStore;
use crate::lakes::{Lake, Roots};
use crate::profile::Datum;
use crate::sensitivity::Level;
use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use base::{CrawlId, DatasetId};
use db::Db;
use expect_test::expect;
use parquet::arrow::ArrowWriter;
use std::path::Path;
use std::sync::Arc;
use testkit::{NEW_YEAR, clock, ids, on_each_engine};

struct Bench {
    cx: Context,
    folder: tempfile::TempDir,
}

fn parquet(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(std::fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

impl Bench {
    async fn start(db: Db) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots([("data".to_owned(), folder.path().to_owned())].into());
        let cx = Context::for_tests(db, clock(), ids(), roots);
        let lake = Lake {
            id: "retail".into(),
            root: "data".into(),
            folder: "retail".into(),
            team: "retail".into(),
            description: String::new(),
            connected_by: "dora".into(),
            connected_at: NEW_YEAR,
        };
        let insert = &lake;
        cx.db.write(|tx| async move { tx.insert_lake(insert).await }).await.unwrap();
        let bench = Self { cx, folder };
        bench.fill();
        bench
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        let path = self.folder.path().join("retail").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn put(&self, path: &str, text: &[u8]) {
        std::fs::write(self.path(path), text).unwrap();
    }

    fn fill(&self) {
        let emails = Arc::new(StringArray::from_iter_values((0..10).map(|n| format!("p{n}@bank.example"))));
        let first: Vec<(&str, ArrayRef)> =
            vec![("id", Arc::new(Int32Array::from_iter_values(0..10))), ("email", emails.clone())];
        let second: Vec<(&str, ArrayRef)> = vec![
            ("id", Arc::new(Int64Array::from_iter_values(10..20))),
            ("email", emails.clone()),
            ("score", Arc::new(Int64Array::from_iter_values(0..10))),
        ];
        let odd: Vec<(&str, ArrayRef)> = vec![("id", emails)];
        parquet(&self.path("core/customers/year=2024/a.parquet"), first);
        parquet(&self.path("core/customers/year=2025/b.parquet"), second);
        parquet(&self.path("core/customers/year=2025/odd.parquet"), odd);
        self.put("core/customers/year=2025/corrupt.parquet", b"PAR1 this is none PAR1");
        self.put("core/loans.csv", b"loan_id;amount;paid\n1;10,5;true\n2;;false\n");
        self.put("core/rates/a.csv", b"day,rate\n2024-01-01,0.5\n");
        self.put("core/rates/b.csv", b"day,rate\n2024-01-02,0.75,9\n");
    }

    async fn crawl(&self) -> String {
        let id = CrawlId(self.cx.ids.next("c"));
        let queued = Crawl { id: id.clone(), ..queued() };
        let insert = &queued;
        self.cx.db.write(|tx| async move { tx.insert_crawl(insert).await }).await.unwrap();
        service::run(&self.cx, None, &id).await.unwrap();
        let of = &id;
        let (crawl, broken) =
            self.cx
                .db
                .read(|tx| async move {
                    Ok::<_, db::Error>((tx.find_crawl(of).await?.unwrap(), tx.list_broken(of, 99).await?))
                })
                .await
                .unwrap();
        let mut lines = format!(
            "{}: {} of {} tables, {} changed, read {}, skipped {}{}\n",
            crawl.state,
            crawl.tables_done,
            crawl.tables_total,
            crawl.tables_changed,
            crawl.files_read,
            crawl.files_skipped,
            crawl.reason.map(|reason| format!(", because {reason}")).unwrap_or_default(),
        );
        assert_eq!(crawl.files_broken, broken.len() as u64);
        for broken in broken {
            let line = broken.line.map(|line| format!(" line {line}")).unwrap_or_default();
            lines += &format!("  {}{line}: {}\n", broken.path, broken.reason);
        }
        lines
    }

    async fn datasets(&self) -> String {
        let read = self.cx.db.read(|tx| async move {
            let mut lines = String::new();
            for d in tx.list_datasets_of(&"retail".into()).await? {
                lines +=
                    &format!("{} {} v{} {} rows {} files {}\n", d.id, d.state, d.version, d.rows, d.files, d.level);
            }
            Ok::<_, db::Error>(lines)
        });
        read.await.unwrap()
    }

    /// Rows, nulls and ends of each column of the current version.
    async fn profile(&self, id: &str) -> Vec<String> {
        let id = &DatasetId(id.to_owned());
        let read = self.cx.db.read(|tx| async move {
            let version = tx.find_dataset(id).await?.unwrap().version;
            tx.find_profile(id, version).await
        });
        let end = |end: Option<Datum>| match end {
            Some(Datum::Text(text)) => text,
            Some(number) => serde_json::to_string(&number).unwrap(),
            None => "none".to_owned(),
        };
        let columns = read.await.unwrap().unwrap().into_iter();
        columns.map(|c| format!("{} {}/{} {} – {}", c.name, c.rows, c.nulls, end(c.min), end(c.max))).collect()
    }

    async fn versions(&self, id: &str) -> String {
        let id = &DatasetId(id.to_owned());
        let versions = self.cx.db.read(|tx| async move { tx.list_versions(id, None, 9).await }).await.unwrap();
        versions.into_iter().map(|v| format!("v{} {}: {}\n", v.number, v.change, v.summary)).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_finds_tables_lists_what_is_broken_and_then_reads_only_what_changed() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let bench = Bench::start(db).await;
        let first = bench.crawl().await;
        expect![[r#"
            done: 3 of 3 tables, 3 changed, read 7, skipped 0
              core/customers/year=2025/corrupt.parquet: it is not readable as Parquet: EOF: Parquet file too small. Size is 22 but need 543518327
              core/customers/year=2025/odd.parquet: column `id` is Utf8 here, Int64 in most other files
              core/rates/b.csv line 2: ragged: the line has 3 fields, the header 2
        "#]]
        .assert_eq(&first);
        expect![[r#"
            retail.core.customers active v1 20 rows 2 files restricted
            retail.core.loans active v1 2 rows 1 files restricted
            retail.core.rates active v1 1 rows 1 files restricted
        "#]]
        .assert_eq(&bench.datasets().await);
        let again = bench.crawl().await;
        assert_eq!(again, first.replace("3 changed, read 7, skipped 0", "0 changed, read 0, skipped 7"));
        bench.put("core/rates/b.csv", b"day,rate\n2024-01-02,0.75\n");
        bench.put("core/loans.csv", b"loan_id;amount\n1;x\n");
        std::fs::remove_file(bench.path("core/customers/year=2025/odd.parquet")).unwrap();
        expect![[r#"
            done: 3 of 3 tables, 2 changed, read 2, skipped 4
              core/customers/year=2025/corrupt.parquet: it is not readable as Parquet: EOF: Parquet file too small. Size is 22 but need 543518327
        "#]]
        .assert_eq(&bench.crawl().await);
        let loans = bench.versions("retail.core.loans").await;
        expect![[r#"
            v2 breaking: column `paid` is gone; 1 files new or changed, 1 gone or replaced
            v1 first: 
        "#]]
        .assert_eq(&loans);
        expect![[r#"
            v2 compatible: 1 files new or changed, 0 gone or replaced
            v1 first: 
        "#]]
        .assert_eq(&bench.versions("retail.core.rates").await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_would_make_a_table_too_wide_are_listed() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let bench = Bench::start(db).await;
        let wide = |from: usize, to: usize| {
            let names: Vec<String> = (from..to).map(|n| format!("c{n}")).collect();
            format!("{}\n{}\n", names.join(","), vec!["1"; names.len()].join(","))
        };
        bench.put("wide/t/a.csv", wide(0, 1_500).as_bytes());
        bench.put("wide/t/b.csv", wide(1_000, 2_500).as_bytes());
        bench.put("wide/t/c.csv", wide(500, 2_000).as_bytes());
        bench.put("wide/t/d.csv", wide(0, 2_001).as_bytes());
        let crawled = bench.crawl().await;
        expect![[r#"
            wide/t/b.csv: with its columns the table has 2500, more than 2000: files of other columns belong in a table of their own
            wide/t/d.csv line 1: it has 2001 columns, more than 2000: split them into several tables with a common key
        "#]]
        .assert_eq(&crawled.lines().filter(|line| line.contains("wide/t/")).map(|line| line.trim().to_owned() + "\n").collect::<String>());
        assert!(bench.datasets().await.contains("retail.wide.t active v1 2 rows 2 files"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_vanishes_is_missing_and_comes_back() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let bench = Bench::start(db).await;
        bench.crawl().await;
        let (here, away) = (bench.path("core/rates"), bench.path("_away/rates"));
        std::fs::rename(&here, &away).unwrap();
        bench.crawl().await;
        assert!(bench.datasets().await.contains("retail.core.rates missing v1"));
        std::fs::rename(&away, &here).unwrap();
        bench.crawl().await;
        assert!(bench.datasets().await.contains("retail.core.rates active v1"), "the same files: the same version");
        std::fs::rename(bench.folder.path().join("retail"), bench.folder.path().join("elsewhere")).unwrap();
        let lost = bench.crawl().await;
        assert!(lost.starts_with("failed: 0 of 0 tables") && lost.contains("it does not exist"), "{lost}");
        assert!(!lost.contains(&bench.folder.path().display().to_string()), "{lost}");
        assert!(
            bench.datasets().await.contains("retail.core.rates active v1"),
            "a lake away says nothing of its tables"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_release_kept_of_a_file_is_read_again_once_it_is_needed() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let bench = Bench::start(db).await;
        let first = bench.crawl().await;
        bench
            .cx
            .db
            .write(|tx| async move {
                let sql = "UPDATE lake_files SET sketches = $1 WHERE broken IS NULL";
                db::sql::run(&tx, sql, vec![vec![1_u8, 0, 10, 0].into()]).await
            })
            .await
            .unwrap();
        let again = bench.crawl().await;
        assert_eq!(again, first.replace("3 changed, read 7, skipped 0", "0 changed, read 0, skipped 7"));
        bench.put("core/rates/b.csv", b"day,rate\n2024-01-02,0.75\n");
        let changed = bench.crawl().await;
        assert!(changed.starts_with("done: 3 of 3 tables, 1 changed, read 2, skipped 5\n"), "{changed}");
        assert_eq!(
            bench.profile("retail.core.rates").await,
            ["day 2/0 2024-01-01 – 2024-01-02", "rate 2/0 0.5 – 0.75"]
        );
        let last = bench.crawl().await;
        assert!(last.starts_with("done: 3 of 3 tables, 0 changed, read 0, skipped 7\n"), "{last}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_read_back_is_listed_and_the_crawl_goes_on() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let bench = Bench::start(db).await;
        bench.put("core/rates/b.csv", b"day,rate\n2024-01-02,0.75\n");
        // The database keeps something else of two files than is written.
        let spoilt = "path IN ('core/loans.csv', 'core/rates/b.csv')";
        let put = format!("BEGIN UPDATE lake_files SET sketches = x'01' WHERE path = new.path AND {spoilt}; END");
        let (spoil, mend) = match bench.cx.db.engine() {
            sea_orm::DbBackend::Sqlite => (
                vec![
                    format!("CREATE TRIGGER a AFTER INSERT ON lake_files {put}"),
                    format!("CREATE TRIGGER b AFTER UPDATE ON lake_files {put}"),
                ],
                ["DROP TRIGGER a", "DROP TRIGGER b"],
            ),
            _ => (
                vec![
                    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                     new.sketches := '\\x01'; RETURN new; END $$"
                        .to_owned(),
                    format!(
                        "CREATE TRIGGER a BEFORE INSERT OR UPDATE ON lake_files FOR EACH ROW \
                     WHEN (new.{spoilt}) EXECUTE FUNCTION f()"
                    ),
                ],
                ["DROP TRIGGER a ON lake_files", "DROP FUNCTION f"],
            ),
        };
        let run = async |sql: &str| {
            bench.cx.db.write(|tx| async move { db::sql::run(&tx, sql, vec![]).await }).await.unwrap()
        };
        for sql in &spoil {
            run(sql).await;
        }
        let crawled = bench.crawl().await;
        assert!(crawled.starts_with("done: 3 of 3 tables, 2 changed, read 7, skipped 0\n"), "{crawled}");
        for path in ["core/loans.csv", "core/rates/b.csv"] {
            let listed = format!("  {path}: {}\n", super::table::LOST);
            assert!(crawled.contains(&listed), "{crawled}");
        }
        assert!(bench.datasets().await.contains("retail.core.rates active v1 1 rows 1 files"));
        for sql in mend {
            run(sql).await;
        }
        let crawled = bench.crawl().await;
        assert!(crawled.starts_with("done: 3 of 3 tables, 2 changed, read 2, skipped 5\n"), "{crawled}");
        assert_eq!(bench.profile("retail.core.rates").await[1], "rate 2/0 0.5 – 0.75");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profile_of_a_table_is_that_of_its_files() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let bench = Bench::start(db).await;
        bench.crawl().await;
        expect![[r#"
            id 20/0 0 – 19
            email 20/0 p0@bank.example – p9@bank.example
            score 20/10 0 – 9
            year 20/0 none – none
        "#]]
        .assert_eq(&(bench.profile("retail.core.customers").await.join("\n") + "\n"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_pins_its_files_and_levels() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let bench = Bench::start(db).await;
        bench.crawl().await;
        let (customers, loans) = (&DatasetId("retail.core.customers".into()), &DatasetId("retail.core.loans".into()));
        let tables = bench.cx.db.read(|tx| async move {
            Ok::<_, db::Error>((
                table_of(&tx, customers, None).await?.unwrap(),
                table_of(&tx, loans, Some(1)).await?.unwrap(),
            ))
        });
        let (customers, loans) = tables.await.unwrap();
        let fields: Vec<String> =
            customers.schema.fields().iter().map(|f| format!("{} {}", f.name(), f.data_type())).collect();
        assert_eq!(fields, ["id Int64", "email Utf8", "score Int64"]);
        assert_eq!((customers.partitions[0].name().as_str(), customers.state), ("year", DatasetState::Active));
        assert_eq!(customers.files[1].values, [Some("2025".to_owned())]);
        let levels: Vec<Level> = customers.columns.iter().map(|column| column.sensitivity.level).collect();
        assert_eq!(levels, [Level::Restricted, Level::Confidential, Level::Restricted, Level::Restricted]);
        assert_eq!(loans.format, Format::Csv { delimiter: b';' });
        let dir = bench.cx.roots.open(&loans.lake).unwrap();
        assert!(loans.files[0].open(&dir).is_ok() && loans.files[0].check(&dir).is_ok());
        bench.put("core/loans.csv", b"loan_id;amount;paid\n1;10,5;true\n2;;false\n3;1;true\n");
        assert!(loans.files[0].open(&dir).is_err() && loans.files[0].check(&dir).is_err());
        assert!(customers.files.iter().all(|file| file.digest.is_some()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_dropped_at_any_wait_is_repaired_by_the_next() {
    let bench = Bench::start(testkit::sqlite(&crate::migrations_for_tests()).await).await;
    let crawl = async || {
        let id = CrawlId("c-kill".into());
        let of = &id;
        let known = bench.cx.db.read(|tx| async move { tx.find_crawl(of).await }).await.unwrap();
        if known.is_none() {
            let begun = Crawl { id: id.clone(), ..queued() };
            let insert = &begun;
            // The insert of the drop before may have landed since it was looked for: then it is there.
            let inserted = bench.cx.db.write(|tx| async move { tx.insert_crawl(insert).await }).await;
            assert!(matches!(inserted, Ok(()) | Err(db::Error::Taken)), "{inserted:?}");
        }
        // What was dropped may still write: then the row has changed, and the job is tried again.
        while let Err(failure) = service::run(&bench.cx, None, &id).await {
            assert!(matches!(failure, jobs::Failure::Retry(_)), "{failure:?}");
        }
    };
    let (waits, ()) = testkit::drop_at_every_wait(crawl, async || {
        // Each dataset is there with its version and its columns, or not at all.
        let read = bench.cx.db.read(|tx| async move {
            for dataset in tx.list_datasets_of(&"retail".into()).await? {
                let (version, content) = tx.find_content(&dataset.id, dataset.version).await?.expect("its version");
                assert_eq!((version.number, version.files), (1, i64::try_from(content.files.len()).unwrap()));
                let columns = tx.list_columns(&dataset.id).await?;
                assert_eq!(i64::try_from(columns.len()).unwrap(), dataset.columns);
            }
            Ok::<_, db::Error>(())
        });
        read.await.unwrap();
    })
    .await;
    assert!(waits > 10);
    expect![[r#"
        retail.core.customers active v1 20 rows 2 files restricted
        retail.core.loans active v1 2 rows 1 files restricted
        retail.core.rates active v1 1 rows 1 files restricted
    "#]]
    .assert_eq(&bench.datasets().await);
}

fn queued() -> Crawl {
    Crawl {
        id: "c-0".into(),
        lake: "retail".into(),
        team: "retail".into(),
        state: CrawlState::Queued,
        job: None,
        asked_by: "person:dora".into(),
        asked_at: NEW_YEAR,
        started_at: None,
        ended_at: None,
        reason: None,
        tables_total: 0,
        tables_done: 0,
        tables_changed: 0,
        files_read: 0,
        files_skipped: 0,
        files_broken: 0,
    }
}

#[tokio::test]
async fn a_lake_has_one_open_crawl_and_the_schema_knows_every_state() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let bench = Bench::start(db).await;
        let insert = async |id: &str| {
            let crawl = &Crawl { id: id.into(), ..queued() };
            bench.cx.db.write(|tx| async move { tx.insert_crawl(crawl).await }).await
        };
        let save = async |crawl: &Crawl| bench.cx.db.write(|tx| async move { tx.save_crawl(crawl).await }).await;
        insert("c-1").await.unwrap();
        assert!(matches!(insert("c-2").await, Err(db::Error::Taken)));
        let first = Crawl { id: "c-1".into(), ..queued() };
        save(&first.start(NEW_YEAR)).await.unwrap();
        save(&first.end(Some("x".into()), NEW_YEAR)).await.unwrap();
        assert!(matches!(save(&first.start(NEW_YEAR)).await, Err(db::Error::Stale)), "what ended stays so");
        insert("c-2").await.unwrap();
        save(&Crawl { id: "c-2".into(), ..queued() }.end(None, NEW_YEAR)).await.unwrap();
        let lake = &base::LakeId("retail".into());
        let states = bench.cx.db.read(|tx| async move { tx.list_crawls(lake, None, 9).await }).await.unwrap();
        let states: Vec<CrawlState> = states.iter().map(|crawl| crawl.state).collect();
        assert_eq!(states, [CrawlState::Done, CrawlState::Failed]);
    })
    .await;
}
