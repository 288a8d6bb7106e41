//! The store contract of datasets, on every engine, and what publishing makes of them.
use super::store::DatasetStore;
use super::{
    Change, Column, Dataset, DatasetState, Error, Lineage, Origin, Published, TableFile, Version, Visibility, publish,
    table_of,
};
use crate::Context;
use crate::lakes::store::LakeStore;
use crate::lakes::{Lake, Roots};
use crate::profile::{ColumnProfile, ColumnSketch};
use crate::sensitivity::{Level, Sensitivity, Source};
use access::audit::Entry;
use arrow::datatypes::{DataType, Field, Schema};
use base::{DatasetId, Principal};
use serde_json::json;
use std::sync::Arc;
use testkit::{NEW_YEAR, clock, ids, on_each_engine};

pub(crate) fn dataset(state: DatasetState) -> Dataset {
    Dataset {
        id: "retail.core.customers".into(),
        lake: "retail".into(),
        team: "retail".into(),
        state,
        visibility: Visibility::Listed,
        origin: Origin::Crawled,
        description: String::new(),
        version: 1,
        rows: 10,
        size_bytes: 100,
        files: 1,
        columns: 2,
        level: Level::Restricted,
        record_key: vec!["id".into()],
        found_at: testkit::NEW_YEAR,
        changed_at: testkit::NEW_YEAR,
        revision: 1,
    }
}

fn column(name: &str, level: Level) -> Column {
    let sensitivity = Sensitivity { level, source: Source::Corrected, rule: None, confidence: Some(0.5) };
    let (data_type, description) = ("Utf8".to_owned(), String::new());
    let (position, nullable, partition, present) = (0, true, false, true);
    Column { name: name.into(), position, data_type, nullable, partition, present, description, sensitivity }
}

#[test]
fn a_record_key_stays_once_a_project_may_have_trained_on_it() {
    let columns = [column("id", Level::Internal), column("region", Level::Internal)];
    let (nobody, project) = (std::collections::BTreeSet::new(), ["credit-risk".into()].into());
    let named = dataset(DatasetState::Active);
    let bare = Dataset { record_key: Vec::new(), ..named.clone() };
    let key = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(bare.name_records_by(&key(&["id"]), &columns, &project).unwrap(), named, "the first one");
    assert_eq!(named.name_records_by(&key(&["id"]), &columns, &project).unwrap(), named, "the same again");
    for other in [key(&["region"]), key(&["id", "region"]), key(&[])] {
        assert_eq!(named.name_records_by(&other, &columns, &nobody).unwrap().record_key, other);
        let refused = named.name_records_by(&other, &columns, &project).unwrap_err();
        let said = "the record key of `retail.core.customers` stays: project `credit-risk` was granted the dataset in `dev` or `preprod`";
        assert_eq!(refused.to_string(), said);
    }
}

#[tokio::test]
async fn rows_come_back_as_they_were_and_a_stale_save_is_refused() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        for (number, &state) in DatasetState::ALL.iter().enumerate() {
            for (place, &visibility) in Visibility::ALL.iter().enumerate() {
                let id = DatasetId(format!("retail.core.t{number}{place}"));
                let put = &Dataset { id: id.clone(), visibility, ..dataset(state) };
                db.write(|tx| async move { tx.insert_dataset(put).await }).await.unwrap();
                let found = db
                    .read(|tx| {
                        let id = id.clone();
                        async move { tx.find_dataset(&id).await }
                    })
                    .await
                    .unwrap();
                assert_eq!(found.as_ref(), Some(put));
            }
        }
        let old = &Dataset { id: "retail.core.t00".into(), revision: 7, ..dataset(DatasetState::Active) };
        let stale = db.write(|tx| async move { tx.save_dataset(old.clone()).await }).await;
        assert!(matches!(stale, Err(db::Error::Stale)));
        let id = &old.id;
        for level in Level::ALL {
            let put = &column("iban", level);
            db.write(|tx| async move { tx.put_column(id, put).await }).await.unwrap();
            let columns = db.read(|tx| async move { tx.list_columns(id).await }).await.unwrap();
            assert_eq!(columns, std::slice::from_ref(put));
        }
    })
    .await;
}

#[tokio::test]
async fn every_change_of_a_version_can_be_stored() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let schema = super::encode_schema(&Schema::new(vec![Field::new("a", DataType::Utf8, true)]));
        let format = super::Format::Csv { delimiter: b';' };
        let content = &super::Content { format, schema, partitions: Vec::new(), files: Vec::new() };
        for (number, &change) in Change::ALL.iter().enumerate() {
            let version = &Version {
                dataset: "retail.core.customers".into(),
                number: i64::try_from(number).unwrap(),
                crawl: None,
                published_by: Some("person:ana".into()),
                lineage: Lineage { inputs: vec![("risk.core.cases".into(), 2)], by: Some("attempt/a-1".into()) },
                cut_at: NEW_YEAR,
                change,
                summary: "x".into(),
                digest: content.digest().to_string(),
                rows: 1,
                size_bytes: 2,
                files: 3,
            };
            db.write(|tx| async move { tx.insert_version(version, content, &[]).await }).await.unwrap();
            let found =
                db.read(|tx| async move { tx.find_content(&version.dataset, version.number).await }).await.unwrap();
            assert_eq!(found, Some((version.clone(), content.clone())));
        }
    })
    .await;
}

#[tokio::test]
async fn publishing_makes_versions_and_never_writes_over_a_crawled_dataset() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let cx = &Context::for_tests(db, clock(), ids(), Roots::default());
        let lake = &Lake {
            id: "retail".into(),
            root: "data".into(),
            folder: String::new(),
            team: "retail".into(),
            description: String::new(),
            connected_by: "dora".into(),
            connected_at: NEW_YEAR,
        };
        let crawled = &dataset(DatasetState::Active);
        let prepare = cx.db.write(|tx| async move {
            tx.insert_lake(lake).await?;
            tx.insert_dataset(crawled).await?;
            tx.put_column(&crawled.id, &column("score", Level::Confidential)).await
        });
        prepare.await.unwrap();
        let file = TableFile {
            path: "predictions/p/_versions/v-1/part-0.parquet".into(),
            size_bytes: 10,
            modified_us: 20,
            rows: 3,
            digest: None,
            values: Vec::new(),
            header: None,
            row_bytes: None,
        };
        let fields = vec![Field::new("score", DataType::Float64, false), Field::new("other", DataType::Utf8, true)];
        let what = Published {
            dataset: "retail.predictions.p".into(),
            schema: Arc::new(Schema::new(fields)),
            files: vec![file],
            rows: 3,
            inputs: vec![(crawled.id.clone(), 1)],
            made_by: None,
            by: Principal::Person("ana".into()),
        };
        let publish = async |what: &Published| cx.db.write(|tx| async move { publish(cx, &tx, what).await }).await;
        assert_eq!((publish(&what).await.unwrap(), publish(&what).await.unwrap()), (1, 2));
        let id = &what.dataset;
        let table = cx.db.read(|tx| async move { table_of(&tx, id, None).await }).await.unwrap().unwrap();
        let levels: Vec<_> =
            table.columns.iter().map(|c| (c.name.as_str(), c.sensitivity.level, c.sensitivity.source)).collect();
        let expected =
            [("score", Level::Confidential, Source::Proposed), ("other", Level::Confidential, Source::Proposed)];
        assert_eq!(levels, expected, "one of another name may be made of the most sensitive");
        let found = cx.db.read(|tx| async move { tx.find_dataset(id).await }).await.unwrap().unwrap();
        assert_eq!((found.origin, found.level, found.rows), (Origin::Published, Level::Confidential, 3));
        let over = Published { dataset: crawled.id.clone(), ..what.clone() };
        assert!(matches!(publish(&over).await, Err(Error::Crawled(_))));
        assert!(matches!(publish(&Published { rows: 4, ..what.clone() }).await, Err(Error::Rows { .. })));
        for bad in ["retail.p", "retail.p.9x", "retail.p.x/y", "retail..x", "retail.a.b.c"] {
            assert!(
                matches!(publish(&Published { dataset: bad.into(), ..what.clone() }).await, Err(Error::Name(_))),
                "{bad}"
            );
        }
        // A person's word stands until what is read rises above it, and a source that is less sensitive lowers nothing.
        let said = |level| Column {
            sensitivity: column("score", level).sensitivity.classified(level),
            ..column("score", level)
        };
        let put = async |id: &DatasetId, level| {
            let said = &said(level);
            cx.db.write(|tx| async move { tx.put_column(id, said).await }).await.unwrap();
        };
        let level = async || {
            let columns = cx.db.read(|tx| async move { tx.list_columns(id).await }).await.unwrap();
            let score = columns.into_iter().find(|column| column.name == "score").unwrap().sensitivity;
            (score.level, score.source)
        };
        put(id, Level::Internal).await;
        publish(&what).await.unwrap();
        assert_eq!(level().await, (Level::Confidential, Source::Proposed));
        put(&crawled.id, Level::Public).await;
        publish(&what).await.unwrap();
        assert_eq!(level().await, (Level::Confidential, Source::Proposed));
        // What the content tells raises a level that was inherited, and never lowers it.
        let told = async |level: Level| {
            let proposed = Sensitivity { level, source: Source::Proposed, ..Sensitivity::unclassified() };
            let profile = ColumnProfile::of("score", "Utf8", &ColumnSketch::default());
            let found = &[("score".to_owned(), profile, proposed)];
            cx.db.write(|tx| async move { super::profiled(cx, &tx, id, 4, found).await }).await.unwrap();
        };
        told(Level::Internal).await;
        assert_eq!(level().await, (Level::Confidential, Source::Proposed));
        told(Level::Restricted).await;
        assert_eq!(level().await, (Level::Restricted, Source::Proposed));
        let nowhere = Published { dataset: "no.p.x".into(), ..what.clone() };
        assert!(matches!(publish(&nowhere).await, Err(Error::Lake(_))));
    })
    .await;
}

#[test]
fn a_line_of_the_history_says_in_words_what_became_of_a_dataset() {
    let line = |action: &str, after: serde_json::Value| {
        let entry = Entry::new(NEW_YEAR, "person:rita", action, "dataset/retail.core.customers");
        super::views::line(Entry { after: Some(after), ..entry })
    };
    let keyed = |names: &[&str]| {
        let record_key = names.iter().map(|name| (*name).to_owned()).collect();
        json!(Dataset { record_key, ..dataset(DatasetState::Active) })
    };
    let named = line("SetRecordKey", keyed(&["branch", "number"]));
    assert_eq!((named.by.as_str(), named.verb.as_str()), ("rita", "SetRecordKey"));
    assert_eq!(named.text, "its records are named by branch, number");
    assert_eq!(line("SetRecordKey", keyed(&[])).text, "its records are named by no column");
    let classified = line("ClassifyColumn", json!(["income", "restricted", "corrected"]));
    assert_eq!(classified.text, "column `income` is restricted, corrected");
    assert_eq!(line("CrawlDataset", json!(dataset(DatasetState::Missing))).text, "the crawl did not find it");
}
