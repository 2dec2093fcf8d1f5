//! The licences of everything that is linked into the program, with their full texts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::workspace;

/// How files of licences begin.
const NAMES: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "COPYRIGHT"];

/// Writes one text: first who is in it, then each licence once, with those it is the licence of.
pub fn write(file: &Path) -> Result<()> {
    let linked = linked()?;
    let mut text = String::from(
        "Third-party software in xingdong, by what each says of itself, then the texts of its \
         licences.\n\n",
    );
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in &linked {
        let name = format!("{} {}", package.name, package.version);
        writeln!(text, "{name}: {} {}", package.licence, package.repository)?;
        for found in package.texts()? {
            texts.entry(found).or_default().push(name.clone());
        }
    }
    for (licence, whose) in texts {
        write!(
            text,
            "\n{}\n{}\n\n{licence}\n",
            "=".repeat(80),
            whose.join(", ")
        )?;
    }
    std::fs::write(file, text).with_context(|| format!("writing {}", file.display()))
}

struct Package {
    name: String,
    version: String,
    licence: String,
    repository: String,
    folder: PathBuf,
}

impl Package {
    fn of(value: &Value) -> Result<Self> {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let manifest = PathBuf::from(text("manifest_path"));
        Ok(Self {
            name: text("name"),
            version: text("version"),
            licence: text("license"),
            repository: text("repository"),
            folder: manifest
                .parent()
                .context("a package has a folder")?
                .to_owned(),
        })
    }

    fn texts(&self) -> Result<BTreeSet<String>> {
        let mut texts = BTreeSet::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .to_uppercase();
            if path.is_file() && NAMES.iter().any(|begin| name.starts_with(begin)) {
                let text = String::from_utf8_lossy(&std::fs::read(&path)?).replace("\r\n", "\n");
                texts.insert(text.trim().to_owned());
            }
        }
        Ok(texts)
    }
}

/// The packages of others that the program is linked from, on this machine's kind.
fn linked() -> Result<Vec<Package>> {
    let tree = workspace::output(workspace::cargo().args([
        "tree",
        "--locked",
        "--package=api",
        "--edges=normal",
        "--prefix=none",
        "--format={p}",
    ]))?;
    // Our own have a folder behind their version.
    let wanted: BTreeSet<&str> = tree
        .lines()
        .map(|line| {
            line.trim_end_matches(" (*)")
                .trim_end_matches(" (proc-macro)")
        })
        .filter(|line| !line.contains('('))
        .collect();
    let metadata =
        workspace::output(workspace::cargo().args(["metadata", "--locked", "--format-version=1"]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("cargo's description")?;
    let packages = metadata["packages"].as_array().context("packages")?;
    let mut linked = Vec::new();
    for value in packages {
        let package = Package::of(value)?;
        if wanted.contains(format!("{} v{}", package.name, package.version).as_str()) {
            linked.push(package);
        }
    }
    Ok(linked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_has_a_licence_and_ours_is_not_among_it() {
        let linked = linked().unwrap();

        assert!(linked.len() > 200, "{}", linked.len());
        let named = |name: &str| linked.iter().find(|package| package.name == name);
        for package in &linked {
            assert!(!package.licence.is_empty(), "{}", package.name);
        }
        assert!(named("api").is_none() && named("criterion").is_none());
        let actix = named("actix-web").expect("the service is built on it");
        let texts = actix.texts().unwrap();
        assert!(texts.iter().any(|text| text.contains("Apache License")));
    }
}
