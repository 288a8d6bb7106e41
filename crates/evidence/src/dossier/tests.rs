use super::ci::{DossierCheck, DossierCi};
use super::sections::{
    DossierAudit, DossierCandidate, DossierChecks, DossierCommit, DossierMonitors, DossierRun, DossierStops, Sections,
};
use super::{Altered, KIND, sign, verify};
use access::audit::AuditKey;
use base::Timestamp;
use delivery::authors::Authors;
use delivery::candidates::{Candidate, Content, ModelVersion, Serving};
use delivery::checks::{CheckName, CheckState};
use serving::Signature;

fn key() -> AuditKey {
    AuditKey::from_seed([7; 32])
}

fn candidate() -> Candidate {
    let content = Content {
        commit: "c0ffee".into(),
        models: vec![ModelVersion { model: "credit".into(), version: 3, onnx: base::Digest::of("model") }],
        lock: None,
        datasets: Vec::new(),
        pipeline: base::Digest::of("pipeline"),
        serving: Serving {
            endpoint: "credit".into(),
            signature: Signature { columns: Vec::new(), inputs: Vec::new(), outputs: Vec::new() },
        },
        monitoring: None,
        purposes: Vec::new(),
    };
    Candidate {
        project: "credit-risk".into(),
        number: 4,
        digest: content.digest().unwrap(),
        content,
        subject: "Trees \u{1f332} grow".into(),
        run: "r-1".into(),
        checks: Vec::new(),
        authors: Authors::default(),
        grants: Vec::new(),
        made_by: "ana".into(),
        created_at: Timestamp(5),
    }
}

fn sections(candidate: &Candidate) -> Sections {
    Sections {
        candidate: DossierCandidate {
            project: candidate.project.0.clone(),
            title: "Credit \"risk\"".into(),
            owner: "ben".into(),
            intended_use: "to {decide}".into(),
            prohibited_use: "a\\b".into(),
            number: candidate.number,
            digest: candidate.digest.to_string(),
            content: serde_json::to_value(&candidate.content).unwrap(),
            subject: candidate.subject.clone(),
            made_by: "ana".into(),
            created_at: Timestamp(5),
            model: "credit".into(),
            version: 3,
            version_state: None,
            version_reason: None,
        },
        commit: DossierCommit {
            id: "c0ffee".into(),
            subject: candidate.subject.clone(),
            authors: Vec::new(),
            unmapped: Vec::new(),
            counted_since: None,
            pushes: Vec::new(),
            merge: None,
            no_merge: Some("first".into()),
            lock: None,
            no_lock: None,
        },
        ci: ci(),
        datasets: Vec::new(),
        grants: Vec::new(),
        run: DossierRun {
            id: "r-1".into(),
            absent: Some("gone".into()),
            environment: None,
            pipeline: None,
            commit: None,
            started_by: None,
            state: None,
            created_at: None,
            started_at: None,
            ended_at: None,
            steps: Vec::new(),
        },
        checks: DossierChecks { judged: Vec::new(), policies: Vec::new() },
        promotions: Vec::new(),
        deployments: Vec::new(),
        stops: DossierStops { endpoints: Vec::new(), holds: Vec::new() },
        monitors: DossierMonitors { evaluations: Vec::new(), evaluations_left_out: 0, breaches: Vec::new() },
        audit: DossierAudit { entries: Vec::new(), left_out: 0, unsealed: 0 },
    }
}

fn ci() -> DossierCi {
    let lint = DossierCheck {
        name: CheckName::Lint,
        state: CheckState::Passed,
        asked_by: "ana".into(),
        run: Some("r-0".into()),
        count: Some(0),
        note: Some("12 files".into()),
        findings: Vec::new(),
        columns: Vec::new(),
        reason: None,
        created_at: Timestamp(1),
        started_at: Some(Timestamp(2)),
        ended_at: Some(Timestamp(3)),
    };
    let not_passed = Some("not every check of the commit is on record".into());
    DossierCi { commit: "c0ffee".into(), passed: false, not_passed, checks: vec![lint], runs: Vec::new() }
}

fn dossier() -> Vec<u8> {
    let candidate = candidate();
    sign(&sections(&candidate), &candidate, ("ivo", Timestamp(9)), &key()).unwrap()
}

#[test]
fn an_untouched_dossier_holds_and_is_canonical() {
    let document = dossier();
    let verified = verify(&document, &key().public()).unwrap();
    assert_eq!((verified.header.candidate, verified.header.sections.len()), (4, 12));
    let value: serde_json::Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(base::canonical_json(&value).unwrap(), document);
}

#[test]
fn a_dossier_from_before_ci_stood_in_it_holds() {
    let mut older: serde_json::Value = serde_json::from_slice(&dossier()).unwrap();
    for sections in ["/header/sections", "/sections"] {
        older.pointer_mut(sections).unwrap().as_object_mut().unwrap().remove("ci").unwrap();
    }
    let unsigned = base::canonical_json(&older).unwrap();
    assert_eq!(verify(&unsigned, &key().public()), Err(Altered::Signature), "nobody else can leave it out");
    let header = base::canonical_json(&older["header"]).unwrap();
    older["signature"] = key().sign_document(KIND, &header).into();
    let verified = verify(&base::canonical_json(&older).unwrap(), &key().public()).unwrap();
    assert_eq!(verified.header.sections.len(), 11);
}

#[test]
fn any_flipped_bit_of_any_byte_is_noticed() {
    let document = dossier();
    for at in 0..document.len() {
        for bit in 0..8 {
            let mut bytes = document.clone();
            bytes[at] ^= 1 << bit;
            assert!(verify(&bytes, &key().public()).is_err(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn what_is_cut_off_or_added_is_noticed() {
    let document = dossier();
    for end in 0..document.len() {
        assert!(verify(&document[..end], &key().public()).is_err(), "cut at {end}");
    }
    assert!(verify(&[document.as_slice(), b"\n"].concat(), &key().public()).is_err());
}

fn replaced(from: &str, to: &str) -> Altered {
    let text = String::from_utf8(dossier()).unwrap();
    assert!(text.contains(from), "{from}");
    verify(text.replacen(from, to, 1).as_bytes(), &key().public()).unwrap_err()
}

#[test]
fn it_is_said_which_section_differs() {
    assert_eq!(replaced("\"owner\":\"ben\"", "\"owner\":\"eve\""), Altered::Section("candidate".into()));
    assert_eq!(replaced("\"no_merge\":\"first\"", "\"no_merge\":\"other\""), Altered::Section("commit".into()));
    assert_eq!(replaced("\"state\":\"passed\"", "\"state\":\"failed\""), Altered::Section("ci".into()));
    let own = "\"deployments\":[],";
    assert_eq!(replaced(own, ""), Altered::Missing("deployments".into()));
    assert_eq!(replaced(own, &format!("{own}\"more\":[],")), Altered::Added("more".into()));
    assert_eq!(replaced("\"made_by\":\"ivo\"", "\"made_by\":\"eve\""), Altered::Signature);
}

#[test]
fn a_dossier_of_another_deployment_or_candidate_does_not_hold() {
    let other = AuditKey::from_seed([8; 32]);
    assert!(matches!(verify(&dossier(), &other.public()), Err(Altered::Key(_))));
    let (mine, mut forged) = (candidate(), candidate());
    forged.content.commit = "bad".into();
    let mixed = sign(&sections(&forged), &mine, ("ivo", Timestamp(9)), &key()).unwrap();
    assert_eq!(verify(&mixed, &key().public()), Err(Altered::Candidate));
}
