//! The same from files, without a server: `xingdong rulebook check` and `xingdong score`.

use std::path::{Path, PathBuf};

use api::score::offline::{self, Format, Trial};

use super::small;

/// The rulebooks that are shipped as examples.
fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/rulebooks");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_example_is_checked_and_scores_a_small_list() {
    let folder = tempfile::tempdir().unwrap();
    let facts = folder.path().join("事实.csv");
    let list = "委员,类别,日期,名称,活动类型,出席情况\n\
                张三,出席,2026-03-12,调研,调研,出席\n\
                李四,提案,2026-03-13,古桥,,\n";
    std::fs::write(&facts, list).unwrap();
    let members = folder.path().join("委员.csv");
    std::fs::write(
        &members,
        "姓名,职务,活动组\n张三,常委,第一组\n王五,,第二组\n",
    )
    .unwrap();
    let examples = examples();
    assert!(examples.len() > 14, "{examples:?}");
    for rulebook in examples {
        offline::check(&rulebook).unwrap_or_else(|error| panic!("{error}"));
        for format in [Format::Table, Format::Json, Format::Xlsx] {
            let trial = Trial {
                rulebook: rulebook.clone(),
                facts: facts.clone(),
                members: Some(members.clone()),
                period: None,
                format,
            };
            offline::run(&trial).unwrap_or_else(|error| panic!("{}: {error}", rulebook.display()));
        }
    }
}

#[test]
fn an_unusable_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let wrong = put("细则.toml", "key = \"a\"\n");
    assert!(offline::check(&wrong).is_err());
    let facts = put("事实.csv", "委员,类别,日期\n张三,提案,昨天\n");
    let trial = |facts: PathBuf, period: Option<&str>| Trial {
        rulebook: put("好.toml", &small(1, "7", "60")),
        facts,
        members: None,
        period: period.map(str::to_owned),
        format: Format::Table,
    };
    let error = offline::run(&trial(facts, None)).unwrap_err();
    assert!(error.to_string().contains("1 处错误"), "{error}");
    let none = put("空.csv", "委员,类别,日期\n");
    assert!(offline::run(&trial(none.clone(), None)).is_err());
    assert!(offline::run(&trial(none.clone(), Some("2026-Q9"))).is_err());
    offline::run(&trial(none, Some("2026"))).unwrap();
}
