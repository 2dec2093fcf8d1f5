//! The arrows between our crates and the walls between rooms, as docs/architecture.md draws them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests are a member of the workspace")
        .to_owned()
}

#[test]
fn crates_depend_on_each_other_as_drawn() {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo answers in JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let ours: BTreeSet<_> = packages
        .iter()
        .filter_map(|package| package["name"].as_str())
        .collect();
    let arrows: BTreeMap<_, BTreeSet<_>> = packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"]
                .as_array()
                .expect("dependencies")
                .iter();
            let inner = dependencies
                .filter_map(|dependency| dependency["name"].as_str())
                .filter(|name| ours.contains(name));
            (package["name"].as_str().expect("a name"), inner.collect())
        })
        .collect();

    let drawn: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::from([
        ("domain", BTreeSet::new()),
        ("entity", BTreeSet::from(["domain"])),
        ("migration", BTreeSet::new()),
        ("wechat", BTreeSet::new()),
        (
            "api",
            BTreeSet::from(["domain", "entity", "migration", "wechat"]),
        ),
        (
            "tests",
            BTreeSet::from(["api", "domain", "entity", "migration", "wechat"]),
        ),
        ("xtask", BTreeSet::new()),
    ]);
    assert_eq!(arrows, drawn);
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source file");
            found.push((path, text));
        }
    }
    found
}

#[test]
fn routes_know_no_database_and_services_know_no_http() {
    let mut looked_at = 0;
    for (path, text) in sources(&root().join("api/src")) {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name");
        // What stands below `mod tests` may know both.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        if name.contains("routes") {
            assert!(
                !code.contains("sea_orm"),
                "{} names sea_orm",
                path.display()
            );
            looked_at += 1;
        }
        if name == "service.rs" {
            assert!(
                !code.contains("actix_web"),
                "{} names actix_web",
                path.display()
            );
            looked_at += 1;
        }
    }
    assert!(looked_at > 15, "only {looked_at} files were looked at");
}

#[test]
fn shared_rooms_import_no_capability() {
    let slices = [
        "account", "activity", "audit", "calendar", "callback", "checkin", "duty", "files",
        "leave", "notice", "people", "plan", "report", "roster", "score", "sign_in",
    ];
    let shared = [
        "access",
        "access.rs",
        "wechat_apps.rs",
        "cache.rs",
        "clock.rs",
        "config.rs",
        "crypto.rs",
        "db.rs",
        "edge.rs",
        "error.rs",
        "extract.rs",
        "idempotency.rs",
        "sheet.rs",
        "telemetry.rs",
    ];
    let folder = root().join("api/src");
    for room in shared {
        let path = folder.join(room);
        let texts = if path.is_dir() {
            sources(&path)
        } else {
            vec![(
                path.clone(),
                std::fs::read_to_string(&path).expect("a shared room"),
            )]
        };
        for (path, text) in texts {
            for slice in slices {
                assert!(
                    !text.contains(&format!("crate::{slice}::")),
                    "{} imports {slice}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn time_and_chance_have_one_door_each() {
    let clippy = std::fs::read_to_string(root().join("clippy.toml")).expect("clippy.toml");
    for banned in [
        "chrono::Utc::now",
        "std::time::SystemTime::now",
        "rand::rng",
        "reqwest::Client::new",
        "sea_orm::TransactionTrait::begin",
    ] {
        assert!(clippy.contains(banned), "{banned} is no longer banned");
    }
}
