use super::store::LookStore;
use base::{DatasetId, Timestamp};
use testkit::on_each_engine;

#[tokio::test]
async fn the_first_look_stays_and_is_forgotten_after_its_time() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let (a, b) = (DatasetId("retail.core.a".into()), DatasetId("retail.core.b".into()));
        let (ana, both) = (&"ana".into(), &[a.clone(), b.clone()]);
        let (a, b) = (&a, &b);
        db.write(|tx| async move {
            tx.insert_looks(ana, std::slice::from_ref(a), Timestamp(5)).await?;
            tx.insert_looks(ana, both, Timestamp(9)).await?;
            assert_eq!(tx.list_looked(ana, both).await?, both);
            assert_eq!(tx.find_look(ana, a).await?, Some(Timestamp(5)));
            tx.delete_looks(Timestamp(9)).await?;
            assert_eq!(tx.find_look(ana, a).await?, None);
            assert_eq!(tx.find_look(ana, b).await?, Some(Timestamp(9)));
            Ok::<_, db::Error>(())
        })
        .await
        .unwrap();
    })
    .await;
}
