//! What template fields may hold.

use wechat::values::{Filled, Kind, Lists, Problem, check, field_keys, fit};

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

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn a_message_is_filled_with_values_wechat_will_take() {
    let keys = ["thing1", "time2"].map(str::to_owned);
    let values = fields(&[("thing1", "春季调研"), ("time2", "2026年11月22日 09:00")]);
    let filled = Filled::new(&keys, &Lists::new(), values.clone()).unwrap();
    assert!(!format!("{filled:?}").contains("春季"));
    assert_eq!(filled.into_fields(), values);
}

#[test]
fn every_value_that_would_be_refused_is_named_with_its_limit() {
    let keys = ["thing1", "time2", "phrase3", "amount4", "const5"].map(str::to_owned);
    let lists = Lists::from([(
        "const5".to_owned(),
        vec!["会议".to_owned(), "活动".to_owned()],
    )]);
    let values = fields(&[
        ("thing1", &"会".repeat(21)),
        ("time2", "下午三点"),
        ("amount4", "￥12345678901"),
        ("const5", "聚餐"),
    ]);
    let wrong = Filled::new(&keys, &lists, values).unwrap_err();
    let found: Vec<_> = wrong
        .iter()
        .map(|one| (one.key.as_str(), one.problem))
        .collect();
    assert_eq!(
        found,
        [
            ("thing1", Problem::TooLong { length: 21 }),
            ("time2", Problem::Form),
            ("amount4", Problem::TooLong { length: 11 }),
            ("const5", Problem::NotListed),
            ("phrase3", Problem::Missing),
        ]
    );
    assert_eq!(wrong[0].limit, "1 to 20 characters");
    assert_eq!(wrong[3].limit, "one of 会议, 活动");
    assert!(wrong.iter().all(|one| !one.to_string().contains('聚')));
}

#[test]
fn the_edges_of_every_rule() {
    for (key, value, fine) in [
        ("name1", "张三丰", true),
        ("name1", &*"张".repeat(10), true),
        ("name1", &*"张".repeat(11), false),
        ("name1", &*"a".repeat(20), true),
        ("name1", &*"a".repeat(21), false),
        // One Han character makes it a Chinese name.
        ("name1", "张aaaaaaaaa", true),
        ("name1", "张aaaaaaaaaa", false),
        ("name1", "张3", false),
        ("amount1", "¥0.01", true),
        ("amount1", "1234567890.12元", true),
        ("amount1", "12345678901", false),
        ("amount1", "¥¥1", false),
        ("amount1", "1.", false),
        ("amount1", "一百元", false),
        ("time1", "09:00~11:30", true),
        ("time1", "2026年11月22日 09:00~2026年11月22日 11:30", true),
        ("time1", "24:00", false),
        ("time1", "09:00~", false),
        ("time1", "09:00-11:30", false),
        ("date1", "2026年11月22日", true),
        ("date1", "2026/11/22", true),
        ("date1", "2026.11", true),
        ("date1", "11-22", true),
        ("date1", "2026-13-01", false),
        ("date1", "2026-11-22 25:00", false),
        ("date1", "2026-11-22~", false),
        ("phone_number1", "+86-0319-1234567", true),
        ("phone_number1", "1234567890123456789", false),
        ("phone_number1", "电话", false),
        ("car_number1", "冀E12345", true),
        ("car_number1", "冀E12345学", true),
        ("car_number1", "冀E123456学", false),
        ("letter1", &*"a".repeat(32), true),
        ("letter1", "é", false),
        ("number1", "-1", false),
        ("number1", "1.2.3", false),
        ("symbol1", "!?…", true),
        ("symbol1", "!a", false),
        ("phrase1", "已通过审", true),
        ("phrase1", "已通过审核了", false),
        ("short_thing1", "线上线下会", true),
        ("short_thing1", "线上线下会议", false),
        ("character_string1", "A-1 (2)", true),
        ("character_string1", "编号1", false),
        ("thing1", "🎉🎉", false),
        ("thing1", "①②", false),
        ("thing1", "🎉庆祝", true),
        // What WeChat strips does not count.
        ("thing1", &*format!("{}🎉🎉", "会".repeat(20)), true),
        ("thing1", "a\tb", false),
        ("const1", "\u{200B}", false),
        ("enum_string1", "客厅", true),
    ] {
        assert_eq!(check(key, value).is_ok(), fine, "{key} {value:?}");
    }
}
