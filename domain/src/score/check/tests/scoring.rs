use super::*;

#[test]
fn parts_hang_together() {
    look_at(include_str!("cases/parts_hang_together.txt"));
}

#[test]
fn a_circle_of_others_is_told_at_its_own_parts() {
    let text = WHOLE
        .replacen("part = \"duty\"\nclause = \"第三条\"", "part = \"more\"\nclause = \"第三条\"", 1)
        .replacen("key = \"duty\"\n", "key = \"duty\"\npart = \"paper\"\n", 1)
        .replacen(
            "[[parts]]\nkey = \"team\"",
            "[[parts]]\nkey = \"more\"\npart = \"paper\"\nclause = \"1\"\ntitle = \"M\"\n\n[[parts]]\nkey = \"team\"",
            1,
        );
    let errors = errors(&text);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].path, "parts[1].part");
    assert!(errors[0].expected.ends_with("paper → more → paper"));
}

#[test]
fn parts_and_rules_share_their_names() {
    look_at(include_str!("cases/parts_and_rules_share_their_names.txt"));
    let twice = WHOLE.replacen("key = \"paper\"\n", "key = \"duty\"\n", 1);
    assert!(
        errors(&twice)
            .iter()
            .any(|error| error.path == "parts[1].key")
    );
}

#[test]
fn clauses_say_how_much() {
    look_at(include_str!("cases/clauses_say_how_much.txt"));
}

#[test]
fn clauses_count_what_there_is() {
    look_at(include_str!("cases/clauses_count_what_there_is.txt"));
    let both = WHOLE.replacen(
        "{ kind = \"opinion_report\", adopted = true }]",
        "{ kind = \"patrol\" }]",
        1,
    );
    let row = both.replacen(
        "{ points = 5 }]",
        "{ when = { place = \"x\" }, points = 5 }]",
        1,
    );
    let errors = errors(&row);
    assert!(
        errors
            .iter()
            .any(|error| error.expected.contains("填的东西不同")),
        "{errors:?}"
    );
}

#[test]
fn an_unknown_part_says_nothing_about_whose_facts_are_meant() {
    let text = WHOLE.replacen("part = \"team\"", "part = \"taem\"", 1);
    let errors = errors(&text);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].path, "rules[3].part");
}

#[test]
fn rows_can_be_reached() {
    look_at(include_str!("cases/rows_can_be_reached.txt"));
    let covered = |first: &str, second: &str| {
        let rows = format!(
            "{{ when = {{ {first} }}, points = 1 }}, {{ when = {{ {second} }}, points = 2 }}]"
        );
        let errors = errors(&WHOLE.replacen("{ points = 5 }]", &rows, 1));
        !errors.is_empty()
    };
    assert!(covered(
        "form = { not = \"joint\" }",
        "form = { not = [\"joint\", \"individual\"] }"
    ));
    assert!(!covered(
        "form = { not = [\"joint\", \"individual\"] }",
        "form = { not = \"joint\" }"
    ));
    assert!(!covered("form = { not = \"joint\" }", "form = \"joint\""));
    assert!(covered("adopted = true", "adopted = true"));
    assert!(!covered("adopted = true", "adopted = false"));
    assert!(covered(
        "place = { at_least = 1 }",
        "place = { at_least = 1 }"
    ));
    assert!(covered(
        "place = { at_least = 1 }",
        "place = { at_least = 2, below = 9 }"
    ));
    assert!(covered(
        "place = { above = 1, at_most = 9 }",
        "place = { at_least = 2, at_most = 8 }"
    ));
    assert!(!covered(
        "place = { at_least = 1 }",
        "place = { below = 9 }"
    ));
    assert!(!covered(
        "place = { at_most = 9 }",
        "place = { at_least = 1 }"
    ));
    assert!(!covered(
        "place = { below = 9 }",
        "place = { at_least = 1 }"
    ));
    assert!(!covered(
        "place = { at_least = 5 }",
        "place = { at_least = 1 }"
    ));
    assert!(!covered(
        "place = { at_least = 1 }",
        "signers = { at_least = 1 }"
    ));
}

#[test]
fn a_row_asks_for_what_its_clause_counts() {
    let said = |counts: &str, when: &str| {
        let text = WHOLE.replacen("{ kind = \"award\", level = [\"city\"] }", counts, 1);
        let rows = format!("values = [{{ when = {{ {when} }}, points = 2 }}]\n");
        let errors = errors(&text.replacen("points = 2\n", &rows, 1));
        let paths = errors.into_iter().map(|error| error.path);
        paths.collect::<Vec<_>>().join(" ")
    };
    let came = "{ kind = \"attendance\", status = \"present\", share = { at_least = 0.5 } }";
    let never = |name: &str| format!("rules[2].values[0].when.{name}");
    assert_eq!(said(came, "status = \"leave\""), never("status"));
    assert_eq!(
        said(came, "status = { not = \"present\" }"),
        never("status")
    );
    assert_eq!(said(came, "status = [\"present\", \"late\"]"), "");
    assert_eq!(said(came, "share = { below = 0.5 }"), never("share"));
    assert_eq!(said(came, "share = { at_most = 0.5 }"), "");
    assert_eq!(said(came, "share = { above = 50 }"), never("share"));
    assert_eq!(said(came, "activity = \"research\""), "");
    let filed = "{ kind = \"proposal\", stage = \"filed\" }";
    assert_eq!(
        said(filed, "stage = \"key\""),
        "",
        "it can have reached both"
    );
    assert_eq!(said(filed, "stage = { not = \"filed\" }"), never("stage"));
    let both = format!("{came}, {filed}");
    assert_eq!(said(&both, "stage = \"key\""), "");
    assert_eq!(said(&both, "status = \"late\""), never("status"));
    let own = "{ kind = \"award\", position = \"member\" }";
    assert_eq!(
        said(own, "position = \"standing_member\""),
        never("position")
    );
    let adopted = "{ kind = \"opinion_report\", adopted = true }";
    assert_eq!(said(adopted, "adopted = false"), never("adopted"));
}

#[test]
fn full_marks_times_and_shares() {
    look_at(include_str!("cases/full_marks_times_and_shares.txt"));
    let split = |split: &str| {
        errors(&WHOLE.replacen(
            "points = 2\n",
            &format!("points = 2\nsplits = [{split}]\n"),
            1,
        ))
    };
    for (text, path, said) in [
        (
            "{ first = \"1/2\", rest = \"full\" }",
            "rules[2].splits[0].first",
            "表彰奖励没有 role（身份）或 place",
        ),
        (
            "{ rest = \"equal\" }",
            "rules[2].splits[0].rest",
            "没有 signers（署名人数）",
        ),
        (
            "{ rest = \"full\", most = 2 }",
            "rules[2].splits[0].most",
            "没有 place（署名次序）",
        ),
    ] {
        let errors = split(text);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0].path, path);
        assert!(errors[0].expected.contains(said), "{}", errors[0].expected);
    }
    assert_eq!(split("{ rest = \"full\" }"), []);
    let mixed = |when: &str| {
        let text = WHOLE.replacen(
            "{ kind = \"award\", level = [\"city\"] }]",
            "{ kind = \"award\" }, { kind = \"proposal\" }]",
            1,
        );
        let split = format!("points = 2\nsplits = [{{ when = {{ {when} }}, rest = \"equal\" }}]\n");
        errors(&text.replacen("points = 2\n", &split, 1)).len()
    };
    assert_eq!(mixed("form = \"joint\""), 0, "no award can be joint");
    assert_eq!(
        mixed("form = { not = \"individual\" }"),
        1,
        "an award is not individual"
    );
    assert_eq!(mixed("position = \"member\""), 1, "an award of a member");
    assert_eq!(mixed("level = \"city\""), 1, "an award has a level");
}

#[test]
fn how_many_and_between_which_ends() {
    look_at(include_str!("cases/how_many_and_between_which_ends.txt"));
    let term = WHOLE.replacen("unit = \"year\"", "unit = \"term\"", 1);
    let each = |unit: &str| errors(&term.replacen("quarter", unit, 1));
    assert!(
        each("session_year")
            .iter()
            .all(|error| error.path != "rules[0].each")
    );
    assert!(
        each("term")
            .iter()
            .any(|error| error.path == "rules[0].each")
    );
}
