use super::*;

#[test]
fn the_head_of_a_rulebook() {
    look_at(include_str!("cases/the_head_of_a_rulebook.txt"));
}

#[test]
fn a_month_of_every_year_has_the_day_it_begins_with() {
    let month = |day: &str| {
        format!(
            "key = \"m\"\ntitle = \"月\"\nversion = 1\nsame_thing = \"best\"\n\
             period = {{ unit = \"month\", starts = \"{day}\" }}\n\
             total = {{ rounding = {{ to = 1, mode = \"up\" }} }}"
        )
    };
    assert_eq!(errors(&month("01-28")), []);
    let errors = errors(&month("01-29"));
    assert_eq!(errors[0].path, "period.starts");
    assert!(errors[0].expected.contains("不是每个月都有 29 日"));
}

#[test]
fn totals() {
    look_at(include_str!("cases/totals.txt"));
    let crossed = WHOLE.replacen(
        "start = 10, floor = 0, cap = 100",
        "floor = 101, cap = 100",
        1,
    );
    assert_eq!(errors(&crossed)[0].path, "total.cap");
    let capped = WHOLE.replacen("start = 10, floor = 0, cap = 100", "cap = 0", 1);
    assert!(
        errors(&capped)
            .iter()
            .any(|error| error.expected.contains("应大于 0"))
    );
}

#[test]
fn who_is_assessed_has_a_total() {
    let book = |rest: &str| {
        format!(
            "key = \"b\"\ntitle = \"B\"\nversion = 1\nsame_thing = \"best\"\nperiod = {{ unit = \"year\" }}\n{rest}"
        )
    };
    let said = |rest: &str| {
        let errors = errors(&book(rest));
        let said: Vec<_> = errors
            .into_iter()
            .map(|error| (error.path, error.expected))
            .collect();
        assert_eq!(said.len(), 1, "{rest}: {said:?}");
        said.into_iter().next().unwrap()
    };
    assert_eq!(said("").0, "total");
    assert!(said("").1.contains("不考核任何人"));
    for rest in [
        "[[parts]]\nkey = \"p\"\nclause = \"1\"\ntitle = \"P\"",
        "[[rules]]\nkey = \"r\"\npart = \"total\"\nclause = \"1\"\ntitle = \"R\"\ntext = \"R\"\npoints = 1\ncounts = [{ kind = \"award\" }]",
        "[[requirements]]\nkey = \"r\"\nclause = \"1\"\ntitle = \"R\"\ntext = \"R\"\nneed = { part_of_period = true }",
        "[[grades]]\nkey = \"g\"\ntitle = \"G\"",
        "[[reviews]]\nkey = \"r\"\nkind = \"other\"\nclause = \"1\"\ntitle = \"R\"\ntext = \"R\"\ndecided_by = \"D\"\ncandidates = { part_of_period = true }",
    ] {
        let (path, expected) = said(rest);
        assert_eq!(path, "total", "{rest}");
        assert!(expected.contains("细则考核委员"), "{rest}: {expected}");
    }
    let groups = "group_total = { rounding = { to = 1, mode = \"up\" } }\n";
    assert_eq!(errors(&book(groups)), []);
    let (path, _) = said(&format!("{groups}assessed = {{ position = \"member\" }}"));
    assert_eq!(path, "assessed.position");
}

#[test]
fn words_of_their_own() {
    look_at(include_str!("cases/words_of_their_own.txt"));
    let twice = WHOLE.replacen(
        "[[recorders]]",
        "[[kinds]]\nkey = \"patrol\"\ntitle = \"再巡\"\n\n[[recorders]]",
        1,
    );
    assert_eq!(errors(&twice)[0].path, "kinds[2].key");
    let twice = WHOLE.replacen("[[deemed]]", "[[recorders]]\nkey = \"office\"\ntitle = \"甲\"\nrecords = [{ kind = \"study\" }]\n\n[[deemed]]", 1);
    assert_eq!(errors(&twice)[0].path, "recorders[1].key");
}

#[test]
fn what_is_deemed() {
    look_at(include_str!("cases/what_is_deemed.txt"));
    let other = |kind: &str, counts_as: &str| {
        let old = "when = { kind = \"attendance\", status = \"left_early\" }\nas = { status = \"absent\", share = \"0.5\" }";
        errors(&WHOLE.replacen(
            old,
            &format!("when = {{ kind = \"{kind}\" }}\nas = {counts_as}"),
            1,
        ))
    };
    assert_eq!(other("proposal", "{ stage = [\"filed\"] }"), []);
    assert_eq!(other("proposal", "{ stage = \"filed\" }"), []);
    assert_eq!(other("opinion_report", "{ adopted = true }"), []);
    assert_eq!(other("score", "{ item = \"任意文字\" }"), []);
    for (kind, counts_as, said) in [
        ("proposal", "{ stage = [] }", "至少写一个词"),
        ("proposal", "{ stage = true }", "[ ] 中的几个词"),
        ("opinion_report", "{ adopted = \"true\" }", "true 或 false"),
        ("score", "{ item = 5 }", "引号中的文字"),
    ] {
        let errors = other(kind, counts_as);
        assert_eq!(errors.len(), 1, "{counts_as}");
        assert!(
            errors[0].expected.contains(said),
            "{counts_as}: {}",
            errors[0].expected
        );
    }
}
