//! The arrows between our crates and the walls between rooms, as docs/architecture.md draws them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Where our sources are.
pub fn root() -> PathBuf {
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
            // xtask for the servers that drills may kill.
            BTreeSet::from(["api", "domain", "entity", "migration", "wechat", "xtask"]),
        ),
        ("xtask", BTreeSet::new()),
    ]);
    assert_eq!(arrows, drawn);
}

pub fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
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

/// What every capability may stand on; a room stands on nothing but rooms.
const ROOMS: [&str; 22] = [
    "access",
    "app",
    "batch",
    "cache",
    "clock",
    "config",
    "crypto",
    "db",
    "edge",
    "error",
    "extract",
    "facts",
    "idempotency",
    "jobs",
    "methods",
    "mount",
    "rulebook",
    "sheet",
    "spreadsheet",
    "telemetry",
    "upkeep",
    "wechat_apps",
];

/// What knows every capability and is known by none.
const TOPS: [&str; 7] = [
    "backup",
    "demo",
    "description",
    "doctor",
    "founding",
    "server",
    "worker",
];

/// The modules of the crate, as `lib.rs` lists them.
fn modules() -> BTreeSet<String> {
    let library =
        std::fs::read_to_string(root().join("api/src/lib.rs")).expect("the service's lib.rs");
    let modules = library.lines().filter_map(|line| {
        let name = line.strip_prefix("pub mod ")?.strip_suffix(';')?;
        Some(name.to_owned())
    });
    modules.collect()
}

/// The sources of one module, whether it is a file, a folder or both.
fn sources_of(module: &str) -> Vec<(PathBuf, String)> {
    let folder = root().join("api/src").join(module);
    let file = folder.with_extension("rs");
    let mut found = Vec::new();
    if folder.is_dir() {
        found.extend(sources(&folder));
    }
    if let Ok(text) = std::fs::read_to_string(&file) {
        found.push((file, text));
    }
    assert!(!found.is_empty(), "no source of {module}");
    found
}

/// The modules of the crate that a source names: after `crate::` and, one level deep, in the
/// braces of `crate::{…}`.
fn named(source: &str) -> BTreeSet<String> {
    let word = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let mut names = BTreeSet::new();
    for (_, after) in source
        .match_indices("crate::")
        .map(|(at, path)| (at, &source[at + path.len()..]))
    {
        let Some(list) = after.strip_prefix('{') else {
            names.insert(word(after));
            continue;
        };
        let mut depth = 0;
        let mut outermost = String::new();
        for c in list.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                _ if depth == 0 => outermost.push(c),
                _ => {}
            }
        }
        names.extend(outermost.split(',').map(|item| word(item.trim())));
    }
    names.remove("");
    names
}

#[test]
fn a_name_is_found_however_it_is_imported() {
    let source = "
        use crate::app::App;
        use crate::db::{self, files};
        use crate::{callback, notice::{self, people}, roster as members,};
        /// See [`crate::score`].
        fn f() { crate::audit::verify() }";

    let expected = [
        "app", "audit", "callback", "db", "notice", "roster", "score",
    ];

    assert_eq!(named(source), expected.map(str::to_owned).into());
}

#[test]
fn rooms_name_no_capability() {
    for room in ROOMS {
        for (path, text) in sources_of(room) {
            for name in named(&text) {
                assert!(
                    ROOMS.contains(&name.as_str()),
                    "{} names {name}, which is no room",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn capabilities_do_not_name_what_puts_them_to_use() {
    let modules = modules();
    assert!(
        ROOMS
            .iter()
            .chain(&TOPS)
            .all(|name| modules.contains(*name))
    );
    let capabilities: Vec<_> = modules
        .iter()
        .filter(|name| !ROOMS.contains(&name.as_str()) && !TOPS.contains(&name.as_str()))
        .collect();
    assert!(capabilities.len() > 15, "only {capabilities:?}");
    for capability in capabilities {
        for (path, text) in sources_of(capability) {
            for name in named(&text) {
                assert!(
                    !TOPS.contains(&name.as_str()),
                    "{} names {name}",
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
