use super::*;

#[test]
fn requirements() {
    look_at(include_str!("cases/requirements.txt"));
    let twice = "[[grades]]\nkey = \"top\"";
    let again = format!(
        "[[requirements]]\nkey = \"basics\"\nclause = \"1\"\ntitle = \"T\"\ntext = \"T\"\nneed = {{ part_of_period = true }}\n\n{twice}"
    );
    assert_eq!(
        errors(&WHOLE.replacen(twice, &again, 1))[0].path,
        "requirements[1].key"
    );
}

/// Looks at conditions as the need of the requirement; paths are within it.
fn look_at_needs(table: &str) {
    let begin = WHOLE.find("need = {").unwrap();
    let end = WHOLE.find("grade_at_most").unwrap();
    for (_, need, expected) in cases(table) {
        let text = format!("{}need = {need}\n{}", &WHOLE[..begin], &WHOLE[end..]);
        let mut errors = errors(&text);
        for error in &mut errors {
            let path = error.path.trim_start_matches("requirements[0].need");
            error.path = path.trim_start_matches('.').to_owned();
        }
        compare(&need, &errors, expected);
    }
}

#[test]
fn a_condition_asks_one_thing() {
    look_at_needs(include_str!("cases/a_condition_asks_one_thing.txt"));
}

#[test]
fn counting() {
    look_at_needs(include_str!("cases/counting.txt"));
}

#[test]
fn points_attendance_and_who() {
    look_at_needs(include_str!("cases/points_attendance_and_who.txt"));
}

#[test]
fn what_is_not_yet_known_is_not_asked() {
    look_at_needs(include_str!("cases/what_is_not_yet_known_is_not_asked.txt"));
    look_at(include_str!("cases/what_is_known_when.txt"));
}

#[test]
fn over_several_periods() {
    look_at_needs(include_str!("cases/over_several_periods.txt"));
    let term = WHOLE.replacen("unit = \"year\"", "unit = \"term\"", 1);
    let term = term.replacen("within = \"term\"", "within = \"year\"", 1);
    let said = errors(&term);
    assert!(
        said.iter()
            .any(|error| error.expected.contains("没有「本年度」")),
        "{said:?}"
    );
    assert!(
        said.iter()
            .any(|error| error.expected.contains("一届有 1 个考核期")),
        "{said:?}"
    );
}

#[test]
fn conditions_about_groups() {
    let asked = |candidates: &str| {
        let review = format!(
            "[[reviews]]\nkey = \"best\"\nkind = \"commendation\"\nsubject = \"group\"\ntitle = \"T\"\nclause = \"1\"\ntext = \"T\"\ndecided_by = \"D\"\n{candidates}\n\n[[reviews]]\nkey = \"praise\""
        );
        errors(&WHOLE.replacen("[[reviews]]\nkey = \"praise\"", &review, 1))
            .into_iter()
            .map(|error| error.path.replace("reviews[0].", ""))
            .collect::<Vec<_>>()
    };
    let none: [&str; 0] = [];
    assert_eq!(asked("candidates = { grade = [\"strong\"] }"), none);
    assert_eq!(
        asked("candidates = { grade = [\"top\"] }"),
        ["candidates.grade[0]"]
    );
    assert_eq!(asked("candidates = { points = \"team\", above = 1 }"), none);
    assert_eq!(
        asked("candidates = { points = \"duty\", above = 1 }"),
        ["candidates.points"]
    );
    assert_eq!(
        asked("candidates = { requirement = \"basics\" }"),
        ["candidates.requirement"]
    );
    assert_eq!(
        asked("candidates = { part_of_period = true }"),
        ["candidates.part_of_period"]
    );
    assert_eq!(
        asked("candidates = { member = { position = \"member\" } }"),
        ["candidates.member.position"]
    );
    assert_eq!(
        asked("candidates = { count = [{ kind = \"award\", of = \"either\" }], above = 0 }"),
        none
    );
    let pick = |per: &str| {
        asked(&format!(
            "pick = {{ from = \"top\", count = 1, per = \"{per}\", ties = \"all\", order = [\"teamwork\"] }}"
        ))
    };
    assert_eq!(pick("whole"), none);
    assert_eq!(pick("special_committee"), none);
    for per in ["group", "sector", "position"] {
        assert_eq!(pick(per), ["pick.per"]);
    }
    assert_eq!(
        asked("nominations = { count = 1, rounding = \"up\" }"),
        ["nominations"]
    );
}

#[test]
fn grades_go_down() {
    look_at(include_str!("cases/grades_go_down.txt"));
    let plain = WHOLE.replacen("needs = [\"basics\"]\nquota", "quota", 1);
    let same = plain.replacen("above = 60", "at_least = 80.5", 1);
    assert_eq!(errors(&same), [], "a quota sets equal bounds apart");
    let quota = same.find("quota").unwrap();
    let end = quota + same[quota..].find('\n').unwrap();
    let same = format!("{}{}", &same[..quota], &same[end..]);
    assert_eq!(errors(&same)[0].path, "grades[1].at_least");
}

#[test]
fn overrides() {
    look_at(include_str!("cases/overrides.txt"));
}

#[test]
fn rankings_and_picks() {
    look_at(include_str!("cases/rankings_and_picks.txt"));
    let empty = "key = \"e\"\ntitle = \"E\"\nversion = 1\nsame_thing = \"best\"\nperiod = { unit = \"year\" }\n\
        group_total = { rounding = { to = 1, mode = \"up\" } }\nranking = { per = \"whole\" }\n";
    let said = errors(empty);
    assert_eq!(said[0].path, "ranking");
    let review = "[[reviews]]\nkey = \"r\"\nkind = \"other\"\nclause = \"1\"\ntitle = \"R\"\ntext = \"R\"\ndecided_by = \"D\"\n\
        pick = { from = \"top\", count = 1, per = \"whole\", ties = \"all\" }\n";
    let said = errors(&format!(
        "{}{review}",
        empty.replace("ranking = { per = \"whole\" }\n", "")
    ));
    let paths: Vec<&str> = said.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(paths, ["total", "reviews[0].pick"]);
    let points = review.replace(
        "pick = { from = \"top\", count = 1, per = \"whole\", ties = \"all\" }",
        "candidates = { points = \"total\", above = 1 }",
    );
    let said = errors(&format!(
        "{}{points}",
        empty.replace("ranking = { per = \"whole\" }\n", "")
    ));
    assert_eq!(said[1].path, "reviews[0].candidates.points");
}

#[test]
fn reviews_and_ladders() {
    look_at(include_str!("cases/reviews_and_ladders.txt"));
    let bare = |keep: &str| {
        let review = "[[reviews]]\nkey = \"bare\"\nkind = \"other\"\ntitle = \"T\"\nclause = \"1\"\ntext = \"T\"\ndecided_by = \"D\"";
        let text = format!("{WHOLE}\n{review}\n{keep}\n");
        errors(&text)
    };
    let said = bare("");
    assert_eq!((said.len(), said[0].path.as_str()), (1, "reviews[2]"));
    for keep in [
        "candidates = { part_of_period = true }",
        "nominations = { count = 1, rounding = \"up\" }",
        "pick = { from = \"top\", count = 1, per = \"whole\", ties = \"all\" }",
        "rungs = [{ key = \"a\", title = \"A\", clause = \"1\", when = { part_of_period = true }, actor = \"B\" }]",
    ] {
        assert_eq!(bare(keep), [], "{keep}");
    }
}
