use super::*;

#[test]
fn the_default_rulebook_is_sound_and_says_that_it_is_a_proposal() {
    let rulebook = six_ones();
    assert_eq!(rulebook.check(), Ok(()));
    assert_eq!(rulebook.items.len(), 6);
    assert_eq!(
        rulebook.items.iter().map(|item| item.cap).sum::<Points>(),
        Points::whole(100)
    );
    assert_eq!(sheet(&[]).notice.as_deref(), Some("默认方案，请办公室核定"));
}

#[test]
fn everything_wrong_with_a_rulebook_is_named_with_its_place() {
    let mut rulebook = six_ones();
    rulebook.key = "六个一".into();
    rulebook.version = 0;
    rulebook.items[0].target = 0;
    rulebook.items[1].cap = points("19.99");
    rulebook.items[2].key = "study".into();
    rulebook.items[3].scope = Scope::Group;
    rulebook.items[4].counts = rulebook.items[1].counts.clone();
    rulebook.items[5].period = PeriodKind::Term;
    rulebook.bands[1].at_least = points("90");
    rulebook.bands[2].needs_gates = true;
    let errors = rulebook.check().unwrap_err();
    let paths: Vec<_> = errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "key",
            "version",
            "items[0].target",
            "items[1].cap",
            "items[2].key",
            "items[3].scope",
            "items[4].counts",
            "items[5].period",
            "bands[1].at_least",
            "bands[2].needs_gates",
        ]
    );
    let overlap =
        "items[4].counts: expected kinds that no other item counts; items[1] counts duty.proposal";
    assert_eq!(errors[6].to_string(), overlap);
}

#[test]
fn a_slip_in_the_file_is_named_with_its_line() {
    let text = include_str!("../../../../api/rulebooks/six_ones.toml");
    for (good, slip, told) in [
        (
            "attendance.study.attended",
            "attendance.studdy.attended",
            "studdy",
        ),
        ("target = 1\n", "target = 1\ntarjet = 1\n", "tarjet"),
        (
            "points_each = \"20\"",
            "points_each = \"20.005\"",
            "at most two decimals",
        ),
        ("scope = \"member\"", "scope = \"members\"", "members"),
    ] {
        let error = toml::from_str::<Rulebook>(&text.replacen(good, slip, 1)).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("line") && error.contains(told), "{error}");
    }
}
