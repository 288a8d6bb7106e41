//! The index follows the database and can be rebuilt from it.
use super::store::SearchStore;
use super::{index, rebuild};
use crate::Context;
use crate::datasets::store::DatasetStore;
use crate::datasets::tests::dataset;
use crate::datasets::{Column, Dataset, DatasetState};
use crate::lakes::Roots;
use crate::sensitivity::Sensitivity;
use testkit::{clock, ids, on_each_engine};

fn column(name: &str, present: bool) -> Column {
    Column {
        name: name.into(),
        position: 0,
        data_type: "Utf8".into(),
        nullable: true,
        partition: false,
        present,
        description: "how long it runs".into(),
        sensitivity: Sensitivity::unclassified(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_follows_the_database() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let cx = &Context::for_tests(db, clock(), ids(), Roots::default());
        let put = &dataset(DatasetState::Active);
        let insert = cx.db.write(|tx| async move {
            tx.insert_dataset(put).await?;
            tx.put_column(&put.id, &column("durationMonths", true)).await?;
            tx.put_column(&put.id, &column("former", false)).await
        });
        insert.await.unwrap();
        assert_eq!(rebuild(cx).await.unwrap(), 1);
        let found = |asked: &str| cx.index.find(asked).unwrap().len();
        assert_eq!((found("duration"), found("runs"), found("former"), found("retail")), (1, 1, 0, 1));
        let retired = &Dataset { state: DatasetState::Retired, ..put.clone() };
        cx.db.write(|tx| async move { tx.save_dataset(retired.clone()).await }).await.unwrap();
        index(cx, &[put.id.clone(), "no.such.one".into()]).await.unwrap();
        assert_eq!(found("duration"), 0);
        let ids = cx.db.read(|tx| async move { tx.list_ids("", 9).await }).await.unwrap();
        assert_eq!(ids, std::slice::from_ref(&put.id));
    })
    .await;
}
