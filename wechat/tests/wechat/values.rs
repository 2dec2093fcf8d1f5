//! What template fields may hold.

use wechat::values::{Kind, Problem, check, field_keys, fit};

use crate::vectors::{entries, text, vectors};

#[test]
fn values_are_judged_as_the_table_of_the_manual_does() {
    for case in entries(&vectors("template_value_rules"), "cases") {
        let key = format!("{}3", text(&case, "type"));
        let value = text(&case, "value");
        assert_eq!(
            check(&key, value).is_ok(),
            case["ok"].as_bool().unwrap(),
            "{key} {value:?} {}",
            case["why"]
        );
    }
}

#[test]
fn a_refusal_says_what_is_wrong_without_repeating_the_value() {
    let error = check("thing12", &"会".repeat(21)).unwrap_err();
    assert_eq!((error.key.as_str(), error.kind), ("thing12", Kind::Thing));
    assert_eq!(error.problem, Problem::TooLong { length: 21 });
    assert!(!error.to_string().contains('会'));

    assert_eq!(check("thing1", "😀").unwrap_err().problem, Problem::Empty);
    assert_eq!(
        check("thing1", "a\u{0}").unwrap_err().problem,
        Problem::ControlCharacter
    );
    assert_eq!(check("phrase1", "ok").unwrap_err().problem, Problem::Form);
}

#[test]
fn dates_and_times_must_exist() {
    for (key, value, fine) in [
        ("date1", "2026年2月29日", false),
        ("date1", "2028年2月29日", true),
        ("date1", "2月29日", true),
        ("date1", "2026年2月", true),
        ("date1", "2026-11-22 09:00~11:30", true),
        ("date1", "2026-11-22~2026-11-24", true),
        ("date1", "09:00", false),
        ("time1", "2026年11月22日 09:00~11:30", true),
        ("time1", "09:60", false),
        ("time1", "9:05", true),
        ("time1", "2026-11-22", false),
    ] {
        assert_eq!(check(key, value).is_ok(), fine, "{key} {value}");
    }
}

#[test]
fn texts_are_cleaned_and_cut_to_their_field() {
    assert_eq!(
        fit("thing1", &"会".repeat(21)),
        format!("{}…", "会".repeat(19))
    );
    assert_eq!(fit("thing1", &"会".repeat(20)), "会".repeat(20));
    assert_eq!(fit("thing1", "  春季\n调研😀① "), "春季 调研");
    assert_eq!(fit("thing1", "😀\u{200B}\n"), "无");
    assert_eq!(fit("phrase2", "已通过！"), "已通过");
    assert_eq!(fit("short_thing2", "线上线下同时"), "线上线下…");
    assert_eq!(
        fit("name1", "阿卜杜热合曼·买买提明江"),
        "阿卜杜热合曼·买买…"
    );
    assert_eq!(fit("character_string1", "编号 HD-2026"), "HD-2026");
    assert_eq!(fit("character_string1", "编号"), "-");
    assert_eq!(fit("first", &"会".repeat(30)).chars().count(), 20);
}

#[test]
fn figures_and_times_are_never_made_up() {
    assert_eq!(fit("number1", "12个"), "12个");
    assert!(check("number1", &fit("number1", "12个")).is_err());
    assert_eq!(fit("time1", "下午三点"), "下午三点");
    assert_eq!(fit("date1", " 2026-11-22\n"), "2026-11-22");
}

#[test]
fn whatever_is_fitted_into_a_text_passes_the_check() {
    let awkward = [
        "",
        " ",
        "😀",
        "a\u{7}b",
        "①②③",
        "长".repeat(99).as_str(),
        "x y z 1 2 3",
    ]
    .map(str::to_owned);
    for key in [
        "thing1",
        "short_thing2",
        "phrase3",
        "name4",
        "character_string5",
        "const6",
        "remark",
    ] {
        for value in &awkward {
            let fitted = fit(key, value);
            assert_eq!(
                check(key, &fitted),
                Ok(()),
                "{key} {value:?} became {fitted:?}"
            );
            assert_eq!(
                fit(key, &fitted),
                fitted,
                "fitting twice changes {key} {value:?}"
            );
        }
    }
}

#[test]
fn the_keys_of_a_template_are_read_from_its_text() {
    let content =
        "会议时间:{{date2.DATA}}\n会议地点:{{ thing1.DATA }}\n{{thing1.DATA}}{{x}}{{.DATA}}{{a";
    assert_eq!(field_keys(content), ["date2", "thing1"]);
    assert!(field_keys("{{first.DATA}} {{keyword1.DATA}}").contains(&"keyword1".to_owned()));
}
