//! The statements on logged models, on every engine.
use super::store::LoggedModelStore;
use super::{LoggedModel, LoggedModelState};
use crate::experiments::store::ExperimentStore;
use crate::runs::Point;
use crate::wire::{Fields, Tag};
use base::Timestamp;
use serde_json::json;
use testkit::on_each_engine;

fn model(id: &str, state: LoggedModelState) -> LoggedModel {
    LoggedModel {
        id: id.into(),
        experiment: 1,
        name: "model".into(),
        model_type: String::new(),
        source_run: "r".into(),
        state,
        status_message: String::new(),
        created_by: "ana".into(),
        created_at: Timestamp(1),
        changed_at: Timestamp(1),
    }
}

#[tokio::test]
async fn a_model_keeps_its_newest_metrics_and_is_of_its_space() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        db.write(|tx| async move {
            let experiment = crate::experiments::tests::experiment("e-1", "project/a", "one");
            tx.insert_experiment(&experiment).await?;
            for (number, &state) in LoggedModelState::ALL.iter().enumerate() {
                tx.insert_logged_model(&model(&format!("m-{number}"), state)).await?;
            }
            let point = |value: f64, step: i64, dataset: &str| {
                let fields = json!({"key": "auc", "value": value, "timestamp": 1, "step": step, "model_id": "m-0",
                    "dataset_name": dataset, "dataset_digest": "d"});
                Point::of(&Fields::of(fields).unwrap()).unwrap()
            };
            let points = [point(0.5, 2, "x"), point(0.4, 1, "x"), point(0.9, 0, "y")];
            tx.raise_model_metrics("r", &points.iter().collect::<Vec<_>>()).await?;
            tx.raise_model_metrics("r", &[&point(0.1, 1, "x")]).await?;
            tx.insert_model_params("m-0", &[Tag { key: "p".into(), value: "1".into() }]).await?;
            tx.insert_model_params("m-0", &[Tag { key: "p".into(), value: "2".into() }]).await?;
            tx.set_model_tags("m-0", &[Tag { key: "t".into(), value: "1".into() }]).await?;
            tx.set_model_tags("m-0", &[Tag { key: "t".into(), value: "2".into() }]).await?;
            let data = tx.list_model_data(&["m-0".into()]).await?.remove("m-0").unwrap();
            let values: Vec<_> = data.metrics.iter().map(|one| (one.dataset_name.as_str(), one.value)).collect();
            assert_eq!(values, [("x", 0.5), ("y", 0.9)]);
            assert_eq!((data.params[0].value.as_str(), data.tags[0].value.as_str()), ("1", "2"));
            let ids = ["m-0".to_owned(), "m-9".to_owned()];
            assert_eq!(tx.list_logged_model_ids(&"project/a".parse().unwrap(), &ids).await?.len(), 1);
            assert!(tx.list_logged_model_ids(&"project/b".parse().unwrap(), &ids).await?.is_empty());
            tx.delete_logged_model("m-0", Timestamp(2)).await?;
            assert!(tx.find_logged_model("m-0").await?.is_none());
            Ok::<_, db::Error>(())
        })
        .await
        .unwrap();
    })
    .await;
}
