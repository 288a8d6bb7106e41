//! The statements on registered models, on every engine.
use super::model::rules::version;
use super::store::{RegistryStore, Which};
use super::versions_store::VersionStore;
use super::{RegisteredModel, Version, VersionState};
use base::Timestamp;
use testkit::on_each_engine;

fn model(id: &str, name: &str) -> RegisteredModel {
    RegisteredModel {
        id: id.into(),
        space: "project/credit-risk".parse().unwrap(),
        name: name.into(),
        description: String::new(),
        last_version: 0,
        created_by: "ana".into(),
        created_at: Timestamp(0),
        changed_at: Timestamp(0),
        deleted_at: None,
        revision: 1,
    }
}

#[tokio::test]
async fn a_name_is_free_once_its_model_is_deleted() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let insert = async |id: &str| {
            let model = &model(id, "credit");
            db.write(|tx| async move { tx.insert_registered_model(model).await }).await
        };
        insert("rm-1").await.unwrap();
        assert!(matches!(insert("rm-2").await, Err(db::Error::Taken)));
        db.write(|tx| async move {
            let found = tx.lock_registered_model("rm-1").await?.unwrap();
            tx.save_registered_model(RegisteredModel { deleted_at: Some(Timestamp(1)), ..found }).await
        })
        .await
        .unwrap();
        insert("rm-3").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn every_state_is_stored_and_pointers_end_and_stay() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        db.write(|tx| async move {
            tx.insert_registered_model(&model("rm-1", "credit")).await?;
            for number in 1..=3 {
                let id = format!("mv-{number}");
                tx.insert_version(&Version { id, version: number, ..version() }).await?;
            }
            for &state in VersionState::ALL {
                let found = tx.find_version("rm-1", 1).await?.unwrap();
                tx.save_version(Version { state, ..found }).await?;
            }
            let by = &"ana".into();
            tx.insert_pointer("rm-1", "stage", "Production", 1, by, Timestamp(1)).await?;
            tx.insert_pointer("rm-1", "alias", "champion", 2, by, Timestamp(1)).await?;
            let newest = tx.list_newest_versions(&["rm-1".into()]).await?;
            let stages: Vec<_> = newest.iter().map(|version| (version.version, version.stage.as_str())).collect();
            assert_eq!(stages, [(1, "Production"), (3, "None")]);
            assert_eq!(tx.end_pointers("rm-1", Which::Alias("champion"), by, Timestamp(2)).await?, 1);
            tx.insert_pointer("rm-1", "alias", "champion", 3, by, Timestamp(2)).await?;
            let aliases = tx.list_aliases(&["rm-1".into()]).await?.remove("rm-1").unwrap();
            assert_eq!((aliases.len(), aliases[0].version), (1, 3));
            assert_eq!(tx.list_pointers("rm-1", 10).await?.len(), 3);
            tx.delete_versions_of("rm-1", Timestamp(3)).await?;
            assert!(tx.find_version_with_id("mv-2").await?.is_none());
            Ok::<_, db::Error>(())
        })
        .await
        .unwrap();
        let twice = db.write(|tx| async move {
            tx.insert_pointer("rm-1", "alias", "champion", 1, &"ana".into(), Timestamp(3)).await
        });
        assert!(matches!(twice.await, Err(db::Error::Taken)), "an alias points at one version");
    })
    .await;
}
